# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is to be there on a controller, from the variables document: objects in the order in which they are made. Pure.

``options`` of an object are those of the official module of its kind (``awx.awx`` or ``ansible.controller``). No object holds a secret.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.workloads import IDENTITIES

from .controller_credential_types import ENTRA_TYPES, VAULT_TYPE, build_commcell_type, build_job_connection
from .controller_model import (
    APPLY_NODE,
    EVENTS,
    GROUP,
    KINDS,
    PLAN_NODE,
    ControllerObject,
    Mapping,
    Reference,
    build_object,
    mark_description,
)
from .controller_settings import (
    JOBS,
    METHODS,
    Settings,
    get_playbook,
    list_notifications,
    read_settings,
)
from .controller_surveys import build_survey, list_answers
from .controller_workflows import describe_approval, list_approval_workflow, list_sliced_workflow, plan_schedule
from .filter_values import require_list, require_mapping, to_text


@dataclass(frozen=True)
class ControllerPlan:
    """The objects that are made, in order, and those of others that they ``use``, which have to be there."""

    settings: Settings
    objects: tuple[ControllerObject, ...]
    uses: tuple[Reference, ...]


def plan_objects(document: t.Any) -> ControllerPlan:
    """Return what the *document*, its variables by name, asks for. Raises FilterInputError for what has not the form of the schema."""
    settings = read_settings(document)
    builder = _Builder(settings)
    builder.add_all()
    ranks = {kind: number for number, kind in enumerate(KINDS)}
    objects = sorted(builder.objects, key=lambda item: ranks[item.kind])
    made = {(item.kind, item.name) for item in objects}
    uses = dict.fromkeys(need for item in objects for need in item.needs if need not in made)
    return ControllerPlan(settings, tuple(objects), (("organizations", settings.organization), *uses))


