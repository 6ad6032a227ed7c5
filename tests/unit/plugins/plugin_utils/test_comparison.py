# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of CommCells: what is there, what is not, and what nobody has read."""

from __future__ import annotations

import csv
import io
import json
import random
import typing as t

import pytest
from hostile import FRAGMENTS
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils import comparison as compared
from ansible_collections.cvops.identity.plugins.plugin_utils.comparison import compare_commcells
from ansible_collections.cvops.identity.plugins.plugin_utils.comparison_text import format_comparison, write_comparison
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

APPLIED = {"status": "applied"}


def grant(principal: str = "GG-A", entity: str = "gold", role: str = "View", **more: t.Any) -> dict[str, t.Any]:
    row = {"principal": principal, "principal_kind": "user_group", "role": role}
    return {**row, "entity_type": "plans", "entity": entity, **more}


def mapping(*grants: dict[str, t.Any], **more: t.Any) -> list[dict[str, t.Any]]:
    """The result of one CommCell on which the document declares these grants."""
    lists = {name: [] for name in ("added", "removed", "surplus", "unmanaged", "other", "not_confirmed")}
    return [{"role_mappings": {**lists, "remaining": 0, "grants": list(grants), **more}, "stats": {}}]


def cells(comparison: dict[str, t.Any], entity: str = "gold", principal: str = "GG-A") -> dict[str, str]:
    """The states of a right by CommCell."""
    rows = [row for row in comparison["rows"] if (row["principal"], row["entity"]) == (principal, entity)]
    (row,) = rows
    return dict(zip(comparison["commcells"], row["cells"], strict=True))


def cell(more: dict[str, t.Any], status: str = "planned", *grants: dict[str, t.Any]) -> str:
    """The state of GG-A's right on a CommCell with such a result, beside another that has it."""
    results = {"a": mapping(*(grants or (grant(),)), **more), "b": mapping(grant())}
    return cells(compare_commcells(results, {}, {"a": {"status": status}}))["a"]


@pytest.mark.parametrize("status", ["planned", "problems", "refused", "not_applied", "unheard of"])
def test_what_was_only_planned_is_not_there(status: str) -> None:
    assert cell({"added": [grant()]}, status) == "missing"
    assert cell({"surplus": [grant(removed=True)], "removed": [grant()]}, status, grant("GG-A", "other")) == "surplus"


@pytest.mark.parametrize("status", ["applied", "failed", "plan_changed"])
def test_what_was_written_counts_when_it_is_confirmed(status: str) -> None:
    assert cell({"added": [grant()]}, status) == "in line"
    assert cell({"added": [grant()], "not_confirmed": [grant()]}, status) == "unknown"
    gone = {"surplus": [grant(removed=True)], "removed": [grant()]}
    assert cell(gone, status, grant("GG-A", "other")) == "not declared"
    assert cell({"surplus": [grant(removed=False)]}, status, grant("GG-A", "other")) == "surplus"


def test_what_is_left_to_a_later_run_is_not_told_as_there() -> None:
    assert cell({"remaining": 3}) == "unknown"
    assert cell({"remaining": 3, "added": [grant()]}, "applied") == "in line"
    assert cell({"remaining": 3, "added": [grant()]}) == "missing"


def test_a_right_that_no_mapping_takes_away_is_there_and_not_declared() -> None:
    assert cell({"other": [grant(grant_kind="owner")]}, "planned", grant("GG-A", "other")) == "surplus"
    assert cell({"other": [grant(grant_kind="unknown")]}) == "in line"
    found = compare_commcells({"a": mapping(grant(), other=[grant(role=t.cast("str", None), entity="x")])})
    told = [(row["role"], row["cells"]) for row in found["rows"]]
    assert told == [("single permissions", ["surplus"]), ("View", ["in line"])]


@pytest.mark.parametrize(
    "result",
    [
        [],
        [{}],
        [{"failed": True, "msg": "x", "role_mappings": mapping(grant())[0]["role_mappings"]}],
        [{"error": {"kind": "x"}, "role_mappings": mapping(grant())[0]["role_mappings"]}],
        [{"role_mappings": {"grants": 7, "added": []}}],
        [{"skipped": True}],
    ],
    ids=["nothing", "empty", "failed", "failed in a plan", "brief", "skipped"],
)
def test_a_commcell_that_was_not_read_is_never_in_line(result: t.Any) -> None:
    found = compare_commcells({"a": result, "b": mapping(grant())}, {}, {"a": APPLIED, "b": APPLIED})
    assert cells(found) == {"a": "not read", "b": "in line"}
    assert found["not_read"] == ["a"] and found["counts"]["differs_between"] == 0
    assert format_comparison(found)[-2:] == [
        "1 of 1 groups and users are not known on every CommCell",
        "CommCells that were not read: a",
    ]


