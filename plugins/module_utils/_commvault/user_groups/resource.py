# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One user group of the module commvault_user_group: read, planned, created, updated, deleted, and the risks of it checked."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, ConfigError, NotFound, Problems
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals, require_accepted_risk
from ..client import CommvaultClient
from ..confirm import wait_until_shown
from ..directory import Directory
from ..lookalikes import warn_of_lookalikes
from ..references import parse_reference, parse_reference_option
from .calls import UserGroups
from .canonical import (
    BUILT_IN_GROUP_IDS,
    MASTER_GROUP_ID,
    NEW_USER_GROUP,
    CanonicalUserGroup,
    canonical_user_group,
    parse_member_ids,
)
from .checks import check_members_are_not_linked, find_group_name_fault, find_narrowed_fields
from .desired import desired_user_group
from .plan import plan_user_group, plan_user_group_removal

#: Guards of the module.
RISKS = ("own_rights", "last_admin")
#: What the steps of a plan change.
_FIELDS_OF_STEPS = {"update": tuple(NEW_USER_GROUP), "add": ("members",), "remove": ("members",)}


#: Returns the name of the Entra group with an object id, None where that is not known. Raises ConfigError for an id of nothing.
VerifyLink: t.TypeAlias = t.Callable[[Context, str], "str | None"]


