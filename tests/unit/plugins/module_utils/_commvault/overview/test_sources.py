# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each source says whether all was read, in words of the collection, without names."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview.sources import (
    USER_MANAGEMENT,
    VIEW,
    SourceLog,
    describe_refusal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden, NotFound


def close(make_ctx: t.Any, notes: t.Callable[[SourceLog], None], rights: t.Any = None, **more: t.Any) -> t.Any:
    log = SourceLog(make_ctx({}))
    log.rights = {VIEW: "View"} if rights is None else rights or None
    notes(log)
    log.close("users", 7, **more)
    (source,) = log.sources
    return source


def test_a_list_that_was_read_is_complete(make_ctx: t.Any) -> None:
    source = close(make_ctx, lambda log: None, seen_with=(VIEW,))
    assert {name: source[name] for name in ("name", "count", "complete", "why")} == {
        "name": "users",
        "count": 7,
        "complete": True,
        "why": "",
    }
    assert source["read_at"].endswith("Z")


def test_rights_that_lack_and_rights_that_are_not_shown(make_ctx: t.Any) -> None:
    lacking = close(make_ctx, lambda log: None, rights={13: "Browse"}, seen_with=(VIEW, USER_MANAGEMENT))
    assert lacking["complete"] is False and "View or User Management" in lacking["why"]
    unknown = close(make_ctx, lambda log: None, rights={}, seen_with=(VIEW,))
    assert unknown["complete"] is None and "does not show" in unknown["why"]
    assert close(make_ctx, lambda log: None, rights={})["complete"] is True, "what everybody sees needs no right"
    doubtful = close(make_ctx, lambda log: None, doubt="who knows")
    assert (doubtful["complete"], doubtful["why"]) == (None, "who knows")


def test_within_a_company_nothing_is_complete(make_ctx: t.Any) -> None:
    def scope(log: SourceLog) -> None:
        log.company = "Northwind"

    source = close(make_ctx, scope)
    assert source["complete"] is False and "Northwind" in source["why"]


def test_objects_that_were_refused_or_are_gone_are_named_by_id(make_ctx: t.Any) -> None:
    def note(log: SourceLog) -> None:
        for number in range(15, 0, -1):
            log.note_unread("users", number, Forbidden("no", status=403, code="8"))
        log.note_unread("users", 40, None)
        log.note_unread("users", 41, NotFound("gone", status=404))
        log.note_unread("roles", 1, None)

    source = close(make_ctx, note)
    assert source["complete"] is False
    assert source["why"] == (
        "in the list, but gone when they were read, by id: 40, 41; not visible to this account, refused (HTTP 403, error code 8), by id:"
        " 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 5 more"
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Forbidden("x", status=403), "refused (HTTP 403)"),
        (Forbidden("x", status=200, code="5"), "refused (error code 5)"),
        (NotFound("x", status=404), "this release has no such call (HTTP 404)"),
        (ApiError("x", status=405), "this release has no such call (HTTP 405)"),
        (ApiError("the service says {{ 1 }}", status=200, code="3"), "answered with an error (error code 3)"),
        (Forbidden("x"), "refused"),
    ],
)
def test_the_words_are_our_own(error: ApiError, words: str) -> None:
    assert describe_refusal(error) == words
