# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Creating an object without an idempotency key: one POST, and reads that tell what became of a lost answer."""

from __future__ import annotations

import contextlib
import typing as t

from .._core.addresses import quote_segment
from .._core.errors import ApiError, CvopsError, mark_outcome_unknown
from .._core.polling import Backoff
from .._core.retry import Repeat
from .client import GraphClient
from .confirm import wait_until_shown
from .owners import list_owners

_READS_AFTER = 4
_READS_BEFORE = 2
#: What the service chooses anew for every object.
_IDS = ("id", "appId")


def create_once(
    graph: GraphClient,
    path: str,
    body: t.Mapping[str, t.Any],
    *,
    find: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]],
    intent: str,
    needs: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """Create an object and return it. Where it is unknown what became of a POST, *find* tells whether the object came to be.

    *find* returns the objects that the new one could be taken for. None exists before the POST (else ApiError is raised), so
    the one that it returns afterwards is ours, unless it is not as the *body* asks: somebody else was faster then. When it returns
    none that is ours for a while, ApiError is raised with the outcome "unknown": the next run finds the object or creates it.
    """
    _check_name_is_free(find, intent)
    was_repeated = False

    def is_undone() -> bool:
        nonlocal was_repeated
        was_repeated = True
        with mark_outcome_unknown():
            return not find()

    try:
        created = graph.write(
            "POST", path, dict(body), intent=intent, needs=needs, repeat=Repeat.IF_REFUSED, is_undone=is_undone
        )
        if created is None or not created.get("id"):
            raise ApiError(
                f"Cannot {intent}: the service created it but does not show it",
                service="Microsoft Graph",
                may_have_acted=True,
            )
    except ApiError as exc:
        if not exc.may_have_acted and not was_repeated:
            raise
        backoff = Backoff(graph.ctx)
        for dummy in range(_READS_AFTER):
            with mark_outcome_unknown():
                backoff.pause(about=f"the answer was lost: checking what happened to the request (to {intent})")
                found = find()
            if len(found) == 1 and _is_made_of(body, found[0]):
                graph.remember(found[0])
                _await_listed(graph, find, found[0], intent)
                return dict(found[0])
        exc.facts["outcome"] = "unknown"
        raise
    graph.remember(created)
    _await_listed(graph, find, created, intent)
    return _keep_one_of_twins(graph, path, find, created, intent) if was_repeated else created


def _is_made_of(body: t.Mapping[str, t.Any], item: t.Mapping[str, t.Any]) -> bool:
    """Return whether *item* has the texts and switches of *body*, as far as it was read; the service completes what has parts."""
    return all(item[name] == value for name, value in body.items() if name in item and isinstance(value, (str, bool)))


def _await_listed(
    graph: GraphClient,
    find: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]],
    created: t.Mapping[str, t.Any],
    intent: str,
) -> None:
    """Wait until *find* returns the new object: the next run knows it by that alone, so nothing else is done before.

    It is there whatever becomes of these looks. A run that is told to stop meanwhile ends after the step, and where they fail, those
    of the resource after its last step tell.
    """
    with contextlib.suppress(CvopsError):
        wait_until_shown(graph, lambda: [] if any(_is_same(item, created) for item in find()) else ["list"], intent)


def _get_id(item: t.Mapping[str, t.Any]) -> str:
    return str(item.get("id"))


def _is_same(item: t.Mapping[str, t.Any], created: t.Mapping[str, t.Any]) -> bool:
    return _get_id(item) == _get_id(created)


def _keep_one_of_twins(
    graph: GraphClient,
    path: str,
    find: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]],
    created: dict[str, t.Any],
    intent: str,
) -> dict[str, t.Any]:
    """Return the object to go on with where a first POST, which was refused, may have had an effect that no replica showed in time.

    Then there are two of one name, which no later run could tell apart. Where the other one is like the new one in all that *find*
    returns and in its owners, it is the first POST's: it is kept, and the new one, which is this run's for certain and which nobody uses
    yet, is deleted. Any other object may be somebody else's, who was faster: it is left alone. A warning names what is left.
    """
    kept: t.Mapping[str, t.Any] = created
    left: t.Sequence[t.Mapping[str, t.Any]] = ()
    try:
        found = find()
        left = [item for item in found if not _is_same(item, created)]
        if len(left) == 1 and len(found) == 2 and _are_alike(graph, path, found):
            kept, left = left[0], [created]
            graph.remember(kept)
            key = _get_id(created)
            graph.write(
                "DELETE", f"{path}/{quote_segment(key)}", intent=f"undo a second try to {intent}", missing_ok=True
            )
            graph.forget(key)
            left = ()
    except CvopsError as exc:
        graph.ctx.debug(1, str(exc))
    if left:
        graph.ctx.warn(
            f"Entra ID first refused to {intent}, but may have done it: this run continues with {_get_id(kept)}, and "
            f"there is also {', '.join(map(_get_id, left))} with the same name. The next run cannot tell them apart. "
            "Remove the second one, unless somebody else uses it."
        )
    return dict(kept)


def _are_alike(graph: GraphClient, path: str, found: t.Sequence[t.Mapping[str, t.Any]]) -> bool:
    """Return whether two objects differ in nothing but their ids.

    Among their owners, which are read until they are the same ones, is who created them; replicas may show those of a new object late.
    """
    first, second = ({name: value for name, value in item.items() if name not in _IDS} for item in found)
    backoff = Backoff(graph.ctx)
    for number in range(_READS_AFTER if first == second else 0):
        if number:
            backoff.pause(about="checking whether this run created the object of the same name")
        of_first, of_second = (list_owners(graph, f"{path}/{quote_segment(key)}", key) for key in map(_get_id, found))
        if of_first == of_second:
            return True
    return False


def _check_name_is_free(find: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]], intent: str) -> None:
    """Raise ApiError when *find* returns anything, in one of several reads.

    A replica may deny what was created seconds ago, and a second object of the same name cannot be told from the first.
    """
    if any(find() for dummy in range(_READS_BEFORE)):
        raise ApiError(
            f"Cannot {intent}: it exists already; the directory did not show it at first. Run the task again.",
            is_outdated=True,
            service="Microsoft Graph",
        )
