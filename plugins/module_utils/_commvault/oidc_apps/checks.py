# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of an OpenID Connect app before it is planned. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.addresses import split_address
from ..._core.errors import ConfigError
from ..._core.names import is_same_name
from ..._core.values import is_guid
from ..._signin.clouds import get_authority_url, parse_origin

_DISCOVERY_PATH = re.compile(r"/([^/]+)(?:/v2\.0)?/\.well-known/openid-configuration")
_TENANT_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,}")
#: Words in place of a tenant that let in the accounts of any tenant (Microsoft Learn: OpenID Connect on the Microsoft identity platform).
_ANY_TENANT = ("common", "organizations", "consumers")


def build_discovery_url(options: t.Mapping[str, t.Any]) -> str | None:
    """Return the address of the tenant's OpenID configuration; None where no tenant_id is given."""
    tenant = options.get("tenant_id")
    return f"{get_authority_url(options)}/{tenant}/v2.0/.well-known/openid-configuration" if tenant else None


def check_discovery_url(options: t.Mapping[str, t.Any], url: str, application_id: str) -> None:
    """Raise ConfigError for an address that is not the OpenID configuration of one tenant, at the token service of the cloud.

    Whoever answers there says who is signed in, so another host, and all tenants at once, are refused. The query may name the
    application, whose own signing keys are then listed (Microsoft Learn: access tokens, signing keys).
    """
    base, separator, query = url.partition("?")
    found = split_address("discovery_url", "option discovery_url", base, why="it decides who is signed in")
    authority = get_authority_url(options)
    form = f"write {authority}/<tenant id>/v2.0/.well-known/openid-configuration"

    def refuse(what: str) -> t.NoReturn:
        raise ConfigError(f"discovery_url: {what}; {form}", source="option discovery_url")

    if "://" not in base:
        refuse("it does not begin with https://")
    if _strip_port(found.origin.lower()) != _strip_port(parse_origin("authority_url", authority)):
        refuse(
            f"its host is {found.host_and_port}, which is not the token service of this cloud (cloud, authority_url)"
        )
    path = _DISCOVERY_PATH.fullmatch(found.path)
    if path is None or url.endswith("/"):
        refuse("it is not the address of an Entra ID OpenID configuration")
    tenant = path[1]
    if tenant.lower() in _ANY_TENANT:
        refuse(f"{tenant} lets accounts of every tenant sign in; give the id or a domain of your tenant")
    if not is_guid(tenant) and _TENANT_DOMAIN.fullmatch(tenant) is None:
        refuse("it names neither the id nor a domain of a tenant")
    if separator and not is_same_name(query, f"appid={application_id}"):
        refuse("its query may contain only appid= with the application_id")
    own = str(options.get("tenant_id") or "")
    if is_guid(own) and is_guid(tenant) and not is_same_name(own, tenant):
        refuse(f"its tenant {tenant} is not the tenant_id {own} of this task")


def check_application_id(application_id: str) -> None:
    """Raise ConfigError unless it is the application id of Entra ID."""
    if not is_guid(application_id):
        raise ConfigError(
            "application_id: it is not the application (client) id of a registration in Entra ID (8-4-4-4-12 hexadecimal digits)",
            source="option application_id",
        )


def _strip_port(origin: str) -> str:
    return origin.removesuffix(":443")
