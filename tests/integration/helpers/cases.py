# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sensible options for every module, against the seeded set S: for tests that go over all of them."""

from __future__ import annotations

import collections
import dataclasses
import importlib
import pathlib
import tempfile
import types
import typing as t

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import User

from ansible_collections.cvops.identity.plugins.module_utils._entra.overview import document as entra_document
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import write_document

from . import certificates, rotation_places
from .saml_metadata import write_metadata
from .snapshots import make_evidence_options

MODULES = pathlib.Path(__file__).resolve().parents[3] / "plugins" / "modules"

Options = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Case:
    """One task. ``options`` makes its options for a site in its seeded state; ``changes``: whether it has something to do.

    ``has_key``: whether the service itself knows a second creation by the object's key; else a fault may leave a deleted twin.
    ``is_local``: what it changes is a file on this machine, nothing at a service.
    """

    module: str
    title: str
    options: t.Callable[[Simulator], Options]
    changes: bool = True
    has_key: bool = True
    is_local: bool = False

    @property
    def name(self) -> str:
        return f"{self.module}: {self.title}"

    def load(self) -> types.ModuleType:
        return importlib.import_module(f"ansible_collections.cvops.identity.plugins.modules.{self.module}")


def make_empty_tenant() -> t.Any:
    """The document of a tenant of which a snapshot has nothing."""
    collector = {"kind": "application", "id": "a", "name": "reader", "rights": None}
    moments = {"started": "2026-11-27T08:00:00Z", "ended": "2026-11-27T08:00:01Z"}
    provenance = {"collection_version": "0.1.0", **moments, "requests": 1, "collector": collector, "sources": []}
    lists = ("users", "groups", "applications", "service_principals", "directory_roles", "named_locations", "others")
    more = ("conditional_access_policies", "deleted_users", "deleted_groups")
    found = {name: [] for name in (*lists, *more)}
    return {"format": entra_document.FORMAT, "provenance": provenance, "tenant": {}, "policy_report": {}, **found}


def discovered() -> set[str]:
    """All modules of the collection."""
    return {path.stem for path in MODULES.glob("[!_]*.py")}


def _cell(site: Simulator) -> t.Any:
    return next(iter(site.commcells.values()))


def _group(site: Simulator) -> dict[str, t.Any]:
    """An Entra group of the mapping."""
    return next(dict(group) for group in site.tenant.groups.values() if group.get("uniqueName"))


def _users(site: Simulator, count: int) -> list[str]:
    return [user["userPrincipalName"] for user in list(site.tenant.users.values())[:count]]


def _job(site: Simulator) -> str:
    """Client id of an application that is not the caller's own."""
    return site.identity(name="job").client_id


def make_role_holder(site: Simulator, **more: t.Any) -> Options:
    """A mapped group as the holder of a role of an application of its own."""
    role = {"id": site.tenant.new_id(), "value": "Reports.Read", "displayName": "Read reports", "description": "Reads"}
    roles = [{**role, "allowedMemberTypes": ["User"], "isEnabled": True}]
    values = {"appId": site.tenant.new_id(), "displayName": "Reports", "appRoles": roles}
    site.tenant.add("application", {**values, "uniqueName": "reports"}, replicated=True)
    site.tenant.add("servicePrincipal", values, replicated=True)
    assignments = [{"group": _group(site)["displayName"], "app_role": "Reports.Read"}]
    return {"application": {"unique_name": "reports"}, "assignments": assignments, **more}


def make_user(site: Simulator, name: str = "leaver", **more: t.Any) -> Options:
    """A local user who is in a group of the first CommCell."""
    state = site.commcells["cs01"].state
    user = User(state.users.new_id(), name, email=f"{name}@corp.example")
    state.users.add(user)
    next(group for group in state.groups if group.name == "View All").member_ids.add(user.id)
    return {"name": name, "kind": "local", **more}


