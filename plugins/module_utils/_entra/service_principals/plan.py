# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A service principal in canonical form, and the steps to what it shall be. Pure."""

from __future__ import annotations

import typing as t

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step
from ..._core.set_changes import find_set_changes
from ..._core.values import get_object, get_texts
from ..applications.canonical import keep_order
from ..owners import plan_owners
from ..signing_certificates.task import PlannedPart

CanonicalServicePrincipal = dict[str, t.Any]
Wire = dict[str, t.Any]

TEXTS = {
    "description": "description",
    "notes": "notes",
    "sign_on_mode": "preferredSingleSignOnMode",
    "login_url": "loginUrl",
}
#: Texts that are members of an object.
NESTED_TEXTS = {"relay_state": ("samlSingleSignOnSettings", "relayState")}
FLAGS = {"assignment_required": "appRoleAssignmentRequired", "enabled": "accountEnabled"}
SETS = {"reply_urls": "replyUrls", "notification_emails": "notificationEmailAddresses", "tags": "tags"}
#: What one read of a service principal has to bring.
SELECT = ",".join(
    [
        "id,appId,displayName,servicePrincipalType,preferredTokenSigningKeyThumbprint",
        *TEXTS.values(),
        *[holder for holder, _name in NESTED_TEXTS.values()],
        *FLAGS.values(),
        *SETS.values(),
    ]
)
#: The choice of sign_on_mode that stands for none.
NO_MODE = "none"
#: What people call one value of a set.
_WORDS = {
    "reply_urls": "reply URL",
    "notification_emails": "notification address",
    "sign_on_mode": "sign-on mode",
    "login_url": "sign-on URL",
    "relay_state": "relay state",
}
_DEFAULTS = {"accountEnabled": True, "appRoleAssignmentRequired": False}


def canonical_service_principal(wire: t.Mapping[str, t.Any]) -> CanonicalServicePrincipal:
    """Return a service principal of Graph, or an empty object, under the names of our options.

    Sets are sorted, empty text is None; ``sign_on_mode`` is "none" where it is not set. Raises BadAnswer for members of another type.
    """
    found: CanonicalServicePrincipal = {name: wire.get(graph_name) or None for name, graph_name in TEXTS.items()}
    found["sign_on_mode"] = found["sign_on_mode"] or NO_MODE
    for name, (holder, member) in NESTED_TEXTS.items():
        found[name] = get_object(wire, holder).get(member) or None
    found.update({name: bool(wire.get(field, _DEFAULTS[field])) for name, field in FLAGS.items()})
    found.update({name: sorted(get_texts(wire, graph_name)) for name, graph_name in SETS.items()})
    return found


def desired_service_principal(
    options: t.Mapping[str, t.Any],
    current: CanonicalServicePrincipal,
    inherited: t.Mapping[str, t.Sequence[str]],
    exclusive: bool,
) -> CanonicalServicePrincipal:
    """Return *current* with everything that the options name; what they do not name stays as it is.

    *inherited*: by option, values that come from the application; they cannot be removed here.
    """
    found: CanonicalServicePrincipal = {}
    for name in (*TEXTS, *NESTED_TEXTS):
        found[name] = current[name] if options.get(name) is None else options[name] or None
    found["sign_on_mode"] = found["sign_on_mode"] or NO_MODE
    for name in FLAGS:
        found[name] = current[name] if options.get(name) is None else options[name]
    for name in SETS:
        change = find_set_changes(options.get(name), current[name], exclusive)
        found[name] = sorted({*change.after, *set(inherited.get(name, ())).intersection(current[name])})
    return found


def plan_service_principal(
    wire: Wire,
    desired: CanonicalServicePrincipal,
    had_owners: t.Sequence[str],
    owners: t.Sequence[str] | None,
    exclusive: bool,
    name: str,
    names: t.Mapping[str, str] | None = None,
    signing: PlannedPart | None = None,
) -> Plan:
    """Return the steps: create (from an empty *wire*) or change the service principal, then its signing certificates, then its owners.

    *had_owners* and *owners*: present and desired object ids; *owners* None is not managed. *name*: what people call it;
    *names*: of directory objects by object id. *signing*: the part about token signing certificates, None where they are not managed.
    """
    before = canonical_service_principal(wire)
    steps: list[Step] = []
    body = _build_patch(before, desired, wire)
    if not wire:
        steps.append(
            Step(
                "create",
                "create service principal",
                {"body": body},
                describe_creation("service principal", name, desired, _WORDS),
            )
        )
    elif body:
        subject = f"service principal {wire.get('displayName')}: {', '.join(sorted(body))}"
        steps.append(Step("update", subject, {"body": body}, describe_object_changes(name, before, desired, _WORDS)))
    shown_before, shown_after = (dict(before) if wire else {}), dict(desired)
    if signing is not None:
        steps += signing.steps
        shown_after["signing_certificates"] = signing.after
        if wire:
            shown_before["signing_certificates"] = signing.before
    if owners is not None:
        owner_steps, shown_after["owners"] = plan_owners(
            owners, had_owners, exclusive=exclusive, is_new=not wire, principal=name, names=names
        )
        steps += owner_steps
        if wire:
            shown_before["owners"] = sorted(had_owners)
    return Plan(shown_before, shown_after, tuple(steps))


def plan_service_principal_removal(wire: Wire) -> Plan:
    """Return the step that deletes the service principal, none when *wire* is empty."""
    if not wire:
        return Plan({}, {})
    name = str(wire.get("displayName"))
    gone = Change("-", "service principal", name, "delete the service principal", {"object_id": wire.get("id")})
    return Plan(
        canonical_service_principal(wire), {}, (Step("delete", f"delete service principal {name}", {}, (gone,)),)
    )


def _build_patch(
    before: CanonicalServicePrincipal, desired: CanonicalServicePrincipal, wire: t.Mapping[str, t.Any]
) -> Wire:
    body: Wire = {}
    for names in (TEXTS, FLAGS):
        body.update({field: desired[name] for name, field in names.items() if desired[name] != before[name]})
    if body.get(TEXTS["sign_on_mode"]) == NO_MODE:
        body[TEXTS["sign_on_mode"]] = None
    for name, (holder, member) in NESTED_TEXTS.items():
        if desired[name] != before[name]:
            body[holder] = {member: desired[name]}
    for name, field in SETS.items():
        if desired[name] != before[name]:
            body[field] = keep_order(wire.get(field), desired[name])
    return body
