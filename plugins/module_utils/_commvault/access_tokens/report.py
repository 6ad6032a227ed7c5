# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The access tokens of several users, for reports: whose they are, what they may do, and whose could not be read. Reads only."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError
from ..._core.names import fold_case
from ..._core.parallel import map_in_parallel
from ..._signin.commvault.token_pair_wire import get_token_id
from ..catalogue import Entry
from ..client import CommvaultClient
from ..envelope import is_withheld
from ..references import parse_id
from .calls import AccessTokens, TokenRow
from .canonical import describe_access_token

Row = dict[str, t.Any]
#: By id of a user, the rows that the service listed for it; None where it did not list them to this account.
Answers = t.Mapping[int, "t.Sequence[TokenRow] | None"]


class TokensFound(t.NamedTuple):
    """``rows``: the tokens, each once. ``unread``: the ids of users whose tokens this account is not shown, or not for certain."""

    rows: list[Row]
    unread: frozenset[int]


def read_access_tokens(
    ctx: Context,
    client: CommvaultClient,
    users: t.Sequence[Entry],
    names: t.Callable[[int], str | None],
    is_refusal: t.Callable[[ApiError], bool] = is_withheld,
) -> TokensFound:
    """Read the tokens of *users*, one call for each. *names* returns the name of any user. Raises ApiError for a read that fails.

    A user of whom this account may not ask, as *is_refusal* tells by the error, is told in ``unread``: it is not one without tokens.
    """

    def read(entry: Entry) -> list[TokenRow] | None:
        tokens = AccessTokens(client)
        tokens.owner = (entry.id, entry.name)
        try:
            return tokens.list_for_report()
        except ApiError as exc:
            if not is_refusal(exc):
                raise
            ctx.debug(1, str(exc))
            return None

    found = map_in_parallel(read, users, ctx.options["parallel_reads"], ctx, "users read with their access tokens")
    return merge_answers({entry.id: rows for entry, rows in zip(users, found, strict=True)}, names)


def merge_answers(answers: Answers, names: t.Callable[[int], str | None]) -> TokensFound:
    """Return all tokens of *answers*, each once, with its owner. Raises BadAnswer as describe_access_token.

    The owner is whom the row names, else whom the answer is about. Where the service lists the same token for several users without saying
    whose it is, or somebody else's, it has not answered the question: the owner is unknown then, and the users count as not read.
    """
    listed: dict[str, list[tuple[int, TokenRow]]] = {}
    unread = {number for number, rows in answers.items() if rows is None}
    for asked, rows in answers.items():
        for row in rows or ():
            listed.setdefault(str(get_token_id(row)), []).append((asked, row))
    found = []
    for places in listed.values():
        named = {number for _asked, row in places if (number := parse_id(row.get("userId")))}
        asked_for = {asked for asked, _row in places}
        owner = next(iter(named or asked_for)) if len(named or asked_for) == 1 else None
        unread |= asked_for - {owner}
        row = min((row for _asked, row in places), key=lambda row: repr(sorted(row.items(), key=str)))
        found.append({**describe_access_token(row), "owner": _describe_owner(owner, names)})
    found.sort(key=lambda one: (*(fold_case(name or "") for name in (one["owner"]["name"], one["name"])), one["id"]))
    return TokensFound(found, frozenset(unread))


def _describe_owner(number: int | None, names: t.Callable[[int], str | None]) -> Row:
    name = None if number is None else names(number)
    return {"kind": "user", "id": None if number is None else str(number), "name": name}
