# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A preflight checks the entries of the mapping that name Entra groups and are to be present, and nothing else."""

from __future__ import annotations

import typing as t

import pytest
from preflight_examples import FACTS

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight import info
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.report import build_preflight_report
from ansible_collections.cvops.identity.plugins.modules import commvault_role_mappings, sso_preflight_info

GRANTS = [{"role": "View", "entities": {"commcell": True}}]


def run(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, *mappings: dict[str, t.Any], **options: t.Any
) -> tuple[t.Any, list[t.Any]]:
    read: list[t.Any] = []

    def remember(ctx: t.Any, entries: list[t.Any]) -> t.Any:
        read.extend(entries)
        return FACTS

    monkeypatch.setattr(info, "read_preflight_facts", remember)
    return info.run_preflight(make_ctx({"mappings": list(mappings), "commcell": None, **options})), read


def entry(kind: str, name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"principal": {kind: name}, "grants": GRANTS, **more}


def test_only_present_entra_groups_are_read(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mappings = (entry("entra_group", "Ops"), entry("entra_group", "Old", state="absent"), entry("user", "anna"))
    found, read = run(make_ctx, monkeypatch, *mappings)
    assert [item.principal.name for item in read] == ["Ops"]
    assert found == build_preflight_report(FACTS)


def test_entries_of_other_commcells_are_left_out(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mappings = (entry("entra_group", "A", commcells=["cs01"]), entry("entra_group", "B", commcells=["cs02"]))
    _found, read = run(make_ctx, monkeypatch, *mappings, commcell="cs02")
    assert [item.principal.name for item in read] == ["B"]


def test_a_mapping_that_cannot_be_parsed_is_not_checked(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problems, match="nothing was checked"):
        run(make_ctx, monkeypatch, {"principal": {}, "grants": []})


def test_both_modules_take_the_same_mapping() -> None:
    ours, theirs = (module.SPEC.options["mappings"] for module in (sso_preflight_info, commvault_role_mappings))
    assert ours == theirs
