# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail and the event log of one CommCell: what they hold, and for how long.

Columns and severities of the audit trail are those of the vendor's pages. The words for operations are invented: the
list that the product has is not published in full.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CRITICAL, HIGH, MEDIUM, LOW = "Critical", "High", "Medium", "Low"
#: Severities of events, as the service numbers them.
INFORMATION, MINOR, MAJOR = 0, 3, 6
_MOST_ENTRIES = 50_000
_DAY = 86400.0
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")


def clean_text(text: str) -> str:
    """Return a name as details hold it, in one line: nobody starts a new one with a name."""
    return _UNPRINTABLE.sub(" ", text)


@dataclass(frozen=True)
class AuditEntry:
    """One operation. `time`: epoch seconds. `user`: the name at that time, also of users that are gone by now."""

    id: int
    time: float
    severity: str
    user_id: int
    user: str
    operation: str
    details: str
    company_id: int = 0


@dataclass(frozen=True)
class Event:
    """One entry of the event log. `time`: epoch seconds."""

    id: int
    time: float
    severity: int
    code: str
    description: str


@dataclass
class AuditTrail:
    """What happened on a CommCell, oldest first."""

    entries: list[AuditEntry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    #: Days for which entries are kept, by severity.
    retention: dict[str, int] = field(default_factory=lambda: {CRITICAL: 365, HIGH: 365, MEDIUM: 240, LOW: 120})
    #: External tokens whose first use is in the trail.
    known_tokens: set[str] = field(default_factory=set)
    _last_id: int = 0

    def write(
        self, now: float, severity: str, user: tuple[int, str], operation: str, details: str, company_id: int = 0
    ) -> None:
        """Add an entry of an operation that was done now by a user (id and name)."""
        self._last_id += 1
        name = clean_text(user[1])
        self.entries.append(AuditEntry(self._last_id, now, severity, user[0], name, operation, details, company_id))
        del self.entries[:-_MOST_ENTRIES]

    def report(self, now: float, severity: int, code: str, description: str) -> None:
        """Add an event that happened now."""
        self._last_id += 1
        self.events.append(Event(self._last_id, now, severity, code, clean_text(description)))
        del self.events[:-_MOST_ENTRIES]

    def list_entries(self, now: float, delay: float) -> list[AuditEntry]:
        """Return the entries that show, newest first: those that are kept, and not younger than `delay` seconds."""
        kept = [
            entry
            for entry in self.entries
            if entry.time <= now - delay and now - entry.time < self.retention[entry.severity] * _DAY
        ]
        return sorted(kept, key=lambda entry: (entry.time, entry.id), reverse=True)
