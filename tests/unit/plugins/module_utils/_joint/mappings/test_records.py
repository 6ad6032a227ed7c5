# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which document had an entry for a group last, out of records of any shape."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.records import (
    describe_mapping,
    find_other_documents,
)

TARGET = {"commvault_url": "https://cs01", "commvault_company": None}


def record(document: str, *groups: str, url: str = "https://cs01") -> dict[str, t.Any]:
    return {"target": {"commvault_url": url}, "evidence": {"mapping": describe_mapping(document, ["GG-*"], groups)}}


def test_the_last_document_with_an_entry_counts() -> None:
    records = [record("b.yml", "GG-B"), record("a.yml", "GG-A", "GG-B", "GG-C"), record("b.yml", "gg-c", "GG-A")]
    groups = ["GG-A", "gg-b", "GG-C", "GG-New"]
    assert find_other_documents(records, TARGET, "a.yml", groups) == {"gg-b": "b.yml"}
    assert find_other_documents(records, TARGET, "b.yml", groups) == {"GG-A": "a.yml", "GG-C": "a.yml"}


def test_another_commcell_has_its_own_groups() -> None:
    assert find_other_documents([record("b.yml", "GG-B", url="https://cs02")], TARGET, "a.yml", ["GG-B"]) == {}


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["target", "evidence", "mapping", "user_groups", "document"]), inner, max_size=3
        )
    ),
)


@given(st.lists(st.dictionaries(st.sampled_from(["target", "evidence"]), ANYTHING), max_size=3))
def test_records_of_any_shape_can_be_looked_at(records: list[t.Any]) -> None:
    assert find_other_documents(records, {}, "a.yml", ["GG-A"]).keys() <= {"GG-A"}
