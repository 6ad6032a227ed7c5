# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What objects keep, hide and follow beyond their fields."""

from __future__ import annotations

import pytest
from controller_client import ControllerClient

ENCRYPTED = "$encrypted$"


def test_secrets_are_never_shown(world: ControllerClient) -> None:
    shown = world.get("/credentials/3/")
    assert shown["inputs"] == {"tenant_id": "t", "client_id": "c", "client_secret": ENCRYPTED}
    assert world.get("/users/1/")["password"] == ENCRYPTED


def test_inputs_replace_all_inputs_and_keep_an_encrypted_one(world: ControllerClient) -> None:
    shown = world.patch("/credentials/3/", {"inputs": {"client_secret": ENCRYPTED}})
    assert shown["inputs"] == {"client_secret": ENCRYPTED}
    assert world.state.get("credentials", 3)["inputs"] == {"client_secret": "s"}


def test_a_credential_without_what_its_type_asks_for_is_accepted(world: ControllerClient) -> None:
    made = world.post("/credentials/", {"name": "skeleton", "credential_type": 31, "organization": 1})
    assert made["inputs"] == {}
    assert (made["kind"], made["cloud"]) == (None, True)
    assert "user" not in made


def test_types_of_inputs_are_filled_in(controller: ControllerClient) -> None:
    body = {"name": "x", "kind": "cloud", "inputs": {"fields": [{"id": "a", "label": "A"}]}}
    assert controller.post("/credential_types/", body)["inputs"]["fields"][0]["type"] == "string"


def test_the_fields_of_a_type_in_use_stay_its_injectors_may_change(world: ControllerClient) -> None:
    fields = [*world.get("/credential_types/31/")["inputs"]["fields"], {"id": "x", "label": "X", "type": "string"}]
    assert world.ask("PATCH", "/credential_types/31/", {"inputs": {"fields": fields}}).status == 403
    world.patch("/credential_types/31/", {"injectors": {"env": {"CVOPS_X": "{{ tenant_id }}"}}})


def test_a_format_for_keys_takes_keys_only(controller: ControllerClient) -> None:
    field = {"id": "key", "label": "K", "type": "string", "format": "ssh_private_key", "secret": True}
    kind = controller.post("/credential_types/", {"name": "k", "kind": "cloud", "inputs": {"fields": [field]}})
    body = {"name": "x", "credential_type": kind["id"], "organization": 1, "inputs": {"key": "no key"}}
    assert "key" in controller.ask("POST", "/credentials/", body).body["inputs"]
    body["inputs"] = {"key": "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"}
    controller.post("/credentials/", body)


def test_a_job_template_is_of_its_projects_organization(world: ControllerClient) -> None:
    other = world.post("/organizations/", {"name": "other"})["id"]
    body = {"name": "x", "project": 21, "inventory": 2, "playbook": "playbooks/site.yml", "organization": other}
    made = world.post("/job_templates/", body)
    assert made["organization"] == 1
    world.patch("/projects/21/", {"organization": other})
    assert world.get(f"/job_templates/{made['id']}/")["organization"] == other


def test_a_whole_object_needs_its_required_fields_and_keeps_the_rest(world: ControllerClient) -> None:
    world.patch("/projects/21/", {"description": "kept"})
    assert world.ask("PUT", "/projects/21/", {"description": "x"}).body == {"name": ["This field is required."]}
    assert world.ask("PUT", "/projects/21/", {"name": "new"}).body["description"] == "kept"


def test_a_workflow_and_a_job_template_may_share_a_name(world: ControllerClient) -> None:
    world.post("/workflow_job_templates/", {"name": "cvops drift", "organization": 1})


def test_templates_outlive_their_project_but_cannot_be_changed(world: ControllerClient) -> None:
    assert world.ask("DELETE", "/projects/21/").status == 204
    assert world.get("/job_templates/10/")["project"] is None
    assert world.ask("PATCH", "/job_templates/10/", {"description": "x"}).status == 400


def test_members_of_what_is_deleted_go_with_it(world: ControllerClient) -> None:
    world.post("/groups/1/hosts/", {"id": 2}, 204)
    assert world.ask("DELETE", "/hosts/2/").status == 204
    assert world.get("/groups/1/hosts/")["count"] == 0
    assert world.ask("DELETE", "/workflow_job_templates/14/").status == 204
    assert world.get("/workflow_job_template_nodes/?workflow_job_template=14")["count"] == 0


def test_labels_cannot_be_deleted(world: ControllerClient) -> None:
    assert world.ask("DELETE", "/labels/1/").status == 405


def test_a_host_keeps_its_port_as_a_variable(world: ControllerClient) -> None:
    made = world.post("/hosts/", {"name": "h:22", "inventory": 2})
    assert made["name"] == "h"
    assert world.get(f"/hosts/{made['id']}/variable_data/") == {"ansible_ssh_port": 22}


def test_an_inventory_takes_null_for_its_kind(controller: ControllerClient) -> None:
    made = controller.post("/inventories/", {"name": "x", "organization": 1, "kind": None, "host_filter": None})
    assert (made["kind"], made["host_filter"]) == ("", None)


