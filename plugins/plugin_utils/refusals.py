# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Messages about refused options: which they are and which are similar, never their values, which may be secrets."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible.module_utils.common.arg_spec import ValidationResult
from ansible.module_utils.errors import (
    DeprecationError,
    NoLogError,
    RequiredByError,
    RequiredDefaultError,
    RequiredError,
    RequiredIfError,
    RequiredOneOfError,
    RequiredTogetherError,
    UnsupportedError,
)

from ansible_collections.cvops.identity.plugins.module_utils._core.redact import redact_text
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import list_secrets

#: Errors about options that are not given: they contain no values, and the target host may have what is missing here.
_MISSING = (
    RequiredByError,
    RequiredDefaultError,
    RequiredError,
    RequiredIfError,
    RequiredOneOfError,
    RequiredTogetherError,
)
_NOT_SHOWN = "a value that is not shown"
#: Where messages of core contain the given value: at the end, or in quotes.
_CHOICE = re.compile(
    r"(?P<before>must be one(?: or more)? of: (?P<choices>.*?)(?:, got|\. Got no match for): )(?P<value>.*?)"
    r"(?P<after> found in [\w.]+(?: -> [\w.]+)*)?\Z",
    re.DOTALL,
)
_QUOTED = (
    re.compile(r"(The value )'.*'(?= is not a valid boolean)", re.DOTALL),
    re.compile(r"""(convert to \w+: )["'].*["'](?= cannot be converted to )""", re.DOTALL),
    re.compile(r"\A(Value )'.*'(?= in the sub parameter field )", re.DOTALL),
)
_SIMILARITY = 0.6


def is_only_missing(validated: ValidationResult) -> bool:
    """Return True when all errors are about options that are not given."""
    return all(isinstance(error, _MISSING) for error in validated.errors.errors)


def describe_refusal(
    validated: ValidationResult, spec: t.Mapping[str, t.Any], given: t.Mapping[str, t.Any], name: str
) -> str:
    """Return what AnsibleModule says about the first error that names an option, without values that are not similar to a choice.

    Similar names are added for unknown options. *given*: all values that were validated, from any source; *name*: of the module.
    """
    errors = validated.errors.errors
    error = next((item for item in errors if not isinstance(item, (DeprecationError, NoLogError))), errors[0])
    message = str(error)
    secrets = list_secrets(validated)
    if isinstance(error, UnsupportedError):
        unknown = [item if isinstance(item, tuple) else (item,) for item in validated.unsupported_parameters]
        hints = suggest_options(unknown, spec)
        return redact_text(f"Unsupported parameters for ({name}) module: {message}{hints}", secrets)
    if isinstance(error, _MISSING):
        return redact_text(message, secrets)
    message = _CHOICE.sub(_hide_foreign_choice, message)
    for pattern in _QUOTED:
        message = pattern.sub(rf"\1{_NOT_SHOWN}", message)
    known = " ".join(_list_spec_words(spec))
    foreign = {leaf for leaf in _list_texts(given) if leaf not in known and not _is_similar_to_choice(leaf, known)}
    return redact_text(message, secrets | foreign)


def suggest_options(unknown: t.Iterable[tuple[str, ...]], spec: t.Mapping[str, t.Any]) -> str:
    """Return a sentence for each unknown option (a path through suboptions) that is similar to an existing one."""
    found = []
    for path in sorted(unknown):
        inner = spec
        for step in path[:-1]:
            inner = (inner.get(step) or {}).get("options") or {}
        near = difflib.get_close_matches(path[-1], list(inner), n=1, cutoff=_SIMILARITY)
        found += [f" {'.'.join(path)} is not an option; did you mean {near[0]}?"] if near else []
    return "".join(found)


def _hide_foreign_choice(match: re.Match[str]) -> str:
    shown = match["value"] if _is_similar_to_choice(match["value"], match["choices"]) else _NOT_SHOWN
    return f"{match['before']}{shown}{match['after'] or ''}"


def _is_similar_to_choice(value: str, choices: str) -> bool:
    listed = re.findall(r"[^\s,]+", choices)
    return bool(
        difflib.get_close_matches(value.lower(), [choice.lower() for choice in listed], n=1, cutoff=_SIMILARITY)
    )


def _list_spec_words(spec: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield names and choices of all options at any depth: messages may contain them."""
    for name, option in spec.items():
        yield name
        yield from map(str, option.get("choices") or ())
        yield from _list_spec_words(option.get("options") or {})


def _list_texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, t.Mapping):
        for item in value.values():
            yield from _list_texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _list_texts(item)
    elif isinstance(value, str):
        yield value
