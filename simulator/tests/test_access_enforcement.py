# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditional access at the token service: who gets a token, and what the others are told."""

from __future__ import annotations

import base64
import json
import ssl
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from access_bodies import NOBODY, countries, ip_location, policy
from cvops_simulator import Identity, Replication, Simulator
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy
from cvops_simulator.testing import running_simulator
from graph_client import GraphClient, secret_form

OFFICE, OFFICE_V6 = "203.0.113.20", "2001:db8:40::7"
ELSEWHERE, ELSEWHERE_V6, NOWHERE = "198.51.100.20", "2001:db8:8000::1", "10.1.2.3"
BLOCK = {"operator": "OR", "builtInControls": ["block"]}
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"


class Visitor:
    """Asks for tokens as an identity or as a person, from an address."""

    def __init__(self, sim: Simulator, web: httpx.Client) -> None:
        self.sim, self.web = sim, web
        self.user = next(iter(sim.tenant.users.values()))
        self.app_id, self.principal_id = "", ""

    def token(self, form: dict[str, str], address: str = OFFICE) -> httpx.Response:
        return self.web.post("/oauth2/v2.0/token", data=form, headers={"x-client-address": address})

    def app(self, identity: Identity, address: str = OFFICE) -> int | None:
        """The AADSTS number that an identity gets; None: a token."""
        return number(self.token(secret_form(self.sim, identity), address))

    def device(self, address: str = OFFICE, scope: str = "User.Read offline_access") -> httpx.Response:
        """The answer to a device flow that the user has approved."""
        form = {"client_id": self.app_id, "scope": scope}
        flow = self.web.post("/oauth2/v2.0/devicecode", data=form).json()
        assert self.sim.login.approve_device(flow["user_code"], self.user["id"])
        redeem = {"grant_type": "device_code", "client_id": self.app_id, "device_code": flow["device_code"]}
        return self.token(redeem, address)

    def user_code(self, address: str = OFFICE) -> int | None:
        """The AADSTS number that the user gets; None: a token."""
        return number(self.device(address))

    def behave(self, **circumstances: Any) -> None:
        """Set how the user signs in from now on."""
        self.sim.tenant.behaviours.change({"circumstances": {self.user["id"]: circumstances}})


def number(answer: httpx.Response) -> int | None:
    """The AADSTS number of an answer; None: it is a token."""
    body = answer.json()
    if answer.status_code == 200:
        assert body["access_token"]
        return None
    assert (answer.status_code, body["error"]) == (400, "invalid_grant"), body
    return int(body["error_codes"][0])


@pytest.fixture
def visitor(sim: Simulator, graph: GraphClient) -> Iterator[Visitor]:
    application = graph.application(
        displayName="console",
        isFallbackPublicClient=True,
        publicClient={"redirectUris": ["http://localhost"]},
        web={"redirectUris": ["https://console.example/back"]},
    )
    principal = graph.principal(application)
    resource = sim.tenant.service_principal_of("00000003-0000-0000-c000-000000000000")
    assert resource is not None
    grant = {"clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": resource["id"]}
    graph.ok(201, "POST", "/oauth2PermissionGrants", {**grant, "scope": "User.Read"})
    context = ssl.create_default_context(cafile=sim.ca_path)
    base = f"{sim.login_url}/{sim.tenant_id}"
    with httpx.Client(verify=context, trust_env=False, base_url=base) as web:
        found = Visitor(sim, web)
        found.app_id, found.principal_id = application["appId"], principal["id"]
        yield found


def enforce(sim: Simulator, **values: Any) -> str:
    """Add an enabled policy without asking Graph; returns its id."""
    return str(add_policy(sim.tenant, policy(state="enabled", **values))["id"])


def workload(*included: str, **clients: Any) -> dict[str, Any]:
    """Conditions for workload identities that come from outside of the office."""
    return {"users": None, "clientApplications": {"includeServicePrincipals": list(included), **clients}}


@pytest.fixture
def office(sim: Simulator) -> str:
    """A trusted location."""
    body = ip_location("203.0.113.0/24", "2001:db8:40::/48", isTrusted=True)
    return str(add_location(sim.tenant, body)["id"])


