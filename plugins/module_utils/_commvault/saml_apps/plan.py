# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that bring a SAML app into its desired form. Pure.

An app is created by one request and completed by a second one, because creation does not take everything; sending people to the identity
provider at once is a third one: the last that is switched on, the first that is switched off.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step, add_ids
from ..app_associations import Association, AssociationChanges, describe_association_changes, describe_associations
from .canonical import LISTS, SamlSettings, make_created_settings
from .certificates import CertificateMark

KIND = "SAML app"
DEFAULT_GROUPS = "default_user_groups"
_KINDS = (*LISTS, DEFAULT_GROUPS)
_WORDS = {
    "entity_id": "identity provider",
    "sign_on_url": "sign-on URL",
    "sign_out_url": "sign-out URL",
    "service_provider_endpoint": "service provider endpoint",
    "service_provider_aliases": "alias of the service provider",
    "name_id": "NameID",
    "auto_create_users": "automatic creation of users",
}
Form = dict[str, t.Any]


def format_saml_app(name: str, settings: SamlSettings, associations: t.Iterable[Association]) -> Form:
    """Return the app for diffs and results."""
    shown = dataclasses.asdict(settings)
    mark = settings.certificate
    del shown["certificate"]
    listed = describe_associations(associations, _KINDS)
    return {
        "name": name,
        **shown,
        "certificate_fingerprint": mark.fingerprint if mark else None,
        "certificate_expires": mark.expires if mark else None,
        "service_provider_aliases": list(settings.service_provider_aliases),
        "attribute_mappings": _group_mappings(settings),
        "default_user_groups": listed.pop(DEFAULT_GROUPS),
        "associations": {kind: listed[kind] for kind in LISTS},
    }


def plan_saml_app(
    name: str,
    current: SamlSettings | None,
    after: SamlSettings,
    associations: AssociationChanges,
    had: t.Sequence[Association],
    *,
    written: CertificateMark | None,
    key: str | None = None,
    principal: str = "",
    is_pending: bool = False,
) -> Plan:
    """Return the plan. *written*: the mark of the certificate that is written, None where none is; *key*: of the app that exists;
    *principal*: its name for people, by default *name*; *is_pending*: the provider's addresses and certificate are told as those of the
    application that the same run prepares, in the same words whether they are known or not.
    """
    who = principal or name
    provider = _describe_pending(who) if is_pending and written is not None else _describe_certificate(who, written)
    told = [*provider, *describe_association_changes(who, associations)]
    shown_after = format_saml_app(name, after, associations.after)
    redirect = _plan_redirect(name, who, current, after)
    if current is None:
        return Plan({}, shown_after, (*_plan_creation(name, who, _hide_provider(after, is_pending), told), *redirect))
    shown_before = format_saml_app(name, current, had)
    had_fields, fields = (_list_fields(_hide_provider(settings, is_pending)) for settings in (current, after))
    told = [*describe_object_changes(who, had_fields, fields, _WORDS), *told]
    if written is not None:  # the mark may stay the same
        shown_before["certificate_written"], shown_after["certificate_written"] = False, True
    update = [Step("update", f"{KIND} {name}", {}, tuple(told))] if told else []
    is_off = bool(redirect) and not after.auto_redirect
    steps = [*redirect, *update] if is_off else [*update, *redirect]
    return Plan(shown_before, shown_after, add_ids(steps, principal=key))


def plan_saml_app_removal(
    name: str, current: SamlSettings | None, had: t.Sequence[Association], key: str | None, principal: str
) -> Plan:
    """Return the plan that deletes the app; without steps when there is none."""
    if current is None:
        return Plan({}, {})
    gone = Change("-", KIND, principal, f"delete the {KIND}: nobody signs in through it any more")
    steps = add_ids([Step("delete", f"{KIND} {name}", {}, (gone,))], principal=key)
    return Plan(format_saml_app(name, current, had), {}, steps)


