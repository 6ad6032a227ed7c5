# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input and bad days: one clear message or the right behaviour, and the next run finishes the job.

A fault at every request in turn: ``test_fault_sweep.py``.
"""

from __future__ import annotations

import http.server
import threading
import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.cases import inventory
from helpers.checks import assert_no_writes
from helpers.direct import run_body

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_audit_info,
    commvault_role,
    commvault_role_mappings,
    commvault_security_info,
    commvault_user_group,
    entra_application,
    entra_application_info,
    entra_conditional_access_info,
    entra_group,
    entra_group_info,
    entra_log_info,
    entra_named_location,
    entra_service_principal_info,
)

pytestmark = pytest.mark.any_core


def cell(site: Simulator) -> t.Any:
    return next(iter(site.commcells.values()))


NAMES = {
    "single quote": "O'Neill's team",
    "double quote": 'the "big" ones',
    "slash": "Ops/Night/#1",
    "backslash": "CORP\\night",
    "comma": "a, b; c",
    "hash": "#1 team?",
    "percent": "100% %41 staff",
    "ampersand": "R&D + Q=A",
    "umlaut": "Büro Süd ß",
    "emoji": "Backup 🚀 Team",
    "brackets": "(a) [b] {c} <d>",
    "long": "x" * 256,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(
    ("module", "option", "more"),
    [
        (entra_group, "display_name", {}),
        (entra_application, "display_name", {}),
        (commvault_role, "name", {"permissions": ["View"]}),
        (commvault_user_group, "name", {}),
    ],
    ids=["entra_group", "entra_application", "commvault_role", "commvault_user_group"],
)
def test_names_of_all_kinds(site: Simulator, module: t.Any, option: str, more: dict[str, t.Any], name: str) -> None:
    """Made once, found again, gone again: each name means itself, in URLs, filters and bodies."""
    before = inventory(site)
    made = run_body(module, site, {option: name, **more})
    if made.get("failed"):
        directory = module is commvault_user_group and "\\" in name
        assert len(name) == 256 or directory, made["msg"]
        assert made["error"]["kind"] in ("config", "api"), made
        assert inventory(site) == before
        return
    assert made["changed"] is True
    assert run_body(module, site, {option: name, **more})["changed"] is False
    absent = {
        option: name,
        "state": "absent",
        **({"transfer_to_user": "admin"} if module is commvault_user_group else {}),
    }
    gone = run_body(module, site, absent)
    assert gone["changed"] is True, gone.get("msg")
    assert run_body(module, site, absent)["changed"] is False
    after = inventory(site)
    assert {key: after[key] for key in before if "grants" not in key} == {
        key: before[key] for key in before if "grants" not in key
    }


@pytest.mark.parametrize("module", [commvault_role, commvault_user_group])
def test_upper_and_lower_case_twins(site: Simulator, module: t.Any) -> None:
    """Names are compared without case: the second spelling is the same object, not another."""
    more = {"permissions": ["View"]} if module is commvault_role else {}
    assert run_body(module, site, {"name": "Night Shift 7", **more})["changed"] is True
    again = run_body(module, site, {"name": "NIGHT shift 7", **more})
    assert not again.get("failed"), again["msg"]
    names = [item.name.casefold() for item in [*cell(site).state.roles, *cell(site).state.groups]]
    assert names.count("night shift 7") == 1


def test_entra_twins_in_another_case_are_ambiguous(site: Simulator) -> None:
    for name in ("Twin", "tWIN"):
        site.tenant.add("group", {"displayName": name, "securityEnabled": True, "mailNickname": name})
    result = run_body(entra_group, site, {"display_name": "twin"})
    assert result["error"]["kind"] == "ambiguous"
    assert len(result["error"]["candidates"]) == 2
    assert all(candidate in result["msg"] for candidate in result["error"]["candidates"])
    assert_no_writes(site)


def test_two_applications_of_one_name(site: Simulator) -> None:
    for dummy in range(2):
        site.identity(name="Twin")
    result = run_body(entra_application, site, {"display_name": "Twin", "description": "x"})
    assert result["error"]["kind"] == "ambiguous"
    assert len(result["error"]["candidates"]) == 2
    assert "object_id" in result["msg"]
    assert_no_writes(site)


@pytest.mark.parametrize("name", [" leading", "trailing ", "  ", ""])
@pytest.mark.parametrize("module", [commvault_role, commvault_user_group])
def test_blanks_around_names(site: Simulator, module: t.Any, name: str) -> None:
    """Blanks at the ends are a slip of the pen: refused, or taken for the name without them, never a second object."""
    more = {"permissions": ["View"]} if module is commvault_role else {}
    first = run_body(module, site, {"name": name, **more})
    if first.get("failed"):
        assert first["error"]["kind"] == "config", first
        assert_no_writes(site)
        return
    second = run_body(module, site, {"name": name.strip(), **more})
    assert second["changed"] is False, "the same object without the blanks"


@pytest.mark.parametrize(
    ("permissions", "module", "options", "wanted"),
    [
        ((), entra_group_info, {"display_name": "x"}, "GroupMember.Read.All"),
        (("GroupMember.Read.All",), entra_group, {"display_name": "GG new"}, "Group.Create"),
        (
            ("Group.Create", "Group.Read.All"),
            entra_group,
            {"display_name": "GG x", "members": ["a.b@corp.example"]},
            "User.Read.All",
        ),
        ((), entra_application_info, {"display_name": "x"}, "Application.Read.All"),
        ((), entra_service_principal_info, {"display_name": "x"}, "Application.Read.All"),
        ((), entra_log_info, {"applications": ["x"]}, "Application.Read.All"),
        ((), entra_log_info, {"everything": True}, "AuditLog.Read.All"),
        ((), entra_conditional_access_info, {}, "Policy.Read.All"),
        (("Application.Read.All",), entra_application, {"display_name": "new"}, "Application.ReadWrite.OwnedBy"),
    ],
)
def test_a_missing_permission_names_what_to_grant(
    site: Simulator, permissions: tuple[str, ...], module: t.Any, options: dict[str, t.Any], wanted: str
) -> None:
    """403 on one permission: the message says which would do, least first."""
    identity = site.identity(*permissions, name="narrow")
    who = {"client_id": identity.client_id, "client_secret": identity.client_secret}
    result = run_body(module, site, {**options, **who})
    assert result["error"]["kind"] == "forbidden", result
    assert wanted in result["error"]["needs"]
    assert f"needs {' or '.join(result['error']['needs'])}" in result["msg"]


@pytest.mark.parametrize(
    ("module", "options", "wanted"),
    [
        (entra_group, {"display_name": "GG new"}, "Group.Create"),
        (entra_application, {"display_name": "new"}, "Application.ReadWrite.OwnedBy"),
        (
            entra_named_location,
            {"display_name": "new", "ip_ranges": ["198.51.100.0/24"]},
            "Policy.ReadWrite.ConditionalAccess",
        ),
    ],
)
def test_a_missing_permission_is_told_with_the_plan(
    site: Simulator, module: t.Any, options: dict[str, t.Any], wanted: str
) -> None:
    """Who approves a plan knows that it cannot be carried out."""
    reading = ("Application.Read.All", "GroupMember.Read.All", "Policy.Read.All")
    for permissions in (reading, (*reading, wanted)):
        identity = site.identity(*permissions, name=f"narrow {len(permissions)}")
        who = {"client_id": identity.client_id, "client_secret": identity.client_secret}
        planned = run_body(module, site, {**options, **who}, check=True)
        warnings = [text for text in planned.get("warnings", ()) if "Microsoft Graph will refuse" in text]
        assert planned["changed"] and len(warnings) == (wanted not in permissions), planned
        assert all(wanted in text for text in warnings)


LISTS = {
    "error inside": (
        {"errorCode": 2, "errorMessage": "The database is not available"},
        "api",
        "The database is not available",
    ),
    "error object": ({"error": {"errorCode": 587, "errorMessage": "Out of memory"}}, "api", "Out of memory"),
    "error text code": ({"response": [{"errorCode": "9", "errorString": "Broken"}]}, "api", "Broken"),
    "no object": ([1, 2], "bad_answer", "JSON, but not an object"),
}


@pytest.mark.parametrize(("body", "kind", "said"), LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(
    ("module", "options", "path"),
    [
        (commvault_security_info, {"subset": ["roles"]}, "*/Role*"),
        (commvault_audit_info, {"logs": ["audit_trail"]}, "*/reportsplusengine/*"),
        (commvault_audit_info, {"logs": ["events"]}, "*/Events"),
        (commvault_role, {"name": "New", "permissions": ["View"]}, "*/Role*"),
        (commvault_user_group, {"name": "New"}, "*/UserGroup*"),
        (commvault_role_mappings, None, "*/UserGroup*"),
    ],
    ids=["info", "audit_trail", "events", "role", "user_group", "mappings"],
)
def test_a_list_that_answers_200_with_an_error_inside(
    site: Simulator, module: t.Any, options: dict[str, t.Any] | None, path: str, body: t.Any, kind: str, said: str
) -> None:
    """Taken for an empty list, this would make everything anew, or take everybody's rights away."""
    site.faults.add(Fault(cell(site).name, "GET", path, "status", status=200, body=body, times=0))
    wanted = options or {
        "mappings": site.variables()["cvops_role_mappings"],
        "require_object_id": "none",
        "exclusive": True,
    }
    result = run_body(module, site, wanted)
    assert result["error"]["kind"] == kind, result
    assert said in result["msg"]
    assert_no_writes(site)