# -- workload identities -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outside", [ELSEWHERE, ELSEWHERE_V6, NOWHERE, "no address"])
def test_a_workload_identity_outside_of_the_office(sim: Simulator, visitor: Visitor, office: str, outside: str) -> None:
    identity, other = sim.identity(name="one"), sim.identity(name="two")
    locations = {"includeLocations": ["All"], "excludeLocations": [office]}
    made = enforce(sim, conditions={**workload(identity.object_id), "locations": locations}, grantControls=BLOCK)
    assert visitor.app(identity, OFFICE) is None
    assert visitor.app(identity, OFFICE_V6) is None
    assert visitor.app(identity, f"::ffff:{OFFICE}") is None
    assert visitor.app(other, outside) is None
    answer = visitor.token(secret_form(sim, identity), outside)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (400, "invalid_grant", [53003])
    assert body["error_description"].startswith(
        "AADSTS53003: Access has been blocked by Conditional Access policies. The access policy does not allow token "
        "issuance."
    )
    assert body["suberror"] == "message_only"
    challenge = {"access_token": {"capolids": {"essential": True, "values": [made]}}}
    assert json.loads(body["claims"]) == challenge
    assert "claims" not in visitor.token(secret_form(sim, identity, client_secret="wrong"), outside).json()


def test_states(sim: Simulator, visitor: Visitor) -> None:
    identity = sim.identity(name="one")
    for state, wanted in (("disabled", None), ("enabledForReportingButNotEnforced", None), ("enabled", 53003)):
        body = policy(state=state, conditions=workload(identity.object_id), grantControls=BLOCK)
        add_policy(sim.tenant, body)
        assert visitor.app(identity) == wanted


