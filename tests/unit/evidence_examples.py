# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of a snapshot for tests of evidence: small ones by hand, one of any size, and strategies of generated ones.

``make_commcell(users=[make_user(1, "jvega")], ...)`` and ``make_entra(...)`` fill in all that a test does not care about; all sources are
complete unless ``incomplete`` names them.
"""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview.document import (
    FORMAT as COMMCELL_FORMAT,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.document import FORMAT as ENTRA_FORMAT
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.build import build_tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Inputs, Row, Tables

Wire = dict[str, t.Any]
ENDED = "2026-11-27T10:00:00Z"
TENANT = "99999999-0000-4000-8000-000000000000"
KINDS = ("servers", "server_groups", "plans", "storage_pools", "workflows", "credentials")
_CELL_LISTS = (
    "companies",
    "permissions",
    "roles",
    "users",
    "user_groups",
    "external_groups",
    "associations",
    "owners",
    "access_tokens",
    "credentials",
    "identity_providers",
)
_ENTRA_LISTS = (
    "users",
    "groups",
    "applications",
    "service_principals",
    "directory_roles",
    "named_locations",
    "conditional_access_policies",
    "deleted_users",
    "deleted_groups",
    "others",
)
PERMISSIONS = [
    {"id": "1", "name": "Administrative Management", "category": "Global"},
    {"id": "13", "name": "Browse", "category": "Restore"},
    {"id": "31", "name": "View", "category": "Global"},
    {"id": "107", "name": "Change security settings", "category": "User Management"},
    {"id": "2", "name": "Agent Management", "category": "Client"},
    {"id": "300", "name": "Approve Restore", "category": "Workflow"},
    {"id": "301", "name": "Audit", "category": "Compliance"},
]
MASTER, VIEW, APPROVER, AUDITOR, ADMIN = "1", "2", "3", "4", "5"


def make_roles() -> list[Wire]:
    """Return the roles MASTER, VIEW, APPROVER, AUDITOR and ADMIN."""
    held = {
        MASTER: ("Master", []),
        VIEW: ("View", ["View"]),
        APPROVER: ("Restore Approver", ["Approve Restore", "View"]),
        AUDITOR: ("Access Auditor", ["Audit", "View"]),
        ADMIN: ("Backup Administrator", ["Agent Management", "Change security settings"]),
    }
    return [
        {
            "id": key,
            "name": name,
            "company": None,
            "enabled": True,
            "description": "",
            "permissions": permissions,
            "visible_to_all": False,
        }
        for key, (name, permissions) in held.items()
    ]


def make_id(number: int, kind: int = 1) -> str:
    """Return an object id."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def make_provenance(lists: t.Mapping[str, int], incomplete: t.Mapping[str, t.Any] | None = None) -> Wire:
    """Return where a document comes from. *incomplete*: why a source is not complete, by its name."""
    gaps = incomplete or {}
    return {
        "collection_version": "0.1.0",
        "started": "2026-11-27T09:59:00Z",
        "ended": ENDED,
        "requests": 10,
        "collector": {"kind": "commvault_user", "id": "9", "name": "reader", "rights": ["View"]},
        "sources": [
            {
                "name": name,
                "count": count,
                "complete": name not in gaps,
                "why": str(gaps.get(name, "")),
                "read_at": ENDED,
            }
            for name, count in lists.items()
        ],
    }


def make_user(number: int | str, name: str, **more: t.Any) -> Wire:
    """Return a Commvault user that signs in with Entra ID, by its name; ``local=True``: with a password of Commvault's own."""
    is_local = more.pop("local", False)
    return {
        "id": str(number),
        "name": name,
        "company": None,
        "enabled": True,
        "kind": "local",
        "full_name": "",
        "email": "",
        "user_principal_name": "" if is_local else name,
        "description": "",
        "signs_in_with": "commvault_password" if is_local else "identity_provider",
        "identity_provider": None if is_local else "corp.example",
        "local_password": True if is_local else None,
        "two_factor": None,
        "locked": False,
        "last_sign_in": None,
        "groups": [],
        **more,
    }


def make_group(number: int | str, name: str, members: t.Sequence[t.Any] = (), link: str = "", **more: t.Any) -> Wire:
    """Return a user group of Commvault. *link*: object id of the Entra group."""
    return {
        "id": str(number),
        "name": name,
        "company": None,
        "enabled": True,
        "description": "",
        "entra_group_id": link,
        "members": [str(one) for one in members],
        **more,
    }


def make_grant(
    principal: tuple[str, t.Any], role: str | None = VIEW, entity: tuple[str, t.Any] = ("commcell", 2), **more: t.Any
) -> Wire:
    """Return an association: ``make_grant(("user_group", 5), VIEW, ("plans", 1), name="ops")``."""
    names = {row["id"]: row["name"] for row in make_roles()}
    return {
        "principal": {"kind": principal[0], "id": str(principal[1]), "name": more.pop("name", "")},
        "role": None if role is None else {"id": role, "name": names.get(role, f"role {role}")},
        "permissions": more.pop("permissions", []),
        "entity": {"kind": entity[0], "id": str(entity[1]), "name": more.pop("entity_name", "")},
        "grant_kind": more.pop("grant_kind", "explicit" if role else "permissions"),
    }


