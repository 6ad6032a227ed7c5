# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in, addresses, pages and filters."""

from __future__ import annotations

from typing import Any

import pytest
from controller_client import ControllerClient, basic

from cvops_simulator.controller.routing import Incoming

NOBODY = "Authentication credentials were not provided. To establish a login session, visit /api/login/."


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "OPTIONS"])
def test_an_address_without_its_slash_leads_to_the_one_with_it(controller: ControllerClient, method: str) -> None:
    answer = controller.ask(method, "/projects?page=1", {} if method != "GET" else None)
    assert (answer.status, answer.headers["Location"]) == (301, "/api/v2/projects/?page=1")


@pytest.mark.parametrize(
    "headers",
    [{}, basic("admin", "wrong"), basic("none", "x"), {"authorization": "Bearer x"}, {"authorization": "Basic ?"}],
)
def test_no_and_wrong_credentials_are_refused_alike(controller: ControllerClient, headers: dict[str, str]) -> None:
    answer = controller.ask("GET", "/me/", headers=headers)
    assert (answer.status, answer.body) == (401, {"detail": NOBODY})
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=api")
    assert "X-API-Product-Version" not in answer.headers


def test_ping_needs_no_sign_in(controller: ControllerClient) -> None:
    assert controller.ask("GET", "/ping/", headers={}).status == 200


def test_a_token_signs_in_until_it_is_deleted(controller: ControllerClient) -> None:
    token = controller.post("/tokens/", {"description": "x", "application": None, "scope": "write"})
    headers = {"authorization": f"Bearer {token['token']}"}
    answer = controller.ask("GET", "/me/", headers=headers)
    assert answer.body["results"][0]["username"] == "admin"
    assert answer.headers["X-API-Product-Version"] == "24.6.1"
    assert controller.get(f"/tokens/{token['id']}/")["token"] == "************"
    assert controller.ask("DELETE", f"/tokens/{token['id']}/").status == 204
    assert controller.ask("GET", "/me/", headers=headers).status == 401


def test_a_token_to_read_does_not_write(controller: ControllerClient) -> None:
    token = controller.post("/tokens/", {"scope": "read"})["token"]
    headers = {"authorization": f"Bearer {token}"}
    assert controller.ask("GET", "/organizations/", headers=headers).status == 200
    assert controller.ask("POST", "/labels/", {"name": "x", "organization": 1}, headers).status == 403


def test_a_session_writes_with_its_sign_against_forgery_only(controller: ControllerClient) -> None:
    form = b"username=admin&password=controller-password&next=/api/"
    login = controller.router.answer(Incoming("POST", "/api/login/", "", {}, form))
    assert login.status == 302
    name = login.headers["X-API-Session-Cookie-Name"]
    session = login.headers["Set-Cookie"].partition(";")[0]
    assert session.startswith(f"{name}=")
    headers = {"cookie": f"{session}; csrftoken=c"}
    assert controller.ask("GET", "/me/", headers=headers).status == 200
    body = {"name": "x", "organization": 1}
    assert controller.ask("POST", "/labels/", body, headers).status == 403
    assert controller.ask("POST", "/labels/", body, {**headers, "x-csrftoken": "c"}).status == 201


def test_wrong_password_opens_no_session(controller: ControllerClient) -> None:
    login = controller.router.answer(Incoming("POST", "/api/login/", "", {}, b"username=admin&password=x"))
    assert login.status == 401
    assert "Set-Cookie" not in login.headers


def test_a_user_without_rights_sees_nothing_and_changes_nothing(world: ControllerClient) -> None:
    world.state.add_user("plain", "plain-password")
    headers = basic("plain", "plain-password")
    empty = world.ask("GET", "/projects/", headers=headers)
    assert (empty.status, empty.body["count"]) == (200, 0)
    assert world.ask("GET", "/projects/21/", headers=headers).status == 403
    assert world.ask("POST", "/labels/", {"name": "x", "organization": 1}, headers).status == 403
    assert world.ask("POST", "/job_templates/10/launch/", {}, headers).status == 403
    assert world.ask("GET", "/credential_types/", headers=headers).body["count"] == 31
    assert "POST" not in world.ask("OPTIONS", "/labels/", headers=headers).body["actions"]
    assert "POST" in world.ask("OPTIONS", "/labels/").body["actions"]
    assert "project_base_dir" not in world.ask("GET", "/config/", headers=headers).body


@pytest.mark.parametrize(
    ("body", "kind", "status", "word"),
    [
        (b"{x", "application/json", 400, "JSON parse error - Expecting property name"),
        (b"[1]", "application/json", 400, "JSON parse error - not a JSON object"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "You did not use correct Content-Type"),
    ],
)
def test_a_body_that_is_no_object(controller: ControllerClient, body: bytes, kind: str, status: int, word: str) -> None:
    answer = controller.ask("POST", "/labels/", body, {**controller.headers, "content-type": kind})
    assert answer.status == status
    assert word in answer.body["detail"]


