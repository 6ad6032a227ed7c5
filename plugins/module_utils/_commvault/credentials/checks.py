# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of a credential before it is changed: is it of our kind, and may the signed-in user change it. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..._core.names import is_same_name
from .canonical import Credential
from .desired import DesiredCredential


def check_kind(credential: Credential) -> None:
    """Raise ConfigError for a credential that is no application of Entra ID with a client secret."""
    if not credential.is_azure_application:
        raise ConfigError(
            f"Credential {credential.name} (id {credential.id}) is of another kind ({credential.kind}), not an Entra "
            "ID application with a client secret. This task does not change or delete it: choose another name.",
            source="option name",
        )


def check_is_shown(credential: Credential, wanted: DesiredCredential) -> None:
    """Raise ConfigError for an owner or users that are wanted and of which the service does not show what they are now."""
    for option, given, shown in (
        ("owner", wanted.owner, credential.owner),
        ("shared_with", wanted.shared_with, credential.shared_with),
    ):
        if given is not None and shown is None:
            raise ConfigError(
                f"Commvault does not show {option} of credential {credential.name}, so it cannot be compared and is "
                f"not changed: leave out {option}.",
                source=f"option {option}",
            )


def list_unshown_fields(credential: Credential, wanted: DesiredCredential) -> list[str]:
    """Return the fields that are wanted and that the service does not show of this credential: whether they differ is unknown."""
    fields = ("azure_tenant_id", "azure_application_id", "environment")
    found = [field for field in fields if getattr(wanted, field) is not None and getattr(credential, field) is None]
    hides_endpoints = not credential.endpoints and credential.environment is None
    return found + (["endpoints"] if wanted.endpoints and hides_endpoints else [])


def find_owner_fault(
    credential: Credential, caller: tuple[int, str], group_ids: t.Collection[int] | None
) -> str | None:
    """Return why the *caller* (id and name) may not change a credential; None where it may, and where it is not known.

    Commvault's specification: only the owner may. *group_ids*: of the groups of the caller, None where they are not shown.
    """
    owner = credential.owner
    if owner is None or not any(caller):
        return None
    number, name = caller
    if owner.principal.kind == "user":
        is_owner = owner.principal.id == number if number else is_same_name(owner.name, name)
    else:
        is_owner = group_ids is None or owner.principal.id in group_ids
    if is_owner:
        return None
    return (
        f"Credential {credential.name} (id {credential.id}) belongs to {owner.label}, and only its owner may change "
        f"or delete it. This task is signed in as {name or f'user {number}'}. Sign in as the owner, or ask the owner "
        "to transfer it (option owner)."
    )
