# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which refusals of Microsoft Graph may come from a replica that lags: about what this run has written, or another replica has shown it."""

from __future__ import annotations

import contextlib
import re
import typing as t
from urllib.parse import urlsplit

from .._core.errors import ApiError
from .._core.recent_objects import RecentObjects
from .._core.values import GUID

#: Texts of refusals that a lagging replica gives for objects that exist; repeated only for objects of this run.
_REFUSALS = (
    "does not exist or one of its queried reference-property objects",
    "does not reference a valid application object",
    "the backing application of the service principal being created must",
    "not a valid reference update",
    "one or more property values specified are invalid",
    "no password credential found",
    "does not exist in the directory",
)
#: The code of such a refusal: an application for personal accounts is not known everywhere yet.
_REFUSAL_CODE = "Error_MsaAppDoesNotExist"
#: The path of a collection, or of one object by id or alternate key; and that of what is below an object by id.
_OF_COLLECTION = re.compile(
    r"/(groups|applications|servicePrincipals|users|identity/conditionalAccess/\w+)([(/][^/]*)?"
)
_OBJECT_ID = re.compile(rf"(?:/identity/conditionalAccess)?/\w+/({GUID.pattern})(?![^/])")
_BY_APP_ID = re.compile(r"/servicePrincipals\(appId='[^']*'\)")
#: Text of the refusal that the owner of a new object may meet until its ownership is known everywhere, and everybody without rights.
_NO_RIGHTS = "insufficient privileges"
#: How long refusals are repeated that replication may cause.
_LIMIT_S = 120.0
_NEW_OWNER_LIMIT_S = 20.0
#: The same for what one replica has shown to this task and another one denies: it may as well have been deleted meanwhile.
_SHOWN_LIMIT_S = 30.0


class ReplicationRules:
    """Tells which refusals are repeated: those about *recent_objects*, and "not found" for what this task was shown."""

    def __init__(self, recent_objects: RecentObjects) -> None:
        self._recent_objects = recent_objects
        self._shown_ids: set[str] = set()
        self._has_written = False
        #: Whether replicas are to be seen as they are.
        self.is_suspended = False

    def note_shown(self, path: str, shown: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        """Note objects that were read at *path*, unless they are members or owners, of which nothing more is read, or deleted items."""
        if _OF_COLLECTION.fullmatch(path):
            self._shown_ids.update(str(wire.get("id")).lower() for wire in shown)

    def note_done(self, counter: str | None) -> None:
        """Note that a request was carried out, or refused for good; *counter*: under which it is counted, None where it is not."""
        self._has_written |= counter == "writes"

    @contextlib.contextmanager
    def suspend(self) -> t.Iterator[None]:
        """Let nothing be repeated in the body."""
        self.is_suspended = True
        try:
            yield
        finally:
            self.is_suspended = False

    def get_retry_limit_s(self, error: ApiError, method: str, url: str, body: t.Any) -> float:
        """Return how long to repeat a refused request, in seconds; zero unless replication may cause the refusal."""
        if self.is_suspended:
            return 0.0
        path = urlsplit(url).path.rsplit("/v1.0", 1)[-1]
        # A replica that goes on to show what this run has deleted takes a creation by the same key for a change.
        is_anew = error.status == 404 and method == "PATCH" and self._recent_objects.contains_deleted(path)
        if is_anew or self._is_lag(error, path, body):
            return _LIMIT_S
        if self._is_denied(error, method, path):
            return _SHOWN_LIMIT_S
        refused = error.status == 403 and method != "GET" and error.said.lower().startswith(_NO_RIGHTS)
        return _NEW_OWNER_LIMIT_S if refused and self._recent_objects.contains_any(GUID.findall(path)) else 0.0

    def _is_denied(self, error: ApiError, method: str, path: str) -> bool:
        """Return True for a request about an object that this task was shown, by its id, and that is not there now.

        The first write is not repeated: where it finds nothing, everything is read and planned anew. Later ones cannot be.
        """
        named = _OBJECT_ID.match(path)
        if error.status != 404 or named is None or not (method == "GET" or self._has_written):
            return False
        object_id = named.group(1).lower()
        return object_id in self._shown_ids and not self._recent_objects.contains_deleted(object_id)

    def _is_lag(self, error: ApiError, path: str, body: t.Any) -> bool:
        """Return True for a refusal of the kind that replication causes, about an object of this run."""
        named = GUID.findall(path)
        if error.status == 404:
            keyed = _BY_APP_ID.match(path)
            if keyed:
                # A fresh application has no service principal yet; only one that was created by this key can be missing "yet".
                path, named = keyed.group(), GUID.findall(path[keyed.end() :])
        elif not (
            error.status in (400, 403, 409)
            and (error.code == _REFUSAL_CODE or any(text in error.said.lower() for text in _REFUSALS))
        ):
            return False
        return self._recent_objects.contains_any([*named, *GUID.findall(str(body or "")), path])