def test_unknown_fields_of_a_body_do_not_count(world: ControllerClient) -> None:
    shown = world.patch("/projects/21/", {"bogus": 1, "id": 99, "status": "failed", "description": "new"})
    assert (shown["id"], shown["description"]) == (21, "new")
    assert "bogus" not in shown
    assert shown["status"] != "failed"


@pytest.mark.parametrize("place", ["/nope/", "/projects/a/b/c/", "/schedules/name/", "/unified_job_templates/21/"])
def test_an_address_that_there_is_not(world: ControllerClient, place: str) -> None:
    answer = world.ask("GET", place)
    assert answer.status == 404
    assert "<!doctype html>" in answer.body


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("/job_templates/cvops drift++Default/", 10),
        ("/credentials/cvops%20entra++CVOPS Entra secret+cloud++Default/", 3),
        ("/hosts/cc-emea++cvops++Default/", 2),
        ("/workflow_job_template_nodes/approve++cvops review flow++Default/", 10),
        ("/execution_environments/cvops ee/", 3),
    ],
)
def test_an_object_has_a_named_address(world: ControllerClient, address: str, number: int) -> None:
    shown = world.get(address)
    assert shown["id"] == number
    assert world.get(shown["related"]["named_url"].removeprefix("/api/v2"))["id"] == number


def test_pages_have_links_without_host(world: ControllerClient) -> None:
    page = world.get("/credential_types/?order_by=id&page_size=10&page=2")
    assert page["count"] == 31
    assert [item["id"] for item in page["results"]] == list(range(11, 21))
    assert page["next"] == "/api/v2/credential_types/?order_by=id&page=3&page_size=10"
    assert page["previous"] == "/api/v2/credential_types/?order_by=id&page=1&page_size=10"
    assert len(world.get("/credential_types/?page_size=0")["results"]) == 25
    assert len(world.get("/credential_types/?page_size=1000")["results"]) == 31


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("name=cvops drift", [10]),
        ("name__icontains=REV", [11]),
        ("or__id=10&or__name=cvops review", [10, 11]),
        ("not__name=cvops drift", [11]),
        ("organization=1&name=cvops drift&name__startswith=x", []),
        ("project__name=cvops&order_by=-id", [11, 10]),
        ("organization__name__in=Default,x", [10, 11]),
        ("id__gt=10", [11]),
        ("survey_enabled=true", [10]),
        ("execution_environment=null", [10, 11]),
        ("execution_environment__isnull=false", []),
        ("credentials=3", [10]),
        ("search=drift", [10]),
    ],
)
def test_filters(world: ControllerClient, query: str, numbers: list[int]) -> None:
    assert [item["id"] for item in world.get(f"/job_templates/?{query}")["results"]] == numbers


@pytest.mark.parametrize(
    ("place", "status", "text"),
    [
        ("/credentials/?inputs=x", 403, "Filtering on field inputs is not allowed."),
        ("/job_templates/?extra_vars=x", 403, "Filtering on extra_vars is not allowed."),
        ("/job_templates/?survey_spec=x", 403, "Filtering on survey_spec is not allowed."),
        ("/notification_templates/?notification_configuration__x=1", 403, "Filtering on notification_configuration"),
        ("/job_templates/?nope__name=1", 400, "JobTemplate has no field named 'nope'"),
        ("/job_templates/?project__nope=1", 400, "Project has no field named 'nope'"),
        ("/job_templates/?order_by=nope", 400, "has no field named 'nope'"),
    ],
)
def test_refused_filters(world: ControllerClient, place: str, status: int, text: str) -> None:
    answer = world.ask("GET", place)
    assert answer.status == status
    assert text in answer.body["detail"]


def test_approvals_are_in_no_list_of_templates(world: ControllerClient) -> None:
    world.post("/workflow_job_template_nodes/10/create_approval_template/", {"name": "look"})
    assert world.get("/unified_job_templates/?name=look")["count"] == 0
    found = world.get("/unified_job_templates/?name=cvops&type=project")["results"]
    assert [item["id"] for item in found] == [21]


def test_options_tell_what_can_be_sent(controller: ControllerClient) -> None:
    actions: dict[str, Any] = controller.ask("OPTIONS", "/credential_types/").body["actions"]
    assert actions["POST"]["kind"]["choices"] == [["net", "net"], ["cloud", "cloud"]]
    assert actions["POST"]["name"]["required"] is True
    assert "managed" not in actions["POST"]
    assert "managed" in actions["GET"]


def test_a_method_that_is_not_allowed(controller: ControllerClient) -> None:
    answer = controller.ask("PUT", "/projects/", {})
    assert (answer.status, answer.body) == (405, {"detail": 'Method "PUT" not allowed.'})
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
