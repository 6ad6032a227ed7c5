# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One credential of the module commvault_credential: read, planned, created, changed, deleted."""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, ApiError, ConfigError, NotFound, Problems
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals
from ..client import CommvaultClient
from ..confirm import wait_until_shown
from ..directory import Directory
from ..envelope import is_withheld
from ..lookalikes import warn_of_lookalikes
from ..name_checks import check_object_name
from ..pending_groups import PendingGroups
from ..references import ObjectReference, parse_reference
from ..releases import CREDENTIAL_HOLDERS, check_feature
from ..security.grants import Principal
from .calls import Credentials
from .canonical import Credential, Holder, format_credential
from .checks import check_is_shown, check_kind, list_unshown_fields
from .desired import DesiredCredential, check_application, check_is_complete, desired_credential, looks_encoded
from .environments import are_same_endpoints
from .plan import list_removed_holders, plan_credential, plan_credential_removal

#: How the text begins that a credential holds until a rotation writes the first secret.
_PLACEHOLDER = "no-secret-yet-"
_CATALOGUES = {"user": "users", "user_group": "user_groups"}
_COMPARED = ("description", "azure_tenant_id", "azure_application_id", "environment", "owner", "shared_with")


class CredentialResource:
    """One credential of the module commvault_credential."""

    noun = "credential"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._client = ctx, CommvaultClient(ctx)
        self._directory = Directory(self._client)
        self._credentials = Credentials(self._client, self._directory)
        self._options: t.Mapping[str, t.Any] = ctx.options
        self._planned = Plan({}, {})
        self._before: Credential | None = None
        self._after: Credential | None = None
        self._company_id: int | None = None
        self._is_pending = False
        self._creator: Holder | None = None
        self.company: str | None = None
        self.credential_id: int | None = None

    def plan(self) -> Plan:
        """Read the credential and plan what the options ask for.

        Raises ConfigError, Problems, GuardRefused; Forbidden where somebody else owns what would be changed.
        """
        planned = self._plan_removal() if self._options["state"] == "absent" else self._plan_present()
        if planned.changed and self._before is not None:
            self._credentials.check_may_change(self._before)
        removed = [holder.label for holder in list_removed_holders(planned)]
        check_removals(removed, self._options["max_removals"], "users and user groups", "the list")
        self._planned = replace(planned, steps=add_ids(planned.steps, principal=self.credential_id))
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def verify(self) -> list[Finding]:
        """Wait until the service shows what was written, and return the fields that it does not show.

        Where it shows nothing of it, the write waits for an approval or was refused by one. Raises WaitTimeout for rights that may not have
        been taken away.
        """
        if not self._planned.changed:
            return []
        (step,) = self._planned.steps
        if self._is_pending:
            self._ctx.warn(
                f"Commvault accepted the request to {step.action} {step.subject}, but somebody else has to approve "
                "it first. Nothing has changed so far: run the task again after the approval."
            )
            return [{"field": field} for field in self._list_written()]
        must_show = {"state"} if step.action == "delete" else set()
        if list_removed_holders(self._planned):
            must_show.add("shared_with")
        subject = step.subject.partition(":")[0]
        missing = wait_until_shown(self._ctx, self._find_unshown, subject, must_show)
        fields = {finding["field"] for finding in missing}
        if "state" in fields or (fields and fields.issuperset(self._list_written())):
            self._is_pending = True
            self._ctx.warn(
                f"Commvault does not show what was written to {subject}: it is waiting for an approval, or the approval was refused."
            )
        return list(missing)

    def result(self) -> dict[str, t.Any]:
        """Return the credential after the plan, never the secret; empty when it is absent."""
        after, before = self._after, self._before
        if after is None or not self._planned.after:
            return {"pending_approval": True} if self._is_pending else {}
        number = self.credential_id
        return {
            **format_credential(replace(after, owner=after.owner or self._creator)),
            "id": None if number is None else str(number),
            "name": before.name if before else after.name,
            "company": self.company,
            "secret_written": self._planned.after["secret_written"],
            "pending_approval": self._is_pending,
        }

    def _plan_present(self) -> Plan:
        options = self._options
        wanted = desired_credential(options)
        check_application(wanted, self._ctx.check_mode)
        current = self._find_current()
        warn_of_lookalikes(self._ctx, self._directory.read_catalogue("credentials"), options["name"])
        if options.get("secret") and looks_encoded(options["secret"]):
            self._ctx.warn(
                "secret: it looks like a client secret in base64. Give it as Entra ID showed it: the module encodes it itself."
            )
        wanted = self._resolve_holders(wanted)
        if current is None:
            check_is_complete(options, wanted.is_application_pending)
            self._company_id = self._directory.find_company_id(options.get("company"))
            self._check_calls(wanted)
            caller, name = self._client.caller
            self._creator = Holder(Principal("user", caller), name) if caller else None
        else:
            check_kind(current)
            check_is_shown(current, wanted)
            hidden = list_unshown_fields(current, wanted)
            if hidden:
                self._ctx.warn(
                    f"Commvault does not show {', '.join(hidden)} of credential {current.name}: differences are not seen."
                )
        planned = plan_credential(wanted, current, self.company)
        self._after = planned.steps[0].data["after"] if planned.steps else current
        self._warn_of_new_owner(planned)
        if any(step.data.get("void") for step in planned.steps):
            self._ctx.warn(
                f"Credential {wanted.name} gets another application, but not its secret: nobody can sign in with it "
                "until a rotation has written one."
            )
        return planned

    def _plan_removal(self) -> Plan:
        check_object_name("name", self._options["name"])
        current = self._find_current()
        if current is not None:
            check_kind(current)
        return plan_credential_removal(current, self.company)

    def _find_current(self) -> Credential | None:
        company = self._options.get("company") or None
        self._before = self._credentials.find(self._options["name"], company)
        if self._before is None:
            self.company = company or self._client.company_name
            return None
        self.company, self.credential_id = self._before.company, self._before.id
        return self._before

    def _resolve_holders(self, wanted: DesiredCredential) -> DesiredCredential:
        """Return what is wanted with the users and user groups of the options. Raises Problems for names that are not found.

        Raises ConfigError for a reference in ``pending_user_groups`` that is none.
        """
        problems: list[dict[str, str]] = []
        pending = PendingGroups(self._ctx, self._client, self._directory)

        def resolve(value: t.Mapping[str, t.Any], where: str) -> Holder | None:
            kind = "user" if value.get("user") is not None else "user_group"
            try:
                reference: ObjectReference = parse_reference(value.get(kind))
                coming = pending.find(reference) if kind == "user_group" else None
                if coming is not None:
                    number = -coming.number if coming.entry is None else coming.entry.id
                    return Holder(Principal(kind, number), coming.name)
                catalogue = self._directory.read_catalogue(_CATALOGUES[kind])
                found = catalogue.find_reference(reference)
            except (AmbiguousMatch, NotFound) as exc:
                problems.append({"kind": exc.kind, "where": f"{where}.{kind}", "message": str(exc)})
                return None
            except ValueError as exc:
                problems.append({"kind": "config", "where": f"{where}.{kind}", "message": str(exc)})
                return None
            warn_of_lookalikes(self._ctx, catalogue, found.name)
            return Holder(Principal(kind, found.id), found.name)

        owner = resolve(self._options["owner"], "owner") if self._options.get("owner") else None
        given = self._options.get("shared_with")
        shared = (
            None if given is None else [resolve(value, f"shared_with[{index}]") for index, value in enumerate(given)]
        )
        if problems:
            raise Problems(f"Credential {self._options['name']} cannot be planned:", problems)
        return replace(
            wanted,
            owner=owner,
            shared_with=None if shared is None else frozenset(holder for holder in shared if holder is not None),
        )

    def _check_calls(self, wanted: DesiredCredential) -> None:
        """Raise ConfigError for options that the older calls of an early release do not have."""
        for option in ("owner", "shared_with"):
            if getattr(wanted, option) is not None and self._credentials.uses_older_calls:
                check_feature(option, CREDENTIAL_HOLDERS, self._client.release)
                raise ConfigError(
                    f"{option}: this CommServe does not show it (releases before 11.{CREDENTIAL_HOLDERS.since} do "
                    "not), so it cannot be compared; leave it out.",
                    source=f"option {option}",
                )

    def _warn_of_new_owner(self, planned: Plan) -> None:
        after = self._after
        if planned.changed and after is not None and self._credentials.find_owner_fault(after) is not None:
            name = after.owner.label if after.owner else ""
            if self._before is None or self._before.owner != after.owner:
                self._ctx.warn(
                    f"Credential {after.name} will belong to {name}: this task's user cannot change it from then on."
                )

    def _create(self, step: Step) -> None:
        secret = self._options.get("secret")
        if not secret:  # a rotation writes the first one, and Commvault stores no credential without
            secret = f"{_PLACEHOLDER}{secrets.token_hex(16)}"
            self._ctx.secrets.add(secret)
        self.credential_id = self._credentials.create(step.data["after"], secret, self._company_id)
        self._is_pending = self.credential_id is None

    def _update(self, step: Step) -> None:
        before, after = step.data["before"], step.data["after"]
        secret = self._options["secret"] if step.data["secret"] else None
        try:
            self._is_pending = self._credentials.update(before, after, secret)
        except ApiError as exc:
            if not exc.may_have_acted or not self._is_proven_written():
                raise

    def _delete(self, step: Step) -> None:
        self._is_pending = self._credentials.delete(step.data["before"])

    def _is_proven_written(self) -> bool:
        """Return whether the service shows all of an update whose answer was lost; a secret without a mark is never proven."""
        try:
            return self._is_secret_provable() and not self._find_unshown()
        except ApiError:
            return False

    def _is_secret_provable(self) -> bool:
        (step,) = self._planned.steps
        mark = step.data["after"].secret_fingerprint
        return not step.data["secret"] or (
            mark is not None and self._before is not None and mark != self._before.secret_fingerprint
        )

    def _list_written(self) -> list[str]:
        """Return the fields that the step writes and that the service can show."""
        (step,) = self._planned.steps
        before, after = step.data["before"], step.data.get("after")
        if after is None:
            return ["state"]
        old = before or Credential(after.name)
        found = [field for field in _COMPARED if getattr(old, field) != getattr(after, field)]
        if not are_same_endpoints(old.endpoints, after.endpoints):
            found.append("endpoints")
        return found + (["secret"] if old.secret_fingerprint != after.secret_fingerprint else [])

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" where only the list lags, "state" for what is not there, or still is."""
        (step,) = self._planned.steps
        number, after = self.credential_id or 0, step.data.get("after")
        try:
            shown = self._credentials.read(number)
        except ApiError as exc:
            # Whoever hands a credential over may not see it any more.
            if after is None or not is_withheld(exc) or self._credentials.find_owner_fault(after) is None:
                raise
            return []
        if after is None and shown is not None:
            return ["state"]
        found = []
        if step.action != "update":
            listed = self._directory.reread_catalogue("credentials").get_by_id(number) is not None
            found = [] if listed == (after is not None) else ["list"]
        if after is None:
            return found
        if shown is None:
            return ["state"]
        return [field for field in self._list_written() if not _is_field_shown(field, shown, after)] + found


def _is_field_shown(field: str, shown: Credential, after: Credential) -> bool:
    """Return whether a field is shown as it was written; what this release does not show counts as shown."""
    if field == "secret":
        return shown.secret_fingerprint == after.secret_fingerprint
    if field == "endpoints":
        return not shown.endpoints or are_same_endpoints(shown.endpoints, after.endpoints)
    if field == "description":
        return shown.description.rstrip() == after.description.rstrip()
    return getattr(shown, field) in (None, getattr(after, field))
