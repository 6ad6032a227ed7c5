# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Presets: issuer and subject of the tokens that well-known systems give to their jobs. Pure.

Entra ID compares both letter by letter.
"""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..._core.values import is_guid

#: Issuer and subject.
Trust = tuple[str, str]
GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"

#: The audience that Entra ID recommends, by cloud.
AUDIENCES = {
    "public": "api://AzureADTokenExchange",
    "usgov": "api://AzureADTokenExchangeUSGov",
    "usgovdod": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
#: The presets by name, each with the suboptions of its option.
PRESETS: dict[str, dict[str, dict[str, t.Any]]] = {
    "awx": {
        "issuer": {"type": "str", "required": True},
        "organization": {"type": "str", "required": True},
        "job_template": {"type": "str", "required": True},
    },
    "github": {
        "repository": {"type": "str", "required": True},
        "branch": {"type": "str"},
        "tag": {"type": "str"},
        "environment": {"type": "str"},
        "pull_request": {"type": "bool"},
        "issuer": {"type": "str", "default": GITHUB},
    },
    "gitlab": {
        "project": {"type": "str", "required": True},
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
#: Of these suboptions of a preset exactly one is given.
ONE_OF = {"github": ("branch", "tag", "environment", "pull_request"), "gitlab": ("branch", "tag")}


def preset_options() -> dict[str, dict[str, t.Any]]:
    """Return the presets as options of an argument spec."""
    return {name: _preset_option(name) for name in PRESETS}


def _preset_option(name: str) -> dict[str, t.Any]:
    keys = list(ONE_OF.get(name, ()))
    rules = {"required_one_of": [keys], "mutually_exclusive": [keys]} if keys else {}
    return {"type": "dict", "options": PRESETS[name], **rules}


def resolve_trust(options: t.Mapping[str, t.Any], tenant_issuer: t.Callable[[], str]) -> Trust:
    """Return the issuer and subject that the options describe.

    *tenant_issuer* returns the tenant's own issuer; it is called for the preset ``managed_identity`` only. Raises ConfigError
    for values that cannot be right.
    """
    for name, subject in _SUBJECTS.items():
        given = options.get(name)
        if given is not None:
            _check_preset(name, given)
            issuer = tenant_issuer() if name == "managed_identity" else str(given["issuer"])
            return issuer, subject(given)
    return str(options["issuer"]), str(options["subject"])


def _check_preset(name: str, given: t.Mapping[str, t.Any]) -> None:
    if name == "managed_identity" and not is_guid(given["object_id"]):
        raise ConfigError(
            f"managed_identity.object_id: {given['object_id']!r} is not a GUID", source="option managed_identity"
        )
    if given.get("pull_request") is False:
        raise ConfigError("github.pull_request: only true makes sense", source="option github")
    if name in ("github", "gitlab"):
        option = "repository" if name == "github" else "project"
        if "/" not in given[option].strip("/"):
            raise ConfigError(
                f"{name}.{option}: {given[option]!r} lacks its owner or group, as in owner/name",
                source=f"option {name}",
            )


def _awx_subject(given: t.Mapping[str, t.Any]) -> str:
    where = f"organization:{given['organization']}:job_template:{given['job_template']}"
    return f"workload_type:aap_controller_automation_job:{where}"


def _github_subject(given: t.Mapping[str, t.Any]) -> str:
    if given.get("branch"):
        rest = f"ref:refs/heads/{given['branch']}"
    elif given.get("tag"):
        rest = f"ref:refs/tags/{given['tag']}"
    elif given.get("environment"):
        rest = f"environment:{given['environment']}"
    else:
        rest = "pull_request"
    return f"repo:{given['repository']}:{rest}"


def _gitlab_subject(given: t.Mapping[str, t.Any]) -> str:
    kind = "branch" if given.get("branch") else "tag"
    return f"project_path:{given['project']}:ref_type:{kind}:ref:{given[kind]}"


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