def test_secrets_of_notifications_are_hidden_and_kept(controller: ControllerClient) -> None:
    configuration = {"token": "tok", "channels": ["#x"]}
    body = {"name": "s", "organization": 1, "notification_type": "slack", "notification_configuration": configuration}
    made = controller.post("/notification_templates/", body)
    assert made["notification_configuration"] == {"token": ENCRYPTED, "channels": ["#x"]}
    changed = {"notification_configuration": {"token": ENCRYPTED, "channels": ["#y"]}}
    controller.patch(f"/notification_templates/{made['id']}/", changed)
    row = controller.state.get("notification_templates", made["id"])
    assert row["notification_configuration"] == {"token": "tok", "channels": ["#y"]}


def test_a_skeleton_of_a_notification_is_accepted(controller: ControllerClient) -> None:
    configuration = {"token": ENCRYPTED, "channels": []}
    body = {"name": "s", "organization": 1, "notification_type": "slack", "notification_configuration": configuration}
    controller.post("/notification_templates/", body)


def test_associations_can_be_made_twice_and_undone(world: ControllerClient) -> None:
    for _time in range(2):
        world.post("/job_templates/10/labels/", {"id": 1}, 204)
    assert world.get("/job_templates/10/labels/")["count"] == 1
    assert world.get("/job_templates/10/")["summary_fields"]["labels"]["count"] == 1
    world.post("/job_templates/10/labels/", {"id": 1, "disassociate": True}, 204)
    assert world.get("/job_templates/10/labels/")["count"] == 0
    world.post("/job_templates/10/labels/", {"name": "made here", "organization": 1}, 201)
    assert world.get("/job_templates/10/labels/")["results"][0]["name"] == "made here"


def test_surveys_are_stored_without_blank_lines_and_passwords_hidden(world: ControllerClient) -> None:
    question = {"question_name": "Q", "required": False}
    spec = [
        {**question, "type": "multiselect", "variable": "ms", "choices": "a\n\nb\n", "default": "a\n", "bogus": 1},
        {**question, "type": "password", "variable": "pw", "default": "abc"},
    ]
    place = "/job_templates/11/survey_spec/"
    world.post(place, {"name": "", "description": "", "spec": spec}, 200)
    stored = world.get(place)
    assert stored["spec"][0] == {**spec[0], "choices": "a\nb", "default": "a"}
    assert stored["spec"][1]["default"] == ENCRYPTED
    world.post(place, stored, 200)
    assert world.state.surveys["job_templates", 11]["spec"][1]["default"] == "abc"
    assert world.ask("DELETE", place).status == 200
    assert world.get(place) == {}


def test_a_survey_is_not_asked_until_it_is_enabled(world: ControllerClient) -> None:
    assert world.get("/job_templates/11/")["survey_enabled"] is False


def test_a_second_approval_template_takes_the_place_of_the_first(world: ControllerClient) -> None:
    first = world.post("/workflow_job_template_nodes/10/create_approval_template/", {"name": "a"})
    second = world.post("/workflow_job_template_nodes/10/create_approval_template/", {"name": "b", "timeout": 5})
    assert first["id"] != second["id"]
    assert world.get("/workflow_job_template_nodes/10/")["unified_job_template"] == second["id"]
    world.patch(f"/workflow_approval_templates/{second['id']}/", {"timeout": 9, "identifier": "b"})
    assert world.ask("GET", f"/workflow_approval_templates/{second['id']}/success_nodes/").status == 404


def test_a_graph_without_a_root_is_accepted_and_one_with_a_root_not(world: ControllerClient) -> None:
    world.add("workflow_job_template_nodes", 12, workflow_job_template=14, identifier="root")
    world.state.linked(world.state.get("workflow_job_template_nodes", 12), "always_nodes").append(9)
    place = "/workflow_job_template_nodes/11/success_nodes/"
    assert world.ask("POST", place, {"id": 9}).body == {"Error": "Cycle detected."}
    assert world.ask("DELETE", "/workflow_job_template_nodes/12/").status == 204
    world.post(place, {"id": 9}, 204)


@pytest.mark.parametrize("number", [9, 10])
def test_a_schedule_asks_for_what_a_survey_requires(world: ControllerClient, number: int) -> None:
    body = {"name": f"x{number}", "unified_job_template": 10}
    rule = "DTSTART;TZID=Europe/Berlin:20300101T020000\n RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20310101T000000"
    assert world.ask("POST", "/schedules/", {**body, "rrule": rule}).status == 400
    made = world.post("/schedules/", {**body, "rrule": rule, "extra_data": {"cvops_mode": "apply"}})
    assert made["rrule"].endswith("UNTIL=20301231T230000Z")
    assert (made["next_run"], made["timezone"]) == ("2030-01-01T01:00:00Z", "Europe/Berlin")
    assert world.get("/job_templates/10/")["next_job_run"] == "2030-01-01T01:00:00Z"
    off = world.patch(f"/schedules/{made['id']}/", {"enabled": False})
    assert off["next_run"] is None


def test_all_dates_in_the_past_are_accepted(world: ControllerClient) -> None:
    rule = "DTSTART:20200101T020000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"
    made = world.post("/schedules/", {"name": "x", "unified_job_template": 11, "rrule": rule})
    assert made["next_run"] is None


def test_a_rule_can_be_looked_at_first(controller: ControllerClient) -> None:
    rule = {"rrule": "DTSTART:20300101T020000Z RRULE:FREQ=DAILY;INTERVAL=1"}
    found = controller.post("/schedules/preview/", rule, 200)
    assert found["utc"][:2] == ["2030-01-01T02:00:00Z", "2030-01-02T02:00:00Z"]
    assert len(found["local"]) == 10
