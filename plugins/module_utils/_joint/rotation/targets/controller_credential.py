# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A credential of AWX or automation controller, which jobs get when they start.

A value is never read back. Which key the credential holds, and in which field, is told by the last line of its description, which is written with
the value in one request. That line says "unproven" until a job that uses the credential was successful; without such a job its owner acknowledges
the key. A line about another field tells nothing of this one, so that a field which was named by mistake is mended by the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...._commvault.secret_marks import SECRET, UNPROVEN, join_mark, split_mark
from ...._core.errors import ConfigError
from ...._core.values import is_guid
from ...._stores.controller_credentials import ControllerCredential, ControllerCredentials, ProofJob
from ..state import ConfirmedBy, TargetState, Use
from .base import KeyValue, Switched
from .credential import build_consumer_state

#: What stands in a mark between the key and the field.
_IN = " in "


@dataclass(frozen=True)
class WantedCredential:
    """Which credential: ``id``, or ``name`` with what tells it from others of the name; the ``field`` that holds the value."""

    field: str
    id: int | None = None
    name: str | None = None
    organization: str | None = None
    credential_type: str | None = None


class _Mark:
    """What a description says of a field: its text without the mark, the key, None where it is of another field, and whether a job has shown that it works."""

    def __init__(self, description: str, field: str) -> None:
        proven, unproven = split_mark(description, SECRET), split_mark(description, UNPROVEN)
        self.text, told = proven if proven.fingerprint is not None else unproven
        key_id, is_told, of = (told or "").partition(_IN)
        self.key_id = key_id if key_id and (of == field or not is_told) else None
        self.is_proven = self.key_id is not None and proven.fingerprint is not None


def _join_mark(text: str, key_id: str, field: str, word: str) -> str:
    """Return the description that says that *field* has the key."""
    return join_mark(text, f"{key_id}{_IN}{field}", word)


class ControllerCredentialTarget:
    """A credential of a controller. *app_id*: the application of the rotation; a credential that names another one is not touched.

    *job*: what shows that a key works there; *acknowledged*: the key that its owner says works.
    """

    kind = "controller_credential"
    use: Use = "consumer"

    def __init__(
        self,
        name: str,
        wanted: WantedCredential,
        app_id: str,
        credentials: ControllerCredentials,
        job: ProofJob | None = None,
        acknowledged: str | None = None,
    ) -> None:
        self.name = name
        self._wanted, self._app_id, self._credentials, self._job = wanted, app_id, credentials, job
        self._acknowledged = acknowledged.lower() if acknowledged else None

    def read(self) -> TargetState:
        """Return the key of the mark. It was written when the credential was last changed, or before: no jobs began with another one since."""
        found = self._find()
        mark = self._read_mark(found)
        state = build_consumer_state(self.name, self.kind, mark.key_id)
        confirmed_by: ConfirmedBy = "job" if self._job else "owner"
        is_confirmed = mark.is_proven or state.key_id is None or state.key_id == self._acknowledged
        since = found.modified if state.is_known else None
        return replace(state, confirmed_by=confirmed_by, is_confirmed=is_confirmed, since=since)

    def check(self) -> None:
        """Raise what keeps the field from being written, or the job from being launched."""
        found = self._find()
        self._credentials.check_field(found, self._wanted.field)
        if self._job is not None:
            self._credentials.check_job(found, self._job)

    def switch(self, key: KeyValue) -> Switched:
        """Write the value and the mark, in one request, and read the mark back."""
        found = self._find()
        mark = self._read_mark(found)
        if mark.key_id != key.key_id:
            description = _join_mark(mark.text, key.key_id, self._wanted.field, UNPROVEN)
            self._credentials.write_secret(found, self._wanted.field, key.value, description)
            self._require_key(self._credentials.read(found.id), key.key_id)
        return "switched"

    def confirm(self, key_id: str) -> None:
        """Run the job and, once it was successful, write that into the mark."""
        found = self._find()
        if self._job is None or self._require_key(found, key_id).is_proven:
            return
        self._credentials.run_job(self._job)
        found = self._credentials.read(found.id)
        mark = self._require_key(found, key_id)
        self._credentials.write_description(found, _join_mark(mark.text, key_id, self._wanted.field, SECRET))

    def _read_mark(self, found: ControllerCredential) -> _Mark:
        return _Mark(found.description, self._wanted.field)

    def _require_key(self, found: ControllerCredential, key_id: str) -> _Mark:
        """Return the mark of *found*. Raises ConfigError where it is that of another key."""
        mark = self._read_mark(found)
        if mark.key_id != key_id:
            raise ConfigError(
                f"{self.name}: {found.label} does not have key {key_id}: somebody else has changed it in the meantime. Run the task again.",
                source="option targets",
            )
        return mark

    def _find(self) -> ControllerCredential:
        """Return the credential. Raises ConfigError where there is none, or one that names another application."""
        wanted = self._wanted
        found = self._credentials.find(
            {
                "id": wanted.id,
                "name": wanted.name,
                "organization": wanted.organization,
                "credential_type": wanted.credential_type,
            }
        )
        application = found.application if is_guid(found.application) else None
        if self._app_id and application and application.lower() != self._app_id.lower():
            raise ConfigError(
                f"{self.name}: {found.label} is of application {application}, and the rotation of {self._app_id}: "
                "set that application in it, or use another credential.",
                source="option targets",
            )
        return found
