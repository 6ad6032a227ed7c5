# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every request of every writer meets every fault, while both services show each write late; two more runs follow.

Whatever happens in the first run: it succeeds or says clearly what is wrong, the second run reaches the end state, the third has
nothing left to do, nothing is there twice or left over, and no secret that was made is lost.

``CVOPS_FAULTS=whole`` (``make test-all``) tries every kind at every request; else a fixed sample of the pairs is tried.
"""

from __future__ import annotations

import base64
import functools
import typing as t
import zlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Grant, IdentityApp
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy
from cvops_simulator.entra.grants import assign_role
from cvops_simulator.entra.graph.token_signing import add_signing_certificate
from cvops_simulator.entra.replication import Replication
from helpers import certificates
from helpers.cases import CASES, Case, make_oidc_app, make_role_holder, make_saml_app, make_user
from helpers.direct import run_body
from helpers.end_state import find_differences, read_end_state
from helpers.sampling import WHOLE
from helpers.virtual_time import share_clock

pytestmark = pytest.mark.any_core

#: So many pairs of a request and a fault are tried of each case, if not all.
SAMPLE = 3
#: How long the services show what was before a write, at most, in seconds.
LAG_S = 3.0
FAULTS: dict[str, dict[str, t.Any]] = {
    "lost before": {"action": "drop_before"},
    "lost after": {"action": "drop_after"},
    "503 after": {"action": "status_after", "status": 503, "retry_after": 1},
    "429": {"action": "status", "status": 429, "retry_after": 1},
    "500": {"action": "status", "status": 500},
    "500 after": {"action": "status_after", "status": 500},
    "401": {"action": "status", "status": 401},
    "404": {"action": "status", "status": 404},
    "truncated": {"action": "truncated"},
    "empty": {"action": "empty"},
    "409": {
        "action": "status",
        "status": 409,
        "body": {"error": {"code": "Directory_ConcurrencyViolation", "message": "A concurrency violation occurred."}},
    },
}
#: Faults that one service alone knows.
OF_GRAPH = ("409",)
KINDS = {
    "api",
    "unreachable",
    "auth",
    "forbidden",
    "not_found",
    "throttled",
    "bad_answer",
    "timeout",
    "ambiguous",
    "config",
    "rotation",
}


def _cell(site: Simulator) -> t.Any:
    return next(iter(site.commcells.values()))


def _mapped_group(site: Simulator) -> str:
    """The object id of an Entra group with members."""
    return next(key for key in site.tenant.groups if site.tenant.members(key))


def _some_members(site: Simulator) -> dict[str, t.Any]:
    """A group keeps one of its members."""
    group = _mapped_group(site)
    return {"object_id": group, "members": site.tenant.members(group)[:1], "exclusive": True, "max_removals": 1000}


def _other_group(site: Simulator) -> dict[str, t.Any]:
    """Another group, which goes."""
    group = next(item for key, item in site.tenant.groups.items() if key != _mapped_group(site))
    return {"display_name": group["displayName"], "state": "absent"}


def _texts_of_roles(site: Simulator) -> dict[str, t.Any]:
    """Every app role gets another text, which takes two requests."""
    document = site.variables()["cvops_application"]
    roles = [{**role, "description": "Another text"} for role in document["app_roles"]]
    return {"unique_name": document["unique_name"], "app_roles": roles, "api_permissions": [], "exclusive": True}


def _credential(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """A federated credential that is there already."""
    identity = site.identity(name="job")
    application = site.tenant.application_of(identity.client_id)
    values = {
        "name": "scheduler",
        "issuer": "https://old.example",
        "subject": "old",
        "audiences": ["api://AzureADTokenExchange"],
    }
    row = {"id": site.tenant.new_id(), "description": None, **values}
    site.tenant.store.put(
        "federatedIdentityCredentials", t.cast("dict[str, t.Any]", application)["id"], {"items": [row]}, replicated=True
    )
    return {"application": {"app_id": identity.client_id}, "name": "scheduler", **more}


def _location(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """A trusted location that is there already, in no policy."""
    listed = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.16/28"}]
    values = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Egress", "isTrusted": True}
    row = add_location(site.tenant, {**values, "ipRanges": listed}, replicated=True)
    return {"object_id": row["id"], **more}


def _policy(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """A policy in report-only that is there already, with two session controls."""
    values = {
        "displayName": "CA100",
        "state": "enabledForReportingButNotEnforced",
        "conditions": {
            "users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]},
            "clientAppTypes": ["all"],
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        "sessionControls": {
            "persistentBrowser": {"mode": "never", "isEnabled": True},
            "applicationEnforcedRestrictions": {"isEnabled": True},
        },
    }
    return {"object_id": add_policy(site.tenant, values, replicated=True)["id"], **more}


def _role_name(site: Simulator, number: int) -> str:
    """The name of one of the roles that may be changed."""
    return [role.name for role in _cell(site).state.roles if not role.system and not role.company_id][number]


def _delete_role(site: Simulator) -> dict[str, t.Any]:
    return {"name": _role_name(site, 0), "state": "absent"}


def _token(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """An access token that is there already."""
    cell = _cell(site).cell
    cell.access_token()
    (token,) = cell.sessions.store.of_user(cell.user(cell.automation[0]).id)
    return {"name": token.name, **more}


def _narrow_credential(site: Simulator) -> dict[str, t.Any]:
    """A credential that two may use, and then one, in another cloud."""
    service, group = _cell(site), _cell(site).state.groups.named("Storage Team")[0]
    (credential,) = service.state.credentials.named("azure-prod")
    credential.owner = (13, service.cell.user(service.automation[0]).id)
    for principal in ((13, 1), (15, group.id)):
        service.state.grants.add(Grant(*principal, None, 154, credential.id, permission_ids=frozenset({218})))
    shared = [{"user_group": group.name}]
    return {"name": "azure-prod", "environment": "usgov", "shared_with": shared, "exclusive": True}


def _oidc_app(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """An OpenID Connect app that is there already, and holds another secret."""
    options = make_oidc_app(site)
    properties = [
        {"name": "clientId", "value": options["application_id"]},
        {"name": "endPointUrl", "value": options["discovery_url"]},
        {"name": "webConsoleUrls", "values": options["web_console_urls"]},
    ]
    apps = _cell(site).state.apps
    document = {"props": {"nameValues": properties}, "assocTree": [{"_type_": 12}]}
    apps.add(IdentityApp(apps.new_id(), options["name"], "0A1D", 5, document=document, secrets={"clientSecret": "old"}))
    return {**(more if "state" in more else options), "name": options["name"], **more}


def _saml_app(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """A SAML app that is there already, with other settings, another certificate, and auto-redirect."""
    options = make_saml_app(site)
    document = {
        "identityProviderMetaData": {"entityId": "old", "redirectUrl": "https://old.example/", "logoutUrl": ""},
        "serviceProviderMetaData": {"serviceProviderEndpoint": options["service_provider_endpoint"]},
        "associations": {"emailSuffixes": ["old.example"]},
    }
    apps = _cell(site).state.apps
    app = IdentityApp(apps.new_id(), options["name"], "5A31", 2, document=document, secrets={"certificateData": "old"})
    app.flags = 5
    apps.add(app)
    return {
        **(more if "state" in more else {**options, "exclusive": True, "auto_redirect": False}),
        "name": app.name,
        **more,
    }


def _entry(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """A mapping of one Entra group that Commvault does not know yet."""
    group = site.tenant.add(
        "group", {"displayName": "GG-NEW-Operators", "securityEnabled": True, "mailNickname": "new"}, replicated=True
    )
    plan = sorted(item.name for item in _cell(site).state.entities[158] if not item.company_id)[0]
    entry = {
        "principal": {"entra_group": {"object_id": group["id"], "name": group["displayName"]}},
        "grants": [{"role": "View", "entities": {"plans": [plan]}}],
    }
    return {"mappings": [entry], "max_removals": 1000, **more}


def _roles_and_entry(site: Simulator) -> dict[str, t.Any]:
    """A role that is created, one that is changed and one that goes, and a group that gets the first two."""
    options, changed = _entry(site), _role_name(site, 1)
    (entry,) = options["mappings"]
    (grant,) = entry["grants"]
    roles = [
        {"name": "Night Operator", "permissions": ["View", "Browse"]},
        {"name": changed, "permissions": ["View"]},
        _delete_role(site),
    ]
    grants = [{**grant, "role": "Night Operator"}, {**grant, "role": changed}]
    return {**options, "roles": roles, "mappings": [{**entry, "grants": grants}], "require_object_id": "none"}


def _absent_entry(site: Simulator) -> dict[str, t.Any]:
    entry = site.variables()["cvops_role_mappings"][0]
    return {"mappings": [{**entry, "state": "absent"}], "require_object_id": "none", "max_removals": 1000}


def _consent_exclusively(site: Simulator) -> dict[str, t.Any]:
    identity = site.identity("User.Read.All", "Group.Read.All", name="job")
    wanted = [{"api": "Microsoft Graph", "application": ["User.Read.All"], "delegated": []}]
    return {"app_id": identity.client_id, "api_permissions": wanted, "exclusive": True}


def _held_role(site: Simulator, state: str) -> dict[str, t.Any]:
    """A role that a group and a user hold: either that of the user goes, or that of the group."""
    options = make_role_holder(site, exclusive=state == "present", state=state)
    application = next(row for row in site.tenant.applications.values() if row.get("uniqueName") == "reports")
    principal = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(application["appId"]))
    role, (group,) = principal["appRoles"][0]["id"], [entry["group"] for entry in options["assignments"]]
    named = next(key for key, row in site.tenant.groups.items() if row["displayName"] == group)
    for holder in (next(iter(site.tenant.users)), named):
        assign_role(site.tenant, holder, principal["id"], role, replicated=True)
    return options


def _remove_secret(site: Simulator) -> dict[str, t.Any]:
    identity = site.identity(name="job")
    application = t.cast("dict[str, t.Any]", site.tenant.application_of(identity.client_id))
    (secret,) = application["passwordCredentials"]
    return {
        "application": {"app_id": identity.client_id},
        "name": "old",
        "key_id": secret["keyId"],
        "state": "absent",
        "accept_risk": ["last_key"],
        "accept_reason": "it is the test",
    }


def _certificates(site: Simulator, **more: t.Any) -> dict[str, t.Any]:
    """An application with certificates of several kinds, and one to add."""
    app_id = site.identity(name="job").client_id
    certificates.plant_certificate(site, app_id, certificates.SECOND, "old")
    certificates.plant_certificate(site, app_id, certificates.SECOND, "old, once more")
    certificates.plant_certificate(site, app_id, certificates.THIRD, "signs", usage="Sign")
    return {"application": {"app_id": app_id}, "name": "new", "certificate": certificates.FIRST, **more}


def _remove_certificates(site: Simulator) -> dict[str, t.Any]:
    accepted = {"accept_risk": ["last_key"], "accept_reason": "it is the test"}
    options = {**_certificates(site), "certificate": certificates.SECOND, "state": "absent", **accepted}
    return {name: value for name, value in options.items() if name != "name"}


def _registered_only(site: Simulator) -> dict[str, t.Any]:
    """An application without a service principal."""
    values = {"displayName": "Registered only", "appId": site.tenant.new_id()}
    application = site.tenant.add("application", values, replicated=True)
    owners = [next(iter(site.tenant.users))]
    return {"app_id": application["appId"], "tags": ["backup"], "owners": owners, "assignment_required": True}


@functools.cache
def _make_key() -> rsa.RSAPrivateKey:
    """Return one key for all certificates of the seeded state: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _signing(site: Simulator, days: float = 900, active: bool = False, **asked: t.Any) -> dict[str, t.Any]:
    """A service principal with a certificate that is valid for *days*, and one that ends in a month and a half."""
    app_id = site.identity(name="job").client_id
    for left in (45.0, days):
        principal = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(app_id))
        now = site.clock.now()
        added = add_signing_certificate(
            site.tenant, principal, "CN=Job", now - 86400, now + left * 86400, replicated=True, key=_make_key()
        )
    principal = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(app_id))
    thumbprint = added["thumbprint"] if active else None
    changed = {**principal, "preferredSingleSignOnMode": "saml", "preferredTokenSigningKeyThumbprint": thumbprint}
    site.tenant.update("servicePrincipal", changed, replicated=True)
    return {"app_id": app_id, "signing_certificate": {"renew_before_days": 60, **asked}}


