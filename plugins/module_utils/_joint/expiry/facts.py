# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What was read of everything that expires: plain data, in the form in which results carry it from task to task."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case

#: Kinds of keys with which an application signs in; any of them does.
CLIENT_KINDS = ("secret", "certificate", "service_principal_secret", "service_principal_certificate")
SAML_KIND, FEDERATED_KIND, TOKEN_KIND = "saml_signing_certificate", "federated_credential", "access_token"
#: What came of a source. ``not_offered``: this release has nothing of the kind.
READ, FAILED, NOT_OFFERED = "read", "failed", "not_offered"
ENTRA, COMMVAULT = "entra", "commvault"


class Application(t.TypedDict):
    """An application that was read, or asked for and not found. ``application``: its name for people. ``identifiers``: its URIs."""

    application: str
    app_id: str | None
    object_id: str | None
    identifiers: list[str]
    is_found: bool


class Key(t.TypedDict):
    """Something that authenticates and may end. Dates are RFC 3339; ``expires`` None: it has no end, or of an access token, none is shown.

    ``active``: of a signing certificate, whether it signs now. ``commcell`` and ``owner``: of an access token.
    """

    kind: str
    key_id: str
    name: str
    application: str | None
    app_id: str | None
    object_id: str | None
    starts: str | None
    expires: str | None
    thumbprint: str | None
    active: bool | None
    commcell: str | None
    owner: str | None


class Consumer(t.TypedDict):
    """What a CommCell holds a key for. ``kind``: ``credential``, ``oidc_app`` or ``saml_app``.

    ``key_id``: the key that it says it holds, None where it says nothing that can be read. ``identifiers``: of a SAML app, by which its
    application is found.
    """

    kind: str
    name: str
    commcell: str
    company: str | None
    app_id: str | None
    tenant_id: str | None
    key_id: str | None
    identifiers: list[str]


class Source(t.TypedDict):
    """One list that was read, or not, and why. ``complete``: of applications, whether all of the tenant were asked for."""

    service: str
    what: str
    commcell: str | None
    status: str
    found: int
    reason: str | None
    tenant_id: str | None
    complete: bool


class ExpiryFacts(t.TypedDict):
    """All that was read. ``key_list`` and the rest are in the order in which they were read; nothing depends on it."""

    applications: list[Application]
    key_list: list[Key]
    consumers: list[Consumer]
    sources: list[Source]


def make_source(
    service: str,
    what: str,
    commcell: str | None = None,
    *,
    status: str = READ,
    found: int = 0,
    reason: str | None = None,
    tenant_id: str | None = None,
    complete: bool = False,
) -> Source:
    """Return one source; what is not given is empty."""
    return {
        "service": service,
        "what": what,
        "commcell": commcell,
        "status": status,
        "found": found,
        "reason": reason,
        "tenant_id": tenant_id,
        "complete": complete,
    }


def make_facts() -> ExpiryFacts:
    """Return facts of which nothing is known yet."""
    return {"applications": [], "key_list": [], "consumers": [], "sources": []}


def merge_facts(parts: t.Iterable[ExpiryFacts]) -> ExpiryFacts:
    """Return the facts of several readers together, each application, key and consumer once: two hosts may have read the same."""
    merged = make_facts()
    applications: dict[t.Any, Application] = {}
    keys: dict[t.Any, Key] = {}
    consumers: dict[t.Any, Consumer] = {}
    for part in parts:
        for application in part["applications"]:
            applications.setdefault((application["object_id"], application["application"]), application)
        for key in part["key_list"]:
            keys.setdefault((key["kind"], key["object_id"], key["commcell"], fold_case(key["key_id"])), key)
        for consumer in part["consumers"]:
            place = (consumer["kind"], consumer["commcell"], consumer["company"], consumer["name"])
            consumers.setdefault(place, consumer)
        merged["sources"].extend(part["sources"])
    merged["applications"], merged["key_list"] = list(applications.values()), list(keys.values())
    merged["consumers"] = list(consumers.values())
    return merged
