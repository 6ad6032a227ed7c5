# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Finding the registration that the options of entra_application name, in use or deleted."""

from __future__ import annotations

import typing as t

from ..._core.errors import AmbiguousMatch, ConfigError, Forbidden
from ..._core.names import fold_case, is_same_name
from ..._core.values import get_texts, is_guid
from ..client import GraphClient, build_name_filter, filter_by_name, find_by_unique_name
from ..deleted_items import list_deleted_items
from ..lookalikes import warn_of_lookalikes
from .canonical import SELECT
from .desired import APP_ID_TEXT
from .reference import READ_NEEDS, format_application_path

Wire = dict[str, t.Any]
_IDS = ("object_id", "app_id")


def check_application_ids(options: t.Mapping[str, t.Any]) -> None:
    """Raise ConfigError for an object_id or app_id that is no GUID."""
    for name in _IDS:
        if options.get(name) and not is_guid(options[name]):
            raise ConfigError(f"{name}: {options[name]!r} is not a GUID", source=f"option {name}")


def find_application_in_use(graph: GraphClient, options: t.Mapping[str, t.Any]) -> Wire | None:
    """Return the registration in use that object_id, app_id, unique_name or an unambiguous display_name names, or None.

    Raises AmbiguousMatch, and ConfigError when the keys given belong to different applications.
    """
    name = next((name for name in (*_IDS, "unique_name") if options.get(name)), None)
    wire = _read_by_key(graph, name, str(options[name])) if name else None
    if wire is not None:
        _check_keys(wire, options)
        return wire
    if name in _IDS or not options.get("display_name"):
        return None
    named = list_applications_named(graph, options["display_name"])
    own = find_by_unique_name(named, options.get("unique_name"))
    if own is not None:
        return own
    listed = ", ".join(sorted(str(item["id"]) for item in named))
    if named and name:
        if options.get("state") == "absent":
            return None
        raise AmbiguousMatch(
            f"No application has the unique name {options['unique_name']}, but {len(named)} already have the display name"
            f" {options['display_name']} (object ids {listed}): give object_id in addition to unique_name to adopt "
            "one of them, or choose another display_name",
            candidates=sorted(str(item["id"]) for item in named),
        )
    if len(named) > 1:
        raise AmbiguousMatch(
            f"{len(named)} applications have the display name {options['display_name']} (object ids {listed}): give "
            "object_id, app_id or unique_name",
            candidates=sorted(str(item["id"]) for item in named),
        )
    return named[0] if named else None


def list_applications_named(graph: GraphClient, name: str) -> list[Wire]:
    """Return all registrations of exactly this display name, letter case apart; warn of others that Graph gives for it."""
    params = {"$filter": build_name_filter(name), "$select": SELECT}
    found = graph.list("/applications", intent=f"find applications named {name}", needs=READ_NEEDS, params=params)
    warn_of_lookalikes(graph.ctx, "application", found, name)
    return filter_by_name(found, "displayName", name)


def _read_by_key(graph: GraphClient, name: str, value: str) -> Wire | None:
    path = format_application_path(name, value)
    return graph.get(path, intent=f"read application {value}", needs=READ_NEEDS, params={"$select": SELECT})


def _check_keys(wire: Wire, options: t.Mapping[str, t.Any]) -> None:
    for name, graph_name in (("object_id", "id"), ("app_id", "appId"), ("unique_name", "uniqueName")):
        asked, has = options.get(name), wire.get(graph_name)
        if not asked or not has:
            continue
        if not is_same_name(asked, str(has)):
            raise ConfigError(
                f"{name}: application {wire.get('displayName')} ({wire['id']}) has {name} {has}, not {asked}; it cannot be changed",
                source=f"option {name}",
            )


def find_deleted_application(graph: GraphClient, options: t.Mapping[str, t.Any]) -> Wire | None:
    """Return the deleted registration with the id, the unique name or one of the identifier URIs of the options, or None.

    Where the caller may not list deleted items and has not asked for a restore, a warning says that they were not looked
    through. Raises AmbiguousMatch.
    """
    try:
        listed = list_deleted_items(graph, "applications", SELECT)
    except Forbidden as exc:
        if options.get("restore_deleted"):
            raise
        graph.ctx.warn(
            "It could not be checked whether a deleted application has the same key or identifier URI; if so, Entra "
            f"ID refuses the creation: {exc}"
        )
        return None
    found = [wire for wire in listed if _is_meant(wire, options)]
    if len(found) > 1:
        ids = sorted(str(wire["id"]) for wire in found)
        raise AmbiguousMatch(
            f"{len(found)} deleted applications have the same unique name or identifier URI (object ids "
            f"{', '.join(ids)}): give object_id to restore one",
            candidates=ids,
        )
    return found[0] if found else None


def _is_meant(wire: Wire, options: t.Mapping[str, t.Any]) -> bool:
    for name, graph_name in (("object_id", "id"), ("app_id", "appId")):
        if options.get(name):
            return bool(str(wire.get(graph_name)).lower() == options[name].lower())
    if options.get("unique_name") and is_same_name(str(wire.get("uniqueName") or ""), options["unique_name"]):
        return True
    uris = {fold_case(uri) for uri in options.get("identifier_uris") or () if APP_ID_TEXT not in uri}
    return any(fold_case(uri) in uris for uri in get_texts(wire, "identifierUris"))
