# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a run makes on a controller, in words for people, and what came of it. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.workloads import (
    workload_subjects,
)

from .controller_failures import read_failure
from .controller_model import KINDS, ControllerObject
from .controller_objects import plan_objects
from .controller_settings import Settings, read_settings
from .controller_state import is_there, list_results
from .controller_surplus import format_surplus, list_stops, list_surplus
from .filter_values import make_visible, require_list, require_mapping, to_text

Mapping = t.Mapping[str, t.Any]


def format_setup(document: t.Any, state: t.Any) -> list[str]:
    """Return what is to be created, in words, how much is there already, and what of earlier runs the document lacks."""
    plan, known = plan_objects(document), require_mapping(state, "the state")
    coming = [item for item in plan.objects if not is_there(item, known)]
    there = len(plan.objects) - len(coming)
    lines = [f"Plan for organization {_show(plan.settings.organization)}: {_count_kinds(coming)}"]
    for item in coming:
        told = f": {_show(item.words)}" if item.words else ""
        lines.append(f"  + {_name_object(item)}{told}")
    if there:
        lines.append(f"  {there} exist already; what differs from the document is corrected, and shown at the end")
    return [*lines, *format_surplus(plan, known)]


def _show(value: t.Any) -> str:
    return to_text(make_visible(to_text(value)))


def _name_object(item: ControllerObject) -> str:
    where = f" of {_show(item.parent)}" if item.kind.startswith("workflow_") and item.parent else ""
    return f"{KINDS[item.kind]} {_show(item.name)}{where}"


def _count_kinds(items: t.Sequence[ControllerObject]) -> str:
    if not items:
        return "nothing to create"
    counts: dict[str, int] = {}
    for item in items:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    return f"{len(items)} to create"


def conclude_setup(
    document: t.Any,
    state: t.Any,
    results: t.Any,
    check_mode: t.Any = False,
    failure: t.Any = "",
    secrets: t.Any = None,
    note: t.Any = "",
) -> dict[str, t.Any]:
    """Return what came of a run: ``changed``, names that were ``created`` and ``set_right``, how many are ``unchanged``, ``lines`` for people.

    ``surplus``: what earlier runs have made and the document lacks, with schedules that were ``switched_off``; ``identities_gone``: the federated
    credentials that Entra ID may still have for job templates among it.

    *results*: the registered loops of the tasks, one of each kind. *failure*: why the run ended early, empty where it did not.
    *secrets*: those of the connection, which are hidden in what the controller said. *note*: what else people have to know.
    """
    hidden = require_list(secrets, "the secrets")
    plan, known = plan_objects(document), require_mapping(state, "the state")
    done = list_results(results)
    created: list[str] = []
    right: list[str] = []
    failed: dict[str, str] = {}
    waiting: list[str] = []
    same = 0
    for item in plan.objects:
        own = done.get(item.key, [])
        name = _name_object(item)
        if wrong := [result for result in own if result.get("failed")]:
            failed[name] = read_failure(wrong[0], item.name, hidden)
        elif check_mode and not is_there(item, known):
            created.append(name)
        elif not own:
            waiting.append(name)
        elif any(result.get("changed") for result in own):
            (right if is_there(item, known) else created).append(name)
        else:
            same += 1
    stops = {item["key"]: item["name"] for item in list_stops(plan, known)}
    failed |= {
        f"{KINDS['schedules']} {_show(name)}": read_failure(result, name, hidden)
        for key, name in stops.items()
        for result in done.get(key, [])
        if result.get("failed")
    }
    stopped = [key for key in stops if any(result.get("changed") for result in done.get(key, []))]
    surplus = list_surplus(plan, known)
    gone = list_trusts_gone(document, [one.name for one in surplus if one.kind == "job_templates"])
    lines = _format_conclusion(created, right, failed, waiting, same, bool(check_mode), to_text(failure), len(stopped))
    lines += format_surplus(plan, known, stopped, done=not check_mode)
    lines += [
        f"  ? subject {_show(trust['subject'])}: Entra ID may still trust it; remove the federated credential "
        f"{trust['federated_credential']['name']} from"
        f" the applications of {', '.join(trust['identities'])} (awx_setup_result.identities_gone)"
        for trust in gone
    ]
    lines += [f"Note: {_show(note)}"] if note else []
    return {
        "changed": bool(created or right or stopped),
        "created": created,
        "set_right": right,
        "failed": list(failed),
        "left": waiting,
        "unchanged": same,
        "switched_off": [one.words for one in surplus if one.key in stopped],
        "surplus": [one.words for one in surplus],
        "identities": list_trusts(document),
        "identities_gone": gone,
        "lines": lines,
    }


