# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents of a simulated site, straight from its state: what a complete snapshot of it has to hold.

For tests: what is collected through the services is compared with it, and it stands in for what is collected.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from cvops_simulator.commvault.catalogue import USER_CREDENTIAL
from cvops_simulator.commvault.model import (
    ALL_OF_KIND,
    COMMCELL_ID,
    CREATOR,
    CREDENTIAL,
    EXTERNAL_GROUP,
    INHERITED,
    OWNER,
    USER,
    Company,
    Credential,
    Grant,
    IdentityApp,
    User,
    UserGroup,
)
from cvops_simulator.commvault.saml_sign_on import get_consumer_url, get_endpoint
from cvops_simulator.commvault.state import State
from cvops_simulator.commvault.tokens import FIXED, AccessToken
from cvops_simulator.core.names import fold_case
from cvops_simulator.snapshots.formats import COMMCELL_FORMAT
from cvops_simulator.snapshots.grants import ENTITY_TYPES, PRINCIPAL_KINDS
from cvops_simulator.snapshots.identity_apps import LISTS, NAME_IDS, SAML, TREE, split_mark
from cvops_simulator.snapshots.sharing import ENDPOINTS, ENVIRONMENTS

Row = dict[str, Any]

_KINDS = {number: kind for kind, number in ENTITY_TYPES.items()}
_HOLDERS = {number: kind for kind, number in PRINCIPAL_KINDS.items()}
_TOKEN_TYPES = {0: "all", 1: "scim", 2: "all", 3: "custom", 4: "one_touch", 5: "hyperscale"}
#: Behind all ids.
_LAST = 10**19
_MODES = {0: "off", 1: "everyone", 2: "user_groups"}


def make_provenance(kind: str, object_id: str, name: str, sources: dict[str, int]) -> Row:
    """Return the provenance of a document that was read as a whole by one identity. `sources`: rows by list."""
    moment = "2026-01-01T00:00:00Z"
    return {
        "collection_version": "0.0.0",
        "started": moment,
        "ended": moment,
        "requests": 0,
        "collector": {"kind": kind, "id": object_id, "name": name, "rights": None},
        "sources": [
            {"name": source, "count": count, "complete": True, "why": "", "read_at": moment}
            for source, count in sorted(sources.items())
        ],
    }


def make_commcell_document(
    name: str, state: State, release: int, tokens: list[AccessToken], collector: tuple[str, str], origin: str
) -> Row:
    """Return the document of a CommCell.

    `collector`: id and name of the user that read it; `origin`: where its web console is.
    """
    document: Row = {
        "format": COMMCELL_FORMAT,
        "name": name,
        "commcell": {"id": str(COMMCELL_ID), "name": state.name, "release": release, "company": None},
        "companies": [_describe_company(one) for one in _sort(state.companies)],
        "permissions": [
            {"id": str(number), "name": text, "category": state.catalogue.category_of[number].name}
            for number, text in sorted(state.catalogue.names.items())
        ],
        "roles": [
            {
                **_describe_object(state, role),
                "description": role.description,
                "permissions": _list_permission_names(state, role.permission_ids, role.category_ids),
                "categories": sorted(state.catalogue.category_by_id[number].name for number in role.category_ids),
                "visible_to_all": role.visible_to_all,
            }
            for role in _sort(state.roles)
        ],
        "users": [_describe_user(state, user, collector[0]) for user in _sort(state.users)],
        "two_factor": {
            "mode": _MODES[int(state.two_factor["mode"])],
            "user_groups": sorted(row["userGroupName"] for row in state.two_factor["userGroups"]),
        },
        "user_groups": [_describe_group(state, group) for group in _sort(state.groups) if not group.provider],
        "external_groups": [_describe_object(state, group) for group in _sort(state.groups) if group.provider],
        "associations": _list_associations(state),
        "owners": _list_owners(state),
        "access_tokens": [_describe_token(state, token) for token in _sort(tokens)],
        "entities": _list_entities(state),
        "credentials": [
            _describe_credential(state, one) for one in _sort(state.credentials) if one.auth_type == "AZUREACCOUNT"
        ],
        "identity_providers": [
            _describe_app(state, app, origin)
            for app in sorted(state.apps, key=lambda app: (app.type == SAML, fold_case(app.name)))
            if app.type in (SAML, 5)
        ],
    }
    counts = {key: len(value) for key, value in document.items() if isinstance(value, list)}
    document["provenance"] = make_provenance("commvault_user", *collector, counts)
    return document


def _sort(records: Any) -> list[Any]:
    return sorted(records, key=lambda record: record.id)


def _describe_company(company: Company) -> Row:
    active = company.status == "ACTIVE"
    return {"id": str(company.id), "name": company.name, "alias": company.alias, "enabled": active}


def _find_company(state: State, company_id: int) -> str | None:
    company = state.companies.get(company_id)
    return company.name if company is not None else None


def _describe_object(state: State, record: Any) -> Row:
    row: Row = {"id": str(record.id), "name": record.name, "company": _find_company(state, record.company_id)}
    return {**row, "enabled": record.enabled} if hasattr(record, "enabled") else row


