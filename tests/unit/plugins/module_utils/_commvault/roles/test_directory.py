# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that are read ahead serve one read each; lists are read anew after a write."""

from __future__ import annotations

import typing as t

from commvault_examples import PERMISSION_TREE
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.directory import RoleDirectory


def make_directory(make_ctx: t.Any) -> tuple[RoleDirectory, FakeCommvault]:
    answers = {
        "V4/Role": {"roles": [{"id": 35, "name": "R"}]},
        "V4/Role/35": {"id": 35, "name": "R"},
        "V4/Permissions": PERMISSION_TREE,
    }
    client = FakeCommvault(make_ctx(), answers)
    return RoleDirectory(t.cast("t.Any", client)), client


def test_a_role_that_was_read_ahead_serves_one_read(make_ctx: t.Any) -> None:
    directory, client = make_directory(make_ctx)
    directory.read_ahead([35, 35, 36])
    assert sorted(client.paths) == ["GET V4/Role/35", "GET V4/Role/36"]
    assert directory.read_role(35) == {"id": 35, "name": "R"} and directory.read_role(36) is None
    assert len(client.paths) == 2
    directory.read_role(35)
    assert client.paths[2:] == ["GET V4/Role/35"]


def test_the_permission_catalogue_is_made_once(make_ctx: t.Any) -> None:
    directory, client = make_directory(make_ctx)
    assert directory.read_permission_catalogue() is directory.read_permission_catalogue()
    assert client.paths == ["GET V4/Permissions"]


def test_the_list_is_read_once_after_a_write_and_again_where_it_is_asked_for(make_ctx: t.Any) -> None:
    directory, client = make_directory(make_ctx)

    def count_reads(again: bool) -> int:
        before = len(client.paths)
        directory.read_written_roles(again=again)
        return len(client.paths) - before

    assert count_reads(False) > 0 and count_reads(False) == 0
    assert count_reads(True) > 0
    directory.note_write()
    assert count_reads(False) > 0
