# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of secret_rotation, and the targets that they name."""

from __future__ import annotations

import typing as t
from dataclasses import fields, replace

from ..._commvault.acting_company import act_in_company
from ..._commvault.client import CommvaultClient
from ..._commvault.credentials.calls import Credentials
from ..._commvault.oidc_apps.calls import OidcApps
from ..._core.argument_specs import ArgumentSpec
from ..._core.context import Context
from ..._core.errors import ConfigError, Problems
from ..._entra.certificates.key_pair import DEFAULT_KEY_SIZE
from ..._signin.options import commvault_spec
from ..._stores.controller_client import ControllerClient
from ..._stores.controller_credentials import ControllerCredentials, ProofJob
from ..._stores.secret_versions.opening import open_secret_store
from ..._stores.secret_versions.options import secret_store_option
from .checks import STORE_KINDS, TARGET_KINDS, find_kind, find_option_flaws
from .proof import ProofRules
from .targets.base import Target
from .targets.controller_credential import ControllerCredentialTarget, WantedCredential
from .targets.credential import CredentialTarget
from .targets.external import ExternalTarget
from .targets.oidc_app import OidcAppTarget
from .targets.returned import ReturnTarget
from .targets.stored import StoredTarget

_PREFIX = "commvault_"
#: With one of these a CommCell says itself how to sign in.
_CREDENTIALS = frozenset({"password", "access_token"})


def rotation_options() -> dict[str, dict[str, t.Any]]:
    """Return the options of the module beside those of the sign-in and ``application``."""
    option = secret_store_option()
    stores = {kind: {**spec, "no_log": False} for kind, spec in option["options"].items()}
    return {
        "rotation_name": {"type": "str", "required": True},
        "kind": {"type": "str", "choices": ["secret", "certificate"], "default": "secret"},
        "certificate": {
            "type": "dict",
            "no_log": False,
            "options": {
                "key_size": {
                    "type": "int",
                    "choices": [2048, 3072, 4096],
                    "default": DEFAULT_KEY_SIZE,
                    "no_log": False,
                },
                "common_name": {"type": "str"},
            },
        },
        "lifetime_days": {"type": "int", "default": 183},
        "rotate_before_days": {"type": "int", "default": 93},
        "overlap_hours": {"type": "int"},
        "targets": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str"},
                **stores,
                "commvault_credential": _consumer_option(),
                "commvault_oidc_app": _consumer_option(),
                "controller_credential": _controller_option(),
                "external": {
                    "type": "dict",
                    "options": {
                        "where": {"type": "str", "required": True},
                        "contact": {"type": "str"},
                        "acknowledged_key_id": {"type": "str", "no_log": False},
                        "key_management": {"type": "bool", "default": False, "no_log": False},
                    },
                },
                "return": {"type": "bool"},
            },
            "required_one_of": [list(TARGET_KINDS)],
            "mutually_exclusive": [list(TARGET_KINDS)],
        },
        "commcells": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"commcell": {"type": "str", "required": True}, **_commcell_options()},
        },
        "consumers_complete": {"type": "bool", "default": False},
        "prove": {
            "type": "dict",
            "apply_defaults": True,
            "options": {
                "scope": {"type": "str"},
                "successes": {"type": "int", "default": 15},
                "over_seconds": {"type": "int", "default": 120},
                "within_seconds": {"type": "int", "default": 600},
            },
        },
        "retire": {"type": "str", "choices": ["auto", "now", "never"], "default": "never"},
        "adopt_key_ids": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "rollback_from": {**option, "options": stores},
        "max_keys": {"type": "int", "default": 5, "no_log": False},
        "rotation_log": {"type": "path"},
    }


def _consumer_option() -> dict[str, t.Any]:
    return {
        "type": "dict",
        "no_log": False,
        "options": {
            "name": {"type": "str", "required": True},
            "company": {"type": "str"},
            "commcell": {"type": "str"},
        },
    }


