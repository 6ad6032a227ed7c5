# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that begins a moment after another one: what one replica shows it, others do not know yet."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.entra.conditional_access.policies import add_location
from cvops_simulator.entra.replication import Replication
from helpers.direct import run_body
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import (
    entra_admin_consent,
    entra_app_role_assignment,
    entra_application,
    entra_application_secret,
    entra_conditional_access_policy,
    entra_federated_credential,
    entra_group,
    entra_groups,
    entra_named_location,
    entra_service_principal,
)

pytestmark = pytest.mark.any_core

#: How long a replica may lag, in seconds, and how many objects are made, each known to the replicas after other times.
LAG_S, TRIES = 6.0, 8


def _user(site: Simulator) -> str:
    return next(iter(site.tenant.users))


def _group(site: Simulator, number: int) -> dict[str, t.Any]:
    """A group with a member and an owner that another run has made this moment."""
    values = {"displayName": f"GG Fresh {number}", "uniqueName": f"fresh-{number}", "mailNickname": f"fresh-{number}"}
    group = site.tenant.add("group", {**values, "securityEnabled": True, "description": "Fresh"})
    for relation in ("members", "owners"):
        site.tenant.relate(relation, group["id"], [_user(site)])
    wanted = {"display_name": values["displayName"], "unique_name": values["uniqueName"], "description": "Fresh"}
    return {**wanted, "members": [_user(site)], "owners": [_user(site)]}


def _application(site: Simulator, number: int) -> dict[str, t.Any]:
    values = {"displayName": f"Fresh {number}", "uniqueName": f"fresh-app-{number}", "appId": site.tenant.new_id()}
    application = site.tenant.add("application", values)
    site.tenant.relate("owners", application["id"], [_user(site)])
    return dict(application)


def _application_options(site: Simulator, number: int) -> dict[str, t.Any]:
    made = _application(site, number)
    return {"unique_name": made["uniqueName"], "display_name": made["displayName"], "owners": [_user(site)]}


def _principal(site: Simulator, number: int) -> dict[str, t.Any]:
    application = _application(site, number)
    values = {"displayName": application["displayName"], "appId": application["appId"]}
    principal = site.tenant.add("servicePrincipal", values)
    site.tenant.relate("owners", principal["id"], [_user(site)])
    return {"app_id": application["appId"]}


def _location(site: Simulator, number: int) -> dict[str, t.Any]:
    """A new location, by its id."""
    values = {"@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["CH"]}
    row = add_location(site.tenant, {**values, "displayName": f"Fresh {number}"})
    return {"object_id": row["id"], "countries": ["LI"]}


def _policy(site: Simulator, number: int) -> dict[str, t.Any]:
    """A new policy for a new group."""
    group = site.tenant.add("group", {"displayName": f"GG Fresh {number}", "securityEnabled": True})
    return {
        "display_name": f"CA Fresh {number}",
        "users": {"include": {"groups": [group["id"]]}},
        "applications": {"include": ["all"]},
        "grant": {"controls": ["mfa"]},
    }


def _trust(site: Simulator, number: int) -> dict[str, t.Any]:
    trust = {"issuer": "https://scheduler.corp.example", "subject": "job/converge-access"}
    return {"application": {"app_id": _application(site, number)["appId"]}, "name": "scheduler", **trust}


def _role_holder(site: Simulator, number: int) -> dict[str, t.Any]:
    """A new user and a new group as holders of a role of a new application."""
    roles = [
        {
            "id": site.tenant.new_id(),
            "value": "Operate",
            "displayName": "Operate",
            "description": "x",
            "allowedMemberTypes": ["User"],
            "isEnabled": True,
        }
    ]
    values = {"displayName": f"Fresh {number}", "appId": site.tenant.new_id()}
    site.tenant.add("application", {**values, "appRoles": roles})
    site.tenant.add("servicePrincipal", {**values, "appRoles": roles})
    group = site.tenant.add("group", {"displayName": f"GG Fresh {number}", "securityEnabled": True})
    assignments = [{"group": group["id"], "app_role": "Operate"}, {"user": _user(site), "app_role": "Operate"}]
    return {"app_id": values["appId"], "assignments": assignments}


FRESH = [
    (entra_app_role_assignment, _role_holder),
    (entra_group, _group),
    (entra_groups, lambda site, number: {"groups": [_group(site, number), _group(site, 100 + number)]}),
    (entra_application, _application_options),
    (entra_service_principal, lambda site, number: {**_principal(site, number), "owners": [_user(site)]}),
    (
        entra_service_principal,
        lambda site, number: {
            **_principal(site, number),
            "sign_on_mode": "saml",
            "signing_certificate": {"activate": "first"},
        },
    ),
    (entra_federated_credential, _trust),
    (entra_conditional_access_policy, _policy),
    (entra_named_location, _location),
    (
        entra_application_secret,
        lambda site, number: {"application": {"app_id": _application(site, number)["appId"]}, "name": "backup"},
    ),
    (
        entra_admin_consent,
        lambda site, number: {
            **_principal(site, number),
            "api_permissions": [{"api": "Microsoft Graph", "application": ["User.Read.All"]}],
        },
    ),
]


@pytest.fixture
def site(make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    lags = {"object_lag": LAG_S, "property_lag": LAG_S, "credential_lag_graph": LAG_S, "grant_lag": LAG_S}
    found = make_site(set="S", replication=Replication(seed=3, tail=0.0, **lags))
    share_clock(monkeypatch, found)
    return found


@pytest.mark.parametrize(("module", "make"), FRESH, ids=lambda value: getattr(value, "__name__", "").split(".")[-1])
def test_nothing_that_was_shown_is_said_to_be_missing(site: Simulator, module: t.Any, make: t.Any) -> None:
    """What no replica that was asked has shown cannot be awaited: it is a wrong name in the options, as far as the run knows.

    One of many groups may be in the way of its own creation when others are written already: the next run finds it.
    """
    ends: list[str] = []
    for number in range(TRIES):
        options = make(site, number)
        site.clock.advance(LAG_S * number / TRIES)
        first = run_body(module, site, options)
        ends.append(first["error"]["kind"] if first.get("failed") else "done")
        assert ends[-1] in ("done", "config", "api") and "does not exist" not in str(first.get("msg")), first
        site.clock.advance(2 * LAG_S)
        again = run_body(module, site, options)
        assert not again.get("failed"), again
        if ends[-1] == "done":
            assert not again["changed"], (first, again)
    assert "done" in ends, ends
