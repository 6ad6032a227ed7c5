# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether the log can show all the days of a program: one sign-in of a new one would stand for all that it will do."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.errors import ApiError
from ..._core.values import format_time, get_time
from ..audit_logs.periods import Window
from ..client import GraphClient, format_alternate_key

#: An application by name, and when it was registered; None where that is not known.
Registration: t.TypeAlias = "tuple[str, datetime.datetime | None]"


def read_registration(graph: GraphClient, app_id: str) -> datetime.datetime | None:
    """Return when an application was registered; None where that cannot be read. In v1.0 service principals do not tell, applications do."""
    try:
        wire = graph.get(
            f"/applications{format_alternate_key('appId', app_id)}",
            intent=f"read when application {app_id} was registered",
            needs=("Application.Read.All",),
            params={"$select": "createdDateTime"},
        )
        return get_time(wire or {}, "createdDateTime")
    except ApiError:
        return None


def list_missing_days(
    applications: t.Mapping[str, Registration],
    earliest: t.Mapping[str, datetime.datetime],
    period: Window,
    days: int,
) -> list[str]:
    """Return why the log does not show all *days* of *period*, in words; empty where it does.

    *applications*: by the ids of their service principals, none for a policy that is for all; *earliest*: the first sign-ins by the same
    ids. An application has to be as old as the period; where its age is not known, the log has to show a sign-in in the first quarter.
    """
    begun = period.start + (period.end - period.start) / 4
    found = []
    for object_id, (name, created) in applications.items():
        if created is not None and created > period.start:
            found.append(
                f"application {name} was registered at {format_time(created)}, so the log cannot cover {days} days"
            )
        elif created is None and earliest.get(object_id, period.end) > begun:
            found.append(
                f"it is not known when application {name} was registered, and the log shows no sign-in of it before {format_time(begun)}"
            )
    if not applications and earliest and min(earliest.values()) > begun:
        found.append(f"the log shows no sign-in before {format_time(begun)}, so it does not cover {days} days")
    return found
