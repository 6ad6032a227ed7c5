# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Calls of the library MSAL: a token, the service's error body, or one AuthError for an answer that MSAL cannot handle."""

from __future__ import annotations

import logging
import re
import typing as t

from ..._core.context import Context
from ..._core.errors import AuthError, BadAnswer, CvopsError
from ..._core.libraries import build_missing_error, check_releases
from ..clouds import get_authority_url
from ..tokens import Token, parse_seconds

#: Characters that a header can carry; a token with any other cannot be used.
_TOKEN = re.compile(r"[\x21-\x7e]+")
#: No service issues a token for longer; a larger value is in another unit.
_LONGEST_LIFE_S = 10 * 366 * 86400.0

MsalAnswer = t.Mapping[str, t.Any]


def load_msal(purpose: str) -> t.Any:
    """Return the library MSAL, with its logging silenced. *purpose*: what needs it, for the message.

    Raises MissingLibrary when it, or a library that it needs, is missing or too old.
    """
    try:
        import msal as library  # noqa: TID251
    except ImportError as exc:
        raise build_missing_error("msal", purpose, exc) from exc
    check_releases("msal", "jwt", "cryptography")
    # Its warnings contain text of services, and without a handler Python writes them to standard error unchanged.
    logger = logging.getLogger("msal")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return library


def call_msal(ctx: Context, method: str, call: t.Callable[[], t.Any]) -> MsalAnswer:
    """Return the mapping that *call*, a call of MSAL, returns.

    MSAL does not check the shape of answers, so a malformed one can end in any exception. Raises AuthError for those, as for
    BadAnswer; other errors of the collection pass unchanged. *method*: the auth_method, for messages.
    """
    try:
        answer = call()
    except BadAnswer as exc:
        raise AuthError(f"Cannot sign in to tenant {ctx.options.get('tenant_id')}: {exc}", **exc.facts) from exc
    except CvopsError:
        raise
    except Exception as exc:
        raise build_bad_answer_error(ctx, method, type(exc).__name__) from exc
    if not isinstance(answer, t.Mapping):
        raise build_bad_answer_error(ctx, method, f"it is a {type(answer).__name__}")
    return answer


def build_bad_answer_error(ctx: Context, method: str, reason: str) -> AuthError:
    """Return the error for a malformed answer of the token service. *reason*: what is wrong with it."""
    return AuthError(
        f"Cannot sign in to tenant {ctx.options.get('tenant_id')} with {method}: {get_authority_url(ctx.options)} "
        f"answered, but not like a token service ({reason}). Check authority_url, and any proxy or gateway in "
        "between.",
        service="Entra sign-in",
        code="bad_answer",
        source=ctx.describe_source("authority_url"),
    )


def parse_token(ctx: Context, answer: MsalAnswer, scope: str) -> Token | None:
    """Return the token in an answer, None when there is no usable one. It expires now where the answer gives no lifetime."""
    value = answer.get("access_token")
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        return None
    ctx.secrets.add(value)
    life = parse_seconds(answer.get("expires_in"), at_most=_LONGEST_LIFE_S) or 0.0
    return Token(value, ctx.clock.now().timestamp() + life, scope)
