# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Presets: issuer and subject of the tokens that well-known systems give to their jobs. Pure.

Entra ID compares both letter by letter.
"""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import Problems
from ..._core.values import is_guid
from ..option_checks import describe_problem

#: Issuer and subject.
Trust = tuple[str, str]
GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"

#: The presets by name, each with the suboptions of its option.
PRESETS: dict[str, dict[str, dict[str, t.Any]]] = {
    "awx": {
        "issuer": {"type": "str", "required": True},
        "organization": {"type": "str", "required": True},
        "job_template": {"type": "str", "required": True},
    },
    "github": {
        "repository": {"type": "str", "required": True},
        "owner_id": {"type": "str"},
        "repository_id": {"type": "str"},
        "branch": {"type": "str"},
        "tag": {"type": "str"},
        "environment": {"type": "str"},
        "pull_request": {"type": "bool"},
        "issuer": {"type": "str", "default": GITHUB},
    },
    "gitlab": {
        "project": {"type": "str"},
        "project_id": {"type": "str"},
        "branch": {"type": "str"},
        "tag": {"type": "str"},
        "issuer": {"type": "str", "default": GITLAB},
    },
    "kubernetes": {
        "issuer": {"type": "str", "required": True},
        "namespace": {"type": "str", "required": True},
        "service_account": {"type": "str", "required": True},
    },
    "managed_identity": {"object_id": {"type": "str", "required": True}},
}
#: Of the suboptions of a preset in each of these groups exactly one is given.
ONE_OF: dict[str, tuple[tuple[str, ...], ...]] = {
    "github": (("branch", "tag", "environment", "pull_request"),),
    "gitlab": (("project", "project_id"), ("branch", "tag")),
}
#: Of these suboptions of a preset all are given, or none.
TOGETHER: dict[str, tuple[tuple[str, ...], ...]] = {"github": (("owner_id", "repository_id"),)}
_WARNINGS = {
    "awx": (
        "Whether a job gets a token with this subject depends on the version and the settings of the platform: "
        "check a token before you rely on it.",
        "The subject consists of names: anybody who can create or rename a job template to this name in this "
        "organization gets the rights. Remove federated credentials whose job template no longer exists.",
    )
}
#: How the issuer of a GitHub Enterprise Server ends; its subjects have no ids (Microsoft Learn: immutable subjects of GitHub).
_GITHUB_SERVER = "/_services/token"
#: A subject of GitHub whose owner and repository are names; with ids it begins as repo:OWNER@ID/REPOSITORY@ID.
_NAMED_REPOSITORY = re.compile(r"repo:[^@/:]+/[^@/:]+(?::|$)")
#: What stands between the names of an organization and a job template in the subject of Automation Platform.
_TEMPLATE = ":job_template:"
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_SUBDOMAIN = 253
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")
_REPOSITORY = re.compile(r"[^/@:\s]+/[^/@:\s]+")


def preset_options() -> dict[str, dict[str, t.Any]]:
    """Return the presets as options of an argument spec."""
    return {name: _preset_option(name) for name in PRESETS}


def _preset_option(name: str) -> dict[str, t.Any]:
    one_of = [list(names) for names in ONE_OF.get(name, ())]
    together = [list(names) for names in TOGETHER.get(name, ())]
    rules = {"required_one_of": one_of, "mutually_exclusive": one_of, "required_together": together}
    return {"type": "dict", "options": PRESETS[name], **{rule: value for rule, value in rules.items() if value}}


def resolve_trust(options: t.Mapping[str, t.Any], tenant_issuer: t.Callable[[], str]) -> Trust:
    """Return the issuer and subject that the options describe.

    *tenant_issuer* returns the tenant's own issuer; it is called for the preset ``managed_identity`` only. Raises Problems with
    all values that cannot be right.
    """
    for name, subject in _SUBJECTS.items():
        given = options.get(name)
        if given is not None:
            _check_preset(name, given)
            issuer = tenant_issuer() if name == "managed_identity" else str(given["issuer"])
            return issuer, subject(given)
    return str(options["issuer"]), str(options["subject"])


def names_repository_only(options: t.Mapping[str, t.Any]) -> bool:
    """Return True for a trust in a repository of GitHub's own service by its names, which others can get after a deletion.

    Repositories that were made, renamed or transferred since July 2026 have subjects with ids there.
    """
    given = options.get("github")
    if given is not None:
        return not given.get("owner_id") and not _is_github_server(given)
    issuer = str(options.get("issuer") or "").lower().rstrip("/")
    is_github = issuer == GITHUB or issuer.startswith(f"{GITHUB}/")  # with the name of an enterprise
    return is_github and _NAMED_REPOSITORY.match(str(options.get("subject") or "")) is not None


def list_preset_warnings(name: str) -> tuple[str, ...]:
    """Return what has to be known before the preset *name* is trusted, a sentence or two each."""
    return _WARNINGS.get(name, ())


def _is_github_server(given: t.Mapping[str, t.Any]) -> bool:
    return str(given["issuer"]).rstrip("/").endswith(_GITHUB_SERVER)


def _check_preset(name: str, given: t.Mapping[str, t.Any]) -> None:
    """Raise Problems with every value of the preset *name* that cannot be right."""
    problems = [describe_problem(f"{name}.{key}", message) for key, message in find_preset_faults(name, given)]
    if problems:
        raise Problems(f"{len(problems)} values of {name} cannot be used", problems)


Fault: t.TypeAlias = tuple[str, str]


def find_preset_faults(name: str, given: t.Mapping[str, t.Any]) -> list[Fault]:
    """Return what is wrong with the values of the preset *name*, by suboption."""
    return _CHECKS[name](given)


def _check_awx(given: t.Mapping[str, t.Any]) -> list[Fault]:
    """Return what is wrong with the names of a job template and its organization: where the one ends and the other begins must be told."""
    return [
        (
            key,
            f"{given[key]!r}: with {_TEMPLATE!r} in a name, a template of another organization could have the same subject",
        )
        for key in ("organization", "job_template")
        if _TEMPLATE in given[key]
    ]


def _check_github(given: t.Mapping[str, t.Any]) -> list[Fault]:
    """Return what is wrong with a repository of GitHub, by suboption."""
    found: list[Fault] = []
    if not _REPOSITORY.fullmatch(given["repository"]):
        message = f"{given['repository']!r} does not have the form owner/name"
        if "@" in given["repository"]:
            message += "; give the numbers of GitHub's immutable subject as owner_id and repository_id"
        found.append(("repository", message))
    if given.get("pull_request") is False:
        found.append(("pull_request", "only true is possible"))
    found += _check_numbers(given, "owner_id", "repository_id")
    if given.get("owner_id") and _is_github_server(given):
        message = "a GitHub Enterprise Server has subjects without ids: leave owner_id and repository_id out"
        found.append(("owner_id", message))
    return found


def _check_gitlab(given: t.Mapping[str, t.Any]) -> list[Fault]:
    """Return what is wrong with a project of GitLab, by suboption."""
    project, found = given.get("project"), _check_numbers(given, "project_id")
    if project is not None and ("/" not in project.strip("/") or project != project.strip("/")):
        message = f"{project!r} does not have the form group/name"
        if _NUMBER.fullmatch(project):
            message += "; give the number of a project as project_id"
        found.append(("project", message))
    return found


def _check_kubernetes(given: t.Mapping[str, t.Any]) -> list[Fault]:
    """Return what is wrong with the names of a namespace and a service account (Kubernetes: names are DNS labels and subdomains)."""
    found: list[Fault] = []
    if not _LABEL.fullmatch(given["namespace"]):
        message = (
            f"{given['namespace']!r} is not the name of a namespace: at most 63 lower-case letters, digits and hyphens"
        )
        found.append(("namespace", message))
    name = given["service_account"]
    if len(name) > _LONGEST_SUBDOMAIN or not all(map(_LABEL.fullmatch, name.split("."))):
        found.append(
            (
                "service_account",
                f"{name!r} is not the name of a service account: lower-case letters, digits, hyphens and dots",
            )
        )
    return found


def _check_managed_identity(given: t.Mapping[str, t.Any]) -> list[Fault]:
    """Return what is wrong with the object id of a managed identity."""
    return [] if is_guid(given["object_id"]) else [("object_id", f"{given['object_id']!r} is not a GUID")]


def _check_numbers(given: t.Mapping[str, t.Any], *names: str) -> list[Fault]:
    return [
        (name, f"{given[name]!r} is not a number, as the ids of owners, repositories and projects are")
        for name in names
        if given.get(name) is not None and not _NUMBER.fullmatch(given[name])
    ]


_CHECKS: dict[str, t.Callable[[t.Mapping[str, t.Any]], list[Fault]]] = {
    "awx": _check_awx,
    "github": _check_github,
    "gitlab": _check_gitlab,
    "kubernetes": _check_kubernetes,
    "managed_identity": _check_managed_identity,
}


def _awx_subject(given: t.Mapping[str, t.Any]) -> str:
    where = f"organization:{given['organization']}{_TEMPLATE}{given['job_template']}"
    return f"workload_type:aap_controller_automation_job:{where}"


def _github_subject(given: t.Mapping[str, t.Any]) -> str:
    if given.get("branch"):
        rest = f"ref:refs/heads/{given['branch']}"
    elif given.get("tag"):
        rest = f"ref:refs/tags/{given['tag']}"
    elif given.get("environment"):
        # GitHub's documentation of the claim sub: a colon within a value stands there as %3A
        rest = f"environment:{given['environment'].replace(':', '%3A')}"
    else:
        rest = "pull_request"
    owner, name = given["repository"].split("/")
    if given.get("owner_id"):
        owner, name = f"{owner}@{given['owner_id']}", f"{name}@{given['repository_id']}"
    return f"repo:{owner}/{name}:{rest}"


def _gitlab_subject(given: t.Mapping[str, t.Any]) -> str:
    kind = "branch" if given.get("branch") else "tag"
    project = f"project_id:{given['project_id']}" if given.get("project_id") else f"project_path:{given['project']}"
    return f"{project}:ref_type:{kind}:ref:{given[kind]}"


def _kubernetes_subject(given: t.Mapping[str, t.Any]) -> str:
    return f"system:serviceaccount:{given['namespace']}:{given['service_account']}"


def _managed_identity_subject(given: t.Mapping[str, t.Any]) -> str:
    return str(given["object_id"]).lower()


_SUBJECTS: dict[str, t.Callable[[t.Mapping[str, t.Any]], str]] = {
    "awx": _awx_subject,
    "github": _github_subject,
    "gitlab": _gitlab_subject,
    "kubernetes": _kubernetes_subject,
    "managed_identity": _managed_identity_subject,
}