def is_console_changed(current: SamlSettings | None, after: SamlSettings) -> bool:
    """Return whether an app gets another address of the web console; until that is written, Commvault shows the reply URLs of the former one."""
    return current is not None and current.service_provider_endpoint != after.service_provider_endpoint


def find_narrowed_fields(planned: Plan) -> set[str]:
    """Return the fields whose change keeps somebody out, or takes rights that come with signing in, so that it has to be seen."""
    before, after = planned.before, planned.after
    if not after:
        return {"state"}
    if not before:
        return set()
    found = {
        name for name in ("entity_id", "sign_on_url", "attribute_mappings", "name_id") if before[name] != after[name]
    }
    found |= {name for name in ("enabled", "auto_create_users", "auto_redirect") if before[name] and not after[name]}
    lists = {**before["associations"], "": before["default_user_groups"]}
    remain = {**after["associations"], "": after["default_user_groups"]}
    if any(set(names) - set(remain[kind]) for kind, names in lists.items()):
        found.add("associations")
    return found


def _plan_creation(name: str, principal: str, after: SamlSettings, told: t.Sequence[Change]) -> list[Step]:
    """Return the creation, and the update with what creation does not take, where there is anything."""
    created, fields = make_created_settings(after), _list_fields(after)
    defaults = [item for item in told if item.facts.get("kind") == DEFAULT_GROUPS]
    first = describe_creation(KIND, principal, _list_fields(created), _WORDS)
    later = [*describe_object_changes(principal, _list_fields(created), fields, _WORDS), *defaults]
    steps = [Step("create", f"{KIND} {name}", {}, (*first, *(item for item in told if item not in defaults)))]
    return (
        [*steps, Step("update", f"{KIND} {name}: set what cannot be set at creation", {}, tuple(later))]
        if later
        else steps
    )


def _plan_redirect(name: str, principal: str, current: SamlSettings | None, after: SamlSettings) -> list[Step]:
    had = current.auto_redirect if current is not None else False
    if after.auto_redirect is None or after.auto_redirect == bool(had):
        return []
    sentence = (
        "send everybody who opens the web console directly to the identity provider"
        if after.auto_redirect
        else "no longer send everybody who opens the web console directly to the identity provider"
    )
    change = Change("~", "setting", principal, sentence, {"field": "auto_redirect", "value": after.auto_redirect})
    return [Step("redirect", f"auto-redirect of {KIND} {name}", {}, (change,))]


def _list_fields(settings: SamlSettings) -> Form:
    """Return the settings that are told one by one; certificate and auto-redirect have words of their own."""
    found = dataclasses.asdict(settings)
    for name in ("certificate", "auto_redirect"):
        del found[name]
    return {
        **found,
        "service_provider_aliases": list(settings.service_provider_aliases),
        "attribute_mappings": _group_mappings(settings),
    }


def _group_mappings(settings: SamlSettings) -> dict[str, str]:
    """Return the SAML attributes by attribute; of several, which the service should not show, all of them."""
    found: dict[str, str] = {}
    for name, claim in settings.attribute_mappings:
        found[name] = f"{found[name]}, {claim}" if name in found else claim
    return found


def _hide_provider(settings: SamlSettings, is_pending: bool) -> SamlSettings:
    return dataclasses.replace(settings, entity_id="", sign_on_url="", sign_out_url="") if is_pending else settings


def _describe_pending(principal: str) -> list[Change]:
    sentence = "send people to the Entra ID application that this run prepares, and trust only what its active certificate signs"
    return [Change("~", "signing certificate", principal, sentence)]


def _describe_certificate(principal: str, written: CertificateMark | None) -> list[Change]:
    if written is None:
        return []
    sentence = f"trust only what the certificate {written.fingerprint} signs, which is valid until {written.expires}"
    return [Change("~", "signing certificate", principal, sentence, {"fingerprint": written.fingerprint})]
