# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The canonical form of a SAML app, from the answer of ``v4/SAML/{name}`` and its row in the list of apps. Pure.

The answer never holds the provider's certificate; the mark in the description says which one the app holds.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from ..._core.errors import BadAnswer
from ..._core.names import fold_case
from ..._core.values import get_object, get_objects, get_texts
from ..app_associations import Association
from ..console_urls import canonicalize_console_url
from ..identity_providers.app_rows import clean_description, parse_flag
from ..references import parse_id
from ..secret_marks import CERTIFICATE, join_mark, split_mark
from .certificates import CertificateMark, format_mark, parse_mark

Wire = dict[str, t.Any]

#: Attributes of a user that a SAML attribute can fill, by the names of option ``attribute_mappings`` (OAS, customAttribute).
ATTRIBUTES = {name: name.upper() for name in ("company_name", "email", "sid", "user_groups", "user_guid", "user_name")}
#: What the NameID of an assertion holds, by option ``name_id``. The words on the wire are those of the Command Center (not documented).
NAME_IDS = {"email": "Email", "user_principal_name": "User Principal Name"}
#: The lists of option ``associations``, by their name on the wire; ``users`` is shown by later releases and managed by nobody.
LISTS = {
    "email_suffixes": "emailSuffixes",
    "companies": "companies",
    "user_groups": "userGroups",
    "domains": "domains",
    "users": "users",
}
#: The bit of ``flags`` that sends whoever opens the console to the provider at once (SDK, set_auto_redirect_to_idp).
REDIRECT_FLAG = 1


@dataclass(frozen=True)
class SamlSettings:
    """What an app is set to. None: the service does not show it. ``attribute_mappings``: sorted pairs of an attribute and a SAML attribute.

    ``name_id``: a key of NAME_IDS, or the word that the service shows. ``certificate``: what the mark says, None without one.
    """

    enabled: bool | None = True
    description: str = ""
    entity_id: str = ""
    sign_on_url: str = ""
    sign_out_url: str = ""
    certificate: CertificateMark | None = None
    service_provider_endpoint: str = ""
    service_provider_aliases: tuple[str, ...] = ()
    name_id: str | None = None
    attribute_mappings: tuple[tuple[str, str], ...] = ()
    auto_create_users: bool | None = None
    auto_redirect: bool | None = None


@dataclass(frozen=True)
class SamlAppState:
    """An app as Commvault shows it. ``reply_url`` and ``sign_out_reply_url``: where Entra ID sends people back to, None where not shown.

    ``flags``: of its row in the list of apps, None where it is not listed. ``associations``: default user groups among them.
    ``shows_users``: whether users would be among the associations; releases before SAML_USERS do not show them.
    """

    key: str
    name: str
    settings: SamlSettings
    associations: tuple[Association, ...]
    reply_url: str | None
    sign_out_reply_url: str | None
    flags: int | None
    shows_users: bool = True


def parse_saml_state(body: t.Mapping[str, t.Any], row: t.Mapping[str, t.Any] | None) -> SamlAppState:
    """Return the app of an answer and its row in the list of apps, None where it is not listed. Raises BadAnswer for one without a key."""
    key = body.get("appKey") or (row or {}).get("appKey")
    if not key or not isinstance(key, str):
        raise BadAnswer("Commvault shows a SAML app without its key.", member="appKey")
    marked = split_mark(body.get("description"), CERTIFICATE)
    provider, service = get_object(body, "identityProviderMetaData"), get_object(body, "serviceProviderMetaData")
    flags = None if row is None or row.get("flags") is None else parse_id(row.get("flags"))
    settings = SamlSettings(
        enabled=None if body.get("enabled") is None else parse_flag(body["enabled"], True),
        description=clean_description(marked.text),
        entity_id=_get_text(provider, "entityId"),
        sign_on_url=_get_text(provider, "redirectUrl"),
        sign_out_url=_get_text(provider, "logoutUrl"),
        certificate=parse_mark(marked.fingerprint),
        service_provider_endpoint=canonicalize_console_url(_get_text(service, "entityId")),
        service_provider_aliases=tuple(
            sorted({canonicalize_console_url(url) for url in get_texts(service, "spAliases")})
        ),
        name_id=parse_name_id(body.get("nameIDAttribute")),
        attribute_mappings=_parse_mappings(body),
        auto_create_users=None if body.get("autoCreateUser") is None else parse_flag(body["autoCreateUser"], False),
        auto_redirect=None if flags is None else bool(flags & REDIRECT_FLAG),
    )
    return SamlAppState(
        key,
        str(body.get("name") or ""),
        settings,
        tuple(_parse_associations(body)),
        _get_text(service, "singleSignOnUrl") or None,
        _get_text(service, "singleLogoutUrl") or None,
        flags,
        LISTS["users"] in get_object(body, "associations"),
    )


def parse_name_id(shown: t.Any) -> str | None:
    """Return the choice of option ``name_id`` that a word of the service stands for, the word itself where it is none, None for none."""
    if not shown:
        return None
    packed = fold_case(str(shown)).replace(" ", "").replace("_", "")
    return next((name for name in NAME_IDS if name.replace("_", "") == packed), str(shown))


def make_association(kind: str, name: str, number: int | None, company_id: int = 0) -> Association:
    """Return an association to add. *company_id*: of the company whose users get a default user group, 0 for the CommCell."""
    if kind == "email_suffixes":
        return Association(kind, name, None, {})
    known = {"name": name} if number is None else {"id": number, "name": name}
    if kind == "default_user_groups":
        return Association(kind, name, number, {"companyInfo": {"id": company_id}, "userGroupInfo": known})
    return Association(kind, name, number, known)


