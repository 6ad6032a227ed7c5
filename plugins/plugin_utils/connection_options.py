# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Options of modules from ``cvops_connection``, the connection of a variables document. Values stay as they are."""

from __future__ import annotations

import typing as t

from .filter_values import FilterInputError, require_mapping, to_text

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


def build_commcell_options(connection: t.Any, commcell: t.Any = "") -> Options:
    """Return the module options of one CommCell: those of Entra ID, then those of the CommCell with the prefix ``commvault_``.

    *connection*: with ``entra`` and ``commcells``, both optional; *commcell*: a key of ``commcells``, empty for Entra ID's options alone.
    Raises FilterInputError for a CommCell that is not there, and for what is no mapping.
    """
    given = require_mapping(connection, "cvops_connection")
    options = get_entra_options(given)
    commcells = require_mapping(given.get("commcells"), "cvops_connection.commcells")
    if commcell not in commcells:
        if commcell is None or commcell == "":
            return options
        known = ", ".join(sorted(map(to_text, commcells))) or "none"
        raise FilterInputError(f"cvops_connection.commcells has no CommCell {to_text(commcell)!r}; it has: {known}")
    own = require_mapping(commcells[commcell], f"cvops_connection.commcells[{to_text(commcell)!r}]")
    options.update((f"{_COMMVAULT}{to_text(name)}", value) for name, value in own.items())
    return options


def evaluate_part(
    connection: t.Any,
    commcell: str,
    render: t.Callable[[t.Any], t.Any],
    only: t.Collection[str] | None = None,
) -> t.Any:
    """Return of a *connection* as it is written what one CommCell needs, evaluated; all of it where a template makes the whole.

    Other CommCells keep their names, for a message, and nothing else. *only*: the options of Entra ID that are needed, None for all.
    """
    whole = connection if isinstance(connection, t.Mapping) else render(connection)
    given = require_mapping(whole, "cvops_connection")
    commcells = given.get("commcells")
    if commcells is not None and not isinstance(commcells, t.Mapping):
        commcells = render(commcells)
    known = require_mapping(commcells, "cvops_connection.commcells")
    entra = given.get("entra")
    if only is not None and isinstance(entra, t.Mapping):
        entra = {name: value for name, value in entra.items() if name in only}
    return {
        "entra": render(entra),
        "commcells": {name: render(value) if name == commcell else {} for name, value in known.items()},
    }


def get_entra_options(connection: t.Mapping[str, t.Any]) -> Options:
    """Return the options of Entra ID in the connection, none when it has none. Raises FilterInputError when they are no mapping."""
    return dict(require_mapping(connection.get("entra"), "cvops_connection.entra"))


def build_sign_in_options(connection: t.Any, credentials: t.Any = None) -> Options:
    """Return Entra ID's options with *credentials* in place of those of the connection: the way to the tenant stays."""
    options = get_entra_options(require_mapping(connection, "cvops_connection"))
    way = {name: value for name, value in options.items() if name not in _ENTRA_CREDENTIALS}
    return {**way, **require_mapping(credentials, "the credentials")}


def build_verification_options(connection: t.Any, bootstrap: t.Any, principal: t.Any, secret: t.Any = "") -> Options:
    """Return Entra ID's options that sign in as the identity that bootstrap made; none when nobody can sign in as it from here.

    In this order: the *secret* that was just kept, the credentials in ``verify_with``, those of the connection if they are this identity's.
    *bootstrap*: ``cvops_bootstrap``; *principal*: the service principal, with ``app_id``, or empty.
    """
    asked = require_mapping(bootstrap, "cvops_bootstrap")
    app_id = require_mapping(principal, "the service principal").get("app_id")
    if secret:
        own = {"auth_method": "client_secret", "client_id": app_id, "client_secret": secret}
        return build_sign_in_options(connection, own)
    if asked.get("verify_with"):
        return build_sign_in_options(connection, require_mapping(asked["verify_with"], "cvops_bootstrap.verify_with"))
    options = get_entra_options(require_mapping(connection, "cvops_connection"))
    same = to_text(options.get("client_id")).lower() == (to_text(app_id) or "none").lower()
    if same or (options.get("auth_method") == "managed_identity" and "managed_identity" in asked):
        return {**options, "auth_method": _derive_auth_method(options)}
    return {}


def _derive_auth_method(options: Options) -> t.Any:
    """Return the authentication method that the options imply; with it given, environment variables of the person who runs this cannot choose another."""
    named = options.get("auth_method", "auto")
    if named != "auto":
        return named
    if not _FEDERATED.isdisjoint(options):
        return "federated"
    return "client_certificate" if "client_certificate" in options else "client_secret"
