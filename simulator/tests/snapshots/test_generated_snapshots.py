# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a site holds, its copy has the same documents: generated CommCells and tenants."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvops_simulator.commvault.catalogue import DEFAULT, USER_CREDENTIAL, Catalogue, Category
from cvops_simulator.commvault.model import (
    CLIENT,
    COMMCELL,
    COMMCELL_ID,
    COMPANY,
    CREATOR,
    CREDENTIAL,
    EXPLICIT,
    INHERITED,
    OWNER,
    PLAN,
    ROLE,
    USER,
    USER_GROUP,
    CommCellSeed,
    Company,
    Credential,
    Entity,
    Grant,
    IdentityApp,
    Role,
    User,
    UserGroup,
)
from cvops_simulator.commvault.state import State
from cvops_simulator.commvault.tokens import FIXED, AccessToken
from cvops_simulator.core.clock import Clock
from cvops_simulator.core.names import fold_case
from cvops_simulator.core.site import TenantSeed
from cvops_simulator.entra.seeding import make_tenant
from cvops_simulator.snapshots.commcell import CommCellReader
from cvops_simulator.snapshots.commcell_documents import make_commcell_document
from cvops_simulator.snapshots.formats import COMMCELL as COMMCELL_SHAPE
from cvops_simulator.snapshots.formats import ENTRA as ENTRA_SHAPE
from cvops_simulator.snapshots.notes import Notes
from cvops_simulator.snapshots.shapes import list_faults
from cvops_simulator.snapshots.tenant import TenantReader
from cvops_simulator.snapshots.tenant_documents import make_entra_document

sys.path.insert(0, str(Path(__file__).resolve().parent))

from documents import list_differences  # noqa: E402 - beside this file

Draw = Callable[[st.SearchStrategy[Any]], Any]

ORIGIN = "https://console.example"
#: Names as people and hostile services write them; without what JSON in UTF-8 cannot hold.
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(str.strip)
PLAIN = st.text("abcdefghij-.", min_size=1, max_size=8)
MOMENTS = st.integers(1, 4_000_000_000).map(float)
FLAGS = st.booleans()
OWN_CATALOGUE = Catalogue((Category(7, "Office", 0, ((31, "View"), (4711, "Water the plants"), (13, "Browse"))),))


def draw_names(draw: Draw, most: int) -> list[str]:
    """Names that a service would take for different ones."""
    found: list[str] = draw(st.lists(NAMES, max_size=most, unique_by=fold_case))
    return [name for name in found if fold_case(name) not in ("commcell", "0")]


def draw_company(draw: Draw, companies: list[Company]) -> int:
    """The CommCell's own level, or one of its companies."""
    return int(draw(st.sampled_from([0, *(company.id for company in companies)])))


@st.composite
def commcell_seeds(draw: Draw) -> CommCellSeed:
    """A small CommCell with a bit of everything."""
    seed = CommCellSeed(draw(NAMES), catalogue=draw(st.sampled_from([DEFAULT, OWN_CATALOGUE])))
    permissions = st.sets(st.sampled_from(sorted(seed.catalogue.names)), max_size=3)
    for number, name in enumerate(draw_names(draw, 2)):
        seed.companies.append(Company(901 + number, name, name))
    for number, name in enumerate(draw_names(draw, 3)):
        categories = draw(st.sets(st.sampled_from(sorted(seed.catalogue.category_by_id)), max_size=1))
        role = Role(2 + number, name, permission_ids=draw(permissions), category_ids=categories)
        role.enabled, role.visible_to_all = draw(FLAGS), draw(FLAGS)
        role.company_id, role.description = draw_company(draw, seed.companies), draw(NAMES)
        seed.roles.append(role)
    for kind in (CLIENT, PLAN):
        for number, name in enumerate(draw(st.lists(NAMES, max_size=3))):
            seed.entities.append(Entity(kind, 1 + number, name, draw_company(draw, seed.companies)))
    add_apps(draw, seed)
    add_users(draw, seed)
    add_groups(draw, seed)
    add_credentials(draw, seed)
    add_grants(draw, seed, permissions)
    add_tokens(draw, seed)
    mode = draw(st.sampled_from([0, 1, 2]))
    named = [group for group in seed.groups if not group.provider]
    groups = [{"userGroupId": one.id, "userGroupName": one.name} for one in named] if mode == 2 else []
    seed.two_factor = {"mode": mode, "userGroups": groups}
    for company in seed.companies:
        company.two_factor = {"mode": int(mode == 0 and draw(FLAGS)), "userGroups": []}
    return seed


