# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Schema (draft 2020-12) of the variables document, from the schema that the collection itself uses.

Every value may also be a text with a template, or null, for which only the run can say what is right. Texts of numbers and booleans are
allowed as Ansible allows them.
"""

from __future__ import annotations

import re
import typing as t

Schema = dict[str, t.Any]
Option = t.Mapping[str, t.Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BOOLEANS = ("y", "yes", "on", "1", "true", "t", "n", "no", "off", "0", "false", "f")
_MARKUP = re.compile(r"\b[A-Z]\(([^)=]*)(?:=([^)]*))?\)")
TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{|\{%"}
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
NOT_EMPTY = r"\S"


def build_json_schema(variables: t.Mapping[str, Option]) -> Schema:
    """Return the JSON Schema of a document with these variables; it may hold others, which are the author's own."""
    return {
        "$schema": DIALECT,
        "title": "Variables document of the Ansible collection cvops.identity",
        "description": "Access between Commvault and Microsoft Entra ID. Written by scripts/variables_schema.py.",
        "type": "object",
        "properties": {name: describe(option) for name, option in variables.items()},
        "allOf": list(describe_partners(variables)),
        "$defs": {"template": TEMPLATE},
    }


def describe_partners(variables: t.Mapping[str, Option]) -> t.Iterator[Schema]:
    """Yield the schema of each rule between variables."""
    for name, option in variables.items():
        for needed in option.get("needs", ()):
            yield {"if": _has(name), "then": _says_something(needed)}
        for choice, names in option.get("needs_if", {}).items():
            said = {"required": [name], "properties": {name: {"const": choice}}}
            yield from ({"if": said, "then": _says_something(needed)} for needed in names)


def describe(option: Option) -> Schema:
    """Return the schema of an option: its value, null where it is not required, or a template."""
    found: Schema = {}
    if option.get("description"):
        found["description"] = _MARKUP.sub(lambda match: "=".join(filter(None, match.groups())), option["description"])
    if option.get("secret"):
        found["writeOnly"] = True
    alternatives = [describe_form(form) for form in option["forms"]] if "forms" in option else [describe_value(option)]
    if {} in alternatives:
        return found
    if not (option.get("required") or option.get("not_null")):
        alternatives.append({"type": "null"})
    return {**found, "anyOf": [*alternatives, {"$ref": "#/$defs/template"}]}


def describe_value(option: Option) -> Schema:
    """Return the schema of a value that is neither null nor a template."""
    kind = option.get("type", "str")
    if kind == "dict":
        return describe_mapping(option)
    if kind == "list":
        return describe_list(option)
    if kind == "raw":
        return {}
    return describe_scalar(option, kind)


def describe_form(form: Option) -> Schema:
    """Return the schema of one of several forms, which the type of the value chooses: no text stands for a number there."""
    exact: dict[str, Schema] = {
        "str": {"type": "string", "pattern": NOT_EMPTY},
        "int": {"type": "integer"},
        "bool": {"type": "boolean"},
    }
    found = exact.get(form.get("type", "str"))
    if found is None:
        return describe_value(form)
    if "only" in form:
        return {"const": form["only"]}
    return {"enum": [*form["choices"], *form.get("also", ())]} if form.get("choices") else found


def describe_mapping(option: Option) -> Schema:
    """Return the schema of a mapping."""
    if "values" in option:
        return {
            "type": "object",
            "propertyNames": {"pattern": NOT_EMPTY},
            "additionalProperties": describe(option["values"]),
        }
    if "options" not in option:
        return {"type": "object"}
    keys: t.Mapping[str, Option] = option["options"]
    found: Schema = {"type": "object", "properties": {name: describe(inner) for name, inner in keys.items()}}
    required = [name for name, inner in keys.items() if inner.get("required")]
    if required:
        found["required"] = required
    if option.get("loose_with"):
        found |= {"if": {"not": _has_one(option["loose_with"])}, "then": {"propertyNames": {"enum": list(keys)}}}
    else:
        found["additionalProperties"] = False
    rules = list(describe_rules(option))
    return {**found, "allOf": rules} if rules else found