def make_commcell(name: str = "cs01", incomplete: t.Mapping[str, t.Any] | None = None, **given: t.Any) -> t.Any:
    """Return the document of a CommCell with the id 2."""
    lists: Wire = {key: [] for key in _CELL_LISTS} | {"permissions": list(PERMISSIONS), "roles": make_roles()} | given
    lists["entities"] = {kind: [] for kind in KINDS} | lists.get("entities", {})
    counts = {key: len(lists[key]) for key in _CELL_LISTS} | {
        f"entities.{kind}": len(rows) for kind, rows in lists["entities"].items()
    }
    return {
        "format": COMMCELL_FORMAT,
        "provenance": make_provenance(counts, incomplete),
        "name": name,
        "commcell": {"id": "2", "name": name, "release": 44, "company": None},
        "two_factor": {"mode": "off", "user_groups": []},
        **lists,
    }


def make_entity(number: int | str, name: str, company: str | None = None) -> Wire:
    """Return a row of ``entities``."""
    return {"id": str(number), "name": name, "company": company}


def make_entra_user(number: int, name: str, **more: t.Any) -> Wire:
    """Return a user of Entra ID; *name* is the user principal name."""
    return {
        "id": make_id(number),
        "displayName": name.partition("@")[0],
        "userPrincipalName": name,
        "mail": name,
        "accountEnabled": True,
        "userType": "Member",
        "onPremisesSyncEnabled": None,
        "createdDateTime": "2020-01-01T00:00:00Z",
        "groupCounts": make_counts(3),
        **more,
    }


def make_counts(security: int, microsoft365: int = 0, distribution: int = 0) -> Wire:
    """Return in how many groups of each kind somebody is."""
    return {"security": security, "microsoft365": microsoft365, "distribution": distribution}


def make_entra_group(number: int, name: str, members: t.Sequence[str] = (), **more: t.Any) -> Wire:
    """Return a group of Entra ID; *members*: object ids."""
    return {"id": make_id(number, 2), "displayName": name, "members": sorted(members), "owners": [], **more}


def make_entra(incomplete: t.Mapping[str, t.Any] | None = None, **given: t.Any) -> t.Any:
    """Return the document of a tenant."""
    lists: Wire = {key: [] for key in _ENTRA_LISTS} | given
    counts = {key: len(lists[key]) for key in _ENTRA_LISTS} | {"group_counts": len(lists["users"])}
    return {
        "format": ENTRA_FORMAT,
        "provenance": make_provenance(counts, incomplete),
        "tenant": {"id": TENANT, "displayName": "Corp", "domain": "corp.example"},
        "policy_report": {},
        **lists,
    }


def build(*commcells: t.Any, entra: t.Any = None, **more: t.Any) -> Tables:
    """Return the tables of documents."""
    return build_tables(Inputs(commcells=commcells, entra=entra, **more))


def find_rows(tables: Tables, table: str, **cells: t.Any) -> list[Row]:
    """Return the rows of a table that have these cells."""
    return [row for row in tables.rows[table] if all(row[name] == value for name, value in cells.items())]


#: Names that a service may hold: formulas of spreadsheets, markup, escapes, long ones, and what only looks equal.
NAMES = st.one_of(
    st.sampled_from(
        [
            '=HYPERLINK("http://x")',
            "</script><b>",
            "\x1b[31mred",
            "ops",
            "OPS",
            "орs",
            "a" * 256,
            "@cmd",
            "-1",
            "\u202etxt",
        ]
    ),
    st.text(min_size=1, max_size=12),
)
_PRINCIPALS = st.tuples(st.sampled_from(["user", "user_group", "external_group", "unknown"]), st.integers(0, 6))
_ENTITIES = st.tuples(
    st.sampled_from(["commcell", "company", "plans", "servers", "type:64"]),
    st.one_of(st.integers(0, 3), st.just("all")),
)
GRANTS = st.builds(
    lambda principal, role, entity, kind, permissions, names: make_grant(
        principal,
        role,
        entity,
        grant_kind=kind,
        permissions=permissions,
        name=names[0],
        entity_name=names[1],
    ),
    _PRINCIPALS,
    st.sampled_from([MASTER, VIEW, ADMIN, APPROVER, "77", None]),
    _ENTITIES,
    st.sampled_from(["explicit", "inherited", "owner", "creator", "permissions", "unknown"]),
    st.lists(st.sampled_from(["View", "Browse", "Change security settings"]), max_size=2),
    st.tuples(NAMES, NAMES),
)


