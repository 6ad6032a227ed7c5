# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option that takes an id of Entra ID, given one of another kind: told what it is of, before anything is written."""

from __future__ import annotations

import types
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.certificates import FIRST
from helpers.checks import assert_no_writes
from helpers.direct import run_body

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_role_mappings,
    entra_admin_consent,
    entra_app_role_assignment,
    entra_application,
    entra_application_certificate,
    entra_application_info,
    entra_application_secret,
    entra_federated_credential,
    entra_group,
    entra_group_info,
    entra_groups,
    entra_service_principal,
    entra_service_principal_info,
    expiry_info,
    secret_rotation,
    sso_preflight_info,
)

pytestmark = pytest.mark.any_core

ROLES = {"app_role": "Backup.Read"}
TRUST = {"name": "ci-main", "issuer": "https://ci.example", "subject": "main"}
ROTATION = {"rotation_name": "x", "targets": [{"name": "a", "return": True}], "consumers_complete": True}
ABSENT_ROLES = {
    "assignments": [{**ROLES, "group": "{name}"}],
    "state": "absent",
    "accept_risk": ["lock_out"],
    "accept_reason": "x",
}
GRANT = {"role": "View", "entities": "commcell"}
REGISTRATION_OF = "the object id of the application (registration) "
SERVICE_OF = "the object id of the enterprise application (service principal) "
CLIENT_OF = "the application id (client id) of the application "
USER_OF, GROUP_OF = "the object id of the user ", "the object id of the group "


def by(key: str, value: str, **more: t.Any) -> dict[str, t.Any]:
    return {"application": {key: value}, **more}


