# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dangerous changes wait for a named risk and a reason."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import GuardRefused
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import (
    MAX_REMOVALS,
    build_removals_spec,
    build_risk_spec,
    check_removals,
    require_accepted_risk,
)


def test_a_risk_is_refused_until_it_is_accepted(make_ctx: t.Any) -> None:
    ctx = make_ctx({"accept_risk": ["last_key"], "accept_reason": "moving"})
    with pytest.raises(GuardRefused) as refused:
        require_accepted_risk(ctx, "rename", "X would be renamed.")
    assert refused.value.facts == {"risk": "rename"}
    assert str(refused.value) == (
        "X would be renamed. If that is intended, add rename to accept_risk and give the reason in accept_reason."
    )
    assert ctx.warnings == []


def test_a_refusal_names_the_variables_of_those_who_run_the_module(make_ctx: t.Any) -> None:
    with pytest.raises(GuardRefused) as refused:
        require_accepted_risk(make_ctx({}), "rename", "X would be renamed.", prefixes=("revert",))
    assert str(refused.value) == (
        "X would be renamed. If that is intended, add rename to accept_risk and give the reason in accept_reason"
        " (revert_accept_risk and revert_accept_reason in the playbook revert)."
    )
    with pytest.raises(GuardRefused) as refused:
        check_removals(["a", "b"], 1, "grants", "this", ("role_mappings", "revert"))
    assert str(refused.value) == (
        "2 grants would be removed, more than max_removals 1: a; b. If this is right, raise max_removals"
        " (role_mappings_max_removals in the role role_mappings and the playbooks site and converge_role_mappings;"
        " revert_max_removals in the playbook revert)."
    )


def test_an_accepted_risk_is_a_warning(make_ctx: t.Any) -> None:
    ctx = make_ctx({"accept_risk": ["rename"], "accept_reason": "new standard"})
    require_accepted_risk(ctx, "rename", "X would be renamed.")
    assert ctx.warnings == ["Accepted risk rename (new standard): X would be renamed."]


def test_no_risk_is_accepted_without_the_option(make_ctx: t.Any) -> None:
    with pytest.raises(GuardRefused):
        require_accepted_risk(make_ctx({}), "rename", "X.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"accept_risk": ["rename"]}, "missing parameter(s) required by 'accept_risk': accept_reason"),
        ({"accept_risk": ["other"], "accept_reason": "x"}, "value of accept_risk must be one or more of: rename"),
        ({"accept_reason": "x"}, ""),
    ],
)
def test_a_risk_needs_a_known_name_and_a_reason(options: dict[str, object], said: str) -> None:
    spec = build_risk_spec("rename")
    errors = ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate(options).errors
    assert (said in errors.msg) if said else not errors.errors


def test_more_removals_than_the_limit_are_refused_with_the_first_of_them() -> None:
    check_removals(["a", "b", "c"], 3, "grants", "the mapping")
    check_removals([], 0, "grants", "the mapping")
    with pytest.raises(GuardRefused) as caught:
        check_removals(["a", "b"], 1, "members", "the list")
    assert str(caught.value) == (
        "2 members would be removed, more than max_removals 1: a; b. If the list is right, raise max_removals."
    )
    assert caught.value.facts == {"removals": 2}
    with pytest.raises(GuardRefused, match="6 grants would be removed, more than max_removals 0: a; b; c; d; e …"):
        check_removals(list("abcdef"), 0, "grants", "the mapping")


def test_the_limit_of_removals_has_a_default() -> None:
    spec = build_removals_spec()
    validated = ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate({})
    assert validated.validated_parameters == {"max_removals": MAX_REMOVALS} == {"max_removals": 20}