def _list_permission_names(state: State, permissions: set[int], categories: set[int]) -> list[str]:
    return sorted(state.catalogue.get_name(number) for number in state.catalogue.expand(permissions, categories))


def _format_moment(seconds: float) -> str | None:
    """Return a moment as documents have it; None for none, and for one that a service would not show."""
    if not 0 < seconds <= 253402300799:
        return None
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _describe_user(state: State, user: User, reader: str) -> Row:
    app = state.apps.get(user.auth_server_id)
    kind = "service_account" if user.is_service_account else "external" if user.provider else "local"
    if kind == "service_account":
        sign_in = "access_token"
    elif app is not None:
        sign_in = "identity_provider"
    else:
        sign_in = "directory_password" if user.provider else "commvault_password"
    groups = [
        {
            "kind": "external_group" if group.provider else "user_group",
            "id": str(group.id),
            "name": group.name,
        }
        for group in state.groups
        if user.id in group.member_ids
    ]
    return {
        **_describe_object(state, user),
        "kind": kind,
        "full_name": user.full_name,
        "email": user.email,
        "user_principal_name": user.upn,
        "description": user.description,
        "signs_in_with": sign_in,
        "identity_provider": app.name if app is not None else None,
        "local_password": False if kind != "local" else True if sign_in == "commvault_password" else None,
        "two_factor": _needs_second_factor(state, user) if sign_in.endswith("password") else None,
        "locked": user.locked_until > 0,
        "last_sign_in": None if str(user.id) == reader else _format_moment(user.last_login),
        "groups": sorted(groups, key=lambda one: int(one["id"])),
    }


def _needs_second_factor(state: State, user: User) -> bool:
    company = state.companies.get(user.company_id)
    settings = [state.two_factor, *([company.two_factor] if company is not None else [])]
    named = {fold_case(row["userGroupName"]) for setting in settings[:1] for row in setting["userGroups"]}
    mine = {fold_case(group.name) for group in state.groups_of_user(user.id)}
    return any(setting["mode"] == 1 or (setting["mode"] == 2 and bool(named & mine)) for setting in settings)


def _describe_group(state: State, group: UserGroup) -> Row:
    return {
        **_describe_object(state, group),
        "description": group.description,
        "entra_group_id": group.azure_guid.lower(),
        "restricted_consoles": sorted(group.restricted_console_types),
        "two_factor": {"ON": True, "OFF": False}.get(group.two_factor),
        "members": [str(number) for number in sorted(group.member_ids) if state.users.get(number) is not None],
    }


def _describe_principal(state: State, kind: int, number: int) -> Row:
    record = state.users.get(number) if kind == USER else state.groups.get(number)
    name = record.name if record is not None else state.unlisted.get((kind, number), "")
    return {"kind": _HOLDERS[kind], "id": str(number), "name": name}


def _describe_grant(state: State, grant: Grant) -> Row:
    kind = _KINDS.get(grant.entity_type, f"type:{grant.entity_type}")
    everywhere = grant.entity_id == ALL_OF_KIND
    name = f"all {kind}" if everywhere else state.entity_name(*grant.entity) or ""
    kinds = {CREATOR: "creator", INHERITED: "inherited", OWNER: "owner"}
    is_owner = grant.kind == OWNER
    role = None
    if grant.role_id is not None and not is_owner:
        from_list = state.roles.get(grant.role_id)
        text = from_list.name if from_list is not None else state.entity_name(120, grant.role_id) or ""
        role = {"id": str(grant.role_id), "name": text}
    permissions = [] if is_owner else [state.catalogue.get_name(number) for number in sorted(grant.permission_ids)]
    return {
        "principal": _describe_principal(state, *grant.principal),
        "role": role,
        "permissions": permissions,
        "entity": {"kind": kind, "id": "all" if everywhere else str(grant.entity_id), "name": name},
        "grant_kind": kinds.get(grant.kind, "permissions" if role is None else "explicit"),
    }


def _get_order(row: Row) -> tuple[Any, ...]:
    principal, entity = row["principal"], row["entity"]
    return (
        principal["kind"],
        int(principal["id"]),
        entity["kind"],
        _LAST if entity["id"] == "all" else int(entity["id"]),
        int(row["role"]["id"]) if row["role"] else _LAST,
        row["grant_kind"],
        row["permissions"],
    )


def _list_associations(state: State) -> list[Row]:
    rows = [_describe_grant(state, grant) for grant in state.grants if grant.kind != OWNER]
    return sorted(rows, key=_get_order)


def _list_owners(state: State) -> list[Row]:
    rows = [_describe_grant(state, grant) for grant in state.grants if grant.kind == OWNER]
    for one in state.credentials:
        rows.append(_describe_grant(state, Grant(*one.owner, None, CREDENTIAL, one.id, kind=OWNER)))
    return sorted(rows, key=_get_order)


