# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a fresh controller, and one with the objects that the contract's examples name by id."""

from __future__ import annotations

import pytest
from controller_client import ControllerClient

SECRET_TYPE = {
    "name": "CVOPS Entra secret",
    "kind": "cloud",
    "inputs": {
        "fields": [
            {"id": "tenant_id", "label": "Tenant", "type": "string"},
            {"id": "client_id", "label": "Client", "type": "string"},
            {"id": "client_secret", "label": "Secret", "type": "string", "secret": True},
        ],
        "required": ["tenant_id", "client_id", "client_secret"],
    },
    "injectors": {
        "env": {
            "CVOPS_ENTRA_CLIENT_ID": "{{ client_id }}",  # first: the real server orders what it stores
            "CVOPS_ENTRA_TENANT_ID": "{{ tenant_id }}",
            "CVOPS_ENTRA_CLIENT_SECRET": "{{ client_secret }}",
        }
    },
}
MODE = {"question_name": "Mode", "required": True, "type": "multiplechoice", "variable": "cvops_mode"}
SURVEY = {"name": "", "description": "", "spec": [{**MODE, "default": "check", "choices": ["check", "apply"]}]}


@pytest.fixture
def controller() -> ControllerClient:
    """A fresh controller."""
    return ControllerClient()


@pytest.fixture
def world(controller: ControllerClient) -> ControllerClient:
    """A controller with what the contract's examples name."""
    add = controller.add
    add("credential_types", 31, **SECRET_TYPE)
    inputs = {"tenant_id": "t", "client_id": "c", "client_secret": "s"}
    for number, name in ((3, "cvops entra"), (4, "cvops entra too"), (7, "cvops entra three")):
        add("credentials", number, name=name, organization=1, credential_type=31, inputs=inputs)
    add("credentials", 5, name="cvops scm", organization=1, credential_type=2, inputs={})
    add("credentials", 6, name="cvops registry", organization=1, credential_type=18, inputs={})
    add("execution_environments", 3, name="cvops ee", image="registry.example.com/cvops/ee:1.0.0", credential=6)
    add("inventories", 1, name="other", organization=1)
    add("inventories", 2, name="cvops", organization=1)
    add("hosts", 1, name="elsewhere", inventory=1)
    add("hosts", 2, name="cc-emea", inventory=2)
    add("groups", 1, name="cvops_commcells", inventory=2)
    add("groups", 2, name="cvops_all", inventory=2)
    add("labels", 1, name="cvops", organization=1)
    project = {"scm_type": "git", "scm_url": "https://git.example.com/cvops.git", "organization": 1}
    add("projects", 21, name="cvops", scm_revision="1" * 40, scm_branch="main", **project)
    state = controller.state
    state.get("projects", 21).hidden["playbooks"] = ["playbooks/site.yml", "playbooks/drift.yml"]
    template = {"organization": 1, "project": 21, "inventory": 2, "playbook": "playbooks/drift.yml"}
    asks = {"ask_limit_on_launch": True, "ask_job_type_on_launch": True, "survey_enabled": True}
    add("job_templates", 10, name="cvops drift", extra_vars='{"k": "v"}', **template, **asks)
    add("job_templates", 11, name="cvops review", **template)
    state.surveys["job_templates", 10] = SURVEY
    state.linked(state.get("job_templates", 10), "credentials").append(3)
    add("workflow_job_templates", 14, name="cvops review flow", organization=1)
    add("workflow_job_templates", 15, name="other flow", organization=1)
    add("workflow_job_template_nodes", 4, workflow_job_template=15, identifier="x")
    for number, name in ((9, "evidence"), (10, "approve"), (11, "apply")):
        add("workflow_job_template_nodes", number, workflow_job_template=14, identifier=name, unified_job_template=11)
    state.linked(state.get("workflow_job_template_nodes", 9), "success_nodes").append(10)
    state.linked(state.get("workflow_job_template_nodes", 10), "success_nodes").append(11)
    rule = "DTSTART:20300101T020000Z RRULE:FREQ=DAILY;INTERVAL=1"
    add("schedules", 1, name="cvops nightly", unified_job_template=10, rrule=rule)
    add("workflow_approvals", 22, name="cvops approve", status="successful")
    return controller
