# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The grants of a CommCell and the rows of ``access``: every grant at the server becomes a row at least. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .commcell_side import CommCellSide, Row
from .holders import Holder, Holders
from .people import NO, UNKNOWN
from .privilege import Privilege, Privileges
from .tables import ACCESS, Cell, make_row_id
from .tables import Row as TableRow
from .words import describe_right

#: How a grant came to be that people make or take away.
MANAGED = "explicit"
_UNKNOWN_KINDS = ("unknown", "type:0")


@dataclass(frozen=True, eq=False)
class Grant:
    """One grant. ``key``: what identifies it, by ids; names are part of it only where the service gives no id."""

    commcell: str
    key: tuple[t.Any, ...]
    columns: t.Mapping[str, Cell]
    is_role_disabled: bool | None = False

    @property
    def principal(self) -> tuple[str, str]:
        """Kind and id of the principal."""
        return str(self.columns["principal_kind"]), str(self.columns["principal_id"])

    @property
    def entity(self) -> tuple[str, str]:
        """Kind and id of the entity."""
        return str(self.columns["entity_kind"]), str(self.columns["entity_id"])

    @property
    def role_id(self) -> str:
        """Id of the role, empty for a grant of single permissions."""
        return str(self.columns["role_id"])

    @property
    def identity(self) -> str:
        """What identifies the grant, as text that stays when names change: ``user_group 16: role 3 on servers 5, explicit``."""
        kind, number, role_id, permissions, entity_kind, entity_id, grant_kind, *names = self.key
        principal, role, entity = (f" {name!r}" if name else "" for name in names)
        what = (
            f"role {_quote(role_id)}{role}" if role_id or role else f"permissions {', '.join(map(repr, permissions))}"
        )
        what = what if role_id or role or permissions else "no role"
        on = f"{_quote(entity_kind)} {_quote(entity_id)}{entity}"
        return f"{_quote(kind)} {_quote(number)}{principal}: {what} on {on}, {_quote(grant_kind)}"

    @property
    def label(self) -> str:
        """The grant in words."""
        return f"{self.holder}: {self.right}"

    @property
    def holder(self) -> str:
        """The name of the principal, else its id."""
        return str(self.columns["principal"] or self.columns["principal_id"] or "somebody without a name")

    @property
    def right(self) -> str:
        """What the grant gives, in words."""
        return describe_right(self.columns)


def _quote(part: str) -> str:
    """Return an id or a kind as it is, in quotes where it is none, so that no two grants have one text."""
    return part if part.replace("_", "").isalnum() else repr(part)


def list_grants(side: CommCellSide, privileges: Privileges) -> list[Grant]:
    """Return the distinct grants of a CommCell, associations and owners, sorted by what identifies them."""
    found: dict[tuple[t.Any, ...], Grant] = {}
    rows = [*(side.document.get("associations") or ()), *(side.document.get("owners") or ())]
    for row in sorted(rows, key=_get_names):
        grant = _build_grant(side, privileges, row)
        found.setdefault(grant.key, grant)
    return [found[key] for key in sorted(found)]


def _get_names(row: Row) -> tuple[str, ...]:
    """Return by what the first of several rows of one grant is chosen."""
    places = [row.get(name) or {} for name in ("principal", "role", "entity")]
    return tuple(str(place.get("name") or "") for place in places)


def _build_grant(side: CommCellSide, privileges: Privileges, row: Row) -> Grant:
    principal, entity, role = row.get("principal") or {}, row.get("entity") or {}, row.get("role") or {}
    kind, number = str(principal.get("kind") or "unknown"), _text(principal.get("id"))
    role_id = _text(role.get("id"))
    permissions = sorted(str(name) for name in row.get("permissions") or ())
    entity_kind, entity_id = str(entity.get("kind") or "unknown"), _text(entity.get("id"))
    grant_kind = str(row.get("grant_kind") or "unknown")
    listed_principal = side.find_principal(kind, number)
    listed_role = side.roles.get(role_id)
    listed_entity = side.entities.get(entity_kind, {}).get(entity_id)
    names = [_text(place.get("name")) for place in (principal, role, entity)]
    key = (
        kind,
        number,
        role_id,
        tuple(permissions),
        entity_kind,
        entity_id,
        grant_kind,
        # A second way to tell apart what the service gives no id of.
        names[0] if kind in _UNKNOWN_KINDS or number in ("", "0") else "",
        names[1] if role and role_id in ("", "0") else "",
        names[2] if entity_kind in _UNKNOWN_KINDS or entity_id in ("", "0") else "",
    )
    judged = privileges.judge_role(role_id) if role else Privilege(False, [])
    single = privileges.judge_permissions(permissions)
    # All entities of a kind are those that the principal's company has.
    company = (
        side.find_company_of_principal(kind, number)
        if entity_id == "all"
        else side.find_company(entity_kind, entity_id)
    )
    columns: dict[str, Cell] = {
        "principal_kind": kind if kind in ("user", "user_group", "external_group") else "unknown",
        "principal_id": number,
        "principal": _text((listed_principal or {}).get("name")) or names[0],
        "role_id": role_id,
        "role": _text((listed_role or {}).get("name")) or names[1],
        "permissions": permissions,
        "privileged": single.is_privileged or judged.is_privileged,
        "privileged_by": sorted({*judged.because, *single.because}),
        "entity_kind": entity_kind,
        "entity_id": entity_id,
        "entity": _text((listed_entity or {}).get("name")) or names[2],
        "company": company,
        "grant_kind": grant_kind,
    }
    enabled = (listed_role or {}).get("enabled", True)
    return Grant(side.name, key, columns, None if enabled is None else not enabled)


def _text(value: t.Any) -> str:
    return "" if value is None else str(value)


def expand_grants(
    grants: t.Iterable[Grant], holders: Holders, evidence: t.Callable[[Grant], t.Mapping[str, Cell]]
) -> t.Iterator[tuple[Grant, Holder, TableRow]]:
    """Yield the rows of ``access`` of these grants, each with its grant and who holds it.

    *evidence*: the columns of a grant that the document of variables tells, from ``in_mapping`` on.
    """
    for grant in grants:
        kind, number = grant.principal
        link = holders.find_link(number) if kind == "user_group" else None
        shared: dict[str, Cell] = {
            "commcell": grant.commcell,
            "entra_group_id": link.object_id if link else "",
            "entra_group": str(link.group.get("displayName") or "") if link and link.group else "",
            **grant.columns,
            **evidence(grant),
        }
        for holder in holders.list_holders(kind, number, str(grant.columns["principal"])):
            effective, expected = (
                _weaken(value, grant.is_role_disabled) for value in (holder.effective, holder.expected)
            )
            own: dict[str, Cell] = {
                "id": make_row_id("access", grant.commcell, *grant.key, *holder.person.key),
                "path": holder.path,
                "effective_now": effective,
                "expected_at_next_login": expected,
            }
            merged = {**own, **holder.person.columns, **shared}
            yield grant, holder, {name: merged[name] for name in ACCESS.columns}


def _weaken(value: str, is_role_disabled: bool | None) -> str:
    """Return what holding a role that may be disabled gives: nothing is published on whether it still gives rights."""
    return UNKNOWN if is_role_disabled and value != NO else value
