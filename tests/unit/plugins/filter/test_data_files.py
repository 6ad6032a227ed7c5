# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that write files of variables: their results stay texts, and their errors are clear."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.cvops.identity.plugins.filter.data_files import FilterModule


def templating(text: str, **variables: t.Any) -> t.Any:
    """What a template of the collection's own makes of the variables."""
    try:
        from ansible.template import trust_as_template
    except ImportError:  # ansible-core before 2.19 trusts all that is not marked
        return Templar(loader=DataLoader(), variables=variables).template(text)
    return Templar(loader=DataLoader(), variables=variables).template(trust_as_template(text))


def test_filters_end_in_one_clear_error() -> None:
    endless: list[t.Any] = []
    endless.append(endless)
    filters = FilterModule().filters()
    for name in ("to_data_json", "to_data_yaml"):
        with pytest.raises(AnsibleFilterError, match="nested too deeply"):
            filters[name](endless)
    assert filters["to_file_name"]("a/b") == "a%2Fb"
    assert filters["to_data_yaml"]({"a": 1}, comment="x\ny") == "---\n# x\\u000ay\na: 1\n"


@pytest.mark.parametrize("name", ["to_data_json", "to_file_name"])
def test_a_result_that_looks_like_a_mapping_stays_text(name: str) -> None:
    """Before 2.19 templating takes texts apart that look like a list or a mapping, unless they are of one type."""
    made = FilterModule().filters()[name]("[1]" if name == "to_file_name" else {"a": 1})
    assert isinstance(made, str)
    assert str(templating("{{ made }}", made=made)) == str(made)


@pytest.mark.parametrize(
    ("given", "playbook_dir", "expected"),
    [
        ("plan.md", "/work/plays", "/work/plays/plan.md"),
        ("plan.md", "/x/ansible_collections/cvops/identity/playbooks", "{cwd}/plan.md"),
        ("out/plan.md", "/x/ansible_collections/corp/own/playbooks/plays", "{cwd}/out/plan.md"),
        ("/srv/plan.md", "/work/plays", "/srv/plan.md"),
        (" ~/plan.md ", "/work/plays", "{home}/plan.md"),
        ("", "/work/plays", ""),
    ],
)
def test_a_file_is_written_where_paths_of_modules_begin(given: str, playbook_dir: str, expected: str) -> None:
    found = FilterModule().filters()["to_path"](given, playbook_dir)
    assert found == expected.format(cwd=os.getcwd(), home=os.path.expanduser("~"))