def _list_thumbprints(site: Simulator, app_id: str) -> list[str]:
    principal = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(app_id))
    ids = [item["customKeyIdentifier"] for item in principal["keyCredentials"] if item["usage"] == "Sign"]
    return [base64.b64decode(identifier).hex() for identifier in ids]


def _activate_certificate(site: Simulator) -> dict[str, t.Any]:
    options = _signing(site)
    options["signing_certificate"]["activate"] = _list_thumbprints(site, options["app_id"])[-1]
    return options


def _remove_signing_certificate(site: Simulator) -> dict[str, t.Any]:
    options = _signing(site, active=True)
    options["signing_certificate"]["remove"] = _list_thumbprints(site, options["app_id"])[:1]
    return options


def _lost_application(site: Simulator) -> dict[str, t.Any]:
    """An application that gets fewer redirect URIs, identifier URIs and permissions."""
    return {
        "unique_name": "commvault-management",
        "web": {"redirect_uris": []},
        "api_permissions": [],
        "exclusive": True,
    }


MORE = (
    Case(
        "entra_group",
        "create with members by display name",
        lambda site: {
            "display_name": "GG Team",
            "members": list(site.tenant.users)[:2],
            "owners": list(site.tenant.users)[:1],
        },
        has_key=False,
    ),
    Case("entra_group", "fewer members", _some_members),
    Case(
        "entra_group",
        "delete by display name",
        lambda site: {"display_name": site.tenant.groups[_mapped_group(site)]["displayName"], "state": "absent"},
    ),
    Case(
        "entra_groups",
        "change and delete by display name",
        lambda site: {"groups": [_some_members(site), _other_group(site)], "max_removals": 1000},
    ),
    Case("entra_application", "texts of roles", _texts_of_roles),
    Case("entra_application", "narrowed", _lost_application),
    Case("entra_service_principal", "create", _registered_only),
    Case("entra_service_principal", "a new signing certificate", lambda site: _signing(site, 20, activate="first")),
    Case("entra_service_principal", "activate a signing certificate", _activate_certificate),
    Case("entra_service_principal", "remove a signing certificate", _remove_signing_certificate),
    Case(
        "entra_federated_credential",
        "change",
        lambda site: _credential(site, issuer="https://scheduler.corp.example", subject="job/converge-access"),
    ),
    Case("entra_federated_credential", "delete", lambda site: _credential(site, state="absent")),
    Case("entra_admin_consent", "exclusive", _consent_exclusively),
    Case("entra_app_role_assignment", "exclusive", lambda site: _held_role(site, "present")),
    Case("entra_app_role_assignment", "absent", lambda site: _held_role(site, "absent")),
    Case(
        "entra_conditional_access_policy",
        "two requests",
        lambda site: _policy(
            site, session={"persistent_browser": "none"}, users={"exclude": {"roles": ["Global Administrator"]}}
        ),
    ),
    Case("entra_conditional_access_policy", "delete", lambda site: _policy(site, state="absent")),
    Case(
        "entra_named_location",
        "change",
        lambda site: _location(site, ip_ranges=["198.51.100.0/24"], exclusive=True, trusted=False),
    ),
    Case("entra_named_location", "delete a trusted one", lambda site: _location(site, state="absent")),
    Case("entra_application_certificate", "exclusive", lambda site: _certificates(site, exclusive=True)),
    Case("entra_application_certificate", "remove", _remove_certificates),
    Case("entra_application_secret", "remove", _remove_secret),
    Case("commvault_role", "delete", _delete_role),
    Case("commvault_credential", "narrow", _narrow_credential),
    Case(
        "commvault_user",
        "other groups",
        lambda site: make_user(site, email="x@corp.example", user_groups=["Storage Team"], exclusive=True),
    ),
    Case("commvault_access_token", "narrow", lambda site: _token(site, allowed_ips=["127.0.0.1"])),
    Case("commvault_access_token", "revoke", lambda site: _token(site, state="absent")),
    Case("commvault_oidc_app", "a new secret", _oidc_app),
    Case("commvault_oidc_app", "delete", lambda site: _oidc_app(site, state="absent")),
    Case("commvault_saml_app", "another provider", _saml_app),
    Case("commvault_saml_app", "delete", lambda site: _saml_app(site, state="absent")),
    Case("commvault_role_mappings", "a new group", _entry),
    Case("commvault_role_mappings", "absent", _absent_entry),
    Case("commvault_role_mappings", "roles beside it", _roles_and_entry),
)
WRITERS = [case for case in (*CASES, *MORE) if case.changes and not case.is_local]


