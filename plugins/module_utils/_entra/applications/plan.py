# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that make an application what the options say, and how the change is shown. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.plan import Plan, Step
from ..._core.set_changes import find_set_changes
from .canonical import CanonicalApplication, Wire, build_application_patch, canonical_application
from .desired import APP_ID_TEXT
from .roles_and_scopes import ROLE, SCOPE, disable_before_change, enable_new_entitlements, find_removed_entitlements

#: Ids that exist only after a write, or that say nothing to people; kept out of diffs.
_HIDDEN = ("object_id", "app_id")


@dataclass(frozen=True)
class CurrentApplication:
    """What was read: the application as Graph gave it, and what belongs to it but is read apart.

    ``owners``: the present owners, None when they are not managed. ``deleted``: it is in the deleted items, and
    ``deleted_service_principal`` with it. ``assigned``: who holds the app roles that would be removed, by role id.
    """

    wire: t.Mapping[str, t.Any] = field(default_factory=dict)
    owners: t.Sequence[str] | None = None
    deleted: bool = False
    deleted_service_principal: str | None = None
    assigned: t.Mapping[str, t.Sequence[str]] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """True for an application that is in use or can be restored."""
        return bool(self.wire)


def find_removed_roles(situation: CurrentApplication, after: CanonicalApplication) -> list[CanonicalApplication]:
    """The app roles that the plan would remove; whoever holds them loses them."""
    return find_removed_entitlements(canonical_application(situation.wire)["app_roles"], after["app_roles"])


def plan_application(
    situation: CurrentApplication,
    after: CanonicalApplication,
    owners: t.Sequence[str] | None,
    exclusive: bool,
    names: t.Mapping[str, str],
) -> Plan:
    """Restore, create or change the application, then its owners.

    *owners*: as wanted, None when not managed. *names*: what ids of APIs and permissions are called.
    """
    before = canonical_application(situation.wire)
    steps = [*_plan_restore(situation), *_plan_writes(situation, before, after)]
    change = find_set_changes(owners, situation.owners or (), exclusive)
    if owners is not None and (change.add or change.remove or not situation.exists):
        steps += _plan_owners(change.add, change.remove, only_these=not situation.exists and exclusive)
    shown_before = format_application(before, names) if situation.exists else {}
    shown_after = format_application(after, names)
    if owners is not None:
        shown_after["owners"] = change.after
        if situation.exists:
            shown_before["owners"] = sorted(situation.owners or ())
    if situation.deleted:
        shown_before["state"], shown_after["state"] = "deleted", "present"
    for role, entry in zip(shown_before.get("app_roles", ()), before["app_roles"], strict=False):
        if situation.assigned.get(entry["id"]):
            role["assigned_to"] = sorted(situation.assigned[entry["id"]])
    return Plan(shown_before, shown_after, tuple(steps))


def plan_application_removal(situation: CurrentApplication) -> Plan:
    """Delete what is there; it can be restored for 30 days."""
    if not situation.exists:
        return Plan({}, {})
    step = Step("delete", f"application {situation.wire.get('displayName')}")
    return Plan(format_application(canonical_application(situation.wire), {}), {}, (step,))


def format_application(form: CanonicalApplication, names: t.Mapping[str, str]) -> CanonicalApplication:
    """The form for diffs: names in place of ids wherever they are known."""
    found = {name: value for name, value in form.items() if name not in _HIDDEN}
    for option in ("app_roles", "api_scopes"):
        found[option] = [{name: value for name, value in entry.items() if name != "id"} for entry in form[option]]
    found["api_permissions"] = name_permissions(form["api_permissions"], names)
    return found


def name_permissions(
    entries: t.Sequence[CanonicalApplication], names: t.Mapping[str, str]
) -> list[CanonicalApplication]:
    """API permissions with names in place of ids wherever they are known, sorted."""
    listed = [
        {
            "api": names.get(entry["api"], entry["api"]),
            "application": sorted(names.get(item, item) for item in entry["application"]),
            "delegated": sorted(names.get(item, item) for item in entry["delegated"]),
        }
        for entry in entries
    ]
    return sorted(listed, key=lambda entry: str(entry["api"]))


def _plan_restore(situation: CurrentApplication) -> list[Step]:
    if not situation.deleted:
        return []
    name = situation.wire.get("displayName")
    steps = [Step("restore", f"restore application {name}")]
    if situation.deleted_service_principal:
        data = {"object_id": situation.deleted_service_principal}
        steps.append(Step("restore_service_principal", f"restore service principal of {name}", data))
    return steps


def _plan_writes(
    situation: CurrentApplication, before: CanonicalApplication, after: CanonicalApplication
) -> list[Step]:
    name = f"application {after['display_name']}"
    disabled = {kind: disable_before_change(before[kind.option], after[kind.option]) for kind in (ROLE, SCOPE)}
    born = {kind.option: enable_new_entitlements(before[kind.option], after[kind.option]) for kind in (ROLE, SCOPE)}
    affected = {kind: entries for kind, entries in disabled.items() if entries is not None}
    start = {**before, **{kind.option: entries for kind, entries in affected.items()}}
    steps: list[Step] = []
    if affected:
        subject = f"{name}: disable {' and '.join(f'{kind.noun}s' for kind in affected)} before they change"
        steps.append(Step("disable", subject, {"body": build_application_patch(before, start, situation.wire)}))
    target = {**after, **born}
    body = build_application_patch(start, target, situation.wire)
    if not situation.exists:
        steps += _plan_creation(name, body)
    elif body:
        steps.append(Step("update", f"{name}: {', '.join(sorted(body))}", {"body": body}))
    finish = build_application_patch(target, after, situation.wire)
    if finish:
        steps.append(Step("update", f"{name}: disable what is new", {"body": finish}))
    return steps


def _plan_creation(name: str, body: Wire) -> list[Step]:
    """Everything at once, except what contains the application id, which is not known before."""
    first = {field_name: value for field_name, value in body.items() if value not in (None, [])}
    later: Wire = {}
    if any(APP_ID_TEXT in uri for uri in first.get("identifierUris", ())):
        later["identifierUris"] = first.pop("identifierUris")
    if any(not role["id"] for role in first.get("appRoles", ())):
        later["appRoles"] = first.pop("appRoles")
    if any(not scope["id"] for scope in first.get("api", {}).get("oauth2PermissionScopes", ())):
        later["api"] = first.pop("api")
    steps = [Step("create", f"create {name}", {"body": first})]
    if later:
        steps.append(Step("update", f"{name}: {', '.join(sorted(later))}", {"body": later}))
    return steps


def _plan_owners(add: list[str], remove: list[str], *, only_these: bool) -> list[Step]:
    """``only_these``: Entra ID makes the creator an owner, which the plan cannot know; it goes when owners are exclusive."""
    if not (add or remove or only_these):
        return []
    subject = f"owners: {len(add)} added, {len(remove)} removed"
    return [Step("owners", subject, {"add": add, "remove": remove, "only_these": only_these})]
