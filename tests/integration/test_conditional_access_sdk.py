# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft's SDK and the modules of conditional access leave alone what the other one has written, and read the same in it."""

from __future__ import annotations

import copy
import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes
from helpers.direct import run_body
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.fields import BY_OPTION, FIELDS
from ansible_collections.cvops.identity.plugins.modules import entra_conditional_access_policy as policy_module
from ansible_collections.cvops.identity.plugins.modules import entra_named_location as location_module

pytest.importorskip("msgraph", reason="the official SDK is installed with the simulator's tests")
graph_sdk = pytest.importorskip("helpers.graph_sdk")

TENANT = "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"
ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"  # template of Global Administrator
PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"
OF_IP, OF_COUNTRY = "#microsoft.graph.ipNamedLocation", "#microsoft.graph.countryNamedLocation"
REPORTS = "enabledForReportingButNotEnforced"
#: Named locations as Graph says them, with the same as options.
LOCATIONS: dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]] = {
    "Egress": (
        {
            "@odata.type": OF_IP,
            "isTrusted": True,
            "ipRanges": [
                {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.16/28"},
                {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8:40::/48"},
            ],
        },
        {"ip_ranges": ["2001:db8:40::/48", "203.0.113.16/28"], "trusted": True},
    ),
    "Branch": (
        {
            "@odata.type": OF_IP,
            "isTrusted": False,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.0/24"}],
        },
        {"ip_ranges": ["198.51.100.0/24"], "trusted": False},
    ),
    "Operators": (
        {
            "@odata.type": OF_COUNTRY,
            "countriesAndRegions": ["CH", "LI"],
            "includeUnknownCountriesAndRegions": True,
            "countryLookupMethod": "authenticatorAppGps",
        },
        {"countries": ["li", "CH"], "include_unknown_countries": True, "country_lookup": "authenticator_app_gps"},
    ),
    "Neighbours": (
        {
            "@odata.type": OF_COUNTRY,
            "countriesAndRegions": ["AT"],
            "includeUnknownCountriesAndRegions": False,
            "countryLookupMethod": "clientIpAddress",
        },
        {"countries": ["AT"], "include_unknown_countries": False, "country_lookup": "client_ip_address"},
    ),
}


class Ids(t.NamedTuple):
    """What the policies name."""

    user: str
    user_name: str
    group: str
    application: str
    application_name: str
    principal: str
    terms: str


def seed(site: Simulator) -> Ids:
    """Put into the tenant what the policies name and return the ids."""
    user = next(row for row in site.tenant.users.values() if row.get("userType") != "Guest")
    group = site.tenant.add("group", {"displayName": "GG-Break-Glass", "securityEnabled": True}, replicated=True)
    job = site.identity(name="job")
    name = site.tenant.service_principals[job.object_id]["displayName"]
    for context in ("c1", "c25"):
        row = {"id": context, "displayName": context, "description": "", "isAvailable": True}
        site.tenant.store.put("authenticationContextClassReferences", context, row, "object", True)
    terms = site.tenant.new_id()
    return Ids(user["id"], user["userPrincipalName"], group["id"], job.client_id, name, job.object_id, terms)


def list_policies(ids: Ids, places: t.Mapping[str, str]) -> dict[str, tuple[dict[str, t.Any], dict[str, t.Any]]]:
    """Return policies as Graph says them, by name, with the same as options."""
    everything = {"includeApplications": ["All"]}
    people = {"includeUsers": ["All"]}
    mfa = {"operator": "OR", "builtInControls": ["mfa"]}
    all_users: dict[str, t.Any] = {"include": {"users": ["all"]}}
    all_applications: dict[str, t.Any] = {"include": ["all"]}
    return {
        "users": (
            {
                "conditions": {
                    "clientAppTypes": ["browser", "mobileAppsAndDesktopClients"],
                    "users": {
                        "includeUsers": [ids.user],
                        "includeGroups": [ids.group],
                        "includeRoles": [ADMINISTRATOR],
                        "excludeUsers": [ids.user],
                        "excludeGroups": [ids.group],
                        "excludeRoles": [ADMINISTRATOR],
                    },
                    "applications": {
                        "includeApplications": [ids.application],
                        "excludeApplications": ["Office365"],
                    },
                    "locations": {"includeLocations": ["All"], "excludeLocations": [places["Egress"], "AllTrusted"]},
                    "platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS", "macOS"]},
                    "devices": {"deviceFilter": {"mode": "exclude", "rule": 'device.trustType -eq "ServerAD"'}},
                    "userRiskLevels": ["high"],
                    "signInRiskLevels": ["high", "medium"],
                    "insiderRiskLevels": "minor,elevated",
                },
                "grantControls": {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]},
            },
            {
                "client_app_types": ["mobile_and_desktop", "browser"],
                "users": {
                    way: {"users": [ids.user_name], "groups": ["GG-Break-Glass"], "roles": ["Global Administrator"]}
                    for way in ("include", "exclude")
                },
                "applications": {"include": [ids.application_name], "exclude": ["office365"]},
                "locations": {"include": ["all"], "exclude": ["all_trusted", "Egress"]},
                "platforms": {"include": ["all"], "exclude": ["macos", "ios"]},
                "device_filter": {"mode": "exclude", "rule": 'device.trustType  -eq "ServerAD"'},
                "user_risk": ["high"],
                "sign_in_risk": ["medium", "high"],
                "insider_risk": ["elevated", "minor"],
                "grant": {"operator": "and", "controls": ["compliant_device", "mfa"]},
            },
        ),
        "guests": (
            {
                "conditions": {
                    "applications": everything,
                    "users": {
                        "includeGuestsOrExternalUsers": {
                            "guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest",
                            "externalTenants": {
                                "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                                "membershipKind": "enumerated",
                                "members": [TENANT],
                            },
                        },
                        "excludeGuestsOrExternalUsers": {
                            "guestOrExternalUserTypes": "serviceProvider",
                            "externalTenants": {
                                "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                                "membershipKind": "enumerated",
                                "members": [TENANT],
                            },
                        },
                    },
                },
                "grantControls": {
                    "operator": "OR",
                    "authenticationStrength": {"id": PHISHING_RESISTANT},
                    "builtInControls": ["compliantDevice"],
                },
            },
            {
                "applications": all_applications,
                "users": {
                    "include": {
                        "guests": {"types": ["b2b_collaboration_guest", "internal_guest"], "tenants": [TENANT]}
                    },
                    "exclude": {"guests": {"types": ["service_provider"], "tenants": [TENANT]}},
                },
                "grant": {
                    "operator": "or",
                    "authentication_strength": "Phishing-resistant MFA",
                    "controls": ["compliant_device"],
                },
            },
        ),
        "all guests": (
            {
                "conditions": {
                    "applications": everything,
                    "users": {
                        "includeGuestsOrExternalUsers": {
                            "guestOrExternalUserTypes": "b2bDirectConnectUser",
                            "externalTenants": {
                                "@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants",
                                "membershipKind": "all",
                            },
                        }
                    },
                },
                "grantControls": mfa,
            },
            {
                "applications": all_applications,
                "users": {"include": {"guests": {"types": ["b2b_direct_connect_user"]}}},
                "grant": {"operator": "or", "controls": ["mfa"]},
            },
        ),
        "workload identities": (
            {
                "conditions": {
                    "applications": everything,
                    "clientApplications": {
                        "includeServicePrincipals": ["ServicePrincipalsInMyTenant"],
                        "excludeServicePrincipals": [ids.principal],
                        "servicePrincipalFilter": {
                            "mode": "exclude",
                            "rule": 'CustomSecurityAttribute.Backup_Zone -eq "vault"',
                        },
                    },
                    "locations": {"includeLocations": ["All"], "excludeLocations": [places["Branch"]]},
                    "servicePrincipalRiskLevels": ["high", "medium"],
                },
                "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            },
            {
                "applications": all_applications,
                "client_applications": {
                    "include": ["all_in_tenant"],
                    "exclude": [ids.application_name],
                    "filter": {"mode": "exclude", "rule": 'CustomSecurityAttribute.Backup_Zone -eq "vault"'},
                },
                "locations": {"include": ["all"], "exclude": ["Branch"]},
                "service_principal_risk": ["medium", "high"],
                "grant": {"operator": "or", "controls": ["block"]},
            },
        ),
        "session": (
            {
                "conditions": {"applications": {"includeApplications": ["Office365"]}, "users": people},
                "sessionControls": {
                    "applicationEnforcedRestrictions": {"isEnabled": True},
                    "cloudAppSecurity": {"isEnabled": True, "cloudAppSecurityType": "monitorOnly"},
                    "persistentBrowser": {"isEnabled": True, "mode": "never"},
                    "signInFrequency": {
                        "isEnabled": True,
                        "value": 8,
                        "type": "hours",
                        "authenticationType": "primaryAndSecondaryAuthentication",
                        "frequencyInterval": "timeBased",
                    },
                    "disableResilienceDefaults": True,
                },
            },
            {
                "applications": {"include": ["office365"]},
                "users": all_users,
                "session": {
                    "application_enforced_restrictions": True,
                    "cloud_app_security": "monitor_only",
                    "persistent_browser": "never",
                    "sign_in_frequency": {
                        "interval": "time_based",
                        "value": 8,
                        "unit": "hours",
                        "authentication": "primary_and_secondary",
                    },
                    "disable_resilience_defaults": True,
                },
            },
        ),
        "every time": (
            {
                "conditions": {"applications": everything, "users": people},
                "grantControls": {
                    "operator": "OR",
                    "builtInControls": ["mfa"],
                    "customAuthenticationFactors": ["RequireCarrierPigeon"],
                    "termsOfUse": [ids.terms],
                },
                "sessionControls": {
                    "signInFrequency": {
                        "isEnabled": True,
                        "authenticationType": "primaryAndSecondaryAuthentication",
                        "frequencyInterval": "everyTime",
                    },
                    "secureSignInSession": {"isEnabled": True},
                },
            },
            {
                "applications": all_applications,
                "users": all_users,
                "grant": {
                    "operator": "or",
                    "controls": ["mfa"],
                    "custom_factors": ["RequireCarrierPigeon"],
                    "terms_of_use": [ids.terms],
                },
                "session": {
                    "sign_in_frequency": {"interval": "every_time", "authentication": "primary_and_secondary"},
                    "secure_sign_in_session": True,
                },
            },
        ),
        "flows": (
            {
                "conditions": {
                    "applications": everything,
                    "users": {"includeUsers": ["All"]},
                    "authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"},
                },
                "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            },
            {
                "applications": all_applications,
                "users": all_users,
                "authentication_flows": ["authentication_transfer", "device_code_flow"],
                "grant": {"operator": "or", "controls": ["block"]},
            },
        ),
        "actions": (
            {
                "conditions": {
                    "applications": {"includeUserActions": ["urn:user:registersecurityinfo"]},
                    "users": people,
                },
                "grantControls": mfa,
            },
            {
                "applications": {"user_actions": ["register_security_info"]},
                "users": all_users,
                "grant": {"operator": "or", "controls": ["mfa"]},
            },
        ),
        "contexts": (
            {
                "conditions": {
                    "applications": {"includeAuthenticationContextClassReferences": ["c1", "c25"]},
                    "users": people,
                },
                "grantControls": mfa,
            },
            {
                "applications": {"authentication_contexts": ["c25", "c1"]},
                "users": all_users,
                "grant": {"operator": "or", "controls": ["mfa"]},
            },
        ),
        "filter": (
            {
                "conditions": {
                    "applications": {
                        "includeApplications": ["All"],
                        "applicationFilter": {"mode": "include", "rule": 'CustomSecurityAttribute.Backup_Zone -eq "a"'},
                    },
                    "users": people,
                },
                "grantControls": mfa,
            },
            {
                "applications": {
                    "include": ["all"],
                    "filter": {"mode": "include", "rule": 'CustomSecurityAttribute.Backup_Zone -eq "a"'},
                },
                "users": all_users,
                "grant": {"operator": "or", "controls": ["mfa"]},
            },
        ),
    }


