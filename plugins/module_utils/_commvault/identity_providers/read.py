# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads of a CommServe's identity providers: the list, and one SAML app in full.

The list of identity servers holds SAML apps and their kind; the list of third-party apps holds OpenID Connect apps and which are
enabled. Neither is complete. A SAML app is addressed by its name; some releases find it in lower case only.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError, AuthError, BadAnswer, Forbidden, NotFound, Throttled, Unreachable
from ..._core.names import fold_case, is_same_name
from ..._core.values import AnswerObject, get_object, get_objects, get_texts
from ..client import CommvaultClient
from ..references import parse_id
from ..releases import SAML_USERS
from .app_rows import OIDC_TYPE, SAML_TYPE

AZURE_SAML_KIND = "AZURE"
#: The older list of identity servers and some releases write the kind of a SAML app as a number.
_SAML_KINDS = {"0": "UNKNOWN", "1": AZURE_SAML_KIND, "2": "ADFS", "3": "OKTA"}


@dataclass(frozen=True)
class IdentityServer:
    """One identity provider of the lists: ``kind`` is ``saml`` or ``oidc``; ``enabled`` is None where no list shows it."""

    name: str
    kind: str
    saml_kind: str | None = None
    company: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True)
class SamlApp:
    """A SAML app. ``attributes``: SAML attributes by Commvault's (``USER_GROUPS`` and others). ``company``: the one it is made for.

    ``default_groups``: ids of the user groups that users whom the app creates join. ``associated``: whether companies, domains, groups or
    users are; None where none is shown, and users would not be, as before SAML_USERS.
    ``enabled`` and ``name_id`` are None, ``provider_id`` and ``service_id`` empty, where the service does not show them.
    """

    name: str
    enabled: bool | None = True
    company: str | None = None
    auto_create: bool = False
    name_id: str | None = None
    attributes: t.Mapping[str, str] | None = None
    provider_id: str = ""
    service_id: str = ""
    email_suffixes: tuple[str, ...] = ()
    associated: bool | None = False
    description: str = ""
    default_groups: frozenset[int] = frozenset()

    @property
    def groups_claim(self) -> str | None:
        """The claim from which group memberships are taken; None where no claim is mapped to USER_GROUPS."""
        return (self.attributes or {}).get("USER_GROUPS")


def merge_identity_servers(
    listed: t.Mapping[str, t.Any] | None, apps: t.Mapping[str, t.Any] | None
) -> list[IdentityServer]:
    """Merge both lists into one, each provider once, sorted by kind and name. None for a list that the release does not offer."""
    rows = get_objects(apps, "clientThirdPartyApps")
    enabled = {
        (parse_id(row.get("appType")), fold_case(str(row.get("appName")))): bool(row.get("isEnabled", True))
        for row in rows
    }
    found: dict[tuple[str, str], IdentityServer] = {}
    for row in get_objects(listed, "identityServers"):
        if str(row.get("type")) in ("SAML", str(SAML_TYPE)):
            name = str(row.get("name"))
            kind = str(row.get("samlType") if row.get("samlType") is not None else "UNKNOWN")
            found["saml", fold_case(name)] = IdentityServer(
                name,
                "saml",
                _SAML_KINDS.get(kind, kind).upper(),
                _parse_company(row.get("company")),
                enabled.get((SAML_TYPE, fold_case(name))),
            )
    for row in rows:
        name = str(row.get("appName"))
        for number, kind in ((SAML_TYPE, "saml"), (OIDC_TYPE, "oidc")):
            if parse_id(row.get("appType")) == number:
                found.setdefault(
                    (kind, fold_case(name)), IdentityServer(name, kind, enabled=bool(row.get("isEnabled", True)))
                )
    return sorted(found.values(), key=lambda item: (item.kind, fold_case(item.name), item.name))