def build_create_body(
    name: str, settings: SamlSettings, certificate: str, associations: t.Iterable[Association]
) -> Wire:
    """Return the body that creates an app with what creation takes. *certificate*: base64 of DER."""
    return {
        "name": name,
        "description": _join_description(settings),
        "identityProviderMetaData": _build_provider(settings, certificate),
        "serviceProviderMetaData": _build_service(settings),
        "associations": _build_associations(associations),
    }


def build_update_body(
    before: SamlSettings,
    after: SamlSettings,
    certificate: str | None,
    had: t.Sequence[Association],
    has: t.Sequence[Association],
) -> Wire:
    """Return the body that makes an app of *before* one of *after*, empty where nothing changes. Only blocks that change are in it.

    Lists are sent whole, since a list takes the place of the old one. *certificate*: base64 of DER, None where it is not written; the
    block of the provider cannot be sent without one.
    """
    body: Wire = {}
    if certificate is not None:
        body["identityProviderMetaData"] = _build_provider(after, certificate)
    if _join_description(before) != _join_description(after):
        body["description"] = _join_description(after)
    if _get_service(before) != _get_service(after):
        body["serviceProviderMetaData"] = _build_service(after)
    plain = {"enabled": "enabled", "autoCreateUser": "auto_create_users"}
    body.update(
        {wire: getattr(after, name) for wire, name in plain.items() if getattr(before, name) != getattr(after, name)}
    )
    if before.name_id != after.name_id:
        body["nameIDAttribute"] = NAME_IDS.get(str(after.name_id), after.name_id)
    if before.attribute_mappings != after.attribute_mappings:
        body["attributeMappings"] = [
            {"customAttribute": ATTRIBUTES.get(name, name), "SAMLAttribute": claim}
            for name, claim in after.attribute_mappings
        ]
    old, new = _build_associations(had), _build_associations(has)
    if old != new:
        body["associations"] = new
    groups = [[dict(item.wire) for item in listed if item.kind == "default_user_groups"] for listed in (had, has)]
    if groups[0] != groups[1]:
        body["userGroups"] = groups[1]
    return {"type": "SAML", **body} if body else {}


def make_created_settings(settings: SamlSettings) -> SamlSettings:
    """Return what an app that was created with *settings* is set to before its first update: creation takes not all of them."""
    return dataclasses.replace(
        settings, enabled=True, name_id=None, attribute_mappings=(), auto_create_users=False, auto_redirect=False
    )


def is_created_part(association: Association) -> bool:
    """Return whether an association is part of creation; default user groups are not."""
    return association.kind != "default_user_groups"


def _get_text(holder: t.Any, name: str) -> str:
    value = holder.get(name)
    return "" if value is None else str(value)


def _get_service(settings: SamlSettings) -> tuple[t.Any, ...]:
    return settings.service_provider_endpoint, settings.service_provider_aliases


def _join_description(settings: SamlSettings) -> str:
    mark = None if settings.certificate is None else format_mark(settings.certificate)
    return join_mark(settings.description, mark, CERTIFICATE)


def _build_provider(settings: SamlSettings, certificate: str) -> Wire:
    """Return the block of the provider, all five members of which are required (OAS)."""
    return {
        "entityId": settings.entity_id,
        "redirectUrl": settings.sign_on_url,
        "logoutUrl": settings.sign_out_url,
        "certificateData": certificate,
        "SAMLProtocolVersion": "urn:oasis:names:tc:SAML:2.0:metadata",
    }


def _build_service(settings: SamlSettings) -> Wire:
    return {
        "serviceProviderEndpoint": settings.service_provider_endpoint,
        "autoGenerateSPMetaData": True,
        "spAliases": list(settings.service_provider_aliases),
    }


def _build_associations(associations: t.Iterable[Association]) -> Wire:
    """Return the block of associations; entries that the service showed go back as they were."""
    listed = [item for item in associations if is_created_part(item)]
    return {
        wire: [
            item.name if kind == "email_suffixes" or not item.wire else dict(item.wire)
            for item in listed
            if item.kind == kind
        ]
        for kind, wire in LISTS.items()
        if kind != "users" or any(item.kind == kind for item in listed)
    }


def _parse_mappings(body: t.Mapping[str, t.Any]) -> tuple[tuple[str, str], ...]:
    known = {wire: name for name, wire in ATTRIBUTES.items()}
    rows = [
        (str(row.get("customAttribute") or ""), str(row.get("SAMLAttribute") or ""))
        for row in get_objects(body, "attributeMappings")
    ]
    return tuple(sorted({(known.get(name.upper(), name), claim) for name, claim in rows}))


def _parse_associations(body: t.Mapping[str, t.Any]) -> t.Iterator[Association]:
    """Yield the associations; an entry is an object with an id and a name, or a text."""
    shown = get_object(body, "associations")
    for kind, wire in LISTS.items():
        entries = shown.get(wire)
        for entry in entries if isinstance(entries, list) else ():
            yield _parse_entry(kind, entry)
    for row in get_objects(body, "userGroups"):
        inner = row.get("userGroupInfo")
        found = _parse_entry("default_user_groups", inner if isinstance(inner, dict) else row)
        yield dataclasses.replace(found, wire=dict(row))


def _parse_entry(kind: str, entry: t.Any) -> Association:
    if not isinstance(entry, dict):
        return Association(kind, str(entry), None, {})
    number, name = parse_id(entry.get("id")) or None, str(entry.get("name") or "")
    return Association(kind, name or str(number), number, dict(entry))
