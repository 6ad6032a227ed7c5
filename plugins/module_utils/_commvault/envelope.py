# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of Commvault's answers. Commvault also answers errors with HTTP 200, so error codes in the body count as well."""

from __future__ import annotations

import re
import typing as t

from .._core.errors import ApiError, AuthError, BadAnswer, Forbidden, NotFound, Throttled
from .._core.reply import Reply
from .._core.visible import to_one_line

#: "Access denied": the token is missing, wrong or expired.
ACCESS_DENIED = 5
#: Statuses beside 404 that say that there is no such call: another method, or nothing behind the path.
_NO_SUCH_CALL = (405, 501)
_CONFLICT = 409
_REASON_FIELDS = ("errorMessage", "errorString", "errLogMessage", "warningMessage")
_LONGEST_CODE = 60
_SUCCESS = re.compile(r"success(ful(ly)?)?[.!]*", re.IGNORECASE)
# Codes for missing rights are not published and differ by call, so words choose the kind of error: whole words, not parts of a name.
_MISSING_RIGHTS = re.compile(
    r"(?<![^\W_])(?<!-)(?:permissions?|capabilit(?:y|ies)|privileges?|access (?:is )?denied|not authori[sz]ed|insufficient"
    r"|does not have .*rights?)(?![^\W_])(?!-)",
    re.IGNORECASE,
)
#: Names as texts quote them. An apostrophe within a word is no quotation mark.
_QUOTED_NAMES = re.compile(r"""\[[^\]]*\]|"[^"]*"|(?<!\w)'.*?'(?!\w)""")
# Codes for a name that is taken are not published either; seen are "already exists" (credentials), "Token name already present".
_NAME_TAKEN = re.compile(r"already (exist|present|in use|taken)|duplicate", re.IGNORECASE)
#: "Credential account [x] already exists", with HTTP 500, whatever the language of the text.
_NAME_TAKEN_CODES = frozenset(("587206339",))
_IN_USE = re.compile(r"\b(?:in use|being used|used by|associat\w+|active)\b", re.IGNORECASE)
# What is answered while a call waits for the approval of somebody else is not documented: words tell.
_AWAITS_APPROVAL = re.compile(
    r"(?:pending|await(?:s|ing)?|wait(?:s|ing)? for|submitted|sent|raised|subject to|requires?|needs?)\b[^.]{0,60}\bapprov"
    r"|\bapproval\b[^.]{0,40}\b(?:pending|required|needed|requested|request (?:is|was|has been))\b",
    re.IGNORECASE,
)


def check_answer(reply: Reply, intent: str) -> t.Any:
    """Return the parsed body of a successful answer.

    An error code may stand at the top, in ``error``, in ``response`` (a list or an object) and in ``errList``; the first that is
    not 0 is an error, whatever the HTTP status. *intent* completes "Cannot …". Raises AuthError, Forbidden, NotFound, Throttled,
    ApiError; BadAnswer for HTML, XML, broken JSON, and for a write that is answered with an empty object.
    """
    if reply.status >= 400:
        raise _build_status_error(reply, intent)
    body = reply.json()
    found = _find_error(body)
    if found is not None:
        raise _build_code_error(reply, intent, *found)
    if body == {} and reply.method != "GET":
        raise reply.build_bad_answer("an empty object, which does not say whether anything was done")
    return body


def is_withheld(error: ApiError) -> bool:
    """Return whether an error means that this account may not ask, or that this release has no such call.

    Any other error is a read that has failed, and says nothing about the object.
    """
    return isinstance(error, (Forbidden, NotFound)) or error.status in _NO_SUCH_CALL


def is_declined(error: ApiError) -> bool:
    """Return whether is_withheld, or whether the application refused with an error code of its own, below HTTP 500.

    For facts that a task can do without: the texts that Commvault uses for missing rights are not published and depend on its language.
    """
    own = error.facts.get("code") is not None and error.status is not None and error.status < 500
    return is_withheld(error) or (own and not isinstance(error, (AuthError, BadAnswer, Throttled)))


def is_name_taken(error: ApiError) -> bool:
    """Return whether the service refused to create an object because it knows one of this name, which lists may not show yet or any more."""
    said = str(error).rpartition(f"Commvault error {error.code}: ")
    taken = bool(said[1]) and _says_name_is_taken(said[2], error.code)
    return not error.may_have_acted and (error.status == _CONFLICT or taken)


def is_approval_pending(error: ApiError) -> bool:
    """Return whether a write was answered with an error code that means that it waits until somebody else approves it."""
    said = str(error).rpartition(f"Commvault error {error.code}: ")
    return bool(said[1]) and not error.may_have_acted and _says_approval_is_pending(said[2])


def is_in_use(error: ApiError, name: str) -> bool:
    """Return whether a deletion of *name* was refused because something uses it.

    Texts for this are not published; the documentation says that a credential which is active or associated cannot be deleted.
    """
    return bool(error.code) and not error.may_have_acted and bool(_IN_USE.search(str(error).replace(name, "")))