def parse_saml_app(wire: t.Mapping[str, t.Any]) -> SamlApp:
    """Parse the answer about one SAML app; the service never shows the provider's certificate."""
    mappings = get_objects(wire, "attributeMappings")
    associations = wire.get("associations") or {}
    return SamlApp(
        name=str(wire.get("name")),
        enabled=None if wire.get("enabled") is None else bool(wire["enabled"]),
        company=_parse_company(wire.get("createdForCompany")),
        auto_create=bool(wire.get("autoCreateUser")),
        name_id=wire.get("nameIDAttribute") or None,
        attributes={str(row.get("customAttribute")).upper(): str(row.get("SAMLAttribute") or "") for row in mappings},
        provider_id=str(get_object(wire, "identityProviderMetaData").get("entityId") or ""),
        service_id=str(get_object(wire, "serviceProviderMetaData").get("entityId") or ""),
        email_suffixes=tuple(sorted(get_texts(associations, "emailSuffixes"))),
        associated=_find_associated(associations),
        description=str(wire.get("description") or ""),
        default_groups=_parse_default_groups(wire),
    )


def _find_associated(associations: t.Mapping[str, t.Any]) -> bool | None:
    if any(associations.get(name) for name in ("companies", "domains", "userGroups", "users")):
        return True
    return False if "users" in associations else None


def _parse_default_groups(wire: t.Mapping[str, t.Any]) -> frozenset[int]:
    """Return the ids of the default groups: one per company, and in some releases the only one under a name of its own."""
    rows = [row.get("userGroupInfo") or row for row in get_objects(wire, "userGroups")]
    rows += [wire["userGroup"]] if isinstance(wire.get("userGroup"), dict) else []
    found = (parse_id(row.get("id")) for row in rows if isinstance(row, dict))
    return frozenset(number for number in found if number)


def _parse_company(value: t.Any) -> str | None:
    """Return a company's name; None for the CommCell, which is shown as a company with the id 0."""
    if not isinstance(value, dict) or not parse_id(value.get("id")):
        return None
    return str(value.get("name") or value.get("id"))


class IdentityProviders:
    """The identity providers of a CommServe."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        #: The rows of the apps that were listed last, of all kinds; None where the release has no such list.
        self.app_rows: list[AnswerObject] | None = None

    def list_providers(self) -> list[IdentityServer]:
        """Return all SAML and OpenID Connect providers that this account may see. Raises NotFound where there is neither list."""
        intent = "list identity providers"
        known = self._client.get("V4/IdentityServers", intent=intent, unknown_ok=True)
        apps = self._client.get("ThirdParty/App", intent=intent, unknown_ok=True)
        if known is None and apps is None:
            raise NotFound(
                "This CommServe does not give this account a list of identity providers.", service="Commvault"
            )
        self.app_rows = None if apps is None else get_objects(apps, "clientThirdPartyApps")
        return merge_identity_servers(known, apps)

    def read_saml_app(self, name: str) -> SamlApp | None:
        """Read the SAML app of this name; None when it is not found. Raises as read_saml_body."""
        body = self.read_saml_body(name)
        app = None if body is None else parse_saml_app(body)
        if app is not None and app.associated is None and SAML_USERS.is_certain(self._client.release):
            return replace(app, associated=False)
        return app

    def read_saml_body(self, name: str) -> dict[str, t.Any] | None:
        """Return what the service shows of the SAML app of this name; None when it is found neither under this spelling nor in lower case.

        Raises the first ApiError where no spelling was answered with the app.
        """
        first: ApiError | None = None
        for spelling in dict.fromkeys((name, fold_case(name))):
            try:
                body = self._client.get(
                    f"v4/SAML/{quote_segment(spelling)}", intent=f"read SAML app {name}", unknown_ok=True
                )
            except (AuthError, Forbidden, Unreachable, Throttled, BadAnswer):
                raise
            except ApiError as exc:
                # A missing app may be answered with an error in a success; the other spelling may still be known.
                first = first or exc
                continue
            if body and is_same_name(str(body.get("name") or ""), name):
                return body
        if first is not None:
            raise first
        return None