def test_what_the_run_left_out_was_not_read_and_what_another_slice_has_is_not_told() -> None:
    scope = {"commcells": ["b"], "left_out": ["a", "c"], "elsewhere": ["c"]}
    found = compare_commcells({"b": mapping(grant())}, scope)
    assert cells(found) == {"a": "not read", "b": "in line"}
    assert format_comparison(found)[-1].startswith("Only 2 of 3 CommCells: those of this slice")
    assert "Only 2 of 3 CommCells" in write_comparison(found, "x.csv")
    assert json.loads(write_comparison(found, "x.json"))["elsewhere"] == ["c"]


def test_a_release_that_does_not_list_all_grants_leaves_the_undeclared_unread() -> None:
    unknown = mapping(grant("GG-A", "other"), surplus="unknown", unmanaged="unknown")
    found = compare_commcells({"a": unknown, "b": mapping(grant())}, managed_groups=["*"])
    assert cells(found) == {"a": "not read", "b": "in line"}
    assert cells(found, "other") == {"a": "in line", "b": "not declared"}
    found = compare_commcells({"a": unknown, "b": mapping(grant("GG-B"))}, managed_groups=["*"])
    assert cells(found, principal="GG-B")["a"] == "not read"
    # A group with an entry that wants nothing here is not among those without one, of which there may be none.
    found = compare_commcells({"a": mapping(surplus="unknown"), "b": mapping(grant("GG-B"))}, managed_groups=["*"])
    assert cells(found, principal="GG-B")["a"] == "not read"


def test_groups_of_another_kind_with_the_same_name_are_not_the_same() -> None:
    of_directory = grant(principal_kind="external_group")
    found = compare_commcells({"a": mapping(grant()), "b": mapping(of_directory)}, managed_groups=["*"])
    assert [(row["principal_kind"], row["cells"]) for row in found["rows"]] == [
        ("directory group", ["unknown", "in line"]),
        ("group", ["in line", "not declared"]),
    ]


@pytest.mark.parametrize(
    ("patterns", "kind", "state"),
    [
        ([], "user_group", "unknown"),
        (["gg-*"], "user_group", "not declared"),
        (["gg-*"], "user", "unknown"),
        (["gg-*"], "external_group", "unknown"),
        ({"a": ["gg-*"]}, "user_group", "not declared"),
        ({"a": [], "b": ["gg-*"]}, "user_group", "unknown"),
        ({"b": ["gg-*"]}, "user_group", "unknown"),
    ],
)
def test_a_principal_without_an_entry_is_known_where_it_was_looked_for(patterns: t.Any, kind: str, state: str) -> None:
    found = compare_commcells(
        {"a": mapping(), "b": mapping(grant("GG-B", principal_kind=kind))}, managed_groups=patterns
    )
    assert cells(found, principal="GG-B") == {"a": state, "b": "in line"}


def test_what_a_group_without_an_entry_holds_is_surplus_in_the_row_of_the_same_right() -> None:
    held = {"user_group": "gg-b", "grants": 2, "held": ["View on plans gold", "Run on plans x"], "removed": False}
    results = {"a": mapping(unmanaged=[held]), "b": mapping(grant("GG-B"), grant("GG-B", "silver"))}
    found = compare_commcells(results, managed_groups=["gg-*"])
    assert cells(found, principal="GG-B") == {"a": "surplus", "b": "in line"}
    assert cells(found, "silver", "GG-B") == {"a": "not declared", "b": "in line"}
    assert [row["cells"] for row in found["rows"] if row["role"] == "Run on plans x"] == [["surplus", "not declared"]]
    results["a"] = mapping(unmanaged=[{**held, "grants": 3}])
    assert cells(compare_commcells(results, managed_groups=["gg-*"]), "silver", "GG-B")["a"] == "unknown"
    gone = mapping(unmanaged=[{**held, "removed": True}], removed=[grant("gg-b"), grant("gg-b", "x", "Run")])
    written = compare_commcells({**results, "a": gone}, {}, {"a": APPLIED}, ["gg-*"])
    assert cells(written, principal="GG-B")["a"] == "not declared" == cells(written, "x", "GG-B")["a"]
    planned = compare_commcells({**results, "a": gone}, {}, {}, ["gg-*"])
    assert cells(planned, principal="GG-B")["a"] == "surplus" == cells(planned, "x", "GG-B")["a"]


