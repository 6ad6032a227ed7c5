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
#: Kinds of consumers that keep their key where nothing shows which it is.
HOLDER_KINDS = ("office365_client", "key_management_server")
SAML_KIND, FEDERATED_KIND, TOKEN_KIND = "saml_signing_certificate", "federated_credential", "access_token"
#: The copy of a signing certificate that a SAML app of Commvault checks signatures with.
PROVIDER_KIND = "identity_provider_certificate"
#: What came of a source. ``not_offered``: this release has nothing of the kind; ``left_out``: the caller does not want it read.
READ, FAILED, NOT_OFFERED, LEFT_OUT = "read", "failed", "not_offered", "left_out"
ENTRA, COMMVAULT = "entra", "commvault"
#: What is read of a CommCell, in this order.
COMMVAULT_SOURCES = (
    "access_tokens",
    "credentials",
    "saml_apps",
    "oidc_apps",
    "office365_clients",
    "key_management_servers",
)


class Application(t.TypedDict):
    """An application that was read, or asked for and not found. ``application``: its name for people. ``identifiers``: its URIs."""

    application: str
    app_id: str | None
    object_id: str | None
    identifiers: list[str]
    is_found: bool


class Key(t.TypedDict):
    """Something that authenticates and may end. Dates are RFC 3339; ``expires`` None: it has no end, or of an access token, none is shown.

    ``active``: of a signing certificate, whether it signs now; ``is_named``: whether the service principal says which one does, so that
    ``active`` is no guess; ``fingerprint``: its SHA-256, in upper-case hexadecimal. ``commcell`` and ``owner``: of an access token.
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
    is_named: bool | None
    fingerprint: str | None
    commcell: str | None
    owner: str | None


class Consumer(t.TypedDict):
    """What a CommCell holds a key for. ``kind``: ``credential``, ``oidc_app``, ``saml_app``, ``office365_client`` or ``key_management_server``.

    ``key_id``: the key that it says it holds, None where it says nothing that can be read. ``identifiers``: of a SAML app, by which its
    application is found. ``credential``: the name of the credential whose key it uses, None where it keeps the key itself.
    ``fingerprint`` and ``expires``: what the mark of a SAML app says of the identity provider certificate that it holds.
    """

    kind: str
    name: str
    commcell: str
    company: str | None
    app_id: str | None
    tenant_id: str | None
    key_id: str | None
    identifiers: list[str]
    credential: str | None
    fingerprint: str | None
    expires: str | None


class Source(t.TypedDict):
    """One list that was read, or not, and why.

    Of applications: ``complete``, whether all of the tenant were asked for; ``caller_app_id``, the application that the run signs in as.
    """

    service: str
    what: str
    commcell: str | None
    status: str
    found: int
    reason: str | None
    tenant_id: str | None
    complete: bool
    caller_app_id: str | None


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
    caller_app_id: str | None = None,
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
        "caller_app_id": caller_app_id,
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
            # A client may sign in as several applications.
            used = (consumer["app_id"], consumer["credential"]) if consumer["kind"] in HOLDER_KINDS else None
            place = (consumer["kind"], consumer["commcell"], consumer["company"], consumer["name"], used)
            consumers.setdefault(place, consumer)
        merged["sources"].extend(part["sources"])
    merged["applications"], merged["key_list"] = list(applications.values()), list(keys.values())
    merged["consumers"] = list(consumers.values())
    return merged
