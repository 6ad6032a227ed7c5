# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Problems of the values in a variables document, by the schema of its variables: one short line each, never with a value.

A schema is written in the words of argument specs, with a few more for what those cannot say: ``values`` is the option of every
value of a mapping whose keys the author chooses, ``items`` that of the items of a list, ``forms`` are the options of which a
value takes one, by its type, and ``words`` what to call them, ``loose_with`` are keys beside which unknown ones are allowed,
``may_be_empty`` allows an empty text, ``not_null`` refuses null, ``date`` asks for a date, ``also`` are words that are allowed
beside the choices, and ``only`` is the one value that a boolean may have.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible.module_utils.common.validation import check_type_bool, check_type_float, check_type_int

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import abbreviate_text

Option = t.Mapping[str, t.Any]
Options = t.Mapping[str, Option]

#: Keys by which people know an item of a list, best first.
_LABEL_KEYS = ("display_name", "unique_name", "name", "value", "api", "role", "object_id", "app_id", "id")
_MOST_LISTED = 8
_FEW_KEYS = 3
_LONGEST_LABEL = 48
_DEEPEST_LABEL = 3
_SIMILARITY = 0.6
_SCALARS = ("str", "int", "float", "bool")
_WORDS = {
    "str": "a text",
    "path": "a path",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "dict": "a mapping",
    "list": "a list",
}
_NUMBERS: t.Mapping[str, t.Callable[[t.Any], t.Any]] = {
    "int": check_type_int,
    "float": check_type_float,
    "bool": check_type_bool,
}


class _Unknown:
    """The type of UNKNOWN."""


#: Stands for a value whose template fails: it is given, and nothing is said about it a second time.
UNKNOWN = _Unknown()


class Problem(t.NamedTuple):
    """What is wrong at one place of the document; ``label`` is the name of the item that it belongs to, empty for none."""

    path: str
    text: str
    label: str = ""

    def __str__(self) -> str:
        name = f" ({self.label})" if self.label else ""
        return f"{self.path}{name}: {self.text}"


class Place(t.NamedTuple):
    """Where a value stands: its path, and the name of the innermost item around it that has one."""

    path: str
    label: str = ""

    def enter(self, key: str) -> Place:
        """Return the place of the value under *key*."""
        shown = abbreviate_text(key, _LONGEST_LABEL)
        plain = shown.replace("_", "a").replace("-", "a").isalnum()
        return self._replace(path=f"{self.path}.{shown}" if plain else f"{self.path}['{shown}']")

    def enter_item(self, number: int, value: t.Any) -> Place:
        """Return the place of an item of a list."""
        return Place(f"{self.path}[{number}]", ", ".join(filter(None, (self.label, find_label(value)))))

    def describe(self, text: str) -> Problem:
        """Return the problem *text* at this place."""
        return Problem(self.path, text, self.label)


def find_label(item: t.Any, depth: int = 0) -> str:
    """Return the name by which people know an item of a list, fit for a message; empty for none, and for a template."""
    if not isinstance(item, t.Mapping) or depth > _DEEPEST_LABEL:
        return ""
    principal = item.get("principal")
    if isinstance(principal, t.Mapping):
        return _shorten(next((value for value in principal.values() if value), None), depth + 1)
    return next(filter(None, (_shorten(item.get(key), depth + 1) for key in _LABEL_KEYS)), "")


def _shorten(value: t.Any, depth: int) -> str:
    if isinstance(value, t.Mapping):
        return find_label(value, depth)
    if is_template(value):
        return ""
    is_plain = isinstance(value, (str, int)) and not isinstance(value, bool)
    return abbreviate_text(str(value).strip(), _LONGEST_LABEL) if is_plain else ""


def is_template(text: t.Any) -> bool:
    """Return True for a text with a mark of a template, which may hold a secret."""
    return isinstance(text, str) and ("{{" in text or "{%" in text)


def find_value_problems(value: t.Any, option: Option, place: Place) -> t.Iterator[Problem]:
    """Yield what is wrong with *value*, an exact builtin, and with everything inside it, in the order of the document.

    Null counts as not given, as it does for Ansible's own options.
    """
    if value is None or value is UNKNOWN:
        if value is None and option.get("not_null"):
            yield place.describe("is empty; remove it, or give it a value")
        return
    if "forms" in option:
        yield from _find_form_problems(value, option, place)
        return
    kind = option.get("type", "str")
    if kind == "dict":
        yield from _find_mapping_problems(value, option, place)
    elif kind == "list":
        yield from _find_list_problems(value, option, place)
    elif kind != "raw":
        yield from _find_scalar_problems(value, option, place, kind)


