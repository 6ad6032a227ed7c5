# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conditional access policy may say: rules that the schema alone does not tell.

The numbers 1007, 1032, 1040, 1054, 1064 and 1103 with their texts are the service's. For other refusals only their form
is known: their texts stand in for those of the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cvops_simulator.entra.conditional_access.audience import is_coverable
from cvops_simulator.entra.conditional_access.rules import RuleError, parse_rule
from cvops_simulator.entra.conditional_access.strengths import CONTEXTS, STRENGTHS
from cvops_simulator.entra.graph.access_lookup import find_location, is_licensed
from cvops_simulator.entra.graph.errors import GraphError, malformed, not_licensed
from cvops_simulator.entra.identifiers import is_guid

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_DOCS = "https://learn.microsoft.com/graph/api/conditionalaccessroot-post-policies?view=graph-rest-1.0"
_LONGEST_NAME = 256
_MOST_APPLICATIONS = 250
_LONGEST_RULE = 3072
_USER_WORDS = ("All", "None", "GuestsOrExternalUsers")
_APPLICATION_WORDS = ("All", "None", "Office365", "MicrosoftAdminPortals")
_LOCATION_WORDS = ("All", "AllTrusted", "00000000-0000-0000-0000-000000000000")
_PRINCIPAL_WORDS = ("ServicePrincipalsInMyTenant",)
_USER_ACTIONS = ("urn:user:registersecurityinfo", "urn:user:registerdevice")
_DEVICE_ATTRIBUTES = frozenset(
    f"device.{name}"
    for name in (
        "deviceId",
        "displayName",
        "deviceOwnership",
        "enrollmentProfileName",
        "isCompliant",
        "manufacturer",
        "mdmAppId",
        "model",
        "operatingSystem",
        "operatingSystemVersion",
        "physicalIds",
        "profileType",
        "systemLabels",
        "trustType",
        *(f"extensionAttribute{number}" for number in range(1, 16)),
    )
)


def wrong_schema() -> GraphError:
    """Return the refusal of a body that is not of the policy's form."""
    return malformed(
        "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of ConditionalAccessPolicy "
        f"type. For examples, please see API documentation at {_DOCS}."
    )


def _invalid(what: str) -> GraphError:
    return malformed(f"1032: ConditionalActionPolicy validation failed due to {what}.")


def check_frequency(row: Row) -> None:
    """Refuse a sign-in frequency that says nothing at all, as the service does before it would drop it."""
    frequency = (row["sessionControls"] or {}).get("signInFrequency")
    if frequency is None or frequency["isEnabled"] or frequency["value"] is not None or frequency["type"] is not None:
        return
    if frequency["frequencyInterval"] != "everyTime":
        raise _invalid("InvalidSessionControls")


def check_policy(call: Call, row: Row, before: Row | None) -> None:
    """Refuse a policy that the service would not take. `before`: the policy that is changed.

    References that it holds already are not looked up again. Raises GraphError.
    """
    _check_licences(call, row["conditions"])
    _check_state(call, row)
    _check_form(row)
    _check_grant(call, row)
    _check_session(row)
    _check_clients(row)
    _check_references(call, row["conditions"], before["conditions"] if before else None)


def _check_licences(call: Call, conditions: Row) -> None:
    risks = [conditions[name] for name in ("userRiskLevels", "signInRiskLevels", "insiderRiskLevels")]
    client = conditions["clientApplications"]
    needed = [
        ("P1", True),
        ("P2", any(risks)),
        ("WorkloadIdentities", client is not None and any(client.values())),
    ]
    if any(asked and not is_licensed(call, licence) for licence, asked in needed):
        raise not_licensed()


def _check_state(call: Call, row: Row) -> None:
    defaults = call.tenant.store.primary().get("policies", "identitySecurityDefaultsEnforcementPolicy")
    if row["state"] == "enabled" and defaults and defaults["isEnabled"]:
        text = (
            "Security Defaults is enabled in the tenant. You must disable Security defaults before enabling a "
            "Conditional Access policy."
        )
        raise GraphError(400, "BadRequest", text)


