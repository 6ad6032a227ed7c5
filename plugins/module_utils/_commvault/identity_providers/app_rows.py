# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The list of identity provider apps of all kinds, which is the same call for all of them, and what its rows have."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import AmbiguousMatch, ApiError, BadAnswer, ConfigError, PlanChanged, WaitTimeout
from ..._core.names import is_same_name
from ..._core.polling import poll_until
from ..._core.retry import Repeat
from ..._core.values import get_objects
from ..client import CommvaultClient
from ..create import LAG_LIMIT_S
from ..envelope import is_decided
from ..references import parse_id

Wire = dict[str, t.Any]

PATH = "ThirdParty/App"
SAML_TYPE, OIDC_TYPE = 2, 5
_DELETE = 2
#: Kinds of identity provider apps, by the number in rows (SDK, identity_management).
APP_TYPES = {1: "regular", SAML_TYPE: "SAML", 3: "CommCell", 4: "local identity", OIDC_TYPE: "OpenID Connect"}


class AppRows:
    """The rows of the identity provider apps of the level that the client acts at. Nothing but the names is kept between calls."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        #: Names of the apps of all kinds that were listed last.
        self.names: list[str] = []

    def read(self, *, is_fresh: bool = False) -> list[Wire]:
        """Return the rows of the apps of all kinds; *is_fresh*: past the service's cache, for which the SDK asks twice."""
        intent = "list identity provider apps"
        if is_fresh:
            self._client.get(PATH, intent=intent, params={"hardRefresh": "true"})
        rows = get_objects(self._client.get(PATH, intent=intent), "clientThirdPartyApps")
        self.names = [str(row.get("appName") or "") for row in rows]
        return [dict(row) for row in rows]

    def find(self, name: str, app_type: int, *, is_fresh: bool = False) -> Wire | None:
        """Return the row of the app of this name and kind; None when the list has none.

        Raises ConfigError where an app of another kind has the name, AmbiguousMatch, and BadAnswer.
        """
        return select_row(self.read(is_fresh=is_fresh), name, app_type)

    def find_key(self, key: str) -> Wire | None:
        """Return the row of the app of this key, read past the service's cache; None when the list has none."""
        return next((row for row in self.read(is_fresh=True) if row.get("appKey") == key), None)

    def list_keys(self, name: str, app_type: int) -> list[str]:
        """Return the keys of all apps of this name and kind, read past the service's cache."""
        named = (row for row in self.read(is_fresh=True) if is_same_name(str(row.get("appName") or ""), name))
        return [str(row["appKey"]) for row in named if parse_id(row.get("appType")) == app_type and row.get("appKey")]

    def delete(self, key: str, subject: str) -> bool:
        """Delete the app of this key by its row in the list; return False where the list has none, and nothing was sent.

        A name may be another app's by the time of the write; a key never is. So the row is read right before, past the service's cache,
        and the same request twice has the effect of one. Commvault documentation: ThirdParty/App, opType 2 with the row as listed.
        """
        row = self.find_key(key)
        if row is None:
            return False
        sent = {name: value for name, value in row.items() if name not in ("props", "assocTree")}
        body = {"opType": _DELETE, "clientThirdPartyApps": [sent]}
        try:
            self._client.write("POST", PATH, body, intent=f"delete {subject}", repeat=Repeat.ALWAYS)
        except ApiError as exc:
            if is_decided(exc) or not self._is_gone_soon(key, subject):
                raise
        return True

    def _is_gone_soon(self, key: str, subject: str) -> bool:
        """Return whether the list shows the app no more, which it may do a while later than the deletion."""
        ctx, what = self._client.ctx, f"{subject} to be gone"
        try:
            poll_until(ctx, lambda: self.find_key(key), lambda row: row is None, what=what, timeout_s=LAG_LIMIT_S)
        except WaitTimeout:
            return False
        return True


def build_other_app_error(subject: str, planned: str, found: str) -> PlanChanged:
    """Return the error for an app that is to be deleted, where its name belongs to another one by now. *planned* and *found*: keys."""
    return PlanChanged(
        f"Cannot delete {subject}: the app to delete (key {planned}) is gone, and another app now has its name (key "
        f"{found}). That app was not changed: check it, and run the task again if it is to be deleted, too.",
        service="Commvault",
    )


def build_gone_error(subject: str) -> PlanChanged:
    """Return the error for an app that is to be changed and is not there any more."""
    return PlanChanged(
        f"Cannot change {subject}: it is gone, or another app now has its name. Nothing was written. Check it, and run the task again.",
        service="Commvault",
    )


def select_row(rows: t.Iterable[Wire], name: str, app_type: int) -> Wire | None:
    """Return the row of the app of this name and kind; see AppRows.find."""
    named = [row for row in rows if is_same_name(str(row.get("appName") or ""), name)]
    found = [row for row in named if parse_id(row.get("appType")) == app_type and row.get("appKey")]
    if any(not isinstance(row["appKey"], str) for row in found):
        raise BadAnswer(f"Commvault shows a key of the {APP_TYPES[app_type]} app that is not a text.", member="appKey")
    exact = [row for row in found if row["appName"] == name]
    found = exact if len(exact) == 1 else found
    if len({row["appKey"] for row in found}) > 1:
        keys = sorted(str(row["appKey"]) for row in found)
        raise AmbiguousMatch(
            f"{len(keys)} {APP_TYPES[app_type]} apps are named {name!r}; keep one and delete or rename the others in the Command Center.",
            candidates=keys,
        )
    if named and not found:
        kind = APP_TYPES.get(parse_id(named[0].get("appType")) or 0, "unknown")
        raise ConfigError(
            f"name: {named[0]['appName']} is an identity provider app of another kind ({kind}); choose another name",
            source="option name",
        )
    return found[0] if found else None


def clean_description(text: str) -> str:
    """Return a description without blanks at its end, lines ended by line feeds, since Commvault may keep neither."""
    return re.sub("\r\n|\r", "\n", text).rstrip()


def parse_flag(value: t.Any, default: bool) -> bool:
    """Return a boolean that may be written as a number or a word; *default* for none at all."""
    return default if value is None else str(value).lower() in ("true", "1")