def make_controller_rotation(site: Simulator) -> Options:
    """A credential of the controller of *site*, and a job that uses it, for a rotation."""
    state, name, app_id = site.controller.state, "entra-jobs", _job(site)
    inputs = {"client_id": app_id, "client_secret": "made by hand", "pin": "1234"}
    with state.lock:
        values = {"name": name, "inputs": inputs, "credential_type": rotation_places.add_credential_type(state)}
        values["organization"] = state.add("organizations", {"name": rotation_places.ORGANIZATION}).id
        rotation_places.add_credential_with_job(state, values)
    return {
        "application": {"app_id": app_id},
        "rotation_name": "jobs",
        "targets": [{"name": name, "controller_credential": rotation_places.name_controller_credential(site, name)}],
        "prove": {"successes": 1, "over_seconds": 0},
    }


def make_service_account(site: Simulator, **more: t.Any) -> Options:
    """A service account that nobody has to approve."""
    site.commcells["cs01"].behaviours.pending_approval = False
    return {"name": "robot", "kind": "service_account", "user_groups": ["View All"], **more}


def _application(site: Simulator) -> Options:
    document = site.variables()["cvops_application"]
    wanted = ("display_name", "description", "sign_in_audience", "web", "app_roles", "api_permissions")
    return {name: document[name] for name in wanted}


def _new_file(site: Simulator) -> str:
    """A path in a new folder of the site."""
    return str(pathlib.Path(tempfile.mkdtemp(dir=pathlib.Path(site.ca_path).parent)) / "pair.json")


def _new_folder(site: Simulator) -> str:
    """A new folder of the site."""
    return tempfile.mkdtemp(dir=pathlib.Path(site.ca_path).parent)


def _certificate(site: Simulator, **more: t.Any) -> Options:
    """An application with two certificates, of which one signs tokens."""
    app_id = _job(site)
    certificates.plant_certificate(site, app_id, certificates.SECOND, "second")
    certificates.plant_certificate(site, app_id, certificates.THIRD, "signs", usage="Sign")
    return {"application": {"app_id": app_id}, "name": "backup", **more}


def _pseudonyms(site: Simulator) -> Options:
    """A snapshot of Entra ID without anything in it, a folder for its copy, and a key."""
    folder = pathlib.Path(_new_file(site)).parent
    write_document(str(folder / "s"), make_empty_tenant())
    (folder / "key").write_text("0123456789abcdef" * 3)
    (folder / "key").chmod(0o600)
    return {"src": str(folder / "s"), "dest": str(folder / "copy"), "key_file": str(folder / "key")}


def _fixed(**options: t.Any) -> t.Callable[[Simulator], Options]:
    return lambda site: dict(options)


def _credential(site: Simulator, **more: t.Any) -> Options:
    """The seeded credential, which belongs to a group that all who sign in are in."""
    state = _cell(site).state
    state.credentials.named("azure-prod")[0].owner = (15, state.groups.named("master")[0].id)
    return {"name": "azure-prod", **more}


def _mapping(site: Simulator, **more: t.Any) -> Options:
    """The document's mapping with one grant more."""
    mappings = site.variables()["cvops_role_mappings"]
    plan = sorted(item.name for item in _cell(site).state.entities[158] if not item.company_id)[0]
    extra = {
        "principal": {"user_group": "NOC Night Shift"},
        "grants": [{"role": "View", "entities": {"plans": [plan]}}],
    }
    return {"mappings": [*mappings, extra], "require_object_id": "none", "max_removals": 1000, **more}


def make_oidc_app(site: Simulator, **more: t.Any) -> Options:
    """An OpenID Connect app for people who sign in, with all of its options; at Microsoft's own address, which no port of a test is part of."""
    authority = "https://login.microsoftonline.com"
    return {
        "authority_url": authority,
        "name": "entra-oidc",
        "description": "People sign in",
        "application_id": _job(site),
        "secret": "Wm3Q~only_for.the-tests0123456789abcdefg",
        "secret_policy": "fingerprint",
        "secret_fingerprint": "0f0e0d0c-0000-4000-8000-000000000001",
        "discovery_url": f"{authority}/{site.tenant_id}/v2.0/.well-known/openid-configuration",
        "web_console_urls": ["https://commvault.corp.example:443/webconsole"],
        "associations": {"users": ["breakglass"], "user_groups": ["NOC Night Shift"]},
        **more,
    }