def describe_rules(option: Option) -> t.Iterator[Schema]:
    """Yield the schema of each rule between keys."""
    for names in option.get("required_one_of", ()):
        yield _has_one(names)
    for names in option.get("mutually_exclusive", ()):
        yield from (
            {"not": {"allOf": [_has(one), _has(other)]}}
            for number, one in enumerate(names)
            for other in names[number + 1 :]
        )
    for names in option.get("required_together", ()):
        yield {"anyOf": [{"allOf": [_has(name) for name in names]}, {"not": _has_one(names)}]}
    for name, needed in option.get("required_by", {}).items():
        yield {"if": _has(name), "then": {"allOf": [_has(item) for item in needed]}}
    for name, choice, needed, *any_of in option.get("required_if", ()):
        said: Schema = {"properties": {name: {"const": choice}}}
        is_default = option["options"][name].get("default") == choice if name in option["options"] else True
        condition = said if is_default else {**said, "required": [name]}
        yield {"if": condition, "then": _has_one(needed) if any(any_of) else {"allOf": [_has(item) for item in needed]}}


def describe_list(option: Option) -> Schema:
    """Return the schema of a list, which may be one item or a text with commas where the items are no mappings."""
    item = option["items"] if "items" in option else {**option, "type": option.get("elements", "raw")}
    if item.get("type") == "raw" and "forms" not in item:
        return {}
    found: Schema = {"type": "array", "items": describe({**item, "required": True, "description": ""})}
    if "forms" in item or item.get("type") in ("dict", "list"):
        return found
    one: Schema = {"type": "number"}
    if item.get("type", "str") == "str" and not item.get("choices"):
        one = {"type": ["string", "number"]}
        one |= {} if item.get("may_be_empty") else {"pattern": NOT_EMPTY}
    elif item.get("choices"):
        allowed = "|".join(re.escape(str(choice)) for choice in item["choices"])
        one = {"type": "string", "pattern": rf"^\s*({allowed})\s*(,\s*({allowed})\s*)*$"}
    return {"anyOf": [found, one]}


def describe_scalar(option: Option, kind: str) -> Schema:
    """Return the schema of a text, number or boolean; an empty text is one where it counts as not given."""
    found = _describe_given_scalar(option, kind)
    if option.get("may_be_empty") and ("choices" in option or "only" in option or kind in ("bool", "int", "float")):
        return {"anyOf": [*found.get("anyOf", [found]), {"type": "string", "pattern": r"^\s*$"}]}
    return found


def _describe_given_scalar(option: Option, kind: str) -> Schema:
    """Return the schema of a text, number or boolean that is given."""
    choices = option.get("choices")
    if "only" in option:
        return {"enum": [option["only"], str(option["only"]).lower()]}
    if choices:
        return {"enum": [*choices, *(str(choice) for choice in choices if not isinstance(choice, str))]}
    if kind == "bool":
        return {"anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, {"type": "string", "pattern": _ignore_case(BOOLEANS)}]}
    if kind in ("int", "float"):
        pattern = r"^\s*[-+]?[0-9]+\s*$" if kind == "int" else r"^\s*[-+]?[0-9]+(\.[0-9]+)?\s*$"
        return {"anyOf": [{"type": "integer" if kind == "int" else "number"}, {"type": "string", "pattern": pattern}]}
    text: Schema = {"type": ["string", "number"]}
    if "date" in option:
        return {"type": "string", "pattern": rf"^{_DATE}" if not option.get("may_be_empty") else rf"^(\s*$|{_DATE})"}
    return text if option.get("may_be_empty") else {**text, "pattern": NOT_EMPTY}


def _ignore_case(words: t.Iterable[str]) -> str:
    """Return a pattern that takes the *words* in any case; JSON Schema has no flags."""
    spelt = ("".join(f"[{sign.lower()}{sign.upper()}]" if sign.isalpha() else sign for sign in word) for word in words)
    return rf"^\s*({'|'.join(spelt)})\s*$"


def _has(name: str) -> Schema:
    """Return the condition that *name* is given, with another value than null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _says_something(name: str) -> Schema:
    """Return the condition that *name* is given and not empty."""
    return {"required": [name], "properties": {name: {"not": {"enum": [None, "", []]}}}}


def _has_one(names: t.Iterable[str]) -> Schema:
    return {"anyOf": [_has(name) for name in names]}