def name_type(value: t.Any) -> str:
    """Return in words what kind of value *value* is."""
    if isinstance(value, bool):
        return "a boolean"
    kinds: tuple[tuple[t.Any, str], ...] = (
        (str, "a text" if value else "an empty text"),
        ((int, float), "a number"),
        (t.Mapping, "a mapping"),
        (list, "a list"),
    )
    return next((words for kind, words in kinds if isinstance(value, kind)), "nothing")


def describe_unknown_key(key: str, known: t.Iterable[str]) -> str:
    """Return what to say about a key that is not among *known*: the most similar one, or all that there are."""
    names = list(known)
    near = find_near_key(key, names)
    if near:
        return f"there is no such key; did you mean {near}?"
    if not names:
        return "there is no such key; remove it"
    more = f", … ({len(names)} in all)" if len(names) > _MOST_LISTED else ""
    return f"there is no such key; here are {', '.join(sorted(names)[:_MOST_LISTED])}{more}"


def find_near_key(key: str, known: t.Iterable[str]) -> str | None:
    """Return that of *known* which *key* was probably meant to be; None for none."""
    names = list(known)
    by_form = {fold_case(name).replace("-", "_"): name for name in names}
    form = fold_case(key[:100]).replace("-", "_").replace(" ", "_")
    for candidate in (form, form.removeprefix("commvault_"), form.removeprefix("cvops_")):
        if candidate in by_form:
            return by_form[candidate]
    near = difflib.get_close_matches(form, by_form, n=1, cutoff=_SIMILARITY)
    return by_form[near[0]] if near else None


def _find_form_problems(value: t.Any, option: Option, place: Place) -> t.Iterator[Problem]:
    """Yield the problems of a value that may have several forms: those of the form that its type has."""
    forms: t.Sequence[Option] = option["forms"]
    fitting = [form for form in forms if _has_type(value, form)]
    if not fitting:
        words = option.get("words") or " or ".join(_WORDS[form.get("type", "str")] for form in forms)
        yield place.describe(f"must be {words}, not {name_type(value)}")
        return
    tried = [list(find_value_problems(value, form, place)) for form in fitting]
    yield from min(tried, key=len)


def _has_type(value: t.Any, form: Option) -> bool:
    kind = form.get("type", "str")
    if isinstance(value, bool):
        return kind in ("bool", "raw")
    types: t.Mapping[str, t.Any] = {"str": str, "int": int, "float": (int, float), "dict": t.Mapping, "list": list}
    return kind == "raw" or (kind in types and isinstance(value, types[kind]))


def _find_mapping_problems(value: t.Any, option: Option, place: Place) -> t.Iterator[Problem]:
    if not isinstance(value, t.Mapping):
        keys = ", ".join(list(option.get("options") or ())[:_FEW_KEYS])
        words = f"with keys such as {keys}" if keys else "of names"
        yield place.describe(f"must be a mapping {words}, not {name_type(value)}")
        return
    if "values" in option:
        for key, item in value.items():
            if not key.strip():
                yield place.describe("a key is an empty text; give it a name")
            yield from find_value_problems({} if item is None else item, option["values"], place.enter(key))
        return
    known: Options | None = option.get("options")
    if known is None:
        return
    is_loose = any(value.get(name) is not None for name in option.get("loose_with", ()))
    meant = set()
    for key, item in value.items():
        if key in known:
            yield from find_value_problems(item, known[key], place.enter(key))
        elif not is_loose:
            yield place.enter(key).describe(describe_unknown_key(key, known))
            meant.add(find_near_key(key, known))
    yield from _find_missing_keys(value, option, known, meant, place)
    yield from _find_contradictions(value, option, meant, place)


def _find_missing_keys(
    value: t.Mapping[str, t.Any], option: Option, known: Options, meant: t.Container[str | None], place: Place
) -> t.Iterator[Problem]:
    """Yield the keys that are missing, but for those that a misspelt key was *meant* to be: one cause is told once."""
    for name, inner in known.items():
        if inner.get("required") and value.get(name) is None and name not in meant:
            yield place.enter(name).describe("is missing; add it")
    for names in option.get("required_one_of", ()):
        if not _list_given(value, names) and not any(name in meant for name in names):
            yield place.describe(f"needs one of {', '.join(names)}")


