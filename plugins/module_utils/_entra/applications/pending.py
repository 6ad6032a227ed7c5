# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the same run makes: an application that an earlier task creates, and redirect URIs of another service, which plans tell by name. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.plan import Change, Plan
from ..option_checks import Problem, describe_problem
from .canonical import CanonicalApplication, Wire
from .desired import DEFAULT_AUDIENCE

OPTION = "pending_redirect_uris"
_FIELD = "web.redirect_uris"


class PendingUris:
    """Option ``pending_redirect_uris``: the names, and the URIs as far as they are known."""

    def __init__(self, options: t.Mapping[str, t.Any]) -> None:
        given: t.Sequence[t.Mapping[str, t.Any]] = options.get(OPTION) or ()
        self._known = {str(item["uri"]): str(item["name"]) for item in given if item.get("uri")}
        self._unknown = {f"({item['name']})": str(item["name"]) for item in given if not item.get("uri")}

    def add_known(self, after: CanonicalApplication) -> CanonicalApplication:
        """Return the desired application with the URIs that are known."""
        return _add_uris(after, self._known)

    def add_unknown(self, after: CanonicalApplication) -> CanonicalApplication:
        """Return the desired application with the names, in brackets, of the URIs that are not known yet."""
        return _add_uris(after, self._unknown)

    def tell_names(self, planned: Plan) -> Plan:
        """Return the plan whose changes name these URIs, in the same words whether a URI is known or not."""
        names = {**self._known, **self._unknown}
        if not names:
            return planned
        steps = tuple(
            dataclasses.replace(step, changes=tuple(self._tell_name(change, names) for change in step.changes))
            for step in planned.steps
        )
        return dataclasses.replace(planned, steps=steps)

    def _tell_name(self, change: Change, names: t.Mapping[str, str]) -> Change:
        if change.sign != "+" or change.facts.get("field") != _FIELD or change.facts["value"] not in names:
            return change
        value = str(change.facts["value"])
        name = names[value]
        return dataclasses.replace(
            change,
            sentence=f"send people back to the {name}",
            facts={"field": _FIELD, "name": name},
            ids={**change.ids, "redirect_uri": value if value in self._known else None},
        )


def assume_pending(ctx: Context) -> Wire:
    """Return an application that does not exist as an earlier task of the run makes it. Raises ConfigError outside check mode."""
    name = next(filter(None, map(ctx.options.get, ("display_name", "unique_name", "app_id", "object_id"))))
    if not ctx.check_mode:
        raise ConfigError(
            f"pending_application: application {name} should have been created by an earlier task, but does not exist",
            source="option pending_application",
        )
    audience = ctx.options.get("sign_in_audience") or DEFAULT_AUDIENCE
    return {"displayName": name, "uniqueName": ctx.options.get("unique_name"), "signInAudience": audience}


def find_pending_problems(options: t.Mapping[str, t.Any], check_mode: bool) -> list[Problem]:
    """Return what is wrong with the option: names given twice; outside check mode, URIs that are still not known."""
    problems, seen = [], set()
    for index, item in enumerate(options.get(OPTION) or ()):
        where = f"{OPTION}[{index}]"
        if not str(item["name"]).strip() or item["name"] in seen:
            problems.append(describe_problem(f"{where}.name", "each URI needs a name of its own"))
        seen.add(item["name"])
        if not item.get("uri") and not check_mode:
            problems.append(describe_problem(f"{where}.uri", "it is needed when the task is not in check mode"))
    return problems


def _add_uris(after: CanonicalApplication, uris: t.Collection[str]) -> CanonicalApplication:
    if not uris:
        return after
    listed = sorted({*after["web"]["redirect_uris"], *uris})
    return {**after, "web": {**after["web"], "redirect_uris": listed}}