def make_saml_app(site: Simulator, **more: t.Any) -> Options:
    """A SAML app for people who sign in, with all of its options; auto-redirect goes with an accepted risk."""
    return {
        "name": "entra-saml",
        "description": "People sign in",
        "metadata": {"file": write_metadata(site)},
        "service_provider_endpoint": "https://commvault.corp.example:443/webconsole",
        "service_provider_aliases": ["https://commvault2.corp.example:443/webconsole"],
        "name_id": "user_principal_name",
        "attribute_mappings": {"user_groups": "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"},
        "associations": {"email_suffixes": ["corp.example"], "user_groups": ["NOC Night Shift"]},
        "default_user_groups": ["NOC Night Shift"],
        "auto_create_users": True,
        "auto_redirect": True,
        "accept_risk": ["lock_out", "rename"],
        "accept_reason": "a test",
        **more,
    }


CASES = (
    Case(
        "entra_group",
        "create by unique name",
        lambda site: {"display_name": "GG New", "unique_name": "gg-new", "members": _users(site, 3)},
    ),
    Case("entra_group", "create by display name", _fixed(display_name="GG Newer", description="Ä"), has_key=False),
    Case(
        "entra_group", "change", lambda site: {"object_id": _group(site)["id"], "description": "changed", "members": []}
    ),
    Case("entra_group", "delete", lambda site: {"object_id": _group(site)["id"], "state": "absent"}),
    Case(
        "entra_group",
        "nothing to do",
        lambda site: {"object_id": _group(site)["id"], "display_name": _group(site)["displayName"]},
        False,
    ),
    Case(
        "entra_groups",
        "one of each kind",
        lambda site: {
            "groups": [
                {"display_name": "GG New", "unique_name": "gg-new", "members": _users(site, 3)},
                {"object_id": _group(site)["id"], "description": "changed"},
                {"display_name": "GG Gone", "state": "absent"},
            ]
        },
    ),
    Case("entra_groups", "nothing to do", lambda site: {"groups": [{"object_id": _group(site)["id"]}]}, False),
    Case("entra_group_info", "read", _fixed(prefix="GG-", members=True), False),
    Case(
        "entra_application",
        "create by unique name",
        lambda site: {**_application(site), "unique_name": "brand-new", "display_name": "Brand new"},
    ),
    Case("entra_application", "create by display name", _fixed(display_name="Brand new"), has_key=False),
    Case(
        "entra_application",
        "change",
        lambda site: {"unique_name": "commvault-management", "description": "other", "app_roles": []},
    ),
    Case(
        "entra_application",
        "deactivate",
        lambda site: {
            "app_id": _job(site),
            "enabled": False,
            "accept_risk": ["kill_switch"],
            "accept_reason": "it is the test",
        },
    ),
    Case("entra_application", "delete", lambda site: {"app_id": _job(site), "state": "absent"}),
    Case("entra_application_info", "read", _fixed(unique_name="commvault-management"), False),
    Case("entra_log_info", "read", lambda site: {"applications": [_job(site)], "since": "2h"}, False),
    Case("entra_service_principal_info", "read", lambda site: {"app_id": _job(site), "assignments": True}, False),
    Case("entra_service_principal", "change", lambda site: {"app_id": _job(site), "tags": ["backup"], "notes": "x"}),
    Case(
        "entra_service_principal",
        "a signing certificate",
        lambda site: {"app_id": _job(site), "sign_on_mode": "saml", "signing_certificate": {"activate": "first"}},
    ),
    Case("entra_service_principal", "delete", lambda site: {"app_id": _job(site), "state": "absent"}),
    Case(
        "entra_admin_consent",
        "grant",
        lambda site: {
            "app_id": _job(site),
            "api_permissions": [
                {"api": "Microsoft Graph", "application": ["User.Read.All"], "delegated": ["User.Read"]}
            ],
        },
    ),
    Case("entra_application_secret", "add", lambda site: {"application": {"app_id": _job(site)}, "name": "backup"}),
    Case("commvault_role", "create", _fixed(name="New role", permissions=["View", "Browse"], description="ü")),
    Case("commvault_role", "change", _fixed(name="Backup Operator", permissions=["View"])),
    Case("commvault_role", "nothing to do", _fixed(name="Backup Operator"), False),
    Case(
        "commvault_roles",
        "one of each kind",
        _fixed(
            roles=[
                {"name": "New role", "permissions": ["View", "Browse"]},
                {"name": "Backup Operator", "permissions": ["View"]},
                {"name": "No role", "state": "absent"},
            ]
        ),
    ),
    Case("commvault_roles", "nothing to do", _fixed(roles=[{"name": "Backup Operator"}]), False),
    Case(
        "commvault_user_group",
        "create",
        lambda site: {"name": "New group", "description": "ü", "members": ["breakglass"]},
    ),
    Case("commvault_user_group", "link", lambda site: {"name": "Linked group", "entra_group_id": _group(site)["id"]}),
    Case("commvault_user_group", "delete", _fixed(name="NOC Night Shift", state="absent", transfer_to_user="admin")),
    Case("commvault_oidc_app", "create", make_oidc_app),
    Case("commvault_saml_app", "create", make_saml_app),
    Case("commvault_security_info", "read", _fixed(), False),
    Case(
        "commvault_security_info",
        "details",
        _fixed(
            subset=["user_details", "owners", "access_tokens"],
            principals=["breakglass", "ravi.moreau"],
            entity_kinds=["servers", "credentials"],
        ),
        False,
    ),
    Case("commvault_audit_info", "read", _fixed(users=["breakglass"], logs=["audit_trail"], since="1h"), False),
    Case("commvault_role_mappings", "one grant more", _mapping),
    Case("commvault_role_mappings", "exclusive", lambda site: _mapping(site, exclusive=True)),
    Case("commvault_role_mappings_info", "read", _fixed(), False),
    Case("commvault_access_token", "create", lambda site: {"name": "nightly", "store": {"file": _new_file(site)}}),
    Case(
        "commvault_credential",
        "create",
        _fixed(
            name="azure-new",
            description="ü",
            azure_tenant_id="11111111-2222-4333-8444-555555555555",
            azure_application_id="66666666-7777-4888-8999-000000000000",
            secret="abc8Q~not-a-real-secret_12345",
            secret_policy="fingerprint",
            secret_fingerprint="key-1",
            shared_with=[{"user_group": "Storage Team"}],
        ),
    ),
    Case(
        "commvault_credential",
        "write a secret",
        lambda site: _credential(
            site, secret="xyz8Q~not-a-real-secret_6789", secret_policy="fingerprint", secret_fingerprint="key-2"
        ),
    ),
    Case(
        "commvault_credential",
        "create for a rotation",
        _fixed(
            name="azure-rotated",
            azure_tenant_id="11111111-2222-4333-8444-555555555555",
            azure_application_id="66666666-7777-4888-8999-000000000000",
            azure_application_name="Commvault backup",
            secret_policy="rotated",
        ),
    ),
    Case("commvault_credential", "delete", lambda site: _credential(site, state="absent")),
    Case("commvault_credential", "nothing to do", _fixed(name="azure-prod", environment="public"), False),
    Case("connection_info", "read", _fixed(), False),
    Case(
        "entra_federated_credential",
        "create",
        lambda site: {
            "application": {"app_id": _job(site)},
            "name": "scheduler",
            "issuer": "https://scheduler.corp.example",
            "subject": "job/converge-access",
        },
    ),
    Case("entra_app_role_assignment", "assign", make_role_holder),
    Case(
        "entra_conditional_access_policy",
        "create",
        _fixed(
            display_name="CA100 administrators",
            users={"include": {"roles": ["Global Administrator"]}, "exclude": {"users": ["guests_or_external_users"]}},
            applications={"include": ["all"]},
            grant={"operator": "and", "controls": ["mfa", "compliant_device"]},
        ),
        has_key=False,
    ),
    Case(
        "entra_conditional_access_info",
        "read",
        _fixed(applications=["Commvault management API"], break_glass={"users": []}),
        False,
    ),
    Case(
        "entra_named_location",
        "create",
        _fixed(display_name="Commvault egress", ip_ranges=["203.0.113.16/28", "2001:db8:40::/48"]),
        has_key=False,
    ),
    Case(
        "entra_snapshot",
        "read",
        lambda site: {"dest": _new_folder(site), "applications": ["Commvault management API"]},
        is_local=True,
    ),
    Case("expiry_info", "read", _fixed(applications=[{"unique_name": "commvault-management"}]), False),
    Case(
        "sso_preflight_info",
        "read",
        lambda site: {"mappings": site.variables()["cvops_role_mappings"], "saml_app": "corp.example"},
        False,
    ),
    Case("entra_application_certificate", "add", lambda site: _certificate(site, certificate=certificates.FIRST)),
    Case(
        "secret_rotation",
        "the first secret",
        lambda site: {
            "application": {"app_id": _job(site)},
            "rotation_name": "backup",
            "targets": [{"return": True}],
            "prove": {"successes": 1, "over_seconds": 0},
        },
    ),
    Case(
        "commvault_user",
        "create",
        _fixed(
            name="jvega",
            kind="local",
            email="jvega@corp.example",
            description="ü",
            password="not-a-real-password",
            user_groups=["NOC Night Shift"],
        ),
    ),
    Case("commvault_user", "service account", make_service_account),
    Case(
        "commvault_user",
        "change",
        lambda site: make_user(site, "mover", full_name="M. Mover", enabled=False, user_groups=[]),
    ),
    Case("commvault_user", "delete", lambda site: make_user(site, state="absent", skip_ownership_transfer=True)),
    Case("commvault_user", "nothing to do", _fixed(name="breakglass", kind="local", enabled=True), False),
    Case("snapshot_pseudonyms", "copy", _pseudonyms, is_local=True),
    Case(
        "access_evidence",
        "write",
        lambda site: make_evidence_options(str(pathlib.Path(site.ca_path).parent)),
        is_local=True,
    ),
    # After all others, so that a second run finds what the first one has.
    Case("commvault_snapshot", "write", lambda site: {"dest": _new_folder(site)}, is_local=True),
)


def inventory(site: Simulator) -> dict[str, collections.Counter[str]]:
    """What there is in both services, by name: duplicates and leftovers show as differing counts."""
    store = site.tenant.store.primary()
    found = {
        table: collections.Counter(str(row.get("displayName")) for row in store.rows(table).values())
        for table in ("groups", "applications", "servicePrincipals")
    }
    found["secrets"] = collections.Counter(str(row["owner"]) for row in store.rows("secrets").values())
    for table in ("appRoleAssignments", "oauth2PermissionGrants"):
        rows = store.rows(table).values()
        found[table] = collections.Counter(
            str([row.get(key) for key in ("principalId", "clientId", "appRoleId", "scope")]) for row in rows
        )
    for name, cell in site.commcells.items():
        found[f"{name} roles"] = collections.Counter(item.name for item in cell.state.roles)
        found[f"{name} groups"] = collections.Counter(item.name for item in cell.state.groups)
        found[f"{name} credentials"] = collections.Counter(item.name for item in cell.state.credentials)
        found[f"{name} grants"] = collections.Counter(str(row) for row in cell.state.grants.triples("explicit"))
    return found
