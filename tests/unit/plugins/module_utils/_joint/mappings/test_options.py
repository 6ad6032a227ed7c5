# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as values: the specification and its values agree, and what earlier tasks would create counts in check mode alone."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from mapping_fakes import make_options

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.options import (
    MappingsOptions,
    mappings_option,
    read_mappings_options,
)
from ansible_collections.cvops.identity.plugins.modules import commvault_role_mappings, sso_preflight_info

DEFAULTS = {
    name: option.get("default")
    for name, option in commvault_role_mappings.SPEC.options.items()
    if name in {field.name for field in dataclasses.fields(MappingsOptions)} | {"break_glass"}
}


def read(make_ctx: t.Any, check_mode: bool = False, **given: t.Any) -> MappingsOptions:
    return read_mappings_options(make_ctx({**DEFAULTS, **given}, check_mode=check_mode))


def test_the_defaults_are_those_of_the_specification(make_ctx: t.Any) -> None:
    assert read(make_ctx) == dataclasses.replace(make_options(), parallel_reads=8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mappings", [{"principal": {}}]),
        ("commcell", "emea-1"),
        ("exclusive", "principals"),
        ("fail_on_drift", True),
        ("create_user_groups", False),
        ("link_entra_groups", False),
        ("match_by", "display_name"),
        ("require_object_id", "all"),
        ("max_writes", 5),
        ("max_removals", 0),
        ("canary", True),
        ("check_rights", False),
        ("parallel_reads", 1),
        ("known_entra_groups", {"GG": "x"}),
    ],
)
def test_a_value_is_handed_on_as_it_is(make_ctx: t.Any, name: str, value: t.Any) -> None:
    assert getattr(read(make_ctx, **{name: value}), name) == value


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        *((value, "none") for value in (False, "none", "None", "false", "False", " no ", "off", "0", 0)),
        *((value, "principals") for value in (True, "principals", "true", "True", "YES", "on", "1", 1)),
        *((value, "managed") for value in ("managed", "Managed", " managed\n")),
    ],
)
def test_exclusive_is_a_mode_or_the_boolean_of_older_documents(make_ctx: t.Any, given: t.Any, mode: str) -> None:
    assert read(make_ctx, exclusive=given, managed_groups=["GG-*"]).exclusive == mode


@pytest.mark.parametrize("given", ["", "all", "principal", 2, ["managed"], {}, "none principals"])
def test_what_is_no_mode_is_refused(make_ctx: t.Any, given: t.Any) -> None:
    with pytest.raises(ConfigError, match="exclusive is none, principals or managed") as caught:
        read(make_ctx, exclusive=given)
    assert caught.value.facts["source"] == "option exclusive"


def test_managed_needs_managed_groups(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="managed_groups is empty") as caught:
        read(make_ctx, exclusive="managed")
    assert caught.value.facts["source"] == "option managed_groups"


def test_lists_become_tuples_of_texts(make_ctx: t.Any) -> None:
    break_glass = {
        "commvault_users": ["emergency", 5],
        "entra_groups": ["GG-Emergency"],
        "entra_users": ["x@y.example"],
    }
    options = read(make_ctx, managed_groups=["GG-*"], break_glass=break_glass)
    assert options.managed_groups == ("GG-*",)
    assert options.break_glass_users == ("emergency", "5")
    assert options.break_glass_entra_groups == ("GG-Emergency",)
    nobody = read(make_ctx, break_glass={"commvault_users": None})
    assert (nobody.break_glass_users, nobody.break_glass_entra_groups) == ((), ())


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_pending_counts_in_check_mode_alone_and_options_stay_as_they_are(
    make_ctx: t.Any, check_mode: bool
) -> None:
    result = {"name": "View", "company": "corp", "id": None, "description": "", "permissions": ["View"]}
    given = {"pending_roles": ["Restore", result], "pending_entra_groups": ["GG-New"]}
    ctx = make_ctx({**DEFAULTS, **given}, check_mode=check_mode)
    options = read_mappings_options(ctx)
    if check_mode:
        assert options.pending_roles == (ObjectReference("Restore"), ObjectReference("View", "corp"))
        assert options.pending_entra_groups == ("GG-New",)
    else:
        assert options.pending_roles == options.pending_entra_groups == ()
    assert ctx.options == {**DEFAULTS, **given}


def test_a_pending_role_that_is_no_reference_is_a_message(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match=r"pending_roles\[1\]: a name is needed"):
        read(make_ctx, check_mode=True, pending_roles=["View", ""])


@pytest.mark.parametrize("check_mode", [True, False])
def test_lists_and_dictionaries_that_are_null_are_empty(make_ctx: t.Any, check_mode: bool) -> None:
    names = ("mappings", "managed_groups", "break_glass", "pending_roles", "pending_entra_groups", "known_entra_groups")
    options = read(make_ctx, check_mode, **dict.fromkeys(names))
    assert options == read(make_ctx, check_mode, **{name: [] for name in names[:2]}, known_entra_groups={})


def test_modules_take_mappings_in_one_form() -> None:
    for module in (commvault_role_mappings, sso_preflight_info):
        assert module.SPEC.options["mappings"] == mappings_option()
    entry = mappings_option()["options"]
    assert entry["state"]["default"] == "present" and entry["relink"]["default"] is False
    assert entry["grants"]["options"]["entities"]["required"]