def test_which_workload_identities_are_covered(
    sim: Simulator, graph: GraphClient, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, kept = sim.identity(name="one"), sim.identity(name="two")
    spared = workload("ServicePrincipalsInMyTenant", excludeServicePrincipals=[kept.object_id])
    enforce(sim, conditions=spared, grantControls=BLOCK)
    assert (visitor.app(one), visitor.app(kept)) == (53003, None)
    # Applications for several tenants and managed identities are out of reach.
    graph_token = graph._http.headers["Authorization"]
    graph.ok(204, "PATCH", f"/applications/{one.app_object_id}", {"signInAudience": "AzureADMultipleOrgs"})
    assert visitor.app(one) is None
    machine = sim.imds.assign("vm", "User.Read.All")
    assert machine.object_id in sim.tenant.service_principals
    query = {"api-version": "2018-02-01", "resource": "https://graph.microsoft.com"}
    url = f"{sim.imds_url}/metadata/identity/oauth2/token"
    assert httpx.get(url, params=query, headers={"Metadata": "true"}, trust_env=False).status_code == 200
    # Tokens that are out already stay good.
    assert graph._http.headers["Authorization"] == graph_token
    graph.ok(200, "GET", "/groups")
    assert visitor.app(sim.automation) == 53003


def test_policies_for_users_leave_workload_identities_alone(sim: Simulator, visitor: Visitor) -> None:
    enforce(sim, grantControls=BLOCK)
    assert visitor.app(sim.identity(name="one")) is None
    assert visitor.user_code() == 53003


def test_risk_and_attributes_of_workload_identities(sim: Simulator, visitor: Visitor) -> None:
    identity = sim.identity(name="one")
    made = enforce(
        sim,
        conditions={**workload("ServicePrincipalsInMyTenant"), "servicePrincipalRiskLevels": ["high"]},
        grantControls=BLOCK,
    )
    assert visitor.app(identity) is None
    sim.tenant.behaviours.change({"circumstances": {identity.object_id: {"service_principal_risk": "high"}}})
    assert visitor.app(identity) == 53003
    sim.tenant.store.remove("conditionalAccessPolicies", made)
    rule = {"mode": "include", "rule": 'CustomSecurityAttribute.Backup_Zone -eq "vault"'}
    enforce(sim, conditions=workload(servicePrincipalFilter=rule), grantControls=BLOCK)
    assert visitor.app(identity) is None
    row = sim.tenant.service_principals[identity.object_id]
    sim.tenant.update("servicePrincipal", {**row, "customSecurityAttributes": {"Backup": {"Zone": "Vault"}}})
    assert visitor.app(identity) == 53003


# -- where a request comes from ----------------------------------------------------------------------------------------


def test_who_tells_the_address(sim: Simulator, visitor: Visitor, office: str) -> None:
    identity = sim.identity(name="one")
    locations = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
    conditions = {**workload(identity.object_id), "locations": locations}
    enforce(sim, conditions=conditions, grantControls=BLOCK)
    assert visitor.web.post("/oauth2/v2.0/token", data=secret_form(sim, identity)).json()["error_codes"] == [53003]
    sim.tenant.behaviours.client_address = OFFICE
    assert visitor.app(identity, ELSEWHERE) is None
    sim.tenant.behaviours.change({"circumstances": {identity.object_id: {"address": ELSEWHERE}}})
    assert visitor.app(identity, OFFICE) == 53003


def test_countries(sim: Simulator, visitor: Visitor) -> None:
    home = add_location(sim.tenant, countries("CH"))["id"]
    unknown = add_location(sim.tenant, countries("CH", includeUnknownCountriesAndRegions=True))["id"]
    gps = add_location(sim.tenant, countries("CH", countryLookupMethod="authenticatorAppGps"))["id"]
    made = enforce(
        sim, conditions={"locations": {"includeLocations": ["All"], "excludeLocations": [home]}}, grantControls=BLOCK
    )
    assert visitor.user_code(OFFICE) is None
    assert visitor.user_code(OFFICE_V6) is None
    assert visitor.user_code(ELSEWHERE) == 53003
    assert visitor.user_code(NOWHERE) == 53003
    sim.tenant.behaviours.change({"address_countries": {"198.51.100.0/24": "CH"}})
    assert visitor.user_code(ELSEWHERE) is None
    sim.tenant.store.remove("conditionalAccessPolicies", made)
    made = enforce(sim, conditions={"locations": {"includeLocations": [unknown]}}, grantControls=BLOCK)
    assert (visitor.user_code(NOWHERE), visitor.user_code(ELSEWHERE)) == (53003, 53003)
    sim.tenant.store.remove("conditionalAccessPolicies", made)
    enforce(sim, conditions={"locations": {"includeLocations": [gps]}}, grantControls=BLOCK)
    assert visitor.user_code(ELSEWHERE) is None
    visitor.behave(gps_country="CH")
    assert visitor.user_code(NOWHERE) == 53003


def test_addresses_that_mfa_trusts(sim: Simulator, visitor: Visitor) -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    locations = {"includeLocations": ["All"], "excludeLocations": [zero]}
    enforce(sim, conditions={"locations": locations}, grantControls=BLOCK)
    assert visitor.user_code(OFFICE) == 53003
    sim.tenant.behaviours.mfa_trusted_ranges.append("203.0.113.0/24")
    assert (visitor.user_code(OFFICE), visitor.user_code(ELSEWHERE)) == (None, 53003)


# -- whom a policy is for ----------------------------------------------------------------------------------------------


def test_users_and_nested_groups(sim: Simulator, visitor: Visitor, graph: GraphClient) -> None:
    user = visitor.user["id"]
    inner, outer = graph.group("inner")["id"], graph.group("outer")["id"]
    sim.tenant.relate("members", inner, [user, outer])  # a circle, too
    sim.tenant.relate("members", outer, [inner])
    for users, wanted in (
        ({"includeUsers": ["All"]}, 53003),
        ({"includeUsers": ["None"]}, None),
        ({"includeUsers": [user]}, 53003),
        ({"includeUsers": [NOBODY]}, None),
        ({"includeGroups": [outer]}, 53003),
        ({"includeUsers": ["All"], "excludeUsers": [user]}, None),
        ({"includeUsers": ["All"], "excludeGroups": [outer]}, None),
        ({"includeUsers": [user], "excludeGroups": [inner]}, None),
        ({"includeUsers": ["All"], "excludeGroups": [NOBODY]}, 53003),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, None),
    ):
        made = enforce(sim, conditions={"users": users}, grantControls=BLOCK)
        assert visitor.user_code() == wanted, users
        sim.tenant.store.remove("conditionalAccessPolicies", made)


def test_roles(sim: Simulator, visitor: Visitor, graph: GraphClient) -> None:
    enforce(sim, conditions={"users": {"includeRoles": [GLOBAL_ADMINISTRATOR]}}, grantControls=BLOCK)
    assert visitor.user_code() is None
    sim.tenant.relate("roleMembers", GLOBAL_ADMINISTRATOR, [visitor.user["id"]])
    assert visitor.user_code() == 53003
    group = graph.group("admins")["id"]
    sim.tenant.relate("roleMembers", GLOBAL_ADMINISTRATOR, [group])
    assert visitor.user_code() is None
    sim.tenant.relate("members", group, [visitor.user["id"]])
    assert visitor.user_code() == 53003


