# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names beside the places of problems: as the mapping writes them, whatever it wrote."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import make_problem
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.problem_names import add_names

MAPPINGS = [
    {
        "principal": {"user": None, "entra_group": {"name": "GG-Ops", "object_id": "8d0f"}},
        "grants": [
            {"role": "Vew", "entities": "commcell"},
            {
                "role": {"name": "View", "company": "corp"},
                "entities": {
                    "plans": ["gold", {"name": "sliver", "company": "corp"}, {"id": 7}],
                    "servers": {"matching": "emea-*", "at_most": 5},
                },
            },
        ],
    },
    {"principal": {"user": {"id": 5}}},
    "no entry",
]


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("mappings[0].principal.entra_group", {"principal": "GG-Ops"}),
        ("mappings[0].grants[0].role", {"principal": "GG-Ops", "role": "Vew", "entity": "commcell"}),
        (
            "mappings[0].grants[1].entities.plans[1]",
            {"principal": "GG-Ops", "role": "View (company corp)", "entity": "plans sliver (company corp)"},
        ),
        (
            "mappings[0].grants[1].entities.servers",
            {"principal": "GG-Ops", "role": "View (company corp)", "entity": "servers emea-*"},
        ),
        (
            "mappings[0].grants[1]",
            {
                "principal": "GG-Ops",
                "role": "View (company corp)",
                "entity": "plans gold, plans sliver (company corp), plans 7 and 1 more",
            },
        ),
        ("mappings[1]", {"principal": "5"}),
        ("mappings[2].grants[0]", {}),
        ("mappings[9]", {}),
        ("rights", {}),
        ("break_glass.entra_groups[0]", {}),
    ],
)
def test_a_problem_has_the_names_that_go_with_its_place(where: str, names: dict[str, str]) -> None:
    problem = make_problem(where, "wrong")
    assert add_names([problem], MAPPINGS) == [{**problem, **names}]


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "principal": ANYTHING,
        "grants": ANYTHING | st.lists(st.dictionaries(st.sampled_from(["role", "entities"]), ANYTHING)),
    },
)


@given(st.lists(ENTRIES | ANYTHING, max_size=2), st.integers(0, 2), st.integers(0, 2))
def test_a_mapping_of_any_shape_can_have_problems(mappings: list[t.Any], entry: int, grant: int) -> None:
    where = f"mappings[{entry}].grants[{grant}].entities.plans[0]"
    (problem,) = add_names([make_problem(where, "wrong")], mappings)
    assert (problem["where"], problem["message"]) == (where, "wrong")
