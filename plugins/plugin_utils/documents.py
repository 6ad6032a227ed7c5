# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reading of a variables document that is not trusted: which variables it may declare, and which decisions stay with the operator."""

from __future__ import annotations

import dataclasses
import difflib
import os
import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import (
    DataFileError,
    abbreviate_text,
    limit_problems,
    read_data_file,
    resolve_path,
)

#: Variables that a document may declare, with their types.
DOCUMENT_KEYS: t.Mapping[str, t.Any] = {
    "cvops_application": dict,
    "cvops_commvault_roles": list,
    "cvops_entra_groups": list,
    "cvops_role_mappings": list,
    "cvops_sso": dict,
}
#: Decisions that the operator may allow a document to take, and the keys, at any depth, that take them.
DECISIONS: t.Mapping[str, tuple[str, ...]] = {
    "accept_risk": ("accept_risk", "accept_reason", "max_removals"),
    "grant_admin_consent": ("grant_admin_consent",),
    "relink": ("relink",),
}
_WHY = {
    "accept_risk": "switches off a protection",
    "accept_reason": "switches off a protection",
    "max_removals": "switches off a protection",
    "grant_admin_consent": "gives an application rights in the whole tenant",
    "relink": "links a user group to another Entra group",
}
#: Variables of the collection that a document may never set, with the reason.
_OPERATORS = {
    "cvops_connection": "it says where the secrets of this run are sent",
    "cvops_break_glass": "it says which accounts are protected",
    "commvault_sso_break_glass": "it is the account for repairing the sign-in",
    "cvops_commvault_credentials": "it says where Commvault sends secrets",
    "cvops_conditional_access": "it says who can sign in",
    "cvops_bootstrap": "it holds credentials and names files",
}
_FORMS: t.Mapping[t.Any, str] = {dict: "a mapping", list: "a list of mappings"}
_OWN_FILE = "give it in your own file with -e @FILE"


@dataclasses.dataclass(frozen=True)
class Document:
    """A variables document: ``variables``, empty when there are ``problems``; ``files`` are absolute paths."""

    variables: dict[str, t.Any]
    problems: list[str]
    files: list[str]


def read_documents(paths: t.Sequence[t.Any], allowed: t.Container[str], defined: t.Container[str]) -> Document:
    """Return the variables of all files together, or the problems of all of them. Relative paths begin in the working directory.

    *allowed*: names of DECISIONS that the document may take; *defined*: variables that are set in another way.
    """
    problems: list[str] = []
    variables: dict[str, t.Any] = {}
    origins: dict[str, str] = {}
    files = []
    for given in paths:
        path = resolve_path(given)
        if path is None:
            problems.append(
                f"cvops_document: {abbreviate_text(given)!r} is not a path; give the path of a YAML or JSON file, or a list of them"
            )
            continue
        files.append(path)
        try:
            found = read_data_file(path)
        except DataFileError as exc:
            where = (
                _quote_path(given)
                if os.path.isabs(given)
                else f"{_quote_path(given)} (looked for as {_quote_path(path)})"
            )
            problems += [f"{where}: {fault}" for fault in exc.args]
            continue
        faults = limit_problems(_find_faults(found, allowed, defined))
        if isinstance(found, dict):
            faults += [
                f"{name} is also in {_quote_path(origins[name])}; keep it in one of them"
                for name in found
                if name in DOCUMENT_KEYS and name in origins
            ]
            origins.update(dict.fromkeys(found, given))
            variables.update(found)
        problems += [f"{_quote_path(given)}: {fault}" for fault in faults]
    return Document({} if problems else variables, problems, files)


def _quote_path(path: str) -> str:
    return abbreviate_text(path, 4096)


def _find_faults(found: t.Any, allowed: t.Container[str], defined: t.Container[str]) -> t.Iterator[str]:
    if not isinstance(found, dict) or not found:
        form = "is empty" if isinstance(found, dict) else "has no mapping at the top"
        yield f"{form}; it declares some of {', '.join(DOCUMENT_KEYS)}"
        return
    refused = {key for name, keys in DECISIONS.items() if name not in allowed for key in keys}
    for name, value in found.items():
        if name not in DOCUMENT_KEYS:
            yield _describe_unknown_key(name)
            continue
        if name in defined:
            yield f"{name} is also given as a variable; give it in one way only"
        if not _has_form(value, DOCUMENT_KEYS[name]):
            yield f"{name} must be {_FORMS[DOCUMENT_KEYS[name]]}"
            continue
        yield from (_describe_decision(where, key) for where, key in _walk_keys(value, name) if key in refused)


def _describe_unknown_key(name: str) -> str:
    if name in _OPERATORS:
        return f"{name} is not accepted from a document that is given as data, because {_OPERATORS[name]}; {_OWN_FILE}"
    near = difflib.get_close_matches(name, DOCUMENT_KEYS, n=1, cutoff=0.7)
    hint = f"near: {near[0]}" if near else f"it declares {', '.join(DOCUMENT_KEYS)}"
    return f"{abbreviate_text(name)} is not a key of a document that is given as data; {hint}. Variables of the run: {_OWN_FILE}"


def _describe_decision(where: str, key: str) -> str:
    switch = next(name for name, keys in DECISIONS.items() if key in keys)
    return f"{where} {_WHY[key]}, which the document is not allowed to decide: remove it, or allow it with cvops_document_allow: [{switch}]"


def _has_form(value: t.Any, form: t.Any) -> bool:
    if form is list:
        return isinstance(value, list) and all(isinstance(item, dict) for item in value)
    return isinstance(value, form)


def _walk_keys(value: t.Any, where: str) -> t.Iterator[tuple[str, str]]:
    """Yield path and name of every key at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            path = f"{where}.{abbreviate_text(key)}"
            yield path, key
            yield from _walk_keys(item, path)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk_keys(item, f"{where}[{number}]")