def _controller_option() -> dict[str, t.Any]:
    return {
        "type": "dict",
        "no_log": False,
        "options": {
            "id": {"type": "int"},
            "name": {"type": "str"},
            "organization": {"type": "str"},
            "credential_type": {"type": "str", "no_log": False},
            "field": {"type": "str", "required": True},
            "url": {"type": "str"},
            "token": {"type": "str", "no_log": True},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "ca_path": {"type": "path"},
            "proof_job": {
                "type": "dict",
                "options": {
                    "template": {"type": "str", "required": True},
                    "organization": {"type": "str"},
                    "extra_vars": {"type": "dict"},
                    "limit": {"type": "str"},
                    "within_seconds": {"type": "int", "default": 600},
                },
            },
            "acknowledged_key_id": {"type": "str", "no_log": False},
        },
    }


def _commcell_options() -> dict[str, dict[str, t.Any]]:
    """Return the options of the sign-in to one CommCell, without their prefix; what is left out is that of the task. Token stores are not among them."""
    return {
        name[len(_PREFIX) :]: {key: value for key, value in spec.items() if key not in ("fallback", "default")}
        for name, spec in commvault_spec().options.items()
        if name.startswith(_PREFIX) and name != "commvault_token_store"
    }


def build_rotation_spec() -> ArgumentSpec:
    """Return the options as an argument spec."""
    return ArgumentSpec(rotation_options())


def check_rotation_options(options: t.Mapping[str, t.Any]) -> None:
    """Raise Problems for what the argument spec cannot refuse; nothing is read before."""
    _raise_problems([{"kind": "value", **flaw._asdict()} for flaw in find_option_flaws(options)])


def check_target_names(targets: t.Sequence[Target]) -> None:
    """Raise Problems for *targets* of one name: results know them by it."""
    names = [target.name for target in targets]
    twice = sorted({name for name in names if names.count(name) > 1})
    told = [f"{name} is there twice: give each target its own name (name)" for name in twice]
    _raise_problems([{"kind": "value", "where": "targets", "message": message} for message in told])


def _raise_problems(problems: t.Sequence[dict[str, str]]) -> None:
    if problems:
        raise Problems("The rotation cannot be planned:", problems)


def build_proof_rules(options: t.Mapping[str, t.Any], graph_scope: str) -> ProofRules:
    """Return what proves a key; *graph_scope*: what is asked for where no scope is given."""
    prove = options["prove"]
    return ProofRules(
        prove["scope"] or graph_scope, prove["successes"], float(prove["over_seconds"]), float(prove["within_seconds"])
    )


def build_targets(ctx: Context, app_id: str, connect: t.Callable[[str], t.Any]) -> list[Target]:
    """Return the targets of the options that :func:`check_rotation_options` has passed, in their order; nothing is read yet. Raises Problems.

    *connect*: the way into a Key Vault, see ``open_secret_store``.
    """
    builder = _TargetBuilder(ctx, app_id, connect)
    found: list[Target] = []
    problems: list[dict[str, str]] = []
    for number, item in enumerate(ctx.options["targets"]):
        try:
            found.append(builder.build(item))
        except ConfigError as exc:  # an address or a name that cannot be used
            problems.append({"kind": exc.kind, "where": f"targets[{number}].{find_kind(item)}", "message": str(exc)})
    _raise_problems(problems)
    return found


