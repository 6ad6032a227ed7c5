# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Adding and removing certificates: Graph takes the whole collection at once, so nothing is sent that was not read just before.

Graph has no way to say "only if nothing has changed" here. A writer therefore reads until several answers in a row agree, reads again
directly before it writes, sends nothing where that is not what the plan was made from, never repeats a request without another look, and
looks afterwards whether all that it sent is there. What somebody else adds between the last look and the write, a moment later, cannot
be seen by anybody: the one who added it notices, since it looks, too, and adds it again.
"""

from __future__ import annotations

import contextlib
import itertools
import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, BadAnswer, Cancelled, NotFound, Throttled, Unreachable, WaitTimeout
from ..._core.polling import Backoff, poll_until, wait_as_told
from ..._core.public_certificates import PublicCertificate
from ..._core.resource import Finding
from ..._core.retry import Repeat
from ..client import GraphClient
from ..confirm import wait_until_shown
from ..secrets.policy import CERTIFICATE, explain_lifetime_cap
from .canonical import Certificate, canonical_certificate, get_key_credentials, list_key_ids
from .entries import Entry, build_entry, draw_key_id, keep_entry

_NEEDS = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
#: Reads in a row that have to agree: at once, and after one that did not, since replicas lag one by one.
_IN_A_ROW = 3
_IN_A_ROW_AFTER_MISS = 5
#: How long replicas may disagree, and how long the outcome of a lost answer is looked for.
SETTLE_LIMIT_S = 60.0
#: How long a new certificate may be missing before it is taken for lost to somebody else's write.
_LOST_AFTER_S = 20.0

Entries = t.Sequence[Entry]


class CertificateWriter:
    """Writer of the certificates of the registration with *object_id*.

    ``lost``: certificates that were there before a write of ours and are not any more, as far as :meth:`confirm` has seen. For the
    credentials of other objects, ``read``, ``_list_ids`` and ``_build_body`` are replaced.
    """

    _collection, _noun = "applications", "application"

    def __init__(
        self, ctx: Context, graph: GraphClient, object_id: str, new_id: t.Callable[[], str] = draw_key_id
    ) -> None:
        self._ctx, self._graph, self._object_id, self._new_id = ctx, graph, object_id, new_id
        self._path, self._owner = f"/{self._collection}/{quote_segment(object_id)}", f"{self._noun} {object_id}"
        self._expected: frozenset[str] = frozenset()
        self._added: dict[str, Entry] = {}
        self._removed: frozenset[str] = frozenset()
        self._others: dict[str, Certificate] = {}
        self.lost: list[Certificate] = []

    def read(self) -> list[Entry]:
        """Return the whole collection as one replica shows it. Raises NotFound where that does not know the registration, BadAnswer."""
        return list(get_key_credentials(self._read_object("id,keyCredentials")))

    def _read_object(self, select: str) -> dict[str, t.Any]:
        found = self._graph.get(
            self._path, intent=f"list certificates of {self._owner}", needs=_NEEDS, params={"$select": select}
        )
        if found is None:
            text = f"Cannot list certificates of {self._owner}: it does not exist."
            raise NotFound(text, service="Microsoft Graph", status=404)
        return found

    def _list_ids(self, entries: Entries) -> frozenset[str]:
        """Return what tells the entries of the collection apart."""
        return list_key_ids(entries)

    def _build_body(self, entries: Entries, body: Entries) -> dict[str, t.Any]:
        """Return what is sent to have *body* in place of *entries*."""
        known = self._list_ids(entries)
        return {"keyCredentials": [keep_entry(item) if self._list_ids([item]) <= known else item for item in body]}

    def settle(self, seen: Entries | None = None) -> list[Entry]:
        """Return the collection once several reads in a row show the same; *seen*: what was read just before.

        From now on this is what writes are made from. Raises WaitTimeout where it goes on to change.
        """
        last: list[t.Any] = [None if seen is None else self._list_ids(seen), []]

        def look() -> bool:
            entries = self._read_if_known()
            before, last[0] = last[0], None if entries is None else self._list_ids(entries)
            last[1] = entries
            return entries is not None and before in (None, last[0])

        poll_until(
            self._ctx,
            look,
            bool,
            what=f"the certificates of {self._owner} to be the same in several reads",
            in_a_row=_IN_A_ROW if seen is None else _IN_A_ROW - 1,
            timeout_s=SETTLE_LIMIT_S,
        )
        self._expected = t.cast("frozenset[str]", last[0])
        return t.cast("list[Entry]", last[1])

    def await_expected(self) -> None:
        """Wait until reads show what the next write is made from, what was just written among it. Raises ApiError that tells to plan anew."""
        try:
            poll_until(
                self._ctx,
                lambda: self._shows_expected(self._read_if_known()),
                bool,
                what=f"the certificates of {self._owner} to show as they were read",
                in_a_row=_IN_A_ROW,
                in_a_row_after_miss=_IN_A_ROW_AFTER_MISS,
                timeout_s=SETTLE_LIMIT_S,
            )
        except WaitTimeout as exc:
            raise self._build_outdated() from exc

    def add(self, certificate: PublicCertificate, name: str | None = None) -> str:
        """Add *certificate* under the display name *name*, beside all others, and return its key id.

        Raises ApiError: with ``is_outdated`` where the collection is another one than it was, and nothing was written; with
        ``outcome`` unknown and ``key_id`` where an answer was lost and the certificate is not seen.
        """
        key_id = self._new_id()
        entry = build_entry(key_id, certificate, name)
        try:
            self._write(
                lambda entries: [*entries, entry],
                lambda shown: key_id in shown,
                f"add certificate {certificate.thumbprint}",
            )
        except (ApiError, Cancelled) as exc:
            if isinstance(exc, Cancelled) or exc.may_have_acted:
                exc.facts.update(key_id=key_id, outcome="unknown")
            raise
        self._expected |= {key_id}
        self._added[key_id] = entry
        return key_id

    def remove(self, key_ids: t.Iterable[str], subject: str = "") -> None:
        """Remove exactly the certificates with *key_ids*; those that are gone already are fine. Raises ApiError as :meth:`add` does.

        *subject*: what people call them, where that is not their key ids.
        """
        gone = frozenset(key_id.lower() for key_id in key_ids)
        self._write(
            lambda entries: self._drop(entries, gone),
            lambda shown: not gone & shown,
            "remove " + (subject or f"certificate {', '.join(sorted(gone))}"),
        )
        self._expected -= gone
        self._removed |= gone
        for key_id in gone:
            self._added.pop(key_id, None)

    def confirm(self, subject: str) -> list[Finding]:
        """Wait until what was written shows, and all that was there before with it; return what does not show.

        A new certificate that goes missing, as when somebody else wrote from what was before, is added once more. Raises WaitTimeout for
        a removed one that still shows, and ApiError for others that are not there any more: nobody knows whether somebody has removed
        them or they were lost, so it is told.
        """
        if not self._shows_all_in_time() and self._is_missing():
            self._add_again()
        findings = wait_until_shown(self._graph, self._find_unshown, subject, ["state"])
        self.check_lost(subject)
        return list(findings)

    def check_lost(self, subject: str) -> None:
        """Raise ApiError where what was there before *subject* was written has not been seen since."""
        if self.lost:
            listed = ", ".join(item.describe() for item in self.lost)
            raise ApiError(
                f"{self._noun.capitalize()} {self._object_id} has lost certificates while {subject} was written: "
                f"{listed}. They were sent unchanged with the new one. Either somebody removed them at the same "
                "time, or Entra ID did not keep them: find out who changes this application, and add them again if "
                "they are needed.",
                service="Microsoft Graph",
                code="certificates_lost",
                lost=[item.as_row() for item in self.lost],
            )

    # -- looking

    def _read_if_known(self) -> list[Entry] | None:
        """Return the collection, None from a replica that does not know the registration."""
        try:
            return self.read()
        except NotFound:
            return None

    def _shows_expected(self, entries: Entries | None) -> bool:
        return entries is not None and self._list_ids(entries) == self._expected

    def _find_unshown(self) -> list[str]:
        """Return the words for what is not shown as written: a new certificate, the absence of a removed one, others."""
        entries = self._read_if_known()
        shown = frozenset[str]() if entries is None else self._list_ids(entries)
        self.lost = [item for key_id, item in self._others.items() if entries is not None and key_id not in shown]
        parts = {
            "certificates": bool(self._added.keys() - shown),
            "state": bool(self._removed & shown),
            "other_certificates": bool(self.lost),
        }
        return [name for name, is_unshown in parts.items() if is_unshown]

    def _shows_all_in_time(self) -> bool:
        """Return True once several reads in a row, with pauses between, show everything as written; False where they do not in time."""
        try:
            poll_until(
                self._ctx,
                self._look_for_unshown,
                bool,
                what=f"the certificates of {self._owner} to show",
                in_a_row=_IN_A_ROW,
                timeout_s=_LOST_AFTER_S,
            )
        except WaitTimeout:
            return False
        return True

    def _look_for_unshown(self) -> bool:
        with self._graph.without_waiting(), contextlib.suppress(ApiError):
            return not self._find_unshown()
        return False

    def _is_missing(self) -> bool:
        with self._graph.without_waiting(), contextlib.suppress(ApiError):
            return "certificates" in self._find_unshown()
        return False

    def _add_again(self) -> None:
        """Send the new certificates once more, beside what is there now; what cannot be told or written is left to the last look."""
        self._ctx.debug(1, f"the certificates of {self._owner}: a new one is missing, adding it again")
        with contextlib.suppress(ApiError, WaitTimeout):
            self.settle()
            missing = [entry for key_id, entry in self._added.items() if key_id not in self._expected]
            if missing:
                ids = self._added.keys()
                self._write(
                    lambda entries: [*self._drop(entries, self._removed), *missing],
                    lambda shown: ids <= shown,
                    "add certificates again",
                )
                self._expected |= ids

    # -- writing

    def _write(
        self, build: t.Callable[[Entries], list[t.Any]], is_done: t.Callable[[frozenset[str]], bool], intent: str
    ) -> None:
        """Send the collection that *build* makes of the present one; *is_done* tells of key ids whether that has happened.

        Each try looks first. A try that ended badly is followed up: it has happened, or the collection is as it was and one more is made.
        """
        lost: ApiError | None = None  # of a try that may have acted
        backoff = Backoff(self._ctx)
        for number in itertools.count(1):
            is_last = number >= self._graph.retry_policy.tries
            try:
                entries = self._read_expected()
            except ApiError:
                if lost is None:
                    raise
                failure = lost
            else:
                try:
                    self._send(entries, build(entries), intent)
                    return
                except ApiError as exc:
                    failure = exc
            if self._may_have_acted(failure):
                lost = failure
            elif lost is None and (is_last or not (self._is_refusal(failure) or isinstance(failure, Unreachable))):
                self._raise_refusal(failure)
            self._pause(failure, lost, backoff)
            if self._look_for_outcome(lost, is_done, is_last):
                return

    def _read_expected(self) -> list[Entry]:
        """Return the collection. Raises ApiError that tells to plan anew where it is not what the plan was made from."""
        entries = self._read_if_known()
        if entries is None or not self._shows_expected(entries):
            raise self._build_outdated()
        return entries

    def _check_unchanged(self) -> bool:
        """Return True. Raises ApiError as :meth:`_read_expected` does."""
        self._read_expected()
        return True

    def _send(self, entries: Entries, body: Entries, intent: str) -> None:
        """Send *body* in place of *entries*, once, and keep what has to be there afterwards, what an earlier write has kept among it."""
        held = {key_id: entry for entry in entries for key_id in self._list_ids([entry])}
        kept = (self._list_ids(body) & held.keys()) - self._added.keys()
        others = {**self._others, **{key_id: canonical_certificate(held[key_id]) for key_id in sorted(kept)}}
        dropped = held.keys() - self._list_ids(body)
        self._others = {key_id: item for key_id, item in others.items() if key_id not in dropped}
        with self._graph.without_waiting():  # which would send the same again without another look
            self._graph.write(
                "PATCH",
                self._path,
                self._build_body(entries, body),
                intent=intent,
                needs=_NEEDS,
                repeat=Repeat.NEVER,
                is_undone=self._check_unchanged,
            )

    def _drop(self, entries: Entries, gone: t.Collection[str]) -> list[Entry]:
        """Return the entries without those that *gone* names."""
        return [entry for entry in entries if not self._list_ids([entry]) & frozenset(gone)]

    def _pause(self, failure: ApiError, lost: ApiError | None, backoff: Backoff) -> None:
        """Wait before the next look, as long as the service has told. Raises *lost* where no time is left and a try may have acted."""
        try:
            if failure.facts.get("retry_after_s") is not None or isinstance(failure, Throttled):
                wait_as_told(self._ctx, failure, "writing the certificates")
            else:
                backoff.pause(about="waiting before writing the certificates again")
                self._ctx.stats.add("retries")
        except (ApiError, WaitTimeout):
            if lost is None:
                raise
            lost.may_have_acted = True
            raise lost from None

    def _may_have_acted(self, exc: ApiError) -> bool:
        """Return True for a failed request that may have been carried out."""
        if self._is_refusal(exc):
            return False
        return isinstance(exc, BadAnswer) or exc.may_have_acted or exc.status in self._graph.retry_policy.rules.statuses

    def _is_refusal(self, exc: ApiError) -> bool:
        """Return True where the service says that it has done nothing and that the request may be sent again."""
        is_unknown = isinstance(exc, NotFound)  # to a replica; it was there a moment ago
        return is_unknown or isinstance(exc, Throttled) or exc.code in self._graph.retry_policy.rules.refusal_codes

    def _look_for_outcome(
        self, lost: ApiError | None, is_done: t.Callable[[frozenset[str]], bool], is_last: bool
    ) -> bool:
        """Return True once the change shows, False when it does not and another try may be made.

        *lost*: the failure of a try that may have acted; then several looks in a row have to agree. Raises it where neither is seen in time,
        or no try is left.
        """
        if lost is None:
            return False
        undone, backoff = 0, Backoff(self._ctx)
        while True:
            entries: Entries | None = None
            with contextlib.suppress(ApiError):  # the service is not well; that is why we are here
                entries = self._read_if_known()
            if entries is not None and is_done(self._list_ids(entries)):
                return True
            undone = undone + 1 if self._shows_expected(entries) else 0
            if undone >= _IN_A_ROW and not is_last:
                return False
            if not backoff.fits_within(SETTLE_LIMIT_S):
                lost.may_have_acted = True
                raise lost
            told = "the answer was lost: checking whether the certificates were written"
            backoff.pause(about=told, limit_s=SETTLE_LIMIT_S)

    def _raise_refusal(self, exc: ApiError) -> t.NoReturn:
        """Raise *exc* with what a policy demands, or an error that tells to plan anew where the collection has changed meanwhile."""
        is_changed = False
        if exc.status in (400, 409):
            with contextlib.suppress(ApiError):
                is_changed = not self._shows_expected(self._read_if_known())
        if is_changed:
            raise self._build_outdated() from exc
        raise explain_lifetime_cap(self._graph, self._object_id, exc, CERTIFICATE) from exc

    def _build_outdated(self) -> ApiError:
        return ApiError(
            f"The certificates of {self._owner} have changed since the plan was made: somebody else is changing "
            "them. Nothing was written; run the task again.",
            service="Microsoft Graph",
            code="certificates_changed",
            is_outdated=True,
        )
