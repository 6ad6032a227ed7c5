# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Adding and removing token signing certificates: a request that makes another one each time, and collections that are sent whole.

Nothing tells the service that a request to add one is the same as one before. So the collection is read before it and after each answer
that was lost, and what is found is taken for the new one. Removing sends both collections without the entries of the certificate, as
Terraform's azuread provider does: a password cannot be removed apart from its key.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.errors import ApiError, Cancelled, WaitTimeout
from ..._core.polling import Backoff, poll_until
from ..._core.values import AnswerObject, format_time, is_guid, shift_time
from ..certificates.entries import Entry, keep_entry
from ..certificates.writer import SETTLE_LIMIT_S, CertificateWriter, Entries
from ..client import GraphClient
from .canonical import (
    PasswordEntry,
    SigningCertificate,
    build_signing_certificate,
    find_private_parts,
    get_signing_entries,
    identify_entry,
    list_signing_certificates,
    read_preferred,
    remove_private_parts,
    sort_signing_certificates,
)
from .options import OPTION

_SELECT = "id,preferredTokenSigningKeyThumbprint,keyCredentials,passwordCredentials"
_NEEDS = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
_IN_A_ROW = 3
_IN_A_ROW_AFTER_MISS = 5
_TRIES = 4
#: Looks before one is added: a run that was cut short a moment ago may have added it, and replicas show it late. It happens once in years.
_LOOKS_BEFORE = 5
_FIRST_PAUSE_S = 1.0


