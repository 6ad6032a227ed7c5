# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Creation of objects. Commvault has no idempotency key: whatever a POST is answered, the list is read before another one is sent."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .._core.errors import ApiError, Throttled, mark_outcome_unknown
from .._core.polling import Backoff
from .._core.retry import Repeat
from .client import CommvaultClient
from .directory import Directory
from .envelope import is_decided, is_name_taken
from .references import parse_id

#: For how long a name counts as "still taken", or a created object as "not shown yet", while lists lag; in seconds.
LAG_LIMIT_S = 60.0
_LOOKS_AFTER = 4

#: What finds an object again: its id, or its key.
Found = t.TypeVar("Found", int, str)


def create_object_once(
    client: CommvaultClient,
    directory: Directory,
    kind: str,
    path: str,
    body: t.Mapping[str, t.Any],
    *,
    company_id: int | None,
    intent: str,
    name: str = "",
    find_id: t.Callable[[t.Mapping[str, t.Any]], t.Any] = lambda answer: answer.get("id"),
    adopt: t.Callable[[int], None] = lambda number: None,
) -> int:
    """Create the object of *name*, by default what ``body["name"]`` says, and return its id; for the rest see :func:`create_once`.

    ``company_id`` is that of the company to create it in, 0 for the CommCell, None for where the task acts. *find_id* takes the id
    out of the answer.
    """
    headers = _build_scope_headers(client, company_id)

    def send(is_undone: t.Callable[[], bool]) -> int | None:
        answer = client.write(
            "POST", path, dict(body), intent=intent, repeat=Repeat.IF_REFUSED, headers=headers, is_undone=is_undone
        )
        return parse_id(find_id(answer))

    def find_shown() -> int | None:
        found = directory.reread_catalogue(kind).get(name or str(body["name"]), company_id)
        return found.id if found else None

    return create_once(client.ctx, send, find_shown, intent=intent, adopt=adopt)


def create_once(
    ctx: Context,
    send: t.Callable[[t.Callable[[], bool]], Found | None],
    find_shown: t.Callable[[], Found | None],
    *,
    intent: str,
    adopt: t.Callable[[Found], None],
) -> Found:
    """Create one object and return its id, or the key in place of one. The caller has made sure that its name is free.

    *send* sends the POST once, with the function that it is given as ``is_undone`` of the request, and returns the id in the answer,
    None where it holds none. *find_shown* reads the list past the service's cache. *adopt* is called with the id of an object that is taken
    for the created one because the list shows it after an answer was lost; it raises what becomes of the creation where it is not, and
    finishes what is missing. Where it is unknown what became of a POST, the list is read: an object of this name is the created one,
    because the name was free before. A name that is refused as taken while no list shows it is tried again for a while. Raises ApiError, with
    the fact ``outcome: unknown`` when the outcome is unknown and the list does not show the object.
    """
    was_repeated = False

    def look() -> Found | None:
        with mark_outcome_unknown():
            return find_shown()

    def is_undone() -> bool:
        nonlocal was_repeated
        was_repeated = True
        return look() is None

    waiting = Backoff(ctx)
    while True:
        try:
            answered = send(is_undone)
            break
        except ApiError as exc:
            if is_decided(exc):
                raise
            is_ours = exc.may_have_acted or was_repeated or isinstance(exc, Throttled)
            created = _look_again(ctx, look, looks=_LOOKS_AFTER if exc.may_have_acted else 1)
            if created is not None and is_ours:
                adopt(created)
                return created
            if created is not None:
                raise ApiError(
                    f"Cannot {intent}: it exists already; the list did not show it at first. Run the task again.",
                    is_outdated=True,
                    **exc.facts,
                ) from exc
            if is_name_taken(exc) and waiting.fits_within(LAG_LIMIT_S):
                ctx.stats.add("retries")
                waiting.pause(about=f"waiting until Commvault releases a name (to {intent})", limit_s=LAG_LIMIT_S)
                continue
            if exc.may_have_acted or (was_repeated and is_name_taken(exc)):
                exc.facts["outcome"] = "unknown"
            raise
    created = answered or _look_again(ctx, look, looks=_LOOKS_AFTER)
    if created is None:
        raise ApiError(
            f"Cannot {intent}: Commvault reported success but does not show it. It may be waiting for an approval.",
            service="Commvault",
            may_have_acted=True,
            pending_approval=True,
        )
    return created


def _look_again(ctx: Context, look: t.Callable[[], Found | None], *, looks: int) -> Found | None:
    """Return what one of several looks finds, with growing pauses between; None when none does."""
    backoff = Backoff(ctx)
    for number in range(looks):
        if number:
            with mark_outcome_unknown():
                backoff.pause(about="waiting until Commvault shows what it has created")
        created = look()
        if created is not None:
            return created
    return None


def _build_scope_headers(client: CommvaultClient, company_id: int | None) -> dict[str, str]:
    """Return headers for a company that differs from the task's scope; empty when it does not."""
    return {} if company_id is None or company_id == client.company_id else client.build_company_headers(company_id)
