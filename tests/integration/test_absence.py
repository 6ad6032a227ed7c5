# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One wrong "not found", or one list without the object, leaves nothing in place that was to be absent."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy
from helpers.cases import make_user
from helpers.direct import run_body
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_access_token,
    commvault_role,
    commvault_roles,
    commvault_saml_app,
    commvault_user,
    commvault_user_group,
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

NOT_FOUND: dict[str, t.Any] = {"status": 404}
EMPTY_LIST: dict[str, t.Any] = {"status": 200, "body": {"value": []}}


def _group(site: Simulator) -> dict[str, t.Any]:
    return next(dict(group) for group in site.tenant.groups.values() if group.get("uniqueName"))


def _job(site: Simulator) -> dict[str, t.Any]:
    """An application with a client secret, a service principal and a federated credential."""
    found = t.cast("dict[str, t.Any]", site.tenant.application_of(site.identity(name="job").client_id))
    row = {"id": site.tenant.new_id(), "name": "scheduler", "issuer": "https://old.example", "subject": "old"}
    row |= {"description": None, "audiences": ["api://AzureADTokenExchange"]}
    site.tenant.store.put("federatedIdentityCredentials", found["id"], {"items": [row]}, replicated=True)
    return found


def _secret(site: Simulator) -> dict[str, t.Any]:
    job = _job(site)
    key_id = job["passwordCredentials"][0]["keyId"]
    risk = {"accept_risk": ["last_key"], "accept_reason": "it is the test"}
    return {"application": {"app_id": job["appId"]}, "name": "old", "key_id": key_id, **risk}


def _location(site: Simulator) -> dict[str, t.Any]:
    """A named location of one country."""
    values = {"@odata.type": "#microsoft.graph.countryNamedLocation", "countriesAndRegions": ["CH"]}
    return dict(add_location(site.tenant, {**values, "displayName": "Home"}, replicated=True))


def _policy(site: Simulator) -> dict[str, t.Any]:
    """A policy that is off."""
    return dict(add_policy(site.tenant, {"displayName": "CA1", "state": "disabled", "conditions": {}}, replicated=True))


def _by_app_id(site: Simulator) -> dict[str, str]:
    return {"app_id": _job(site)["appId"]}


def _token(site: Simulator) -> dict[str, t.Any]:
    cell = next(iter(site.commcells.values())).cell
    cell.access_token()
    (token,) = cell.sessions.store.of_user(cell.user(cell.automation[0]).id)
    return {"name": token.name}


def _role(site: Simulator) -> dict[str, t.Any]:
    roles = next(iter(site.commcells.values())).state.roles
    return {"name": next(role.name for role in roles if not role.system and not role.company_id)}


