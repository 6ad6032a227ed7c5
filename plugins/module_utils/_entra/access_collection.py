# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The two collections of conditional access, policies and named locations: found by id or name, created, changed, deleted.

Names are not unique there, and no object has another key.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._core.addresses import quote_segment
from .._core.errors import AmbiguousMatch, ApiError, ConfigError, Forbidden
from .._core.names import describe_suspicious_name
from .._core.recent_objects import RecentObjects
from .._core.values import is_guid
from .client import GraphClient, filter_by_name
from .create import create_once
from .lookalikes import warn_of_lookalikes

_ROOT = "/identity/conditionalAccess"
POLICIES, LOCATIONS = f"{_ROOT}/policies", f"{_ROOT}/namedLocations"
#: The licence without which there is no conditional access.
BASE_LICENCE = "Microsoft Entra ID P1"
#: The permission that reading takes.
READ_NEEDS = ("Policy.Read.All",)
#: How the keys of named locations begin that a run changes; by the id alone they would count as not known everywhere yet.
_CHANGED = "changed location "
Wire: t.TypeAlias = dict[str, t.Any]
Found = t.TypeVar("Found")


class AccessCollection(t.Generic[Found]):
    """One collection. *path*: where it is; *noun*: of one object, in the singular and the *plural*; *read*: makes a value of Graph's object.

    *needs*: the permissions that writing takes. ``object_id``: of the object at hand, None while there is none; ``licences``: those that
    the tenant has to have for it.
    """

    def __init__(
        self,
        graph: GraphClient,
        path: str,
        noun: str,
        plural: str,
        read: t.Callable[[t.Mapping[str, t.Any]], Found],
        needs: t.Sequence[str],
    ) -> None:
        self._graph, self._path, self._noun, self._plural = graph, path, noun, plural
        self._read, self._needs = read, needs
        self.object_id: str | None = None
        self.licences: tuple[str, ...] = (BASE_LICENCE,)

    def find(self, options: t.Mapping[str, t.Any]) -> Found | None:
        """Return the object that ``object_id`` or an unambiguous ``display_name`` names, or None. Raises AmbiguousMatch, ConfigError."""
        asked, is_wanted = options.get("object_id"), options["state"] == "present"
        if asked:
            if not is_guid(asked):
                raise ConfigError(f"object_id: {asked!r} is not a GUID", source="option object_id")
            self.object_id = asked
            found = self.read_one()
            if found is None and is_wanted:
                raise ConfigError(
                    f"No {self._noun} has the object id {asked}; leave object_id out to create one",
                    source="option object_id",
                )
            return found
        self.object_id, name = None, str(options["display_name"])
        doubt = describe_suspicious_name(self._noun, name) if is_wanted else None
        if doubt:
            self._graph.ctx.warn(doubt)
        named = self._list_named(name)
        if len(named) > 1:
            ids = sorted(str(wire.get("id")) for wire in named)
            raise AmbiguousMatch(
                f"{len(named)} {self._plural} have the display name {name} ({', '.join(ids)}): give object_id",
                candidates=ids,
            )
        if not named:
            return None
        found = self._read(named[0])
        self.object_id = str(named[0]["id"])
        return found

    def read_one(self) -> Found | None:
        """Return the object at hand as Graph shows it, None where it is not there."""
        wire = self._graph.get(self._get_path(), intent=f"read {self._noun} {self.object_id}", needs=READ_NEEDS)
        return self._read(wire) if wire is not None else None

    def create(self, body: t.Mapping[str, t.Any], intent: str) -> None:
        """Create an object, once whatever becomes of the answer; see create_once."""
        name = str(body["displayName"])
        with self._tell_licences():
            created = create_once(
                self._graph, self._path, body, find=lambda: self._list_named(name), intent=intent, needs=self._needs
            )
        self.object_id = str(created["id"])

    def change(self, body: t.Mapping[str, t.Any], intent: str) -> None:
        """Change the object at hand."""
        with self._tell_licences():
            self._graph.write("PATCH", self._get_path(), body, intent=intent, needs=self._needs)

    def delete(self, intent: str) -> None:
        """Delete the object at hand; one that is gone is fine."""
        self._graph.write("DELETE", self._get_path(), intent=intent, needs=self._needs, missing_ok=True)
        self._graph.forget(str(self.object_id))

    @contextlib.contextmanager
    def _tell_licences(self) -> t.Iterator[None]:
        """Add to a refusal which licences the write takes: Graph has one code for a missing right and for a missing licence."""
        try:
            yield
        except Forbidden as exc:
            told = (
                f"{exc} If it has that permission, the tenant lacks a licence. Needed: {' and '.join(self.licences)}."
            )
            raise Forbidden(told, said=exc.said, **exc.facts) from exc

    def _list_named(self, name: str) -> list[Wire]:
        """Return all objects of exactly this display name, letter case apart; warn of others that only look like it."""
        listed = self._graph.list(self._path, intent=f"list the {self._plural}", needs=READ_NEEDS)
        warn_of_lookalikes(self._graph.ctx, self._noun, listed, name)
        return filter_by_name(listed, "displayName", name)

    def _get_path(self) -> str:
        return f"{self._path}/{quote_segment(str(self.object_id))}"


def note_location_change(recent: RecentObjects, object_id: str) -> None:
    """Note that this run creates or changes a named location, or would: what a policy with it does is not what it did in the log."""
    recent.add(f"{_CHANGED}{object_id}")


def list_changing_locations(recent: RecentObjects, object_ids: t.Iterable[str]) -> list[str]:
    """Return those of the named locations that this run creates or changes, or would, a short while ago; sorted."""
    return sorted(object_id for object_id in object_ids if recent.contains_any([f"{_CHANGED}{object_id}"]))


def build_changed_error(intent: str) -> ApiError:
    """Return the error for an object that is not as it was when the task was planned, by which the task reads and plans anew."""
    return ApiError(
        f"Cannot {intent}: somebody changed or deleted it after this task had read it.",
        is_outdated=True,
        service="Microsoft Graph",
    )
