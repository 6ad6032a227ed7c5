# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What ``cvops_controller`` asks for, with everything that it leaves out filled in. Pure.

The controller itself is AWX or an Automation Controller; what is made on it is planned in ``controller_objects.py``.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.workloads import (
    PLAYBOOK_IDENTITIES,
)

from .filter_values import require_list, require_mapping, to_text

Mapping = t.Mapping[str, t.Any]

#: How an identity signs in: its credential type.
METHODS = ("token_file", "managed_identity", "federated_managed_identity", "client_certificate", "client_secret")
COMMCELL_METHODS = ("password", "access_token", "token_store")
#: Artifacts that the job of the plan leaves for the jobs after it; they override what else gives these variables.
PLAN_DIGEST, PLAN_TEXT = "cvops_approved_plan", "cvops_plan_markdown"


@dataclass(frozen=True)
class JobKind:
    """What a job template runs: the playbook, and what it is for; ``rule``: its schedule where the document gives none.

    ``signs_in``: whether it reaches a service, and so needs credentials and connection.
    """

    playbook: str
    words: str
    name: str
    job_type: str = "run"
    variables: t.Mapping[str, t.Any] = field(default_factory=dict)
    tags: str = ""
    rule: str = ""
    signs_in: bool = True


#: The job templates by kind, in the order in which they are made.
JOBS: t.Mapping[str, JobKind] = {
    "drift": JobKind(
        "site",
        "shows what differs from the document, and changes nothing",
        "drift report",
        "check",
        rule="050000 FREQ=DAILY;INTERVAL=1",
    ),
    "plan": JobKind(
        "site",
        "plans a change, and passes the digest of the plan to the workflow",
        "plan",
        "check",
        {"cvops_publish_plan": True},
    ),
    # Launched by itself, without the digest that its survey or the job of the plan gives, it ends with its plan.
    "apply": JobKind(
        "site",
        "writes only the plan that was approved",
        "apply",
        variables={PLAN_DIGEST: "nothing"},
    ),
    "entra": JobKind("site", "converges Entra ID, once for all slices", "converge Entra ID", tags="entra"),
    "converge": JobKind("site", "converges the CommCells in slices", "converge CommCells"),
    "rotate": JobKind(
        "rotate_secrets",
        "replaces secrets before they expire",
        "rotate secrets",
        rule="040000 FREQ=DAILY;INTERVAL=1",
    ),
    "expiry": JobKind(
        "expiry",
        "shows what will expire and when",
        "expiry report",
        rule="060000 FREQ=DAILY;INTERVAL=1",
    ),
    "evidence": JobKind(
        "access_evidence",
        "seals evidence of who may do what",
        "access evidence",
        rule="030000 FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1",
    ),
    "review": JobKind(
        "review",
        "turns the decisions of an access review into a patch of the document",
        "access review",
        signs_in=False,
    ),
    "access": JobKind("access", "answers who can do what", "access questions"),
}


@dataclass(frozen=True)
class Settings:
    """``cvops_controller``, complete. Names are those on the controller; ``jobs`` holds what is said of each kind that is made.

    ``commcells``: by name what jobs have to know of each, without secrets; ``given``: the variable as it is.
    """

    given: Mapping
    organization: str
    prefix: str
    commcells: t.Mapping[str, Mapping]
    jobs: t.Mapping[str, Mapping]
    slices: int
    timezone: str
    cloud: str

    def get_part(self, name: str) -> Mapping:
        """Return a mapping of the variable, empty where it is not given."""
        return require_mapping(self.given.get(name), f"cvops_controller.{name}")

    def name_object(self, part: str, words: str) -> str:
        """Return the name of the object that ``cvops_controller.PART`` is about: its own, or the prefix with *words*."""
        return to_text(self.get_part(part).get("name")) or f"{self.prefix} {words}"

    def name_job(self, kind: str) -> str:
        """Return the name of the job template of a kind."""
        return to_text(self.jobs.get(kind, {}).get("name")) or f"{self.prefix} {JOBS[kind].name}"

    def get_job_identity(self, kind: str) -> str:
        """Return the identity of Entra ID that the jobs of a kind sign in as."""
        return to_text(self.jobs.get(kind, {}).get("identity")) or PLAYBOOK_IDENTITIES[JOBS[kind].playbook]

    @property
    def has_workflow(self) -> bool:
        """Whether a plan can be approved: its three parts are there."""
        return "plan" in self.jobs and "apply" in self.jobs

    @property
    def is_sliced(self) -> bool:
        """Whether CommCells are converged in slices."""
        return self.slices > 1


#: What of a CommCell jobs have to know to reach it; none of it is a secret.
REACHED = ("url", "company", "ca_path", "validate_certs")