@pytest.mark.parametrize("action", ["html", "empty", "garbage"])
@pytest.mark.parametrize(
    ("service", "module", "options"),
    [
        ("graph", entra_group_info, {"display_name": "x"}),
        ("graph", entra_application, {"display_name": "x"}),
        ("cs01", commvault_security_info, {"subset": ["roles"]}),
        ("cs01", commvault_audit_info, {}),
        ("cs01", commvault_user_group, {"name": "x"}),
    ],
)
def test_answers_that_are_none(
    site: Simulator, service: str, module: t.Any, options: dict[str, t.Any], action: str
) -> None:
    site.faults.add(Fault(service, "GET", "*", action, status=200, times=0))
    result = run_body(module, site, options)
    assert result["error"]["kind"] == "bad_answer", result
    said = {"html": "an HTML page titled '200 Server Error'", "empty": "an empty body", "garbage": "instead of JSON"}
    assert said[action] in result["msg"]
    assert "This is often the answer of a proxy or gateway, or of a wrong base URL." in result["msg"]
    assert_no_writes(site)


class Foreign(http.server.ThreadingHTTPServer):
    """Somebody else's server: notes whoever comes."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def setup(self) -> None:
                owner.visits.append(str(self.client_address))
                super().setup()

            def log_message(self, *_words: t.Any) -> None:
                return

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    server = Foreign()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize(
    ("module", "options", "path"),
    [
        (entra_group_info, {"prefix": "GG-"}, "*/groups"),
        (entra_group, {"display_name": "GG x"}, "*/groups"),
        (entra_application_info, {}, "*/applications"),
        (entra_service_principal_info, {}, "*/servicePrincipals"),
        (entra_log_info, {"everything": True}, "*/auditLogs/signIns"),
        (entra_conditional_access_info, {}, "*/conditionalAccess/policies"),
    ],
)
def test_a_next_page_elsewhere_is_not_followed(
    site: Simulator, foreign: Foreign, module: t.Any, options: dict[str, t.Any], path: str, scheme: str
) -> None:
    """Following it would hand the token over."""
    for host in (f"127.0.0.1:{foreign.server_port}", f"localhost:{foreign.server_port}"):
        link = f"{scheme}://{host}/v1.0/groups?$skiptoken=x"
        site.faults.add(Fault("graph", "GET", path, "status", status=200, body={"value": [], "@odata.nextLink": link}))
        result = run_body(module, site, options)
        assert result["error"]["kind"] == "bad_answer", result
        assert host in result["msg"]
        assert "cannot be read to its end" in result["msg"]
    assert foreign.visits == []
    assert_no_writes(site)


def test_a_next_page_without_a_host_and_on_plain_http(site: Simulator) -> None:
    host = site.graph_url.partition("//")[2]
    for link in ("/v1.0/groups?$skiptoken=x", f"http://{host}/v1.0/groups", f"https://{host}@evil.example/v1.0/groups"):
        site.faults.add(
            Fault("graph", "GET", "*/groups", "status", status=200, body={"value": [], "@odata.nextLink": link})
        )
        assert run_body(entra_group_info, site, {"prefix": "GG-"})["error"]["kind"] == "bad_answer"


def test_a_redirect_to_a_login_page_is_not_followed(site: Simulator, foreign: Foreign) -> None:
    """A portal in front of the service sends everybody to its own page: the token must not go there."""
    site.faults.add(Fault("*", "GET", "*", "status", status=302, times=0))
    for module, options in ((entra_group_info, {"prefix": "GG-"}), (commvault_security_info, {"subset": ["roles"]})):
        result = run_body(module, site, options)
        assert result["failed"] is True
        assert "redirect" in result["msg"], result["msg"]
    assert foreign.visits == []


UNKNOWN: dict[str, tuple[t.Any, dict[str, t.Any], str]] = {
    "permission": (commvault_role, {"name": "New", "permissions": ["View", "Fly"]}, "Fly"),
    "member": (commvault_user_group, {"name": "New", "members": ["nobody-here"]}, "nobody-here"),
    "upn": (entra_group, {"display_name": "GG new", "members": ["nobody@nowhere.example"]}, "nobody@nowhere.example"),
    "role": (
        commvault_role_mappings,
        {
            "mappings": [
                {
                    "principal": {"user_group": "NOC Night Shift"},
                    "grants": [{"role": "No role", "entities": {"plans": ["no plan"]}}],
                }
            ]
        },
        "No role",
    ),
    "application": (
        entra_application,
        {"display_name": "x", "api_permissions": [{"api": "Microsoft Graph", "application": ["User.Raed.All"]}]},
        "User.Read.All",
    ),
}


@pytest.mark.parametrize(("module", "options", "said"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_names_are_told_before_the_first_write(
    site: Simulator, module: t.Any, options: dict[str, t.Any], said: str
) -> None:
    result = run_body(module, site, options)
    assert result["error"]["kind"] == "config", result
    assert said in result["msg"]
    assert_no_writes(site)