FOUND_LATE = [
    (entra_group, lambda site: {"object_id": _group(site)["id"]}, "/groups/*", NOT_FOUND),
    (entra_group, lambda site: {"unique_name": _group(site)["uniqueName"]}, "/groups(*", NOT_FOUND),
    (entra_group, lambda site: {"display_name": _group(site)["displayName"]}, "/groups", EMPTY_LIST),
    (entra_application, _by_app_id, "/applications(*", NOT_FOUND),
    (entra_application, lambda site: {"object_id": _job(site)["id"]}, "/applications/*", NOT_FOUND),
    (entra_application, lambda site: {"display_name": _job(site)["displayName"]}, "/applications", EMPTY_LIST),
    (entra_service_principal, _by_app_id, "/servicePrincipals(*", NOT_FOUND),
    (entra_service_principal, lambda site: {"application": _by_app_id(site)}, "/applications(*", NOT_FOUND),
    (
        entra_federated_credential,
        lambda site: {"application": _by_app_id(site), "name": "scheduler"},
        "/applications(*",
        NOT_FOUND,
    ),
    (
        entra_federated_credential,
        lambda site: {"application": _by_app_id(site), "name": "scheduler"},
        "/applications/*/federatedIdentityCredentials",
        EMPTY_LIST,
    ),
    (
        entra_conditional_access_policy,
        lambda site: {"object_id": _policy(site)["id"]},
        "/identity/conditionalAccess/policies/*",
        NOT_FOUND,
    ),
    (
        entra_conditional_access_policy,
        lambda site: {"display_name": _policy(site)["displayName"]},
        "/identity/conditionalAccess/policies",
        EMPTY_LIST,
    ),
    (
        entra_named_location,
        lambda site: {"object_id": _location(site)["id"]},
        "/identity/conditionalAccess/namedLocations/*",
        NOT_FOUND,
    ),
    (
        entra_named_location,
        lambda site: {"display_name": _location(site)["displayName"]},
        "/identity/conditionalAccess/namedLocations",
        EMPTY_LIST,
    ),
    (entra_application_secret, _secret, "/applications(*", NOT_FOUND),
    (commvault_role, _role, "*/V4/Role", {"status": 200, "body": {"roles": []}}),
    (
        commvault_user_group,
        lambda site: {"name": "NOC Night Shift", "transfer_to_user": "admin"},
        "*/V4/UserGroup",
        {"status": 200, "body": {"userGroups": []}},
    ),
    (commvault_saml_app, lambda site: {"name": "corp.example"}, "*/v4/SAML/*", NOT_FOUND),
    (
        commvault_saml_app,
        lambda site: {"name": "corp.example"},
        "*/ThirdParty/App",
        {"status": 200, "body": {"clientThirdPartyApps": []}},
    ),
    (
        commvault_user,
        lambda site: make_user(site, skip_ownership_transfer=True),
        "*/v4/user",
        {"status": 200, "body": {"users": []}},
    ),
    (commvault_access_token, _token, "*/V4/AccessToken*", {"status": 200, "body": {"tokensInfo": []}}),
]


@pytest.fixture
def site(make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    found = make_site(set="S")
    share_clock(monkeypatch, found)
    return found


@pytest.mark.parametrize(("module", "options", "path", "answer"), FOUND_LATE)
def test_what_one_answer_denies_is_removed_all_the_same(
    site: Simulator, module: t.Any, options: t.Any, path: str, answer: dict[str, t.Any]
) -> None:
    wanted = {**options(site), "state": "absent"}
    site.faults.add(Fault("*", "GET", path if path.startswith("*") else f"/v1.0{path}", **answer))
    first = run_body(module, site, wanted)
    assert first.get("changed") is True, first
    assert sum(bool(entry.fault) for entry in site.journal.entries()) == 1
    second = run_body(module, site, wanted)
    assert second.get("changed") is False, second


def test_many_groups_that_are_to_be_absent_are_looked_for_twice_and_together(site: Simulator) -> None:
    there = [group["displayName"] for group in site.tenant.groups.values()][:2]
    groups = [{"display_name": name, "state": "absent"} for name in [*there, *(f"GG Gone {n}" for n in range(9))]]
    site.journal.clear()
    site.faults.add(Fault("graph", "GET", "/v1.0/groups", **EMPTY_LIST))
    first = run_body(entra_groups, site, {"groups": groups})
    assert [item["changed"] for item in first["groups"]] == [True, True, *[False] * 9], first
    site.journal.clear()
    second = run_body(entra_groups, site, {"groups": groups})
    assert second["changed"] is False and second["stats"]["reads"] == 2, second["stats"]


def test_roles_that_are_to_be_absent_cost_no_further_list(site: Simulator) -> None:
    """A list of Commvault is read again past its cache wherever a name is not in it: that is the second look."""
    roles = [{"name": f"No role {number}", "state": "absent"} for number in range(9)]
    site.journal.clear()
    assert run_body(commvault_roles, site, {"roles": roles})["changed"] is False
    paths = [entry.path.rpartition("/")[2] for entry in site.journal.entries() if entry.method == "GET"]
    assert paths.count("Role") == 2, paths
