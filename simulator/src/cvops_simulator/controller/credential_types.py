# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of credential types and of the inputs of credentials."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from cvops_simulator.controller.facts import CONTRACT, ENCRYPTED
from cvops_simulator.controller.injection import make_environment

_TYPES, _FORMATS = ["string", "boolean"], ["ssh_private_key", "url"]
_NAME = "^[a-zA-Z_]+[a-zA-Z0-9_]*$"
_FIELD_KEYS = {
    "type": _TYPES,
    "format": _FORMATS,
    "choices": list,
    "id": str,
    "label": str,
    "help_text": str,
    "multiline": bool,
    "secret": bool,
    "default": object,
}
_NOT_BOOLEAN = ("choices", "multiline", "format", "secret")
_UNSUPPORTED = "'{}' is not supported for custom credentials."
_KEYS = {
    "env": (_NAME, r"^[a-zA-Z_]+[a-zA-Z0-9_]*$"),
    "file": (r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$", r"^template(\\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$"),
    "extra_vars": (r"^[a-zA-Z_{}]+[a-zA-Z0-9_{}]*$", r"^[a-zA-Z_\\{\\}]+[a-zA-Z0-9_\\{\\}]*$"),
}
_TYPE_NAMES = {dict: "dict", str: "string", bool: "boolean", list: "array"}


class _Exploding:
    """The name of files before any are named."""

    def __str__(self) -> str:
        raise UndefinedError("Must define unnamed file injector in order to reference `tower.filename`.")


class _Tower:
    """The name `tower` of templates."""

    def __init__(self) -> None:
        self.filename: Any = _Exploding()

    def __str__(self) -> str:
        raise UndefinedError("Cannot directly reference reserved `tower` namespace container.")


# Jinja2 tells the class of what lacks an attribute, and so does the API.
_Exploding.__module__, _Exploding.__qualname__, _Exploding.__name__ = "awx.main.fields", *["ExplodingNamespace"] * 2


def check_type_inputs(inputs: Any) -> list[str]:
    """Return what is wrong with the `inputs` of a type. Fields without a type get theirs."""
    if not isinstance(inputs, dict):
        return [f"{type(inputs).__name__} provided, expected dict"]
    if "dependencies" in inputs:
        return [_UNSUPPORTED.format("dependencies")]
    fields = inputs.get("fields", [])
    if isinstance(fields, list) and any(isinstance(field, dict) and "ask_at_runtime" in field for field in fields):
        return [_UNSUPPORTED.format("ask_at_runtime")]
    errors = list(_check_input_schema(inputs))
    return errors or next(([text] for text in _check_fields(fields)), [])


def _check_input_schema(inputs: dict[str, Any]) -> Iterator[str]:
    yield from _report_unexpected(inputs, ("fields", "required"), [])
    for key in ("required", "fields"):
        if key in inputs and not isinstance(inputs[key], list):
            yield _tell_type(inputs[key], [key], list)
    if any(not isinstance(inputs.get(key, []), list) for key in ("required", "fields")):
        return
    for index, name in enumerate(inputs.get("required", [])):
        if not isinstance(name, str):
            yield _tell_type(name, ["required", index], str)
    for index, field in enumerate(inputs.get("fields", [])):
        place: list[Any] = ["fields", index]
        if not isinstance(field, dict):
            yield _tell_type(field, place, dict)
            continue
        yield from _report_unexpected(field, tuple(_FIELD_KEYS), place)
        yield from (f"'{key}' is a required property" for key in ("id", "label") if key not in field)
        for key in field.keys() & _FIELD_KEYS.keys():
            yield from _check_field_value(key, field[key], [*place, key])


def _check_field_value(key: str, value: Any, place: list[Any]) -> Iterator[str]:
    wanted: Any = _FIELD_KEYS[key]
    if isinstance(wanted, list):
        if value not in wanted:
            yield f"{value!r} is not one of {wanted}"
    elif not isinstance(value, wanted):
        yield _tell_type(value, place, wanted)
    elif key == "choices" and not value:
        yield "[] should be non-empty"
    elif key == "id" and not re.search(_NAME, value):
        yield f"{value} is an invalid variable name"


def _check_fields(fields: list[dict[str, Any]]) -> Iterator[str]:
    seen = set()
    for field in fields:
        name, kind = field["id"], field.setdefault("type", "string")
        if name == "tower":
            yield '"tower" is a reserved field name'
        if name in seen:
            yield f"field IDs must be unique ({name})"
        seen.add(name)
        if kind == "boolean":
            yield from (f"{key} not allowed for boolean type ({name})" for key in _NOT_BOOLEAN if key in field)
        default = field.get("default")
        if "default" in field and not isinstance(default, bool if kind == "boolean" else str):
            yield f"{default} is not a {kind}"


def check_injectors(inputs: dict[str, Any], injectors: Any) -> list[str]:
    """Return what is wrong with the `injectors` of a type whose `inputs` are right."""
    if not isinstance(injectors, dict):
        return [f"{type(injectors).__name__} provided, expected dict"]
    return list(_check_injector_schema(injectors)) or next(([text] for text in _check_templates(inputs, injectors)), [])


def _check_injector_schema(injectors: dict[str, Any]) -> Iterator[str]:
    yield from _report_unexpected(injectors, tuple(_KEYS), [])
    for kind in injectors.keys() & _KEYS.keys():
        pattern, shown = _KEYS[kind]
        items = injectors[kind]
        if not isinstance(items, dict):
            yield _tell_type(items, [kind], dict)
            continue
        wrong = [key for key in items if not re.search(pattern, key)]
        if wrong:
            keys = ", ".join(f"'{key}'" for key in sorted(wrong))
            verb = "does" if len(wrong) == 1 else "do"
            error = f"{keys} {verb} not match any of the regexes: '{shown}'"
            yield f"Schema validation error in relative path {[kind]} ({error})"
        for key, value in items.items():
            if kind == "extra_vars":
                if not _is_template_tree(value):
                    yield f"{value!r} is not valid under any of the given schemas"
            elif not isinstance(value, str):
                yield _tell_type(value, [kind, key], str)
            elif kind == "env" and not value.isascii():
                yield f"{value!r} does not match '^[\\x00-\\x7f]*$'"


def _check_templates(inputs: dict[str, Any], injectors: dict[str, Any]) -> Iterator[str]:
    names: dict[str, Any] = {field["id"]: "EXAMPLE" for field in inputs.get("fields", [])}
    tower = names["tower"] = _Tower()
    files = list(injectors.get("file", {}))
    if "template" in files:
        tower.filename = "EXAMPLE_FILENAME"
        if len(files) > 1:
            yield "Must use multi-file syntax when injecting multiple files"
    else:
        for label in files:
            setattr(tower.filename, label.partition(".")[2], "EXAMPLE_FILENAME")
    for kind, items in injectors.items():
        if kind == "env":
            yield from _check_env_names(items)
        for key, template in items.items():
            yield from _check_template(kind, key, template, names)


def _check_env_names(names: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        if name.startswith("ANSIBLE_"):
            yield (
                f"Environment variable {name} may affect Ansible configuration so its use is not allowed in "
                "credentials."
            )
        if name in CONTRACT["forbidden_env"].split():
            yield f"Environment variable {name} is not allowed to be used in credentials."


def _check_template(kind: str, key: str, node: Any, names: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(node, dict):
        for name, item in node.items():
            yield from _check_template(kind, key, name, names)
            yield from _check_template(kind, name, item, names)
        return
    if isinstance(node, list):
        for item in node:
            yield from _check_template(kind, key, item, names)
        return
    try:
        make_environment(StrictUndefined).from_string(node).render(names)
    except UndefinedError as error:
        yield f"{key} uses an undefined field ({error.message})"
    except SecurityError as error:
        yield f"Encountered unsafe code execution: {error}"
    except TemplateSyntaxError as error:
        yield f"Syntax error rendering template for {key} inside of {kind} ({error.message})"
    except Exception as error:  # noqa: BLE001 - a template may raise what it likes
        yield f"{key} cannot be rendered ({error})"


def check_inputs(
    credential_type: Mapping[str, Any], inputs: Any, is_allowed_secret: Callable[[str], bool]
) -> list[str] | dict[str, list[str]]:
    """Return what is wrong with the inputs of a credential.

    `is_allowed_secret`: tells whether the sign of a stored secret may stand for an input, by its id.
    """
    if not isinstance(inputs, dict):
        return [f"{type(inputs).__name__} provided, expected dict"]
    fields = {field["id"]: field for field in (credential_type.get("inputs") or {}).get("fields", [])}
    for name, value in inputs.items():
        if name in fields and fields[name].get("secret") and value == ENCRYPTED and not is_allowed_secret(name):
            return [f"{ENCRYPTED} is a reserved keyword, and cannot be used for {name}."]
    wrong = [name for name in inputs if name not in fields]
    if wrong:
        return [_tell_unexpected(wrong)]
    found: dict[str, list[str]] = {}
    for name, value in dict[str, Any](inputs).items():
        kind = fields[name].get("type", "string")
        choices = fields[name].get("choices")
        text = value if isinstance(value, str) else ""
        if not isinstance(value, bool if kind == "boolean" else str):
            found[name] = [f"{_show(value)} is not of type '{kind}'"]
        elif choices and value not in choices:
            found[name] = [f"{value!r} is not one of {choices}"]
        elif fields[name].get("format") == "ssh_private_key" and not _is_key(text):
            found[name] = ["Invalid certificate or key: " + text[:100] + "..."]
    return found


def _is_key(text: str) -> bool:
    """Tell whether text is what a private key has to be: empty, kept as it is, or blocks of PEM."""
    return text in ("", ENCRYPTED) or bool(
        re.search(r"-----BEGIN [A-Z0-9 ]+-----\s[\s\S]+?-----END [A-Z0-9 ]+-----", text)
    )


def _is_template_tree(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_template_tree(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_template_tree(item) for item in value)
    return isinstance(value, str)


def _tell_type(value: Any, place: list[Any], wanted: type) -> str:
    found = type(value).__name__
    return f"{found} provided in relative path {place}, expected {_TYPE_NAMES[wanted]}"


def _tell_unexpected(names: list[str]) -> str:
    words = ", ".join(f"'{name}'" for name in names)
    return f"Additional properties are not allowed ({words} {'was' if len(names) == 1 else 'were'} unexpected)"


def _report_unexpected(data: Mapping[str, Any], known: tuple[str, ...], place: list[Any]) -> Iterator[str]:
    wrong = [key for key in data if key not in known]
    if wrong:
        yield f"Schema validation error in relative path {place} ({_tell_unexpected(wrong)})"


def _show(value: Any) -> str:
    return repr(value)
