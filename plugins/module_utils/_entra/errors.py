# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Microsoft Graph's error bodies as errors of this collection."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError, AuthError, BadAnswer, Forbidden, NotFound
from .._core.reply import Reply
from .._core.visible import to_one_line

_LONGEST_CODE = 100
#: Codes for an object that exists already, also where the replica that was read did not know it; some stand in the error's details.
_EXISTS = frozenset(("ConflictingObjects", "Request_MultipleObjectsWithSameKeyValue"))

#: What the user can do about an error code; the code alone decides, never the message.
_HINTS = {
    "Directory_QuotaExceeded": "The directory's object quota is used up: permanently delete objects from the deleted items.",
    "Directory_ResourceSizeExceeded": "The object holds too many values: remove credentials that are not used.",
    "CredentialInvalidLifetimeAsPerAppPolicy": "An application management policy limits the lifetime: choose a shorter one.",
    "CredentialTypeNotAllowedAsPerAppPolicy": "An application management policy forbids this kind of credential: use a certificate or a federated credential.",
    "SignInAudienceNotAllowedAsPerAppPolicy": "An application management policy forbids this sign_in_audience.",
    "HostNameNotOnVerifiedDomain": "Use a domain that is verified in the tenant.",
    "KeyCredentialsInvalidEndDate": "The end is after the certificate's own notAfter (in UTC).",
    "Authentication_RequestFromNonPremiumTenantOrB2CTenant": "The tenant lacks the licence that this call needs.",
}


def build_graph_error(reply: Reply, intent: str, needs: t.Sequence[str] = ()) -> ApiError:
    """Return the error for an answer with a status of 400 or more.

    *intent* completes "Cannot …"; *needs* names the Graph permissions for the hint at 403, least first.
    """
    code, said = _read_code_and_reason(reply)
    message = f"Cannot {intent}: {code or f'HTTP {reply.status}'}: {said}"
    facts = {**reply.get_error_facts(), "code": code}
    if reply.status == 401:
        return AuthError(f"{message} Microsoft Graph refused the token.", said=said, **facts)
    if code is None and reply.status in (403, 404) and not _is_graph_error(reply):
        # Graph says which error it is. A server that does not is none that knows our rights or the directory's objects.
        return BadAnswer(
            f"{message} This answer does not come from Microsoft Graph, but from a server in between.", **facts
        )
    if reply.status == 403:
        owned = " (with …OwnedBy it must also own the object)" if any("OwnedBy" in need for need in needs) else ""
        wanted = f" The signed-in identity needs {' or '.join(needs)}{owned}." if needs else ""
        return Forbidden(message + wanted, needs=list(needs) or None, said=said, **facts)
    if reply.status == 404:
        return NotFound(message, said=said, is_outdated=reply.method != "GET", **facts)
    hint = _HINTS.get(code or "", "")
    return ApiError(
        f"{message} {hint}".rstrip(),
        may_have_acted=reply.status >= 500 and reply.method == "POST",
        is_outdated=not _EXISTS.isdisjoint((code, *_read_detail_codes(reply))),
        said=said,
        **facts,
    )


def _is_graph_error(reply: Reply) -> bool:
    """Return True for Graph's own error object, whose code some of its services leave empty."""
    try:
        body = reply.json()
    except BadAnswer:
        return False
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and isinstance(error.get("code"), str) and isinstance(error.get("message"), str)


def _read_detail_codes(reply: Reply) -> list[str]:
    """Return the codes in the details of an error: there Graph tells what the top code, such as Request_BadRequest, does not."""
    try:
        body = reply.json()
    except BadAnswer:
        return []
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    listed = details if isinstance(details, list) else []
    return [item["code"] for item in listed if isinstance(item, dict) and isinstance(item.get("code"), str)]


def _read_code_and_reason(reply: Reply) -> tuple[str | None, str]:
    """Return code and text of an error; conditional access gives the real reason one level deeper (innerError)."""
    try:
        body = reply.json()
    except BadAnswer:
        return (
            None,
            f"the service answered HTTP {reply.status} with {reply.describe_body()}.",
        )
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None, f"the service answered HTTP {reply.status} without a reason."
    inner = error.get("innerError") or error.get("innererror") or {}
    text = (inner.get("message") if isinstance(inner, dict) else None) or error.get("message") or "no reason given"
    code = error.get("code")
    return (to_one_line(str(code), _LONGEST_CODE) if code else None), to_one_line(str(text)).rstrip(".") + "."


def is_already_done(error: ApiError, *beginnings: str) -> bool:
    """Return True for a refusal whose text begins with one of *beginnings*, which mean "nothing to do".

    Graph's code for it is that of any bad request. Only the beginning counts: names may stand further on.
    """
    known = tuple(beginning.lower() for beginning in beginnings)
    return error.status in (400, 409) and error.said.lower().startswith(known)