#: Module and options, in which a name in braces stands for an id; what the message says that the id is, and the right id after it.
CASES: list[tuple[types.ModuleType, dict[str, t.Any], str, str]] = [
    (entra_application, {"object_id": "{principal}", "display_name": "x"}, SERVICE_OF, "{application}"),
    (entra_application, {"object_id": "{client}", "display_name": "x"}, CLIENT_OF, "{application}"),
    (entra_application, {"app_id": "{application}", "display_name": "x"}, REGISTRATION_OF, "{client}"),
    (entra_application, {"app_id": "{principal}", "state": "absent"}, SERVICE_OF, "{client}"),
    (entra_application, {"object_id": "{group}", "state": "absent"}, GROUP_OF, ""),
    (entra_application, {"unique_name": "n", "display_name": "n", "owners": ["{group}"]}, GROUP_OF, ""),
    (entra_application, {"unique_name": "n", "display_name": "n", "owners": ["{client}"]}, CLIENT_OF, "{principal}"),
    (entra_service_principal, {"object_id": "{application}"}, REGISTRATION_OF, "{principal}"),
    (entra_service_principal, {"object_id": "{client}", "state": "absent"}, CLIENT_OF, "{principal}"),
    (entra_service_principal, {"app_id": "{principal}"}, SERVICE_OF, "{client}"),
    (entra_service_principal, {"app_id": "{application}", "state": "absent"}, REGISTRATION_OF, "{client}"),
    (entra_service_principal, by("object_id", "{principal}"), SERVICE_OF, "{application}"),
    (entra_service_principal, by("object_id", "{principal}", state="absent"), SERVICE_OF, "{application}"),
    (entra_service_principal, {"app_id": "{client}", "owners": ["{application}"]}, REGISTRATION_OF, "{principal}"),
    (entra_admin_consent, {"app_id": "{principal}"}, SERVICE_OF, "{client}"),
    (entra_admin_consent, by("app_id", "{application}"), REGISTRATION_OF, "{client}"),
    (
        entra_admin_consent,
        {"app_id": "{client}", "api_permissions": [{"api": "{principal}", "application": ["Backup.Read"]}]},
        SERVICE_OF,
        "{client}",
    ),
    (
        entra_app_role_assignment,
        {"app_id": "{application}", "assignments": [{**ROLES, "user": "{user}"}]},
        REGISTRATION_OF,
        "{client}",
    ),
    (entra_app_role_assignment, by("object_id", "{client}", **ABSENT_ROLES), CLIENT_OF, "{application}"),
    (entra_app_role_assignment, {"app_id": "{client}", "assignments": [{**ROLES, "group": "{user}"}]}, USER_OF, ""),
    (entra_app_role_assignment, {"app_id": "{client}", "assignments": [{**ROLES, "user": "{group}"}]}, GROUP_OF, ""),
    (
        entra_app_role_assignment,
        {"app_id": "{client}", "assignments": [{**ROLES, "service_principal": "{application}"}]},
        REGISTRATION_OF,
        "{principal}",
    ),
    (entra_application_secret, by("object_id", "{principal}", name="x"), SERVICE_OF, "{application}"),
    (entra_application_secret, by("app_id", "{principal}", state="absent", key_id="{key}"), SERVICE_OF, "{client}"),
    (
        entra_application_certificate,
        by("object_id", "{client}", state="absent", key_id="{key}"),
        CLIENT_OF,
        "{application}",
    ),
    (entra_federated_credential, by("object_id", "{user}", **TRUST), USER_OF, ""),
    (
        entra_federated_credential,
        by("object_id", "{client}", name="ci-main", state="absent"),
        CLIENT_OF,
        "{application}",
    ),
    (
        entra_federated_credential,
        by("app_id", "{client}", name="ci-main", managed_identity={"object_id": "{client}"}),
        CLIENT_OF,
        "{principal}",
    ),
    (entra_group, {"object_id": "{user}", "display_name": "x"}, USER_OF, ""),
    (entra_group, {"object_id": "{principal}", "state": "absent"}, SERVICE_OF, ""),
    (entra_group, {"display_name": "GG New", "members": ["{application}"]}, REGISTRATION_OF, "{principal}"),
    (entra_group, {"display_name": "GG New", "owners": ["{group}"]}, GROUP_OF, ""),
    (entra_groups, {"groups": [{"object_id": "{user}", "display_name": "x"}]}, USER_OF, ""),
    (entra_groups, {"groups": [{"display_name": "GG New", "members": ["{client}"]}]}, CLIENT_OF, "{principal}"),
    (secret_rotation, by("object_id", "{principal}", **ROTATION), SERVICE_OF, "{application}"),
    (
        commvault_role_mappings,
        {"mappings": [{"principal": {"entra_group": {"object_id": "{user}", "name": "x"}}, "grants": [GRANT]}]},
        USER_OF,
        "",
    ),
]
#: The same for what only reads, and tells it by the way.
READING: list[tuple[types.ModuleType, dict[str, t.Any], str, str]] = [
    (entra_application_info, {"object_id": "{principal}"}, SERVICE_OF, "{application}"),
    (entra_application_info, {"app_id": "{user}"}, USER_OF, ""),
    (entra_service_principal_info, {"object_id": "{application}"}, REGISTRATION_OF, "{principal}"),
    (entra_service_principal_info, {"app_id": "{principal}"}, SERVICE_OF, "{client}"),
    (entra_group_info, {"object_id": "{user}"}, USER_OF, ""),
    (entra_group_info, {"object_ids": ["{group}", "{principal}"]}, SERVICE_OF, ""),
    (expiry_info, {"services": ["entra"], "applications": [{"app_id": "{principal}"}]}, SERVICE_OF, "{client}"),
]


def fill_in(value: t.Any, ids: t.Mapping[str, str]) -> t.Any:
    if isinstance(value, dict):
        return {name: fill_in(item, ids) for name, item in value.items()}
    if isinstance(value, list):
        return [fill_in(item, ids) for item in value]
    return ids.get(value.strip("{}"), value) if isinstance(value, str) and value.startswith("{") else value


