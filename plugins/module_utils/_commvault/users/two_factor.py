# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether Commvault asks a user for a one-time PIN beside the password. Reads only.

The settings of the CommCell and of companies answer for most users in one call each; only where they name user groups the service is asked
about each user, because groups may hold members that no answer about the user shows.
"""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError
from ..._core.names import fold_case
from ..._core.values import get_object, get_objects, parse_number
from ..catalogue import Entry
from ..client import CommvaultClient
from ..envelope import is_declined
from .details import WITH_PASSWORD, SignIn, get_flag

Mode: t.TypeAlias = t.Literal["off", "everyone", "user_groups"]
#: Values of ``twoFactorAuthenticationInfo.mode`` (official client).
_MODES: dict[int | None, Mode] = {0: "off", 1: "everyone", 2: "user_groups"}


class TwoFactor:
    """The two-factor settings of a CommServe; read_settings comes before find_state, which threads may share."""

    def __init__(self, client: CommvaultClient) -> None:
        self._client = client
        self._companies: dict[int, Mode | None] = {}
        self._namesakes: set[str] = set()
        self.mode: Mode | None = None
        self.user_group_names: list[str] = []

    def read_settings(self, users: t.Iterable[Entry], everybody: t.Iterable[Entry]) -> None:
        """Read the setting of the CommCell and, where that asks nobody, those of the companies of *users*.

        *everybody*: all users that are listed, for names that several have. A setting that this account may not read stays None; a warning
        tells of it. Raises ApiError for a read that fails.
        """
        seen: set[str] = set()
        for entry in everybody:
            folded = fold_case(entry.name)
            (self._namesakes if folded in seen else seen).add(folded)
        self.mode, self.user_group_names = self._read("Commcell/Properties/TwoFactorAuth", "the CommCell")
        if self.mode == "off":
            for number in sorted({entry.company_id for entry in users if entry.company_id}):
                path = f"Organization/{quote_segment(number)}/TwoFactorAuth"
                self._companies[number], dummy = self._read(path, f"company {number}")

    def find_state(self, entry: Entry, sign_in: SignIn | None) -> bool | None:
        """Return whether Commvault asks this user for a PIN; None where that is not shown, and for those that type no password there."""
        if sign_in is not None and sign_in not in WITH_PASSWORD:
            return None
        mode = self._find_mode(entry)
        if mode == "off":
            return False
        if mode is None or sign_in is None:
            return None
        return True if mode == "everyone" else self._read_state(entry)

    def _find_mode(self, entry: Entry) -> Mode | None:
        """Return the setting that holds for a user: that of the CommCell, or of its company where the CommCell asks nobody."""
        if self.mode != "off" or (entry.company is None and entry.company_shown):
            return self.mode
        return self._companies.get(entry.company_id or 0)

    def _read_state(self, entry: Entry) -> bool | None:
        if fold_case(entry.name) in self._namesakes:
            return None  # the call takes a name, which does not say whose
        intent = f"read whether user {entry.name} needs two factors"
        answer = self._get("Security/TwoFactorAuth/Status", intent, {"username": entry.name})
        return get_flag(get_object(answer, "twoFactorInfo"), ("isTwoFactorAuthenticationEnabled",))

    def _read(self, path: str, where: str) -> tuple[Mode | None, list[str]]:
        answer = self._get(path, f"read the two-factor setting of {where}", None)
        info = get_object(answer, "twoFactorAuthenticationInfo")
        groups = [str(row["userGroupName"]) for row in get_objects(info, "userGroups") if row.get("userGroupName")]
        return _MODES.get(parse_number(info.get("mode"))), sorted(groups)

    def _get(self, path: str, intent: str, params: t.Mapping[str, str] | None) -> dict[str, t.Any] | None:
        try:
            answer = self._client.get(path, intent=intent, params=params, unknown_ok=True)
        except ApiError as exc:
            if not is_declined(exc):
                raise
            self._client.ctx.debug(1, str(exc))
            answer = None
        if answer is None:
            self._client.ctx.warn(
                "This account cannot see all two-factor settings of Commvault: two_factor is null where these settings decide."
            )
        return answer
