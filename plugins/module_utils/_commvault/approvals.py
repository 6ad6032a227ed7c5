# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Writes that somebody else may have to approve before Commvault carries them out."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError
from .._core.retry import Repeat
from .client import CommvaultClient
from .envelope import is_answer_pending, is_approval_pending


def send_write(
    client: CommvaultClient,
    method: str,
    path: str,
    body: t.Mapping[str, t.Any] | None = None,
    *,
    intent: str,
    params: t.Mapping[str, t.Any] | None = None,
    headers: t.Mapping[str, str] | None = None,
    is_undone: t.Callable[[], bool] = lambda: True,
) -> bool:
    """Send a write and return whether it waits for an approval; the answer, which may repeat a secret, is dropped.

    A DELETE of what is not there is fine. The other arguments, and the errors that are raised: see CommvaultClient.write.
    """
    try:
        answer = client.write(
            method,
            path,
            body,
            intent=intent,
            params=params,
            repeat=Repeat.IF_REFUSED if method == "POST" else Repeat.BY_METHOD,
            missing_ok=method == "DELETE",
            headers=headers,
            is_undone=is_undone,
        )
    except ApiError as exc:
        if not is_approval_pending(exc):
            raise
        return True
    return is_answer_pending(answer)