def list_ids(site: Simulator) -> dict[str, str]:
    """One id of each kind, and the names of what has them."""
    tenant = site.tenant
    (application,) = (row for row in tenant.applications.values() if row.get("uniqueName") == "commvault-management")
    principal = t.cast("dict[str, t.Any]", tenant.service_principal_of(application["appId"]))
    group = next(row for row in tenant.groups.values() if row.get("uniqueName"))
    return {
        "application": application["id"],
        "client": application["appId"],
        "principal": principal["id"],
        "user": next(iter(tenant.users)),
        "group": group["id"],
        "name": group["displayName"],
        "key": "99999999-0000-4000-8000-000000000001",
    }


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize(("module", "options", "said", "right"), CASES)
def test_an_id_of_another_kind_is_named(
    site: Simulator, module: types.ModuleType, options: dict[str, t.Any], said: str, right: str, check: bool
) -> None:
    ids = list_ids(site)
    site.journal.clear()
    result = run_body(module, site, fill_in(options, ids), check=check)
    assert result.get("failed") and said in result["msg"], result["msg"]
    assert fill_in(right, ids) in result["msg"].partition(said)[2]
    assert_no_writes(site)


@pytest.mark.parametrize(("module", "options", "said", "right"), READING)
def test_what_only_reads_warns_of_it(
    site: Simulator, module: types.ModuleType, options: dict[str, t.Any], said: str, right: str
) -> None:
    ids = list_ids(site)
    result = run_body(module, site, fill_in(options, ids))
    assert not result.get("failed"), result["msg"]
    (told,) = (warning for warning in result["warnings"] if said in warning)
    assert fill_in(right, ids) in told.partition(said)[2]


def test_a_preflight_tells_it_in_its_findings(site: Simulator) -> None:
    ids = list_ids(site)
    mapping = {"principal": {"entra_group": {"object_id": ids["user"], "name": "x"}}, "grants": [GRANT]}
    result = run_body(sso_preflight_info, site, {"mappings": [mapping], "application": {"app_id": ids["application"]}})
    assert not result.get("failed"), result["msg"]
    assert USER_OF in str(result["preflight"]) and REGISTRATION_OF in str(result["preflight"])


def test_a_break_glass_group_that_is_a_user_protects_nobody(site: Simulator) -> None:
    mapping = {"principal": {"user_group": "View All"}, "grants": [GRANT]}
    options = {"mappings": [mapping], "break_glass": {"entra_groups": [list_ids(site)["user"]]}}
    result = run_body(commvault_role_mappings, site, options)
    assert result.get("failed") and USER_OF in result["msg"], result["msg"]


def test_the_key_id_of_the_other_kind_of_credential_is_named(site: Simulator) -> None:
    ids = list_ids(site)
    secret = run_body(entra_application_secret, site, by("object_id", ids["application"], name="x"))["secret"]
    added = by("object_id", ids["application"], name="CN=first", certificate=FIRST)
    (certificate,) = run_body(entra_application_certificate, site, added)["certificates"]
    for module, key_id, said in (
        (entra_application_secret, certificate["key_id"], "certificate CN=first: use entra_application_certificate"),
        (entra_application_certificate, secret["key_id"], "; it belongs to the secret x"),
    ):
        result = run_body(module, site, by("object_id", ids["application"], state="absent", key_id=key_id))
        assert result.get("failed") and said in result["msg"], result["msg"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_failing_look_at_what_an_id_is_hides_no_error(site: Simulator, status: int) -> None:
    for path in ("/directoryObjects/getByIds", "/servicePrincipals", "/users"):
        site.faults.add(Fault("graph", path=f"*{path}*", status=status, times=0))
    options = {"object_id": list_ids(site)["user"], "display_name": "x", "retries": 0}
    result = run_body(entra_group, site, options)
    assert result["msg"].startswith("No group has the object id"), result["msg"]
    assert result["error"]["kind"] == "config"


def test_what_is_gone_is_absent_still(site: Simulator) -> None:
    """No id of another kind: nothing has it any more."""
    gone = "99999999-0000-4000-8000-000000000002"
    for module, options in (
        (entra_application, {"object_id": gone}),
        (entra_group, {"object_id": gone}),
        (entra_service_principal, {"app_id": gone}),
        (entra_application_secret, by("app_id", gone, key_id=gone)),
    ):
        result = run_body(module, site, {**options, "state": "absent"})
        assert not result.get("failed") and not result["changed"], result["msg"]