def test_guests(sim: Simulator, visitor: Visitor) -> None:
    name = f"ann_partner.example#EXT#@{sim.tenant_domain}"
    guest = {"userPrincipalName": name, "displayName": "Ann", "userType": "Guest"}
    visitor.user = sim.tenant.add("user", guest)
    tenants = {
        "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
        "membershipKind": "enumerated",
        "members": [NOBODY],
    }
    for users, wanted in (
        ({"includeUsers": ["GuestsOrExternalUsers"]}, 53003),
        ({"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]}, None),
        ({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest"}}, 53003),
        ({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest"}}, None),
        (
            {
                "includeGuestsOrExternalUsers": {
                    "guestOrExternalUserTypes": "b2bCollaborationGuest",
                    "externalTenants": tenants,
                }
            },
            None,
        ),
    ):
        made = enforce(sim, conditions={"users": users}, grantControls=BLOCK)
        assert visitor.user_code() == wanted, users
        visitor.behave(home_tenant=NOBODY)
        assert visitor.user_code() == (53003 if "externalTenants" in str(users) else wanted), users
        sim.tenant.behaviours.circumstances.clear()
        sim.tenant.store.remove("conditionalAccessPolicies", made)


def test_applications(sim: Simulator, visitor: Visitor) -> None:
    graph_app = "00000003-0000-0000-c000-000000000000"
    for applications, scope, wanted in (
        ({"includeApplications": ["All"]}, "User.Read", 53003),
        ({"includeApplications": ["None"]}, "User.Read", None),
        ({"includeApplications": ["Office365"]}, "User.Read", None),
        ({"includeApplications": [graph_app]}, "User.Read", 53003),
        ({"includeApplications": ["All"], "excludeApplications": [graph_app]}, "User.Read", None),
        ({"includeApplications": [visitor.app_id]}, "User.Read", None),
        # Who asks for an ID token signs in to the application itself.
        ({"includeApplications": [visitor.app_id]}, "openid User.Read", 53003),
    ):
        made = enforce(sim, conditions={"applications": applications}, grantControls=BLOCK)
        assert number(visitor.device(scope=scope)) == wanted, (applications, scope)
        sim.tenant.store.remove("conditionalAccessPolicies", made)


# -- how somebody signs in ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "circumstances", "wanted"),
    [
        ({"clientAppTypes": ["browser"]}, {}, None),
        ({"clientAppTypes": ["browser"]}, {"client_app": "browser"}, 53003),
        ({"clientAppTypes": ["browser", "mobileAppsAndDesktopClients"]}, {}, 53003),
        ({"platforms": {"includePlatforms": ["all"]}}, {}, 53003),
        ({"platforms": {"includePlatforms": ["windows"]}}, {}, None),
        ({"platforms": {"includePlatforms": ["windows"]}}, {"platform": "windows"}, 53003),
        ({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}}, {"platform": "iOS"}, None),
        ({"signInRiskLevels": ["high", "medium"]}, {}, None),
        ({"signInRiskLevels": ["high", "medium"]}, {"sign_in_risk": "medium"}, 53003),
        ({"userRiskLevels": ["high"]}, {"user_risk": "low"}, None),
        ({"userRiskLevels": ["high"]}, {"user_risk": "high"}, 53003),
        ({"insiderRiskLevels": "moderate,elevated"}, {"insider_risk": "elevated"}, 53003),
        ({"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, {}, 53003),
        ({"authenticationFlows": {"transferMethods": "authenticationTransfer"}}, {}, None),
    ],
)
def test_conditions(
    sim: Simulator, visitor: Visitor, conditions: dict[str, Any], circumstances: dict[str, Any], wanted: int | None
) -> None:
    enforce(sim, conditions=conditions, grantControls=BLOCK)
    visitor.behave(**circumstances)
    assert visitor.user_code() == wanted


SAW = {"isCompliant": True, "trustType": "AzureAD", "extensionAttribute1": "SAW", "physicalIds": ["[OrderID]:vault"]}


@pytest.mark.parametrize(
    ("rule", "device", "holds"),
    [
        ('device.extensionAttribute1 -eq "saw"', SAW, True),
        ('device.extensionAttribute1 -eq "SAW"', None, False),
        ('device.extensionAttribute1 -ne "SAW"', None, True),
        ("device.isCompliant -eq True -and device.trustType -ne 'ServerAD'", SAW, True),
        ("device.isCompliant -eq False -or device.trustType -startsWith 'azure'", SAW, True),
        ("-not (device.isCompliant -eq True)", SAW, False),
        ('device.trustType -in ["AzureAD", "ServerAD"]', SAW, True),
        ('device.trustType -notIn ["Workplace"]', SAW, True),
        ('device.physicalIds -contains "vault"', SAW, True),
        ('device.physicalIds -notContains "vault"', SAW, False),
        ('device.model -eq "x" -or device.isCompliant -eq True -and device.model -eq null', SAW, True),
    ],
)
def test_filters_for_devices(
    sim: Simulator, visitor: Visitor, rule: str, device: dict[str, Any] | None, holds: bool
) -> None:
    visitor.behave(device=device)
    for mode, applies in (("include", holds), ("exclude", not holds)):
        conditions = {"devices": {"deviceFilter": {"mode": mode, "rule": rule}}}
        made = enforce(sim, conditions=conditions, grantControls=BLOCK)
        assert visitor.user_code() == (53003 if applies else None)
        sim.tenant.store.remove("conditionalAccessPolicies", made)


# -- what is demanded --------------------------------------------------------------------------------------------------

COMPLIANT = {"isCompliant": True, "trustType": "AzureAD"}
HYBRID = {"isCompliant": False, "trustType": "ServerAD"}


@pytest.mark.parametrize(
    ("operator", "controls", "circumstances", "wanted"),
    [
        ("OR", ["mfa"], {}, 50076),
        ("OR", ["mfa"], {"mfa_registered": False}, 50079),
        ("OR", ["mfa"], {"mfa": True}, None),
        ("OR", ["mfa"], {"method": "password,softwareOath"}, None),
        ("OR", ["compliantDevice"], {}, 53000),
        ("OR", ["compliantDevice"], {"device": HYBRID}, 53000),
        ("OR", ["compliantDevice"], {"device": COMPLIANT}, None),
        ("OR", ["domainJoinedDevice"], {"device": COMPLIANT}, 53001),
        ("OR", ["domainJoinedDevice"], {"device": HYBRID}, None),
        ("OR", ["approvedApplication"], {}, 53002),
        ("OR", ["approvedApplication"], {"accepted": ["approvedApplication"]}, None),
        ("OR", ["mfa", "compliantDevice"], {"device": COMPLIANT}, None),
        ("OR", ["mfa", "compliantDevice"], {}, 50076),
        ("AND", ["mfa", "compliantDevice"], {"device": COMPLIANT}, 50076),
        ("AND", ["mfa", "compliantDevice"], {"mfa": True}, 53000),
        ("AND", ["mfa", "compliantDevice"], {"mfa": True, "device": COMPLIANT}, None),
        ("AND", ["mfa", "passwordChange"], {"mfa": True}, 50142),
    ],
)
def test_controls(
    sim: Simulator,
    visitor: Visitor,
    operator: str,
    controls: list[str],
    circumstances: dict[str, Any],
    wanted: int | None,
) -> None:
    made = enforce(sim, grantControls={"operator": operator, "builtInControls": controls})
    visitor.behave(**circumstances)
    answer = visitor.device()
    assert number(answer) == wanted
    if wanted:
        assert json.loads(answer.json()["claims"])["access_token"]["capolids"]["values"] == [made]
        assert answer.json()["suberror"] == ("basic_action" if wanted in (50076, 50079, 50142) else "message_only")


def test_authentication_strength(sim: Simulator, visitor: Visitor) -> None:
    enforce(sim, grantControls={"operator": "OR", "authenticationStrength": {"id": PHISHING_RESISTANT}})
    for method, wanted in (("password,sms", 50076), ("fido2", None)):
        visitor.behave(method=method)
        assert visitor.user_code() == wanted


def test_terms_of_use(sim: Simulator, visitor: Visitor) -> None:
    enforce(sim, grantControls={"operator": "OR", "termsOfUse": [NOBODY]})
    assert visitor.user_code() == 50158
    visitor.behave(accepted=[NOBODY])
    assert visitor.user_code() is None


def test_all_policies_count_and_a_block_wins(sim: Simulator, visitor: Visitor) -> None:
    enforce(sim, grantControls={"operator": "OR", "builtInControls": ["compliantDevice"]})
    enforce(sim, sessionControls={"persistentBrowser": {"isEnabled": True, "mode": "never"}}, grantControls=None)
    mfa = enforce(sim)
    answer = visitor.device()
    assert number(answer) == 50076
    assert json.loads(answer.json()["claims"])["access_token"]["capolids"]["values"] == [mfa]
    visitor.behave(mfa=True)
    assert visitor.user_code() == 53000
    blocking = [enforce(sim, grantControls=BLOCK), enforce(sim, grantControls=BLOCK)]
    answer = visitor.device()
    assert number(answer) == 53003
    assert json.loads(answer.json()["claims"])["access_token"]["capolids"]["values"] == blocking


def test_without_licence_nothing_is_enforced(sim: Simulator, visitor: Visitor) -> None:
    enforce(sim, grantControls=BLOCK)
    sim.tenant.behaviours.licences.clear()
    assert visitor.user_code() is None


# -- other ways to sign in ---------------------------------------------------------------------------------------------


def test_authorization_code(sim: Simulator, visitor: Visitor, office: str) -> None:
    locations = {"includeLocations": ["All"], "excludeLocations": [office]}
    conditions = {
        "applications": {"includeApplications": [visitor.app_id]},
        "locations": locations,
        "clientAppTypes": ["browser"],
    }
    enforce(sim, conditions=conditions, grantControls=BLOCK)
    query = {
        "client_id": visitor.app_id,
        "redirect_uri": "https://console.example/back",
        "scope": "openid profile",
        "login_hint": visitor.user["id"],
    }

    def authorize(address: str, **changes: str) -> httpx.Response:
        return visitor.web.get(
            "/oauth2/v2.0/authorize", params={**query, **changes}, headers={"x-client-address": address}
        )

    refused = authorize(ELSEWHERE)
    assert refused.status_code == 400 and "AADSTS53003" in refused.text
    assert authorize(ELSEWHERE, redirect_uri="http://localhost:5000").status_code == 302
    assert authorize(ELSEWHERE, scope="User.Read").status_code == 302
    code = authorize(OFFICE).headers["Location"].partition("code=")[2].partition("&")[0]
    form = {"grant_type": "authorization_code", "client_id": visitor.app_id, "code": code}
    # Where the server stands that redeems the code is of no account.
    assert number(visitor.token({**form, "redirect_uri": query["redirect_uri"]}, ELSEWHERE)) is None


def test_refresh_tokens_are_judged_again(sim: Simulator, visitor: Visitor, office: str) -> None:
    refresh = visitor.device().json()["refresh_token"]
    locations = {"includeLocations": ["All"], "excludeLocations": [office]}
    enforce(sim, conditions={"locations": locations}, grantControls=BLOCK)
    form = {"grant_type": "refresh_token", "client_id": visitor.app_id, "refresh_token": refresh}
    assert number(visitor.token(form, OFFICE)) is None
    assert number(visitor.token(form, ELSEWHERE)) == 53003


def test_saml(sim: Simulator, visitor: Visitor, graph: GraphClient) -> None:
    console = "https://cv.corp.example/saml"
    application = graph.application(displayName="saml", web={"redirectUris": [console]})
    graph.ok(204, "PATCH", f"/applications/{application['id']}", {"identifierUris": [f"api://{application['appId']}"]})
    graph.principal(application)
    message = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0" '
        f'IssueInstant="2026-03-02T09:41:07Z"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">'
        f"{application['appId']}</Issuer></samlp:AuthnRequest>"
    )
    packed = base64.b64encode(zlib.compress(message.encode())[2:-4]).decode()
    enforce(sim, conditions={"applications": {"includeApplications": [application["appId"]]}}, grantControls=BLOCK)
    answer = visitor.web.get("/saml2", params={"SAMLRequest": packed, "login_hint": visitor.user["id"]})
    assert answer.status_code == 400 and "AADSTS53003" in answer.text


def test_circumstances_are_checked(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="unknown key"):
        sim.tenant.behaviours.change({"circumstances": {"*": {"adress": OFFICE}}})
    assert sim.tenant.behaviours.circumstances == {}


def test_a_new_policy_takes_a_while() -> None:
    replication = Replication(seed=5, object_lag=60.0, tail=0.0)
    with running_simulator(set="S", seed=1, replication=replication) as sim:
        identity = sim.identity(name="one")
        context = ssl.create_default_context(cafile=sim.ca_path)
        base = f"{sim.login_url}/{sim.tenant_id}"
        with httpx.Client(verify=context, trust_env=False, base_url=base) as web:
            visitor = Visitor(sim, web)
            enforce(sim, conditions=workload(identity.object_id), grantControls=BLOCK)
            assert None in {visitor.app(identity) for _ in range(10)}
            sim.clock.advance(60)
            assert {visitor.app(identity) for _ in range(10)} == {53003}
