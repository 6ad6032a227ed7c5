# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Changes of an object in words, from its canonical forms before and after. Pure."""

from __future__ import annotations

import json
import typing as t

from .plan import Change

Fields: t.TypeAlias = t.Mapping[str, t.Any]
#: Members of which one identifies an entry of a list.
_KEYS = ("value", "name", "display_name")


def describe_object_changes(
    principal: str, before: Fields, after: Fields, words: t.Mapping[str, str] | None = None
) -> tuple[Change, ...]:
    """Return one change per value that lists gain and lose, and per other field that is set or cleared.

    *principal*: the name of the object. *before* and *after*: canonical forms; fields of both that are equal are no change. A field is
    text, a number, a boolean, a list of texts or of mappings, or a mapping of fields. *words*: by the path of a field, such as
    ``web.redirect_uris``, what people call it, for a list one of its values; without, its own name. Raises nothing.
    """
    return tuple(_walk_fields(principal, before, after, words or {}, ""))


def describe_creation(
    kind: str, principal: str, after: Fields, words: t.Mapping[str, str] | None = None, verb: str = "create"
) -> tuple[Change, ...]:
    """Return the change that creates an object of *kind*, which names the fields that have one value, and one change per value of its lists."""
    described = words or {}
    plain = {path: value for path, value in _flatten_fields(after, "") if not isinstance(value, list)}
    told = [
        f"{_name_field(path, described)} {_format_value(value)}"
        for path, value in sorted(plain.items())
        if _is_set(value)
    ]
    sentence = f"{verb} the {kind}" + (f" with {', '.join(told)}" if told else "")
    lists = {path: value for path, value in _flatten_fields(after, "") if isinstance(value, list)}
    created = Change("+", kind, principal, sentence, {"fields": plain})
    return (
        created,
        *(
            change
            for path, value in sorted(lists.items())
            for change in _compare_lists(principal, path, [], value, described)
        ),
    )


def _walk_fields(
    principal: str, before: Fields, after: Fields, words: t.Mapping[str, str], prefix: str
) -> t.Iterator[Change]:
    had, has = dict(_flatten_fields(before, prefix)), dict(_flatten_fields(after, prefix))
    for path in sorted(had.keys() | has.keys()):
        old, new = had.get(path), has.get(path)
        if old == new:
            continue
        if isinstance(old, list) or isinstance(new, list):
            yield from _compare_lists(principal, path, old or [], new or [], words)
        elif _is_set(old) or _is_set(new):
            yield Change("~", "setting", principal, _describe_setting(path, new, words), {"field": path, "value": new})


def _flatten_fields(fields: Fields, prefix: str) -> t.Iterator[tuple[str, t.Any]]:
    """Yield the path and the value of every field that is no mapping."""
    for name, value in fields.items():
        if isinstance(value, t.Mapping):
            yield from _flatten_fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _compare_lists(
    principal: str, path: str, old: t.Sequence[t.Any], new: t.Sequence[t.Any], words: t.Mapping[str, str]
) -> t.Iterator[Change]:
    """Yield what the list loses, gains and changes; entries are told apart by what identifies them."""
    had, has = _index_entries(old), _index_entries(new)
    word = words.get(path) or _name_field(path, {}).removesuffix("s")
    for key in sorted(had.keys() - has.keys()):
        yield Change("-", word, principal, f"remove {word} {key}", {"field": path, "value": had[key]})
    for key in sorted(has.keys() - had.keys()):
        yield Change(
            "+", word, principal, f"add {word} {key}{_describe_entry(has[key])}", {"field": path, "value": has[key]}
        )
    for key in sorted(has.keys() & had.keys()):
        if has[key] != had[key]:
            told = [
                _describe_setting(name, has[key].get(name), {})
                for name in sorted({*has[key], *had[key]})
                if has[key].get(name) != had[key].get(name)
            ]
            yield Change(
                "~", word, principal, f"change {word} {key}: {', '.join(told)}", {"field": path, "value": has[key]}
            )


def _index_entries(entries: t.Sequence[t.Any]) -> dict[str, t.Any]:
    """Return the entries of a list by what identifies them: texts by themselves, mappings by one of their members."""
    found: dict[str, t.Any] = {}
    for entry in entries:
        key = str(entry)
        if isinstance(entry, t.Mapping):
            name = _find_key(entry)
            key = str(entry[name]) if name else json.dumps(entry, sort_keys=True)
            if entry.get("source"):
                key = f"{key} of {entry['source']}"
        found[key if key not in found else f"{key} {json.dumps(entry, sort_keys=True)}"] = entry
    return found


def _find_key(entry: Fields) -> str | None:
    """Return which member identifies an entry, None when none does."""
    return next((name for name in _KEYS if entry.get(name)), None)


def _describe_entry(entry: t.Any) -> str:
    """Return the members of a mapping in parentheses, apart from those that identify it; nothing for a text."""
    if not isinstance(entry, t.Mapping):
        return ""
    told = [
        f"{_name_field(name, {})} {_format_value(value)}"
        for name, value in sorted(entry.items())
        if name not in (_find_key(entry), "source") and _is_set(value)
    ]
    return f" ({', '.join(told)})" if told else ""


def _describe_setting(path: str, value: t.Any, words: t.Mapping[str, str]) -> str:
    name = _name_field(path, words)
    return f"set {name} to {_format_value(value)}" if _is_set(value) else f"clear {name}"


def _name_field(path: str, words: t.Mapping[str, str]) -> str:
    return words.get(path) or path.replace("_", " ").replace(".", " ")


def _is_set(value: t.Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def _format_value(value: t.Any) -> str:
    """Return a value as people read it: texts in quotes, lists with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return f'"{value}"' if isinstance(value, str) else str(value)
