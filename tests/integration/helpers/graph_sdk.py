# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft's SDK for Graph against a simulated site; importable only where it is installed."""

from __future__ import annotations

import asyncio
import enum
import json
import ssl
import typing as t
from collections.abc import Awaitable, Callable

import httpx
from azure.identity import ClientSecretCredential
from cvops_simulator import Simulator
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.federated_identity_credential import FederatedIdentityCredential
from msgraph.generated.models.group import Group
from msgraph.generated.models.named_location import NamedLocation
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph_core import GraphClientFactory

__all__ = [
    "AppRoleAssignment",
    "Application",
    "ConditionalAccessPolicy",
    "FederatedIdentityCredential",
    "Group",
    "NamedLocation",
    "OAuth2PermissionGrant",
    "ServicePrincipal",
    "build_model",
    "read_model",
    "run_sdk",
]

Answer = t.TypeVar("Answer")


def run_sdk(site: Simulator, steps: Callable[[t.Any], Awaitable[Answer]]) -> Answer:
    """What *steps* return, called with a client that is signed in as the automation."""
    who = site.automation

    async def inner() -> Answer:
        options: dict[str, t.Any] = {"disable_instance_discovery": True, "connection_verify": site.ca_path}
        credential = ClientSecretCredential(
            site.tenant_id, who.client_id, who.client_secret, authority=site.login_url, **options
        )
        provider = AzureIdentityAuthenticationProvider(credential, allowed_hosts=["localhost"])
        context = ssl.create_default_context(cafile=site.ca_path)
        async with httpx.AsyncClient(verify=context, trust_env=False) as http:
            client = GraphClientFactory.create_with_default_middleware(client=http)
            adapter = GraphRequestAdapter(provider, client=client)
            adapter.base_url = f"{site.graph_url}/v1.0"
            return await steps(GraphServiceClient(request_adapter=adapter))

    return asyncio.run(inner())


def build_model(model: t.Any, wire: dict[str, t.Any]) -> t.Any:
    """The SDK's object for JSON of Graph."""
    node = JsonParseNodeFactory().get_root_parse_node("application/json", json.dumps(wire).encode())
    made = node.get_object_value(model)
    _join_flags(made)
    return made


def _join_flags(found: t.Any) -> None:
    """Make one value of each list of flags in a policy: the SDK reads lists from the text with commas, and writes single values only."""
    if not isinstance(found, ConditionalAccessPolicy) or found.conditions is None:
        return
    conditions, users = found.conditions, found.conditions.users
    for holder, name in (
        (conditions, "insider_risk_levels"),
        (conditions.authentication_flows, "transfer_methods"),
        (users and users.include_guests_or_external_users, "guest_or_external_user_types"),
        (users and users.exclude_guests_or_external_users, "guest_or_external_user_types"),
    ):
        flags = getattr(holder, name, None)
        if isinstance(flags, list):
            joined = enum.Enum("Flags", {"JOINED": ",".join(flag.value for flag in flags)})["JOINED"] if flags else None
            setattr(holder, name, joined)


def read_model(found: t.Any) -> dict[str, t.Any]:
    """An object of the SDK as JSON of Graph."""
    _join_flags(found)
    writer = JsonSerializationWriter()
    found.serialize(writer)
    return dict(json.loads(writer.get_serialized_content()))
