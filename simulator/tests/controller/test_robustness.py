# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is sent, the controller answers: it refuses what it does not take, and never breaks."""

from __future__ import annotations

from typing import Any

import pytest
from controller_client import ControllerClient

from cvops_simulator.controller.actions import ACTIONS
from cvops_simulator.controller.facts import ENDPOINTS

VALUES: tuple[Any, ...] = (
    None,
    "",
    "x",
    "{{ x",
    0,
    -1,
    1,
    2**70,
    1.5,
    True,
    [],
    [1],
    ["x"],
    [{}],
    {},
    {"a": 1},
    {"fields": [{"id": "a"}, 1]},
    {"fields": 1},
    {"env": 1, "file": []},
    {"env": {"A": None}},
    {"started": 1},
    {"started": {"message": ["x"]}},
    {"workflow_approval": {"denied": "x"}},
)
REQUIRED: dict[str, dict[str, Any]] = {
    "organizations": {"name": "n"},
    "credential_types": {"name": "n", "kind": "cloud", "inputs": {"fields": [{"id": "a", "label": "A"}]}},
    "credentials": {"name": "n", "credential_type": 31, "organization": 1},
    "execution_environments": {"name": "n", "image": "a/b"},
    "projects": {"name": "n", "scm_type": "git", "scm_url": "https://x.example.com"},
    "inventories": {"name": "n", "organization": 1},
    "groups": {"name": "n", "inventory": 2},
    "hosts": {"name": "n", "inventory": 2},
    "labels": {"name": "n", "organization": 1},
    "notification_templates": {
        "name": "n",
        "organization": 1,
        "notification_type": "slack",
        "notification_configuration": {"token": "t", "channels": []},
    },
    "job_templates": {"name": "n", "project": 21, "inventory": 2, "playbook": "playbooks/site.yml"},
    "workflow_job_templates": {"name": "n"},
    "workflow_job_template_nodes": {"workflow_job_template": 14, "unified_job_template": 10},
    "schedules": {
        "name": "n",
        "unified_job_template": 11,
        "rrule": "DTSTART:20300101T020000Z RRULE:FREQ=DAILY;INTERVAL=1",
    },
    "tokens": {},
}


@pytest.mark.parametrize("endpoint", REQUIRED)
def test_any_value_of_any_field(world: ControllerClient, endpoint: str) -> None:
    for name in ENDPOINTS[endpoint].fields:
        for value in VALUES:
            answer = world.ask("POST", f"/{endpoint}/", {**REQUIRED[endpoint], name: value})
            assert answer.status in (201, 400, 403), (name, value, answer)
            if answer.status == 201:
                place = f"/{endpoint}/{answer.body['id']}/"
                assert world.get(f"{place}")["id"] == answer.body["id"]
                assert world.ask("DELETE", place).status in (204, 405), (name, value)
                if endpoint == "labels":
                    world.state.delete(world.state.get(endpoint, answer.body["id"]))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_any_filter_of_any_field(world: ControllerClient, endpoint: str) -> None:
    if not ENDPOINTS[endpoint].methods:
        assert world.ask("GET", f"/{endpoint}/").status == 404
        return
    lookups = ("", "__gt", "__lt", "__in", "__isnull", "__regex", "__icontains", "__name", "__nope", "__", "__search")
    for name in (*ENDPOINTS[endpoint].fields, "created_by", "pk", "", "or__", "labels"):
        for lookup in lookups:
            for value in ("", "1", "x", "null", "true", "[", "1,x"):
                answer = world.ask("GET", f"/{endpoint}/?{name}{lookup}={value}")
                assert answer.status in (200, 400, 403), (name, lookup, value)
        assert world.ask("GET", f"/{endpoint}/?order_by=-{name}").status in (200, 400)


@pytest.mark.parametrize(
    "place",
    [
        "/job_templates/10/launch/",
        "/workflow_job_templates/14/launch/",
        "/job_templates/10/survey_spec/",
        "/workflow_job_template_nodes/10/create_approval_template/",
        "/job_templates/10/credentials/",
        "/groups/1/hosts/",
        "/workflow_job_template_nodes/10/success_nodes/",
        "/schedules/preview/",
        "/projects/21/update/",
    ],
)
def test_any_value_below_an_object(world: ControllerClient, place: str) -> None:
    names = ["extra_vars", "limit", "credentials", "inventory", "job_slice_count", "labels", "id", "disassociate"]
    for name in (*names, "name", "description", "spec", "timeout", "rrule"):
        for value in VALUES:
            answer = world.ask("POST", place, {"name": "", "description": "", name: value})
            assert answer.status in (200, 201, 202, 204, 400, 403), (name, value, answer)


def test_any_value_of_any_question(world: ControllerClient) -> None:
    question = {"question_name": "Q", "required": False, "type": "text", "variable": "q"}
    for key in (*question, "default", "choices", "min", "max"):
        for kind in ("text", "multiselect", "multiplechoice", "integer", "password"):
            for value in VALUES:
                body = {"name": "", "description": "", "spec": [{**question, "type": kind, key: value}]}
                answer = world.ask("POST", "/job_templates/10/survey_spec/", body)
                assert answer.status in (200, 400), (kind, key, value, answer)
                if answer.status == 200:
                    assert world.ask("GET", "/job_templates/10/launch/").status == 200
                    launched = world.ask("POST", "/job_templates/10/launch/", {"extra_vars": {"q": value}})
                    assert launched.status in (201, 400)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_any_method_anywhere(world: ControllerClient, method: str) -> None:
    places = [f"/{name}/" for name in ENDPOINTS] + [f"/{name}/1/" for name in ENDPOINTS]
    lower = [f"/{name}/{{}}/{action}/" for name, found in ACTIONS.items() for action in found]
    lower += [f"/{name}/{{}}/{link}/" for name, endpoint in ENDPOINTS.items() for link in endpoint.related]
    places += [place.format(number) for place in lower for number in (1, 10)]
    for place in places:
        assert world.ask(method, place).status < 500, place
