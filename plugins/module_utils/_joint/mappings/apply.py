# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What writes: the requests of a plan, one at a time, in the order of its steps, and the look at what they came to."""

from __future__ import annotations

import functools
import math
import typing as t

from ..._commvault.confirm import wait_until_shown
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.grants import Grant, Principal
from ..._commvault.user_groups.calls import UserGroups
from ..._core.context import Context
from ..._core.errors import InternalFault, Throttled
from ..._core.plan import Step
from ..._core.polling import Backoff
from ..._core.resource import Action
from .batches import Batch
from .canonical import Pending, PlannedGrant, PrincipalReference, RoleReference
from .plan import ChangeGrants, CreateGroup, LinkGroup, Operation
from .read import Reader

#: How often it is looked whether written grants are shown, and the first of the growing pauses between.
_CONFIRM_LOOKS = 3
_CONFIRM_PAUSE_S = 1.0


class RequestWriter:
    """Carries out the steps of a plan, and knows the ids of the user groups that it has created; *get_role_id*: those of roles."""

    def __init__(
        self,
        security: SecurityAssociations,
        user_groups: UserGroups,
        get_role_id: t.Callable[[RoleReference], int],
    ) -> None:
        self._security, self._user_groups, self._get_role_id = security, user_groups, get_role_id
        self._created: dict[Pending, Principal] = {}
        self._linked: dict[PrincipalReference, str] = {}

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step of :func:`.plan.make_plan`, by its action."""
        writing: dict[Operation, t.Callable[[t.Any], None]] = {
            "create_group": self._create_group,
            "link_group": self._link_group,
            "add": self._add_grants,
            "remove": self._remove_grants,
        }
        return {name: functools.partial(_send, write) for name, write in writing.items()}

    def wait_until_groups_show(
        self, ctx: Context, reader: Reader, show_principal: t.Callable[[PrincipalReference], str]
    ) -> None:
        """Wait until the list shows the user groups that were created, and those that were linked show their links.

        Until then the next run would plan them again. A warning names those that do not show in a minute; *show_principal*: their
        names for people.
        """
        unshown = {*self._created, *self._linked}
        if not unshown:
            return

        def find_unshown() -> list[str]:
            unshown.intersection_update(self._find_unshown_groups(reader, unshown))
            return sorted(map(show_principal, unshown))

        wait_until_shown(ctx, find_unshown, "user groups", ())

    def _find_unshown_groups(
        self, reader: Reader, written: t.Collection[PrincipalReference]
    ) -> set[PrincipalReference]:
        """Return those of the user groups *written* that the list does not show, or that do not show the link that was written."""
        directory = self._user_groups.directory
        groups = directory.reread_catalogue("user_groups")
        numbers = {principal: self._get_existing(principal).id for principal in written}
        unshown = {one for one, number in numbers.items() if one in self._created and groups.get_by_id(number) is None}
        linked = {principal: number for principal, number in numbers.items() if principal in self._linked}
        for number in linked.values():
            directory.forget_user_group(number)
        shown = reader.read_each(directory.read_linked_object_id, linked.values(), "user groups read back")
        return unshown.union(
            principal for principal, found in zip(linked, shown, strict=True) if found != self._linked[principal]
        )

    def find_unconfirmed(
        self, ctx: Context, reader: Reader, added: t.Sequence[PlannedGrant], removed: t.Sequence[PlannedGrant]
    ) -> list[PlannedGrant]:
        """Return the written grants that the service does not show as asked, after a few looks with pauses between."""
        written = {self._get_existing_grant(grant): grant for grant in [*added, *removed]}
        expected = {self._get_existing_grant(grant) for grant in added}
        wrong = set(written)
        backoff = Backoff(ctx, first_s=_CONFIRM_PAUSE_S)
        for look in range(_CONFIRM_LOOKS):
            if not wrong:
                break
            if look:
                backoff.pause(about="waiting until Commvault shows the role mappings as they were written")
            shown = reader.list_shown(wrong)
            wrong = {grant for grant in wrong if (grant in shown) != (grant in expected)}
        return sorted(written[grant] for grant in wrong)

    def _create_group(self, request: CreateGroup) -> None:
        pending = request.principal
        number = self._user_groups.create(pending.name, None, pending.company_id)
        self._created[pending] = Principal("user_group", number)
        self._security.remember_name(self._created[pending], pending.name)

    def _link_group(self, request: LinkGroup) -> None:
        if request.object_id is None:
            raise InternalFault(
                "A user group should be linked to an Entra group that does not exist. Nothing was linked."
            )
        self._user_groups.link(self._get_existing(request.principal).id, request.object_id)
        self._linked[request.principal] = request.object_id

    def _add_grants(self, request: ChangeGrants) -> None:
        self._security.add(request.batch.entities, self._get_existing_pairs(request.batch))

    def _remove_grants(self, request: ChangeGrants) -> None:
        self._security.remove(request.batch.entities, self._get_existing_pairs(request.batch))

    def _get_existing_pairs(self, batch: Batch) -> list[tuple[Principal, int]]:
        return [(self._get_existing(principal), self._get_existing_role(role)) for principal, role in batch.pairs]

    def _get_existing_role(self, role: RoleReference) -> int:
        """Return the id of a role; the name of one that this run has created goes along with it, as those of others do."""
        number = self._get_role_id(role)
        if isinstance(role, Pending):
            self._security.remember_name(number, role.name)
        return number

    def find_id(self, principal: PrincipalReference) -> int | None:
        """Return the id of a principal, None for a user group that was not created yet."""
        found = self._created.get(principal) if isinstance(principal, Pending) else principal
        return found.id if found is not None else None

    def _get_existing_grant(self, grant: PlannedGrant) -> Grant:
        return Grant(self._get_existing(grant.principal), self._get_role_id(grant.role), grant.entity)

    def _get_existing(self, principal: PrincipalReference) -> Principal:
        """Return the principal by id. Raises InternalFault for a user group that was not created."""
        if not isinstance(principal, Pending):
            return principal
        if principal not in self._created:
            raise InternalFault(f"User group {principal.name} is needed before it was created.")
        return self._created[principal]


def _send(write: t.Callable[[t.Any], None], step: Step) -> None:
    """Carry out one step. Raises Throttled that says how much is left and how long that takes, when a quota is used up."""
    try:
        write(step.data["request"])
    except Throttled as exc:
        total = step.data["total"]
        left = total - step.data["position"]
        quota = exc.facts.get("quota")
        runs = f", about {math.ceil(left / quota)} more runs with this quota" if quota else ""
        told = f"{exc} {left} of {total} write requests are left{runs}: run the task again then; it continues where it stopped."
        raise Throttled(told, remaining=left, **exc.facts) from exc
