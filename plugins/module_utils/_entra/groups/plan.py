# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A security group in canonical form, and the steps to what it shall be. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import ConfigError
from ..._core.names import fold_case, keep_spelling
from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step, add_ids, find_changed_fields
from ..._core.set_changes import find_set_changes
from ..relations import describe_relation_changes

#: Options that are fields of the group, and Graph's names for them.
FIELDS = {
    "display_name": "displayName",
    "unique_name": "uniqueName",
    "mail_nickname": "mailNickname",
    "description": "description",
}
#: Sets of directory objects that options manage; each is read and written apart from the fields.
RELATIONS = ("members", "owners")
#: Fields that name the group: what differs in letter case only stays as it is.
_NAMES = ("display_name", "unique_name", "mail_nickname")

CanonicalGroup = dict[str, t.Any]


def canonical_group(wire: t.Mapping[str, t.Any]) -> CanonicalGroup:
    """Return a group of Graph under the names of our options; members and owners are read apart."""
    found: CanonicalGroup = {name: wire.get(field) for name, field in FIELDS.items()}
    found["object_id"] = wire.get("id")
    return found


def desired_group(options: t.Mapping[str, t.Any], current: CanonicalGroup | None) -> CanonicalGroup:
    """Return the fields as the options ask for them; None is not managed, an empty description clears it.

    Names that differ from those of the *current* group in letter case only are the same, and stay as they are.
    """
    found: CanonicalGroup = {name: options.get(name) for name in FIELDS}
    found.update({name: keep_spelling(found[name], (current or {}).get(name)) for name in _NAMES})
    return found


def check_new_group(desired: CanonicalGroup, current: CanonicalGroup | None) -> None:
    """Raise ConfigError for a group that is to be created without a display name."""
    if current is None and not desired.get("display_name"):
        raise ConfigError(
            f"No group {desired.get('unique_name')} exists, and creating it needs display_name",
            source="option display_name",
        )


def plan_group(
    desired: CanonicalGroup,
    current: CanonicalGroup | None,
    members: t.Sequence[str] | None,
    owners: t.Sequence[str] | None,
    exclusive: bool,
    names: t.Mapping[str, str] | None = None,
) -> Plan:
    """Return the steps: create, or update the fields that differ, then add and remove members and owners.

    *current* is None for a group that does not exist; it holds the lists ``members`` and ``owners`` where they are managed.
    *members* and *owners*: object ids in lower case, None where they are not managed; *names*: of directory objects by object id.
    """
    have = current or {}
    group = str(have.get("display_name") or desired["display_name"])
    steps: list[Step] = []
    changes = find_changed_fields(desired, {**have, "description": have.get("description") or ""})
    after: CanonicalGroup = {name: have.get(name) for name in FIELDS}
    after.update(changes)
    if current is None:
        after["mail_nickname"] = desired.get("mail_nickname") or derive_mail_nickname(str(desired["display_name"]))
        steps.append(
            Step(
                "create",
                f"group {desired['display_name']}",
                {"fields": {name: value for name, value in after.items() if value not in (None, "")}},
                describe_creation("group", group, {name: after[name] for name in FIELDS if name != "display_name"}),
            )
        )
    elif changes:
        steps.append(
            Step(
                "update",
                f"group {have.get('display_name')}: {', '.join(sorted(changes))}",
                {"fields": changes},
                describe_object_changes(group, {name: have.get(name) for name in changes}, changes),
            )
        )
    unique_name = fold_case(str(after.get("unique_name") or ""))
    for relation, wanted in zip(RELATIONS, (members, owners), strict=True):
        if wanted is None:
            continue
        change = find_set_changes(wanted, have.get(relation) or [], exclusive)
        after[relation] = change.after
        for action, ids in (("add", change.add), ("remove", change.remove)):
            if ids:
                told = describe_relation_changes(action, relation, group, ids, names or {}, unique_name)
                steps.append(Step(action, f"{len(ids)} {relation}", {"relation": relation, "ids": ids}, told))
    return Plan(before=_format_group(current), after=after, steps=add_ids(steps, principal=have.get("object_id")))


def plan_group_removal(current: CanonicalGroup | None) -> Plan:
    """Return the step that deletes the group, none when it does not exist."""
    if current is None:
        return Plan({}, {})
    name = str(current.get("display_name"))
    gone = Change("-", "group", name, "delete the group", {"object_id": current.get("object_id")})
    step = Step("delete", f"group {name}", {"unique_name": current.get("unique_name")}, (gone,))
    return Plan(_format_group(current), {}, (step,))


def describe_group_undo(step: Step, plan: Plan, object_id: str | None) -> dict[str, t.Any]:
    """Return what undoing *step* of *plan* takes, for the record of the run: what it changed, before and after; None means absent."""
    name = (plan.before or plan.after).get("display_name")
    if "relation" in step.data:
        ids, is_added = list(step.data["ids"]), step.action == "add"
        change = {"added": ids if is_added else [], "removed": [] if is_added else ids}
        return {
            "kind": "entra_members",
            "object_id": object_id,
            "name": name,
            "relation": step.data["relation"],
            **change,
        }
    about = {"kind": "entra_group", "object_id": object_id, "name": name}
    changed = step.data["fields"] if step.action == "update" else FIELDS
    before, after = ({field: form.get(field) or "" for field in changed} for form in (plan.before, plan.after))
    return {**about, "before": before if plan.before else None, "after": after if plan.after else None}


def _format_group(current: CanonicalGroup | None) -> CanonicalGroup:
    return {name: value for name, value in (current or {}).items() if name != "object_id"}


def derive_mail_nickname(display_name: str) -> str:
    r"""Return a mail nickname that Graph accepts: ASCII without blanks and forbidden characters, 1 to 64 long.

    Microsoft Learn (group, mailNickname): the characters ``@ () \ [] " ; : <> ,`` and blanks are refused.
    """
    plain_ascii = display_name.encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain_ascii).strip("-.")[:64] or "group"