def reduce_document(document: t.Any) -> dict[str, t.Any]:
    """Return of the *document* what a plan is made of, without any secret: all that the tasks of the role have to know."""
    values = require_mapping(document, "the document")
    given = require_mapping(values.get("cvops_controller"), "cvops_controller")
    connection = require_mapping(values.get("cvops_connection"), "cvops_connection")
    commcells = require_mapping(connection.get("commcells"), "cvops_connection.commcells")
    entra = require_mapping(connection.get("entra"), "cvops_connection.entra")
    return {
        "cvops_controller": {name: value for name, value in given.items() if name != "connection"},
        "cvops_connection": {
            "entra": {name: value for name, value in entra.items() if name == "cloud"},
            "commcells": {
                name: {key: item for key, item in require_mapping(value, "a CommCell").items() if key in REACHED}
                for name, value in commcells.items()
            },
        },
        # Only whether there are any.
        "cvops_rotations": [{}] if values.get("cvops_rotations") else [],
    }


def read_settings(document: t.Any) -> Settings:
    """Return what the *document* (its variables by name) asks for. Raises FilterInputError for what has not the form of the schema."""
    values = require_mapping(document, "the document")
    given = require_mapping(values.get("cvops_controller"), "cvops_controller")
    connection = require_mapping(values.get("cvops_connection"), "cvops_connection")
    commcells = require_mapping(connection.get("commcells"), "cvops_connection.commcells")
    said = require_mapping(given.get("commcells"), "cvops_controller.commcells")
    prefixes = build_env_prefixes(list(map(to_text, commcells)), said)
    slices = int(given.get("slices") or 1)
    asked = require_mapping(given.get("jobs"), "cvops_controller.jobs")
    jobs = {}
    for kind in JOBS:
        job = require_mapping(asked.get(kind), f"cvops_controller.jobs.{kind}")
        enabled = job.get("enabled")
        if _is_true(enabled) if enabled is not None else _is_wanted(kind, values, given, slices, kind in asked):
            jobs[kind] = job
    return Settings(
        given=given,
        organization=to_text(given.get("organization")),
        prefix=to_text(given.get("prefix")) or "cvops",
        commcells={
            to_text(name): {
                "method": "password",
                "reached": require_mapping(value, "a CommCell of the connection"),
                **{key: item for key, item in require_mapping(said.get(name), "a CommCell").items() if item},
                "env_prefix": prefixes[to_text(name)],
            }
            for name, value in commcells.items()
        },
        jobs=jobs,
        slices=slices,
        timezone=to_text(given.get("timezone")) or "UTC",
        cloud=to_text(require_mapping(connection.get("entra"), "cvops_connection.entra").get("cloud")) or "public",
    )


def _is_true(value: t.Any) -> bool:
    return to_text(value).lower() in ("true", "yes", "1", "on")


def _is_wanted(kind: str, values: Mapping, given: Mapping, slices: int, named: bool) -> bool:
    """Return whether a job template of the *kind* is made where nobody says so."""
    if kind in ("entra", "converge"):
        return slices > 1
    if kind == "rotate":
        return bool(values.get("cvops_rotations")) or named
    if kind in ("evidence", "review"):
        return named or "access_evidence_dir" in require_mapping(given.get("variables"), "cvops_controller.variables")
    return True


#: By key of ``cvops_controller.connection``, the option of the official look-up.
_ACCESS = {
    "host": "host",
    "oauth_token": "oauth_token",
    "validate_certs": "verify_ssl",
    "request_timeout": "request_timeout",
}


def build_access_options(connection: t.Any) -> dict[str, t.Any]:
    """Return the options of the official look-up for a connection; what it leaves out, the look-up finds in the environment itself."""
    given = require_mapping(connection, "cvops_controller.connection")
    return {name: given[key] for key, name in _ACCESS.items() if given.get(key) not in (None, "")}


def build_env_prefixes(names: t.Sequence[str], said: Mapping) -> dict[str, str]:
    """Return by CommCell how the names of its environment variables begin; *said*: ``env_prefix`` of those that have one of their own."""
    found = {}
    for name in names:
        own = require_mapping(said.get(name), "a CommCell").get("env_prefix")
        found[name] = to_text(own) or "CVOPS_COMMCELL_" + re.sub("[^A-Z0-9]+", "_", name.upper()).strip("_")
    return found


def list_notifications(settings: Settings) -> list[Mapping]:
    """Return the notification templates that job templates are linked to."""
    return [
        require_mapping(item, f"cvops_controller.notifications[{number}]")
        for number, item in enumerate(
            require_list(settings.given.get("notifications"), "cvops_controller.notifications")
        )
    ]


def get_playbook(settings: Settings, kind: str) -> str:
    """Return the path of a job's playbook in the project."""
    folder = settings.get_part("project").get("playbooks")
    folder = "playbooks" if folder is None else to_text(folder).strip("/")
    return f"{folder}/{JOBS[kind].playbook}.yml".removeprefix("/")