def _format_conclusion(
    created: list[str],
    right: list[str],
    failed: Mapping,
    waiting: list[str],
    same: int,
    check_mode: bool,
    failure: str,
    stopped: int,
) -> list[str]:
    if not (created or right or failed or waiting or failure or stopped):
        return [f"Nothing to do: all {same} objects are as in the document"]
    would = "would be " if check_mode else ""
    lines = [
        f"{would}created: {len(created)}, {would}set right: {len(right)}, unchanged: {same}"
        + (f", failed: {len(failed)}" if failed else "")
        + (f", left: {len(waiting)}" if waiting else "")
        + (f", {would}switched off: {stopped}" if stopped else "")
    ]
    lines += [f"  + {name}" for name in created] + [f"  ~ {name}" for name in right]
    lines += [f"  failed: {name}{f': {said}' if said else ''}" for name, said in failed.items()]
    why = "cannot be compared before the rest exists" if check_mode else "not done"
    lines += [f"  {why}: {name}" for name in waiting]
    return [
        *lines,
        *(
            [f"Stopped early: {_show(failure)}. Correct that and run this again: it continues where it stopped"]
            if failure
            else []
        ),
    ]


def list_trusts(document: t.Any) -> list[dict[str, t.Any]]:
    """Return for each identity of jobs what Entra ID has to trust: ``issuer``, ``subject``, ``audience``, ``warnings``, in the order of IDENTITIES.

    ``federated_credential`` holds options of the module entra_federated_credential, beside the application. While nobody says whose tokens the jobs
    have, there is nothing to tell. Raises Problems for values that no credential can be made of.
    """
    settings = read_settings(document)
    said = settings.get_part("workload_identity")
    pods = require_mapping(said.get("kubernetes"), "cvops_controller.workload_identity.kubernetes")
    rows = [
        *workload_subjects("awx", _list_job_workloads(settings, to_text(said.get("issuer"))), settings.cloud),
        *workload_subjects("kubernetes", _list_pod_workloads(settings, pods), settings.cloud),
    ]
    return [
        {
            "identity": row["identity"],
            "issuer": row["issuer"],
            "subject": row["subject"],
            "audience": row["audience"],
            "warnings": row["warnings"],
            "federated_credential": {"name": row["name"], **row["trust"], "audiences": [row["audience"]]},
        }
        for row in rows
    ]


def list_trusts_gone(document: t.Any, templates: t.Iterable[str]) -> list[dict[str, t.Any]]:
    """Return the federated credentials that Entra ID may still have for job *templates* that are not in the document.

    Which identity a template had is not known any more: ``identities`` are all of its jobs. ``federated_credential``: options of
    entra_federated_credential that remove it, beside the application.
    """
    settings = read_settings(document)
    issuer = to_text(settings.get_part("workload_identity").get("issuer"))
    identities = sorted({settings.get_job_identity(kind) for kind in settings.jobs})
    where = {"identity": identities[0] if identities else "", "issuer": issuer, "organization": settings.organization}
    found = []
    for workload in [{**where, "job_template": name} for name in templates] if issuer else []:
        try:
            rows = workload_subjects("awx", [workload], settings.cloud)
        except Problems:  # a name that no credential can be made of has none
            continue
        found += [
            {
                "identities": identities,
                "issuer": row["issuer"],
                "subject": row["subject"],
                "federated_credential": {"name": row["name"], "state": "absent"},
            }
            for row in rows
        ]
    return found


def _list_job_workloads(settings: Settings, issuer: str) -> list[dict[str, t.Any]]:
    """Return the job templates whose jobs have tokens of the controller itself, none while its issuer is not known."""
    return [
        {
            "identity": settings.get_job_identity(kind),
            "issuer": issuer,
            "organization": settings.organization,
            "job_template": settings.name_job(kind),
        }
        for kind in settings.jobs
        if issuer
    ]


def _list_pod_workloads(settings: Settings, pods: Mapping) -> list[dict[str, t.Any]]:
    """Return the service accounts of the pods in which jobs run, by identity."""
    accounts = require_mapping(
        pods.get("service_accounts"), "cvops_controller.workload_identity.kubernetes.service_accounts"
    )
    used = {settings.get_job_identity(kind) for kind in settings.jobs}
    where = {"issuer": to_text(pods.get("issuer")), "namespace": to_text(pods.get("namespace"))}
    return [
        {"identity": to_text(name), **where, "service_account": to_text(account)}
        for name, account in accounts.items()
        if name in used and account
    ]


def format_trusts(document: t.Any) -> list[str]:
    """Return what Entra ID has to trust for each identity, in words; one line where nobody has said whose tokens the jobs have."""
    trusts = list_trusts(document)
    if not trusts:
        return [
            "What Entra ID has to trust of these jobs is not known: set cvops_controller.workload_identity, or fill "
            "secrets into the credentials"
        ]
    lines = ["What Entra ID has to trust, as options of entra_federated_credential in awx_setup_result.identities:"]
    for trust in trusts:
        lines.append(f"  {trust['identity']}: subject {_show(trust['subject'])}")
        lines.append(f"    issuer {_show(trust['issuer'])}, audience {trust['audience']}")
    warnings = dict.fromkeys(text for trust in trusts for text in trust["warnings"])
    return [*lines, *(f"  Note: {_show(text)}" for text in warnings)]


def describe_settings(document: t.Any) -> dict[str, t.Any]:
    """Return what the role itself needs to know: ``collection``, ``connection``, the project's ``wait_minutes``."""
    settings: Settings = read_settings(document)
    minutes = settings.get_part("project").get("wait_minutes")
    return {
        "collection": to_text(settings.given.get("collection")) or "awx.awx",
        "project": settings.name_object("project", "project"),
        "wait_minutes": int(10 if minutes is None else minutes),
    }
