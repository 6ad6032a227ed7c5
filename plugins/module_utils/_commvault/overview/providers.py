# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Identity providers and credentials of a CommCell for a snapshot, in the forms of their modules, never a secret. Reads only."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError
from ..._core.names import fold_case
from ..._core.parallel import map_in_parallel
from ..client import CommvaultClient
from ..credentials.calls import Credentials
from ..credentials.canonical import Credential, format_credential, is_older_form, parse_credential
from ..directory import Directory
from ..envelope import is_declined
from ..identity_providers.app_rows import OIDC_TYPE, SAML_TYPE
from ..identity_providers.read import IdentityProviders, IdentityServer
from ..oidc_apps.associations import parse_association
from ..oidc_apps.calls import OidcApps
from ..oidc_apps.canonical import OidcSettings
from ..oidc_apps.plan import format_oidc_app
from ..references import parse_id
from ..saml_apps.calls import SamlApps
from ..saml_apps.canonical import SamlSettings
from ..saml_apps.plan import format_saml_app
from .sources import SourceLog, describe_refusal

Row = dict[str, t.Any]
CREDENTIALS, PROVIDERS = "credentials", "identity_providers"
_APP_TYPES = {"saml": SAML_TYPE, "oidc": OIDC_TYPE}


class ProviderReader:
    """Reader of what connects a CommCell with an identity provider or with Azure; what is not shown is noted in *log*."""

    def __init__(self, ctx: Context, client: CommvaultClient, directory: Directory, log: SourceLog) -> None:
        self._ctx, self._client, self._directory, self._log = ctx, client, directory, log
        self._at_most = int(ctx.options["parallel_reads"])
        self._saml, self._oidc = SamlApps(client), OidcApps(client)

    def read_credentials(self) -> list[Row]:
        """Return the credentials of Azure applications, sorted by id. Raises ApiError for a list that cannot be read."""
        credentials = Credentials(self._client, self._directory)
        listed = [parse_credential(entry.raw) for entry in self._directory.read_catalogue("credentials")]
        older = credentials.uses_older_calls

        def read(one: Credential) -> Credential:
            """Return the credential in full; as it is listed where the service does not show more."""
            if older or not (one.is_azure_application or is_older_form(one.wire)):
                return one
            try:
                found = credentials.read(one.id)
            except ApiError as exc:
                if not is_declined(exc):
                    raise
                self._log.note_unread(CREDENTIALS, one.id, exc)
                return one
            if found is None:
                self._log.note_unread(CREDENTIALS, one.id, None)
                return one
            return found if found.company is not None else dataclasses.replace(found, company=one.company)

        found = map_in_parallel(read, listed, self._at_most, self._ctx, "credentials read")
        if older and any(one.is_azure_application for one in found):
            self._log.note_reason(CREDENTIALS, "this release shows neither owners nor users of credentials")
        rows = [format_credential(one) for one in sorted(found, key=lambda one: one.id) if one.is_azure_application]
        for row in rows:
            row["shared_with"] = row["shared_with"] and sorted(row["shared_with"], key=_sort_holder)
        return rows

    def read_providers(self) -> list[Row]:
        """Return the SAML and OpenID Connect apps, sorted by kind and name. Raises ApiError for lists that cannot be read."""
        providers = IdentityProviders(self._client)
        listed = providers.list_providers()
        rows = {
            (kind, fold_case(str(row.get("appName") or ""))): row
            for row in providers.app_rows or ()
            for kind, number in _APP_TYPES.items()
            if parse_id(row.get("appType")) == number
        }
        if providers.app_rows is None:
            self._log.note_reason(PROVIDERS, "this release has no list of OpenID Connect apps")

        def read(server: IdentityServer) -> Row:
            row = rows.get((server.kind, fold_case(server.name)))
            shown: Row | None = None
            try:
                shown = (
                    self._read_saml(server, row)
                    if server.kind == "saml"
                    else self._read_oidc(row if row is not None else {})
                )
            except ApiError as exc:
                if not is_declined(exc):
                    raise
                why = describe_refusal(exc)
            else:
                why = "in the list, but gone when it was read"
            if shown is None:
                key = str(row.get("appKey")) if row is not None else "whose key is not shown"
                self._log.note_reason(PROVIDERS, f"{server.kind} app {key}: {why}")
                shown = _build_unread(server, row)
            return {"kind": server.kind, **shown, "company": server.company}

        found = map_in_parallel(read, listed, self._at_most, self._ctx, "identity providers read")
        return sorted(found, key=lambda one: (one["kind"], fold_case(one["name"]), one["name"], str(one["app_key"])))

    def _read_saml(self, server: IdentityServer, row: t.Mapping[str, t.Any] | None) -> Row | None:
        app = self._saml.read_listed(server.name, row)
        if app is None:
            return None
        if not app.shows_users:
            self._log.note_reason(PROVIDERS, "this release does not show which users are associated with SAML apps")
        return {
            **format_saml_app(app.name, app.settings, app.associations),
            "app_key": app.key,
            "reply_url": app.reply_url,
            "sign_out_reply_url": app.sign_out_reply_url,
        }

    def _read_oidc(self, row: t.Mapping[str, t.Any]) -> Row | None:
        app = self._oidc.read(row)
        if app is None:
            return None
        shown = app.associations
        held = None if shown is None else [parse_association(entry, self._directory.is_company) for entry in shown]
        return {
            **format_oidc_app(app.name, app.settings, held),
            "app_key": app.key,
            "reply_urls": app.settings.reply_urls,
        }


def _build_unread(server: IdentityServer, row: t.Mapping[str, t.Any] | None) -> Row:
    """Return the row of an app of which only the lists tell; all else is None."""
    if server.kind == "saml":
        shape = {**format_saml_app("", SamlSettings(), ()), "reply_url": None, "sign_out_reply_url": None}
    else:
        shape = {**format_oidc_app("", OidcSettings(), None), "reply_urls": None}
    key = str(row["appKey"]) if row is not None and row.get("appKey") else None
    told = {"name": server.name, "enabled": server.enabled, "app_key": key}
    return {**dict.fromkeys(shape), **told}


def _sort_holder(holder: t.Mapping[str, t.Any]) -> tuple[str, int]:
    return holder["kind"], int(holder["id"] or 0)
