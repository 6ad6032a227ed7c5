# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Changes of an application in the words of a plan. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change
from ..permissions import KINDS, list_tier_0
from .canonical import CanonicalApplication, name_permissions
from .interrupted_change import is_own_tag

KIND = "application"
_WORDS = {
    "access_token_version": "access token version",
    "api_scopes": "API scope",
    "home_page_url": "home page URL",
    "identifier_uris": "identifier URI",
    "optional_claims.access_token": "access token claim",
    "optional_claims.id_token": "ID token claim",
    "optional_claims.saml2_token": "SAML token claim",
    "permissions": "requested permission",
    "public_client.redirect_uris": "public client redirect URI",
    "sign_in_audience": "sign-in audience",
    "spa.redirect_uris": "single-page redirect URI",
    "web.home_page_url": "home page URL",
    "web.implicit_grant.access_tokens": "implicit grant of access tokens",
    "web.implicit_grant.id_tokens": "implicit grant of ID tokens",
    "web.logout_url": "logout URL",
    "web.redirect_uris": "redirect URI",
}
#: Fields in the words of the options, by the members of the body in which they are written.
_FIELDS_OF_BODY = {
    "isDisabled": ("enabled",),
    "identifierUris": ("identifier_uris",),
    "appRoles": ("app_roles",),
    "api": ("api_scopes",),
}
#: What deactivation does (Microsoft Learn, deactivate an app registration).
DEACTIVATION = "it gets no new tokens in any tenant, and nobody can sign in to it; tokens that were issued are valid until they end"


def describe_update(
    before: CanonicalApplication, after: CanonicalApplication, names: t.Mapping[str, str]
) -> tuple[Change, ...]:
    """Return what a write changes; one that only takes the collection's own marks away says so. *names*: of APIs and permissions, by id."""
    principal = str(before["display_name"] or after["display_name"])
    told = describe_object_changes(principal, _tell_fields(before, names), _tell_fields(after, names), _WORDS)
    told = _add_tier_0(told, after, names)
    if before["enabled"] != after["enabled"]:
        told = (_describe_switch(principal, after["enabled"]), *told)
    return told or (Change("~", "setting", principal, "remove the marks of an interrupted change"),)


def describe_creation_part(
    application: CanonicalApplication, names: t.Mapping[str, str], left: t.Collection[str]
) -> tuple[Change, ...]:
    """Return what the creation of the application does; *left*: members of the body that are written afterwards."""
    fields = _tell_fields(application, names)
    later = _list_fields(left)
    fields = {name: value for name, value in fields.items() if name not in (*later, "display_name")}
    told = describe_creation(KIND, str(application["display_name"]), fields, _WORDS, verb="register")
    return _add_tier_0(told, application, names)


def list_tier_0_requests(
    before: CanonicalApplication, after: CanonicalApplication, names: t.Mapping[str, str]
) -> list[str]:
    """Return the names of the permissions of tier 0 that *after* requests and *before* does not, sorted."""
    had = {danger.text for danger in _find_tier_0(before, names)}
    return sorted({danger.name for danger in _find_tier_0(after, names) if danger.text not in had})


def describe_completion(
    application: CanonicalApplication, names: t.Mapping[str, str], written: t.Collection[str]
) -> tuple[Change, ...]:
    """Return what is written right after the creation: the members *written* of the body."""
    fields, chosen = _tell_fields(application, names), _list_fields(written)
    name = str(application["display_name"])
    told = describe_object_changes(name, {}, {field: fields[field] for field in fields if field in chosen}, _WORDS)
    return (_describe_switch(name, application["enabled"]), *told) if "enabled" in chosen else told


def describe_disabling(name: str, noun: str, value: str) -> Change:
    """Return the change that disables an app role or a scope, which the service asks for before it takes another one."""
    return Change("~", noun, name, f"disable {noun} {value} before it changes")


class _Danger(t.NamedTuple):
    """A requested permission of tier 0: its name, how it is told, and why it is one."""

    name: str
    text: str
    reason: str


def _find_tier_0(application: CanonicalApplication, names: t.Mapping[str, str]) -> t.Iterator[_Danger]:
    for entry in application["api_permissions"]:
        api = names.get(entry["api"], entry["api"])
        for kind in KINDS:
            listed = [names.get(item, item) for item in entry[kind]]
            for name, reason in list_tier_0(entry["api"], kind, listed).items():
                yield _Danger(name, _tell_permission(name, api, kind), reason)


def _add_tier_0(
    changes: tuple[Change, ...], application: CanonicalApplication, names: t.Mapping[str, str]
) -> tuple[Change, ...]:
    """Return the changes; those that request a permission of tier 0 say so."""
    reasons = {danger.text: danger.reason for danger in _find_tier_0(application, names)}
    return tuple(
        dataclasses.replace(change, sentence=f"{change.sentence}; {reasons[change.facts['value']]}")
        if change.sign == "+" and change.facts.get("field") == "permissions" and change.facts["value"] in reasons
        else change
        for change in changes
    )


def _tell_permission(name: str, api: str, kind: str) -> str:
    return f"{name} of {api} ({kind})"


def _describe_switch(name: str, enabled: bool) -> Change:
    facts = {"field": "enabled", "value": enabled}
    if enabled:
        return Change("+", KIND, name, "activate the application again: it gets tokens as before", facts)
    return Change("-", KIND, name, f"deactivate the application: {DEACTIVATION}", facts)


def _list_fields(members: t.Collection[str]) -> list[str]:
    return [field for member in members for field in _FIELDS_OF_BODY.get(member, ())]


def _tell_fields(application: CanonicalApplication, names: t.Mapping[str, str]) -> CanonicalApplication:
    """Return the fields that people are told: without ids and marks of our own, permissions one by one."""
    hidden = ("object_id", "app_id", "api_permissions", "enabled")
    found = {name: value for name, value in application.items() if name not in hidden}
    for option in ("app_roles", "api_scopes"):
        found[option] = [
            {name: value for name, value in entry.items() if name != "id"} for entry in application[option]
        ]
    found["tags"] = [tag for tag in application["tags"] if not is_own_tag(tag)]
    found["permissions"] = [
        _tell_permission(permission, entry["api"], kind)
        for entry in name_permissions(application["api_permissions"], names)
        for kind in KINDS
        for permission in entry[kind]
    ]
    return found
