# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of commvault_credential, and the credential that they describe. Pure."""

from __future__ import annotations

import base64
import re
import typing as t
from dataclasses import dataclass

from ..._core.argument_specs import ArgumentSpec
from ..._core.errors import ConfigError, Problems
from ..._core.values import is_guid
from ..name_checks import check_object_name
from ..secret_marks import ROTATED, SECRET_POLICIES, check_secret_options
from .canonical import Holder
from .environments import ENDPOINT_MEMBERS, ENVIRONMENTS, Endpoints, find_endpoint_fault

Options: t.TypeAlias = t.Mapping[str, t.Any]

_HOLDER: dict[str, t.Any] = {
    "options": {"user": {"type": "raw"}, "user_group": {"type": "raw"}},
    "mutually_exclusive": [["user", "user_group"]],
    "required_one_of": [["user", "user_group"]],
}
#: What a new credential must say.
_NEEDED = ("azure_tenant_id", "azure_application_id", "secret")


def build_credential_spec() -> ArgumentSpec:
    """Return the options that describe a credential."""
    return ArgumentSpec(
        {
            "name": {"type": "str", "required": True},
            "company": {"type": "str"},
            "description": {"type": "str"},
            "azure_tenant_id": {"type": "str"},
            "azure_application_id": {"type": "str"},
            "azure_application_name": {"type": "str"},
            "pending_application": {"type": "bool", "default": False},
            "secret": {"type": "str", "no_log": True},
            "secret_policy": {
                "type": "str",
                "choices": [*SECRET_POLICIES, ROTATED],
                "default": "on_create",
                "no_log": False,
            },
            "secret_fingerprint": {"type": "str", "no_log": False},
            "environment": {"type": "str", "choices": list(ENVIRONMENTS)},
            "endpoints": {"type": "dict", "options": {name: {"type": "str"} for name in ENDPOINT_MEMBERS}},
            "owner": {"type": "dict", **_HOLDER},
            "shared_with": {"type": "list", "elements": "dict", **_HOLDER},
            "pending_user_groups": {"type": "list", "elements": "raw", "default": []},
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        }
    )


@dataclass(frozen=True)
class DesiredCredential:
    """What the options say of a credential; None is not managed. The secret itself is not part of it.

    ``is_application_pending``: its application, which is known by name, is not there yet.
    """

    name: str
    description: str | None = None
    azure_tenant_id: str | None = None
    azure_application_id: str | None = None
    azure_application_name: str | None = None
    is_application_pending: bool = False
    environment: str | None = None
    endpoints: Endpoints | None = None
    has_secret: bool = False
    secret_policy: str = "on_create"
    secret_fingerprint: str | None = None
    owner: Holder | None = None
    shared_with: frozenset[Holder] | None = None
    exclusive: bool = False


def desired_credential(
    options: Options, owner: Holder | None = None, shared_with: frozenset[Holder] | None = None
) -> DesiredCredential:
    """Return the credential of the options, with the owner and the users that their names were resolved to.

    Raises ConfigError for a name or a secret that cannot be right, Problems for ids and endpoints.
    """
    check_object_name("name", options["name"])
    check_secret_options(options, "secret")
    problems = [
        _make_problem(name, f"{options[name]!r} is not an id of Entra ID (8-4-4-4-12 hexadecimal digits)")
        for name in ("azure_tenant_id", "azure_application_id")
        if options.get(name) and not is_guid(options[name])
    ]
    is_pending = bool(options.get("pending_application")) and not options.get("azure_application_id")
    if is_pending and not options.get("azure_application_name"):
        problems.append(
            _make_problem("azure_application_name", "it is needed to identify the application of pending_application")
        )
    endpoints = {name: text for name, text in (options.get("endpoints") or {}).items() if text}
    faults = {name: find_endpoint_fault(name, text) for name, text in endpoints.items()}
    problems += [_make_problem(f"endpoints.{name}", fault) for name, fault in faults.items() if fault]
    if problems:
        raise Problems(f"Credential {options['name']} cannot be planned:", problems)
    description = options.get("description")
    return DesiredCredential(
        name=options["name"],
        # Blanks at the end do not survive in descriptions.
        description=None if description is None else re.sub("\r\n?", "\n", description).rstrip(),
        azure_tenant_id=(options.get("azure_tenant_id") or "").lower() or None,
        azure_application_id=(options.get("azure_application_id") or "").lower() or None,
        azure_application_name=options.get("azure_application_name") or None,
        is_application_pending=is_pending,
        environment=options.get("environment"),
        endpoints=endpoints or None,
        has_secret=bool(options.get("secret")),
        secret_policy=options.get("secret_policy") or "on_create",
        secret_fingerprint=options.get("secret_fingerprint"),
        owner=owner,
        shared_with=shared_with,
        exclusive=bool(options.get("exclusive")),
    )


def check_application(wanted: DesiredCredential, is_check_mode: bool) -> None:
    """Raise ConfigError for an application that an earlier task was to register, and that is not there when it is needed."""
    if wanted.is_application_pending and not is_check_mode:
        raise ConfigError(
            f"pending_application: application {wanted.azure_application_name} should have been registered by an "
            "earlier task: give its azure_application_id",
            source="option pending_application",
        )


def check_is_complete(options: Options, is_application_pending: bool = False) -> None:
    """Raise Problems for what a credential that is to be created must have and the options do not say."""
    known = {"secret"} if options.get("secret_policy") == ROTATED else set()
    if is_application_pending:
        known.add("azure_application_id")
    needed = [name for name in _NEEDED if name not in known]
    missing = [_make_problem(name, "it is needed for a new credential") for name in needed if not options.get(name)]
    if missing:
        raise Problems(
            f"Credential {options['name']} does not exist, or this account does not see it, and cannot be created:",
            missing,
        )


def looks_encoded(secret: str) -> bool:
    """Return whether a secret is base64 of a client secret of Entra ID, which are told by a digit and ``Q~`` after three characters."""
    try:
        text = base64.b64decode(secret, validate=True).decode("ascii")
    except ValueError:
        return False
    return re.match(r"[^\s]{3}[0-9]Q~", text) is not None


def _make_problem(where: str, message: str) -> dict[str, str]:
    return {"kind": "config", "where": where, "message": message}
