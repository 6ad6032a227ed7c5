# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""From the names of a mapping to ids, with every finding collected instead of raised."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.catalogue import COMMCELL_LEVEL, Catalogue, Entry
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.lookalikes import warn_of_lookalikes
from ..._commvault.references import ObjectReference, parse_reference
from ..._commvault.security.grants import ALL_OF_KIND, ENTITY_TYPES, Entity, Grant, Principal
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, NotFound
from ..._core.names import describe_suspicious_name, fold_case
from ..._core.parallel import map_in_parallel
from .entra_groups import EntraGroup, EntraGroups
from .names import list_of
from .parse import MappingEntry, Problem, Target, WantedGrant

_CATALOGUES = {
    "user_group": "user_groups",
    "directory_group": "external_groups",
    "user": "users",
    "service_account": "users",
}
_KINDS = {"user_group": "user_group", "directory_group": "external_group", "user": "user", "service_account": "user"}
#: Permissions with which a holder can give itself or others any right (administrative, user, domain and security management).
PRIVILEGED_PERMISSIONS = frozenset((1, 101, 102, 103, 107))
MASTER_ROLE = 1


@dataclass
class Holder:
    """A principal of the mapping.

    ``anchor``: object id of its Entra group, None while unknown or none; ``entra_name``: that group's display name where known.
    ``company`` is for people; ``company_id`` is where a group that is missing is created, 0 for the CommCell.
    """

    principal: Principal
    name: str
    entra: bool = False
    anchor: str | None = None
    company: str | None = None
    relink: bool = False
    exists: bool = True
    where: str = ""
    entra_name: str | None = None
    company_id: int | None = None

    @property
    def label(self) -> str:
        """For people: a name in a company says so."""
        return f"{self.name} (company {self.company})" if self.company else self.name


