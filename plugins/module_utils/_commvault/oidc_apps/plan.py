# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The step that brings an OpenID Connect app into its desired form. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step, add_ids
from ..app_associations import Association, AssociationChanges, describe_association_changes, describe_associations
from .associations import KINDS
from .canonical import OidcSettings

KIND = "OpenID Connect app"
_WORDS = {
    "application_id": "application id",
    "discovery_url": "discovery URL",
    "web_console_urls": "web console URL",
    "secret_fingerprint": "mark of the client secret",
}
Form = dict[str, t.Any]


def format_oidc_app(name: str, settings: OidcSettings, associations: t.Iterable[Association] | None) -> Form:
    """Return the app for diffs and results."""
    shown = dataclasses.asdict(settings)
    shown["web_console_urls"] = list(settings.web_console_urls)
    return {
        "name": name,
        **shown,
        "associations": None if associations is None else describe_associations(associations, KINDS),
    }


def plan_oidc_app(
    name: str,
    current: OidcSettings | None,
    after: OidcSettings,
    associations: AssociationChanges,
    had: t.Sequence[Association] | None,
    *,
    writes_secret: bool,
    key: str | None = None,
    principal: str = "",
) -> Plan:
    """Return the plan with at most one step, since an app is written as a whole.

    *had*: the present associations, None where they are not shown; they stay then. *key*: of the app that exists; *principal*: its
    name for people, by default *name*.
    """
    told = [*_describe_secret(principal or name, after, writes_secret)]
    told += describe_association_changes(principal or name, associations)
    shown_after = format_oidc_app(name, after, had if had is None else associations.after)
    if current is None:
        fields = _list_fields(after)
        created = describe_creation(KIND, principal or name, fields, _WORDS)
        step = Step("create", f"{KIND} {name}", {}, (*created, *told))
        return Plan({}, format_oidc_app(name, after, associations.after), (step,))
    shown_before = format_oidc_app(name, current, had)
    told = [*describe_object_changes(principal or name, _list_fields(current), _list_fields(after), _WORDS), *told]
    if not told:
        return Plan(shown_before, shown_after)
    if writes_secret:  # the mark may stay the same, or be missing before and after
        shown_before["secret_written"], shown_after["secret_written"] = False, True
    steps = add_ids([Step("update", f"{KIND} {name}", {}, tuple(told))], principal=key)
    return Plan(shown_before, shown_after, steps)


def plan_oidc_app_removal(
    name: str, current: OidcSettings | None, had: t.Sequence[Association] | None, key: str | None, principal: str
) -> Plan:
    """Return the plan that deletes the app; without steps when there is none."""
    if current is None:
        return Plan({}, {})
    gone = Change("-", KIND, principal, f"delete the {KIND}: nobody signs in through it any more")
    steps = add_ids([Step("delete", f"{KIND} {name}", {}, (gone,))], principal=key)
    return Plan(format_oidc_app(name, current, had), {}, steps)


def find_narrowed_fields(planned: Plan) -> set[str]:
    """Return the fields whose change keeps somebody out who could sign in before, so that it has to be seen."""
    before, after = planned.before, planned.after
    if not after:
        return {"state"}
    if not before:
        return set()
    found = {field for field in ("application_id", "discovery_url") if before[field] != after[field]}
    if before["enabled"] and not after["enabled"]:
        found.add("enabled")
    if set(before["web_console_urls"]) - set(after["web_console_urls"]):
        found.add("web_console_urls")
    was, remains = before["associations"] or {}, after["associations"] or {}
    if any(set(names) - set(remains.get(kind, ())) for kind, names in was.items()):
        found.add("associations")
    return found


def _list_fields(settings: OidcSettings) -> Form:
    """Return the settings that are told one by one; the mark is told with the secret."""
    found = dataclasses.asdict(settings)
    del found["secret_fingerprint"]
    return {**found, "web_console_urls": list(settings.web_console_urls)}


def _describe_secret(principal: str, after: OidcSettings, writes_secret: bool) -> list[Change]:
    if not writes_secret:
        return []
    known = f"known as {after.secret_fingerprint}" if after.secret_fingerprint else "without a mark"
    facts = {"fingerprint": after.secret_fingerprint}
    return [Change("~", "client secret", principal, f"write the client secret, {known}", facts)]
