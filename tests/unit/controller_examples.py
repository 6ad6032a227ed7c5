# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents that ask for a controller."""

from __future__ import annotations

import copy
import typing as t

Document = dict[str, t.Any]

_DOCUMENT: Document = {
    "cvops_connection": {
        "entra": {"tenant_id": "3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16", "client_secret": "s3cret-of-entra"},
        "commcells": {
            "emea-cs01": {"url": "https://emea.corp.example/api", "username": "svc", "password": "s3cret-of-emea"},
            "apac-cs01": {"url": "https://apac.corp.example/api", "username": "svc", "password": "s3cret-of-apac"},
        },
    },
    "cvops_controller": {
        "organization": "Platform",
        "connection": {"host": "https://awx.corp.example", "oauth_token": "s3cret-of-awx"},
        "project": {"scm_url": "https://git.corp.example/access.git"},
    },
}


def make_document(**controller: t.Any) -> Document:
    """Two CommCells, and a controller with nothing but what it needs; *controller*: what else is asked for."""
    document = copy.deepcopy(_DOCUMENT)
    document["cvops_controller"].update(controller)
    return document


def make_rich_document() -> Document:
    """Everything at once: slices, a Vault, an execution environment, notifications, schedules, questions of the document's own."""
    return make_document(
        execution_environment={"image": "registry.corp.example/ee:1", "credential": "Registry"},
        vault={},
        slices=2,
        jobs={"rotate": {}},
        controller_credential="AWX",
        timezone="Europe/Berlin",
        document=["access.yml"],
        variables={"access_evidence_dir": "/var/lib/evidence"},
        identities={"rotate": {"method": "managed_identity"}, "converge": {"credential": "Entra of the platform"}},
        commcells={
            "emea-cs01": {"method": "token_store"},
            "apac-cs01": {"method": "access_token", "env_prefix": "APAC"},
        },
        notifications=[
            {"name": "Chat", "url": "https://chat.corp.example/hook"},
            {"name": "Pager", "events": ["error", "approvals"]},
        ],
        workload_identity={"issuer": "https://aap.corp.example/o"},
        workflow={
            "approval_timeout": 86400,
            "survey": [{"variable": "reason", "question": "Why", "required": True}],
            "schedule": {
                "rrule": "DTSTART;TZID=Europe/Berlin:20270104T050000   RRULE:FREQ=WEEKLY;INTERVAL=1;UNTIL=20310101T000000",
                "answers": {"reason": "weekly"},
                "enabled": True,
            },
        },
    )
