# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The joined log of both services, indexed by what its entries are about. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.names import fold_case
from ..._core.values import parse_time
from ..access_log.coverage import overlaps
from ..access_log.reading import ENTRA, ENTRA_HOST
from .entra_side import fold_id
from .facts import get_day

Entry = t.Mapping[str, t.Any]
#: The logs of what was changed.
_LOGS = ("directory_audits", "audit_trail")
_LATE = "late"
#: Why it is not known whether an entry is missing.
OUTSIDE, ENDS_EARLY, GAP = "outside the retention", "log ends before the bundle", "gap in the log"
#: So long before a document was finished the log may have been read.
_READ_BEFORE = datetime.timedelta(hours=1)
_DISABLE, _ENABLE, _DELETE, _RESTORE = "disable account", "enable account", "delete user", "restore user"
_ENABLED = "AccountEnabled"


class LogIndex:
    """Entries that changed something and did not fail, by the ids and names of their objects."""

    def __init__(self, log: t.Mapping[str, t.Any] | None) -> None:
        self.is_given = log is not None
        self._log = log or {}
        self._by_object: dict[tuple[str, str], list[Entry]] = {}
        self._handshakes: dict[tuple[str, str], t.Mapping[str, t.Any]] | None = None
        for entry in self._log.get("events") or ():
            if not isinstance(entry, t.Mapping) or entry.get("outcome") == "failure" or entry.get("log") not in _LOGS:
                continue
            for key in _list_keys(entry):
                self._by_object.setdefault(key, []).append(entry)

    def find_entries(self, host: str, words: t.Iterable[str], start: str, end: str) -> list[Entry]:
        """Return the entries of a host that are about something with one of these ids or names, after *start* and up to *end*, each once."""
        found: dict[int, Entry] = {}
        for word in words:
            for entry in self._by_object.get((host, fold_case(word)), ()) if word else ():
                if start < str(entry.get("time")) <= end:
                    found[id(entry)] = entry
        return sorted(found.values(), key=lambda entry: (str(entry.get("time")), str(entry.get("record_id"))))

    def describe_sign_in(self, commcell: str, record_id: str) -> str | None:
        """Return the sign-in at Entra ID of the certain handshake in which an entry of a CommCell was written; None where there is none."""
        if self._handshakes is None:
            self._handshakes = {
                (str(one.get("commcell")), str(action)): one
                for one in self._log.get("handshakes") or ()
                if isinstance(one, t.Mapping) and one.get("certain") is True and one.get("sign_in")
                for action in one.get("actions") or ()
            }
        found = self._handshakes.get((commcell, record_id))
        if found is None:
            return None
        return f"{found['sign_in']} at {found.get('since') or 'an unknown time'} from {found.get('address') or 'an unknown address'}"

    def find_lack(self, host: str, start: str, end: str) -> str | None:
        """Return why not all that a host logged between two moments was read; None where it was, but for what is late and for the last hour: the
        log may be read first.
        """
        source = next((one for one in self._log.get("sources") or () if one.get("host") == host), None)
        since, begins, last = _get_moment((source or {}).get("since")), _get_moment(start), _get_moment(end)
        if source is None or since is None or begins is None or last is None or since > begins:
            return OUTSIDE
        own = [gap for gap in self._log.get("gaps") or () if gap.get("host") == host]
        late = [gap.get("to") for gap in own if gap.get("reason") == _LATE]
        read = [moment for moment in map(_get_moment, (source.get("complete_until"), *late)) if moment is not None]
        if not read or last - max(read) > _READ_BEFORE:
            return ENDS_EARLY
        return GAP if any(overlaps(dict(gap), start, end) for gap in own if gap.get("reason") != _LATE) else None

    def find_end_of_account(self, entra_id: str, state: str) -> str | None:
        """Return the day on which a user of Entra ID was disabled or deleted last, as the log has it; None where it was undone afterwards, so
        that the log has not all that happened.
        """
        about = self._list_about(entra_id)
        ended = max((str(entry.get("time")) for entry in about if _ends_account(entry, state)), default="")
        if any(_begins_account(entry, state) and str(entry.get("time")) > ended for entry in about):
            return None
        day = get_day(ended)
        return day.isoformat() if day else None

    def find_return_of_account(self, entra_id: str, state: str) -> str | None:
        """Return the day on which a user of Entra ID was enabled or restored last, as the log has it."""
        day = get_day(
            max((str(one.get("time")) for one in self._list_about(entra_id) if _begins_account(one, state)), default="")
        )
        return day.isoformat() if day else None

    def _list_about(self, entra_id: str) -> list[Entry]:
        """Return the entries whose object is this user."""
        found = self.find_entries(ENTRA_HOST, [fold_id(entra_id)], "", "~")
        return [entry for entry in found if fold_id((entry.get("object") or {}).get("id")) == fold_id(entra_id)]


def _get_moment(value: t.Any) -> datetime.datetime | None:
    try:
        return parse_time(value)
    except ValueError:
        return None


def _ends_account(entry: Entry, state: str) -> bool:
    activity = _get_activity(entry)
    if state == "disabled":
        return activity == _DISABLE or _is_flag(entry, "false")
    return activity == _DELETE


def _begins_account(entry: Entry, state: str) -> bool:
    activity = _get_activity(entry)
    if state == "disabled":
        return activity == _ENABLE or _is_flag(entry, "true")
    return activity == _RESTORE


def _get_activity(entry: Entry) -> str:
    return fold_case(str(entry.get("activity") or ""))


def _is_flag(entry: Entry, wanted: str) -> bool:
    """Return whether an account's flag is *wanted* after an entry; Entra ID writes ``[false]``, in text or as a list."""
    after = (entry.get("after") or {}).get(_ENABLED)
    found = after[0] if isinstance(after, (list, tuple)) and len(after) == 1 else after
    return str(found).strip("[]\"' ").lower() == wanted


def _list_keys(entry: Entry) -> set[tuple[str, str]]:
    host = ENTRA_HOST if entry.get("service") == ENTRA else str(entry.get("commcell") or "")
    objects = [entry.get("object") or {}, *(entry.get("others") or ())]
    return {
        (host, fold_case(str(value)))
        for one in objects
        if isinstance(one, t.Mapping)
        for value in (one.get("id"), one.get("name"))
        if value
    }
