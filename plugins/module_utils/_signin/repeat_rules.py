# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The errors of Microsoft Graph, of Entra's token service, of Key Vault, of managed identity endpoints and of Commvault that pass by themselves.

Whether a request may be sent twice is for the caller to say; these tables say after which statuses and codes that helps.
"""

from __future__ import annotations

import re
import typing as t

from .._core.retry import RepeatRules

_USUAL = RepeatRules()


def _find_graph_codes(body: t.Any) -> t.Iterator[str]:
    """Yield the code of a Graph error, and those of its inner errors, the more specific ones."""
    error = body.get("error") if isinstance(body, dict) else None
    for dummy in range(4):
        if not isinstance(error, dict):
            return
        if isinstance(error.get("code"), str):
            yield error["code"]
        error = error.get("innerError") or error.get("innererror")


def _find_token_service_codes(body: t.Any) -> list[str]:
    """Return the AADSTS numbers of a token service's error."""
    told = body.get("error_codes") if isinstance(body, dict) else None
    return [str(code) for code in told if re.fullmatch(r"[0-9]{1,9}", str(code))] if isinstance(told, list) else []


#: Graph's internal errors pass (Microsoft Learn: Microsoft Graph error responses; 509: bandwidth). Two writes that meet in a tenant
#: are refused before anything is done, with 409 or 503: "Please wait briefly and retry".
GRAPH_RULES = RepeatRules(
    statuses=_USUAL.statuses | {500, 509},
    refusal_codes=frozenset(("Directory_ConcurrencyViolation",)),
    find_codes=_find_graph_codes,
)
#: The token service names passing errors by number, at times with HTTP 400 (Microsoft Learn: Entra authentication error codes).
#: Not among them: 50196, which ends a loop of sign-ins.
TOKEN_SERVICE_RULES = RepeatRules(
    statuses=_USUAL.statuses | {500},
    refusal_codes=frozenset(("90006", "90024", "90033", "90055")),
    find_codes=_find_token_service_codes,
)
#: The endpoint of a machine answers 404 and 410 while it is being updated (Microsoft Learn: managed identities, error handling).
MANAGED_IDENTITY_RULES = RepeatRules(statuses=_USUAL.statuses | {404, 410, 500})
#: Commvault refuses by error codes of which none is known to pass. Its HTTP 500 may be such a decision, so only a read is repeated.
COMMVAULT_RULES = RepeatRules()
#: Key Vault throttles with 429, and answers 503 while a vault fails over (Microsoft Learn: Key Vault throttling guidance, availability).
KEY_VAULT_RULES = RepeatRules()