@st.composite
def generate_site(draw: st.DrawFn) -> tuple[t.Any, t.Any]:
    """Return the documents of a small CommCell and of its tenant, with links, nesting, loops and people who are on one side only."""
    names = [f"p{number}@corp.example" for number in range(6)]
    people = [
        make_entra_user(
            number,
            name,
            displayName=draw(NAMES),
            accountEnabled=draw(st.sampled_from([True, True, False, None])),
            userType=draw(st.sampled_from(["Member", "Guest"])),
        )
        for number, name in enumerate(names)
        if draw(st.booleans())
    ]
    nodes = [make_id(number) for number in range(7)] + [make_id(number, 2) for number in range(4)]
    members = st.lists(st.sampled_from(nodes), max_size=5, unique=True)
    entra_groups = [make_entra_group(number, draw(NAMES), draw(members)) for number in range(4)]
    users = [
        make_user(
            number,
            draw(st.sampled_from(names)),
            enabled=draw(st.sampled_from([True, True, False, None])),
            local=draw(st.booleans()),
            full_name=draw(NAMES),
        )
        for number in range(1, 6)
    ]
    groups = [
        make_group(
            number,
            draw(NAMES),
            draw(st.lists(st.integers(1, 7), max_size=4, unique=True)),
            draw(st.sampled_from(["", *(make_id(one, 2) for one in range(6))])),
            enabled=draw(st.sampled_from([True, True, False])),
        )
        for number in range(1, 5)
    ]
    rows = draw(st.lists(GRANTS, max_size=12))
    cut = draw(st.integers(0, len(rows)))
    incomplete = draw(
        st.dictionaries(st.sampled_from(["users", "user_groups", "roles"]), st.just("no right"), max_size=2)
    )
    tokens = [
        {
            "id": str(number),
            "name": draw(NAMES),
            "owner": {"kind": "user", "id": str(number), "name": "x"},
            "expires": None,
        }
        for number in range(1, draw(st.integers(1, 4)))
    ]
    programs = [_make_program(number, draw(NAMES)) for number in range(draw(st.integers(0, 3)))]
    gone = [
        make_entra_user(number, names[number])
        for number in range(6)
        if all(one["id"] != make_id(number) for one in people)
    ]
    cell = make_commcell(
        incomplete=incomplete,
        access_tokens=tokens,
        credentials=[{"id": "1", "name": "entra", "azure_application_id": make_id(1, 4)}],
        users=users,
        user_groups=groups,
        external_groups=[make_entity(1, "CORP\\ops") | {"enabled": True}],
        entities={"plans": [make_entity(1, "gold")], "servers": [make_entity(1, "s1", "acme")]},
        companies=[make_entity(1, "acme")],
        associations=rows[:cut],
        owners=rows[cut:],
    )
    entra = make_entra(
        users=people,
        groups=entra_groups,
        deleted_users=gone[: draw(st.integers(0, 2))],
        applications=[application for application, _principal in programs],
        service_principals=[principal for _application, principal in programs],
    )
    return cell, entra


def _make_program(number: int, name: str) -> tuple[Wire, Wire]:
    """Return an application with two secrets and its service principal."""
    app_id = make_id(number, 4)
    secrets = [
        {"keyId": make_id(10 * number + one, 7), "displayName": name, "endDateTime": f"2026-1{one}-01T00:00:00Z"}
        for one in range(2)
    ]
    application = {
        "id": make_id(number, 3),
        "appId": app_id,
        "displayName": name,
        "owners": [make_id(number)],
        "passwordCredentials": secrets,
    }
    held = {"id": "a", "resourceId": make_id(9, 5), "appRoleId": make_id(1, 6)}
    principal = {"id": make_id(number, 5), "appId": app_id, "displayName": name, "appRoleAssignments": [held]}
    return application, principal


def make_large_site(groups: int, grants: int, people: int, in_group: int, name: str = "cs01") -> tuple[t.Any, t.Any]:
    """Return the documents of a CommCell and its tenant: all groups are linked, every tenth contains another one, people sign in with SSO."""
    users = [make_user(number, f"p{number}@corp.example") for number in range(1, people + 1)]
    entra_users = [make_entra_user(number, f"p{number}@corp.example") for number in range(1, people + 1)]
    members = {
        group: sorted({(group * 7 + step * 13) % people + 1 for step in range(in_group)})
        for group in range(1, groups + 1)
    }
    entra_groups = [
        make_entra_group(
            group,
            f"GG-Commvault-{group}",
            [*map(make_id, found), *([make_id(group - 1, 2)] if group % 10 == 0 else [])],
        )
        for group, found in members.items()
    ]
    plans = [make_entity(number, f"plan {number}") for number in range(1, 601)]
    cell = make_commcell(
        name,
        users=users,
        user_groups=[
            make_group(group, f"GG-Commvault-{group}", found, make_id(group, 2)) for group, found in members.items()
        ],
        entities={"plans": plans},
        associations=[
            make_grant(
                ("user_group", number % groups + 1),
                [VIEW, ADMIN, APPROVER, AUDITOR][number // groups % 4],
                ("plans", number % 600 + 1),
            )
            for number in range(grants)
        ],
    )
    return cell, make_entra(users=entra_users, groups=entra_groups)
