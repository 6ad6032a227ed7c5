# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Options of the modules out of the connection of a variables document (``cvops_connection``). Values are handed on as they are."""

from __future__ import annotations

import typing as t

from .filter_values import UnexpectedForm, as_mapping, text_of

Options = dict[str, t.Any]

#: Options of Entra ID's sign-in that say who signs in; all others say how the tenant is reached.
_ENTRA_CREDENTIALS = frozenset(
    {
        "access_token",
        "auth_method",
        "client_certificate",
        "client_certificate_password",
        "client_id",
        "client_secret",
        "federated_managed_identity",
        "federated_token",
        "federated_token_file",
        "managed_identity_client_id",
    }
)
_FEDERATED = frozenset({"federated_token", "federated_token_file", "federated_managed_identity"})
_COMMVAULT = "commvault_"


def commcell_options(connection: t.Any, commcell: t.Any = "") -> Options:
    """Return the module options of one CommCell: those of Entra ID, then those of the CommCell with the prefix ``commvault_``.

    *connection*: with ``entra`` and ``commcells``, both optional; *commcell*: a key of ``commcells``, empty for Entra ID's options alone.
    Raises UnexpectedForm for a CommCell that is not there, and for what is no mapping.
    """
    given = as_mapping(connection, "cvops_connection")
    options = entra_options(given)
    commcells = as_mapping(given.get("commcells"), "cvops_connection.commcells")
    if commcell not in commcells:
        if commcell is None or commcell == "":
            return options
        known = ", ".join(sorted(map(text_of, commcells))) or "none"
        raise UnexpectedForm(f"cvops_connection.commcells has no CommCell {text_of(commcell)!r}; it has: {known}")
    own = as_mapping(commcells[commcell], f"cvops_connection.commcells[{text_of(commcell)!r}]")
    options.update((f"{_COMMVAULT}{text_of(name)}", value) for name, value in own.items())
    return options


def entra_options(connection: t.Mapping[str, t.Any]) -> Options:
    """Return the options of Entra ID in the connection, none when it has none. Raises UnexpectedForm when they are no mapping."""
    return dict(as_mapping(connection.get("entra"), "cvops_connection.entra"))


def sign_in_options(connection: t.Any, credentials: t.Any = None) -> Options:
    """Return Entra ID's options with *credentials* in place of those of the connection: the way to the tenant stays."""
    options = entra_options(as_mapping(connection, "cvops_connection"))
    way = {name: value for name, value in options.items() if name not in _ENTRA_CREDENTIALS}
    return {**way, **as_mapping(credentials, "the credentials")}


def verification_options(connection: t.Any, bootstrap: t.Any, principal: t.Any, secret: t.Any = "") -> Options:
    """Return Entra ID's options that sign in as the identity that bootstrap made; none when nobody can sign in as it from here.

    In this order: the *secret* that was just kept, the credentials in ``verify_with``, those of the connection if they are this identity's.
    *bootstrap*: ``cvops_bootstrap``; *principal*: the service principal, with ``app_id``, or empty.
    """
    asked = as_mapping(bootstrap, "cvops_bootstrap")
    app_id = as_mapping(principal, "the service principal").get("app_id")
    if secret:
        own = {"auth_method": "client_secret", "client_id": app_id, "client_secret": secret}
        return sign_in_options(connection, own)
    if asked.get("verify_with"):
        return sign_in_options(connection, as_mapping(asked["verify_with"], "cvops_bootstrap.verify_with"))
    options = entra_options(as_mapping(connection, "cvops_connection"))
    same = text_of(options.get("client_id")).lower() == (text_of(app_id) or "none").lower()
    if same or (options.get("auth_method") == "managed_identity" and "managed_identity" in asked):
        return {**options, "auth_method": _method(options)}
    return {}


def _method(options: Options) -> t.Any:
    """The method that the options imply. Named, so that variables of the environment, which are the person's, do not choose another one."""
    named = options.get("auth_method", "auto")
    if named != "auto":
        return named
    if not _FEDERATED.isdisjoint(options):
        return "federated"
    return "client_certificate" if "client_certificate" in options else "client_secret"
