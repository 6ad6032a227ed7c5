# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Pages of a list of Graph: which next links are followed, and which objects are new. Pure."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote, urlsplit

from .._core.addresses import describe_host
from .._core.reply import Reply

#: Members of directory objects that are texts wherever they are given.
_TEXT_MEMBERS = ("id", "appId", "displayName", "uniqueName", "userPrincipalName", "createdDateTime")


def check_object(value: t.Any, reply: Reply) -> dict[str, t.Any]:
    """Return an object of a list, or one by itself, as it was read.

    Raises BadAnswer for anything else, and for an object whose ids, names or dates are no text: all compare and sort by them.
    """
    if not isinstance(value, dict):
        raise reply.build_bad_answer("something that is not a list of objects")
    odd = [name for name in _TEXT_MEMBERS if not isinstance(value.get(name), (str, type(None)))]
    if odd:
        raise reply.build_bad_answer(f"an object with a value that is not a text as {odd[0]}")
    return value


def add_key(keys: set[str], wire: t.Mapping[str, t.Any]) -> bool:
    """Add what tells an object of a list from the others, its id or else all of it, to *keys*; return False if it was there."""
    before = len(keys)
    keys.add(str(wire.get("id") or wire))
    return len(keys) > before


def merge_lists(lists: t.Iterable[t.Iterable[dict[str, t.Any]]]) -> list[dict[str, t.Any]]:
    """Return the objects of several lists, each once and in their order.

    Lists that ask for different names may show the same object: Graph compares names more loosely than they are told apart here.
    """
    keys: set[str] = set()
    return [wire for listed in lists for wire in listed if add_key(keys, wire)]


def explain_unusable_link(root: str, following: t.Any, seen: t.Container[str], version: str = "v1.0") -> str | None:
    """Return why a next link is not followed, None for one that is. *root*: Graph's address; *seen*: the links that were followed."""
    if not isinstance(following, str) or not _is_below(root, following, version):
        return f"its next page is not below the address that was asked, but at {describe_host(following)}"
    return "its next page was read already" if following in seen else None


def _is_below(root: str, url: str, version: str) -> bool:
    try:
        ours, theirs = urlsplit(root), urlsplit(url)
    except ValueError:
        return False
    same = (theirs.scheme, theirs.netloc.lower()) == (ours.scheme, ours.netloc.lower())
    return same and theirs.path.startswith(f"{ours.path}/{version}/") and ".." not in unquote(theirs.path)
