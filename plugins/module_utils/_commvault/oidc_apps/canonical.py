# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The canonical form of an OpenID Connect app, from the rows of ``ThirdParty/App``, and back into such a row. Pure.

Properties are pairs of a name and a value or several values. The client secret is one of them; it is written and never read.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import BadAnswer
from ..._core.values import get_object, get_objects, get_texts
from ..console_urls import canonicalize_console_url
from ..identity_providers.app_rows import OIDC_TYPE, clean_description, parse_flag
from ..secret_marks import join_mark, split_mark

Wire = dict[str, t.Any]

CLIENT_ID, CLIENT_SECRET, DISCOVERY_URL, CONSOLE_URLS = "clientId", "clientSecret", "endPointUrl", "webConsoleUrls"
#: What a web console answers at (Commvault documentation: OpenID Connect).
_CALLBACK = "/openIdConnectCallback.do"


@dataclass(frozen=True)
class OidcSettings:
    """What an app is set to. ``secret_fingerprint``: the text in its mark, None where there is none, so that the secret that it holds is unknown."""

    enabled: bool = True
    description: str = ""
    application_id: str = ""
    discovery_url: str = ""
    web_console_urls: tuple[str, ...] = ()
    secret_fingerprint: str | None = None

    @property
    def reply_urls(self) -> list[str]:
        """The redirect URIs to register for the application, sorted."""
        return sorted(url + _CALLBACK for url in self.web_console_urls)


@dataclass(frozen=True)
class OidcApp:
    """An app as Commvault shows it. ``associations``: entries of ``assocTree``, None where they are not shown. ``row``: all of its row."""

    key: str
    name: str
    settings: OidcSettings
    associations: tuple[Wire, ...] | None
    row: Wire


def parse_oidc_app(row: t.Mapping[str, t.Any]) -> OidcApp:
    """Return the app of a row with its properties. Raises BadAnswer for a row without a key, or without properties."""
    key, name = row.get("appKey"), row.get("appName")
    if not key or not isinstance(key, str) or not isinstance(row.get("props"), dict):
        raise BadAnswer(
            "Commvault shows an OpenID Connect app without its key or its properties.", member="clientThirdPartyApps"
        )
    values = {str(item.get("name")): item for item in get_objects(get_object(row, "props"), "nameValues")}
    marked = split_mark(row.get("appDescription"))
    settings = OidcSettings(
        enabled=parse_flag(row.get("isEnabled"), True),
        description=clean_description(marked.text),
        application_id=_get_text(values, CLIENT_ID),
        discovery_url=_get_text(values, DISCOVERY_URL),
        web_console_urls=tuple(sorted({canonicalize_console_url(url) for url in _get_texts(values, CONSOLE_URLS)})),
        secret_fingerprint=marked.fingerprint,
    )
    shown = row.get("assocTree") is not None
    associations = tuple(dict(item) for item in get_objects(row, "assocTree")) if shown else None
    return OidcApp(key, str(name or ""), settings, associations, dict(row))


def build_new_row(name: str, settings: OidcSettings, secret: str, associations: t.Sequence[Wire]) -> Wire:
    """Return the row that creates an app."""
    return {
        "appType": OIDC_TYPE,
        "appName": name,
        "appDisplayName": name,
        "appDescription": join_mark(settings.description, settings.secret_fingerprint),
        "flags": 0,
        "isEnabled": settings.enabled,
        "props": {"nameValues": _build_properties({}, settings, secret)},
        "assocTree": [dict(item) for item in associations],
    }


def build_changed_row(
    app: OidcApp, settings: OidcSettings, secret: str | None, associations: t.Sequence[Wire] | None
) -> Wire:
    """Return the row that makes the app what *settings* say. It is sent as a whole, with all that nobody manages as it was shown.

    *secret*: None leaves it out, and what is shown in its place too; *associations*: None leaves them out. Properties are left out
    where none of them changes, for Commvault keeps what a row does not name (SDK, set_auto_redirect_to_idp).
    """
    row = {name: value for name, value in app.row.items() if name not in ("props", "assocTree")}
    row["appDescription"] = join_mark(settings.description, settings.secret_fingerprint)
    row["isEnabled"] = settings.enabled
    shown = {str(item.get("name")): dict(item) for item in get_objects(get_object(app.row, "props"), "nameValues")}
    if secret is not None or _get_properties(settings) != _get_properties(app.settings):
        row["props"] = {"nameValues": _build_properties(shown, settings, secret)}
    if associations is not None:
        row["assocTree"] = [dict(item) for item in associations]
    return row


def _get_properties(settings: OidcSettings) -> tuple[t.Any, ...]:
    return settings.application_id, settings.discovery_url, settings.web_console_urls


def _build_properties(shown: t.Mapping[str, Wire], settings: OidcSettings, secret: str | None) -> list[Wire]:
    """Return the properties to write: ours, and those *shown* that are neither ours nor hidden by asterisks."""
    ours: dict[str, Wire] = {
        CLIENT_ID: {"name": CLIENT_ID, "value": settings.application_id},
        DISCOVERY_URL: {"name": DISCOVERY_URL, "value": settings.discovery_url},
        CONSOLE_URLS: {"name": CONSOLE_URLS, "values": list(settings.web_console_urls)},
    }
    if secret is not None:
        ours[CLIENT_SECRET] = {"name": CLIENT_SECRET, "value": secret}
    kept = [item for name, item in shown.items() if name not in (*ours, CLIENT_SECRET) and not _is_masked(item)]
    return [*ours.values(), *kept]


def _is_masked(item: Wire) -> bool:
    value = item.get("value")
    return isinstance(value, str) and value != "" and not value.strip("*")


def _get_text(values: t.Mapping[str, t.Mapping[str, t.Any]], name: str) -> str:
    value = values.get(name, {}).get("value")
    return "" if value is None else str(value)


def _get_texts(values: t.Mapping[str, t.Mapping[str, t.Any]], name: str) -> list[str]:
    """Return the values of a property that may have several; releases may write a single one as a value."""
    item = values.get(name, {})
    found = get_texts(item, "values")
    return found or ([_get_text(values, name)] if _get_text(values, name) else [])
