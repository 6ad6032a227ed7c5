# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which policies can reach an application: as what people and programs sign in to, and as a program that signs in itself. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..conditional_access.canonical import Form
from ..conditional_access.evaluation import Applies

#: Applications of Microsoft that a word stands for.
_SUITES = frozenset({"office365", "microsoft_admin_portals"})
Role: t.TypeAlias = t.Literal["resource", "client"]
ROLES: tuple[Role, ...] = ("resource", "client")


@dataclass(frozen=True)
class Application:
    """An application by its service principal. ids in small letters.

    ``is_own``: whether it is registered in this tenant; ``is_single_tenant``: whether it is for this tenant alone; None: not known.
    """

    app_id: str
    object_id: str
    name: str
    kind: str = "Application"
    is_own: bool | None = None
    is_single_tenant: bool | None = None

    @property
    def is_coverable(self) -> bool | None:
        """Whether policies for service principals cover it; None where that is not known.

        Source: Microsoft Learn, conditional access for workload identities: single-tenant ones of this tenant, no managed identities.
        """
        if self.kind == "ManagedIdentity" or self.is_own is False or self.is_single_tenant is False:
            return False
        return True if self.is_own and self.is_single_tenant and self.kind == "Application" else None


@dataclass(frozen=True)
class Reach:
    """How surely a policy reaches an application in a role, and the options by which it does."""

    role: Role
    applies: Applies
    through: tuple[str, ...]


def judge_reach(form: Form, application: Application) -> list[Reach]:
    """Return how the policy *form* reaches *application*: one row for each role in which it does or may."""
    rows = [_judge_resource(form, application), _judge_client(form, application)]
    return [row for row in rows if row.applies is not Applies.NO]


def _judge_resource(form: Form, application: Application) -> Reach:
    found, through = Applies.NO, []
    for option, applies in _list_ways_in(form, application):
        through.append(option)
        found = max(found, applies)
    excluded = max([Applies.NO, *_list_ways_out(form, application)])
    return Reach("resource", Applies(min(found, Applies.YES - excluded)), tuple(through))


def _list_ways_in(form: Form, application: Application) -> t.Iterator[tuple[str, Applies]]:
    included = form.get("applications.include") or frozenset()
    if "all" in included or application.app_id in included:
        yield "applications.include", Applies.YES
    elif included & _SUITES and application.is_own is not True:
        yield "applications.include", Applies.MAYBE
    if form.get("applications.filter.mode") == "include":
        yield "applications.filter", Applies.MAYBE
    # What an application asks for by itself, and what people are sent to in the middle of a sign-in.
    for option in ("applications.authentication_contexts", "applications.user_actions"):
        if option in form:
            yield option, Applies.MAYBE


def _list_ways_out(form: Form, application: Application) -> t.Iterator[Applies]:
    excluded = form.get("applications.exclude") or frozenset()
    if "all" in excluded or application.app_id in excluded:
        yield Applies.YES
    if (excluded & _SUITES and application.is_own is not True) or form.get("applications.filter.mode") == "exclude":
        yield Applies.MAYBE


def _judge_client(form: Form, application: Application) -> Reach:
    included = form.get("client_applications.include") or frozenset()
    excluded = form.get("client_applications.exclude") or frozenset()
    mode = form.get("client_applications.filter.mode")
    through = []
    found = Applies.NO
    if application.object_id in included or "all_in_tenant" in included:
        found = Applies.YES
        through.append("client_applications.include")
    if mode == "include":
        found = max(found, Applies.MAYBE)
        through.append("client_applications.filter")
    if application.object_id in excluded or application.is_coverable is False:
        found = Applies.NO
    elif mode == "exclude" or application.is_coverable is None:
        found = min(found, Applies.MAYBE)
    return Reach("client", Applies(found), tuple(through))
