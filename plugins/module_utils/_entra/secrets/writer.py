# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Adding and removing client secrets: Graph has no idempotency key for them, so lost answers are followed up."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, Cancelled, CvopsError, Throttled, WaitTimeout
from ..._core.names import is_same_name
from ..._core.polling import Backoff, poll_until, wait_as_told
from ..._core.retry import Repeat
from ..._core.values import format_time, get_objects, shift_time
from ..client import GraphClient
from ..confirm import wait_until_shown
from ..errors import is_already_done
from .markers import draw_attempt_id
from .policy import explain_lifetime_cap

_NEEDS = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
_ATTEMPTS = 3
#: How long the secret of a lost answer is looked for: reads of passwordCredentials lag a write.
SEARCH_LIMIT_S = 60.0
_READS_UNTIL_GONE = 2
#: Looks for a secret of the same name before one is added, beside that of the plan, and looks that show a new one in a row.
_LOOKS_BEFORE = 2
_LOOKS_IN_A_ROW = 3


class SecretWriter:
    """Writer of the client secrets of the registration with *object_id*."""

    def __init__(
        self, ctx: Context, graph: GraphClient, object_id: str, new_id: t.Callable[[], str] = draw_attempt_id
    ) -> None:
        self._ctx, self._graph, self._object_id, self._new_id = ctx, graph, object_id, new_id
        self._path = f"/applications/{quote_segment(object_id)}"

    def add(self, name: str, lifetime_days: int) -> dict[str, t.Any]:
        """Add a secret and return the passwordCredential with its ``secretText``; each request has a marker of its own.

        After a throttled request, or an answer that was lost, a secret with the attempt's marker is looked for: nobody has its
        value, so it is removed, and one more is added under a new marker. Raises ApiError whose facts hold the ``marker`` when
        a lost answer's secret was not seen: it may still appear.
        """
        attempt = 0
        while True:
            attempt += 1
            marker = f"{name}/{self._new_id()}"
            try:
                return self._add_once(marker, lifetime_days)
            except Cancelled as exc:
                exc.facts.update(marker=marker, outcome="unknown")
                raise
            except ApiError as exc:
                self._recover(exc, marker, last=attempt >= _ATTEMPTS)

    def look_again(self, is_enough: t.Callable[[list[dict[str, t.Any]]], bool]) -> list[dict[str, t.Any]] | None:
        """Return the secrets as soon as one of several further reads gives *is_enough*, else None."""
        backoff = Backoff(self._ctx)
        for dummy in range(_LOOKS_BEFORE):
            backoff.pause(about="checking again whether the secret exists already")
            listed = self._list_secrets()
            if is_enough(listed):
                return listed
        return None

    def await_listed(self, key_id: str) -> bool:
        """Wait until several reads in a row list the new secret *key_id*; return False and warn where they do not in time.

        Until they do, a run that asks for the same secret would add a second one.
        """
        try:
            poll_until(
                self._ctx,
                lambda: self._is_listed(key_id),
                bool,
                what=f"secret {key_id} to be listed",
                in_a_row=_LOOKS_IN_A_ROW,
                timeout_s=SEARCH_LIMIT_S,
            )
        except (ApiError, WaitTimeout) as exc:
            self._ctx.warn(
                f"Secret {key_id} was added and its value is in the result, but the list of secrets does not show it ({exc})"
                " A run soon after this one may add a second one."
            )
            return False
        return True

    def await_gone(self, key_id: str) -> None:
        """Wait until the secret *key_id* is listed no more. Raises WaitTimeout: it may be good for signing in still."""
        subject = f"secret {key_id}"
        wait_until_shown(self._graph, lambda: ["state"] if self._is_listed(key_id) else [], subject, ["state"])

    def remove(self, key_id: str, *, is_new: bool = False) -> None:
        """Remove the secret with *key_id*; one that is gone already is fine, once two reads agree.

        A replica that does not know a new secret yet answers as if there were none, so that answer is checked. *is_new*: the secret was
        added a moment ago, so that it is looked for until the time is up: reads that agree may all come from such a replica. Raises ApiError.
        """
        gone, backoff = 0, Backoff(self._ctx)
        while True:
            try:
                # Removing by key id twice has the effect of once.
                self._graph.write(
                    "POST",
                    f"{self._path}/removePassword",
                    {"keyId": key_id},
                    intent=f"remove secret {key_id}",
                    needs=_NEEDS,
                    repeat=Repeat.ALWAYS,
                )
                return
            except ApiError as exc:
                if not is_already_done(exc, "no password credential found"):
                    raise
                gone = 0 if self._is_listed(key_id) else gone + 1
                is_over = not backoff.fits_within(SEARCH_LIMIT_S, before_deadline=False)
                if gone >= _READS_UNTIL_GONE and (is_over or not is_new):
                    return
                if is_over:
                    raise
            told = f"waiting until Entra ID finds the secret {key_id}, to remove it"
            backoff.pause(about=told, limit_s=SEARCH_LIMIT_S)

    def _add_once(self, marker: str, lifetime_days: int) -> dict[str, t.Any]:
        ends = shift_time(self._graph.get_service_time(), datetime.timedelta(days=lifetime_days))
        body = {"passwordCredential": {"displayName": marker, "endDateTime": format_time(ends)}}
        # Repeated below this line only when the request was never received.
        try:
            added = self._graph.write(
                "POST", f"{self._path}/addPassword", body, intent=f"add secret {marker}", needs=_NEEDS
            )
        except ApiError as exc:
            raise explain_lifetime_cap(self._graph, self._object_id, exc) from exc
        if not added or not added.get("secretText") or not added.get("keyId"):
            raise ApiError(
                f"Cannot add secret {marker}: the answer does not hold it.",
                service="Microsoft Graph",
                may_have_acted=True,
            )
        self._ctx.secrets.add(str(added["secretText"]))
        return added

    def _recover(self, exc: ApiError, marker: str, last: bool) -> None:
        """Return when another attempt may be made; else raise *exc*, or an error that says more."""
        throttled = isinstance(exc, Throttled)
        if not throttled and not exc.may_have_acted:
            raise exc
        if throttled:
            wait_as_told(self._ctx, exc, "adding a secret")
        since = self._ctx.clock.monotonic()
        orphan, failure = self._look_for(marker, once=throttled)
        if orphan is not None:
            self.remove(str(orphan["keyId"]).lower(), is_new=True)
        elif not throttled:
            raise self._build_unknown_outcome(exc, marker, self._ctx.clock.monotonic() - since, failure) from exc
        elif failure is not None:  # a second secret beside one that was not seen would be one too many
            failure.facts["marker"] = marker
            raise failure
        if last:
            raise exc

    def _look_for(self, marker: str, once: bool) -> tuple[dict[str, t.Any] | None, ApiError | None]:
        """Return the secret with *marker*, or None, and the error of the last read if it failed.

        Reads until the secret shows or the time is up, with *once* a single time.
        """
        backoff = Backoff(self._ctx)
        while True:
            failure: ApiError | None = None
            try:
                found = next((item for item in self._list_secrets() if item.get("displayName") == marker), None)
            except ApiError as exc:  # the service is not well; that is why we are here
                found, failure = None, exc
            if found is not None or once or not backoff.fits_within(SEARCH_LIMIT_S):
                return found, failure
            backoff.pause(about=f"the answer was lost: looking for the secret {marker}", limit_s=SEARCH_LIMIT_S)

    def _is_listed(self, key_id: str) -> bool:
        return any(is_same_name(str(item["keyId"]), key_id) for item in self._list_secrets())

    def _list_secrets(self) -> list[dict[str, t.Any]]:
        found = self._graph.get(
            self._path,
            intent=f"list secrets of application {self._object_id}",
            needs=_NEEDS,
            params={"$select": "id,passwordCredentials"},
        )
        return list(get_objects(found, "passwordCredentials"))

    def _build_unknown_outcome(
        self, exc: ApiError, marker: str, looked_s: float, failure: ApiError | None
    ) -> CvopsError:
        seen = (
            f"none with the display name {looked_s:.0f} was visible for {marker} s."
            if failure is None
            else f"the list of secrets, which would show one with the display name {marker}, could not be read ({failure})"
        )
        advice = (
            f"{exc} It is not known whether the secret was created: {seen} If it appears, nobody has its value: "
            "remove it by its key id (state absent) before the next run, which would otherwise keep it. If it does "
            "not appear, run the task again."
        )
        facts = {**exc.facts, "marker": marker, "outcome": "unknown", "at": format_time(self._graph.get_service_time())}
        return type(exc)(advice, may_have_acted=True, **facts)
