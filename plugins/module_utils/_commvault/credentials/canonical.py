# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Credentials of Credential Manager, read from answers of both generations of the API. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.names import fold_case
from ..._core.values import get_objects
from ..references import parse_id
from ..secret_marks import split_mark
from ..security.grants import Principal
from .environments import Endpoints, parse_endpoints, parse_environment

#: The kind that the module manages: an application of Entra ID with a client secret.
AZURE_APPLICATION = "azure_application"
#: The permission "User Credential", the right to use a credential.
USE_CREDENTIAL = 218
_AZURE_AUTH_TYPES = ("AZUREACCOUNT", "4")
#: Commvault's words for the kinds of older calls.
_RECORD_TYPES = {
    "1": "WINDOWSACCOUNT",
    "2": "LINUXACCOUNT",
    "3": "SSHACCOUNT",
    "4": "AZUREACCOUNT",
    "5": "VMWAREACCOUNT",
    "103": "MICROSOFT_AZURE",
}
_KIND_WORDS = {"user": "user", "user_group": "user group"}


@dataclass(frozen=True, order=True)
class Holder:
    """A user or user group that owns a credential or may use it; the name is for people.

    An id below 0 is that of a user group which an earlier task of the run creates, and which is not there yet.
    """

    principal: Principal
    name: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """Kind and name for people; the id where the name is not shown."""
        return f"{_KIND_WORDS.get(self.principal.kind, self.principal.kind)} {self.name or self.principal.id}"

    @property
    def id(self) -> int | None:
        """The id; None of one that is not there yet."""
        return self.principal.id if self.principal.id > 0 else None