def _find_contradictions(
    value: t.Mapping[str, t.Any], option: Option, meant: t.Container[str | None], place: Place
) -> t.Iterator[Problem]:
    for names in option.get("mutually_exclusive", ()):
        given = _list_given(value, names)
        if len(given) > 1:
            yield place.describe(f"takes only one of {', '.join(given)}; remove the others")
    groups: list[tuple[str, list[str]]] = [
        (name, list(needed)) for name, needed in option.get("required_by", {}).items() if value.get(name) is not None
    ]
    for names in option.get("required_together", ()):
        groups += [(name, list(names)) for name in _list_given(value, names)[:1]]
    for name, choice, needed, *any_of in option.get("required_if", ()):
        # What the document cannot say, such as the state of what is always made, is as the rule has it.
        if value.get(name, option["options"].get(name, {"default": choice}).get("default")) != choice:
            continue
        if not any(any_of):
            groups.append((f"{name}: {choice}", list(needed)))
        elif not _list_given(value, needed) and not any(item in meant for item in needed):
            yield place.describe(f"{name}: {choice} needs one of {', '.join(needed)}")
    for name, needed in groups:
        missing = [item for item in needed if value.get(item) is None and item not in meant]
        if missing:
            yield place.describe(f"{name} also needs {', '.join(missing)}")


def _list_given(value: t.Mapping[str, t.Any], names: t.Iterable[str]) -> list[str]:
    return [name for name in names if value.get(name) is not None]


def _find_list_problems(value: t.Any, option: Option, place: Place) -> t.Iterator[Problem]:
    item_option = {**option, "type": option.get("elements", "raw")}
    if "items" in option:
        item_option = option["items"]
    takes_text = item_option.get("type") in (*_SCALARS, "path", "raw") and "forms" not in item_option
    if isinstance(value, (str, int, float)) and not isinstance(value, bool) and takes_text:
        # One item, or several with commas between them, as Ansible's own options take them.
        value = [item.strip() for item in value.split(",")] if isinstance(value, str) else [value]
    if not isinstance(value, list):
        hint = "; put '- ' before it" if isinstance(value, t.Mapping) else ""
        yield place.describe(f"must be a list, not {name_type(value)}{hint}")
        return
    for number, item in enumerate(value):
        inner = place.enter_item(number, item)
        if item is None:
            yield inner.describe("is an empty item; remove it, or give it a value")
        yield from find_value_problems(item, item_option, inner)


def _find_scalar_problems(value: t.Any, option: Option, place: Place, kind: str) -> t.Iterator[Problem]:
    words = _WORDS.get(kind, "a text")
    if isinstance(value, (t.Mapping, list)):
        yield place.describe(f"must be {words}, not {name_type(value)}")
    elif kind in _NUMBERS:
        yield from _find_number_problems(value, option, place, kind)
    elif isinstance(value, bool) and not option.get("choices"):
        yield place.describe("must be a text, not a boolean; put it in quotes")
    elif isinstance(value, str) and not value.strip():
        if not option.get("may_be_empty"):
            yield place.describe("is an empty text; give it a value, or leave it out")
    elif option.get("date"):
        if not _is_date(value):
            yield place.describe("must be a date such as 2027-01-31")
    else:
        yield from _find_choice_problems(value, option, place)


def _is_date(value: t.Any) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def _find_number_problems(value: t.Any, option: Option, place: Place, kind: str) -> t.Iterator[Problem]:
    if isinstance(value, str) and not value.strip() and option.get("may_be_empty"):
        return
    try:
        if isinstance(value, bool) and kind != "bool":
            raise TypeError
        converted = _NUMBERS[kind](value)
    except (TypeError, ValueError):
        yield place.describe(f"must be {_WORDS[kind]}, not {_describe_text(value)}")
        return
    if "only" in option and converted is not option["only"]:
        yield place.describe(f"can only be {str(option['only']).lower()}; remove it if that is not intended")
    yield from _find_choice_problems(converted, option, place)


def _describe_text(value: t.Any) -> str:
    if isinstance(value, float):
        return "one with decimals"
    return "another text" if isinstance(value, str) and value.strip() else name_type(value)


def _find_choice_problems(value: t.Any, option: Option, place: Place) -> t.Iterator[Problem]:
    choices = [str(choice) for choice in option.get("choices") or ()]
    if not choices or str(value) in choices or str(value).lower() in option.get("also", ()):
        return
    if isinstance(value, bool) and sum(_means_same(value, choice) for choice in choices) == 1:
        return
    near = find_near_key(str(value), choices)
    hint = f"; did you mean {near}?" if near else ""
    yield place.describe(f"must be one of {', '.join(choices)}{hint}")


def _means_same(value: bool, choice: str) -> bool:
    """Return True when Ansible takes *choice* for the boolean *value*: an author wrote it without quotes."""
    try:
        return bool(check_type_bool(choice)) is value
    except TypeError:
        return False
