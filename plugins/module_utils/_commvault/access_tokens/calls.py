# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Single calls for the access tokens of one user: list, create, edit, revoke."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError, NotFound, Throttled, mark_outcome_unknown
from ..._core.names import is_same_name
from ..._core.polling import Backoff
from ..._core.retry import Repeat
from ..._signin.commvault.token_pair_wire import get_token_id, get_token_name, parse_every_token, parse_token_list
from ..client import CommvaultClient
from ..create import LAG_LIMIT_S
from ..envelope import is_name_taken
from ..releases import ACCESS_TOKENS, TOKEN_ADDRESSES
from .canonical import CanonicalAccessToken, serialize_access_token

_MAX_ATTEMPTS = 3
#: Members that hold a token itself; lists are not known to show them.
_VALUES = ("accessToken", "refreshToken")

TokenRow = t.Mapping[str, t.Any]


class AccessTokens:
    """The access tokens of one user, by default of the signed-in one (id 0: unknown)."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client, self._ctx = client, client.ctx
        self.owner: tuple[int, str] = (0, "")
        self.is_foreign_owner = False
        self._known_ids: set[str | None] = set()
        self._may_be_orphaned = False

    def describe_owner(self) -> str:
        """Return the owner in words."""
        return self.owner[1] or "the signed-in user"

    def list_all(self) -> list[TokenRow]:
        """Return the rows of the owner's tokens, as the service writes them."""
        return parse_token_list(self._fetch_list())

    def list_for_report(self) -> list[TokenRow]:
        """Return the rows of the owner's tokens, also of those without a name. What a row may hold of a token itself becomes a secret."""
        rows = parse_every_token(self._fetch_list())
        self._ctx.secrets.update(str(row[name]) for row in rows for name in _VALUES if row.get(name))
        return rows

    def _fetch_list(self) -> dict[str, t.Any]:
        params = {"userId": str(self.owner[0])} if self.owner[0] else None
        try:
            return self._client.get(
                "V4/AccessToken/", intent=f"list access tokens of {self.describe_owner()}", params=params
            )
        except NotFound as exc:
            if self._client.release:
                raise
            raise NotFound(
                f"{exc} Releases before 11.{ACCESS_TOKENS.since} do not have this call, and this account is not "
                "allowed to read the release of the CommServe.",
                **exc.facts,
            ) from exc

    def remember_known(self, rows: t.Iterable[TokenRow]) -> None:
        """Remember tokens as there before anything was created."""
        self._known_ids.update(get_token_id(row) for row in rows)

    def create(self, settings: CanonicalAccessToken, subject: str) -> TokenRow:
        """Create a token and return the answered row, which alone holds its value.

        A token that came of a POST whose answer does not show it is of no use to anybody: it is revoked by its id before the next
        POST. Its name is free then, or is tried again for a while. Raises ApiError, with the fact ``outcome`` ("undone" or "unknown").
        """
        body = serialize_access_token(settings)
        if not body["allowedIPs"]:
            del body["allowedIPs"]  # unknown to releases without TOKEN_ADDRESSES
        if self.is_foreign_owner:
            body["userId"] = self.owner[0]
        lost, waiting = 0, Backoff(self._ctx)
        while True:
            try:
                return self._post(body, subject)
            except ApiError as exc:
                lost += exc.may_have_acted
                if not self._may_be_orphaned and not _is_doubtful(exc):
                    self._check_name_may_be_tried_again(exc, body["tokenName"], subject)
                    undone = False
                else:
                    self._ctx.progress(f"checking what happened to the request to create {subject}")
                    undone = self._revoke_orphan(body["tokenName"])
                    if lost >= _MAX_ATTEMPTS or not (undone or exc.may_have_acted or is_name_taken(exc)):
                        if undone or not isinstance(exc, Throttled):
                            exc.facts["outcome"] = "undone" if undone else "unknown"
                        raise
                if undone or exc.may_have_acted:
                    continue
                if not waiting.fits_within(LAG_LIMIT_S):
                    if self._may_be_orphaned:
                        exc.facts["outcome"] = "unknown"
                    raise
                self._ctx.stats.add("retries")
                told = f"waiting until Commvault releases a name (to create {subject})"
                waiting.pause(about=told, limit_s=LAG_LIMIT_S)

    def edit(self, number: str, settings: CanonicalAccessToken, subject: str) -> TokenRow:
        """Change a token to these settings and return the answered row."""
        path = f"V4/AccessToken/{quote_segment(number)}"
        body = serialize_access_token(settings)
        if not body.get("allowedIPs") and TOKEN_ADDRESSES.is_missing(self._client.release):
            body.pop("allowedIPs", None)
        return _get_row(self._client.write("PUT", path, body, intent=f"change {subject}"))

    def revoke_late_orphans(self, rows: t.Iterable[TokenRow], name: str, kept: str | None) -> None:
        """Revoke what came of an earlier POST for the token *kept* and was not shown before the next one."""
        for row in rows if self._may_be_orphaned else ():
            number = get_token_id(row)
            if is_same_name(get_token_name(row), name) and number not in self._known_ids and number != kept:
                self.revoke(str(number))
                self._known_ids.add(number)

    def revoke(self, number: str) -> None:
        """Revoke a token by its id; one that is gone is fine."""
        path = f"V4/AccessToken/{quote_segment(number)}"
        self._client.write("DELETE", path, intent=f"revoke access token {number}", missing_ok=True)

    def _post(self, body: dict[str, t.Any], subject: str) -> TokenRow:
        def is_undone() -> bool:
            self._revoke_orphan(body["tokenName"])
            return True

        answer = self._client.write(
            "POST",
            "V4/AccessToken",
            body,
            intent=f"create {subject}",
            repeat=Repeat.IF_REFUSED,
            is_undone=is_undone,
        )
        info = _get_row(answer)
        self._ctx.secrets.update(str(info[name]) for name in _VALUES if info.get(name))
        if not info.get("accessToken"):
            raise ApiError(
                f"Cannot create {subject}: the answer does not hold it.", service="Commvault", may_have_acted=True
            )
        return info

    def _revoke_orphan(self, name: str) -> bool:
        """Revoke the one token of this name that was not there before; return whether there was one.

        Errors leave the outcome of the POST unknown.
        """
        self._may_be_orphaned = True
        with mark_outcome_unknown():
            orphans = [
                row
                for row in self.list_all()
                if is_same_name(get_token_name(row), name) and get_token_id(row) not in self._known_ids
            ]
            if len(orphans) != 1:
                return False
            self.revoke(str(get_token_id(orphans[0])))
        self._known_ids.add(get_token_id(orphans[0]))
        return True

    def _check_name_may_be_tried_again(self, refusal: ApiError, name: str, subject: str) -> None:
        """Raise *refusal* unless it says that the name is taken and no list shows by which token; raise ApiError where one does."""
        if not is_name_taken(refusal):
            raise refusal
        rows = self.list_all()
        if any(is_same_name(get_token_name(row), name) and get_token_id(row) not in self._known_ids for row in rows):
            raise ApiError(
                f"Cannot create {subject}: it exists already; the list did not show it at first. Run the task again.",
                is_outdated=True,
                **refusal.facts,
            ) from refusal


def _get_row(answer: dict[str, t.Any]) -> TokenRow:
    inner = answer.get("tokenInfo")
    return inner if isinstance(inner, dict) else answer


def _is_doubtful(error: ApiError) -> bool:
    """Return whether the POST may have been carried out although it was answered with this error."""
    return error.may_have_acted or (
        not is_name_taken(error) and (isinstance(error, Throttled) or (error.status or 0) >= 500)
    )
