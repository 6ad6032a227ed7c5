# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Words of the audit trail: what an operation is in ours, and what its details certainly say. Pure.

The vendor publishes neither the list of operations nor the form of details. What does not have the form that is looked for here is left
as the text that it is.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ..._core.log_events import Target

_FAILED = re.compile(r"\b(?:fail(?:ed|ure|s)?|denied|unsuccessful|invalid|rejected|refused|incorrect)\b", re.IGNORECASE)
_SIGN_OUT = re.compile(r"\b(?:log(?:ged)?|sign(?:ed)?)[ -]?(?:out|off)\b", re.IGNORECASE)
_SIGN_IN = re.compile(r"\b(?:log(?:ged)?|sign(?:ed)?)[ -]?(?:in|on)\b", re.IGNORECASE)
_RELATION = re.compile(r"\b(?:associations?|owners?|ownership|members?|membership)\b", re.IGNORECASE)
#: Verbs at the beginning or participles at the end of the name of an operation.
_VERBS = {
    "add": re.compile(
        r"^(?:add|create|new|register|import|install)\b|\b(?:added|created|registered|creation)$", re.IGNORECASE
    ),
    "remove": re.compile(
        r"^(?:delete|remove|revoke|unregister|deconfigure)\b|\b(?:deleted|removed|revoked|deletion)$", re.IGNORECASE
    ),
    "assign": re.compile(
        r"^(?:assign|associate|grant|share)\b|\b(?:assigned|associated|granted|shared)$", re.IGNORECASE
    ),
    "unassign": re.compile(r"^(?:unassign|disassociate|unshare)\b|\b(?:unassigned|disassociated)$", re.IGNORECASE),
    "change": re.compile(
        r"^(?:modify|edit|update|change|rename|set|reset|enable|disable|configure|transfer|lock|unlock|renew)\b"
        r"|\b(?:modified|edited|updated|changed|renamed|enabled|disabled|locked|unlocked|renewed)$",
        re.IGNORECASE,
    ),
    "use": re.compile(
        r"^(?:view|read|browse|download|export|run|start|restore|search|get|list|generate|test)\b", re.IGNORECASE
    ),
}
_OF_RELATION = {"add": "assign", "remove": "unassign"}
_KINDS = {
    "user": "user",
    "user group": "user_group",
    "external user group": "external_group",
    "role": "role",
    "company": "company",
    "credential": "credential",
    "access token": "access_token",
    "saml app": "saml_app",
    "openid connect app": "oidc_app",
    "identity app": "identity_app",
    "client": "server",
    "server": "server",
    "plan": "plan",
}
_OBJECT = re.compile(r"([A-Za-z ]{1,40}) \[([^\[\]]+)\]")
_CHANGED = re.compile(r"([A-Za-z][A-Za-z -]{0,60}): Old value \[([^\[\]]*)\], New value \[([^\[\]]*)\]", re.IGNORECASE)
_LISTED = re.compile(r"([A-Za-z][A-Za-z ]{0,60}): (\[[^\[\]]+\](?:,? \[[^\[\]]+\])*)")
_MEMBER_KINDS = {
    "Members": "user",
    "External groups": "external_group",
    "Local groups": "user_group",
    "Role": "role",
    "Owner": "user",
}
_MOST_LINES = 400


@dataclass(frozen=True)
class Details:
    """What the text of an entry certainly says."""

    target: Target = field(default_factory=Target)
    others: tuple[Target, ...] = ()
    before: t.Mapping[str, str] = field(default_factory=dict)
    after: t.Mapping[str, str] = field(default_factory=dict)


def classify_operation(activity: str) -> str:
    """Return the normal word for an operation in the product's words; ``other`` where it is not clear."""
    words = activity.strip()
    for ours, pattern in _VERBS.items():
        if pattern.search(words):
            return _OF_RELATION.get(ours, ours) if _RELATION.search(words) else ours
    if _SIGN_OUT.search(words):
        return "sign_out"
    return "sign_in" if _SIGN_IN.search(words) else "other"


def judge_outcome(activity: str, operation: str, text: str) -> str:
    """Return how an operation ended. The trail holds what was done, so ``success`` unless the words of a sign-in leave it open."""
    if _FAILED.search(activity):
        return "failure"
    return "unknown" if operation == "sign_in" and _FAILED.search(text) else "success"


def parse_details(text: str) -> Details:
    """Return the object, and what of it is not as it was, of a text in the form ``User Group [name]`` and lines with old and new values.

    A name that holds a bracket could be made to look like more than a name: then nothing is said of that line.
    """
    lines = text.splitlines()
    head = _OBJECT.fullmatch(lines[0].strip()) if lines and len(lines) <= _MOST_LINES else None
    kind = _KINDS.get(head.group(1).strip().lower()) if head else None
    if head is None or kind is None:
        return Details()
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    others: list[Target] = []
    for line in lines[1:]:
        if changed := _CHANGED.fullmatch(line.strip()):
            name = changed.group(1).strip().lower().replace(" ", "_")
            before[name], after[name] = changed.group(2), changed.group(3)
        elif listed := _LISTED.fullmatch(line.strip()):
            others.extend(_list_others(listed.group(1), re.findall(r"\[([^\[\]]+)\]", listed.group(2))))
    return Details(Target(kind, head.group(2)), tuple(others), before, after)


def _list_others(label: str, names: t.Sequence[str]) -> t.Iterator[Target]:
    """Yield the objects that a line names: members that came or went, the role of an association, and what it is for."""
    if label == "Entity" and len(names) == 2:
        yield Target(names[0].lower().removesuffix("_entity"), names[1])
        return
    kind = _MEMBER_KINDS.get(label.removesuffix(" added").removesuffix(" removed"))
    if kind is not None:
        yield from (Target(kind, name) for name in names)