class _TargetBuilder:
    """Builds targets; those of one kind on one CommCell share its log-in."""

    def __init__(self, ctx: Context, app_id: str, connect: t.Callable[[str], t.Any]) -> None:
        self._ctx, self._app_id, self._connect = ctx, app_id, connect
        self._commcells: dict[str, Credentials] = {}
        self._oidc_apps: dict[tuple[str, str], OidcApps] = {}
        self._controllers: dict[tuple[t.Any, ...], ControllerCredentials] = {}

    def build(self, item: t.Mapping[str, t.Any]) -> Target:
        """Return the target of one entry of the list."""
        kind = find_kind(item)
        if kind in STORE_KINDS:
            store = open_secret_store(self._ctx, {kind: item[kind]}, self._connect)
            return StoredTarget(item.get("name") or store.label, store, self._app_id)
        if kind == "return":
            return ReturnTarget(item.get("name") or "the result")
        if kind == "external":
            return self._build_external(item)
        if kind == "commvault_oidc_app":
            return self._build_oidc_app(item)
        if kind == "controller_credential":
            return self._build_controller_credential(item)
        return self._build_credential(item)

    def _build_external(self, item: t.Mapping[str, t.Any]) -> Target:
        external = item["external"]
        where, contact = external["where"], external["contact"]
        return ExternalTarget(
            item.get("name") or where,
            where,
            contact,
            external["acknowledged_key_id"],
            external["key_management"],
        )

    def _build_credential(self, item: t.Mapping[str, t.Any]) -> Target:
        wanted = item["commvault_credential"]
        credentials = self._open_credentials(wanted.get("commcell"))
        name = item.get("name") or f"credential {wanted['name']}{_format_commcell(wanted)}"
        return CredentialTarget(self._ctx, name, wanted["name"], wanted.get("company"), self._app_id, credentials)

    def _build_oidc_app(self, item: t.Mapping[str, t.Any]) -> Target:
        wanted = item["commvault_oidc_app"]
        apps = self._open_oidc_apps(wanted.get("commcell"), wanted.get("company"))
        name = item.get("name") or f"OpenID Connect app {wanted['name']}{_format_commcell(wanted)}"
        return OidcAppTarget(self._ctx, name, wanted["name"], self._app_id, apps)

    def _build_controller_credential(self, item: t.Mapping[str, t.Any]) -> Target:
        option = item["controller_credential"]
        wanted = WantedCredential(**{field.name: option.get(field.name) for field in fields(WantedCredential)})
        asked = option.get("proof_job")
        job = None
        if asked:
            named = {name: asked.get(name) for name in ("template", "organization", "limit")}
            job = ProofJob(**named, extra_vars=asked.get("extra_vars") or {}, within_s=float(asked["within_seconds"]))
        name = item.get("name") or f"controller credential {wanted.name or wanted.id}"
        credentials = self._open_controller(option)
        return ControllerCredentialTarget(
            name, wanted, self._app_id, credentials, job, option.get("acknowledged_key_id")
        )

    def _open_controller(self, option: t.Mapping[str, t.Any]) -> ControllerCredentials:
        key = tuple(option.get(name) for name in ("url", "token", "username", "password", "ca_path"))
        if key not in self._controllers:
            self._controllers[key] = ControllerCredentials(self._ctx, ControllerClient(self._ctx, option))
        return self._controllers[key]

    def _open_oidc_apps(self, commcell: str | None, company: str | None) -> OidcApps:
        key = (commcell or "", company or "")
        if key not in self._oidc_apps:
            ctx = act_in_company(self._choose_commcell(commcell), company)
            self._oidc_apps[key] = OidcApps(CommvaultClient(ctx))
        return self._oidc_apps[key]

    def _open_credentials(self, commcell: str | None) -> Credentials:
        key = commcell or ""
        if key not in self._commcells:
            self._commcells[key] = Credentials(CommvaultClient(self._choose_commcell(commcell)))
        return self._commcells[key]

    def _choose_commcell(self, commcell: str | None) -> Context:
        """Return the context whose options are those of the CommCell, which ``commcells`` has; what it leaves out is that of the task."""
        if commcell is None:
            return self._ctx
        found = next(item for item in self._ctx.options["commcells"] if item["commcell"] == commcell)
        return _enter_commcell(self._ctx, found)


def list_commcells(ctx: Context) -> list[tuple[str | None, Context]]:
    """Return the CommCells that the options say how to sign in to: their names, None for the task's own one, and contexts."""
    given = ctx.options["commcells"]
    url = ctx.options.get("commvault_url")
    own: list[tuple[str | None, Context]] = [(None, ctx)] if url and url not in [item["url"] for item in given] else []
    return [*own, *((item["commcell"], _enter_commcell(ctx, item)) for item in given)]


def _enter_commcell(ctx: Context, item: t.Mapping[str, t.Any]) -> Context:
    """Return the context whose options are those of one of ``commcells``; what it leaves out is that of the task."""
    given = {name: value for name, value in item.items() if name != "commcell" and value is not None}
    if not given.keys().isdisjoint(_CREDENTIALS):
        given.setdefault("auth_method", "password")
    # One address is never that of another CommCell, and a stored pair of tokens is that of one.
    own = {"url": None, "token_store": None, **given}
    return replace(ctx, options={**ctx.options, **{f"{_PREFIX}{name}": value for name, value in own.items()}})


def _format_commcell(wanted: t.Mapping[str, t.Any]) -> str:
    return f" on {wanted['commcell']}" if wanted.get("commcell") else ""
