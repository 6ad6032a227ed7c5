# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Finding the application that a task refers to, by ``app_id`` or by the option ``application`` with one key of a registration."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.addresses import quote_segment
from ..._core.argument_specs import ArgumentSpec
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.names import is_same_name
from ..._core.values import is_guid
from ..client import GraphClient, format_alternate_key
from ..id_holders import Key, explain_id, refuse_other_kind
from ..lookalikes import describe_lookalikes

#: Graph permissions that reading registrations takes, least first.
READ_NEEDS = ("Application.ReadWrite.OwnedBy", "Application.Read.All")
#: The keys of an application that are ids.
_IDS: tuple[Key, ...] = ("object_id", "app_id")
_FIELDS = ("id", "appId", "uniqueName", "displayName")


@dataclass(frozen=True)
class ApplicationReference:
    """An application that a task refers to, as far as it is known.

    ``object_id`` is None where only ``app_id`` was given (the registration may be in another tenant). ``pending``: in check
    mode, a registration that an earlier task of the same play would have created; then no id is known. ``wire``: Graph's
    answer with the fields that were asked for.
    """

    app_id: str | None = None
    object_id: str | None = None
    unique_name: str | None = None
    display_name: str | None = None
    pending: bool = False
    wire: t.Mapping[str, t.Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name for plans: the unique name where there is one, since that is also known of an application that is pending.

        Empty where no name is known.
        """
        return self.unique_name or self.display_name or ""


def application_option() -> ArgumentSpec:
    """Return the option ``application``: exactly one of app_id, object_id and unique_name of a registration in this tenant."""
    keys = ["app_id", "object_id", "unique_name"]
    return ArgumentSpec(
        {
            "application": {
                "type": "dict",
                "options": {name: {"type": "str"} for name in keys},
                "required_one_of": [keys],
                "mutually_exclusive": [keys],
            }
        }
    )


def format_application_path(name: str, value: str) -> str:
    """Return the path of a registration by one of its keys ``object_id``, ``app_id``, ``unique_name``."""
    if name == "object_id":
        return f"/applications/{quote_segment(value)}"
    return f"/applications{format_alternate_key({'app_id': 'appId', 'unique_name': 'uniqueName'}[name], value)}"


def find_application(
    graph: GraphClient, asked: t.Mapping[str, t.Any], select: t.Sequence[str] = ()
) -> ApplicationReference | None:
    """Return the registration that the keys of *asked* name, or None; *select* are further Graph fields for ``wire``.

    Raises ConfigError for an id that is no GUID, and where no key has a value.
    """
    name = next((name for name in ("object_id", "app_id", "unique_name") if asked.get(name)), None)
    if name is None:
        raise ConfigError(
            "application: the given key has no value: give one of app_id, object_id and unique_name with a value",
            source="option application",
        )
    value = str(asked[name])
    if name != "unique_name" and not is_guid(value):
        raise ConfigError(f"application.{name}: {value!r} is not a GUID", source=f"option application.{name}")
    wire = graph.get(
        format_application_path(name, value),
        intent=f"read application {value}",
        needs=READ_NEEDS,
        params={"$select": ",".join([*_FIELDS, *select])},
    )
    if wire is None:
        return None
    if name == "unique_name" and wire.get("uniqueName") and not is_same_name(str(wire["uniqueName"]), value):
        told = (
            describe_lookalikes([wire], "uniqueName", value)
            or f", but there is {wire['uniqueName']!r}, which is a different name"
        )
        raise ConfigError(
            f"application.unique_name: no application has the unique name {value!r}{told}",
            source="option application.unique_name",
        )
    return ApplicationReference(
        app_id=str(wire["appId"]),
        object_id=str(wire["id"]),
        unique_name=wire.get("uniqueName"),
        display_name=wire.get("displayName"),
        wire=wire,
    )


def resolve_application(
    ctx: Context, graph: GraphClient, options: t.Mapping[str, t.Any], select: t.Sequence[str] = ()
) -> ApplicationReference:
    """Return the application that the options ``app_id`` or ``application`` name.

    ``app_id`` is taken as it is, without a read. A missing registration is an error, except in check mode when it is named
    by ``unique_name``: the task before may be the one that creates it, so it is pending. Raises ConfigError.
    """
    if options.get("app_id"):
        app_id = str(options["app_id"]).lower()
        if not is_guid(app_id):
            raise ConfigError(f"app_id: {app_id!r} is not a GUID", source="option app_id")
        return ApplicationReference(app_id=app_id)
    asked = options.get("application") or {}
    found = find_application(graph, asked, select)
    if found is not None:
        return found
    if ctx.check_mode and asked.get("unique_name"):
        return ApplicationReference(unique_name=str(asked["unique_name"]), pending=True)
    name, value = next((name, value) for name, value in asked.items() if value)
    told = explain_application_id(graph, name, str(value)) or "; create it first (entra_application), or restore it"
    raise ConfigError(
        f"application.{name}: no application with {name} {value} is in the tenant{told}",
        source=f"option application.{name}",
    )


def find_remaining_application(
    graph: GraphClient, asked: t.Mapping[str, t.Any], select: t.Sequence[str] = ()
) -> ApplicationReference | None:
    """Return the registration whose parts a task takes away, None where it is gone, and they with it.

    Raises ConfigError for an id that is that of something else, which would pass for one of an application that is gone.
    """
    found = find_application(graph, asked, select)
    if found is None:
        refuse_other_ids(graph, asked, "application.")
    return found


def refuse_other_ids(graph: GraphClient, asked: t.Mapping[str, t.Any], prefix: str = "") -> None:
    """Raise ConfigError for an id in *asked* that is of something else than an application; *prefix*: of its option's name."""
    for name in _IDS:
        if asked.get(name):
            refuse_other_kind(graph, str(asked[name]), "application", name, f"{prefix}{name}")


def explain_application_id(graph: GraphClient, name: str, value: str) -> str:
    """Return what an id, given as *name*, is of where no registration has it, as text to add to a message; empty where that is not known."""
    return explain_id(graph, value, "application", name) if name in _IDS else ""