def is_answer_pending(body: t.Mapping[str, t.Any]) -> bool:
    """Return whether a successful answer to a write says that it waits until somebody else approves it."""
    return any(
        _says_approval_is_pending(str(part[name]))
        for part in _list_envelopes(dict(body))
        for name in _REASON_FIELDS
        if part.get(name)
    )


def is_decided(error: ApiError) -> bool:
    """Return whether an error says for certain that nothing was done: missing rights, a token that was refused, a call that is not there."""
    return not error.may_have_acted and isinstance(error, (AuthError, Forbidden, NotFound))


def is_absence(reply: Reply) -> bool:
    """Return whether an answer is HTTP 404 of the application (its error object, or an empty body), not of a proxy in front of it."""
    if reply.status != 404:
        return False
    try:
        body = reply.json() if reply.content.strip() else {}
    except BadAnswer:
        return False
    if not isinstance(body, dict):
        return False
    return not body or any(name in part for part in _list_envelopes(body) for name in ("errorCode", *_REASON_FIELDS))


def collect_warnings(body: t.Any) -> list[str]:
    """Return the warnings in a successful answer, in order and without repetition; success texts are no warnings."""
    if not isinstance(body, dict):
        return []
    texts = [to_one_line(str(part.get("warningMessage") or "")) for part in _list_envelopes(body)]
    return list(dict.fromkeys(text for text in texts if text and not _SUCCESS.fullmatch(text)))


def _list_envelopes(body: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return all objects of an answer that may carry an error code."""
    candidates: list[t.Any] = [body, body.get("error")]
    for name in ("response", "errList"):
        inner = body.get(name)
        candidates.extend(inner if isinstance(inner, list) else [inner])
    return [part for part in candidates if isinstance(part, dict)]


def _find_error(body: t.Any) -> tuple[str, str] | None:
    """Return code and text of the first error in *body*; None when there is none."""
    for part in _list_envelopes(body) if isinstance(body, dict) else []:
        code = to_one_line(str(part.get("errorCode") if part.get("errorCode") is not None else 0), _LONGEST_CODE)
        if code not in ("", "0"):
            return code, _format_reason(part)
    return None


def _format_reason(part: t.Mapping[str, t.Any]) -> str:
    said = next((to_one_line(str(part[name])) for name in _REASON_FIELDS if part.get(name)), "")
    return (said or "no reason given").rstrip(".") + "."


def _build_status_error(reply: Reply, intent: str) -> ApiError:
    """Return the error for an HTTP status of 400 or more."""
    try:
        body = reply.json()
    except BadAnswer:
        what = reply.describe_body()
        return _classify_by_status(reply, f"Cannot {intent}: Commvault answered HTTP {reply.status} with {what}.", None)
    found = _find_error(body)
    if found is not None:
        return _build_code_error(reply, intent, *found)
    parts = _list_envelopes(body) if isinstance(body, dict) else []
    said = next(
        (_format_reason(part) for part in parts if any(part.get(name) for name in _REASON_FIELDS)), "no reason given."
    )
    return _classify_by_status(reply, f"Cannot {intent}: HTTP {reply.status}: {said}", None)


def _says_name_is_taken(said: str, code: str | None) -> bool:
    return code in _NAME_TAKEN_CODES or _NAME_TAKEN.search(_QUOTED_NAMES.sub("[]", said)) is not None


def _says_approval_is_pending(said: str) -> bool:
    return _AWAITS_APPROVAL.search(_QUOTED_NAMES.sub("[]", to_one_line(said))) is not None


def _build_code_error(reply: Reply, intent: str, code: str, said: str) -> ApiError:
    message = f"Cannot {intent}: Commvault error {code}: {said}"
    if reply.status not in (401, 403, 404, 429):
        if code == str(ACCESS_DENIED):
            return AuthError(message, code=code, **reply.get_error_facts())
        if _MISSING_RIGHTS.search(_QUOTED_NAMES.sub("[]", said)):
            return Forbidden(message, code=code, **reply.get_error_facts())
    # A code is a decision of the application. One that only repeats the status may come of a failure after the application has acted.
    return _classify_by_status(
        reply, message, code, is_decision=code != str(reply.status) or _says_name_is_taken(said, code)
    )


def _classify_by_status(reply: Reply, message: str, code: str | None, *, is_decision: bool = False) -> ApiError:
    facts = {**reply.get_error_facts(), "code": code}
    if reply.status == 401:
        return AuthError(f"{message} Commvault refused the token.", **facts)
    if reply.status == 403:
        return Forbidden(message, **facts)
    if reply.status == 404:
        return NotFound(message, is_outdated=reply.method != "GET", **facts)
    if reply.status == 429:
        return Throttled(message, **facts)
    # A 5xx without a decision may come from a gateway after the application has acted.
    lost = reply.status >= 500 and not is_decision and reply.method != "GET"
    return ApiError(message, may_have_acted=lost, **facts)
