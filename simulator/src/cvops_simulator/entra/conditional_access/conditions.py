# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a policy of conditional access applies to a sign-in, and if not, which of its conditions is not met."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cvops_simulator.entra.conditional_access.audience import covers_target, covers_user, covers_workload
from cvops_simulator.entra.conditional_access.places import is_in_location
from cvops_simulator.entra.conditional_access.rules import RuleError, parse_rule, rule_holds

if TYPE_CHECKING:
    from cvops_simulator.entra.conditional_access.sign_ins import SignIn
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

#: None: the sign-in does not tell.
Verdict = bool | None
APPLIES = "notSet"
UNKNOWN = "notEnoughInformation"


def find_reason(
    tenant: Tenant, view: View, policy: Row, sign_in: SignIn, *, skips_group_exclusions: bool = False
) -> str:
    """Return why a policy does not apply, in the words of `whatIfAnalysisReasons`; `notSet` when it does.

    The state of the policy is not looked at. Only for a guess it may be `notEnoughInformation`.
    """
    conditions = policy["conditions"]
    who = "users" if sign_in.is_user else "workloadIdentities"
    if sign_in.is_user:
        is_meant = covers_user(view, conditions["users"], sign_in, skips_group_exclusions)
    else:
        is_meant = covers_workload(tenant, conditions["clientApplications"], sign_in.subject)
    checks: list[tuple[str, Callable[[], Verdict]]] = [
        (who, lambda: is_meant),
        _make_target_check(tenant, view, conditions["applications"], sign_in),
        ("location", lambda: _check_location(tenant, view, conditions["locations"], sign_in)),
        ("devicePlatform", lambda: _check_platform(conditions["platforms"], sign_in)),
        ("devices", lambda: _check_device(conditions["devices"], sign_in)),
        ("clientApps", lambda: _check_client_app(conditions["clientAppTypes"], sign_in)),
        ("signInRisk", lambda: _check_level(conditions["signInRiskLevels"], sign_in.sign_in_risk)),
        ("userRisk", lambda: _check_level(conditions["userRiskLevels"], sign_in.user_risk)),
        ("signInRisk", lambda: _check_level(conditions["servicePrincipalRiskLevels"], sign_in.service_principal_risk)),
        ("insiderRisk", lambda: _check_flags(conditions["insiderRiskLevels"], sign_in.insider_risk)),
        ("authenticationFlow", lambda: _check_flow(conditions["authenticationFlows"], sign_in.authentication_flow)),
    ]
    verdicts = [(reason, check()) for reason, check in checks]
    failed = next((reason for reason, verdict in verdicts if verdict is False), None)
    if failed is not None:
        return failed
    if any(verdict is None for _, verdict in verdicts):
        return UNKNOWN if sign_in.is_guess else next(reason for reason, verdict in verdicts if verdict is None)
    return APPLIES


def _make_target_check(
    tenant: Tenant, view: View, applications: Row, sign_in: SignIn
) -> tuple[str, Callable[[], Verdict]]:
    if sign_in.user_action is not None:
        return "userActions", lambda: sign_in.user_action in applications["includeUserActions"]
    if sign_in.context is not None:
        contexts = applications["includeAuthenticationContextClassReferences"]
        return "authenticationContext", lambda: sign_in.context in contexts
    return "application", lambda: any(covers_target(tenant, view, applications, item) for item in sign_in.targets)


def _check_location(tenant: Tenant, view: View, locations: Row | None, sign_in: SignIn) -> Verdict:
    if locations is None:
        return True
    included, excluded = locations["includeLocations"], locations["excludeLocations"]
    if sign_in.address is None and sign_in.country is None:
        return None if excluded or "All" not in included else True
    address, gps_country = sign_in.address or "", sign_in.circumstances.gps_country

    def is_in(key: str) -> bool:
        return is_in_location(tenant, view, key, address, sign_in.country, gps_country)

    if sign_in.is_guess and sign_in.country is None and _names_countries(view, [*included, *excluded]):
        return None
    return any(map(is_in, included)) and not any(map(is_in, excluded))


def _names_countries(view: View, keys: list[str]) -> bool:
    rows = [view.get("namedLocations", key) for key in keys]
    return any(row is not None and "countriesAndRegions" in row for row in rows)


def _check_platform(platforms: Row | None, sign_in: SignIn) -> Verdict:
    if platforms is None:
        return True
    if sign_in.platform is None and sign_in.is_guess:
        return None
    included, excluded = platforms["includePlatforms"], platforms["excludePlatforms"]
    is_named = "all" in included or sign_in.platform in included
    return is_named and sign_in.platform not in excluded


def _check_device(devices: Row | None, sign_in: SignIn) -> Verdict:
    """Apply the filter for devices; a device that is not registered has no attributes."""
    filter_ = (devices or {}).get("deviceFilter")
    if filter_ is None:
        return True
    if sign_in.device is None and sign_in.is_guess:
        return None
    attributes = {f"device.{name}".lower(): value for name, value in (sign_in.device or {}).items()}
    try:
        holds = rule_holds(parse_rule(filter_["rule"]), attributes)
    except RuleError:
        return False
    return holds if filter_["mode"] == "include" else not holds


def _check_client_app(types: list[str], sign_in: SignIn) -> Verdict:
    if "all" in types:
        return True
    return None if sign_in.client_app is None else sign_in.client_app in types


def _check_level(levels: list[str], level: str | None) -> Verdict:
    if not levels:
        return True
    return None if level is None else level in levels


def _check_flags(levels: str | None, level: str | None) -> Verdict:
    return _check_level(levels.split(",") if levels else [], level)


def _check_flow(flows: Row | None, flow: str | None) -> Verdict:
    return _check_flags((flows or {}).get("transferMethods"), flow)