@pytest.fixture
def clocked(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The site, where waits take no time."""
    share_clock(monkeypatch, site)
    return site


def get_option(options: t.Mapping[str, t.Any], name: str) -> t.Any:
    """Return an option, or a member of an object of Graph, by its path with dots, None for none."""
    found: t.Any = options
    for word in name.split("."):
        found = found.get(word) if isinstance(found, dict) else None
    return found


def write_with_sdk(site: Simulator, ids: Ids) -> dict[str, str]:
    """Make locations and policies by the SDK; returns the ids of the locations by name."""

    async def steps(client: t.Any) -> dict[str, str]:
        access, build = client.identity.conditional_access, graph_sdk.build_model
        places = {}
        for name, (wire, _options) in LOCATIONS.items():
            made = await access.named_locations.post(build(graph_sdk.NamedLocation, {**wire, "displayName": name}))
            places[name] = str(made.id)
        site.clock.advance(60)
        for name, (wire, _options) in list_policies(ids, places).items():
            body = {**wire, "displayName": name, "state": REPORTS}
            await access.policies.post(build(graph_sdk.ConditionalAccessPolicy, body))
        return places

    return t.cast("dict[str, str]", graph_sdk.run_sdk(site, steps))


def read_with_sdk(site: Simulator) -> tuple[dict[str, dict[str, t.Any]], dict[str, dict[str, t.Any]]]:
    """Return what the SDK reads of locations and of policies, by name, as Graph says it."""

    async def steps(client: t.Any) -> t.Any:
        access, read = client.identity.conditional_access, graph_sdk.read_model
        return [
            {item.display_name: read(item) for item in (await collection.get()).value}
            for collection in (access.named_locations, access.policies)
        ]

    return t.cast("t.Any", tuple(graph_sdk.run_sdk(site, steps)))


def run_all(site: Simulator, ids: Ids, *, check: bool = False) -> list[bool]:
    """Whether each module has changed anything for the options of each location and policy."""
    tasks: list[tuple[t.Any, dict[str, t.Any]]] = [
        (location_module, {"display_name": name, **options}) for name, (_wire, options) in LOCATIONS.items()
    ]
    policies = list_policies(ids, dict.fromkeys(LOCATIONS, ""))
    tasks += [(policy_module, {"display_name": name, **options}) for name, (_wire, options) in policies.items()]
    changed = []
    for module, options in tasks:
        result = run_body(module, site, {**copy.deepcopy(options), "exclusive": True}, check=check)
        assert not result.get("failed"), (options["display_name"], result["msg"])
        noun = "named_location" if module is location_module else "policy"
        assert result[noun]["not_confirmed"] == [], result
        changed.append(result["changed"])
        if result["changed"]:
            site.clock.advance(60)
    return changed


def is_same(field: t.Any, wanted: t.Any, found: t.Any) -> bool:
    """Return whether two values of a field of the table mean the same; sets have no order."""
    if isinstance(wanted, list):
        return sorted(map(str, wanted)) == sorted(map(str, found or []))
    if field is not None and field.kind.value == "flags":
        return sorted(str(wanted).split(",")) == sorted(str(found).split(","))
    return bool(wanted == found)


def test_every_field_of_the_table_is_in_a_policy(clocked: Simulator) -> None:
    policies = list_policies(seed(clocked), dict.fromkeys(LOCATIONS, "x"))
    for field in FIELDS:
        given = [name for name, (_wire, options) in policies.items() if get_option(options, field.option) is not None]
        assert given, field.option
        for name in given:
            assert get_option(policies[name][0], field.member) is not None, (name, field.member)


@pytest.mark.whole
def test_the_modules_leave_what_the_sdk_wrote(clocked: Simulator) -> None:
    ids = seed(clocked)
    write_with_sdk(clocked, ids)
    before = read_with_sdk(clocked)
    for check in (True, False):
        clocked.journal.clear()
        assert not any(run_all(clocked, ids, check=check))
        assert_no_writes(clocked)
    assert read_with_sdk(clocked) == before


@pytest.mark.whole
def test_the_sdk_reads_what_the_modules_wrote(clocked: Simulator) -> None:
    """Every field of the table, each under the property that the SDK knows it by."""
    ids = seed(clocked)
    assert all(run_all(clocked, ids))
    locations, policies = read_with_sdk(clocked)
    for name, (wire, _options) in LOCATIONS.items():
        for member, value in wire.items():
            found = locations[name][member]
            assert is_same(None, value, found), (name, member, found)
    places = {name: str(found["id"]) for name, found in locations.items()}
    for name, (wire, options) in list_policies(ids, places).items():
        assert policies[name]["state"] == REPORTS
        for option, field in BY_OPTION.items():
            wanted, found = get_option(wire, field.member), get_option(policies[name], field.member)
            if get_option(options, option) is None:
                assert found in (None, [], False, ["all"], "none") or option == "grant.operator", (name, option, found)
            else:
                assert is_same(field, wanted, found), (name, option, wanted, found)


@pytest.mark.whole
def test_both_ways_lead_to_the_same_objects(clocked: Simulator) -> None:
    """As the SDK reads them, but for ids of their own and times."""
    ids = seed(clocked)
    places = write_with_sdk(clocked, ids)
    by_sdk = read_with_sdk(clocked)
    clocked.reset()
    again = seed(clocked)
    assert all(run_all(clocked, again))
    by_modules = read_with_sdk(clocked)
    known = {**dict(zip(ids, again, strict=True)), **{places[name]: row["id"] for name, row in by_modules[0].items()}}
    for one, other in zip(by_sdk, by_modules, strict=True):
        for name in one:
            assert settle(one[name], known) == settle(other[name], {}), name


def settle(value: t.Any, known: t.Mapping[str, str]) -> t.Any:
    """Return an object without what is its own, with the ids of the other site, and lists and flags in one order."""
    if isinstance(value, dict):
        own = {"id", "createdDateTime", "modifiedDateTime"} if "displayName" in value else set()
        return {
            name: settle(item, known)
            for name, item in sorted(value.items())
            if name not in own and not name.endswith("@odata.context")
        }
    if isinstance(value, list):
        return sorted((settle(item, known) for item in value), key=str)
    if isinstance(value, str) and " " not in value:
        return ",".join(sorted(known.get(word, word) for word in value.split(",")))
    return value


@pytest.mark.whole
def test_what_the_sdk_changes_in_a_policy_of_the_modules_is_told_and_stays(clocked: Simulator) -> None:
    """And the other way round: of two that manage different parts neither undoes the other's work."""
    ids = seed(clocked)
    run_all(clocked, ids)

    async def widen(client: t.Any) -> None:
        policies = client.identity.conditional_access.policies
        (row,) = [item for item in (await policies.get()).value if item.display_name == "flows"]
        change = {"sessionControls": {"persistentBrowser": {"isEnabled": True, "mode": "always"}}}
        item = policies.by_conditional_access_policy_id(row.id)
        await item.patch(graph_sdk.build_model(graph_sdk.ConditionalAccessPolicy, change))

    graph_sdk.run_sdk(clocked, widen)
    clocked.clock.advance(60)
    options = list_policies(ids, dict.fromkeys(LOCATIONS, ""))["flows"][1]
    assert not run_body(policy_module, clocked, {"display_name": "flows", **options})["changed"]
    more = run_body(policy_module, clocked, {"display_name": "flows", **options, "client_app_types": ["browser"]})
    assert more["changed"], more
    found = read_with_sdk(clocked)[1]["flows"]
    persistent = found["sessionControls"]["persistentBrowser"]
    assert (persistent["isEnabled"], persistent["mode"]) == (True, "always")
    assert found["conditions"]["clientAppTypes"] == ["browser"]
    assert sorted(found["conditions"]["authenticationFlows"]["transferMethods"].split(",")) == [
        "authenticationTransfer",
        "deviceCodeFlow",
    ]