class SigningCertificateWriter(CertificateWriter):
    """Writer of the token signing certificates of the service principal with *object_id*.

    ``preferred``: the thumbprint of the active one, as last read. ``made``: the certificate that :meth:`make` has added or found.
    """

    _collection, _noun = "servicePrincipals", "service principal"

    def __init__(self, ctx: Context, graph: GraphClient, object_id: str) -> None:
        super().__init__(ctx, graph, object_id)
        self.preferred: str | None = None
        self.made: SigningCertificate | None = None
        self._preferred_seen: set[str] = set()
        self._going: frozenset[str] = frozenset()

    def read(self) -> list[Entry]:
        """Return the credentials of both collections as one replica shows them, nothing private among them. Raises NotFound, BadAnswer."""
        principal = self._read_object(_SELECT)
        entries = get_signing_entries(principal)
        for part in find_private_parts(entries):
            self._ctx.secrets.add(part)
        self.preferred = read_preferred(principal)
        if self.preferred:
            self._preferred_seen.add(self.preferred)
        return [remove_private_parts(entry) for entry in entries]

    def make(
        self,
        subject: str,
        lifetime: datetime.timedelta,
        is_enough: t.Callable[[SigningCertificate], bool],
        is_new: bool = False,
    ) -> SigningCertificate:
        """Add a certificate with this *subject*, and return it; one that *is_enough* and was not there before is returned in its place.

        *is_new*: the service principal was created by this run, so that nobody else can have added one.
        Raises ApiError, with ``outcome`` unknown where an answer was lost and no certificate is seen: the next run looks first.
        """
        backoff, known = Backoff(self._ctx), self._expected
        found = None if is_new else self._look_before(is_enough)
        for number in itertools.count(1):
            if found is not None:
                return self._keep_made(found)
            try:
                answer = self._post(subject, lifetime)
            except Cancelled as exc:
                exc.facts.update(outcome="unknown")
                raise
            except ApiError as exc:
                if not self._may_have_acted(exc):
                    if not self._is_refusal(exc) or number >= _TRIES:
                        raise
                    self._pause(exc, None, backoff)
                    found = self._find_enough(is_enough)
                    continue
                found = self._look_after(is_enough)
                if found is None:
                    raise self._build_unknown(exc) from exc
            else:
                found = self._await_made(answer) or self._look_after(is_enough)
                if found is None:
                    text = f"Cannot add a token signing certificate to {self._owner}: the answer does not hold it."
                    raise self._build_unknown(ApiError(text, service="Microsoft Graph"))
            self._warn_of_twins(known, is_enough)
        raise AssertionError("the loop above ends by itself")

    def remove_certificates(self, entry_ids: t.Iterable[str], thumbprints: t.Iterable[str], subject: str) -> None:
        """Remove exactly these entries; *thumbprints*: of their certificates. Raises ApiError, which tells to plan anew where one is active."""
        self._going = frozenset(thumbprints)
        self.remove(entry_ids, subject)

    def await_made(self) -> None:
        """Wait until several reads in a row show what :meth:`make` has added, or a minute has passed; the next write is made from that."""
        if self.made is not None and self._await_shown(self.made) is None:
            self._ctx.debug(1, f"the new token signing certificate of {self._owner} is not visible yet")

    def list_unshown(self) -> list[str]:
        """Return the option where a read does not show the certificates as written, or not all that were there before, else nothing."""
        entries = self._read_if_known()
        shown = frozenset[str]() if entries is None else self._list_ids(entries)
        self.lost = [item for key_id, item in self._others.items() if entries is not None and key_id not in shown]
        is_missing = self.made is not None and (entries is None or self._find_made(entries, self.made) is None)
        return [OPTION] if is_missing or self._removed & shown or self.lost else []

    def list_certificates(self, entries: Entries) -> list[SigningCertificate]:
        """Return the certificates of *entries*, as they were read last, with what :meth:`make` has added."""
        found = list_signing_certificates(entries, self.preferred)
        if self.made is not None and self._find_made(entries, self.made) is None:
            found.append(self.made)
        return sort_signing_certificates(found)

    # -- entries

    def _list_ids(self, entries: Entries) -> frozenset[str]:
        return frozenset(map(identify_entry, entries))

    def _build_body(self, entries: Entries, body: Entries) -> dict[str, t.Any]:
        """Return both collections; that of passwords only where one of them goes, since it can be sent in no other way."""
        had, has = ([item for item in listed if isinstance(item, PasswordEntry)] for listed in (entries, body))
        found: dict[str, t.Any] = {
            "keyCredentials": [keep_entry(item) for item in body if not isinstance(item, PasswordEntry)]
        }
        if len(has) != len(had):
            found["passwordCredentials"] = has
        return found

    def _read_expected(self) -> list[Entry]:
        entries = super()._read_expected()
        if self._going & self._preferred_seen:
            raise ApiError(
                f"A token signing certificate of {self._owner} that is to be removed is active, or was a moment ago. Nothing was written;"
                " run the task again.",
                service="Microsoft Graph",
                code="certificates_changed",
                is_outdated=True,
            )
        return entries

    # -- adding

    def _post(self, subject: str, lifetime: datetime.timedelta) -> dict[str, t.Any]:
        ends = shift_time(self._graph.get_service_time(), lifetime)
        answer = self._graph.write(
            "POST",
            f"{self._path}/addTokenSigningCertificate",
            {"displayName": subject, "endDateTime": format_time(ends)},
            intent=f"add a token signing certificate to {self._owner}",
            needs=_NEEDS,
        )
        return answer or {}

    def _await_made(self, answer: dict[str, t.Any]) -> SigningCertificate | None:
        """Return the certificate of an *answer*, as reads show it where they do in time; None where the answer does not hold it.

        The key id of the answer is that of the credential to sign.
        """
        entry: Entry = AnswerObject({**answer, "type": "AsymmetricX509Cert", "usage": "Verify"})
        for part in [*find_private_parts([entry]), *find_private_parts([PasswordEntry(answer)])]:
            self._ctx.secrets.add(part)
        entry = remove_private_parts(entry)
        if not is_guid(entry.get("keyId")):
            return None
        made = replace(build_signing_certificate([], [entry]), can_sign=True)
        if made.thumbprint is None:
            return None
        self.made = made
        return self._await_shown(made) or made

    def _await_shown(self, made: SigningCertificate) -> SigningCertificate | None:
        """Return *made* as several reads in a row show it, from which the next write is made then; None where they do not in time."""
        shown: list[SigningCertificate] = []

        def look() -> bool:
            entries: Entries | None = None
            with contextlib.suppress(ApiError):  # it is added, whatever becomes of the look at it
                entries = self._read_if_known()
            found = None if entries is None else self._find_made(entries, made)
            if entries is not None and found is not None:
                shown[:], self._expected = [found], self._list_ids(entries)
            return found is not None

        with contextlib.suppress(WaitTimeout):
            poll_until(
                self._ctx,
                look,
                bool,
                what=f"the new token signing certificate of {self._owner} to show",
                in_a_row=_IN_A_ROW,
                in_a_row_after_miss=_IN_A_ROW_AFTER_MISS,
                timeout_s=SETTLE_LIMIT_S,
            )
            return self._keep_made(shown[0])
        return None

    def _keep_made(self, found: SigningCertificate) -> SigningCertificate:
        self.made = found
        return found

    def _look_before(self, is_enough: t.Callable[[SigningCertificate], bool]) -> SigningCertificate | None:
        """Return a certificate that is enough as soon as one of several reads shows one: another run may have added it a moment ago."""
        backoff = Backoff(self._ctx, first_s=_FIRST_PAUSE_S)
        for number in range(_LOOKS_BEFORE):
            if number:
                backoff.pause(about="checking again whether a new token signing certificate exists already")
            found = self._find_enough(is_enough)
            if found is not None:
                return found
        return None

    def _look_after(self, is_enough: t.Callable[[SigningCertificate], bool]) -> SigningCertificate | None:
        """Return the certificate of a request whose answer was lost, None where none shows in time."""
        backoff = Backoff(self._ctx)
        while True:
            with contextlib.suppress(ApiError):  # the service is not well; that is why we are here
                found = self._find_enough(is_enough)
                if found is not None:
                    return self._await_shown(found) or self._keep_made(found)
            if not backoff.fits_within(SETTLE_LIMIT_S):
                return None
            told = "the answer was lost: checking whether the token signing certificate was added"
            backoff.pause(about=told, limit_s=SETTLE_LIMIT_S)

    def _find_enough(self, is_enough: t.Callable[[SigningCertificate], bool]) -> SigningCertificate | None:
        entries = self._read_if_known()
        if entries is None:
            return None
        return next(
            (item for item in reversed(list_signing_certificates(entries, self.preferred)) if is_enough(item)), None
        )

    def _find_made(self, entries: Entries, made: SigningCertificate) -> SigningCertificate | None:
        listed = list_signing_certificates(entries, self.preferred)
        return next((item for item in listed if item.can_sign and item.thumbprints & made.thumbprints), None)

    def _warn_of_twins(self, known: frozenset[str], is_enough: t.Callable[[SigningCertificate], bool]) -> None:
        """Warn where another run has added a certificate at the same time: nobody can keep two from doing so."""
        with contextlib.suppress(ApiError):
            entries = self._read_if_known() or []
            new = [
                item
                for item in list_signing_certificates(entries, self.preferred)
                if is_enough(item) and not item.entry_ids & known
            ]
            if len(new) > 1:
                self._ctx.warn(
                    f"The {self._owner} has {len(new)} new token signing certificates: {', '.join(item.describe() for item in new)}."
                    " Another run has added one at the same time; remove the one that is not used."
                )

    def _build_unknown(self, exc: ApiError) -> ApiError:
        facts = {**exc.facts, "outcome": "unknown", "at": format_time(self._graph.get_service_time())}
        return ApiError(
            f"{exc} It is not known whether the certificate was added: none was visible for {SETTLE_LIMIT_S:.0f} s. "
            "It is not used for signing. Run the task again: it looks first, and adds none if this one has appeared.",
            may_have_acted=True,
            **facts,
        )
