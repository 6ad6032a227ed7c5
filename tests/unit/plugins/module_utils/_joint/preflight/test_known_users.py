# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which users of Commvault are read for sample users, and what becomes of a refusal."""

from __future__ import annotations

import typing as t

import pytest
from preflight_examples import person

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Entry
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden, Throttled
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight import known_users
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.known_users import read_known_users

LISTED = [
    Entry(1, "sam@corp.example"),
    Entry(2, "acme\\Sam@corp.example"),
    Entry(3, "sam", raw={"email": "SAM@corp.example"}),
    Entry(4, "s", raw={"userPrincipalName": "sam@corp.example"}),
    Entry(5, "kim@corp.example", raw={"email": None}),
]


class Reads:
    """Stands for the catalogue of users and for reads of one; ``error`` is raised by the list."""

    def __init__(self, error: Exception | None = None, **details: t.Any) -> None:
        self.error, self.details, self.asked = error, details, 0

    def read_catalogue(self, kind: str) -> list[Entry]:
        self.asked += 1
        if self.error:
            raise self.error
        return LISTED

    def read(self, number: int) -> dict[str, t.Any] | None:
        return None if number == 4 else {"enabled": True, **self.details}


def read(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, reads: Reads, *names: str) -> t.Any:
    monkeypatch.setattr(known_users, "Users", lambda client, directory: reads)
    people = [person(name, 1, True) for name in names]
    others = [person("sam", 1), person("sam", None, True)]
    return read_known_users(
        make_ctx({"parallel_reads": 1}), t.cast(t.Any, None), t.cast(t.Any, reads), [*people, *others]
    )


def test_users_are_found_by_every_name(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": 7, "name": "Ops"}, {"id": 8, "name": "x", "provider": {"name": "CORP"}}, {"name": "y"}]
    found = read(make_ctx, monkeypatch, Reads(associatedUserGroups=rows), "sam")
    assert [(user.enabled, user.user_groups) for user in found] == [(True, frozenset({7}))] * 3
    assert all("sam@corp.example" in user.names for user in found)


def test_what_is_not_shown_is_not_known(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (user, *_more) = read(make_ctx, monkeypatch, Reads(enabled=None), "sam")
    assert (user.enabled, user.user_groups) == (None, None)


def test_nothing_is_read_without_sample_users(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Reads()
    assert read(make_ctx, monkeypatch, reads) is None and reads.asked == 0


def test_a_refusal_is_not_nobody(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(make_ctx, monkeypatch, Reads(Forbidden("no", status=403)), "sam") is None
    with pytest.raises(Throttled):
        read(make_ctx, monkeypatch, Reads(Throttled("slow down", status=429)), "sam")