class UserGroupResource:
    """One user group of the module commvault_user_group; *verify_link* judges an object id before it is written."""

    noun = "user_group"

    def __init__(self, ctx: Context, verify_link: VerifyLink | None = None) -> None:
        self._ctx, self._client, self._verify_link = ctx, CommvaultClient(ctx), verify_link
        self._unverified: list[str] = []
        self._linked_name: str | None = None
        self._directory = Directory(self._client)
        self._groups = UserGroups(self._client, self._directory)
        self._planned = Plan({}, {})
        self._options: t.Mapping[str, t.Any] = ctx.options
        self._members: dict[str, int] = {}
        self.group_id: int | None = None
        self.company: str | None = None
        self._company_id: int | None = None

    def plan(self) -> Plan:
        """Read the group and plan what the options ask for. Raises ConfigError, Problems, GuardRefused."""
        name = self._options["name"]
        fault = find_group_name_fault(name)
        if fault is not None:
            raise ConfigError(f"name: {fault}.", source="option name")
        wanted = desired_user_group(self._options)
        current = self._read_current(name)
        if self._options["state"] == "absent":
            planned = plan_user_group_removal(current, self._find_heir() if current else {}, self.company)
        else:
            warn_of_lookalikes(self._ctx, self._directory.read_catalogue("user_groups"), name)
            check_members_are_not_linked(wanted, current, self._options.get("members"))
            self._check_link(wanted, current)
            members = self._resolve_members()
            planned = plan_user_group(
                name,
                wanted,
                current,
                members,
                self._members,
                self._options["exclusive"],
                self._linked_name,
                self.company,
            )
            self._check_two_factor(wanted, current)
        if current is not None:
            self._check_risks(planned, current["name"])
        gone = {number for step in planned.steps if step.action == "remove" for number in step.data["ids"]}
        told = sorted(label for label, number in self._members.items() if number in gone)
        check_removals(told, self._options["max_removals"], "members", "the list")
        self._planned = replace(planned, steps=add_ids(planned.steps, principal=self.group_id))
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {
            "create": self._create,
            "update": self._update,
            "add": self._add_members,
            "remove": self._remove_members,
            "delete": self._delete,
        }

    def verify(self) -> list[Finding]:
        """Wait until the list shows a group that was created and no longer shows a deleted one, and the group what was changed.

        Return the fields that it does not show as written. Raises WaitTimeout for rights that may not have been taken away.
        """
        before, after = self._planned.before, self._planned.after
        if not self._planned.changed:
            return []
        narrowed = find_narrowed_fields(before, after) if before and after else {"state"}
        subject = f"user group {self._options['name']}"
        return list(wait_until_shown(self._ctx, self._find_unshown, subject, narrowed))

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" where only that lags, "state" where a deleted group is left."""
        after, number = self._planned.after, self.group_id or 0
        found = []
        if not self._planned.before or not after:
            listed = self._directory.reread_catalogue("user_groups").get_by_id(number) is not None
            if listed != bool(after):
                is_left = not after and self._directory.reread_user_group(number) is not None
                found.append("state" if is_left else "list")
        changed = {field for step in self._planned.steps for field in _FIELDS_OF_STEPS.get(step.action, ())}
        if after and changed:
            wire = self._directory.reread_user_group(number) or {}
            shown = canonical_user_group(wire)
            before = {**NEW_USER_GROUP, **self._planned.before}
            found += [
                name for name in sorted(changed) if name != "members" and after[name] not in (before[name], shown[name])
            ]
            if not self._are_members_shown(set(parse_member_ids(wire).values())):
                found.append("members")
        return found

    def _are_members_shown(self, shown: set[int]) -> bool:
        """Return whether those that were added are among the ids *shown* and those that were removed are not; others are not looked at."""
        ids = {step.action: set(step.data["ids"]) for step in self._planned.steps if step.action in ("add", "remove")}
        return ids.get("add", set()) <= shown and shown.isdisjoint(ids.get("remove", ()))

    def result(self) -> CanonicalUserGroup:
        """Return the group after the plan; empty when it is absent."""
        if not self._planned.after:
            return {}
        number = None if self.group_id is None else str(self.group_id)
        return {**self._planned.after, "id": number, "company": self.company, "unverified": self._unverified}

    def _create(self, step: Step) -> None:
        self.group_id = self._groups.create(self._options["name"], step.data["description"], self._company_id)

    def _update(self, step: Step) -> None:
        self._groups.update(self.group_id or 0, step.data["body"], intent=f"update {step.subject}")

    def _add_members(self, step: Step) -> None:
        self._groups.add_members(self.group_id or 0, step.data["ids"])

    def _remove_members(self, step: Step) -> None:
        self._groups.remove_members(self.group_id or 0, step.data["ids"])

    def _delete(self, step: Step) -> None:
        self._groups.delete(self.group_id or 0, step.data["user_id"], step.data["group_id"])

    def _read_current(self, name: str) -> CanonicalUserGroup | None:
        company = self._options.get("company")
        found = self._directory.find_living("user_groups", name, company or None, self._directory.reread_user_group)
        self.company = found[0].company if found else company or self._client.company_name
        if found is None:
            if self._options["state"] == "present":
                self._company_id = self._directory.find_company_id(company)
            return None
        entry, wire = found
        self.group_id = entry.id
        self._members = parse_member_ids(wire)
        return canonical_user_group(wire)

    def _resolve_members(self) -> dict[str, int] | None:
        names = self._options.get("members")
        if names is None:
            return None
        found: dict[str, int] = {}
        problems = []
        known = {number: label for label, number in self._members.items()}
        users = self._directory.read_catalogue("users")
        for index, name in enumerate(names):
            where = f"members[{index}]"
            try:
                entry = users.find_reference(parse_reference(name))
                # The group's own spelling of a member, so that the two sides compare; users of companies may be namesakes.
                label = known.get(entry.id, entry.name)
                if self._members.get(label, entry.id) != entry.id or found.get(label, entry.id) != entry.id:
                    label = f"{label} (id {entry.id})"
                found[label] = entry.id
            except (AmbiguousMatch, NotFound) as exc:
                problems.append({"kind": exc.kind, "where": where, "message": str(exc)})
            except ValueError as exc:
                problems.append({"kind": "config", "where": where, "message": str(exc)})
        if problems:
            raise Problems(f"User group {self._options['name']} cannot be planned:", problems)
        shown = (users.get_by_id(number) for number in found.values())
        warn_of_lookalikes(self._ctx, users, *(entry.name for entry in shown if entry is not None))
        return found

    def _find_heir(self) -> dict[str, int]:
        if self.group_id in BUILT_IN_GROUP_IDS:
            raise ConfigError(
                f"User group {self._options['name']} is built in and cannot be deleted.", source="option name"
            )
        heir = {"user_id": 0, "group_id": 0}
        try:
            if self._options.get("transfer_to_user"):
                user = parse_reference_option(self._options["transfer_to_user"], "transfer_to_user")
                heir["user_id"] = self._directory.read_catalogue("users").find_reference(user).id
            else:
                group = parse_reference_option(self._options["transfer_to_group"], "transfer_to_group")
                heir["group_id"] = self._directory.read_catalogue("user_groups").find_reference(group).id
        except (AmbiguousMatch, NotFound) as exc:
            option = "transfer_to_user" if self._options.get("transfer_to_user") else "transfer_to_group"
            raise ConfigError(f"{option}: {exc}", source=f"option {option}") from exc
        if heir["group_id"] == self.group_id:
            raise ConfigError(
                "transfer_to_group: it is the group that is deleted; give another one.",
                source="option transfer_to_group",
            )
        return heir

    def _check_link(self, wanted: CanonicalUserGroup, current: CanonicalUserGroup | None) -> None:
        """Verify the object id of a link that is to be written; one that could not be verified is noted."""
        object_id = wanted["entra_group_id"]
        if not object_id or self._verify_link is None or object_id == (current or {}).get("entra_group_id"):
            return
        self._linked_name = self._verify_link(self._ctx, object_id)
        if self._linked_name is None:
            self._unverified = [object_id]

    def _check_two_factor(self, wanted: CanonicalUserGroup, current: CanonicalUserGroup | None) -> None:
        if wanted["two_factor"] is not None and current is not None and current["two_factor"] is None:
            raise ConfigError(
                "two_factor: two-factor authentication is disabled at the company of this group.",
                source="option two_factor",
            )

    def _check_risks(self, planned: Plan, name: str) -> None:
        if not planned.changed:
            return
        actions = {step.action: step for step in planned.steps}
        removed = set(actions["remove"].data["ids"]) if "remove" in actions else set()
        disabled = "update" in actions and actions["update"].data["body"].get("enabled") is False
        gone = "delete" in actions or disabled
        if self.group_id == MASTER_GROUP_ID and (disabled or (removed and not planned.after.get("members"))):
            require_accepted_risk(
                self._ctx,
                "last_admin",
                f"Group {name} would be disabled, but its members administer the CommCell.",
                prefixes=("revert",),
            )
        if gone or removed:
            number, caller = self._client.caller
            if not number and not caller:
                self._ctx.warn(
                    "Commvault does not show who is signed in, so it is not known whether that user would lose one of its own groups"
                )
            own = [label for label, member in self._members.items() if member == number or label == caller]
            if own and (gone or removed & {self._members[label] for label in own}):
                verb = "be deleted" if "delete" in actions else "be disabled" if disabled else "lose its member"
                require_accepted_risk(
                    self._ctx,
                    "own_rights",
                    f"Group {name} would {verb}, and {own[0]}, who is signed in, is in it.",
                    prefixes=("revert",),
                )
