# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table: attacks × places. Every attack is tried at every place that ``Attack.where`` names; ids are what a failing line begins with.

A place is one request of one module: which service answers it, and how to make the module ask. An attack answers that request.
``sample`` marks the part that runs in ``make test``.
"""

from __future__ import annotations

import json
import socket
import typing as t
from dataclasses import dataclass

from helpers.certificates import make_certificate
from helpers.saml_metadata import write_metadata

from . import attacks as a
from .attacks import HEAD
from .proxy import Exchange, Proxy, Serve, Target
from .texts import CONTROL, TEMPLATES, all_texts

if t.TYPE_CHECKING:
    from .world import World

Accept = t.Callable[[socket.socket, Proxy], None]
Options = dict[str, t.Any]


@dataclass(frozen=True)
class Place:
    """``service``: which listener lies (graph, login, cell, controller, vault, imds). ``options``: of the module, for a world and a number that
    makes names unique. ``tags``: what an attack may ask for. ``way``: see ``fork_server.py``."""

    id: str
    service: str
    module: str
    target: Target
    options: t.Callable[[World, int], Options]
    tags: frozenset[str] = frozenset()
    environment: t.Callable[[World], dict[str, str]] = lambda world: {}
    way: str = "module"


@dataclass(frozen=True)
class Attack:
    """``serve`` answers the request, or ``accept`` takes the connection. ``where``: tags of which a place must have one; empty: everywhere."""

    id: str
    serve: Serve | None = None
    accept: Accept | None = None
    make: t.Callable[[World], Serve] | None = None
    where: frozenset[str] = frozenset()
    sample: bool = False


def _tags(*names: str) -> frozenset[str]:
    return frozenset(names)


# -- places

_NOBODY = "no such group in this tenant"
_OIDC_APP: Options = {
    "application_id": "66666666-7777-4888-8999-000000000000",
    "secret": "Wm3Q~only_for.the-tests0123456789abcdefg",
    "discovery_url": "https://login.microsoftonline.com/corp.example/v2.0/.well-known/openid-configuration",
    "associations": {"users": ["breakglass"]},
}


def _new_saml_app(world: World, number: int) -> Options:
    """A new SAML app with associations and mappings."""
    return {
        **world.cell,
        "name": f"saml {number}",
        "metadata": {"file": write_metadata(world.site)},
        "service_provider_endpoint": f"https://cv{number}.corp.example:443/webconsole",
        "attribute_mappings": {"user_groups": "groups"},
        "associations": {"email_suffixes": ["corp.example"], "user_groups": ["NOC Night Shift"]},
        "auto_redirect": True,
        "accept_risk": ["lock_out", "rename"],
        "accept_reason": "a test",
    }


def _change_saml_app(world: World, number: int) -> Options:
    """An app that is there, changed by two requests; new ones would be many, and each case would read them all."""
    risk = {"accept_risk": ["lock_out"], "accept_reason": "a test"}
    return {
        **world.cell,
        "name": "corp.example",
        "description": f"number {number}",
        "auto_redirect": bool(number % 2),
        **risk,
    }


def _certificate(world: World, number: int) -> Options:
    """Another certificate in place of the one before, so that every case has something to write."""
    return {
        "application": {"app_id": world.job_id},
        "name": f"certificate {number}",
        "certificate": make_certificate(number),
        "exclusive": True,
        "max_removals": 1000,
    }


def _credential(number: int) -> Options:
    return {
        "name": f"credential {number}",
        "azure_tenant_id": "11111111-2222-4333-8444-555555555555",
        "azure_application_id": "66666666-7777-4888-8999-000000000000",
        "secret": "abc8Q~not-a-real-secret_12345",
        "secret_fingerprint": "key-1",
    }


def _rotation(world: World, number: int, **target: t.Any) -> Options:
    """A rotation of its own for each case, whose value a file keeps; *target*: what else gets it."""
    targets: list[Options] = [{"name": "the file", "file": {"path": f"{world.folder}/kept/secret.json"}}]
    return {
        "application": {"app_id": world.job_id},
        "rotation_name": f"rotation{number}",
        "targets": [*targets, target] if target else targets,
        "prove": {"successes": 1, "over_seconds": 0, "within_seconds": 5},
    }


def _controller_rotation(world: World, number: int) -> Options:
    """A rotation whose value a credential of the controller gets, too, and a job of it shows; with time for what comes before the attack."""
    return {
        **world.graph,
        **_rotation(world, number, controller_credential=world.controller_credential(number)),
        "deadline": 20,
    }


def _snapshot(world: World) -> Options:
    """Where a snapshot goes, and time for the reads before the one that is attacked."""
    return {"dest": f"{world.folder}/snapshot", "deadline": 20}


_OF_CERTIFICATES: Options = {"kind": "certificate", "certificate": {"key_size": 2048}}

PLACES: list[Place] = [
    Place(
        "graph-list",
        "graph",
        "entra_group_info",
        Target("GET", r"/groups\?"),
        lambda w, n: {**w.graph, "prefix": "GG-"},
        _tags("graph", "list", "first", "read"),
    ),
    Place(
        "graph-second-page",
        "graph",
        "entra_group_info",
        Target("GET", "skiptoken"),
        lambda w, n: {**w.graph, "prefix": "GG-"},
        _tags("graph", "list", "read"),
    ),
    Place(
        "graph-object",
        "graph",
        "entra_group",
        Target("GET", r"/groups/[0-9a-f-]{36}(\?|$)"),
        lambda w, n: {**w.graph, "object_id": w.group_id, "description": f"description {n}"},
        _tags("graph", "read", "first"),
    ),
    Place(
        "graph-batch",
        "graph",
        "entra_groups",
        Target("POST", r"/\$batch"),
        lambda w, n: {
            **w.graph,
            "groups": [
                {"object_id": w.group_id, "members": w.users},
                {"unique_name": f"gg-{n}", "display_name": f"GG new {n}"},
            ],
        },
        _tags("graph", "read", "first"),
    ),
    Place(
        "graph-change",
        "graph",
        "entra_group",
        Target("PATCH"),
        lambda w, n: {**w.graph, "object_id": w.group_id, "description": f"description {n}"},
        _tags("graph", "write"),
    ),
    Place(
        "graph-create",
        "graph",
        "entra_group",
        Target("POST", "/groups$"),
        lambda w, n: {**w.graph, "display_name": f"GG new {n}", "members": w.users},
        _tags("graph", "write"),
    ),
    Place(
        "graph-after-create",
        "graph",
        "entra_group",
        Target("", "", after_write=True),
        lambda w, n: {**w.graph, "display_name": f"GG newer {n}", "members": w.users},
        _tags("graph", "after"),
    ),
    Place(
        "graph-add-password",
        "graph",
        "entra_application_secret",
        Target("POST", "addPassword"),
        lambda w, n: {**w.graph, "application": {"app_id": w.job_id}, "name": f"secret {n}"},
        _tags("graph", "write"),
    ),
    Place(
        "graph-after-add-password",
        "graph",
        "entra_application_secret",
        Target("", "", after_write=True),
        lambda w, n: {**w.graph, "application": {"app_id": w.job_id}, "name": f"secret {n}"},
        _tags("graph", "after", "may-not-ask"),
    ),
    Place(
        "graph-certificates",
        "graph",
        "entra_application_certificate",
        Target("GET", "keyCredentials"),
        lambda w, n: {**w.graph, **_certificate(w, n)},
        _tags("graph", "read", "first"),
    ),
    Place(
        "graph-replace-certificates",
        "graph",
        "entra_application_certificate",
        Target("PATCH"),
        lambda w, n: {**w.graph, **_certificate(w, n)},
        _tags("graph", "write"),
    ),
    Place(
        "graph-after-certificates",
        "graph",
        "entra_application_certificate",
        Target("", "", after_write=True),
        lambda w, n: {**w.graph, **_certificate(w, n)},
        _tags("graph", "after", "may-not-ask"),
    ),
    Place(
        "graph-rotation",
        "graph",
        "secret_rotation",
        Target("GET", "/applications"),
        lambda w, n: {**w.graph, **_rotation(w, n)},
        _tags("graph", "read", "first"),
    ),
    Place(
        "graph-rotation-add",
        "graph",
        "secret_rotation",
        Target("POST", "addPassword"),
        lambda w, n: {**w.graph, **_rotation(w, n)},
        _tags("graph", "write"),
    ),
    Place(
        "graph-after-rotation-add",
        "graph",
        "secret_rotation",
        Target("", "", after_write=True),
        lambda w, n: {**w.graph, **_rotation(w, n)},
        _tags("graph", "after", "may-not-ask"),
    ),
    Place(
        "graph-rotation-certificate",
        "graph",
        "secret_rotation",
        Target("PATCH", "/applications/"),
        lambda w, n: {**w.graph, **_rotation(w, n), **_OF_CERTIFICATES},
        _tags("graph", "write"),
    ),
    Place(
        "graph-after-rotation-certificate",
        "graph",
        "secret_rotation",
        Target("", "", after_write=True),
        lambda w, n: {**w.graph, **_rotation(w, n), **_OF_CERTIFICATES},
        _tags("graph", "after", "may-not-ask"),
    ),
    Place(
        "graph-keys",
        "graph",
        "expiry_info",
        Target("GET", r"/applications\?"),
        lambda w, n: {**w.graph, "services": ["entra"]},
        _tags("graph", "list", "read", "first"),
    ),
    Place(
        "graph-applications",
        "graph",
        "entra_application_info",
        Target("GET"),
        lambda w, n: {**w.graph, "unique_name": "commvault-management"},
        _tags("graph", "read", "first"),
    ),
    Place(
        "graph-service-principals",
        "graph",
        "entra_service_principal_info",
        Target("GET", "/servicePrincipals"),
        lambda w, n: {**w.graph, "display_name": "Commvault management API", "assignments": True, "owners": True},
        _tags("graph", "list", "read", "first"),
    ),
    Place(
        "graph-log",
        "graph",
        "entra_log_info",
        Target("GET", "/auditLogs/"),
        lambda w, n: {**w.graph, "everything": True, "logs": ["directory_audits"], "deadline": 60},
        _tags("graph", "list", "read", "first"),
    ),
    Place(
        "graph-consent",
        "graph",
        "entra_admin_consent",
        Target("GET"),
        lambda w, n: {
            **w.graph,
            "app_id": w.job_id,
            "api_permissions": [
                {"api": "Microsoft Graph", "application": ["User.Read.All"], "delegated": ["User.Read"]}
            ],
        },
        _tags("graph", "read", "first"),
    ),
    Place(
        "graph-role-holders",
        "graph",
        "entra_app_role_assignment",
        Target("GET", "appRoleAssignedTo"),
        lambda w, n: {
            **w.graph,
            "application": {"unique_name": "commvault-management"},
            "assignments": [{"user": w.users[n % 3], "app_role": "Backup.Read"}],
        },
        _tags("graph", "list", "read"),
    ),
    Place(
        "graph-named-locations",
        "graph",
        "entra_named_location",
        Target("GET", "namedLocations"),
        lambda w, n: {**w.graph, "display_name": f"location {n}", "state": "absent"},
        _tags("graph", "list", "read"),
    ),
    Place(
        "graph-conditional-access",
        "graph",
        "entra_conditional_access_policy",
        Target("GET", "conditionalAccess/policies"),
        lambda w, n: {**w.graph, "display_name": f"policy {n}", "state": "absent"},
        _tags("graph", "list", "read"),
    ),
    Place(
        "graph-conditional-access-report",
        "graph",
        "entra_conditional_access_info",
        Target("GET", "conditionalAccess/policies"),
        lambda w, n: {**w.graph, "applications": ["Commvault management API"]},
        _tags("graph", "list", "read"),
    ),
    Place(
        "graph-snapshot",
        "graph",
        "entra_snapshot",
        Target("GET"),
        lambda w, n: {**w.graph, **_snapshot(w), "groups": [w.group_id], "applications": [w.job_id]},
        _tags("graph", "list", "read", "first"),
    ),
    Place(
        "graph-snapshot-batch",
        "graph",
        "entra_snapshot",
        Target("POST", r"/\$batch"),
        lambda w, n: {**w.graph, **_snapshot(w), "groups": [w.group_id], "applications": [w.job_id]},
        _tags("graph", "read", "may-not-ask"),
    ),
    Place(
        "cell-snapshot-lists",
        "cell",
        "commvault_snapshot",
        Target("GET", r"/(Client|ClientGroup|V2/Plan|StoragePool|Workflow|V4/company|V4/UserGroup)(\?|$)"),
        lambda w, n: {**w.cell, **_snapshot(w), "commcell": "cs01", "entity_kinds": ["plans"]},
        _tags("cell", "list", "read"),
    ),
    Place(
        "cell-snapshot-details",
        "cell",
        "commvault_snapshot",
        Target("GET", r"/(V4/Role|V4/UserGroup|v4/user)/\d+|/Security/|/ThirdParty/|/AccessToken|/V5/Credential/"),
        lambda w, n: {**w.cell, **_snapshot(w), "commcell": "cs01", "entity_kinds": ["plans"]},
        _tags("cell", "read", "may-not-ask"),
    ),
    Place(
        "cell-probe",
        "cell",
        "commvault_security_info",
        Target("GET", r"/api/?$"),
        lambda w, n: {
            **w.cell,
            "commvault_url": w.cell["commvault_url"].split("/commandcenter")[0],
            "subset": ["roles"],
        },
        _tags("cell", "first", "probe"),
    ),
    Place(
        "cell-login",
        "cell",
        "commvault_security_info",
        Target("POST", "/Login$"),
        lambda w, n: {**w.cell, "subset": ["roles"]},
        _tags("cell", "first", "login"),
    ),
    Place(
        "cell-list",
        "cell",
        "commvault_security_info",
        Target("GET"),
        lambda w, n: dict(w.cell),
        _tags("cell", "read"),
    ),
    Place(
        "cell-user-details",
        "cell",
        "commvault_security_info",
        Target("GET", r"/[vV]4/user/\d+$|/TwoFactorAuth"),
        lambda w, n: {**w.cell, "subset": ["user_details"], "principals": ["breakglass", "admin"]},
        _tags("cell", "read"),
    ),
    Place(
        "cell-owners",
        "cell",
        "commvault_security_info",
        Target("GET", r"/Security/17/\d+$|/V5/Credential/\d+$"),
        lambda w, n: {**w.cell, "subset": ["owners"], "entity_kinds": ["storage_pools", "credentials"]},
        _tags("cell", "read"),
    ),
    Place(
        "cell-access-tokens",
        "cell",
        "commvault_security_info",
        Target("GET", r"/AccessToken/?\?"),
        lambda w, n: {**w.cell, "subset": ["access_tokens"], "principals": ["breakglass", "svc-*"]},
        _tags("cell", "read"),
    ),
    Place(
        "cell-audit-trail",
        "cell",
        "commvault_audit_info",
        Target("GET", r"/reportsplusengine/|/CommServ/AuditTrail"),
        lambda w, n: dict(w.cell),
        _tags("cell", "read"),
    ),
    Place(
        "cell-events",
        "cell",
        "commvault_audit_info",
        Target("GET", r"/Events\?"),
        lambda w, n: {**w.cell, "logs": ["events"]},
        _tags("cell", "read"),
    ),
    Place(
        "cell-logout",
        "cell",
        "commvault_security_info",
        Target("POST", "/Logout$"),
        lambda w, n: {**w.cell, "subset": ["roles"]},
        _tags("cell", "logout"),
    ),
    Place(
        "cell-role-create",
        "cell",
        "commvault_role",
        Target("POST", "/Role"),
        lambda w, n: {**w.cell, "name": f"role {n}", "permissions": ["View"]},
        _tags("cell", "write"),
    ),
    Place(
        "cell-credential-create",
        "cell",
        "commvault_credential",
        Target("POST", "/Credential$"),
        lambda w, n: {**w.cell, **_credential(n)},
        _tags("cell", "write", "write-secret"),
    ),
    Place(
        "cell-after-credential-create",
        "cell",
        "commvault_credential",
        Target("", "(?<!/Logout)$", after_write=True),
        lambda w, n: {**w.cell, **_credential(n)},
        _tags("cell", "after", "may-not-ask"),
    ),
    Place(
        "cell-rotation-switch",
        "cell",
        "secret_rotation",
        Target("PUT", "/Credential/"),
        lambda w, n: {**w.graph, **w.cell, **_rotation(w, n, commvault_credential={"name": w.add_credential(n)})},
        _tags("cell", "write", "write-secret"),
    ),
    Place(
        "cell-after-group-create",
        "cell",
        "commvault_user_group",
        Target("", "(?<!/Logout)$", after_write=True),
        lambda w, n: {**w.cell, "name": f"user group {n}", "members": ["breakglass"]},
        _tags("cell", "after", "may-not-ask"),
    ),
    Place(
        "cell-user-create",
        "cell",
        "commvault_user",
        Target("POST", "/user$"),
        lambda w, n: {**w.cell, "name": f"user {n}", "kind": "local", "email": "x@corp.example"},
        _tags("cell", "write"),
    ),
    Place(
        "cell-key-holders",
        "cell",
        "expiry_info",
        Target("GET", r"/(Office365/|CommCell/KeyManagement|Instance)"),
        lambda w, n: {**w.cell, "services": ["commvault"], "commcell": "cs01"},
        _tags("cell", "list", "read", "may-not-ask"),
    ),
    Place(
        "cell-oidc-app-write",
        "cell",
        "commvault_oidc_app",
        Target("POST", "/ThirdParty/App$"),
        lambda w, n: {**w.cell, **_OIDC_APP, "name": f"app {n}"},
        _tags("cell", "write"),
    ),
    Place(
        "cell-after-oidc-app",
        "cell",
        "commvault_oidc_app",
        Target("", "(?<!/Logout)$", after_write=True),
        lambda w, n: {**w.cell, **_OIDC_APP, "name": f"app {n}"},
        _tags("cell", "after", "may-not-ask"),
    ),
    Place(
        "cell-saml-app-reads",
        "cell",
        "commvault_saml_app",
        Target("GET", "/(v4/SAML/[^/]*|ThirdParty/App)$"),
        lambda w, n: {**w.cell, "name": "corp.example", "description": f"number {n}"},
        _tags("cell", "list", "read", "may-not-ask"),
    ),
    Place(
        "cell-saml-app-write",
        "cell",
        "commvault_saml_app",
        Target("POST", "/v4/SAML$"),
        _new_saml_app,
        _tags("cell", "write"),
    ),
    Place(
        "cell-after-saml-app",
        "cell",
        "commvault_saml_app",
        Target("", "(?<!/Logout)$", after_write=True),
        _change_saml_app,
        _tags("cell", "after", "may-not-ask"),
    ),
    Place(
        "cell-mapping-reads",
        "cell",
        "commvault_role_mappings",
        Target("GET"),
        lambda w, n: {**w.cell, "mappings": w.mappings(n), "require_object_id": "none", "link_entra_groups": False},
        _tags("cell", "read", "first"),
    ),
    Place(
        "cell-mapping-writes",
        "cell",
        "commvault_role_mappings",
        Target("PUT|POST|DELETE", "(?<!/Login)(?<!/Logout)$"),
        lambda w, n: {**w.cell, "mappings": w.mappings(n), "require_object_id": "none", "link_entra_groups": False},
        _tags("cell", "write"),
    ),
    Place(
        "cell-mapping-after",
        "cell",
        "commvault_role_mappings",
        Target("", "(?<!/Logout)$", after_write=True),
        lambda w, n: {**w.cell, "mappings": w.mappings(n), "require_object_id": "none", "link_entra_groups": False},
        _tags("cell", "after"),
    ),
    Place(
        "controller-probe",
        "controller",
        "secret_rotation",
        Target("GET", r"/api/$"),
        _controller_rotation,
        _tags("controller", "first", "probe"),
    ),
    Place(
        "controller-credentials",
        "controller",
        "secret_rotation",
        Target("GET", r"/credentials/\?"),
        _controller_rotation,
        _tags("controller", "list", "read"),
    ),
    Place(
        "controller-checks",
        "controller",
        "secret_rotation",
        Target("GET", r"/(credential_types|credential_input_sources|job_templates)/"),
        _controller_rotation,
        _tags("controller", "list", "read"),
    ),
    Place(
        "controller-switch",
        "controller",
        "secret_rotation",
        Target("PATCH", r"/credentials/\d+/$"),
        _controller_rotation,
        _tags("controller", "write", "write-secret"),
    ),
    Place(
        "controller-after-switch",
        "controller",
        "secret_rotation",
        Target("", "", after_write=True),
        _controller_rotation,
        _tags("controller", "after"),
    ),
    Place(
        "controller-launch",
        "controller",
        "secret_rotation",
        Target("POST", r"/launch/$"),
        _controller_rotation,
        _tags("controller", "write"),
    ),
    Place(
        "controller-job",
        "controller",
        "secret_rotation",
        Target("GET", r"/jobs/\d+/$"),
        _controller_rotation,
        _tags("controller", "after"),
    ),
    Place(
        "login-discovery",
        "login",
        "entra_group_info",
        Target("GET", "openid-configuration"),
        lambda w, n: {**w.secret_login, "display_name": _NOBODY},
        _tags("login", "first", "discovery"),
    ),
    Place(
        "login-token",
        "login",
        "entra_group_info",
        Target("POST", "/token$"),
        lambda w, n: {**w.secret_login, "display_name": _NOBODY},
        _tags("login", "first", "token"),
    ),
    Place(
        "login-device-code",
        "login",
        "entra_group_info",
        Target("POST", "/devicecode$"),
        lambda w, n: {**w.secret_login, "auth_method": "device_code", "client_secret": None, "display_name": _NOBODY},
        _tags("login", "first", "device"),
        way="body",
    ),
    Place(
        "login-device-poll",
        "login",
        "entra_group_info",
        Target("POST", "/token$"),
        lambda w, n: {**w.secret_login, "auth_method": "device_code", "client_secret": None, "display_name": _NOBODY},
        _tags("login", "token", "poll"),
        way="body",
    ),
    Place(
        "login-proof",
        "login",
        "secret_rotation",
        Target("POST", "/token$"),
        lambda w, n: {**w.graph, **_rotation(w, n)},
        _tags("login", "token"),
    ),
    Place(
        "vault-read",
        "vault",
        "commvault_security_info",
        Target("GET", "/data/"),
        lambda w, n: {**w.stored, "subset": ["roles"]},
        _tags("vault", "first"),
    ),
    Place(
        "vault-approle",
        "vault",
        "commvault_security_info",
        Target("POST|PUT", "/approle/login"),
        lambda w, n: {**w.stored_by_role, "subset": ["roles"]},
        _tags("vault", "first", "token"),
    ),
    Place(
        "vault-revoke",
        "vault",
        "commvault_security_info",
        Target("POST|PUT", "/revoke-self"),
        lambda w, n: {**w.stored_by_role, "subset": ["roles"]},
        _tags("vault", "logout"),
    ),
    Place(
        "vault-write",
        "vault",
        "commvault_access_token",
        Target("POST|PUT", "/data/"),
        lambda w, n: {**w.cell, "name": f"token {n}", "store": w.new_store(n)},
        _tags("vault", "write-secret"),
    ),
    Place(
        "managed-identity",
        "imds",
        "entra_group_info",
        Target("GET", "/oauth2/token"),
        lambda w, n: {**w.machine_login, "display_name": _NOBODY},
        _tags("imds", "first", "token"),
        environment=lambda w: {"AZURE_POD_IDENTITY_AUTHORITY_HOST": w.proxy_origin},
    ),
    Place(
        "app-service-identity",
        "imds",
        "entra_group_info",
        Target("GET", "/msi/token"),
        lambda w, n: {**w.machine_login, "display_name": _NOBODY},
        _tags("imds", "first", "token"),
        environment=lambda w: {
            "IDENTITY_ENDPOINT": f"{w.proxy_origin}/msi/token",
            "IDENTITY_HEADER": w.identity_header,
        },
    ),
    Place(
        "arc-identity",
        "imds",
        "entra_group_info",
        Target("GET", "/metadata/identity/oauth2/token"),
        lambda w, n: {**w.machine_login, "display_name": _NOBODY},
        _tags("imds", "arc"),
        environment=lambda w: {
            "IDENTITY_ENDPOINT": f"{w.proxy_origin}/metadata/identity/oauth2/token",
            "IMDS_ENDPOINT": w.proxy_origin,
        },
    ),
]

# -- attacks: on the wire


def _wrong_handshake(sock: socket.socket, proxy: Proxy) -> None:
    """Nothing in answer to the greeting."""
    sock.settimeout(0.5)
    while not proxy.stopped.is_set():
        try:
            if not sock.recv(65536):
                return
        except TimeoutError:
            continue


def _trickled_handshake(sock: socket.socket, proxy: Proxy) -> None:
    """A record of the handshake that comes byte by byte."""
    sock.recv(65536)
    sock.sendall(b"\x16\x03\x03\x40\x00")
    while not proxy.stopped.wait(0.3):
        sock.sendall(b"\x02")


def _no_tls(sock: socket.socket, proxy: Proxy) -> None:
    sock.recv(65536)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n\x1b[2K")


def _shut(sock: socket.socket, proxy: Proxy) -> None:
    """Closed at once; the caller closes."""


_OK = b"HTTP/1.1 200 OK\r\n"
_LENGTH = HEAD + b"Content-Length: 2000000000\r\n\r\n"
_CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_BLANKS = b" " * 65536

WIRE: list[Attack] = [
    Attack("handshake-silent", accept=_wrong_handshake, where=_tags("first")),
    Attack("handshake-trickled", accept=_trickled_handshake, where=_tags("first")),
    Attack("handshake-plain", accept=_no_tls, where=_tags("first")),
    Attack("handshake-shut", accept=_shut, where=_tags("first")),
    Attack("endless-chunks", a.endless(_CHUNKED, b"10000\r\n" + _BLANKS + b"\r\n"), sample=True),
    Attack("endless-length", a.endless(_LENGTH, _BLANKS)),
    Attack("endless-until-close", a.endless(HEAD + b"\r\n", _BLANKS)),
    Attack("endless-text", a.endless(HEAD + b'\r\n{"value":["', b"x" * 65536)),
    Attack(
        "endless-error",
        a.endless(b"HTTP/1.1 500 Bad\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + _BLANKS + b"\r\n"),
    ),
    Attack("endless-header-line", a.endless(_OK + b"X-Long: ", b"x" * 65536)),
    Attack("endless-headers", a.endless(_OK, b"X-More: 1\r\n" * 1000)),
    Attack("endless-status-line", a.endless(b"HTTP/1.1 200 ", b"O" * 65536)),
    Attack("endless-chunk-extension", a.endless(_CHUNKED + b"5;", b"x" * 65536)),
    Attack("endless-trailers", a.endless(_CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: 1\r\n" * 1000)),
    Attack("endless-continue", a.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500), sample=True),
    Attack("trickled-continue", a.trickled(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
    Attack("endless-early-hints", a.endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 500)),
    Attack("endless-tiny-chunks", a.endless(_CHUNKED, b"1\r\n \r\n" * 10000)),
    Attack("trickled-status", a.trickled(b"HTTP/1.1 200 ", b"O")),
    Attack("trickled-header-line", a.trickled(_OK + b"X-Slow: ", b"x")),
    Attack("trickled-headers", a.trickled(_OK, b"X: 1\r\n")),
    Attack("trickled-body", a.trickled(_LENGTH, b" "), sample=True),
    Attack("trickled-until-close", a.trickled(HEAD + b"\r\n", b" ")),
    Attack("trickled-chunks", a.trickled(_CHUNKED, b"1\r\n \r\n")),
    Attack("trickled-chunk-size", a.trickled(_CHUNKED, b"0")),
    Attack(
        "trickled-gzip",
        a.trickled(HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n\x1f\r\n"),
    ),
    Attack("silent", a.silent(b"")),
    Attack("silent-after-head", a.silent(_LENGTH)),
    Attack("silent-in-body", a.silent(HEAD + b'Content-Length: 100\r\n\r\n{"value"')),
    Attack("reset-at-once", a.reset_after(b"")),
    Attack("reset-in-head", a.reset_after(b"HTTP/1.1 200 O")),
    Attack("reset-in-body", a.reset_after(_LENGTH + b'{"value"')),
    Attack("closed-at-once", a.raw()),
    Attack("closed-in-head", a.raw(b"HTTP/1.1 200 OK\r\nContent-")),
    Attack("length-too-long", a.raw(HEAD + b"Content-Length: 50\r\n\r\n{}")),
    Attack("length-too-short", a.raw(HEAD + b'Content-Length: 2\r\n\r\n{}{"value": []}HTTP/1.1 200 OK\r\n\r\n')),
    Attack("length-negative", a.raw(HEAD + b"Content-Length: -1\r\n\r\n{}")),
    Attack("length-word", a.raw(HEAD + b"Content-Length: many\r\n\r\n{}")),
    Attack("length-digits", a.raw(HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}")),
    Attack("length-superscript", a.raw(HEAD + b"Content-Length: \xb2\r\n\r\n{}")),
    Attack("length-twice", a.raw(HEAD + b"Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}")),
    Attack("length-and-chunks", a.raw(HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}")),
    Attack("chunk-size-word", a.raw(_CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n")),
    Attack("chunk-size-huge", a.raw(_CHUNKED + b"ffffffffffffffffffff\r\n{}")),
    Attack("chunk-size-negative", a.raw(_CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n")),
    Attack("chunks-cut", a.raw(_CHUNKED + b"50\r\n{}")),
    Attack("head-one-megabyte", a.raw(_OK + b"X-Long: " + b"x" * (1 << 20) + b"\r\n\r\n{}")),
    Attack("head-many", a.raw(_OK + b"X-More: 1\r\n" * 50_000 + b"\r\n{}")),
    Attack("head-garbage", a.raw(_OK + b"\x00\x1b[2K no colon\r\n\xff: \xfe\r\n\r\n{}")),
    Attack("head-folded", a.raw(_OK + b"X-A: 1\r\n  folded\r\n\ttwice\r\n\r\n{}")),
    Attack("status-garbage", a.raw(b"\x1b[2J\x00 not http at all\r\n\r\n")),
    Attack("status-old", a.raw(b"{} just a body")),
    Attack("status-zero", a.raw(b"HTTP/1.1 000 Nothing\r\n\r\n")),
    Attack("status-word", a.raw(b"HTTP/1.1 abc OK\r\n\r\n")),
    Attack("status-huge", a.raw(b"HTTP/1.1 99999 OK\r\n\r\n")),
    Attack(
        "status-reason",
        a.raw(b"HTTP/1.1 400 \x1b[2K{{ lookup('pipe', 'id') }}\xff\r\nContent-Length: 0\r\n\r\n"),
        sample=True,
    ),
    Attack("status-version", a.raw(b"HTTP/3.7 200 OK\r\n\r\n{}")),
    Attack("ssh", a.raw(b"SSH-2.0-OpenSSH_9.9\r\n")),
    Attack("gzip-bomb", a.compressed("gzip", lambda: a.zeros(2048, 31)), sample=True),
    Attack("deflate-bomb", a.compressed("deflate", lambda: a.zeros(2048, 15))),
    Attack("raw-deflate-bomb", a.compressed("deflate", lambda: a.zeros(2048, -15))),
    Attack("double-gzip-bomb", a.compressed("gzip, gzip", lambda: __import__("gzip").compress(a.zeros(2048, 31)))),
    Attack("gzip-members", a.compressed("gzip", lambda: a.zeros(1, 31) * 2048)),
    Attack("gzip-empty-members", a.compressed("gzip", lambda: __import__("gzip").compress(b"") * 200_000)),
    Attack("gzip-many-times", a.compressed(", ".join(["gzip"] * 1000), lambda: b"x")),
    Attack("gzip-cut", a.compressed("gzip", lambda: a.zeros(1, 31)[:100])),
    Attack("gzip-not", a.compressed("gzip", lambda: b'{"value": []}')),
    Attack("brotli", a.compressed("br", lambda: b"\x0b\x02\x80{}\x03")),
    Attack("zstd", a.compressed("zstd", lambda: b"\x28\xb5\x2f\xfd\x00\x00\x01\x00\x00")),
    Attack("encoding-unknown", a.compressed("\x1b[2K{{ x }}", lambda: b"{}")),
    Attack("gzip-error", a.raw(b"HTTP/1.1 403 No\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")),
]

# -- attacks: bodies that are JSON or nearly

_BODIES: dict[str, bytes] = {
    "deep-lists": b'{"value":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep-objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "deep-unclosed": b"[" * 5_000_000,
    "deep-thousand": b'{"value":' + b"[" * 900 + b"]" * 900 + b"}",
    "number-infinite": b'{"value": 1e999999, "id": 1e999999, "expires_in": 1e999999, "errorCode": 1e999999}',
    "number-digits": b'{"value": ' + b"9" * 5001 + b"}",
    "number-million-digits": b'{"value": ' + b"9" * 1_000_000 + b"}",
    "number-nan": b'{"value": NaN, "id": NaN, "expires_in": NaN, "errorCode": NaN}',
    "number-infinity": b'{"value": Infinity, "id": -Infinity, "expires_in": Infinity, "errorCode": -Infinity}',
    "keys-twice": b'{"value": [], "value": {}, "error": 1, "error": {"code": "x"}, "errorCode": 0, "errorCode": 9}',
    "keys-many": b'{"value": [], ' + b",".join(b'"k%d":0' % number for number in range(2_000_000)) + b"}",
    "keys-hostile": json.dumps(
        {"value": [], **dict.fromkeys(all_texts(), 1), **dict.fromkeys(list(all_texts().values())[:60], 1)}
    ).encode(),
    "items-many": b'{"value": [' + b",".join([b"0"] * 3_000_000) + b"]}",
    "lists-many": b'{"value": [' + b",".join([b"[]"] * 3_000_000) + b"]}",
    "string-long": b'{"value": "' + b"x" * 50_000_000 + b'"}',
    "error-long": json.dumps(
        {**a.error_shapes("E" * 1_000_000, "C" * 100_000), "error": {"code": "C" * 100_000, "message": "E" * 1_000_000}}
    ).encode(),
    "list": b"[]",
    "list-of-objects": b'[{"error": {"code": "x"}}]',
    "null": b"null",
    "number": b"17",
    "text": b'"text"',
    "true": b"true",
    "empty-object": b"{}",
    "empty": b"",
    "blank": b" \r\n\t ",
    "cut": b'{"value": [{"id": "1',
    "trailing": b'{"value": []} and more',
    "twice": b'{"value": []}{"value": []}',
    "byte-order-mark": b'\xef\xbb\xbf{"value": []}',
    "utf-16": '{"value": []}'.encode("utf-16"),
    "utf-16-no-mark": '{"value": []}'.encode("utf-16-le"),
    "utf-32": '{"value": []}'.encode("utf-32"),
    "not-utf-8": b'{"value": [], "error": "\xff\xfe\xc3\x28"}',
    "surrogate-bytes": b'{"value": [], "error": "\xed\xa0\x80"}',
    "nul": b"\x00" * 1000,
    "nul-inside": b'{"value"\x00: []}',
    "html": b"<html><head><title>\x1b[2K{{ lookup('pipe', 'id') }} \xe2\x80\xae</title></head></html>",
    "html-long-title": b"<html><title>" + b"x" * 1_000_000 + b"</title></html>",
    "xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
    "javascript": b")]}',\n{}",
    "yaml": b"!!python/object/apply:os.system ['id']",
}
_SAMPLE_BODIES = ("deep-lists", "number-digits", "keys-many", "list", "not-utf-8", "html")
BODIES = [Attack(f"body-{name}", a.body(content), sample=name in _SAMPLE_BODIES) for name, content in _BODIES.items()]
BODIES += [
    Attack(f"error-body-{name}", a.body(_BODIES[name], 400))
    for name in (
        "deep-lists",
        "deep-objects",
        "number-digits",
        "number-infinite",
        "list",
        "null",
        "text",
        "true",
        "empty",
        "html",
        "not-utf-8",
        "error-long",
    )
]

# -- attacks: structures of the wrong types

_KINDS = ("text", "number", "negative", "float", "true", "null", "list", "list-of-lists", "object")
STRUCTURES = [
    attack
    for kind in _KINDS
    for attack in (
        Attack(f"members-{kind}", a.changed(a.swapped(kind)), sample=kind == "object"),
        Attack(f"leaves-{kind}", a.changed(a.swapped_leaves(kind)), sample=kind == "list"),
        Attack(f"items-{kind}", a.changed(a.swapped_items(kind)), sample=kind == "text"),
    )
]
_ODD: dict[str, t.Any] = {
    "number": 5,
    "list": ["x"],
    "list-of-lists": [["x"]],
    "object": {"a": {"b": 1}},
    "null": None,
    "true": True,
    "huge": 10**4000,
    "superscript": "\u00b2",
    "codes": [{"a": 1}, "\u00b2", None, -1, 1.5, "9" * 5000],
}
STRUCTURES += [
    attack
    for name, value in _ODD.items()
    for attack in (
        Attack(
            f"error-shape-{name}",
            a.body(json.dumps(a.error_shapes(value, value)).encode(), 400),
            sample=name == "object",
        ),
        Attack(
            f"error-of-{name}",
            a.body(
                json.dumps(
                    {"error": value, "errors": value, "errList": value, "response": value, "error_codes": value}
                ).encode(),
                400,
            ),
        ),
        Attack(f"refusal-shape-{name}", a.body(json.dumps(a.token_error(value, value)).encode(), 200)),
    )
]
_EXPIRIES: dict[str, t.Any] = {
    "text": "soon",
    "negative": -5,
    "infinite": float("inf"),
    "nan": float("nan"),
    "list": [1],
    "huge": 10**400,
    "null": None,
    "text-huge": "9" * 5000,
    "text-infinite": "inf",
    "true": True,
}
STRUCTURES += [
    Attack(
        f"expiry-{name}",
        a.changed(
            a.put(
                expires_in=value,
                expires_on=value,
                ext_expires_in=value,
                interval=value,
                lease_duration=value,
                refresh_in=value,
            )
        ),
        where=_tags("token", "device", "login"),
        sample=name == "infinite",
    )
    for name, value in _EXPIRIES.items()
]
_TOKEN_VALUES: dict[str, t.Any] = {
    "list": ["a"],
    "object": {"a": "b"},
    "number": 7,
    "newline": "abc\r\nX-Injected: yes",
    "not-latin": "tok\u20acn\u202e-of-the-service",
    "surrogate": "tok\ud800en-of-the-service",
    "megabyte": "T" * 1_000_000,
    "empty": "",
    "blank": " ",
    "true": True,
    "template": "{{ lookup('pipe', 'id') }}",
}
STRUCTURES += [
    Attack(
        f"token-{name}",
        a.changed(
            lambda value, token=value: (
                {
                    key: token
                    if key in ("token", "access_token", "id_token", "refresh_token")
                    else {**item, "client_token": token}
                    if key == "auth"
                    else item
                    for key, item in value.items()
                }
                if isinstance(value, dict)
                else value
            )
        ),
        where=_tags("token", "login", "cell"),
        sample=name == "newline",
    )
    for name, value in _TOKEN_VALUES.items()
]

# -- attacks: headers

_HEADERS: dict[str, list[tuple[str, str]]] = {
    "date-garbage": [("Date", "\x1b[2K yesterday")],
    "date-future": [("Date", "Fri, 31 Dec 9999 23:59:59 GMT")],
    "date-beyond": [("Date", "Fri, 31 Dec 99999999 23:59:59 GMT")],
    "date-past": [("Date", "Thu, 01 Jan 0001 00:00:00 GMT")],
    "date-zone": [("Date", "Fri, 31 Dec 2026 23:59:59 +9999")],
    "request-id-escape": [("request-id", "\x1b[2K\x9b2J{{ lookup('pipe','id') }}"), ("x-ms-request-id", "\x1b[2K")],
    "request-id-long": [("request-id", "r" * 60_000)],
    "content-type-escape": [("Content-Type", "\x1b[2K\x9d;charset=\x1b")],
    "content-type-charset": [("Content-Type", "application/json; charset=utf-7")],
    "cookies": [("Set-Cookie", "a=b; Domain=localhost; Path=/"), ("Set-Cookie", "x=y; Max-Age=999999999")],
    "cookies-many": [("Set-Cookie", f"c{number}={'v' * 3000}") for number in range(80)],
    "hsts": [
        ("Strict-Transport-Security", "max-age=0"),
        ("Alt-Svc", 'h2="evil.example:443"'),
        ("Link", "<http://evil.example>; rel=next"),
    ],
    "ratelimit": [("x-ratelimit-limit", "9" * 5000), ("x-ratelimit-period", "\x1b[2K")],
    "refresh": [("Refresh", "0; url=http://evil.example/"), ("Content-Location", "http://evil.example/")],
}
HEADERS = [
    Attack(f"header-{name}", a.with_headers(*values), sample=name in ("request-id-escape", "date-future"))
    for name, values in _HEADERS.items()
]
_RETRY_AFTER = {
    "huge": "1000000000",
    "infinite": "inf",
    "overflow": "1e400",
    "nan": "nan",
    "negative": "-1",
    "text": "\x1b[2K later",
    "past": "Thu, 01 Jan 1970 00:00:00 GMT",
    "future": "Fri, 31 Dec 9999 23:59:59 GMT",
    "beyond": "Fri, 31 Dec 99999999 23:59:59 GMT",
    "digits": "9" * 5000,
    "zero": "0",
    "one": "1",
    "superscript": "\u00b2",
}
HEADERS += [
    Attack(
        f"retry-after-{name}-{status}",
        a.body(
            json.dumps(a.error_shapes("slow down", "TooManyRequests")).encode(),
            status,
            Retry_After=value,
            x_ratelimit_limit=value,
            x_ratelimit_period=value,
        ),
        sample=(name, status) in (("digits", 429), ("zero", 503)),
    )
    for name, value in _RETRY_AFTER.items()
    for status in (429, 503)
]
HEADERS += [
    Attack(
        f"challenge-{name}", a.body(b"{}", 407 if name == "proxy" else 401, **{header: value}), sample=name == "basic"
    )
    for name, header, value in (
        ("basic", "WWW_Authenticate", 'Basic realm="\x1b[2K"'),
        ("negotiate", "WWW_Authenticate", "Negotiate TlRMTVNTUAACAAAA"),
        ("digest", "WWW_Authenticate", 'Digest realm="x", nonce="y", algorithm=MD5'),
        (
            "bearer",
            "WWW_Authenticate",
            'Bearer error="insufficient_claims", claims="eyJ4IjoxfQ==", authorization_uri="http://evil.example"',
        ),
        ("garbage", "WWW_Authenticate", "realm=;;==,,\x1b"),
        ("proxy", "Proxy_Authenticate", "Basic realm=x"),
    )
]
_STATUSES = (
    201,
    202,
    204,
    205,
    206,
    207,
    226,
    299,
    300,
    304,
    400,
    401,
    402,
    403,
    404,
    405,
    408,
    409,
    410,
    412,
    413,
    415,
    418,
    422,
    451,
    499,
    500,
    501,
    502,
    504,
    505,
    507,
    599,
    999,
)
HEADERS += [
    Attack(
        f"status-{status}",
        a.body(json.dumps(a.error_shapes("said so {{ x }}", "Code")).encode(), status),
        sample=status in (403, 500),
    )
    for status in _STATUSES
]


# -- attacks: addresses to follow


def _redirect(status: int, where: str) -> t.Callable[[World], Serve]:
    def make(world: World) -> Serve:
        def serve(ex: Exchange) -> None:
            to = {
                "tls": world.tls_trap.origin,
                "plain": world.plain_trap.origin,
                "same-plain": "http://" + ex.proxy.origin.partition("://")[2],
                "userinfo": f"https://{ex.proxy.origin.partition('://')[2]}@{world.plain_trap.netloc}",
                "relative": f"//{world.tls_trap.netloc}",
                "escape": "https://\x1b[2K\x9b.example",
            }[where]
            ex.answer(status, b"{}", [("Location", to + ex.request.target)])

        return serve

    return make


FOLLOWED: list[Attack] = [
    Attack(
        f"redirect-{status}-{where}",
        make=_redirect(status, where),
        sample=(status, where) in ((307, "plain"), (302, "tls")),
    )
    for status in (301, 302, 303, 307, 308)
    for where in ("tls", "plain", "same-plain")
]
FOLLOWED += [
    Attack(f"redirect-307-{where}", make=_redirect(307, where)) for where in ("userinfo", "relative", "escape")
]
FOLLOWED += [
    Attack("redirect-without-location", a.body(b"{}", 302)),
    Attack("redirect-empty-location", a.body(b"{}", 307, Location="")),
]

_LINKS: dict[str, t.Callable[[World, Exchange], t.Any]] = {
    "tls": lambda w, ex: f"{w.tls_trap.origin}/v1.0/groups?$skiptoken=x",
    "plain": lambda w, ex: f"{w.plain_trap.origin}/v1.0/groups?$skiptoken=x",
    "same-plain": lambda w, ex: f"http://{ex.proxy.origin.partition('://')[2]}/v1.0/groups?$skiptoken=evil",
    "userinfo": lambda w, ex: f"https://{ex.proxy.origin.partition('://')[2]}@{w.plain_trap.netloc}/v1.0/groups",
    "userinfo-same": lambda w, ex: f"https://user:word@{ex.proxy.origin.partition('://')[2]}/v1.0/groups?evil",
    "backslash": lambda w, ex: f"https://{w.tls_trap.netloc}\\@{ex.proxy.origin.partition('://')[2]}/v1.0/groups",
    "backslash-other": lambda w, ex: f"https://{ex.proxy.origin.partition('://')[2]}\\@{w.tls_trap.netloc}/v1.0/groups",
    "relative": lambda w, ex: f"//{w.tls_trap.netloc}/v1.0/groups",
    "path-only": lambda w, ex: "/v1.0/evil",
    "other-path": lambda w, ex: f"{ex.proxy.origin}/evil",
    "dots": lambda w, ex: f"{ex.proxy.origin}/v1.0/../evil",
    "encoded-dots": lambda w, ex: f"{ex.proxy.origin}/v1.0/%2e%2e/evil",
    "upper-case": lambda w, ex: f"HTTPS://{w.tls_trap.netloc.upper()}/v1.0/groups",
    "newline": lambda w, ex: f"{ex.proxy.origin}/v1.0/groups?x=1 HTTP/1.1\r\nX-Injected: yes",
    "tab": lambda w, ex: f"https://\t{w.tls_trap.netloc}/v1.0/groups",
    "escape": lambda w, ex: "https://\x1b[2K\u202eevil.example/",
    "no-host": lambda w, ex: "https:///v1.0/groups",
    "bad-port": lambda w, ex: "https://localhost:99999/v1.0/groups",
    "word-port": lambda w, ex: "https://localhost:port/v1.0/groups",
    "bracket": lambda w, ex: "https://[::1/v1.0/groups",
    "file": lambda w, ex: "file:///etc/passwd",
    "template": lambda w, ex: "{{ lookup('pipe', 'id') }}",
    "number": lambda w, ex: 7,
    "list": lambda w, ex: [f"{w.tls_trap.origin}/x"],
    "object": lambda w, ex: {"href": f"{w.tls_trap.origin}/x"},
    "true": lambda w, ex: True,
    "megabyte": lambda w, ex: f"{ex.proxy.origin}/v1.0/groups?x={'x' * 1_000_000}",
    "itself": lambda w, ex: f"{ex.proxy.origin}{ex.request.target}",
    "itself-fragment": lambda w, ex: f"{ex.proxy.origin}{ex.request.target}#{len(ex.proxy.seen.requests)}",
    "for-ever": lambda w, ex: f"{ex.proxy.origin}/v1.0/groups?$skiptoken={len(ex.proxy.seen.requests)}",
}


def _link(name: str) -> t.Callable[[World], Serve]:
    def make(world: World) -> Serve:
        def serve(ex: Exchange) -> None:
            page = {"value": [], "@odata.nextLink": _LINKS[name](world, ex)}
            ex.answer(200, json.dumps(page).encode())

        return serve

    return make


FOLLOWED += [
    Attack(f"next-{name}", make=_link(name), where=_tags("list", "cell"), sample=name in ("tls", "dots"))
    for name in _LINKS
]


def _discovery(name: str) -> t.Callable[[World], Serve]:
    def make(world: World) -> Serve:
        def change(value: t.Any, ex: Exchange) -> dict[str, t.Any]:
            tls, plain = world.tls_trap.origin, world.plain_trap.origin
            own = ex.proxy.origin.partition("://")[2]
            tenant = f"/{world.tenant_id}"
            return {
                "token-tls": {**value, "token_endpoint": f"{tls}{tenant}/oauth2/v2.0/token"},
                "token-plain": {**value, "token_endpoint": f"{plain}{tenant}/oauth2/v2.0/token"},
                "token-same-plain": {**value, "token_endpoint": f"http://{own}{tenant}/oauth2/v2.0/token"},
                "token-userinfo": {**value, "token_endpoint": f"https://{own}@{world.plain_trap.netloc}/token"},
                "token-relative": {**value, "token_endpoint": f"//{world.tls_trap.netloc}/token"},
                "token-number": {**value, "token_endpoint": 7},
                "token-missing": {key: item for key, item in value.items() if key != "token_endpoint"},
                "device-tls": {**value, "device_authorization_endpoint": f"{tls}/devicecode"},
                "authorize-tls": {**value, "authorization_endpoint": f"{tls}/authorize"},
                "issuer": {**value, "issuer": f"{tls}{tenant}/v2.0"},
                "all-tls": json.loads(json.dumps(value).replace(ex.proxy.origin, tls)),
                "all-plain": json.loads(json.dumps(value).replace(ex.proxy.origin, plain)),
            }[name]

        def serve(ex: Exchange) -> None:
            true = ex.relay()
            ex.answer(200, json.dumps(change(json.loads(true.body), ex)).encode())

        return serve

    return make


_DISCOVERY = (
    "token-tls",
    "token-plain",
    "token-same-plain",
    "token-userinfo",
    "token-relative",
    "token-number",
    "token-missing",
    "device-tls",
    "authorize-tls",
    "issuer",
    "all-tls",
    "all-plain",
)
FOLLOWED += [
    Attack(
        f"discovery-{name}", make=_discovery(name), where=_tags("discovery"), sample=name in ("token-tls", "all-plain")
    )
    for name in _DISCOVERY
]


def _arc(name: str) -> t.Callable[[World], Serve]:
    def make(world: World) -> Serve:
        path = {
            "other-file": str(world.planted_file),
            "dots": f"/var/opt/azcmagent/tokens/../../../..{world.planted_file}",
            "passwd": "/etc/passwd",
            "device": "/dev/zero",
            "fifo": "/dev/stdin",
            "relative": "../../secret.key",
            "nul": "/var/opt/azcmagent/tokens/a\x00.key",
            "missing": "/var/opt/azcmagent/tokens/none.key",
            "megabyte": "/" + "a" * 50_000 + ".key",
        }.get(name, "")
        challenge = {"no-realm": "Basic", "other-scheme": "Negotiate", "empty": ""}.get(name, f"Basic realm={path}")
        return a.body(b"{}", 401, WWW_Authenticate=challenge)

    return make


_ARC = (
    "other-file",
    "dots",
    "passwd",
    "device",
    "fifo",
    "relative",
    "nul",
    "missing",
    "megabyte",
    "no-realm",
    "other-scheme",
    "empty",
)
FOLLOWED += [
    Attack(f"arc-{name}", make=_arc(name), where=_tags("arc"), sample=name in ("other-file", "dots")) for name in _ARC
]

# -- attacks: texts


#: Where the true answer holds names that the module compares, returns or shows.
_NAMING = _tags("read", "after", "token", "device", "discovery", "probe", "login")


def _text_attacks(name: str, text: str) -> list[Attack]:
    sample = name in ("pipe", "escape", "newline", "c1", "bidi", "half-high")
    said = json.dumps(a.error_shapes(text, text)).encode()
    refused = json.dumps(a.token_error(text, text)).encode()
    warned = a.changed(a.put(warningMessage=text, errorMessage=text, errorCode=0, warnings=[text], message=text))
    # What is said is printed at most; what is named is compared, used in addresses, and returned, too.
    replaced = a.texts_replaced(text, extend=name in CONTROL or name in TEMPLATES)
    return [
        Attack(f"says-{name}", a.body(said, 400), where=_tags("graph", "cell", "controller", "vault"), sample=sample),
        Attack(f"refuses-{name}", a.body(refused, 400), where=_tags("login", "imds"), sample=sample),
        Attack(f"warns-{name}", warned, where=_tags("write", "device", "write-secret"), sample=sample),
        Attack(f"names-{name}", a.changed(replaced), where=_NAMING, sample=sample),
    ]


TEXTS = [attack for name, text in all_texts().items() for attack in _text_attacks(name, text)]
TEXTS += [
    Attack(f"echo-{how}", a.echoed(how), sample=how in ("base64", "json"))
    for how in ("plain", "base64", "percent", "json", "python")
]


def _poll(code: str, **more: t.Any) -> Attack:
    said = json.dumps({"error": code, "error_description": f"{code} \x1b[2K", **more}).encode()
    return Attack(f"device-{code}", a.body(said, 400), where=_tags("poll"), sample=code == "authorization_pending")


TEXTS += [
    _poll("authorization_pending"),
    _poll("slow_down", interval=1_000_000),
    _poll("expired_token"),
]
TEXTS += [
    Attack(
        f"device-{name}",
        a.changed(a.put(interval=interval, expires_in=expires_in)),
        where=_tags("device"),
    )
    for name, interval, expires_in in (
        ("interval-zero", 0, 900),
        ("interval-huge", 10**9, 10**9),
        ("interval-negative", -5, 900),
        ("interval-text", "soon", "later"),
    )
]

ATTACKS: list[Attack] = [*WIRE, *BODIES, *STRUCTURES, *HEADERS, *FOLLOWED, *TEXTS]

#: In the sample, an attack is tried at one of so many places.
_TURNS = 6
#: In ``make test`` the sampled attacks are tried at these places, in the whole table at all.
SAMPLE_PLACES = (
    "graph-list",
    "cell-login",
    "cell-mapping-writes",
    "login-discovery",
    "vault-read",
    "arc-identity",
)


def applies(attack: Attack, place: Place) -> bool:
    """Whether the attack is for this place."""
    if attack.accept is not None and place.service == "imds":
        return False  # plain http: there is no handshake
    return not attack.where or bool(attack.where & place.tags)


def combinations(whole: bool) -> dict[str, list[Attack]]:
    """Place id -> attacks to try there: all that apply, or the sample, of which each place takes the attacks that are its turn."""
    if whole:
        return {place.id: [attack for attack in ATTACKS if applies(attack, place)] for place in PLACES}
    sample = [attack for attack in ATTACKS if attack.sample]
    places = [place for place in PLACES if place.id in SAMPLE_PLACES]
    return {
        place.id: [
            attack for number, attack in enumerate(sample) if applies(attack, place) and (number + turn) % _TURNS == 0
        ]
        for turn, place in enumerate(places)
    }
