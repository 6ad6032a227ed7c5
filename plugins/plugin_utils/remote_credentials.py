# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Credentials of a task that runs on another host or as another user: access tokens in place of the credentials that get them."""

from __future__ import annotations

import json
import types
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._signin.clouds import get_graph_scope
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import IncompleteSignIn
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.sign_in import EntraSignIn
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import CREDENTIAL_OPTIONS


def exchange_credentials(module: types.ModuleType, ctx: Context) -> dict[str, t.Any]:
    """Return options that replace the Entra credentials of a task that runs on another host or as another user.

    They hold one token per scope that the module may ask for, as JSON in ``access_token``, or no credentials at all when it asks for none. A
    module that can do without Entra ID gets none either when no sign-in is complete. Raises IncompleteSignIn for one that cannot, and ConfigError
    for a sign-in that is given and cannot be right.
    """
    scopes = _list_scopes(module, ctx)
    if not scopes:
        return dict.fromkeys(CREDENTIAL_OPTIONS)
    try:
        sign_in = EntraSignIn(ctx)
    except IncompleteSignIn:
        if _requires_entra(module):
            raise
        return dict.fromkeys(CREDENTIAL_OPTIONS)
    tokens = {scope: sign_in.get_token(scope).value for scope in scopes}
    return {**dict.fromkeys(CREDENTIAL_OPTIONS), "auth_method": "token", "access_token": json.dumps(tokens)}


def _requires_entra(module: types.ModuleType) -> bool:
    return "commvault_url" not in module.SPEC.options


def _list_scopes(module: types.ModuleType, ctx: Context) -> list[str]:
    options = ctx.options
    wanted = []
    if options.get("commvault_auth_method") == "entra" and options.get("commvault_entra_scope"):
        wanted.append(options["commvault_entra_scope"])
    if options.get("commvault_proxy_scope"):
        wanted.append(options["commvault_proxy_scope"])
    if _requires_entra(module) or getattr(module, "USES_GRAPH", False):
        wanted.append(get_graph_scope(options))
    return wanted
