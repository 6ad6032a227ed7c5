# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One user of the module commvault_user: read, planned, created, changed, deleted, and the risks of it checked."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, ConfigError, NotFound
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals
from ..client import CommvaultClient
from ..confirm import wait_until_shown
from ..directory import Directory
from ..lookalikes import warn_of_lookalikes
from ..references import parse_reference_option
from ..releases import SERVICE_ACCOUNTS, warn_of_unknown_release
from .calls import NameTaken, Users
from .canonical import FIELDS, User, is_same_value, parse_user
from .checks import (
    check_is_complete,
    check_kind,
    check_may_be_deleted,
    check_options,
    check_release,
    check_validation_password,
)
from .desired import desired_user
from .groups import UserGroupNames
from .plan import Heir, plan_user, plan_user_removal
from .risks import UserRisks


class UserResource:
    """One user of the module commvault_user."""

    noun = "user"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._client = ctx, CommvaultClient(ctx)
        self._directory = Directory(self._client)
        self._users = Users(self._client, self._directory)
        self._group_names = UserGroupNames(ctx, self._directory)
        self._options: t.Mapping[str, t.Any] = ctx.options
        self._planned = Plan({}, {})
        self._before: User | None = None
        self._groups: dict[str, int] = {}
        self._kept_groups: list[str] = []
        self._company_id: int | None = None
        #: Whether lists leave the user out, or would: it waits for an approval.
        self._is_pending: bool = False
        self._is_confirmed = False
        #: Steps that Commvault has not taken, because the user itself waits for an approval.
        self._refused: list[Step] = []
        self.company: str | None = None
        self.user_id: int | None = None

    def plan(self) -> Plan:
        """Read the user and plan what the options ask for. Raises ConfigError, Problems, GuardRefused."""
        check_options(self._options)
        self._is_pending, self._refused = False, []
        check_release(self._options.get("kind"), self._client.release)
        self._before = self._find_current()
        if self._before is not None:
            check_kind(self._before, self._options.get("kind"))
        planned = self._plan_removal() if self._options["state"] == "absent" else self._plan_present()
        if self._before is not None:
            self._check_risks(planned, self._before)
        self._planned = replace(planned, steps=add_ids(planned.steps, principal=self.user_id))
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {
            "create": self._create,
            "update": self._update,
            "set_password": self._set_password,
            "join": self._join,
            "leave": self._leave,
            "delete": self._delete,
        }

    def get_applied_plan(self) -> Plan:
        """Return the plan without the steps that Commvault has not taken; no step is left where the account waits already."""
        steps = tuple(step for step in self._planned.steps if step not in self._refused)
        return replace(self._planned, steps=steps) if steps else Plan(self._planned.before, self._planned.before)

    def verify(self) -> list[Finding]:
        """Wait until the service shows what was written, and return the fields that it does not show.

        Where it shows nothing of it, the write waits for an approval or was refused by one. Raises WaitTimeout for rights that may not
        have been taken away.
        """
        applied = self.get_applied_plan()
        if not applied.changed:
            return []
        subject = f"user {self._options['name']}"
        if self._is_pending:
            self._ctx.warn(
                f"Commvault accepted the request to change {subject}, but somebody else has to approve it first: run "
                "the task again after the approval."
            )
            return [{"field": name} for name in self._list_written(self._planned)]
        must_show = {"state"} if applied.steps[0].action == "delete" else set()
        must_show |= {"user_groups"} if any(step.action == "leave" for step in applied.steps) else set()
        must_show |= (
            {"enabled"} if self._before and self._before.enabled and not applied.after.get("enabled") else set()
        )
        missing = wait_until_shown(self._ctx, self._find_unshown, subject, must_show)
        self._is_confirmed = True
        fields = {finding["field"] for finding in missing}
        if applied.steps[0].action == "create" and fields & {"state", "list"} and self._is_approval_usual():
            self._is_pending = True
            self._ctx.warn(f"Service account {self._options['name']} can be used after somebody else has approved it.")
        elif fields and fields.issuperset(self._list_written(applied)):
            self._is_pending = True
            self._ctx.warn(
                f"Commvault shows nothing of what was written to {subject}: it waits for an approval, or was refused by one."
            )
        return list(missing)

    def result(self) -> dict[str, t.Any]:
        """Return the user after the plan, never a password; empty when it is absent."""
        after = self._planned.after if not self._refused else self.get_applied_plan().after or self._planned.after
        if not after:
            return {"pending_approval": True} if self._is_pending else {}
        form = {name: value for name, value in after.items() if name != "password_written"}
        if self._options.get("user_groups") is not None:
            form["provider_groups"] = self._kept_groups
        return {
            **form,
            "id": None if self.user_id is None else str(self.user_id),
            "company": self.company,
            "identity_provider": self._before.identity_provider if self._before else None,
            "password_written": bool(after.get("password_written")),
            "pending_approval": self._describe_approval(after),
        }

    def _plan_present(self) -> Plan:
        options, current = self._options, self._before
        warn_of_lookalikes(self._ctx, self._directory.read_catalogue("users"), options["name"])
        self._groups, self._kept_groups, groups = {}, [], None
        if options.get("user_groups") is not None:
            self._groups = self._group_names.list_ids(current) if current else {}
            groups = self._group_names.resolve(options["name"], options["user_groups"], self._groups)
            if options["exclusive"] or not groups:
                surplus = {label: one for label, one in self._groups.items() if one not in groups.values()}
                self._kept_groups = self._group_names.find_kept(surplus)
        wanted = desired_user(options, groups)
        if current is None:
            check_is_complete(options)
            self._company_id = self._directory.find_company_id(options.get("company"))
            self._warn_of_unknown_release()
        else:
            if wanted.writes_password:
                check_validation_password(options, self._ctx.describe_source("commvault_auth_method"))
            if wanted.writes_password and current.identity_provider:
                self._ctx.warn(
                    f"User {current.name} signs in with {current.identity_provider}, which does not use Commvault's password."
                )
            if current.kind is None:
                self._ctx.warn(
                    f"Commvault does not show whether user {current.name} is a service account: this task assumes "
                    "that it is of the kind in the options."
                )
        planned = plan_user(wanted, current, self._groups, self.company, self._kept_groups)
        if self._is_pending and planned.changed:
            self._ctx.warn(
                f"User {options['name']} is waiting for an approval. What differs from the options cannot be written "
                "before: run the task again after the approval."
            )
            return Plan(planned.before, planned.before)
        gone = [label for step in planned.steps if step.action == "leave" for label in self._list_labels(step)]
        check_removals(gone, options["max_removals"], "user groups", "the list")
        return planned

    def _plan_removal(self) -> Plan:
        current, number = self._before, self.user_id
        if current is None or number is None:
            return Plan({}, {})
        check_may_be_deleted(number, current.name)
        self._is_pending = False  # of the account; from here on it means the deletion
        return plan_user_removal(current, self._find_heir(), self.company)

    def _find_current(self) -> User | None:
        company, name = self._options.get("company") or None, self._options["name"]
        found = self._users.find(name, company)
        if found is not None:
            entry, wire = found
            self.user_id, self.company = entry.id, entry.company
            return self._parse(entry.id, {**wire, "name": entry.name})
        self.company, self.user_id = company or self._client.company_name, None
        unlisted = None
        if self._options.get("kind") in (None, "service_account") and self._users.has_service_accounts:
            unlisted = self._users.find_unlisted(name, self._directory.find_company_id(company))
        if unlisted is None:
            return None
        self.user_id, wire = unlisted
        user = self._parse(self.user_id, wire)
        self._is_pending = user.kind != "local"
        return user

    def _parse(self, number: int, wire: t.Mapping[str, t.Any]) -> User:
        """Return a user in canonical form, asking the older call what it is where the newer one does not tell."""
        return dataclasses.replace(parse_user(wire), kind=self._users.find_kind(number, wire))

    def _warn_of_unknown_release(self) -> None:
        if self._options["kind"] == "service_account":
            warn_of_unknown_release(
                self._ctx,
                self._client.release,
                f"Releases before 11.{SERVICE_ACCOUNTS.since} have no service accounts: Commvault refuses the user, "
                "or creates an ordinary one, and then not_confirmed names kind.",
            )

    def _list_labels(self, step: Step) -> list[str]:
        return sorted(label for label, number in self._groups.items() if number in step.data["ids"])

    def _find_heir(self) -> Heir:
        given = self._options.get("new_owner")
        if not given:
            return Heir()
        kind = "user" if given.get("user") is not None else "user_group"
        where = f"new_owner.{kind}"
        reference = parse_reference_option(given[kind], where)
        try:
            found = self._directory.read_catalogue(f"{kind}s").find_reference(reference)
        except (AmbiguousMatch, NotFound) as exc:
            raise ConfigError(f"{where}: {exc}", source=f"option {where}") from exc
        if kind == "user_group":
            return Heir(0, found.id, f"user group {found.name}")
        if found.id == self.user_id:
            raise ConfigError(f"{where}: it is the user that is deleted; give another one.", source=f"option {where}")
        return Heir(found.id, 0, f"user {found.name}")

    def _check_risks(self, planned: Plan, current: User) -> None:
        """Raise GuardRefused for what would take rights from the wrong one, unless that risk is accepted."""
        actions = {step.action: step for step in planned.steps}
        risks = UserRisks(self._ctx, self._client, self._directory, self.user_id or 0, current.name)
        gone = "delete" in actions
        disabled = "update" in actions and actions["update"].data["changes"].get("enabled") is False
        left = actions["leave"].data["ids"] if "leave" in actions else []
        if gone or disabled or left:
            deed = (
                "be deleted"
                if gone
                else "be disabled"
                if disabled
                else f"leave {', '.join(self._list_labels(actions['leave']))}"
            )
            risks.check_own_rights(deed)
            risks.check_break_glass(deed, (self._options.get("break_glass") or {}).get("commvault_users") or ())
            if current.enabled:
                risks.check_last_admin(deed, None if gone or disabled else left)
        if "set_password" in actions:
            risks.check_own_rights("get another password, so later sign-ins with the present one would be refused")

    def _create(self, step: Step) -> None:
        try:
            self.user_id = self._users.create(
                self._options["name"],
                self._options["kind"],
                step.data["fields"],
                step.data["ids"],
                self._options.get("password"),
                self._company_id,
            )
        except NameTaken as exc:
            if not self._is_approval_usual():
                raise ConfigError(
                    f"{exc} This account cannot see the user of this name: it is waiting for an approval, or it "
                    "belongs to another company. Choose another name, or ask somebody who can see it.",
                    source="option name",
                    **exc.facts,
                ) from exc.__cause__
            self._ctx.warn(
                f"Service account {self._options['name']} exists already, but this account cannot see it: it is "
                "waiting for an approval, or it belongs to another company. It was not created again."
            )
            self._refused, self._is_pending = list(self._planned.steps), True
            return
        self._is_pending = self.user_id is None

    def _update(self, step: Step) -> None:
        self._send(
            step, lambda number: self._users.update(number, step.data["changes"], intent=f"update {step.subject}")
        )

    def _set_password(self, step: Step) -> None:
        options = self._options
        validation = options.get("validation_password")
        proof = options["commvault_password"] if validation is None else validation
        name = options["name"]
        self._send(step, lambda number: self._users.set_password(number, name, options["password"], proof))

    def _join(self, step: Step) -> None:
        self._send(step, lambda number: self._users.join(number, step.data["ids"], intent=f"change {step.subject}"))

    def _leave(self, step: Step) -> None:
        self._send(step, lambda number: self._users.leave(number, step.data["ids"], intent=f"change {step.subject}"))

    def _delete(self, step: Step) -> None:
        name = self._options["name"]
        self._send(step, lambda number: self._users.delete(number, name, step.data["heir"]))

    def _send(self, step: Step, write: t.Callable[[int], bool]) -> None:
        """Send a write; a new user that waits for an approval, or is not there before it, gets the rest in the run after that."""
        is_new = self._before is None
        if self.user_id is None or (is_new and self._is_pending):
            self._refused.append(step)
            return
        try:
            self._is_pending = write(self.user_id) or self._is_pending
        except NotFound:
            if not is_new or not self._is_approval_usual():
                raise
            self._refused.append(step)
            self._is_pending = True

    def _is_approval_usual(self) -> bool:
        """Return whether users of this kind are approved by somebody else before they show (documentation of service accounts)."""
        return self._options.get("kind") == "service_account"

    def _describe_approval(self, after: t.Mapping[str, t.Any]) -> bool | None:
        """Return whether the user waits for an approval; None where it is not told: a service account that waits may show as disabled."""
        if self._is_pending:
            return True
        if self._options.get("kind") == "service_account" and not after["enabled"]:
            return None
        is_untold = self._before is None and self._is_approval_usual() and not self._is_confirmed
        return None if is_untold else False

    def _list_written(self, planned: Plan) -> list[str]:
        """Return the fields that the steps write and that the service can show; "state" for a deletion."""
        found: list[str] = []
        for step in planned.steps:
            if step.action == "delete":
                found.append("state")
            elif step.action == "create":
                found += ["state", *step.data["fields"], *(["user_groups"] if step.data["ids"] else [])]
            elif step.action == "update":
                found += step.data["changes"]
            elif step.action in ("join", "leave"):
                found.append("user_groups")
        return list(dict.fromkeys(found))

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" where only the list lags, "state" for what is not there, or still is."""
        applied, number = self.get_applied_plan(), self.user_id or 0
        first = applied.steps[0].action
        wire = self._users.read(number)
        if first == "delete" and wire is not None:
            return ["state"]
        found = []
        if first in ("create", "delete"):
            listed = self._directory.reread_catalogue("users").get_by_id(number) is not None
            found = [] if listed == (first == "create") else ["list"]
        if first == "delete":
            return found
        if wire is None:
            return ["state"]
        shown = parse_user(wire)
        written = [name for name in self._list_written(applied) if name in FIELDS]
        found += [name for name in written if not is_same_value(name, applied.after[name], getattr(shown, name))]
        if first == "create" and shown.kind not in (None, self._options["kind"]):
            found.append("kind")
        return found + ([] if self._are_groups_shown(shown, applied) else ["user_groups"])

    def _are_groups_shown(self, shown: User, applied: Plan) -> bool:
        """Return whether the user is in the groups that it was put into, and in none that it was taken out of; others are not looked at."""
        ids: dict[str, set[int]] = {step.action: set(step.data["ids"]) for step in applied.steps if "ids" in step.data}
        if not ids:
            return True
        held = set(self._group_names.list_ids(shown).values())
        joined = ids.get("join", set()) | ids.get("create", set())
        return joined <= held and held.isdisjoint(ids.get("leave", ()))
