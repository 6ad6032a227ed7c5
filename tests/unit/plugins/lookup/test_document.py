# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup of variables documents: which variables count as defined already, and what it returns."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.loader import lookup_loader

GROUPS = "cvops_entra_groups:\n  - display_name: '{{ 1 + 1 }}'\n"


def look(*terms: t.Any, variables: t.Any = None, **keywords: t.Any) -> dict[str, t.Any]:
    """Run the lookup as Ansible loads it, because its options come from its documentation."""
    lookup = lookup_loader.get("cvops.identity.document")
    (found,) = lookup.run(list(terms), variables, **keywords)
    return t.cast("dict[str, t.Any]", found)


@pytest.fixture
def document(tmp_path: pathlib.Path) -> str:
    """A document with one group."""
    path = tmp_path / "a.yml"
    path.write_text(GROUPS)
    return str(path)


def test_a_document_is_returned_without_evaluating_it(document: str) -> None:
    assert look(document) == {
        "variables": {"cvops_entra_groups": [{"display_name": "{{ 1 + 1 }}"}]},
        "problems": [],
        "files": [document],
    }


def test_paths_are_terms_or_a_list_in_one(document: str, tmp_path: pathlib.Path) -> None:
    other = tmp_path / "b.yml"
    other.write_text("cvops_sso: {}")
    assert look(document, str(other)) == look([document, str(other)])
    assert look(document, str(other))["files"] == [document, str(other)]
    assert look() == {"variables": {}, "problems": [], "files": []}


def test_a_variable_that_is_defined_is_a_problem_unless_it_is_ignored(document: str) -> None:
    variables = {"cvops_entra_groups": []}
    found = look(document, variables=variables)
    assert found["variables"] == {}
    (problem,) = found["problems"]
    assert "cvops_entra_groups is also given as a variable" in problem
    assert look(document, variables=variables, ignore_defined=["cvops_entra_groups"])["problems"] == []


def test_decisions_are_allowed_by_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("cvops_role_mappings: [{relink: true}]")
    assert "relink" in look(str(path))["problems"][0]
    assert look(str(path), allow=["relink"])["problems"] == []
    with pytest.raises(AnsibleError, match="allow"):
        look(str(path), allow=["everything"])


def test_all_problems_are_returned_and_no_variables(document: str, tmp_path: pathlib.Path) -> None:
    found = look(document, str(tmp_path / "missing.yml"), 5)
    assert found["variables"] == {}
    assert len(found["problems"]) == 2
