# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of the page as data: what is encoded is read back, whatever it is, and nothing in it ends a script."""

from __future__ import annotations

import json
import typing as t

import page_examples
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.visible import is_invisible
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence import tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page import lists, words

CELLS = st.one_of(st.none(), st.booleans(), st.text(), st.lists(st.text(), max_size=3))


def decode(column: dict[str, t.Any], indexes: t.Sequence[str], rows: int) -> list[t.Any]:
    """The cells of a column, as the page's script reads them."""
    size = column.get("l", 0)
    values = (
        column["v"]
        if "v" in column
        else [column["p"] + column["f"][at : at + size] for at in range(0, len(column["f"]), size)]
    )
    if "i" not in column:
        return values if len(values) == rows and rows > 1 else list(values) * rows
    text, width = indexes[column["i"]], column["w"]
    places = []
    for row in range(rows):
        place = 0
        for sign in text[row * width : (row + 1) * width]:
            place = place * len(lists.DIGITS) + lists.DIGITS.index(sign)
        places.append(place)
    return [values[place] for place in places]


def show(name: str, cell: t.Any) -> t.Any:
    return lists._show_cell(name, tuple(cell) if isinstance(cell, list) else cell)


@given(st.lists(CELLS))
def test_a_column_is_read_back(cells: list[t.Any]) -> None:
    encoded, indexes = json.loads(json.dumps(lists.encode_columns({"reason": cells})))
    assert decode(encoded["reason"], indexes, len(cells)) == [show("reason", cell) for cell in cells]


@given(st.lists(st.tuples(CELLS, CELLS, CELLS)))
def test_columns_are_read_back_together(rows: list[tuple[t.Any, ...]]) -> None:
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("ticket", "reason", "path"))}
    encoded, indexes = lists.encode_columns(columns)
    for name, cells in columns.items():
        assert decode(encoded[name], indexes, len(rows)) == [show(name, cell) for cell in cells]


@pytest.mark.parametrize("distinct", [1, 2, 90, 91, 8100, 8101])
def test_a_column_of_many_values_is_read_back(distinct: int) -> None:
    cells = [f"value {number % distinct}" for number in range(distinct + 50)]
    encoded, indexes = lists.encode_columns({"entity": cells})
    assert decode(encoded["entity"], indexes, len(cells)) == cells


def test_ids_are_one_text() -> None:
    cells = [tables.make_row_id("access", number) for number in range(1000)]
    column = lists.encode_columns({"id": cells})[0]["id"]
    assert column["p"].startswith("access-") and "v" not in column
    assert decode(column, [], len(cells)) == cells


@pytest.mark.parametrize("many", [3, 300])
def test_columns_that_go_together_share_their_indexes(many: int) -> None:
    numbers = [number % many for number in range(400)]
    columns = {"role": [f"role {number}" for number in numbers], "role_id": [str(number) for number in numbers]}
    encoded, indexes = lists.encode_columns(columns)
    assert encoded["role"]["i"] == encoded["role_id"]["i"] and len(indexes) == 1


@given(st.text())
def test_no_text_ends_a_script_or_begins_a_comment(text: str) -> None:
    written = lists.dump_json({"v": [text, f"</script>{text}<!--\u2028\u2029"]})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written)["v"][0] == text


@given(CELLS)
def test_nothing_invisible_is_left(cell: t.Any) -> None:
    shown = show("reason", cell)
    assert not any(is_invisible(sign) for text in ([shown] if isinstance(shown, str) else shown) for sign in text)


@pytest.mark.parametrize("spec", lists.LISTS, ids=lambda spec: spec.name)
def test_the_detail_of_a_row_has_every_column_once(spec: lists.ListSpec) -> None:
    table = {table.name: table for table in tables.TABLES}[spec.name]
    grouped = [name for _title, names in spec.groups for name in names]
    assert sorted(grouped) == sorted(set(table.columns) - {"rows"})
    assert {*spec.shown, *spec.filters, *spec.kinds, spec.opens} <= set(table.columns)


@pytest.mark.parametrize("column", sorted(words.VALUES))
def test_words_are_of_columns_that_there_are(column: str) -> None:
    assert any(column in table.columns for table in tables.TABLES)


def test_rows_of_findings_are_found_in_their_lists() -> None:
    findings: list[tables.Row] = [{"id": "f-1", "rows": ["a-2", "i-1", "gone"]}, {"id": "f-2", "rows": None}]
    rows: dict[str, list[tables.Row]] = {"access": [{"id": "a-1"}, {"id": "a-2"}], "identities": [{"id": "i-1"}]}
    assert lists.find_rows(findings, rows) == {"access": {"0": [1]}, "identities": {"0": [0]}}


def test_equal_tables_are_equal_lists() -> None:
    made = [page_examples.build_tables(200).rows["access"] for _time in range(2)]
    first, second = (lists.dump_json(lists.encode_list(lists.ACCESS, tables.ACCESS.columns, rows)) for rows in made)
    assert first == second