@dataclass(frozen=True)
class Credential:
    """A credential without its secret, which Commvault never shows.

    ``kind``: ``azure_application``, or Commvault's own words for another kind. ``secret_fingerprint``: of the mark in the description, None
    where there is none. None stands for what the service does not show: ``azure_tenant_id``, ``environment``, ``owner``, ``shared_with``
    (those who may use it by an association of that right alone). ``used_by_others``: who may use it by other associations, which are kept
    as they are. ``wire``: the answer. ``id`` 0: of one that is to be created.
    """

    name: str
    id: int = 0
    kind: str = AZURE_APPLICATION
    description: str = ""
    secret_fingerprint: str | None = None
    azure_tenant_id: str | None = None
    azure_application_id: str | None = None
    environment: str | None = None
    endpoints: Endpoints = field(default_factory=dict)
    owner: Holder | None = None
    shared_with: frozenset[Holder] | None = None
    used_by_others: frozenset[Holder] = frozenset()
    company: str | None = None
    wire: t.Mapping[str, t.Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_azure_application(self) -> bool:
        """Whether it is of the kind that the module manages."""
        return self.kind == AZURE_APPLICATION

    @property
    def holders(self) -> list[Holder] | None:
        """Who may use it, sorted; None where that is not shown."""
        if self.shared_with is None:
            return None
        return sorted(self.shared_with | self.used_by_others, key=lambda one: (one.principal.kind, fold_case(one.name)))


def format_credential(credential: Credential) -> dict[str, t.Any]:
    """Return a credential for results and snapshots, never its secret; ids are text."""
    holders, owner = credential.holders, credential.owner
    return {
        "id": str(credential.id),
        "name": credential.name,
        "company": credential.company,
        "description": credential.description,
        "azure_tenant_id": credential.azure_tenant_id,
        "azure_application_id": credential.azure_application_id,
        "environment": credential.environment,
        "endpoints": dict(credential.endpoints),
        "secret_fingerprint": credential.secret_fingerprint,
        "owner": _format_holder(owner) if owner else None,
        "shared_with": None if holders is None else [_format_holder(holder) for holder in holders],
    }


def _format_holder(holder: Holder) -> dict[str, str | None]:
    number = None if holder.id is None else str(holder.id)
    return {"kind": holder.principal.kind, "name": holder.name, "id": number}


def is_older_form(wire: t.Mapping[str, t.Any]) -> bool:
    """Return whether a credential was answered by the older calls (``CommCell/Credentials``)."""
    return "credentialRecord" in wire


def parse_credential(wire: t.Mapping[str, t.Any]) -> Credential:
    """Return the credential of an answer, of a list or alone. Raises BadAnswer for associations that are no list of objects."""
    if is_older_form(wire):
        return _parse_older(wire)
    description = split_mark(wire.get("description"))
    owner, shared, others = _parse_security(wire.get("security"))
    company = wire.get("company")
    return Credential(
        name=str(wire.get("name") or ""),
        id=parse_id(wire.get("id")) or 0,
        kind=_parse_kind(wire),
        description=description.text,
        secret_fingerprint=description.fingerprint,
        azure_tenant_id=_parse_guid(wire.get("tenantId")),
        azure_application_id=_parse_guid(wire.get("applicationId")),
        environment=parse_environment(wire.get("environment")),
        endpoints=parse_endpoints(wire.get("endpoints")),
        owner=owner,
        shared_with=shared,
        used_by_others=others,
        company=str(company["name"]) if isinstance(company, t.Mapping) and company.get("id") else None,
        wire=wire,
    )


def _parse_older(wire: t.Mapping[str, t.Any]) -> Credential:
    record, account, azure = (
        found if isinstance(found, t.Mapping) else {}
        for found in (wire.get("credentialRecord"), wire.get("record"), get_azure_information(wire))
    )
    description = split_mark(wire.get("description"))
    word = str(wire.get("recordType") or "").upper()
    is_azure = word in _AZURE_AUTH_TYPES
    return Credential(
        name=str(record.get("credentialName") or ""),
        id=parse_id(record.get("credentialId")) or 0,
        kind=AZURE_APPLICATION if is_azure else _RECORD_TYPES.get(word, word) or "unknown",
        description=description.text,
        secret_fingerprint=description.fingerprint,
        azure_tenant_id=_parse_guid(azure.get("tenantId")),
        azure_application_id=_parse_guid(azure.get("applicationId") or account.get("userName")) if is_azure else None,
        environment=parse_environment(azure.get("environment")),
        endpoints=parse_endpoints(azure.get("endpoints")),
        wire=wire,
    )


def get_azure_information(wire: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """Return what the older calls show of Azure; empty where they show nothing."""
    more = wire.get("additionalInformation")
    found = more.get("azureCredInfo") if isinstance(more, t.Mapping) else None
    return found if isinstance(found, t.Mapping) else {}


def _parse_kind(wire: t.Mapping[str, t.Any]) -> str:
    account, auth = (str(wire.get(member) or "").upper() for member in ("accountType", "authType"))
    is_application = bool(wire.get("tenantId") and wire.get("applicationId")) and account in ("", "CLOUD_ACCOUNT")
    if auth in _AZURE_AUTH_TYPES or (not auth and is_application):
        return AZURE_APPLICATION
    return " ".join(word for word in (account, auth) if word) or "unknown"


def _parse_guid(value: t.Any) -> str | None:
    return str(value).strip().lower() if value else None


def _parse_security(security: t.Any) -> tuple[Holder | None, frozenset[Holder] | None, frozenset[Holder]]:
    """Return the owner, those who may use it by that right alone (None: not shown), and others who may use it."""
    if not isinstance(security, t.Mapping):
        return None, None, frozenset()
    owner = security.get("owner")
    own: set[Holder] = set()
    others: set[Holder] = set()
    for row in get_objects(security, "associations"):
        holder = parse_holder(row)
        if holder is not None and is_own_association(row):
            own.add(holder)
        elif holder is not None and USE_CREDENTIAL in _list_permission_ids(row):
            others.add(holder)
    found = parse_holder(owner) if isinstance(owner, t.Mapping) else None
    return found, frozenset(own), frozenset(others - own)


def parse_holder(wire: t.Mapping[str, t.Any]) -> Holder | None:
    """Return the user or user group of an association or of an owner; None for anything else."""
    for kind, member in (("user", "user"), ("user_group", "userGroup")):
        inner = wire.get(member)
        number = parse_id(inner.get("id")) if isinstance(inner, t.Mapping) else None
        if isinstance(inner, t.Mapping) and number:
            return Holder(Principal(kind, number), str(inner.get("name") or ""))
    return None


def is_own_association(row: t.Mapping[str, t.Any]) -> bool:
    """Return whether an association gives the right to use the credential, nothing else, and not because of who created it."""
    return not row.get("isCreatorAssociation") and _list_permission_ids(row) == {USE_CREDENTIAL} and not row.get("role")


def _list_permission_ids(row: t.Mapping[str, t.Any]) -> set[int]:
    held = row.get("permissions")
    rows = held if isinstance(held, (list, tuple)) else [held]
    found = {
        parse_id(one.get("permissionId") or one.get("id")) if isinstance(one, t.Mapping) else parse_id(one)
        for one in rows
    }
    return {number for number in found if number}