@dataclass
class Resolved:
    """The mapping in ids. New things have negative ids until they are made."""

    present: dict[Grant, str] = field(default_factory=dict)
    absent: dict[Grant, str] = field(default_factory=dict)
    holders: dict[Principal, Holder] = field(default_factory=dict)
    role_names: dict[int, str] = field(default_factory=dict)
    entity_names: dict[Entity, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Level(t.NamedTuple):
    """A company: its id, 0 for the CommCell, and its name for people."""

    company_id: int
    company: str | None


class Resolver:
    """Looks names up, each kind of object listed once."""

    def __init__(self, ctx: Context, client: CommvaultClient, directory: Directory, groups: EntraGroups) -> None:
        self._ctx, self._client, self._directory, self._groups = ctx, client, directory, groups
        self._pending = [parse_reference(item) for item in ctx.options["pending_roles"]]
        self._pending_roles: dict[tuple[str, str | int], int] | None = None
        self._new_groups = 0
        self.found = Resolved()

    def resolve(self, entries: t.Sequence[MappingEntry]) -> Resolved:
        """All entries; what cannot be resolved is in ``problems``."""
        self._groups.look_up([entry for entry in entries if entry.kind == "entra_group"], self.found.problems)
        for entry in sorted(entries, key=lambda item: (item.kind, str(item.principal), item.where)):
            holder = self._holder(entry)
            for grant in entry.grants:
                self._grant(holder, grant)
        contradicting = sorted(set(self.found.present) & set(self.found.absent))
        for both in contradicting:
            other = self.found.absent[both]
            self._problem(
                self.found.present[both], f"contradicts {other}, which wants the same grant absent: {self.label(both)}"
            )
        self._warn_of_doubtful()
        return self.found

    def label(self, grant: Grant) -> str:
        """A grant in words, with its holder."""
        return f"{self.holder_name(grant)}: {self.what(grant)}"

    def holder_name(self, grant: Grant) -> str:
        """The holder of a grant."""
        holder = self.found.holders.get(grant.principal)
        return holder.label if holder else str(grant.principal.id)

    def what(self, grant: Grant) -> str:
        """Role and entity of a grant in words."""
        role = self.found.role_names.get(grant.role_id, grant.role_id)
        entity = self.found.entity_names.get(grant.entity, grant.entity.id)
        return f"{role} on {grant.entity.kind} {entity}"

    def _problem(self, where: str, message: str, kind: str = "config", **facts: t.Any) -> None:
        self.found.problems.append({"kind": kind, "where": where, "message": message, **facts})

    def _warn_of_doubtful(self) -> None:
        """Names that get a right here and that can be taken for others, each once: principals, their Entra groups, and roles."""
        granted = {grant.principal for grant in self.found.present}
        for kind, catalogue in (
            ("user", "users"),
            ("user_group", "user_groups"),
            ("external_group", "external_groups"),
        ):
            names = sorted(self.found.holders[item].name for item in granted if item.kind == kind)
            if names:
                warn_of_lookalikes(self._ctx, self._directory.read_catalogue(catalogue), *names)
        for principal in sorted(granted):
            entra_name = self.found.holders[principal].entra_name
            doubt = describe_suspicious_name("Entra group", entra_name) if entra_name else None
            if doubt:
                self._ctx.warn(doubt)
        roles = sorted({self.found.role_names[grant.role_id] for grant in self.found.present})
        if roles:
            warn_of_lookalikes(self._ctx, self._directory.read_catalogue("roles"), *roles)

    def _holder(self, entry: MappingEntry) -> Holder | None:
        holder = self._entra_holder(entry) if entry.kind == "entra_group" else self._local_holder(entry)
        if holder is None:
            return None
        known = self.found.holders.get(holder.principal)
        if known is not None and known.anchor != holder.anchor:
            self._problem(
                entry.where, f"names the Commvault group {holder.name} for another Entra group than {known.where} does"
            )
        known = self.found.holders.setdefault(holder.principal, holder)
        known.relink = known.relink or entry.relink
        return known

    def _local_holder(self, entry: MappingEntry) -> Holder | None:
        where = f"{entry.where}.principal.{entry.kind}"
        found = self._find(_CATALOGUES[entry.kind], entry.principal, where)
        return (
            Holder(Principal(_KINDS[entry.kind], found.id), found.name, company=found.company, where=entry.where)
            if found
            else None
        )

    def _entra_holder(self, entry: MappingEntry) -> Holder | None:
        group = self._groups.of(entry)
        if group is None:
            return None
        name = entry.user_group.name if entry.user_group and entry.user_group.name else group.expected_name
        by_id = entry.user_group.id if entry.user_group else None
        if name is None and by_id is None:
            self._problem(
                entry.where,
                f"match_by {self._ctx.options['match_by']} gives no name for the Commvault group; give user_group",
            )
            return None
        given = entry.user_group.company if entry.user_group else None
        where = f"{entry.where}.user_group"
        try:
            found = self._user_group(entry.user_group, str(name), group)
            company = self._known_company(given) if found is None else None
        except (AmbiguousMatch, NotFound) as exc:
            self._problem(where, str(exc), exc.kind)
            return None
        if found is not None:
            return Holder(
                Principal("user_group", found.id),
                found.name,
                True,
                group.object_id,
                found.company,
                entry.relink,
                where=entry.where,
                entra_name=group.display_name,
            )
        return self._new_holder(entry, str(name), company or _Level(0, None), group)

    def _known_company(self, given: str | int | None) -> _Level:
        """Where a missing object would be created. Raises NotFound, AmbiguousMatch."""
        if given is None:
            return _Level(self._client.company_id, self._client.company_name)
        number = self._directory.find_company_id(given) or 0
        if not number:
            return _Level(0, COMMCELL_LEVEL if self._client.company_id else None)
        found = self._directory.read_catalogue("companies").get_by_id(number)
        return _Level(number, found.name if found else str(given))

    def _user_group(self, given: ObjectReference | None, name: str, group: EntraGroup) -> Entry | None:
        """By id if one is given. By name; else by anchor, because a group that was renamed on either side is still the same group.

        Groups of other companies are not looked at: whoever administers a company links its groups as they like.
        """
        catalogue = self._directory.read_catalogue("user_groups")
        if given is not None and given.id is not None:
            return catalogue.find_reference(given)
        company = given.company if given is not None else None
        found = catalogue.get(name, company)
        if found is not None or group.object_id is None:
            return found
        for candidate in catalogue.filter_by_level(catalogue, company):
            if candidate.id in self._candidates_by_anchor() and self.anchor_of(candidate.id) == group.object_id:
                self._ctx.warn(
                    f"Commvault group {candidate.name} is linked to the Entra group of {name}; it is used although the names differ"
                )
                return candidate
        return None

    def _candidates_by_anchor(self) -> t.Collection[int]:
        """Groups that no other entry claims by name: only these need to be read to find a renamed one."""
        if not hasattr(self, "_unclaimed"):
            claimed = {fold_case(name) for name in self._groups.expected_names()}
            groups = self._directory.read_catalogue("user_groups")
            self._unclaimed = {entry.id for entry in groups if fold_case(entry.name) not in claimed}
            map_in_parallel(
                self.anchor_of,
                sorted(self._unclaimed),
                max(1, self._ctx.options["parallel_reads"]),
                self._ctx.cancellation,
            )
        return self._unclaimed

    def anchor_of(self, group_id: int) -> str | None:
        """Object id that the Commvault group is linked to, lower case; None when it is linked to none."""
        entry = self._directory.read_catalogue("user_groups").get_by_id(group_id)
        if entry is not None and "azureGUID" in entry.raw:
            return entry.azure_guid
        details = self._directory.read_user_group(group_id) or {}
        return str(details["azureGUID"]).lower() if details.get("azureGUID") else None

    def _new_holder(self, entry: MappingEntry, name: str, level: _Level, group: EntraGroup) -> Holder | None:
        key = (fold_case(name), level.company_id)
        pending = (one for one in self.found.holders.values() if not one.exists)
        known = next((one for one in pending if (fold_case(one.name), one.company_id) == key), None)
        if known is None:
            if not self._may_be_created(entry, name):
                return None
            self._new_groups += 1
        return Holder(
            known.principal if known else Principal("user_group", -self._new_groups),
            known.name if known else name,
            True,
            group.object_id,
            level.company,
            entry.relink,
            False,
            entry.where,
            group.display_name,
            level.company_id,
        )

    def _may_be_created(self, entry: MappingEntry, name: str) -> bool:
        """Whether the entry asks for a group that is not there; a problem is noted where that is switched off."""
        if not entry.present or not any(grant.present for grant in entry.grants):
            return False
        if not self._ctx.options["create_user_groups"]:
            catalogue = self._directory.read_catalogue("user_groups")
            self._problem(
                f"{entry.where}.user_group",
                f"{catalogue.build_not_found(name, entry.user_group.company if entry.user_group else None)} create_user_groups is off.",
                "not_found",
            )
            return False
        return True

    def _grant(self, holder: Holder | None, grant: WantedGrant) -> None:
        """Roles and entities are looked up even without a holder, so that all findings are reported at once."""
        role_id = self._role(grant)
        for target in grant.targets:
            for entity in self._entities(target):
                if holder is None or role_id is None:
                    continue
                wanted = Grant(holder.principal, role_id, entity)
                listed = self.found.present if grant.present else self.found.absent
                if wanted in listed:
                    self._ctx.warn(f"{grant.where} repeats {listed[wanted]}: {self.label(wanted)}")
                listed.setdefault(wanted, grant.where)

    def _role(self, grant: WantedGrant) -> int | None:
        try:
            found = self._directory.read_catalogue("roles").find_reference(grant.role)
        except (NotFound, AmbiguousMatch) as exc:
            pending = self._pending_role(grant.role) if isinstance(exc, NotFound) else None
            if pending is not None:
                self.found.role_names[pending] = str(grant.role)
                return pending
            self._problem(f"{grant.where}.role", str(exc), exc.kind)
            return None
        self.found.role_names[found.id] = found.name
        return found.id

    def _pending_role(self, role: ObjectReference) -> int | None:
        """The id that stands for a role which an earlier task would create, in the same company."""
        if self._pending_roles is None:
            self._pending_roles = {}
            for item in sorted(self._pending, key=str):
                if item.name is not None:
                    self._pending_roles.setdefault(self._role_key(item), -(len(self._pending_roles) + 1))
        return self._pending_roles.get(self._role_key(role)) if self._pending and role.id is None else None

    def _role_key(self, role: ObjectReference) -> tuple[str, str | int]:
        try:
            company: str | int = self._known_company(role.company).company_id
        except (AmbiguousMatch, NotFound):
            company = fold_case(str(role.company))
        return fold_case(str(role.name)), company

    def _entities(self, target: Target) -> list[Entity]:
        if target.kind == "commcell":
            entity = Entity("commcell", self._client.commcell_id)
            self.found.entity_names[entity] = self._client.commcell_name or "commcell"
            return [entity]
        if target.kind == "company" and target.reference is None:
            return self._own_company(target)
        if target.every:
            entity = Entity(target.kind, ALL_OF_KIND)
            self.found.entity_names[entity] = "all"
            return [entity]
        if target.kind not in ENTITY_TYPES:
            number = target.reference.id if target.reference and target.reference.id is not None else 0
            self.found.entity_names[Entity(target.kind, number)] = str(number)
            return [Entity(target.kind, number)]
        entries = (
            self._matching(target)
            if target.pattern
            else [self._find(list_of(target.kind), t.cast(ObjectReference, target.reference), target.where)]
        )
        entities = []
        for entry in entries:
            if entry is not None:
                entities.append(Entity(target.kind, entry.id))
                self.found.entity_names[entities[-1]] = entry.name
        return entities

    def _own_company(self, target: Target) -> list[Entity]:
        if not self._client.company_id:
            self._problem(target.where, "company without a name means the one of commvault_company, which is not set")
            return []
        entity = Entity("company", self._client.company_id)
        self.found.entity_names[entity] = str(self._client.company_name)
        return [entity]

    def _matching(self, target: Target) -> list[Entry | None]:
        catalogue = self._directory.read_catalogue(list_of(target.kind))
        entries = catalogue.find_matching(str(target.pattern), target.company)
        if len(entries) > target.at_most:
            self._problem(
                target.where,
                f"the pattern {target.pattern!r} matches {len(entries)} {target.kind}, more than at_most {target.at_most}",
            )
            return []
        if not entries:
            self._none_matches(target, catalogue)
        return list(entries)

    def _none_matches(self, target: Target, catalogue: Catalogue) -> None:
        """A pattern that matches nothing is odd; one that matches something of another company may be meant for it."""
        others = catalogue.find_matching_elsewhere(str(target.pattern), target.company)
        told = f"the pattern {target.pattern!r} matches no {target.kind}"
        if not others:
            self._ctx.warn(f"{target.where}: {told}")
            return
        companies = sorted({entry.company or COMMCELL_LEVEL for entry in others})
        self._problem(
            target.where,
            f"{told} {catalogue.own_level}, but {others[0].label}{' and others' if len(others) > 1 else ''}."
            f" A pattern is for one company; if that of {' or '.join(companies[:3])} is meant, add company to it.",
            "not_found",
        )

    def _find(self, kind: str, reference: ObjectReference, where: str) -> Entry | None:
        try:
            return self._directory.read_catalogue(kind).find_reference(reference)
        except (NotFound, AmbiguousMatch) as exc:
            self._problem(where, str(exc), exc.kind)
            return None