def test_the_commcell_itself_is_one_entity_whatever_its_name() -> None:
    held = {"user_group": "GG-A", "grants": 1, "held": ["View on commcell cs-c"], "removed": False}
    results = {name: mapping(grant(entity=f"cs-{name}", entity_type="commcell")) for name in ("a", "b")}
    found = compare_commcells({**results, "c": mapping(unmanaged=[held])}, managed_groups=["gg-*"])
    assert cells(found, "itself") == {"a": "in line", "b": "in line", "c": "surplus"}


def test_of_two_principals_with_one_name_the_worst_state_is_told() -> None:
    assert cell({"surplus": [grant("gg-a")]}) == "surplus"
    held = {"user_group": "GG-A", "grants": 1, "held": ["View on plans gold"], "removed": False}
    assert cell({"unmanaged": [held]}) == "surplus"


def test_the_overview_has_the_worst_state_and_the_lines_say_who_differs() -> None:
    results = {
        "b": mapping(grant(), grant("GG-A", "x"), grant("GG-B"), added=[grant()]),
        "a": mapping(grant(), grant("GG-B")),
    }
    found = compare_commcells(results)
    assert [(row["principal"], row["cells"], row["differs_between"]) for row in found["principals"]] == [
        ("GG-A", ["in line", "missing"], True),
        ("GG-B", ["in line", "in line"], False),
    ]
    assert format_comparison(found) == [
        "1 of 2 groups and users differ between CommCells: GG-A",
        "1 of 2 groups and users differ from the document: GG-A",
    ]
    text = write_comparison(found, "X.MD")
    assert text.index("| GG-A | group | missing | in line |") < text.index("| GG-A | View | plans | gold | missing |")
    assert "| GG-B | View |" not in text, "what does not differ is in the overview only"
    rows = list(csv.DictReader(io.StringIO(write_comparison(found, "x.csv"))))
    assert [(row["principal"], row["entity"], row["b"]) for row in rows] == [
        ("GG-A", "gold", "missing"),
        ("GG-A", "x", "in line"),
        ("GG-B", "gold", "in line"),
    ]
    data = json.loads(write_comparison(found, "x.json"))
    assert data["rows"][0]["cells"] == {"missing": ["b"], "in_line": ["a"]}


def test_another_end_of_the_name_and_nothing() -> None:
    with pytest.raises(FilterInputError, match=r"must end in \.md, \.csv, \.json"):
        write_comparison({}, "x.txt")
    assert format_comparison({}) == []
    for end in ("md", "csv", "json"):
        assert write_comparison(compare_commcells({}), f"x.{end}")


NAMES = st.sampled_from(["a", "b", "c", "d"])
ROWS = st.builds(grant, st.sampled_from(["GG-A", "gg-a", "GG-B"]), st.sampled_from(["gold", "Gold", "x"]))
HELD = st.builds(
    lambda name, held, removed: {"user_group": name, "grants": len(held), "held": held, "removed": removed},
    st.sampled_from(["GG-B", "GG-C"]),
    st.lists(st.sampled_from(["View on plans gold", "View on plans z"]), unique=True),
    st.booleans(),
)


@st.composite
def mappings(draw: st.DrawFn) -> list[dict[str, t.Any]]:
    listed = {name: draw(st.lists(ROWS, max_size=3)) for name in ("grants", "added", "removed", "other", "surplus")}
    listed["unmanaged"] = draw(st.lists(HELD, max_size=2))
    listed["surplus"] = [{**row, "removed": draw(st.booleans())} for row in listed["surplus"]]
    for kind in ("surplus", "unmanaged"):
        if draw(st.booleans()):
            listed[kind] = t.cast("t.Any", "unknown")
    grants = listed.pop("grants")
    return mapping(*grants, **listed, remaining=draw(st.integers(0, 1)))


SITES = st.dictionaries(NAMES, mappings(), min_size=1)
STATUSES = st.dictionaries(NAMES, st.sampled_from([APPLIED, {"status": "planned"}]))


@given(SITES, STATUSES, st.randoms(use_true_random=False))
def test_no_order_matters(site: dict[str, t.Any], statuses: dict[str, t.Any], chance: random.Random) -> None:
    names = list(site)
    chance.shuffle(names)
    other = {}
    for name in names:
        told = dict(site[name][0]["role_mappings"])
        for kind, listed in told.items():
            if isinstance(listed, list):
                told[kind] = chance.sample(listed, len(listed))
        other[name] = [{**site[name][0], "role_mappings": told}]
    assert compare_commcells(other, {}, statuses, ["gg-*"]) == compare_commcells(site, {}, statuses, ["gg-*"])


