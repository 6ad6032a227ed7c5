# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Parsing of Commvault's answers about access tokens: to create, renew and list; tolerant where releases and documents differ."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from ..._core.errors import BadAnswer
from ..._core.values import LATEST_TIME
from ..._stores.token_pair import TokenPair

Body = t.Mapping[str, t.Any]
_MEMBERS = (
    "accessToken",
    "refreshToken",
    "tokenExpiryTimestamp",
    "refreshTokenExpiryTimestamp",
    "renewableUntilTimestamp",
)
_IDS = ("accessTokenId", "tokenId", "id")
_NAMES = ("tokenName", "name")
_LIST_NAME = re.compile(r"(?:access)?tokens?(?:info|list)?")


def parse_renewed_pair(pair: TokenPair, content: str, now: float) -> TokenPair | None:
    """Return the renewed pair in the answer to a renewal of *pair*, None when it holds no token. *now*: epoch seconds.

    The answer is flat, unlike that to a creation. Some releases send broken JSON: its members are then read one by one, as the
    pair would be lost otherwise. An answer with a refresh token only means that the access token stays valid.
    """
    found = _parse_members(content)
    access, refresh = found.get("accessToken") or "", found.get("refreshToken") or ""
    if not access and not refresh:
        return None
    return dataclasses.replace(
        pair,
        access_token=str(access or pair.access_token),
        refresh_token=str(refresh) or None,
        expires=parse_epoch(found.get("tokenExpiryTimestamp")),
        refresh_expires=parse_epoch(found.get("refreshTokenExpiryTimestamp")),
        renewable_until=parse_epoch(found.get("renewableUntilTimestamp")) or pair.renewable_until,
        issued=now,
        generation=pair.generation + 1,
        renewal=None,
    )


def parse_created_pair(info: Body, now: float) -> TokenPair:
    """Return the pair in the answer to a creation. *now*: epoch seconds."""
    user = info.get("userId")
    return TokenPair(
        access_token=str(info.get("accessToken") or ""),
        refresh_token=str(info.get("refreshToken") or "") or None,
        expires=parse_epoch(info.get("tokenExpiryTimestamp")),
        refresh_expires=parse_epoch(info.get("refreshTokenExpiryTimestamp")),
        renewable_until=parse_epoch(info.get("renewableUntilTimestamp")),
        issued=now,
        token_id=get_token_id(info),
        user_id=str(user) if user else None,
        name=get_token_name(info) or None,
    )


def find_token_rows(body: t.Any) -> list[Body]:
    """Return the tokens in the answer to the list: the first list with objects that have an id and a name.

    No document shows where in the answer that list is. Objects without id or name are left out.
    """
    if isinstance(body, dict):
        for outer in (body, *_list_objects(body)):
            for value in outer.values():
                found = [row for row in value if _is_token_row(row)] if isinstance(value, list) else []
                if found:
                    return found
    return []


def parse_token_list(body: t.Any) -> list[Body]:
    """Return the tokens as :func:`find_token_rows` does, for decisions that depend on a token being absent.

    Raises BadAnswer where a list whose name contains ``token`` holds an object without an id, or no token at all: its tokens would
    count as absent. A token without a name is left out: it cannot be asked for by name.
    """
    inside = [row for rows in _find_token_lists(body) for row in rows]
    found = find_token_rows(body)
    if any(isinstance(row, dict) and get_token_id(row) is None for row in inside) or (inside and not found):
        raise _build_bad_list("it holds entries without id or name")
    return found


def parse_every_token(body: t.Any) -> list[Body]:
    """Return all tokens of the answer to the list, for reports: also those without a name.

    Raises BadAnswer where anything in it that is named as tokens are is no list of objects with ids: no token may be overlooked.
    """
    lists = _find_token_lists(body)
    rows = [row for part in lists for row in part if isinstance(row, dict)]
    if not all(_has_plain_id(row) for row in rows):
        raise _build_bad_list("it holds entries without id")
    mixed = any(
        any(isinstance(row, dict) for row in part) and not all(isinstance(row, dict) for row in part) for part in lists
    )
    if mixed or (not rows and any(lists)) or any(_is_no_list(name, value) for name, value in _list_members(body)):
        raise _build_bad_list("it holds something else than a list of tokens")
    return list({get_token_id(row): row for row in [*find_token_rows(body), *rows]}.values())


def _find_token_lists(body: t.Any) -> list[list[t.Any]]:
    """Return the lists whose name contains ``token``, or that are in an object of such a name."""
    found: list[list[t.Any]] = []
    for holder in (body, *_list_objects(body)) if isinstance(body, dict) else ():
        for name, value in holder.items():
            parts = [value, *value.values()] if isinstance(value, dict) else [value]
            found += [part for part in parts if isinstance(part, list) and "token" in name.lower()]
    return found


def _list_members(body: t.Any) -> list[tuple[str, t.Any]]:
    return list(body.items()) if isinstance(body, dict) else []


def _is_no_list(name: str, value: t.Any) -> bool:
    """Return whether a member that is named as a list of tokens is none."""
    if _LIST_NAME.fullmatch(name.lower()) is None or value is None or isinstance(value, list):
        return False
    return not isinstance(value, dict) or (bool(value) and not any(isinstance(part, list) for part in value.values()))


def _has_plain_id(row: Body) -> bool:
    value = next((row[name] for name in _IDS if row.get(name)), None)
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _build_bad_list(what: str) -> BadAnswer:
    return BadAnswer(f"Commvault's list of access tokens cannot be understood: {what}.", service="Commvault")


def _list_objects(body: Body) -> list[Body]:
    return [value for value in body.values() if isinstance(value, dict)]


def get_token_id(row: Body) -> str | None:
    """Return a token's id as text, None when it has none."""
    return next((str(row[name]) for name in _IDS if row.get(name)), None)


def get_token_name(row: Body) -> str:
    """Return a token's name, empty when it has none."""
    return next((str(row[name]) for name in _NAMES if row.get(name)), "")


def parse_epoch(value: t.Any) -> float | None:
    """Return epoch seconds, None where the service gives nothing, 0, or a number that is no date."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 0 < found <= LATEST_TIME else None


def _is_token_row(row: t.Any) -> bool:
    return isinstance(row, dict) and get_token_id(row) is not None and bool(get_token_name(row))


def _parse_members(content: str) -> Body:
    """Return the members of an answer that hold the pair; found by pattern where the JSON is broken."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        found: dict[str, t.Any] = {}
        for name in _MEMBERS:
            match = re.search(rf'"{name}"\s*:\s*(?:"([^"\\\s]+)"|(\d+))', content)
            if match:
                found[name] = match.group(1) or match.group(2)
        return found
    if not isinstance(body, dict):
        return {}
    inner = body.get("tokenInfo")
    return inner if isinstance(inner, dict) else body