def _check_form(row: Row) -> None:
    conditions = row["conditions"]
    if not row["displayName"] or len(row["displayName"]) > _LONGEST_NAME:
        raise wrong_schema()
    if conditions["clientAppTypes"] == []:
        raise malformed(
            "1064: 'clientAppTypes' condition does not support []. If you want to target all client apps, use ['All']. "
            "If you want to target modern authentication clients, use ['browser', 'mobileAppsAndDesktopClients']. "
            f"For examples, please see API documentation at {_DOCS}."
        )
    applications = conditions["applications"]
    targets = ("includeApplications", "includeUserActions", "includeAuthenticationContextClassReferences")
    if not any(applications[name] for name in targets) and applications["applicationFilter"] is None:
        raise _invalid("InvalidApplications")
    if sum(bool(applications[name]) for name in targets) > 1:
        raise _invalid("InvalidApplications")
    if len(applications["includeApplications"]) + len(applications["excludeApplications"]) > _MOST_APPLICATIONS:
        raise _invalid("TooManyApplications")
    _check_filter((conditions["devices"] or {}).get("deviceFilter"), _DEVICE_ATTRIBUTES)
    _check_filter(applications["applicationFilter"])
    _check_filter((conditions["clientApplications"] or {}).get("servicePrincipalFilter"))


def _check_filter(filter_: Row | None, attributes: frozenset[str] | None = None) -> None:
    """Check a filter's rule; without `attributes` it may look at custom security attributes, whatever their names."""
    if filter_ is None:
        return
    if filter_["mode"] is None or filter_["rule"] is None:
        raise wrong_schema()
    try:
        names = parse_rule(filter_["rule"]).names()
    except RuleError as error:
        raise _invalid("InvalidFilter") from error
    custom = all(name.lower().startswith("customsecurityattribute.") for name in names)
    if len(filter_["rule"]) > _LONGEST_RULE or not (custom if attributes is None else names <= attributes):
        raise _invalid("InvalidFilter")


def _check_grant(call: Call, row: Row) -> None:
    grant, session = row["grantControls"], row["sessionControls"]
    if grant is None:
        if session is None:
            raise _invalid("InvalidControls")
        return
    controls, strength = grant["builtInControls"], grant["authenticationStrength"]
    several = len(controls) + len(grant["termsOfUse"]) + len(grant["customAuthenticationFactors"]) + bool(strength)
    if grant["operator"] not in ("AND", "OR") or len(set(controls)) != len(controls):
        raise _invalid("InvalidControls")
    if "block" in controls and several > 1:
        raise _invalid("InvalidControls")
    if "unknownFutureValue" in controls or (strength is not None and "mfa" in controls):
        raise _invalid("InvalidControls")
    if "passwordChange" in controls and not _may_change_password(row):
        raise _invalid("InvalidPasswordResetControl")
    if strength is not None and call.view.get(STRENGTHS, str(strength["id"]).lower()) is None:
        raise _invalid("InvalidAuthenticationStrength")


def _may_change_password(row: Row) -> bool:
    """Tell whether a change of password is asked for as the service allows it: at user risk, with MFA, for all apps."""
    grant, conditions, session = row["grantControls"], row["conditions"], row["sessionControls"]
    return bool(
        grant["operator"] == "AND"
        and ("mfa" in grant["builtInControls"] or grant["authenticationStrength"])
        and conditions["userRiskLevels"]
        and conditions["clientAppTypes"] == ["all"]
        and conditions["applications"]["includeApplications"] == ["All"]
        and (session is None or session["disableResilienceDefaults"] is None)
    )


def _check_session(row: Row) -> None:
    session = row["sessionControls"]
    if session is None:
        return
    frequency = session["signInFrequency"]
    if frequency is None:
        return
    every_time = frequency["frequencyInterval"] == "everyTime"
    if every_time and (
        frequency["value"] is not None
        or frequency["type"] is not None
        or session["applicationEnforcedRestrictions"]
        or session["disableResilienceDefaults"] is not None
    ):
        raise _invalid("InvalidSessionControls")
    if not every_time and (frequency["type"] is None or not 0 < (frequency["value"] or 0) <= 365):
        raise _invalid("InvalidSessionControls")


