# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The step that brings a credential into its desired form, or deletes it. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.errors import ConfigError
from ..._core.names import fold_case
from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step
from ..catalogue import name_with_company
from ..secret_marks import ROTATED, is_secret_due
from .canonical import Credential, Holder
from .desired import DesiredCredential
from .environments import (
    ENDPOINT_MEMBERS,
    Endpoints,
    are_same_endpoints,
    is_same_endpoint,
    list_default_endpoints,
)

_FIELDS = ("description", "azure_tenant_id", "azure_application_id", "environment")
_WORDS = {
    "azure_tenant_id": "tenant id",
    "azure_application_id": "application id",
    "endpoints.active_directory": "endpoint of the sign-in",
    "endpoints.resource_manager": "endpoint of the resource manager",
    "endpoints.storage": "endpoint of the storage",
}


def plan_credential(wanted: DesiredCredential, current: Credential | None, company: str | None = None) -> Plan:
    """Plan to create the credential, or to change in one request all that differs, the secret as its policy says.

    ``data`` of the step: ``before``, ``after``, ``secret``, whether it is written, and ``void``, whether what it holds is of another application
    from then on. *company*: the name of the credential's company, None at
    the level of the CommCell. Raises ConfigError for endpoints that only the user knows.
    """
    is_written = wanted.secret_policy != ROTATED and (
        current is None
        or wanted.has_secret
        and is_secret_due(wanted.secret_policy, wanted.secret_fingerprint, current.secret_fingerprint)
    )
    before = current or Credential(wanted.name, shared_with=frozenset())
    after = _apply_wishes(wanted, current, before)
    is_new_application = current is None or current.azure_application_id != after.azure_application_id
    # What it holds is no secret of the other application then, and so the mark of that goes.
    is_void = current is not None and is_new_application and wanted.secret_policy == ROTATED
    if is_written or is_void:
        after = dataclasses.replace(after, secret_fingerprint=None if is_void else wanted.secret_fingerprint)
    data = {"before": current, "after": after, "secret": is_written, "void": is_void}
    form = {**_format(after), "secret_written": is_written}
    principal = name_with_company(before.name, company)
    had, has, words = _list_told(before), _list_told(after), _WORDS
    if wanted.azure_application_name and is_new_application:
        # In the same words before the application exists.
        has["azure_application_id"] = wanted.azure_application_name
        words = {**_WORDS, "azure_application_id": "application"}
    if current is None:
        told = describe_creation("credential", principal, has, words)
        secret = _tell_secret(after, principal, "+") if is_written else _tell_placeholder(principal)
        changes = (*told, secret, *_tell_sharing(before, after, principal))
        return Plan({}, form, (Step("create", f"credential {wanted.name}", data, changes),))
    old = {**_format(current), "secret_written": False}
    changed = _find_changes(current, after)
    if not is_written and not changed:
        return Plan(old, old)
    changes = (
        *describe_object_changes(principal, had, has, words),
        *([_tell_secret(after, principal, "~")] if is_written else []),
        *([_tell_void(principal)] if is_void else []),
        *_tell_sharing(before, after, principal),
    )
    subject = ", ".join([*changed, *(["secret"] if is_written else [])])
    return Plan(old, form, (Step("update", f"credential {current.name}: {subject}", data, changes),))


def plan_credential_removal(current: Credential | None, company: str | None = None) -> Plan:
    """Plan to delete the credential; nothing when it is not there (None)."""
    if current is None:
        return Plan({}, {})
    gone = Change("-", "credential", name_with_company(current.name, company), "delete the credential")
    old = {**_format(current), "secret_written": False}
    return Plan(old, {}, (Step("delete", f"credential {current.name}", {"before": current}, (gone,)),))


def list_removed_holders(plan: Plan) -> list[Holder]:
    """Return those who lose the right to use the credential."""
    gone: set[Holder] = set()
    for step in plan.steps:
        before, after = step.data.get("before"), step.data.get("after")
        if before is not None and after is not None:
            gone |= (before.shared_with or frozenset()) - (after.shared_with or frozenset())
    return sorted(gone)


def _apply_wishes(wanted: DesiredCredential, current: Credential | None, before: Credential) -> Credential:
    """Return the credential with what is wanted, apart from its mark; what the service does not show stays unknown."""
    known = {
        field: getattr(wanted, field)
        for field in _FIELDS
        if getattr(wanted, field) is not None and (current is None or getattr(current, field) is not None)
    }
    if wanted.is_application_pending and (current is None or current.azure_application_id is not None):
        known["azure_application_id"] = None  # another one than any that is there
    if known.get("description") == before.description.rstrip():
        del known["description"]
    if current is None:
        known.setdefault("environment", "public")
    after = dataclasses.replace(before, **known)
    endpoints = _choose_endpoints(wanted, current, after.environment)
    shared = before.shared_with
    if wanted.shared_with is not None and shared is not None:
        # Who may use it by another association has what is wanted already.
        added = frozenset(holder for holder in wanted.shared_with if holder not in before.used_by_others)
        replaces = wanted.exclusive or not wanted.shared_with
        shared = added if replaces else shared | added
        kept = {holder: holder for holder in before.shared_with or ()}
        shared = frozenset(kept.get(holder, holder) for holder in shared)
    owner = wanted.owner if wanted.owner is not None and wanted.owner != before.owner else before.owner
    return dataclasses.replace(after, endpoints=endpoints, shared_with=shared, owner=owner)


