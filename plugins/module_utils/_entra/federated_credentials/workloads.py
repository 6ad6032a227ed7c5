# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The subjects that the jobs of a controller present, for each identity that they sign in as. Pure."""

from __future__ import annotations

import hashlib
import re
import typing as t

from ..._core.errors import ConfigError, Problems
from ..._signin.clouds import TOKEN_EXCHANGE_AUDIENCES
from ..option_checks import describe_problem
from ..uris import explain_issuer
from .plan import LIMIT
from .presets import PRESETS, find_preset_faults, list_preset_warnings, resolve_trust

#: The identities of jobs, the fewest rights last. The fourth, that of the bootstrap, is a person, for whom no job stands.
IDENTITIES = ("converge", "rotate", "evidence")
#: The presets of tokens that jobs of a controller have: of the controller itself, and of the pod of a container group.
JOB_PRESETS = ("awx", "kubernetes")
#: The identity that each playbook needs; bootstrap is left to a person.
PLAYBOOK_IDENTITIES = {
    "site": "converge",
    "converge_role_mappings": "converge",
    "revert": "converge",
    "rotate_secrets": "rotate",
    "roll_over_certificate": "rotate",
    **dict.fromkeys(
        (
            "access",
            "access_evidence",
            "access_log",
            "break_glass_drill",
            "doctor",
            "expiry",
            "export_entra",
            "export_role_mappings",
            "preflight",
            "review",
            "snapshot",
            "validate",
        ),
        "evidence",
    ),
}
_LONGEST_NAME = 120
_DIGEST = 8


class WorkloadSubject(t.TypedDict):
    """One federated credential that an identity needs. ``trust``: the preset as module entra_federated_credential takes it."""

    identity: str
    name: str
    issuer: str
    subject: str
    audience: str
    trust: dict[str, dict[str, t.Any]]
    warnings: list[str]


def workload_subjects(
    preset: str, workloads: t.Iterable[t.Mapping[str, t.Any]], cloud: str = "public"
) -> list[WorkloadSubject]:
    """Return the federated credentials of the jobs *workloads*, in the order of IDENTITIES and within one as given, each once.

    Each workload is a mapping: ``identity``, of IDENTITIES, and the suboptions of *preset*, of JOB_PRESETS, such as ``issuer``,
    ``organization`` and ``job_template`` of ``awx``. Names of credentials are made of what tells workloads apart, and stay the same.
    Raises ConfigError for an unknown preset, Problems with everything that no credential can be made of.
    """
    if preset not in JOB_PRESETS:
        raise ConfigError(f"preset: {preset!r} is not one of {', '.join(JOB_PRESETS)}", source="option preset")
    found: list[WorkloadSubject] = []
    problems: list[dict[str, t.Any]] = []
    for index, workload in enumerate(workloads):
        wrong = _find_faults(preset, workload, f"workloads[{index}]")
        problems += wrong
        if not wrong:
            row = _describe_subject(preset, workload, cloud)
            known = {(one["identity"], one["issuer"], one["subject"]) for one in found}
            if (row["identity"], row["issuer"], row["subject"]) not in known:
                found.append(row)
    for identity in IDENTITIES:
        number = sum(row["identity"] == identity for row in found)
        if number > LIMIT:
            message = f"{identity} would need {number} federated credentials, but an application can have {LIMIT}: use one for several jobs"
            problems.append(describe_problem("workloads", message))
    if problems:
        raise Problems(f"{len(problems)} workloads cannot be used as given", problems)
    return [_add_sharing(row, found) for row in sorted(found, key=lambda row: IDENTITIES.index(row["identity"]))]


def _find_faults(preset: str, workload: t.Mapping[str, t.Any], where: str) -> list[dict[str, t.Any]]:
    """Return what is wrong with one workload."""
    options = PRESETS[preset]
    if workload.get("identity") not in IDENTITIES:
        message = f"{workload.get('identity')!r} is not one of {', '.join(IDENTITIES)}"
        return [describe_problem(f"{where}.identity", message)]
    unknown = sorted(set(workload) - set(options) - {"identity"})
    wrong = [describe_problem(f"{where}.{name}", f"preset {preset} has no such key") for name in unknown]
    lacking = [name for name in options if not isinstance(workload.get(name), str) or not workload[name].strip()]
    wrong += [describe_problem(f"{where}.{name}", f"preset {preset} needs it, as text") for name in lacking]
    if wrong:
        return wrong
    wrong += [describe_problem(f"{where}.{key}", message) for key, message in find_preset_faults(preset, workload)]
    why = explain_issuer(workload["issuer"])
    if why:
        wrong.append(describe_problem(f"{where}.issuer", f"{workload['issuer']!r}: {why}"))
    return wrong


def _describe_subject(preset: str, workload: t.Mapping[str, t.Any], cloud: str) -> WorkloadSubject:
    given = {name: workload[name] for name in PRESETS[preset]}
    issuer, subject = resolve_trust({preset: given}, lambda: "")
    return {
        "identity": str(workload["identity"]),
        "name": _name_credential(preset, issuer, subject),
        "issuer": issuer,
        "subject": subject,
        "audience": TOKEN_EXCHANGE_AUDIENCES[cloud],
        "trust": {preset: given},
        "warnings": list(list_preset_warnings(preset)),
    }


def _name_credential(preset: str, issuer: str, subject: str) -> str:
    """Return a name of a federated credential: what people recognize of the subject, and a digest, because names are cut and simplified."""
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode("utf-8", "replace")).hexdigest()[:_DIGEST]
    told = re.sub(r"[^a-z0-9]+", "-", subject.rpartition(":job_template:")[2].lower()).strip("-")
    return f"{preset}-{told}"[: _LONGEST_NAME - _DIGEST - 1].rstrip("-") + f"-{digest}"


def _add_sharing(row: WorkloadSubject, rows: t.Sequence[WorkloadSubject]) -> WorkloadSubject:
    """Return *row* with a warning where jobs of another identity present the same token."""
    trust = (row["issuer"], row["subject"])
    others = sorted({one["identity"] for one in rows if (one["issuer"], one["subject"]) == trust} - {row["identity"]})
    if not others:
        return row
    told = (
        f"The same token can also sign in as {' and '.join(others)}: a job for one of these identities has the "
        "rights of all. Give each identity its own workload."
    )
    return {**row, "warnings": [*row["warnings"], told]}