def _list_entities(state: State) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for kind, number in sorted(ENTITY_TYPES.items()):
        if kind not in ("commcell", "company"):
            records = state.credentials if kind == "credentials" else state.entities[number]
            found[kind] = [_describe_object(state, record) for record in _sort(records)]
    return found


def _describe_token(state: State, token: AccessToken) -> Row:
    user = state.users.get(token.user_id)
    until = None if token.type in FIXED else _format_moment(token.renewable_until)
    return {
        "id": str(token.id),
        "name": token.name,
        "owner": {"kind": "user", "id": str(token.user_id), "name": user.name if user is not None else None},
        "token_type": _TOKEN_TYPES[token.type],
        "api_endpoints": sorted(token.api_endpoints),
        "allowed_ips": sorted(token.allowed_ips),
        "expires": _format_moment(token.expires),
        "renewable_until": until,
        "created": None,
        "last_used": None,
    }


def _describe_credential(state: State, credential: Credential) -> Row:
    words = {word: name for name, word in ENVIRONMENTS.items()}
    members = {member: name for name, member in ENDPOINTS.items()}
    description, fingerprint = split_mark(credential.description, "secret")
    holders = {
        grant.principal
        for grant in state.grants.of_entity(CREDENTIAL, credential.id)
        if USER_CREDENTIAL in grant.permission_ids and grant.principal_kind != EXTERNAL_GROUP and grant.kind != CREATOR
    }
    shared = [_describe_principal(state, *holder) for holder in holders]
    environment = credential.fields.get("environment")
    return {
        **_describe_object(state, credential),
        "description": description,
        "azure_tenant_id": credential.fields.get("tenantId"),
        "azure_application_id": credential.fields.get("applicationId"),
        "environment": words.get(str(environment), environment),
        "endpoints": {members[key]: value for key, value in (credential.fields.get("endpoints") or {}).items()},
        "secret_fingerprint": fingerprint,
        "owner": _describe_principal(state, *credential.owner),
        "shared_with": sorted(shared, key=lambda one: (one["kind"], int(one["id"]))),
    }


def _describe_app(state: State, app: IdentityApp, origin: str) -> Row:
    common: Row = {"name": app.name, "app_key": app.key, "company": _find_company(state, app.company_id)}
    own = _describe_saml(app, origin) if app.type == SAML else _describe_oidc(app)
    return {**common, "enabled": app.enabled, **own}


def _describe_saml(app: IdentityApp, origin: str) -> Row:
    document = app.document
    provider = document.get("identityProviderMetaData") or {}
    service = document.get("serviceProviderMetaData") or {}
    associations = document.get("associations") or {}
    description, mark = split_mark(app.description, "certificate")
    fingerprint, _until, expires = (mark or "").partition(" until ")
    endpoint = get_endpoint(app, origin)
    name_ids = {word: name for name, word in NAME_IDS.items()}
    told = document.get("nameIDAttribute", "Email")
    mappings = {row["customAttribute"].lower(): row["SAMLAttribute"] for row in document.get("attributeMappings") or ()}
    return {
        "kind": "saml",
        "description": description,
        "entity_id": provider.get("entityId", ""),
        "sign_on_url": provider.get("redirectUrl", ""),
        "sign_out_url": provider.get("logoutUrl", ""),
        "certificate_fingerprint": fingerprint or None,
        "certificate_expires": expires or None,
        "service_provider_endpoint": endpoint,
        "service_provider_aliases": sorted(service.get("spAliases") or ()),
        "name_id": name_ids.get(told, told),
        "attribute_mappings": mappings,
        "associations": {
            kind: sorted(row if isinstance(row, str) else row["name"] for row in associations.get(wire) or ())
            for kind, wire in LISTS.items()
        },
        "default_user_groups": sorted(
            (row.get("userGroupInfo") or row)["name"] for row in document.get("userGroups") or ()
        ),
        "auto_create_users": bool(document.get("autoCreateUser", False)),
        "auto_redirect": bool(app.flags & 1),
        "reply_url": get_consumer_url(app, origin),
        "sign_out_reply_url": f"{endpoint}/server/SAMLSingleLogout?samlAppKey={app.key}",
    }


def _describe_oidc(app: IdentityApp) -> Row:
    values = {row["name"]: row for row in (app.document.get("props") or {}).get("nameValues") or ()}
    description, fingerprint = split_mark(app.description, "secret")
    associations: dict[str, list[str]] = {kind: [] for kind in TREE}
    for item in app.document.get("assocTree") or ():
        for kind, (number, _id_member, name_member) in TREE.items():
            if item.get("_type_") == number and item.get(name_member) and kind != "domains":
                associations[kind].append(item[name_member])
    return {
        "kind": "oidc",
        "description": description,
        "application_id": values.get("clientId", {}).get("value", ""),
        "discovery_url": values.get("endPointUrl", {}).get("value", ""),
        "web_console_urls": sorted(values.get("webConsoleUrls", {}).get("values") or ()),
        "secret_fingerprint": fingerprint,
        "associations": {kind: sorted(names) for kind, names in associations.items()},
    }
