# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the document of variables says of each grant: whether it is declared, and who approved it. Pure."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass, field

from ..._commvault.references import parse_id
from ..._commvault.security.grants import ALL_OF_KIND, Entity, Principal
from ..._core.names import matches_any_pattern
from ..._core.values import parse_time
from ..mappings.canonical import Names, Pending, PlannedGrant, Resolved
from ..mappings.options import MappingsOptions
from ..mappings.parse import Problem, make_problem, parse_mappings
from ..mappings.resolve import Resolver
from ..snapshot.pseudonyms import holds_pseudonym
from .commcell_side import CommCellSide
from .entra_side import EntraSide
from .grants import MANAGED, Grant
from .offline import SnapshotDirectory, SnapshotGroups, make_quiet_context
from .tables import Cell
from .words import describe_entity

DECLARED, SURPLUS, UNMANAGED, NOT_MANAGED, NOT_KNOWN = "declared", "surplus", "unmanaged", "not_managed", "unknown"
#: Kinds of principals that are users of Commvault.
OF_PEOPLE = ("user", "service_account")
_WHERE = re.compile(r"mappings\[(\d+)\](?:\.grants\[(\d+)\])?")
_NOTHING: dict[str, Cell] = {
    "business_owner": None,
    "approved_by": None,
    "approved_on": None,
    "ticket": None,
    "reason": None,
    "review_by": None,
    "valid_until": None,
}
_APPROVAL = ("approved_by", "approved_on", "ticket", "reason")


class Missing(t.NamedTuple):
    """A grant that the document wants and the server has not. ``subject``: what identifies it. ``right``: what it gives, in words."""

    subject: str
    holder: str
    right: str
    where: str


@dataclass
class MappingOfCommCell:
    """The mapping of one CommCell. ``is_given``: whether there is a document. ``problems``: entries that could not be resolved."""

    is_given: bool
    managed_groups: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _raw: t.Sequence[t.Any] = ()
    _resolved: Resolved = field(default_factory=Resolved)
    _principals: frozenset[Principal] = frozenset()
    are_people_hidden: bool = False

    def describe(self, grant: Grant) -> dict[str, Cell]:
        """Return the columns of ``access`` that the document tells of a grant, from ``in_mapping`` on."""
        if not self.is_given:
            return {"in_mapping": NOT_KNOWN, **_NOTHING}
        if grant.columns["grant_kind"] != MANAGED or not grant.role_id:
            return {"in_mapping": NOT_MANAGED, **_NOTHING}
        # The document has the names of people, also within those of groups.
        name = str(grant.columns["principal"])
        if self.are_people_hidden and (grant.principal[0] == "user" or holds_pseudonym(name)):
            return {"in_mapping": NOT_KNOWN, **_NOTHING}
        planned = build_planned_grant(grant)
        where = self._resolved.present.get(planned) if planned else None
        if where is not None:
            return {"in_mapping": DECLARED, **self._collect_evidence(where)}
        ended = self._resolved.absent.get(planned) if planned else None
        if planned is not None and planned.principal in self._principals:
            return {"in_mapping": SURPLUS, **(self._collect_evidence(ended) if ended else _NOTHING)}
        return {"in_mapping": UNMANAGED, **_NOTHING}

    def is_managed_group(self, name: str) -> bool:
        """Return whether a user group matches the patterns of the groups that the document manages."""
        return matches_any_pattern(name, self.managed_groups)

    def list_missing(self, grants: t.Iterable[Grant]) -> list[Missing]:
        """Return what is declared and not granted, sorted by its place in the document."""
        held = {build_planned_grant(grant) for grant in grants if grant.columns["grant_kind"] == MANAGED}
        names = self._resolved.names
        found = [
            Missing(_identify(wanted), names.show_principal(wanted.principal), _describe_right(wanted, names), where)
            for wanted, where in self._resolved.present.items()
            if wanted not in held
        ]
        return sorted(found, key=lambda one: (_order(one.where), one.subject))

    def find_entry(self, where: str) -> tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]]:
        """Return the entry and the grant of a place such as ``mappings[3].grants[1]``; an empty one where it names none."""
        found = _WHERE.match(where)
        if found is None:
            return {}, {}
        entry = self._raw[int(found.group(1))]
        listed = entry.get("grants") or []
        return entry, listed[int(found.group(2))] if found.group(2) else {}

    def _collect_evidence(self, where: str) -> dict[str, Cell]:
        """Return owner, approval and dates of a line: what the grant says goes before what its entry says."""
        entry, grant = self.find_entry(where)
        approval = {**_get_mapping(entry, "approval"), **_get_mapping(grant, "approval")}
        return {
            **_NOTHING,
            "business_owner": _text(grant.get("business_owner") or entry.get("business_owner")),
            **{name: _text(approval.get(name)) for name in _APPROVAL},
            "review_by": _text(grant.get("review_by") or entry.get("review_by")),
            "valid_until": _text(grant.get("valid_until")),
        }


