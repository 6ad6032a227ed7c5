# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Rules of Entra ID on applications, checked before anything is written. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError, Problems
from .canonical import CanonicalApplication
from .lookup import check_application_ids
from .roles_and_scopes import ROLE, SCOPE, EntitlementKind

Problem = dict[str, str]
_LONGEST = {"display_name": 256, "description": 1024, "notes": 1024}
_LONGEST_VALUE = 120
_LONGEST_TAG = 256


def check_application_options(options: t.Mapping[str, t.Any]) -> None:
    """Raise Problems with everything that Entra ID would refuse, as far as the options alone tell."""
    check_application_ids(options)
    problems = [
        _describe_problem(name, f"longer than {longest} characters")
        for name, longest in _LONGEST.items()
        if len(options.get(name) or "") > longest
    ]
    for index, tag in enumerate(options.get("tags") or ()):
        if not tag or len(tag) > _LONGEST_TAG or any(letter.isspace() for letter in tag):
            problems.append(_describe_problem(f"tags[{index}]", "a tag has 1 to 256 characters and no blanks"))
    for index, uri in enumerate(options.get("identifier_uris") or ()):
        if uri.endswith("/"):
            problems.append(
                _describe_problem(f"identifier_uris[{index}]", "an identifier URI does not end with a slash")
            )
    for kind in (ROLE, SCOPE):
        problems += _find_entitlement_problems(kind, options.get(kind.option) or ())
    if problems:
        raise Problems(f"{len(problems)} options of the application cannot be used", problems)


def _find_entitlement_problems(kind: EntitlementKind, entries: t.Sequence[t.Mapping[str, t.Any]]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        where, value = f"{kind.option}[{index}]", entry["value"]
        if (
            not value
            or len(value) > _LONGEST_VALUE
            or value.startswith(".")
            or any(letter.isspace() for letter in value)
        ):
            message = f"the value of an {kind.noun} has 1 to {_LONGEST_VALUE} characters, no blanks and no dot in front"
            problems.append(_describe_problem(f"{where}.value", message))
        for key in filter(None, (value, (entry.get("id") or "").lower())):
            if key in seen:
                problems.append(_describe_problem(where, f"same value or id as {kind.option}[{seen[key]}]"))
            seen[key] = index
        if entry.get("allowed_member_types") == []:
            problems.append(_describe_problem(f"{where}.allowed_member_types", "name User, Application or both"))
    return problems


def check_desired_application(options: t.Mapping[str, t.Any], after: CanonicalApplication, exists: bool) -> None:
    """Raise ConfigError where the desired application cannot exist: no name, or two entries with one id."""
    if not exists and not options.get("display_name"):
        raise ConfigError(
            f"No application {options.get('unique_name')} exists, and creating it needs display_name",
            source="option display_name",
        )
    for kind in (ROLE, SCOPE):
        ids = [entry["id"] for entry in after[kind.option] if entry["id"]]
        twice = sorted({item for item in ids if ids.count(item) > 1})
        if twice:
            raise ConfigError(
                f"{kind.option}: two entries would have the id {twice[0]}: one has its value, the other gives it as id",
                source=f"option {kind.option}",
            )


def _describe_problem(where: str, message: str) -> Problem:
    return {"kind": "config", "where": where, "message": message}