@given(SITES, STATUSES)
def test_a_commcell_that_failed_is_not_read_and_changes_no_other(
    site: dict[str, t.Any], statuses: dict[str, t.Any]
) -> None:
    for name in site:
        failed = compare_commcells({**site, name: [{"failed": True, **site[name][0]}]}, {}, statuses)
        assert failed["not_read"] == [name]
        place = failed["commcells"].index(name)
        assert {row["cells"][place] for row in failed["rows"]} <= {"not read"}
        without = compare_commcells({key: value for key, value in site.items() if key != name}, {}, statuses)
        for row in failed["rows"]:
            del row["cells"][place]
        assert [row["cells"] for row in failed["rows"]] == [row["cells"] for row in without["rows"]]


@given(SITES, STATUSES)
def test_twins_are_equal(site: dict[str, t.Any], statuses: dict[str, t.Any]) -> None:
    twins = {**site, "twin of a": site["a"]} if "a" in site else {**site, "a": mapping(), "twin of a": mapping()}
    found = compare_commcells(twins, {}, {**statuses, "twin of a": statuses.get("a")}, ["gg-*"])
    one, other = (found["commcells"].index(name) for name in ("a", "twin of a"))
    assert all(row["cells"][one] == row["cells"][other] for row in (*found["rows"], *found["principals"]))
    (column,) = (line for line in write_comparison(found, "x.md").split("\n") if line.endswith("twin of a"))
    assert column.startswith("- C") and ": a, " in column


@pytest.mark.parametrize("name", [*FRAGMENTS, "=1+1", "a|b\n| c |", "`x`", "<b>", "x\u202e"])
def test_hostile_names_break_no_table(name: str) -> None:
    found = compare_commcells({name: mapping(grant(name, name, name), added=[grant(name, name, name)]), "b": mapping()})
    tables = [line for line in write_comparison(found, "x.md").split("\n") if line.startswith("|")]
    plain = compare_commcells({"a": mapping(grant(), added=[grant()]), "b": mapping()})
    wanted = [line for line in write_comparison(plain, "x.md").split("\n") if line.startswith("|")]
    assert len(tables) == len(wanted)
    for line, other in zip(tables, wanted, strict=True):
        assert line.replace("\\\\", "").replace("\\|", "").count("|") == other.count("|")
    table = list(csv.reader(io.StringIO(write_comparison(found, "x.csv"))))
    assert {len(row) for row in table} == {9}
    assert not any(text.lstrip(" ")[:1] in tuple("=+-@\t\r\n") for row in table for text in row if text)
    assert "\u202e" not in write_comparison(found, "x.md") + write_comparison(found, "x.csv")
    assert all("\n" not in line for line in format_comparison(found))


def test_two_hundred_commcells_take_a_look_at_each_cell_once_and_a_bounded_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = [0]
    real = compared.CommCell.get_cell

    def count(self: compared.CommCell, key: compared.Key) -> str:
        looks[0] += 1
        return real(self, key)

    monkeypatch.setattr(compared.CommCell, "get_cell", count)
    declared = [grant(f"GG-{number:02}", f"plan {plan}") for number in range(60) for plan in range(6)]
    sites = {
        f"cs{number:03}": mapping(*declared, added=[declared[number % 360], declared[7 * number % 360]])
        for number in range(200)
    }
    found = compare_commcells(sites)
    assert looks[0] == 200 * 60 * 6 == 200 * found["counts"]["rows"]
    assert (found["rows_left_out"], len(found["principals"])) == (0, 60)
    text = write_comparison(found, "x.md")
    assert len(text) < 200_000
    assert "more CommCells, which a .csv or .json file has" in text
    assert format_comparison(found)[0].endswith("GG-09 and 50 more")


def test_beyond_the_limit_what_differs_stays_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared, "_CELLS", 4)
    grants = [grant("GG-A", f"{number}") for number in range(5)]
    found = compare_commcells({"a": mapping(*grants, added=grants[3:4]), "b": mapping(*grants)})
    assert [row["entity"] for row in found["rows"]] == ["0", "3"]
    assert (found["rows_left_out"], found["counts"]["rows"]) == (3, 5)
    assert '"and 3 more rows"' in write_comparison(found, "x.csv")