class _Builder:
    """Collects the objects of one plan."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.objects: list[ControllerObject] = []
        self.project = settings.name_object("project", "project")
        self.inventory = settings.name_object("inventory", "CommCells")
        self.notifications: dict[str, list[str]] = {}

    def add(self, kind: str, name: str, options: Mapping, **more: t.Any) -> None:
        self.objects.append(build_object(kind, name, options, **more))

    def mark(self, words: str = "") -> str:
        """Return a description with the mark of this document."""
        return mark_description(words, self.settings.prefix)

    def add_all(self) -> None:
        self.add_credentials()
        self.add_environment()
        self.add_notifications()
        self.add_project()
        self.add_inventory()
        for kind in self.settings.jobs:
            self.add_job(kind)
        links, notified = self.link_notifications(*EVENTS, "approvals")
        if self.settings.has_workflow:
            self.objects += list_approval_workflow(self.settings, links, notified)
        if {"entra", "converge"} <= set(self.settings.jobs):
            self.objects += list_sliced_workflow(self.settings, links, notified)

    # -- credentials

    def add_credentials(self) -> None:
        settings, vault = self.settings, self.settings.get_part("vault")
        for method in METHODS:
            self.add_type(ENTRA_TYPES[method], "a way to sign in to Entra ID")
        for name in settings.commcells:
            self.add_type(build_commcell_type(settings, name), f"the sign-in to CommCell {name}")
        if "vault" in settings.given:
            self.add_type(VAULT_TYPE, "the sign-in to HashiCorp Vault")
            self.add_skeleton(self.name_vault(), to_text(VAULT_TYPE["name"]), vault)
        used = {settings.get_job_identity(kind) for kind in settings.jobs}
        for identity in IDENTITIES:
            if identity in used:
                said = self.get_identity(identity)
                type_name = to_text(ENTRA_TYPES[said.get("method") or METHODS[0]]["name"])
                self.add_skeleton(self.name_identity(identity), type_name, said)
        for name, said in settings.commcells.items():
            self.add_skeleton(self.name_commcell(name), to_text(build_commcell_type(settings, name)["name"]), said)

    def add_type(self, described: Mapping, words: str) -> None:
        self.add("credential_types", to_text(described["name"]), described, words=words)

    def add_skeleton(self, name: str, type_name: str, said: Mapping) -> None:
        """Add a credential without inputs, which a person fills; none where the document names one that is there."""
        if said.get("credential"):
            return
        self.add(
            "credentials",
            name,
            {
                "name": name,
                "organization": self.settings.organization,
                "credential_type": type_name,
                "update_secrets": False,
            },
            # People's from then on, as everything else of it.
            once={"description": self.mark()},
            needs=(("credential_types", type_name),),
            words="empty; fill it in on the controller, nothing overwrites it",
        )

    def get_identity(self, identity: str) -> Mapping:
        return require_mapping(self.settings.get_part("identities").get(identity), "an identity")

    def name_identity(self, identity: str) -> str:
        return to_text(self.get_identity(identity).get("credential")) or f"{self.settings.prefix} Entra ID {identity}"

    def name_commcell(self, name: str) -> str:
        own = self.settings.commcells[name].get("credential")
        return to_text(own) or f"{self.settings.prefix} CommCell {name}"

    def name_vault(self) -> str:
        return to_text(self.settings.get_part("vault").get("credential")) or f"{self.settings.prefix} HashiCorp Vault"

    def list_job_credentials(self, kind: str) -> list[str]:
        if not JOBS[kind].signs_in:
            return []
        found = [
            self.name_identity(self.settings.get_job_identity(kind)),
            *map(self.name_commcell, self.settings.commcells),
        ]
        if "vault" in self.settings.given:
            found.append(self.name_vault())
        own = to_text(self.settings.given.get("controller_credential"))
        return [*found, own] if own and kind in ("plan", "apply") else found

    # -- where jobs run

    def add_environment(self) -> None:
        said, name = self.settings.get_part("execution_environment"), self.name_environment()
        if not name or not said.get("image"):
            return
        options = {"name": name, "organization": self.settings.organization, "image": to_text(said["image"])}
        credential = to_text(said.get("credential")) or None
        needs = (("credentials", credential),) if credential else ()
        options |= {"pull": to_text(said.get("pull")) or "missing"}
        self.add(
            "execution_environments", name, {**options, "credential": credential}, needs=needs, words="where jobs run"
        )

    def name_environment(self) -> str:
        """Return the name of the execution environment of all jobs, empty for the controller's own."""
        if not self.settings.get_part("execution_environment"):
            return ""
        return self.settings.name_object("execution_environment", "execution environment")

    def add_project(self) -> None:
        said = self.settings.get_part("project")
        credential = to_text(said.get("credential")) or None
        self.add(
            "projects",
            self.project,
            {
                "name": self.project,
                "organization": self.settings.organization,
                "scm_type": "git",
                "scm_url": to_text(said.get("scm_url")),
                "scm_branch": to_text(said.get("scm_branch")),
                "credential": credential,
                "scm_update_on_launch": to_text(said.get("update_on_launch", True)).lower() in ("true", "yes"),
                "wait": False,
            },
            once={"description": self.mark()},
            needs=(("credentials", credential),) if credential else (),
            words="the playbooks and the document",
        )

    def add_inventory(self) -> None:
        name, organization = self.inventory, self.settings.organization
        # Without a kind the module sends null, which differs from what is stored: a write at each run, and a change in check mode.
        options = {"name": name, "organization": organization, "kind": ""}
        once = {"description": self.mark()}
        self.add("inventories", name, options, once=once, words="the CommCells as hosts")
        needs: tuple[Reference, ...] = (("inventories", name),)
        for host in self.settings.commcells:
            of_host = {"name": host, "inventory": name, "variables": {"ansible_connection": "local"}}
            self.add("hosts", host, of_host, once=once, parent=name, needs=needs, words=f"of the inventory {name}")
        hosts = list(self.settings.commcells)
        self.add(
            "groups",
            GROUP,
            {"name": GROUP, "inventory": name, "hosts": hosts},
            parent=name,
            needs=(*needs, *(("hosts", host) for host in hosts)),
            words=f"of the inventory {name}",
        )

    def add_notifications(self) -> None:
        for said in list_notifications(self.settings):
            name = to_text(said.get("name"))
            for event in require_list(said.get("events") or ["error"], "events"):
                self.notifications.setdefault(to_text(event), []).append(name)
            if said.get("url"):
                # Sent once: whoever fills in a token or another address on the controller keeps it.
                configuration = {"url": to_text(said["url"]), "headers": {}, "http_method": "POST"}
                self.add(
                    "notification_templates",
                    name,
                    {"name": name, "organization": self.settings.organization},
                    once={
                        "notification_type": "webhook",
                        "notification_configuration": configuration,
                        "description": self.mark(),
                    },
                    words="a webhook",
                )

    def link_notifications(self, *events: str) -> tuple[dict[str, list[str]], tuple[Reference, ...]]:
        # Empty lists, too: what left the document is no longer told.
        links = {f"notification_templates_{event}": self.notifications.get(event, []) for event in events}
        names = dict.fromkeys(name for found in links.values() for name in found)
        return links, tuple(("notification_templates", name) for name in names)

    # -- jobs

    def add_job(self, kind: str) -> None:
        settings, job, said = self.settings, JOBS[kind], self.settings.jobs[kind]
        name, credentials = settings.name_job(kind), self.list_job_credentials(kind)
        survey = build_survey(settings, kind)
        links, notified = self.link_notifications(*EVENTS)
        environment = self.name_environment() or None
        options = {
            "name": name,
            "organization": settings.organization,
            "description": self.mark(
                f"{job.words[0].upper()}{job.words[1:]}: {job.playbook}{_tell_check(job.job_type)}"
            ),
            "job_type": job.job_type,
            "inventory": self.inventory,
            "project": self.project,
            "playbook": get_playbook(settings, kind),
            "credentials": credentials,
            "execution_environment": environment,
            "extra_vars": self.build_variables(kind),
            "job_tags": job.tags,
            # What of a playbook runs, and on which CommCells, is what the document says.
            **dict.fromkeys(("limit", "skip_tags", "start_at_task"), ""),
            "job_slice_count": settings.slices if kind == "converge" else 1,
            "diff_mode": job.job_type == "check",
            "allow_simultaneous": False,
            "timeout": int(said.get("timeout") or 0),
            "survey_enabled": bool(survey["spec"]),
            # Empty removes the one that is there.
            "survey_spec": survey if survey["spec"] else {},
            **links,
        }
        needs = [("projects", self.project), ("inventories", self.inventory)]
        needs += [("credentials", credential) for credential in credentials]
        needs += [("execution_environments", environment)] if environment else []
        self.add("job_templates", name, options, needs=(*needs, *notified), words=job.words)
        schedule = require_mapping(said.get("schedule"), f"cvops_controller.jobs.{kind}.schedule")
        if job.rule or schedule:
            answers = list_answers(survey, require_mapping(schedule.get("answers"), "answers"))
            self.objects.append(plan_schedule(settings, "job_templates", name, schedule, job.rule, answers))

    def build_variables(self, kind: str) -> dict[str, t.Any]:
        settings = self.settings
        found = {
            **(
                {"cvops_connection": build_job_connection(settings)}
                if settings.commcells and JOBS[kind].signs_in
                else {}
            ),
            **({"cvops_document": documents} if (documents := self.list_documents()) else {}),
            **settings.get_part("variables"),
            **JOBS[kind].variables,
            **require_mapping(settings.jobs[kind].get("variables"), f"cvops_controller.jobs.{kind}.variables"),
        }
        if settings.given.get("controller_credential") and settings.has_workflow:
            where = {"collection": self.collection, "organization": settings.organization}
            if kind == PLAN_NODE:
                found["cvops_approval_node"] = {**where, **describe_approval(settings)}
            if kind == APPLY_NODE:
                found["cvops_approval_from"] = where
        return found

    @property
    def collection(self) -> str:
        return to_text(self.settings.given.get("collection")) or "awx.awx"

    def list_documents(self) -> list[str]:
        return [to_text(item) for item in require_list(self.settings.given.get("document"), "document")]


def _tell_check(job_type: str) -> str:
    return " --check" if job_type == "check" else ""
