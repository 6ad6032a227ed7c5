# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Where an app's federation metadata comes from: Entra ID's own document of an application, an address, or a file."""

from __future__ import annotations

import os
import typing as t

from ..._core.addresses import split_address
from ..._core.context import Context, CountAs
from ..._core.errors import ConfigError
from ..._core.http import Transport
from ..._core.names import is_same_name
from ..._core.option_values import resolve_path
from ..._core.values import is_guid
from ..._signin.clouds import get_authority_url
from ..._signin.transport_settings import build_metadata_settings
from .metadata import LARGEST_METADATA, ProviderMetadata, parse_metadata

#: Path of the document below a tenant (Microsoft Learn: federation metadata).
_DOCUMENT = "federationmetadata/2007-06/federationmetadata.xml"
_ACCEPTED = "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8"
#: Words in place of a tenant that stand for any of them.
_ANY_TENANT = ("common", "organizations", "consumers")


def load_metadata(ctx: Context) -> ProviderMetadata | None:
    """Return the metadata that option ``metadata`` names; None where it is left out.

    Raises ConfigError for a document that cannot be used or is of another provider than asked for, and Unreachable, ApiError.
    """
    given = ctx.options.get("metadata")
    if given is None:
        return None
    if given.get("file") is not None:
        content, what, source = _read_file(ctx, given["file"])
    else:
        content, what, source = _fetch(ctx, *_choose_address(ctx, given))
    found = parse_metadata(content, what, source, ctx.clock.now())
    _check_entity_id(ctx, found, given.get("entity_id"), what)
    return found


def build_application_address(options: t.Mapping[str, t.Any], application_id: str) -> str:
    """Return the address of Entra ID's metadata of an application of the tenant. Raises ConfigError."""
    tenant = str(options.get("tenant_id") or "")
    if not tenant or tenant.lower() in _ANY_TENANT:
        raise ConfigError(
            "metadata.application: tenant_id is needed: the id or a domain of the tenant whose metadata is to be read",
            source="option tenant_id",
        )
    if not is_guid(application_id):
        raise ConfigError(
            "metadata.application: it is not the application (client) id of a registration in Entra ID (8-4-4-4-12 hexadecimal digits)",
            source="option metadata.application",
        )
    return f"{get_authority_url(options)}/{tenant}/{_DOCUMENT}?appid={application_id.lower()}"


def _choose_address(ctx: Context, given: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """Return the address of the document and the option that it comes from."""
    if given.get("application") is not None:
        return build_application_address(ctx.options, str(given["application"])), "metadata.application"
    url, option = str(given["url"]), "metadata.url"
    split_address(option, f"option {option}", url.partition("?")[0], why="it decides whose sign-ins are trusted")
    return url, option


def _read_file(ctx: Context, name: str) -> tuple[bytes, str, str]:
    path, source = resolve_path(ctx, os.path.expanduser(str(name))), "option metadata.file"
    try:
        with open(path, "rb") as stream:
            return stream.read(LARGEST_METADATA + 1), f"metadata.file: {path}", source
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "its path cannot be used"
        raise ConfigError(f"metadata.file: {path} cannot be read: {reason}", source=source) from exc


def _fetch(ctx: Context, url: str, option: str) -> tuple[bytes, str, str]:
    """Return the document at *url*, which is public: no token goes there, and no redirect is followed."""
    source, base = f"option {option}", url.partition("?")[0]
    transport = Transport(ctx, build_metadata_settings(ctx.options, split_address(option, source, base).origin))
    reply = transport.request("GET", url, headers={"Accept": _ACCEPTED}, count_as=CountAs.READ, authenticated=False)
    if reply.status != 200:
        raise ConfigError(
            f"{option}: {base} answered HTTP {reply.status} instead of the metadata: check the address, and that the application exists",
            source=source,
            **reply.get_error_facts(),
        )
    return reply.content, f"{option}: the document at {base}", source


def _check_entity_id(ctx: Context, found: ProviderMetadata, expected: str | None, what: str) -> None:
    """Refuse metadata of another provider: that of option ``metadata.entity_id``, else of the tenant, as far as its id is known."""
    tenant = str(ctx.options.get("tenant_id") or "")
    if expected is not None:
        is_other, wanted = found.entity_id != expected, expected
    else:
        parts = found.entity_id.split("/")
        is_other = is_guid(tenant) and not any(is_same_name(part, tenant) for part in parts)
        wanted = f"that of tenant {tenant}"
    if is_other:
        raise ConfigError(
            f"{what} belongs to the identity provider {found.entity_id}, not {wanted}, and that provider would "
            "decide who is signed in. If it is the right one, give it as metadata.entity_id",
            source="option metadata",
        )
