# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of role mappings share: options, strategies of grants, a model that requests are applied to, and a fake CommCell."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
import uuid

from hypothesis import strategies as st
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import Pending, PlannedGrant
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.options import MappingsOptions
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import ChangeGrants, Schedule

COMMCELL_ID = 2
#: The lists of a fake CommCell.
LISTS = (
    "users",
    "user_groups",
    "external_groups",
    "roles",
    "companies",
    "servers",
    "server_groups",
    "plans",
    "storage_pools",
    "workflows",
    "credentials",
    "permissions",
)

_DEFAULTS = MappingsOptions(
    mappings=(),
    document=None,
    commcell=None,
    exclusive="none",
    fail_on_drift=False,
    tell_effects=False,
    create_user_groups=True,
    link_entra_groups=True,
    match_by="azure_guid",
    require_object_id="privileged",
    max_writes=None,
    max_removals=20,
    canary=False,
    managed_groups=(),
    break_glass_users=(),
    break_glass_entra_groups=(),
    check_rights=True,
    parallel_reads=2,
    pending_roles=(),
    pending_entra_groups=(),
    known_entra_groups={},
)

EXISTING = st.builds(Principal, st.sampled_from(["user_group", "user"]), st.integers(1, 5))
PENDING_GROUPS = st.integers(1, 3).map(lambda number: Pending("user_group", f"new {number}", number, 0))
PENDING_ROLES = st.integers(1, 2).map(lambda number: Pending("role", f"role {number}", number))
ENTITIES = st.builds(Entity, st.sampled_from(["plans", "servers", "commcell"]), st.integers(1, 5))
#: Grants that a service may show.
EXISTING_GRANTS = st.builds(PlannedGrant, EXISTING, st.integers(1, 4), ENTITIES)
#: Grants that a mapping may ask for.
DESIRED_GRANTS = st.builds(
    PlannedGrant, st.one_of(EXISTING, PENDING_GROUPS), st.one_of(st.integers(1, 4), PENDING_ROLES), ENTITIES
)
EXISTING_SETS = st.frozensets(EXISTING_GRANTS, max_size=25)
DESIRED_SETS = st.frozensets(DESIRED_GRANTS, max_size=25)


def refuse_connection() -> t.Any:
    """Stand for a client of Graph where no sign-in to it is configured."""
    raise ConfigError("no sign-in to Entra ID is configured")


def make_silent_context(**options: t.Any) -> Context:
    """Return a context for property tests, which need a new one for every example."""
    return Context(options=options, reporter=RecordingReporter())


def make_options(**given: t.Any) -> MappingsOptions:
    """Return the module's defaults with *given* in place of some."""
    return dataclasses.replace(_DEFAULTS, **given)


def apply_schedule(schedule: Schedule, before: t.Collection[PlannedGrant]) -> frozenset[PlannedGrant]:
    """Return what a service holds once the requests were sent in order; each applies its whole product."""
    held = set(before)
    for request in schedule.requests:
        if isinstance(request, ChangeGrants):
            (held.update if request.operation == "add" else held.difference_update)(request.batch.grants)
    return frozenset(held)


class UnansweredBatches:
    """The part of Graph that takes batches: no part of one is answered, so that each list is asked for on its own."""

    ctx: t.Any = Context({}, RecordingReporter())

    def send_batch(self, _urls: t.Any, **_more: t.Any) -> t.Any:
        return None

    def read_object(self, whole: t.Any) -> t.Any:
        return whole or {"responses": []}

    def read_page(self, path: str, *, params: t.Mapping[str, str], **_more: t.Any) -> t.Any:
        """No group has a name like the one asked for."""
        assert path == "/groups" and params["$filter"].startswith("startswith(displayName,")
        return {"value": []}

    def measure_address(self, path: str) -> int:
        return len(path)

    def without_waiting(self) -> t.Any:
        return contextlib.nullcontext()

    def read_token_claims(self) -> t.Any:
        """What an id is of that is not a group's cannot be told."""
        raise ApiError("Cannot read the token")


class FakeCommCell:
    """A CommCell made of catalogues, as far as the resolver looks at one: both its client and its directory.

    Ids count from 1 in the order of the names. ``links``: object ids by the ids of user groups.
    """

    company_name: str | None = None
    company_id = 0
    commcell_id = COMMCELL_ID
    commcell_name = "cs01"

    def __init__(
        self,
        names: t.Mapping[str, t.Sequence[tuple[str, str | None]]],
        links: t.Mapping[int, str] | None = None,
    ) -> None:
        self._catalogues = {
            kind: Catalogue(
                kind.rstrip("s").replace("_", " "),
                [Entry(number + 1, name, company) for number, (name, company) in enumerate(names.get(kind, ()))],
            )
            for kind in LISTS
        }
        self.links = dict(links or {})
        self.read_groups: list[int] = []

    def read_catalogue(self, kind: str) -> Catalogue:
        return self._catalogues[kind]

    def read_user_group(self, group_id: int) -> dict[str, t.Any]:
        self.read_groups.append(group_id)
        return {"azureGUID": self.links.get(group_id, "")}

    #: The real one: it reads the list first.
    read_linked_object_id = Directory.read_linked_object_id

    def find_company_id(self, given: str | int) -> int | None:
        if str(given).lower() in ("commcell", "0", ""):
            return 0
        return self._catalogues["companies"].find(given).id

    def show_links_in_list(self, links: t.Mapping[int, str]) -> None:
        """Let the list of user groups show links, as newer releases do; an empty one is a group that is linked to nothing."""
        groups = self._catalogues["user_groups"]
        groups.replace_entries(
            [dataclasses.replace(entry, raw={"azureGUID": links.get(entry.id, "")}) for entry in groups]
        )

    def link_every_second_group(self) -> None:
        """Link the user groups with odd ids, each to an Entra group of its own."""
        odd = [entry.id for entry in self._catalogues["user_groups"] if entry.id % 2]
        self.links = {number: str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))) for number in odd}