def add_apps(draw: Draw, seed: CommCellSeed) -> None:
    for number, name in enumerate(draw_names(draw, 2)):
        app = IdentityApp(1097 + number, name, f"KEY{number}", draw(st.sampled_from([2, 5])), enabled=draw(FLAGS))
        app.description, app.company_id = draw(PLAIN), draw_company(draw, seed.companies)
        if app.type == 2:
            app.flags = draw(st.sampled_from([0, 1]))
            mark = f"\n[cvops certificate: {'AB' * 32} until 2027-01-01T00:00:00Z]"
            app.description += draw(st.sampled_from(["", mark]))
            app.document = {
                "identityProviderMetaData": {"entityId": draw(PLAIN), "redirectUrl": draw(PLAIN), "logoutUrl": ""},
                "serviceProviderMetaData": {"serviceProviderEndpoint": f"https://{draw(PLAIN)}", "spAliases": []},
                "associations": {"emailSuffixes": draw(st.lists(PLAIN, max_size=2, unique=True))},
                "attributeMappings": [{"customAttribute": "USER_GROUPS", "SAMLAttribute": draw(PLAIN)}],
                "nameIDAttribute": draw(st.sampled_from(["Email", "User Principal Name", "other"])),
                "autoCreateUser": draw(FLAGS),
            }
        else:
            app.description += draw(st.sampled_from(["", "\n[cvops secret: key 1]"]))
            values = [{"name": "clientId", "value": draw(PLAIN)}, {"name": "endPointUrl", "value": draw(PLAIN)}]
            app.document = {"props": {"nameValues": values}, "assocTree": []}
        seed.apps.append(app)


def add_users(draw: Draw, seed: CommCellSeed) -> None:
    for number, name in enumerate(draw(st.lists(NAMES, max_size=4))):
        user = User(11 + number, name, email=draw(PLAIN), upn=draw(PLAIN), full_name=draw(NAMES), enabled=draw(FLAGS))
        user.company_id = draw_company(draw, seed.companies)
        kind = draw(st.sampled_from(["local", "external", "service_account"]))
        if kind == "external":
            user.name, user.provider = f"CORP\\{name}", "CORP"
        user.is_service_account = kind == "service_account"
        user.auth_server_id = draw(st.sampled_from([0, *(app.id for app in seed.apps)]))
        user.last_login = draw(st.one_of(st.just(0.0), MOMENTS))
        user.locked_until = draw(st.sampled_from([0.0, 5e9]))
        seed.users.append(user)


def add_groups(draw: Draw, seed: CommCellSeed) -> None:
    members = st.sets(st.sampled_from([user.id for user in seed.users]), max_size=3) if seed.users else st.just(set())
    for number, name in enumerate(draw_names(draw, 4)):
        group = UserGroup(1 + number, name, member_ids=draw(members), enabled=draw(FLAGS))
        group.company_id = draw_company(draw, seed.companies)
        if draw(FLAGS):
            group.name, group.provider = f"CORP\\{name}", "CORP"
        else:
            group.azure_guid = draw(st.sampled_from(["", str(uuid.UUID(int=number))]))
            group.two_factor = draw(st.sampled_from(["ON", "OFF", "NOT_ALLOWED"]))
            group.description = draw(NAMES)
            group.restricted_console_types = draw(st.sampled_from([[], ["API"], ["API", "WEB_CONSOLE"]]))
        seed.groups.append(group)


def add_credentials(draw: Draw, seed: CommCellSeed) -> None:
    for number, name in enumerate(draw(st.lists(PLAIN, max_size=2, unique=True))):
        credential = Credential(61 + number, name, "CLOUD_ACCOUNT", "AZUREACCOUNT", "MICROSOFT_AZURE_TYPE", draw(PLAIN))
        credential.fields = {"tenantId": "t", "applicationId": "a", "environment": "AzureCloud", "endpoints": {}}
        credential.company_id = draw_company(draw, seed.companies)
        holders = [(USER, user.id) for user in seed.users]
        credential.owner = draw(st.sampled_from([*holders, (USER, 1)]))
        seed.credentials.append(credential)
        for holder in draw(st.lists(st.sampled_from(holders), max_size=2, unique=True)) if holders else ():
            share = frozenset({USER_CREDENTIAL})
            if USER_CREDENTIAL in seed.catalogue.names:
                seed.grants.append(Grant(*holder, None, CREDENTIAL, credential.id, permission_ids=share))