def _check_clients(row: Row) -> None:
    """Check that a policy is for users or for workload identities, which may be blocked and nothing else."""
    conditions = row["conditions"]
    users, clients = conditions["users"] or {}, conditions["clientApplications"]
    included = [value for name, value in users.items() if name.startswith("include") and value not in ([], None)]
    if clients is None:
        if not included:
            raise _invalid("InvalidUsers")
        return
    if included not in ([], [["None"]]) or row["sessionControls"] is not None:
        raise _invalid("InvalidClientApplications")
    if (row["grantControls"] or {}).get("builtInControls") != ["block"]:
        raise _invalid("InvalidControls")
    if not clients["includeServicePrincipals"] and clients["servicePrincipalFilter"] is None:
        raise _invalid("InvalidClientApplications")


def _check_references(call: Call, conditions: Row, before: Row | None) -> None:
    applications = _list_new("applications", ("includeApplications", "excludeApplications"), conditions, before)
    _check_each(
        applications, _APPLICATION_WORDS, lambda key: _knows_application(call, key), "1055: Invalid application"
    )
    contexts = _list_new("applications", ("includeAuthenticationContextClassReferences",), conditions, before)
    _check_each(contexts, (), lambda key: call.view.get(CONTEXTS, key) is not None, "1056: Invalid context")
    actions = _list_new("applications", ("includeUserActions",), conditions, before)
    _check_each(actions, _USER_ACTIONS, lambda key: False, "1057: Invalid user action")
    users = _list_new("users", ("includeUsers", "excludeUsers"), conditions, before)
    _check_each(users, _USER_WORDS, lambda key: call.view.get("users", key) is not None, "1053: Invalid user")
    groups = _list_new("users", ("includeGroups", "excludeGroups"), conditions, before)
    _check_each(groups, (), lambda key: call.view.get("groups", key) is not None, "1054: Invalid group")
    roles = _list_new("users", ("includeRoles", "excludeRoles"), conditions, before)
    unknown = [role for role in roles if role not in call.tenant.directory_roles]
    if unknown:
        raise malformed(f"1103: 'users' condition contains non-built in role ids: {', '.join(unknown)}.")
    names = ("includeServicePrincipals", "excludeServicePrincipals")
    clients = _list_new("clientApplications", names, conditions, before)
    _check_each(clients, _PRINCIPAL_WORDS, lambda key: _knows_workload(call, key), "1058: Invalid service principal")
    for key in _list_new("locations", ("includeLocations", "excludeLocations"), conditions, before):
        missing = key not in _LOCATION_WORDS and (not is_guid(key) or find_location(call, key) is None)
        if missing and not call.tenant.behaviours.accepts_missing_locations:
            raise malformed(f"1040: NamedLocation with id {key} does not exist in the directory.")


def _list_new(node: str, names: Iterable[str], conditions: Row, before: Row | None) -> list[str]:
    """Return what lists of a condition hold and the policy did not hold before."""
    now, old = conditions[node] or {}, (before[node] if before else None) or {}
    return [item for name in names for item in now.get(name, []) if item not in old.get(name, [])]


def _check_each(items: Iterable[str], words: tuple[str, ...], exists: Callable[[str], bool], text: str) -> None:
    for item in items:
        if item not in words and not exists(item):
            raise malformed(f"{text} value: {item}.")


def _knows_application(call: Call, app_id: str) -> bool:
    known = call.tenant.service_principal_of(app_id, call.view) or call.tenant.application_of(app_id, call.view)
    return known is not None


def _knows_workload(call: Call, object_id: str) -> bool:
    principal = call.view.get("servicePrincipals", object_id)
    return principal is not None and is_coverable(call.tenant, principal)
