# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that make an application what the options ask for, and the forms for diffs. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.plan import Change, Plan, Step, add_ids
from ..owners import plan_owners
from .canonical import (
    CanonicalApplication,
    Wire,
    build_application_patch,
    canonical_application,
    name_permissions,
)
from .changes import KIND, describe_completion, describe_creation_part, describe_disabling, describe_update
from .desired import APP_ID_TEXT
from .interrupted_change import disable_entitlements, enable_entitlements
from .roles_and_scopes import ROLE, SCOPE, enable_new_entitlements, find_disabled_first, find_removed_entitlements

#: Ids that exist only after a write, or that say nothing to people; kept out of diffs.
_HIDDEN = ("object_id", "app_id")


@dataclass(frozen=True)
class CurrentApplication:
    """The application as Graph gave it, and what belongs to it but is read apart.

    ``wire`` is empty for an application that does not exist. ``owners``: object ids, None where they are not managed.
    ``deleted``: it is among the deleted items; ``deleted_service_principal``: the object id of its service principal there. ``assigned``: names of those
    who hold the app roles that would be removed, by role id.
    """

    wire: t.Mapping[str, t.Any] = field(default_factory=dict)
    owners: t.Sequence[str] | None = None
    deleted: bool = False
    deleted_service_principal: str | None = None
    assigned: t.Mapping[str, t.Sequence[str]] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether the application is in use or can be restored."""
        return bool(self.wire)


def find_removed_roles(current: CurrentApplication, after: CanonicalApplication) -> list[CanonicalApplication]:
    """Return the app roles that the plan would remove; whoever holds them loses them."""
    return find_removed_entitlements(canonical_application(current.wire)["app_roles"], after["app_roles"])


def plan_application(
    current: CurrentApplication,
    after: CanonicalApplication,
    owners: t.Sequence[str] | None,
    exclusive: bool,
    names: t.Mapping[str, str],
    object_names: t.Mapping[str, str] | None = None,
) -> Plan:
    """Return the steps: restore, create or change the application, then its owners.

    *owners*: the desired object ids, None where they are not managed. *names*: of APIs and permissions, by id; *object_names*:
    of directory objects by object id.
    """
    before = canonical_application(current.wire)
    steps = [*_plan_restore(current), *_plan_writes(current, before, after, names)]
    shown_before = format_application(before, names) if current.exists else {}
    shown_after = format_application(after, names)
    if owners is not None:
        owner_steps, shown_after["owners"] = plan_owners(
            owners,
            current.owners or (),
            exclusive=exclusive,
            is_new=not current.exists,
            principal=str(before["display_name"] or after["display_name"]),
            names=object_names,
        )
        steps += owner_steps
        if current.exists:
            shown_before["owners"] = sorted(current.owners or ())
    if current.deleted:
        shown_before["state"], shown_after["state"] = "deleted", "present"
    elif current.deleted_service_principal:
        shown_before["service_principal"], shown_after["service_principal"] = "deleted", "present"
    for role, entry in zip(shown_before.get("app_roles", ()), before["app_roles"], strict=False):
        if current.assigned.get(entry["id"]):
            role["assigned_to"] = sorted(current.assigned[entry["id"]])
    return Plan(shown_before, shown_after, add_ids(steps, principal=before["app_id"]))


def is_deactivated(planned: Plan) -> bool:
    """Return whether the plan takes new tokens from an application, also from one that it creates."""
    return bool(planned.before.get("enabled", True)) and planned.after.get("enabled") is False


def plan_application_removal(current: CurrentApplication) -> Plan:
    """Return the step that deletes the application, none when it does not exist; it can be restored for 30 days."""
    if not current.exists:
        return Plan({}, {})
    name = str(current.wire.get("displayName"))
    gone = Change("-", KIND, name, "delete the application", {"app_id": current.wire.get("appId")})
    step = Step("delete", f"application {name}", {}, (gone,))
    return Plan(format_application(canonical_application(current.wire), {}), {}, (step,))


def format_application(application: CanonicalApplication, names: t.Mapping[str, str]) -> CanonicalApplication:
    """Return the application for diffs: without ids, with *names* in place of ids wherever they are known."""
    found = {name: value for name, value in application.items() if name not in _HIDDEN}
    for option in ("app_roles", "api_scopes"):
        found[option] = [
            {name: value for name, value in entry.items() if name != "id"} for entry in application[option]
        ]
    found["api_permissions"] = name_permissions(application["api_permissions"], names)
    return found


def _plan_restore(current: CurrentApplication) -> list[Step]:
    name = str(current.wire.get("displayName"))
    told = Change("+", KIND, name, "restore the deleted application", {"app_id": current.wire.get("appId")})
    steps = [Step("restore", f"restore application {name}", {}, (told,))] if current.deleted else []
    if current.deleted_service_principal:
        data = {"object_id": current.deleted_service_principal}
        told = Change("+", "service principal", name, "restore the deleted service principal")
        steps.append(Step("restore_service_principal", f"restore service principal of {name}", data, (told,)))
    return steps


def _plan_writes(
    current: CurrentApplication,
    before: CanonicalApplication,
    after: CanonicalApplication,
    names: t.Mapping[str, str],
) -> list[Step]:
    name = f"application {after['display_name']}"
    first = {kind: find_disabled_first(before[kind.option], after[kind.option]) for kind in (ROLE, SCOPE)}
    # An app role and a scope with one id are enabled and disabled together.
    ids = first[ROLE] | first[SCOPE]
    start = disable_entitlements(before, ids) if ids else before
    steps = [_plan_disabling(name, before, start, current.wire)] if ids else []
    target = _enable_new(before, after)
    body = build_application_patch(start, target, current.wire)
    if not current.exists:
        steps += _plan_creation(name, body, target, names)
    elif body:
        told = describe_update(before, target, names)
        steps.append(Step("update", f"{name}: {', '.join(sorted(body))}", {"body": body}, told))
    finish = build_application_patch(target, after, current.wire)
    if finish:
        told = describe_update(target, after, names)
        steps.append(Step("update", f"{name}: disable what is new", {"body": finish}, told))
    return steps


def _plan_disabling(
    name: str, before: CanonicalApplication, start: CanonicalApplication, wire: t.Mapping[str, t.Any]
) -> Step:
    """Return the step that disables what is enabled in *before* and not in *start*."""
    disabled = [
        (kind.noun, str(entry["value"] or entry["id"]))
        for kind in (ROLE, SCOPE)
        for entry, then in zip(before[kind.option], start[kind.option], strict=True)
        if entry["enabled"] and not then["enabled"]
    ]
    nouns = " and ".join(f"{noun}s" for noun in dict.fromkeys(noun for noun, dummy in disabled))
    data = {
        "body": build_application_patch(before, start, wire),
        "undo": build_application_patch(start, before, wire),
        "names": sorted({value for dummy, value in disabled}),
    }
    told = tuple(describe_disabling(str(before["display_name"]), noun, value) for noun, value in disabled)
    return Step("disable", f"{name}: disable {nouns} before they change", data, told)


def _enable_new(before: CanonicalApplication, after: CanonicalApplication) -> CanonicalApplication:
    """Return *after* with new roles and scopes enabled, and with them, tagged, what has the same id in the other list."""
    born = {kind.option: enable_new_entitlements(before[kind.option], after[kind.option]) for kind in (ROLE, SCOPE)}
    ids = {entry["id"] for option, entries in born.items() for entry in entries if entry not in after[option]}
    others = {
        entry["id"]
        for option, entries in born.items()
        for entry in entries
        if entry["id"] is not None and entry["id"] in ids and not entry["enabled"]
    }
    target = {**after, **born}
    return enable_entitlements(target, others) if others else target


def _plan_creation(name: str, body: Wire, target: CanonicalApplication, names: t.Mapping[str, str]) -> list[Step]:
    """Return the step that creates the application, and one more for what only an application that exists takes."""
    first = {field_name: value for field_name, value in body.items() if value not in (None, [])}
    later: Wire = {}
    if "isDisabled" in first:  # Microsoft Learn shows it for applications that exist
        later["isDisabled"] = first.pop("isDisabled")
    if any(APP_ID_TEXT in uri for uri in first.get("identifierUris", ())):
        later["identifierUris"] = first.pop("identifierUris")
    if any(not role["id"] for role in first.get("appRoles", ())):
        later["appRoles"] = first.pop("appRoles")
    if any(not scope["id"] for scope in first.get("api", {}).get("oauth2PermissionScopes", ())):
        later["api"] = first.pop("api")
        version = later["api"].get("requestedAccessTokenVersion")
        if version is not None:  # some audiences cannot be created without it
            first["api"] = {"requestedAccessTokenVersion": version}
    steps = [Step("create", f"create {name}", {"body": first}, describe_creation_part(target, names, later))]
    if later:
        told = describe_completion(target, names, later)
        steps.append(Step("update", f"{name}: {', '.join(sorted(later))}", {"body": later}, told))
    return steps