def add_grants(draw: Draw, seed: CommCellSeed, permissions: st.SearchStrategy[set[int]]) -> None:
    holders = [*((USER, user.id) for user in seed.users), *((group.kind, group.id) for group in seed.groups)]
    places = [
        (COMMCELL, COMMCELL_ID),
        (CLIENT, 0),
        (64, 3),
        *((entity.type, entity.id) for entity in seed.entities),
        *((COMPANY, company.id) for company in seed.companies),
        *((ROLE, role.id) for role in seed.roles),
        *((USER_GROUP, group.id) for group in seed.groups if not group.provider),
    ]
    seed.unlisted = {(64, 3): "Disk alert", (ROLE, 99): "Old role"}
    for _number in range(draw(st.integers(0, 8)) if holders else 0):
        holder, place = draw(st.sampled_from(holders)), draw(st.sampled_from(places))
        kind = draw(st.sampled_from([EXPLICIT, CREATOR, INHERITED, OWNER]))
        role_id = draw(st.sampled_from([99, None, *(role.id for role in seed.roles)]))
        if kind == OWNER:
            grant = Grant(*holder, None, *place, kind=OWNER)
        elif role_id is None:
            grant = Grant(*holder, None, *place, permission_ids=frozenset(draw(permissions) | {31}), kind=kind)
        else:
            grant = Grant(*holder, role_id, *place, kind=kind)
        # A service that is asked about owners is asked about one entity.
        if grant not in seed.grants and not (kind == OWNER and place == (CLIENT, 0)):
            seed.grants.append(grant)


def add_tokens(draw: Draw, seed: CommCellSeed) -> None:
    for number, name in enumerate(draw(st.lists(NAMES, max_size=2)) if seed.users else ()):
        owner, kind = draw(st.sampled_from(seed.users)), draw(st.sampled_from([1, 2, 3, 4, 5]))
        expires, until = draw(MOMENTS), draw(MOMENTS)
        token = AccessToken(1 + number, name, owner.id, kind, "a", "r", expires, expires if kind in FIXED else until)
        token.api_endpoints, token.allowed_ips = ["/plan"], draw(st.sampled_from([[], ["10.0.0.0/8"]]))
        seed.access_tokens.append(token)


def describe(seed: CommCellSeed) -> dict[str, Any]:
    """The document of a CommCell, as it comes out of a file."""
    document = make_commcell_document(
        "prod", State(seed), seed.release or 44, seed.access_tokens, ("1", "admin"), ORIGIN
    )
    found: dict[str, Any] = json.loads(json.dumps(document))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(commcell_seeds())