@pytest.fixture
def site(make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Return a site whose services show each write late, and whose clock moves on by as much as a run waits."""
    lags = {
        "object_lag": LAG_S,
        "property_lag": LAG_S,
        "credential_lag_graph": LAG_S,
        "credential_lag_token": 0.0,
        "grant_lag": LAG_S,
    }
    found = make_site(set="S", replication=Replication(seed=1, tail=0.0, **lags))
    share_clock(monkeypatch, found)
    return found


def _seed(site: Simulator, case: Case) -> dict[str, t.Any]:
    """Return the options of *case* for the site in its seeded state, which every replica knows."""
    site.reset()
    options = case.options(site)
    for service in site.commcells.values():
        service.behaviours.change({"replication_lag": LAG_S, "details_lag": True})
    site.clock.advance(10 * LAG_S)
    site.journal.clear()
    return options


def _choose_faults(case: Case, requests: t.Sequence[t.Any]) -> list[tuple[int, str]]:
    """Return the pairs of a request's number and a fault to try: all, or a sample that is the same in every run."""
    pairs = [
        (number, name)
        for number, request in enumerate(requests)
        for name in FAULTS
        if request.service == "graph" or name not in OF_GRAPH
    ]
    if WHOLE:
        return pairs
    return sorted(pairs, key=lambda pair: zlib.crc32(f"{case.name}/{pair}".encode()))[:SAMPLE]


@pytest.mark.parametrize("case", WRITERS, ids=lambda case: case.name)
def test_a_fault_at_any_request_costs_a_further_run_at_most(site: Simulator, case: Case) -> None:
    module, options = case.load(), _seed(site, case)
    clean = run_body(module, site, options)
    assert clean["changed"] is True, clean.get("msg")
    assert "does not show it yet" not in str(clean["warnings"]), clean["warnings"]
    expected, requests = read_end_state(site), site.journal.entries()
    again = run_body(module, site, options)
    assert again["changed"] is False, again
    wrong = []
    for number, name in _choose_faults(case, requests):
        options = _seed(site, case)
        site.faults.add(Fault("*", "*", "*", after=number, **FAULTS[name]))
        first = run_body(module, site, options)
        site.faults.clear()
        second, third = (run_body(module, site, options) for dummy in range(2))
        problems = _find_problems(site, case, expected, first, second, third)
        if problems:
            request = requests[number]
            wrong.append(f"request {number} ({request.service} {request.method} {request.path}), {name}: {problems}")
    assert not wrong, "\n".join(wrong)


#: What a write is answered that the service takes and does not carry out, by whether the service is Graph.
TAKEN: dict[bool, dict[str, t.Any]] = {
    True: {"status": 204, "body": ""},
    False: {"status": 200, "body": {"errorCode": 0, "error": {"errorCode": 0}, "response": [{"errorCode": 0}]}},
}


def _is_told(found: t.Any) -> bool:
    """Whether a result says somewhere that something is not confirmed, or that it waits for an approval."""
    if isinstance(found, dict):
        return (
            bool(found.get("not_confirmed"))
            or found.get("pending_approval") is True
            or any(map(_is_told, found.values()))
        )
    return isinstance(found, list) and any(map(_is_told, found))


@pytest.mark.parametrize("case", WRITERS, ids=lambda case: case.name)
def test_a_write_that_is_answered_and_not_carried_out_is_told(site: Simulator, case: Case) -> None:
    """Each write in turn, or the first and the last one: the run fails or says what is not confirmed, and the next one does it."""
    module, options = case.load(), _seed(site, case)
    assert run_body(module, site, options)["changed"] is True
    expected = read_end_state(site)
    asked = [(number, entry) for number, entry in enumerate(site.journal.entries()) if entry in site.journal.writes()]
    wrong = []
    for number, request in asked if WHOLE else {asked[0][0]: asked[0], asked[-1][0]: asked[-1]}.values():
        options = _seed(site, case)
        site.faults.add(Fault("*", "*", "*", after=number, action="status", **TAKEN[request.service == "graph"]))
        first = run_body(module, site, options)
        site.faults.clear()
        is_done = not find_differences(
            expected, read_end_state(site)
        )  # the task has noticed, and has written it once more
        second = run_body(module, site, options)
        told = f"{request.service} {request.method} {request.path}: {first.get('msg')}"
        if not (is_done or first.get("failed") or _is_told(first)):
            wrong.append(f"not told: {told}")
        if second.get("failed") or find_differences(expected, read_end_state(site)):
            wrong.append(f"not done by the second run: {told}; {second.get('msg')}")
    assert not wrong, "\n".join(wrong)


def _find_problems(
    site: Simulator,
    case: Case,
    expected: t.Any,
    first: dict[str, t.Any],
    second: dict[str, t.Any],
    third: dict[str, t.Any],
) -> list[str]:
    found = []
    if first.get("failed"):
        if first["error"]["kind"] not in KINDS or len(first["msg"]) < 30 or "Traceback" in first["msg"]:
            found.append(f"unclear: {first['error']} {first['msg']}")
    elif second["changed"]:
        found.append(f"said to be done, and changed again: {second.get('msg')}")
    if second.get("failed"):
        found.append(f"second run: {second['msg']} after {first.get('msg')}")
    elif third.get("failed") or third["changed"]:
        found.append(f"third run: {third.get('msg')}")
    if not (first["changed"] or second["changed"] or first.get("error", {}).get("outcome") == "unknown"):
        found.append(f"nobody said that anything changed: {first.get('msg')}")
    different = find_differences(expected, read_end_state(site))
    if not case.has_key:
        different.pop("deletedItems", None)
    if different:
        found.append(f"end state: {different}; first {first.get('msg')}")
    if not any(_shows_secret(result) for result in (first, second)) and "secret" in second:
        found.append(f"lost secret: {first.get('msg')}")
    # A log-in or log-out that is lost may leave a session behind, and so may one that a service does not know any more.
    entries = [entry for entry in site.journal.entries() if entry.fault]
    lost = sum(entry.path.lower().endswith(("/login", "/logout")) or entry.status == 401 for entry in entries)
    if sum(len(service.sessions.logins) for service in site.commcells.values()) > lost:
        found.append("a session is left open")
    return found


def _shows_secret(result: dict[str, t.Any]) -> bool:
    """Return whether the result, or what is salvaged in it, has the value of a secret, or none was asked for."""
    secret = {**result.get("salvaged", {}), **result}.get("secret")
    return secret == {} or bool((secret or {}).get("value"))
