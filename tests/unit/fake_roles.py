# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fake CommServe that keeps roles, and the options of a role, for tests of all that writes many roles."""

from __future__ import annotations

import typing as t

from commvault_examples import PERMISSION_TREE
from fake_commvault import FakeCommvault

VIEW = {"permission": {"id": 31, "name": "View"}, "type": "PERMISSION_ENTITY"}
COMMCELL, CORP = {"id": 0, "name": "Commcell"}, {"id": 30, "name": "corp"}
USUAL_ROLE = {"state": "present", "exclusive": True, "company": None, "permissions": ["View"], "categories": None}


class RolesSite(FakeCommvault):
    """A CommServe whose roles change as it is told."""

    def __init__(self, ctx: t.Any, *names: str, lags: int = 0) -> None:
        self.roles = {number: name for number, name in enumerate(names, 40)}
        self.lags = lags
        self.listed = dict(self.roles)
        answers: dict[str, t.Any] = {
            "GET V4/Role": self._list,
            "POST V4/Role": self._create,
            "V4/Permissions": PERMISSION_TREE,
            "V4/company": {"companies": [CORP]},
        }
        for number in range(40, 60):
            answers[f"GET V4/Role/{number}"] = lambda sent, number=number: self._show(number)
            answers[f"DELETE V4/Role/{number}"] = lambda sent, number=number: self.roles.pop(number) and {}
        super().__init__(ctx, answers)

    def _list(self, _sent: t.Any) -> dict[str, t.Any]:
        """As it was at first for the next ``lags`` reads after a write."""
        if self.roles != self.listed and self.lags:
            self.lags -= 1
        else:
            self.listed = dict(self.roles)
        return {"roles": [{"id": number, "name": name, "company": COMMCELL} for number, name in self.listed.items()]}

    def _create(self, sent: t.Any) -> dict[str, t.Any]:
        number = max(self.roles, default=39) + 1
        self.roles[number] = sent.body["name"]
        return {"id": number}

    def _show(self, number: int) -> dict[str, t.Any] | None:
        if number not in self.roles:
            return None
        shown = {"id": number, "name": self.roles[number], "status": "ENABLED", "visibleToAll": False}
        return {**shown, "permissions": [VIEW]}