def test_any_commcell_is_copied_as_it_is(seed: CommCellSeed) -> None:
    document = describe(seed)
    assert list(list_faults(document, COMMCELL_SHAPE)) == []
    notes = Notes("prod")
    copy = CommCellReader(document, notes, lambda: "made up").read()
    assert list(list_differences(document, describe(copy))) == []
    assert len(copy.grants) + len(copy.credentials) == len(document["associations"]) + len(document["owners"])
    assert {(*one.principal, *one.entity, one.kind) for one in copy.grants} == {
        (*one.principal, *one.entity, one.kind) for one in seed.grants
    }
    assert notes.lines == ["prod: which servers are in which server group is not in a snapshot: every group is empty"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(commcell_seeds(), st.randoms(use_true_random=False))
def test_the_order_of_a_document_does_not_matter(seed: CommCellSeed, choice: Any) -> None:
    document = describe(seed)
    mixed = dict(document)
    for name, value in document.items():
        if isinstance(value, list):
            mixed[name] = choice.sample(value, len(value))
    copy = CommCellReader(mixed, Notes("prod"), lambda: "made up").read()
    assert list(list_differences(document, describe(copy))) == []


def make_id(number: int) -> str:
    """A GUID of its own for each number."""
    return str(uuid.UUID(int=number + 1))


@st.composite
def tenant_seeds(draw: Draw) -> TenantSeed:
    """A small tenant with a bit of everything."""
    seed = TenantSeed(make_id(0), "corp.example", draw(NAMES))
    for number, name in enumerate(draw(st.lists(NAMES, max_size=3))):
        upn = f"{number}@corp.example"
        seed.users.append({"id": make_id(100 + number), "displayName": name, "userPrincipalName": upn})
        seed.users[-1] |= {"accountEnabled": draw(FLAGS), "userType": draw(st.sampled_from(["Member", "Guest"]))}
    users = [user["id"] for user in seed.users]
    names = draw(st.lists(NAMES, max_size=3))
    groups = [make_id(200 + number) for number in range(len(names))]
    inside = st.lists(st.sampled_from([*users, *groups]), max_size=4, unique=True) if users or groups else st.just([])
    for object_id, name in zip(groups, names, strict=True):
        members, owners = draw(inside), draw(inside)
        owners = [one for one in owners if one in users]
        group = {"id": object_id, "displayName": name, "members": members, "owners": owners}
        seed.groups.append({**group, "isAssignableToRole": draw(FLAGS), "description": draw(st.none() | NAMES)})
    for number, name in enumerate(draw(st.lists(NAMES, max_size=2, unique=True))):
        key = {
            "keyId": make_id(400 + number),
            "displayName": name,
            "hint": "abc",
            "endDateTime": "2027-01-01T00:00:00Z",
        }
        federated = {"id": make_id(500 + number), "name": "ci", "issuer": "https://ci.example", "subject": "s"}
        application = {"id": make_id(300 + number), "appId": make_id(310 + number), "displayName": name}
        application |= {"owners": users[:1], "servicePrincipal": {"id": make_id(320 + number), "displayName": name}}
        application |= {
            "passwordCredentials": [key],
            "federatedIdentityCredentials": [{**federated, "audiences": ["x"]}],
        }
        application["appRoles"] = [
            {
                "id": make_id(600),
                "value": "Read",
                "displayName": "Read",
                "allowedMemberTypes": ["User"],
                "isEnabled": True,
            }
        ]
        application["assignments"] = [
            {"principal": one, "appRole": draw(st.sampled_from(["Read", None]))} for one in [*users[:1], *groups[:1]]
        ]
        graph_permission = {"id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role"}
        application["requiredResourceAccess"] = [
            {"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [graph_permission]}
        ]
        application["consented"] = draw(FLAGS)
        seed.applications.append(application)
    if users:
        seed.roles = {"62e90394-69f5-4237-9190-012177145e10": draw(st.lists(st.sampled_from(users), unique=True))}
    if draw(FLAGS):
        seed.role_names = {make_id(700): draw(NAMES)}
        seed.roles[make_id(700)] = users[:1]
    if draw(FLAGS):
        ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]
        seed.named_locations = [
            {
                "@odata.type": "#microsoft.graph.ipNamedLocation",
                "id": make_id(800),
                "displayName": draw(NAMES),
                "isTrusted": draw(FLAGS),
                "ipRanges": ranges,
            }
        ]
        conditions = {"users": {"includeUsers": ["All"], "excludeGroups": groups[:1]}, "clientAppTypes": ["all"]}
        conditions |= {
            "applications": {"includeApplications": ["All"]},
            "locations": {"includeLocations": [make_id(800)]},
        }
        grant = {"operator": "OR", "builtInControls": ["mfa"]}
        policy = {"id": make_id(801), "displayName": draw(NAMES), "state": "enabled", "conditions": conditions}
        seed.policies = [{**policy, "grantControls": grant}]
    if draw(FLAGS):
        moment = "2026-05-01T00:00:00Z"
        seed.deleted = [
            {"kind": "user", "id": make_id(900), "userPrincipalName": "x@corp.example", "deletedDateTime": moment},
            {"kind": "group", "id": make_id(901), "displayName": "gone", "deletedDateTime": moment},
        ]
    return seed


def describe_tenant(seed: TenantSeed) -> dict[str, Any]:
    """The document of a tenant, as it comes out of a file."""
    document = make_entra_document(make_tenant(seed, Clock()), (make_id(999), "collector"))
    found: dict[str, Any] = json.loads(json.dumps(document))
    del found["provenance"]
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tenant_seeds())
def test_any_tenant_is_copied_as_it_is(seed: TenantSeed) -> None:
    document = describe_tenant(seed)
    assert [fault for fault in list_faults(document, ENTRA_SHAPE) if "provenance" not in fault] == []
    notes = Notes("tenant")
    copy = TenantReader(document, notes).read()
    assert list(list_differences(document, describe_tenant(copy))) == []
    assert [line for line in notes.lines if "made-up object ids" not in line and "nobody can sign in" not in line] == []
