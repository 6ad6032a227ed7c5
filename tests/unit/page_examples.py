# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of a bundle as a site of any size would have them, made up; equal for equal sizes. For tests of report.html and to look at it.

``python tests/unit/page_examples.py 10000 report.html`` writes a page.
"""

from __future__ import annotations

import datetime
import random
import typing as t
import uuid

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import (
    TABLES,
    Row,
    Tables,
    make_row_id,
)

AS_OF = "2026-11-27T04:00:00Z"
_DAY = datetime.date(2026, 11, 27)
_FIRST = [
    "Ada",
    "Alan",
    "Amal",
    "Anna",
    "Chloé",
    "Dmitri",
    "Elif",
    "Emre",
    "Fatima",
    "Grace",
    "Hana",
    "Igor",
    "Ines",
    "Jonas",
    "Jürgen",
    "Katarína",
    "Lena",
    "Li",
    "Marek",
    "Maya",
    "Mei",
    "Nadia",
    "Noah",
    "Olga",
    "Omar",
    "Paula",
    "Priya",
    "Rosa",
    "Sören",
    "Tariq",
    "Uma",
    "Victor",
    "Wei",
    "Yara",
    "Zoë",
]
_LAST = [
    "Abbott",
    "Becker",
    "Castillo",
    "Dvořák",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kaya",
    "Lindqvist",
    "Moreau",
    "Novák",
    "Okafor",
    "Petrov",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Ueda",
    "Vega",
    "Weber",
    "Xu",
    "Yilmaz",
    "Zhang",
]
_REGIONS = ("emea", "amer", "apac")
_WORKLOADS = ("vm", "m365", "sql", "files", "kubernetes", "sap")
_TIERS = {
    "Admin": "Tenant Admin",
    "Operator": "Backup Operator",
    "Restore": "Restore Operator",
    "View": "View",
    "Audit": "Auditor",
}
_CATEGORIES = {
    "Client": (
        "Agent Management",
        "Browse",
        "Data Protection Operations",
        "End User Access",
        "In Place Recover",
        "Out of Place Recover",
    ),
    "Global": (
        "Administrative Management",
        "Add, delete and modify a user",
        "Alert Management",
        "Report Management",
        "Export",
    ),
    "Plan": ("Create Plan", "Edit Plan", "Use Plan", "Delete Plan"),
    "Storage": ("Library Administration", "Storage Policy Management", "MediaAgent Management"),
    "Security": ("Add Role", "Edit Role", "Manage Identity Server", "Privileged Mode"),
    "Virtualization": ("VM Operations", "Live Browse"),
}
_GRAVE = {
    "Administrative Management",
    "Add, delete and modify a user",
    "Edit Role",
    "Add Role",
    "Manage Identity Server",
    "Storage Policy Management",
    "Library Administration",
}
_ROLE_SHARE = {"Tenant Admin": 1.0, "Backup Operator": 0.45, "Restore Operator": 0.3, "View": 0.1, "Auditor": 0.2}


def build_about(**others: t.Any) -> dict[str, t.Any]:
    """What the page is told beside the tables."""
    reader = {"kind": "commvault_user", "id": "412", "name": "svc-evidence", "rights": ["View", "Report Management"]}
    return {
        "title": "Access to Commvault",
        "bundle_id": "2026-11-27T0400Z-5f0c9be1",
        "as_of": AS_OF,
        "created": "2026-11-27T04:03:11Z",
        "collection_version": "0.1.0",
        "tenant": {"id": _uuid("tenant"), "displayName": "Corp Example", "domain": "corp.onmicrosoft.example"},
        "commcells": [
            {
                "name": "cs-emea",
                "id": "2a",
                "release": "11.44.12",
                "ended": "2026-11-27T03:41:09Z",
                "collector": reader,
            },
            {
                "name": "cs-amer",
                "id": "F003",
                "release": "11.40.33",
                "ended": "2026-11-18T03:44:52Z",
                "collector": {**reader, "rights": None},
            },
        ],
        "entra": {
            "ended": "2026-11-27T03:58:40Z",
            "collector": {
                "kind": "application",
                "id": _uuid("reader"),
                "name": "cvops-evidence-reader",
                "rights": ["Application.Read.All", "AuditLog.Read.All", "Directory.Read.All", "Policy.Read.All"],
            },
        },
        "previous": {"name": "2026-08-28T0400Z-11d0a3c7", "as_of": "2026-08-28", "manifest_sha256": "9f2c" * 16},
        "pseudonymised": False,
        "pseudonyms": None,
        "policy_report": build_policy_report(),
        "limits": {"rows": 50000},
        **others,
    }


def build_tables(rows: int, hostile: t.Sequence[str] = (), partial: bool = False) -> Tables:
    """All tables, with so many rows of access; *hostile*: names for the first people, holders, roles and entities."""
    chance = random.Random(rows)
    people = [_make_person(number, chance) for number in range(max(1, min(6000, rows // 2)))]
    access = [_make_access(number, people, chance) for number in range(rows)]
    for place, name in enumerate(hostile[:rows]):
        access[place].update(person=name, principal=name, role=name, entity=name, path=[name, "GG-Nested"], reason=name)
    for row in access:
        names = ("commcell", "person", "principal", "role", "entity", "path")
        row["id"] = make_row_id("access", *(row[name] for name in names), row["entity_id"])
    access = list({row["id"]: row for row in access}.values())
    while len(access) < rows:  # those that were equal
        access.append(
            {**access[len(access) % 97], "entity": f"client-{len(access)}", "id": make_row_id("access", len(access))}
        )
    access.sort(key=lambda row: (str(row["commcell"]), str(row["person"]), str(row["id"])))
    found: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    found["access"] = access
    if rows:
        found["roles"] = _make_roles(chance)
        found["identities"] = _make_identities(min(400, max(2, rows // 25)), chance)
        found["leavers"] = _make_leavers(access, max(1, rows // 120), chance)
        found["changes"] = _make_changes(access, max(1, rows // 40), chance)
        found["findings"] = _make_findings(access, found, rows, chance)
        found["signoff"] = [_make_sign_off(row, chance) for row in access]
        found["action_plan"] = [
            {
                **dict.fromkeys(("decision", "owner", "date", "reason"), ""),
                **{name: row[name] for name in ("id", "rule", "severity", "title", "commcell", "subject", "remedy")},
            }
            for row in found["findings"]
        ]
    found["population"] = _make_population(rows, partial)
    why = [
        "CommCell cs-amer: the reading account does not see owners of clients (it takes Administrative Management)",
        "Entra ID: sign-in times were not read, AuditLog.Read.All is granted and the tenant has no Entra ID P1",
    ]
    return Tables(found, why if partial else [])


def build_policy_report() -> dict[str, t.Any]:
    """The value of entra_conditional_access_info, cut to what differs."""
    return {
        "policies": [
            {
                "object_id": _uuid("p1"),
                "display_name": "CA-104 Require phishing-resistant MFA for backup administration",
                "policy_state": "enabled",
                "modified": "2026-10-02T09:12:00Z",
                "summary": [
                    "In force.",
                    "For members of GG-Commvault-global-Admin and GG-Commvault-global-Operator.",
                    "When they sign in to Commvault Management, from anywhere but the named location Vault network.",
                    "Demands the authentication strength Phishing-resistant MFA and a compliant device.",
                ],
                "reach": [
                    {
                        "application": "Commvault Management",
                        "app_id": _uuid("app"),
                        "role": "resource",
                        "reaches": "yes",
                        "through": ["include_applications"],
                    }
                ],
                "exclusions": [
                    {"option": "exclude_groups", "id": _uuid("bg"), "name": "GG-Break-Glass", "status": "break_glass"},
                    {"option": "exclude_groups", "id": _uuid("gap"), "name": "GG-Backup-Contractors", "status": "gap"},
                    {
                        "option": "exclude_users",
                        "id": _uuid("u"),
                        "name": "svc-sync@corp.example",
                        "status": "covered",
                        "covered_by": ["CA-001 Block legacy"],
                        "may_be_covered_by": [],
                    },
                ],
                "unknown_fields": [],
            },
            {
                "object_id": _uuid("p2"),
                "display_name": "CA-201 Workload identities from known networks",
                "policy_state": "report_only",
                "modified": "2026-07-14T15:00:00Z",
                "summary": [
                    "In report-only: it refuses nobody.",
                    "For the application commvault-backup-entra when it signs in by itself.",
                    "Blocks it outside Vault network.",
                ],
                "reach": [
                    {
                        "application": "commvault-backup-entra",
                        "app_id": _uuid("app2"),
                        "role": "client",
                        "reaches": "may",
                        "through": ["include_service_principals"],
                    }
                ],
                "exclusions": [],
                "unknown_fields": [{"path": "conditions.agentIdRiskLevels", "value": "high"}],
            },
        ],
        "findings": [
            {
                "kind": "exclusion_gap",
                "severity": "error",
                "text": "GG-Backup-Contractors is left out of CA-104, and no other policy in force demands as much.",
                "remedy": "Take the exclusion away, or give the group a policy of its own.",
                "policies": [
                    {
                        "object_id": _uuid("p1"),
                        "display_name": "CA-104 Require phishing-resistant MFA for backup administration",
                    }
                ],
            },
            {
                "kind": "dead_reference",
                "severity": "warning",
                "text": "CA-104 includes a group that does not exist any more.",
                "remedy": "Remove the id from include_groups.",
                "policies": [],
            },
            {
                "kind": "unprotected_group",
                "severity": "warning",
                "text": "GG-Commvault-global-Admin is not assignable to roles: its 3 owners change whom CA-104 is about.",
                "remedy": "Move it to a restricted management administrative unit.",
                "policies": [],
            },
            {
                "kind": "break_glass_unused",
                "severity": "info",
                "text": "breakglass-2@corp.example has not signed in for 410 days.",
                "remedy": "Test it.",
                "policies": [],
            },
            {
                "kind": "report_only_too_long",
                "severity": "warning",
                "text": "CA-201 has been in report-only for 136 days.",
                "remedy": "Put it in force or delete it.",
                "policies": [],
            },
        ],
        "not_evaluable": [
            {
                "what": "Terms of use",
                "reason": "The service lets people alone read them.",
                "needs": ["Agreement.Read.All"],
                "kinds": ["dead_reference"],
            }
        ],
        "security_defaults": False,
        "counts": {"policies": 31, "policies_returned": 2, "in_force": 24, "report_only": 4, "disabled": 3},
    }


def _uuid(*parts: t.Any) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


def _date(days: int) -> str:
    return (_DAY + datetime.timedelta(days=days)).isoformat()


def _make_person(number: int, chance: random.Random) -> dict[str, t.Any]:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    more = number // (len(_FIRST) * len(_LAST))
    name = f"{first} {last}" + (f" {more + 1}" if more else "")
    kind = chance.choices(
        ("entra_member", "entra_guest", "commvault_user", "service_account", "not_evaluable"), (88, 4, 4, 3, 1)
    )[0]
    entra = kind in ("entra_member", "entra_guest")
    return {
        "person": name,
        "person_kind": kind,
        "entra_user_id": _uuid("user", number) if entra else None,
        "user_principal_name": f"{first[0].lower()}.{last.lower()}{more or ''}@corp.example" if entra else None,
        "entra_enabled": chance.random() > 0.02 if entra else None,
        "commvault_user_id": str(1000 + number),
        "commvault_user": f"CORP\\{first[0].lower()}{last.lower()}{more or ''}",
        "commvault_enabled": chance.random() > 0.01,
        "signs_in_with": "saml" if entra else "password",
    }


def _make_access(number: int, people: t.Sequence[dict[str, t.Any]], chance: random.Random) -> Row:
    person = people[number % len(people)] if chance.random() < 0.7 else chance.choice(people)
    tier = chance.choices(tuple(_TIERS), (4, 30, 20, 36, 10))[0]
    region, workload = chance.choice(_REGIONS), chance.choice(_WORKLOADS)
    scope = "global" if tier == "Admin" and chance.random() < 0.3 else f"{region}-{workload}"
    group = f"GG-Commvault-{scope}-{tier}"
    kind = chance.choices(("explicit", "owner", "inherited", "creator", "permissions"), (88, 3, 5, 2, 2))[0]
    entity_kind = (
        "commcell"
        if scope == "global"
        else chance.choice(("client_group", "client_group", "plan", "client", "company", "vm_group"))
    )
    whole = entity_kind == "commcell" or chance.random() < 0.03
    entity = (
        "cs"
        if entity_kind == "commcell"
        else f"All {entity_kind.replace('_', ' ')}s"
        if whole
        else f"{region}-{workload}-{number % 60:02d}"
    )
    nobody = chance.random() < 0.01
    declared = chance.random() < 0.88
    privileged = tier == "Admin"
    return {
        "id": "",
        "commcell": chance.choice(("cs-emea", "cs-emea", "cs-amer")),
        **(dict.fromkeys(person, None) | {"person": "", "person_kind": "nobody"} if nobody else person),
        "path": [group] if chance.random() < 0.7 else [f"GG-Team-{workload.upper()}", group],
        "entra_group_id": _uuid(group),
        "entra_group": group,
        "principal_kind": "user"
        if kind in ("owner", "creator")
        else chance.choice(("user_group", "user_group", "external_group")),
        "principal_id": str(100 + sum(map(ord, group)) % 400),
        "principal": f"cv-{scope}-{tier.lower()}",
        "role_id": None if kind == "permissions" else str(20 + list(_TIERS).index(tier)),
        "role": "" if kind == "permissions" else _TIERS[tier],
        "permissions": ["Browse", "In Place Recover"] if kind == "permissions" else [],
        "privileged": privileged,
        "privileged_by": ["Administrative Management", "Edit Role"] if privileged else [],
        "entity_kind": entity_kind,
        "entity_id": "all" if whole else str(5000 + number % 600),
        "entity": entity,
        "company": "" if region == "emea" else f"{region.upper()} subsidiary",
        "grant_kind": kind,
        "effective_now": "no" if person["commvault_enabled"] is False else "yes",
        "expected_at_next_login": "no"
        if person["entra_enabled"] is False
        else "yes"
        if person["entra_user_id"]
        else "unknown",
        "in_mapping": "not_managed"
        if kind in ("owner", "creator", "inherited")
        else "declared"
        if declared
        else chance.choice(("surplus", "unmanaged")),
        "business_owner": f"{region.upper()} {workload} owner",
        "approved_by": "m.moreau@corp.example" if declared else "",
        "approved_on": _date(-chance.randrange(10, 700)) if declared else None,
        "ticket": f"CHG{400000 + number % 900}" if declared else "",
        "reason": f"On call for {workload} in {region}" if declared else "",
        "review_by": _date(chance.choice((-12, 5, 34, 80, 120, 170))) if privileged else None,
        "valid_until": _date(chance.choice((-3, 9, 60, 200))) if chance.random() < 0.02 else None,
    }


def _make_roles(chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    custom = [f"{region.upper()} {name}" for region in _REGIONS for name in ("Restore Approver", "Plan Steward")]
    for commcell in ("cs-emea", "cs-amer"):
        for place, role in enumerate((*_TIERS.values(), *custom)):
            share = _ROLE_SHARE.get(role, 0.25)
            for category, permissions in _CATEGORIES.items():
                rows += [
                    {
                        "id": make_row_id("role", commcell, role, permission),
                        "commcell": commcell,
                        "role_id": str(20 + place),
                        "role": role,
                        "company": "",
                        "enabled": role != "APAC Plan Steward",
                        "permission_id": str(sum(map(ord, permission))),
                        "permission": permission,
                        "category": category,
                        "privileged": permission in _GRAVE,
                    }
                    for permission in permissions
                    if (permission not in _GRAVE or share > 0.4) and chance.random() < share
                ]
    return rows


def _make_identities(number: int, chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for place in range(number):
        tier = "0" if place < 2 else "1" if place < 2 + number // 5 else "2"
        name = (
            ("commvault-backup-entra", "commvault-sso-provisioning")[place]
            if place < 2
            else f"backup-{chance.choice(_WORKLOADS)}-{place:03d}"
        )
        granted = {
            "0": ["Application.ReadWrite.All", "Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"],
            "1": ["Files.Read.All", "Mail.Read"],
            "2": ["User.Read.All"],
        }[tier]
        for key in range(chance.choice((1, 1, 2))):
            kind = chance.choices(("secret", "certificate", "federated", "none"), (55, 30, 10, 5))[0]
            dated = kind in ("secret", "certificate")
            rows.append(
                {
                    "id": make_row_id("identity", place, key),
                    "tier": tier,
                    "tier_because": granted[:2] if tier == "0" else granted[:1] if tier == "1" else [],
                    "app_id": _uuid("app", place),
                    "object_id": _uuid("object", place),
                    "display_name": name,
                    "enabled": chance.random() > 0.04,
                    "owners": chance.choice((["Ada Becker"], ["Jonas Weber", "Priya Tanaka"], [])),
                    "permissions_granted": granted,
                    "permissions_requested": [*granted, "Sites.Read.All"] if chance.random() < 0.3 else granted,
                    "directory_roles": ["Global Administrator"] if place == 0 else [],
                    "credential_kind": kind,
                    "credential_id": _uuid("key", place, key) if kind != "none" else None,
                    "credential_name": f"{kind}-{2025 + key}" if dated else "",
                    "starts": _date(-300) if dated else None,
                    "expires": _date(chance.choice((-20, -4, 6, 18, 25, 55, 88, 150, 240, 330, 600)))
                    if dated
                    else None,
                    "subject": "https://token.actions.example/: repo:corp/backup:ref:refs/heads/main"
                    if kind == "federated"
                    else "",
                    "used_by": [f"cs-emea: credential azure-{place:03d}"] if chance.random() < 0.6 else [],
                    "policies": ["CA-201 Workload identities from known networks"] if place == 0 else [],
                }
            )
    return rows


def _make_leavers(access: t.Sequence[Row], number: int, chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for place in range(number):
        of = access[place * 7 % len(access)]
        state = chance.choice(("disabled", "disabled", "deleted", "not_found"))
        days = chance.randrange(1, 420)
        for kind in chance.sample(
            ("user_group", "direct_grant", "owner", "local_password", "access_token"), chance.choice((1, 2, 3))
        ):
            what = {
                "user_group": of["principal"],
                "direct_grant": f"{of['role']} on {of['entity']}",
                "owner": of["entity"],
            }.get(kind, kind.replace("_", " ").capitalize())
            rows.append(
                {
                    "id": make_row_id("leaver", place, kind),
                    "person": of["person"] or "Former person",
                    "entra_user_id": of["entra_user_id"] or _uuid("gone", place),
                    "user_principal_name": of["user_principal_name"],
                    "state": state,
                    "since": None if state == "not_found" else _date(-days),
                    "since_source": "unknown"
                    if state == "not_found"
                    else "deletion_date"
                    if state == "deleted"
                    else "entra_audit_log",
                    "commcell": of["commcell"],
                    "commvault_user_id": of["commvault_user_id"],
                    "commvault_user": of["commvault_user"],
                    "commvault_enabled": of["commvault_enabled"],
                    "holds": kind,
                    "what": what,
                    "what_id": str(place),
                    "privileged": of["privileged"] if kind != "access_token" else None,
                    "offboard": {
                        "access_token": "Revoke the access token",
                        "local_password": "Disable the Commvault user",
                        "owner": "Give the entity another owner",
                    }.get(kind, f"Remove from {what}"),
                }
            )
    return rows


def _make_changes(access: t.Sequence[Row], number: int, chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for place in range(number):
        of = access[place * 11 % len(access)]
        attribution = chance.choices(("commvault_audit_trail", "entra_audit_log", "unattributed"), (60, 25, 15))[0]
        known = attribution != "unattributed"
        change = chance.choice(("added", "added", "removed", "changed"))
        rows.append(
            {
                "id": make_row_id("change", place),
                "change": change,
                "table": chance.choices(("access", "roles", "identities"), (85, 5, 10))[0],
                "row_id": of["id"],
                "commcell": of["commcell"],
                "what": f"{of['person'] or 'Nobody'}: {of['role'] or 'single permissions'} on {of['entity']}",
                "columns": ["role"] if change == "changed" else [],
                "before": "View" if change == "changed" else "",
                "after": str(of["role"]),
                "attribution": attribution,
                "when": f"{_date(-chance.randrange(1, 90))}T10:12:00Z" if known else None,
                "who": chance.choice(("m.moreau@corp.example", "svc-ansible")) if known else "",
                "why_unattributed": "" if known else "outside the retention",
            }
        )
    return rows


_RULES = (
    (
        "last_admin",
        "critical",
        "One person alone can administer the CommCell",
        "Let a second person hold the role, or a break-glass account.",
        "commcell",
    ),
    (
        "tier0_secret_expired",
        "critical",
        "A tier 0 application has an expired credential that is still used",
        "Rotate it with the playbook rotate_secrets.",
        "application",
    ),
    (
        "sod_admin_audit",
        "high",
        "Administers and audits the same CommCell",
        "Take one of the two roles away.",
        "person",
    ),
    (
        "leaver_privileged",
        "high",
        "Gone from Entra ID and still privileged",
        "Off-board as proposed in leavers.csv.",
        "person",
    ),
    (
        "surplus_grant",
        "medium",
        "A grant that the mapping does not declare",
        "Declare it with an owner and a reason, or remove it.",
        "grant",
    ),
    ("no_reason", "medium", "Approved without a reason", "Write the reason into the mapping.", "grant"),
    ("empty_group", "low", "A group that is granted rights has no members", "Remove the grant.", "user_group"),
    ("review_overdue", "low", "Not reviewed by the date that the mapping names", "Review it.", "grant"),
)


def _make_findings(
    access: t.Sequence[Row], found: t.Mapping[str, t.Sequence[Row]], rows: int, chance: random.Random
) -> list[Row]:
    made: list[Row] = []
    held = [row for row in access if row["person"]] or access
    for place, (rule, severity, title, remedy, kind) in enumerate(_RULES if rows > 10 else _RULES[2:4]):
        many = (
            1
            if severity == "critical"
            else max(1, min(60, rows // 150))
            if severity == "high"
            else max(1, min(700, rows // 100))
        )
        for number in range(many):
            of = held[(number * 13 + place) % len(held)]
            grave = rule == "tier0_secret_expired"
            subject = {
                "commcell": of["commcell"],
                "application": "commvault-backup-entra",
                "person": of["person"] or "Former person",
                "user_group": of["principal"],
            }.get(kind)
            made.append(
                {
                    "id": make_row_id("finding", rule, number),
                    "rule": rule,
                    "severity": severity,
                    "status": "accepted"
                    if rule == "no_reason" and number % 9 == 0
                    else "not_evaluable"
                    if rule == "review_overdue" and number % 5 == 0
                    else "open",
                    "title": title,
                    "description": {
                        "commcell": f"{of['person']} alone holds Tenant Admin on the whole CommCell.",
                        "application": "The secret that cs-emea signs in with has ended, and the tenant still trusts the application.",
                    }.get(
                        kind,
                        f"{of['person']} holds {of['role'] or 'single permissions'} on {of['entity']} through {of['principal']}.",
                    ),
                    "commcell": None if grave else of["commcell"],
                    "subject_kind": kind,
                    "subject_id": str(number),
                    "subject": subject or f"{of['principal']}: {of['role']} on {of['entity']}",
                    "rows": [found["identities"][0]["id"]]
                    if grave
                    else [of["id"], held[(number * 13 + place + 1) % len(held)]["id"]],
                    "remedy": remedy,
                    "first_seen": _date(-chance.choice((91, 182, 274))) if chance.random() < 0.5 else None,
                }
            )
    return made


def _make_sign_off(row: Row, chance: random.Random) -> Row:
    names = ("id", "commcell", "person", "principal", "role", "entity", "privileged")
    decision = chance.choices(("", "keep", "revoke"), (30, 66, 4))[0]
    empty = dict.fromkeys(("decision", "reviewer", "date", "reason"), "")
    return {**{name: row[name] for name in names}, "last_decision": decision, **empty}


def _make_population(rows: int, partial: bool) -> list[Row]:
    sources = [
        (
            "commvault",
            "cs-emea",
            ("users", "user_groups", "roles", "associations", "owners", "access_tokens", "entities"),
        ),
        (
            "commvault",
            "cs-amer",
            ("users", "user_groups", "roles", "associations", "owners", "access_tokens", "entities"),
        ),
        ("entra", None, ("users", "groups", "applications", "service_principals", "conditional_access_policies")),
    ]
    return [
        {
            "id": make_row_id("source", side, commcell, source),
            "side": side,
            "commcell": commcell,
            "source": source,
            "count": str(rows // 2 + len(source)) if rows else "0",
            "complete": False
            if partial and (commcell, source) == ("cs-amer", "owners")
            else None
            if partial and source == "access_tokens"
            else True,
            "why": "Owners of clients are shown to administrators alone"
            if partial and (commcell, source) == ("cs-amer", "owners")
            else "",
        }
        for side, commcell, names in sources
        for source in names
    ]


if __name__ == "__main__":
    import pathlib
    import sys

    from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page.render import render_page

    _page = render_page(build_tables(int(sys.argv[1]), partial="partial" in sys.argv), build_about())
    pathlib.Path(sys.argv[2]).write_text(_page, encoding="utf-8")
