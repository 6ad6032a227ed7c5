# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of secret_rotation, and the targets that they name."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from ..._commvault.client import CommvaultClient
from ..._commvault.credentials.calls import Credentials
from ..._commvault.oidc_apps.calls import OidcApps, act_in_company
from ..._core.argument_specs import ArgumentSpec
from ..._core.context import Context
from ..._core.errors import ConfigError, Problems
from ..._core.values import is_guid
from ..._signin.options import commvault_spec
from ..._stores.secret_versions.opening import open_secret_store
from ..._stores.secret_versions.options import secret_store_option
from .proof import ProofRules
from .targets.base import Target
from .targets.credential import CredentialTarget
from .targets.external import ExternalTarget
from .targets.oidc_app import OidcAppTarget
from .targets.returned import ReturnTarget
from .targets.stored import StoredTarget

_STORE_KINDS = ("file", "hashi_vault", "azure_key_vault")
TARGET_KINDS = (*_STORE_KINDS, "commvault_credential", "commvault_oidc_app", "external", "return")
_PREFIX = "commvault_"
_ROTATION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
#: Days that a key lives beyond two intervals, so that a missed run does no harm.
MARGIN_DAYS = 3


def rotation_options() -> dict[str, dict[str, t.Any]]:
    """Return the options of the module beside those of the sign-in and ``application``."""
    option = secret_store_option()
    stores = {kind: {**spec, "no_log": False} for kind, spec in option["options"].items()}
    return {
        "rotation_name": {"type": "str", "required": True},
        "kind": {"type": "str", "choices": ["secret"], "default": "secret"},
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


def _commcell_options() -> dict[str, dict[str, t.Any]]:
    """Return the options of the sign-in to one CommCell, without their prefix and without other sources; token stores are not among them."""
    return {
        name[len(_PREFIX) :]: {key: value for key, value in spec.items() if key != "fallback"}
        for name, spec in commvault_spec().options.items()
        if name.startswith(_PREFIX) and name != "commvault_token_store"
    }


def build_rotation_spec() -> ArgumentSpec:
    """Return the options as an argument spec."""
    return ArgumentSpec(rotation_options())


def check_rotation_options(options: t.Mapping[str, t.Any], targets: t.Sequence[Target]) -> None:
    """Raise Problems for what the argument spec cannot refuse; overlap is checked against what the *targets* need."""
    problems: list[dict[str, str]] = []

    def add(where: str, message: str) -> None:
        problems.append({"kind": "value", "where": where, "message": message})

    lifetime, before = options["lifetime_days"], options["rotate_before_days"]
    if not _ROTATION_NAME.fullmatch(options["rotation_name"]):
        add("rotation_name", "1 to 60 letters, digits, dots, hyphens and underscores, beginning with a letter or digit")
    if not 1 <= before < lifetime:
        add("rotate_before_days", "1 or more, and less than lifetime_days")
    elif lifetime < 2 * (lifetime - before) + MARGIN_DAYS and "short_lifetime" not in (options["accept_risk"] or ()):
        add(
            "lifetime_days",
            f"a key is replaced after {lifetime - before} days and lives {lifetime}: twice that and {MARGIN_DAYS} days are needed so that"
            f" a missed run does no harm. Raise rotate_before_days to {(lifetime + MARGIN_DAYS + 1) // 2} or more",
        )
    least = compute_overlap_hours(None, targets)
    if options["overlap_hours"] is not None and options["overlap_hours"] < least:
        kinds = ", ".join(sorted({target.kind for target in targets if target.least_overlap_hours == least}))
        add("overlap_hours", f"at least {least} for these targets ({kinds})")
    if compute_overlap_hours(options["overlap_hours"], targets) >= before * 24:
        add("rotate_before_days", "the old key expires before overlap_hours are over")
    uses = [target.use for target in targets]
    if "external" in uses and "store" not in uses:
        add("targets", "an external target gets its value from a store, and there is none: name one, too")
    if options["max_keys"] < 2:
        add("max_keys", "2 or more: the old and the new key")
    for name in ("adopt_key_ids",):
        for position, key_id in enumerate(options[name]):
            if not is_guid(key_id):
                add(f"{name}[{position}]", "no key id, which is a GUID")
    prove = options["prove"]
    if prove["successes"] < 1 or prove["over_seconds"] < 0 or prove["within_seconds"] < prove["over_seconds"]:
        add("prove", "successes must be 1 or more, and over_seconds between 0 and within_seconds")
    names = [target.name for target in targets]
    for name in sorted({name for name in names if names.count(name) > 1}):
        add("targets", f"{name} is there twice: give each target a name of its own")
    if not any(use in ("store", "consumer", "return") for use in uses):
        add("targets", "nothing gets the value: name a store, a consumer or return")
    if problems:
        raise Problems("The rotation cannot be planned:", problems)


def compute_overlap_hours(asked: int | None, targets: t.Sequence[Target]) -> int:
    """Return for how many hours the old key goes on working, at least what the *targets* need."""
    return max([asked or 0, *(target.least_overlap_hours for target in targets)])


def build_proof_rules(options: t.Mapping[str, t.Any], graph_scope: str) -> ProofRules:
    """Return what proves a key; *graph_scope*: what is asked for where no scope is given."""
    prove = options["prove"]
    return ProofRules(
        prove["scope"] or graph_scope, prove["successes"], float(prove["over_seconds"]), float(prove["within_seconds"])
    )


def build_targets(ctx: Context, app_id: str, connect: t.Callable[[str], t.Any]) -> list[Target]:
    """Return the targets of the options, in their order; nothing is read yet. Raises ConfigError.

    *connect*: the way into a Key Vault, see ``open_secret_store``.
    """
    builder = _TargetBuilder(ctx, app_id, connect)
    return [builder.build(item, position) for position, item in enumerate(ctx.options["targets"])]


class _TargetBuilder:
    """Builds targets; those of one kind on one CommCell share its log-in."""

    def __init__(self, ctx: Context, app_id: str, connect: t.Callable[[str], t.Any]) -> None:
        self._ctx, self._app_id, self._connect = ctx, app_id, connect
        self._commcells: dict[str, Credentials] = {}
        self._oidc_apps: dict[tuple[str, str], OidcApps] = {}

    def build(self, item: t.Mapping[str, t.Any], position: int) -> Target:
        """Return the target of one entry of the list."""
        kind = next((kind for kind in TARGET_KINDS if item.get(kind)), None)
        where = f"targets[{position}]"
        if kind is None:
            raise ConfigError(
                f"{where} names nothing: give it one of {', '.join(TARGET_KINDS)}", source=f"option {where}"
            )
        if kind in _STORE_KINDS:
            store = open_secret_store(self._ctx, {kind: item[kind]}, self._connect)
            return StoredTarget(item.get("name") or store.label, store, self._app_id)
        if kind == "return":
            return ReturnTarget(item.get("name") or "the result")
        if kind == "external":
            return self._build_external(item, where)
        if kind == "commvault_oidc_app":
            return self._build_oidc_app(item, where)
        return self._build_credential(item, where)

    def _build_external(self, item: t.Mapping[str, t.Any], where: str) -> Target:
        external = item["external"]
        acknowledged = external["acknowledged_key_id"]
        if acknowledged and not is_guid(acknowledged):
            raise ConfigError(
                f"{where}.external.acknowledged_key_id: {acknowledged!r} is no key id, which is a GUID",
                source=f"option {where}.external.acknowledged_key_id",
            )
        told = ", ".join(part for part in (external["where"], external["contact"]) if part)
        return ExternalTarget(item.get("name") or external["where"], told, acknowledged, external["key_management"])

    def _build_credential(self, item: t.Mapping[str, t.Any], where: str) -> Target:
        wanted = item["commvault_credential"]
        credentials = self._open_credentials(wanted.get("commcell"), where)
        name = item.get("name") or f"credential {wanted['name']}{_format_commcell(wanted)}"
        return CredentialTarget(self._ctx, name, wanted["name"], wanted.get("company"), self._app_id, credentials)

    def _build_oidc_app(self, item: t.Mapping[str, t.Any], where: str) -> Target:
        wanted = item["commvault_oidc_app"]
        apps = self._open_oidc_apps(wanted.get("commcell"), wanted.get("company"), where)
        name = item.get("name") or f"OpenID Connect app {wanted['name']}{_format_commcell(wanted)}"
        return OidcAppTarget(self._ctx, name, wanted["name"], self._app_id, apps)

    def _open_oidc_apps(self, commcell: str | None, company: str | None, where: str) -> OidcApps:
        key = (commcell or "", company or "")
        if key not in self._oidc_apps:
            ctx = act_in_company(self._choose_commcell(commcell, where), company)
            self._oidc_apps[key] = OidcApps(CommvaultClient(ctx))
        return self._oidc_apps[key]

    def _open_credentials(self, commcell: str | None, where: str) -> Credentials:
        key = commcell or ""
        if key not in self._commcells:
            self._commcells[key] = Credentials(CommvaultClient(self._choose_commcell(commcell, where)))
        return self._commcells[key]

    def _choose_commcell(self, commcell: str | None, where: str) -> Context:
        """Return the context whose options are those of the CommCell. Raises ConfigError for one that ``commcells`` does not have."""
        if commcell is None:
            return self._ctx
        found = next((item for item in self._ctx.options["commcells"] if item["commcell"] == commcell), None)
        if found is None:
            raise ConfigError(
                f"{where} names the CommCell {commcell!r}, which commcells does not have", source=f"option {where}"
            )
        options = {f"{_PREFIX}{name}": value for name, value in found.items() if name != "commcell"}
        options["commvault_token_store"] = None
        return replace(self._ctx, options={**self._ctx.options, **options})


def _format_commcell(wanted: t.Mapping[str, t.Any]) -> str:
    return f" on {wanted['commcell']}" if wanted.get("commcell") else ""