def read_mapping(
    document: t.Mapping[str, t.Any] | None, side: CommCellSide, entra: EntraSide, *, are_people_hidden: bool = False
) -> MappingOfCommCell:
    """Return what the document of variables says about one CommCell as it was on the day of its snapshot.

    *are_people_hidden*: entries about users are left out, since the snapshot has pseudonyms in place of their names.
    """
    if document is None or document.get("cvops_role_mappings") is None:
        return MappingOfCommCell(False)
    given = document["cvops_role_mappings"]
    raw = list(given) if isinstance(given, (list, tuple)) else []
    faults = (
        [] if isinstance(given, (list, tuple)) else [make_problem("cvops_role_mappings", "must be a list of entries")]
    )
    faults += [
        make_problem(f"mappings[{index}]", "must be a mapping with principal and grants")
        for index, entry in enumerate(raw)
        if not _is_entry(entry)
    ]
    # What is no entry keeps its place, so that the others keep their numbers; nothing is asked of it.
    usable = [entry if _is_entry(entry) else {"principal": {"user": "-"}, "commcells": [""]} for entry in raw]
    entries, problems = parse_mappings(usable, side.name, _parse_day(side.date))
    if are_people_hidden:
        entries = [entry for entry in entries if entry.kind not in OF_PEOPLE]
    options = _make_options(document)
    directory = t.cast(t.Any, SnapshotDirectory(side))
    groups = t.cast(t.Any, SnapshotGroups(entra, options.match_by))
    resolved = Resolver(make_quiet_context(), options, directory, directory, groups).resolve_entries(entries)
    principals = frozenset(one for one in resolved.principals if not isinstance(one, Pending))
    problems = sorted(
        [*faults, *problems, *resolved.problems], key=lambda one: (_order(str(one["where"])), str(one["message"]))
    )
    return MappingOfCommCell(
        True, list(options.managed_groups), problems, usable, resolved, principals, are_people_hidden
    )


def _is_entry(entry: t.Any) -> bool:
    if not isinstance(entry, t.Mapping) or not isinstance(entry.get("principal"), t.Mapping):
        return False
    grants, cells = entry.get("grants"), entry.get("commcells")
    return (grants is None or isinstance(grants, (list, tuple))) and (cells is None or isinstance(cells, (list, tuple)))


def _make_options(document: t.Mapping[str, t.Any]) -> MappingsOptions:
    """Return the options of the mapping as the role takes them from the document."""

    def get(name: str, default: t.Any) -> t.Any:
        return document.get(f"role_mappings_{name}") or document.get(name) or default

    managed = get("managed_groups", [])
    return MappingsOptions(
        mappings=(),
        document=None,
        commcell=None,
        exclusive="none",
        fail_on_drift=False,
        tell_effects=False,
        create_user_groups=True,
        link_entra_groups=True,
        match_by=str(get("match_by", "azure_guid")),
        require_object_id="none",
        max_writes=None,
        max_removals=0,
        canary=False,
        managed_groups=tuple(str(item) for item in managed) if isinstance(managed, (list, tuple)) else (),
        break_glass_users=(),
        break_glass_entra_groups=(),
        check_rights=False,
        parallel_reads=1,
        pending_roles=(),
        pending_entra_groups=(),
        known_entra_groups={},
    )


def build_planned_grant(grant: Grant) -> PlannedGrant | None:
    """Return a grant in the form of role mappings; None for one with ids that are no numbers."""
    kind, number = grant.principal
    entity_kind, entity_id = grant.entity
    ids = [parse_id(value) for value in (number, grant.role_id)]
    entity = ALL_OF_KIND if entity_id == "all" else parse_id(entity_id)
    if ids[0] is None or ids[1] is None or entity is None:
        return None
    return PlannedGrant(Principal(kind, ids[0]), ids[1], Entity(entity_kind, entity))


def _describe_right(wanted: PlannedGrant, names: Names) -> str:
    entity = wanted.entity
    number = "all" if entity.id == ALL_OF_KIND else entity.id
    return f"{names.show_role(wanted.role)} on {describe_entity(entity.kind, number, names.show_entity(entity))}"


def _identify(wanted: PlannedGrant) -> str:
    parts = [wanted.principal, wanted.role]
    told = [part.name if isinstance(part, Pending) else str(part) for part in parts]
    if isinstance(wanted.principal, Principal):
        told[0] = f"{wanted.principal.kind} {wanted.principal.id}"
    return ", ".join((*told, f"{wanted.entity.kind} {wanted.entity.id}"))


def _order(where: str) -> tuple[int, int, str]:
    found = _WHERE.match(where)
    return (int(found.group(1)), int(found.group(2) or -1), where) if found else (-1, -1, where)


def _parse_day(text: str) -> datetime.date:
    try:
        return parse_time(text).date()
    except ValueError:
        return datetime.date.min


def _get_mapping(holder: t.Mapping[str, t.Any], name: str) -> t.Mapping[str, t.Any]:
    value = holder.get(name)
    return value if isinstance(value, t.Mapping) else {}


def _text(value: t.Any) -> str | None:
    return None if value is None or value == "" else str(value)