def _choose_endpoints(wanted: DesiredCredential, current: Credential | None, environment: str | None) -> Endpoints:
    """Return the endpoints to write: those of the options, those that are there, and of a new cloud its own.

    Endpoints that somebody has set are never replaced by those of a cloud.
    """
    given = wanted.endpoints or {}
    defaults = list_default_endpoints(environment)
    if current is None or environment != current.environment:
        is_own = current is not None and not _are_of_cloud(current.endpoints, current.environment)
        missing = [name for name in ENDPOINT_MEMBERS if name not in given]
        if missing and (is_own or not defaults):
            why = (
                "it has its own endpoints, and those of another cloud do not replace them"
                if is_own
                else f"every installation of {environment} has its own endpoints"
            )
            raise ConfigError(
                f"Credential {wanted.name} with environment {environment}: {why}. Give {', '.join(missing)} in endpoints.",
                source="option endpoints",
            )
        return {**defaults, **given}
    if not current.endpoints and environment is None:
        return current.endpoints  # not shown, so neither compared nor written
    kept = {
        name: current.endpoints[name] if is_same_endpoint(given[name], current.endpoints.get(name)) else given[name]
        for name in given
    }
    return {**current.endpoints, **kept}


def _are_of_cloud(endpoints: Endpoints, environment: str | None) -> bool:
    """Return whether endpoints are those of a cloud, or are not shown."""
    defaults = list_default_endpoints(environment)
    return not endpoints or all(is_same_endpoint(value, defaults.get(name)) for name, value in endpoints.items())


def _find_changes(current: Credential, after: Credential) -> list[str]:
    changed = [field for field in _FIELDS if getattr(current, field) != getattr(after, field)]
    if not are_same_endpoints(current.endpoints, after.endpoints):
        changed.append("endpoints")
    return changed + [field for field in ("owner", "shared_with") if getattr(current, field) != getattr(after, field)]


def _list_told(credential: Credential) -> dict[str, t.Any]:
    """Return what is told of a credential field by field."""
    return {
        **{field: getattr(credential, field) for field in _FIELDS},
        "endpoints": dict(credential.endpoints),
        "owner": credential.owner.label if credential.owner else None,
    }


def _format(credential: Credential) -> dict[str, t.Any]:
    """Return a credential for diffs."""
    holders = credential.holders
    return {
        "name": credential.name,
        **_list_told(credential),
        "shared_with": None if holders is None else [holder.label for holder in holders],
        "secret_fingerprint": credential.secret_fingerprint,
    }


def _tell_secret(after: Credential, principal: str, sign: t.Literal["+", "~"]) -> Change:
    mark = after.secret_fingerprint
    sentence = f'write the secret, marked "{mark}"' if mark else "write the secret, without a mark"
    return Change(sign, "secret", principal, sentence, {"secret_fingerprint": mark})


def _tell_placeholder(principal: str) -> Change:
    """Return that the credential holds no secret yet: Commvault stores none without a text in its place."""
    sentence = "write a placeholder that is not a valid secret, until a rotation writes the first secret"
    return Change("+", "placeholder", principal, sentence)


def _tell_void(principal: str) -> Change:
    sentence = "no longer hold a secret of its application, until a rotation writes the first one"
    return Change("~", "placeholder", principal, sentence)


def _tell_sharing(before: Credential, after: Credential, principal: str) -> tuple[Change, ...]:
    had, has = before.shared_with or frozenset(), after.shared_with or frozenset()
    lost = [
        Change(
            "-",
            "right of use",
            principal,
            f"remove the right to use it from {one.label}",
            ids={"holder": one.id},
        )
        for one in sorted(had - has, key=_order_by_name)
    ]
    gained = [
        Change("+", "right of use", principal, f"give {one.label} the right to use it", ids={"holder": one.id})
        for one in sorted(has - had, key=_order_by_name)
    ]
    return (*lost, *gained)


def _order_by_name(holder: Holder) -> tuple[str, str, int]:
    """Return the place of a holder in a plan, which is the same before it is created."""
    return (holder.principal.kind, fold_case(holder.name), holder.principal.id)
