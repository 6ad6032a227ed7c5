# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions of a review are read from every form in which spreadsheets save them, and everything that is wrong is told at once."""

from __future__ import annotations

import csv
import io
import os
import pathlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.csv_text import (
    build_csv,
    neutralise_cell,
    restore_cell,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.decisions import (
    check_decisions,
    parse_decisions,
    parse_filled_table,
    read_decisions,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import (
    ACCESS,
    ACTION_PLAN,
    SIGN_OFF,
    Row,
    make_row_id,
)

JANA = "jana@contoso.example"


def row(number: int = 1, **changes: t.Any) -> Row:
    values = {
        "id": make_row_id("access", number),
        "commcell": "cs01",
        "person": f"Person {number}",
        "principal": "Operators",
        "role": "Operator",
        "entity": "emea",
        "privileged": "no",
        "last_decision": "",
        "decision": "keep",
        "reviewer": JANA,
        "date": "2026-11-27",
        "reason": "",
    }
    return {**values, **changes}


def save(rows: t.Sequence[Row], columns: t.Sequence[str] = SIGN_OFF.columns, **options: t.Any) -> str:
    text = io.StringIO()
    writer = csv.writer(text, **{"lineterminator": "\r\n", **options})
    writer.writerow(columns)
    writer.writerows([neutralise_cell(one.get(column, "own")) for column in columns] for one in rows)
    return text.getvalue()


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Problems) as caught:
        parse_decisions(text)
    return [(problem["where"], problem["message"]) for problem in caught.value.facts["problems"]]


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).map(str.strip).filter(bool)
REASONS = WORDS.filter(lambda text: not text.startswith("'")) | st.sampled_from(
    ["=1+1", "@me", "-5", "a;b", 'a "b", c']
)


@given(
    st.lists(st.tuples(st.sampled_from(["keep", "revoke", "change"]), REASONS), max_size=6),
    st.permutations([*SIGN_OFF.columns, "our notes"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\r\n", "\n"]),
    st.booleans(),
)
def test_every_form_in_which_it_is_saved_says_the_same(
    said: list[tuple[str, str]], columns: list[str], separator: str, quoting: t.Any, end: str, is_named: bool
) -> None:
    rows = [row(number, decision=decision, reason=reason) for number, (decision, reason) in enumerate(said)]
    text = save(rows, columns, delimiter=separator, quoting=quoting, lineterminator=end)
    assert parse_decisions((f"sep={separator}\r\n" if is_named else "") + text) == rows


@given(st.text())
def test_a_neutralised_cell_is_restored(text: str) -> None:
    assert restore_cell(neutralise_cell(text)) == text or text.startswith("'")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_with_and_without_a_byte_order_mark(tmp_path: pathlib.Path, encoding: str) -> None:
    rows = [row(decision="revoke", reason="L\u00e4uft aus")]
    (tmp_path / "signoff.csv").write_text(save(rows), encoding=encoding)
    assert read_decisions(str(tmp_path / "signoff.csv")) == rows


def test_what_the_bundle_writes_is_read() -> None:
    rows = [row(1), row(2, decision="revoke", reason="=left, on 1 May")]
    text = build_csv(SIGN_OFF.columns, [[one[column] for column in SIGN_OFF.columns] for one in rows])
    assert parse_decisions(text) == rows


@pytest.mark.parametrize(
    ("given_date", "meant"),
    [("2026-11-02", "2026-11-02"), ("02.11.2026", "2026-11-02"), ("2.11.2026", "2026-11-02")]
    + [("2026-11-02 00:00:00", "2026-11-02"), ("2026-11-02T00:00:00Z", "2026-11-02")],
)
def test_dates_that_can_mean_one_day_only(given_date: str, meant: str) -> None:
    assert parse_decisions(save([row(date=given_date)])) == [row(date=meant)]


@pytest.mark.parametrize("given_date", ["11/02/2026", "2026-02-30", "today", "2.11.26", "46000"])
def test_other_dates_are_refused(given_date: str) -> None:
    assert "write it as 2026-11-27" in faults(save([row(date=given_date)]))[0][1]


def test_the_case_of_decisions_and_headers_does_not_count() -> None:
    text = save([row(decision=" Revoke ", reason="gone")], delimiter=";")
    head, rest = text.split("\r\n", 1)
    assert parse_decisions(f"{head.upper()}\r\n{rest}") == [row(decision="revoke", reason="gone")]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    rows = [
        row(1, decision=""),
        row(2, decision="perhaps"),
        row(3, decision="revoke"),
        row(4, reviewer=""),
        row(5, date=""),
        row(6, id=""),
        row(7, decision="change"),
        row(8, decision="", reviewer="", date=""),
    ]
    told = faults(save(rows))
    assert [where.split(" (")[0] for where, _message in told] == [f"signoff.csv line {line}" for line in range(2, 10)]
    for message, expected in zip(
        (message for _where, message in told),
        (
            "no decision",
            "'perhaps' is not one of",
            "no reason",
            "no reviewer",
            "no date",
            "no id",
            "no reason, but change",
            "it was not filled in",
        ),
        strict=True,
    ):
        assert expected in message


def test_a_row_twice_is_one_where_both_say_the_same() -> None:
    assert parse_decisions(save([row(1), row(2), row(1, decision="KEEP")])) == [row(1), row(2)]
    ((where, message),) = faults(save([row(1), row(1, decision="revoke", reason="x")]))
    assert "line 3" in where and "also on line 2, with another decision" in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no column id, decision, reviewer, date, reason"),
        ("id,decision,reviewer,date\r\n", "has no column reason"),
        ("id,id,decision,reviewer,date,reason\r\n", "column id is twice"),
        ("id,decision,reviewer,date,reason\r\na,\0,b,c,d\r\n", "NUL"),
        ('id,decision,reviewer,date,reason\r\na,"b"c,d,e,f\r\n', "is not CSV"),
        ('id,decision,reviewer,date,reason\r\na,"b', "is not CSV"),
        ("id,decision,reviewer,date,reason\r\na," + "b" * 200_000, "is not CSV: field larger"),
    ],
)
def test_what_is_no_such_table(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_decisions(text)


def test_rows_that_do_not_fit() -> None:
    text = save([row(1, reason="x")], quoting=csv.QUOTE_NONE, escapechar="\\").replace("Operators", "Operators, all")
    assert "more cells than the first line" in faults(text)[0][1]
    assert "more than 32767 characters" in faults(save([row(1, reason="x" * 32_768)]))[0][1]


def test_thousands_of_problems_are_counted() -> None:
    with pytest.raises(Problems, match="1200 problems, of which 500 are listed") as caught:
        parse_decisions(save([row(number, decision="") for number in range(1200)]))
    assert len(caught.value.facts["problems"]) == 500


def test_files_that_cannot_be_read(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_decisions(str(tmp_path / "gone.csv"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="not a regular file"):
        read_decisions(str(tmp_path / "pipe"))
    (tmp_path / "old.csv").write_bytes(save([row(reason="L\u00e4uft aus")]).encode("cp1252"))
    with pytest.raises(ConfigError, match="save it as 'CSV UTF-8'"):
        read_decisions(str(tmp_path / "old.csv"))
    monkeypatch.setattr(f"{read_decisions.__module__}._MOST_BYTES", 100)
    with pytest.raises(ConfigError, match="the limit for"):
        read_decisions(str(tmp_path / "old.csv"))


def test_the_action_plan_is_read_in_the_same_way() -> None:
    text = build_csv(ACTION_PLAN.columns, [["finding-1", *("" for _column in ACTION_PLAN.columns[1:])]])
    (one,) = parse_filled_table(text, ACTION_PLAN, ("id", "decision"), "action_plan.csv")
    assert (one.line, one.cells["id"], one.cells["owner"]) == (2, "finding-1", "")


def access(**changes: t.Any) -> Row:
    values: Row = {**dict.fromkeys(ACCESS.columns, ""), **{name: row()[name] for name in ("id", "commcell", "person")}}
    return {**values, "user_principal_name": "p1@contoso.example", "commvault_user": "CORP\\p1", **changes}


def refused(decisions: t.Sequence[Row], asked: t.Sequence[Row], **more: t.Any) -> list[tuple[str, str]]:
    with pytest.raises(Problems) as caught:
        check_decisions(decisions, asked, [access()], **more)
    return [(problem["kind"], problem["message"]) for problem in caught.value.facts["problems"]]


def test_a_complete_review_by_others_is_right() -> None:
    check_decisions([row(1), row(2)], [row(1), row(2)], [access()], until="2026-11-27")


@pytest.mark.parametrize(
    "reviewer",
    ["P1@contoso.example", "person 1", "corp\\P1", "Somebody <p1@contoso.example>", "Person 1 <else@contoso.example>"]
    + ["1, Person", "1, person <else@contoso.example>"],
)
def test_nobody_decides_on_their_own_access(reviewer: str) -> None:
    ((kind, message),) = refused([row(reviewer=reviewer)], [row()])
    assert kind == "decision" and "nobody may decide on their own" in message


def test_a_name_that_looks_like_the_grantee_is_refused() -> None:
    ((_kind, message),) = refused([row(reviewer="p1@cont\u043eso.example")], [row()])
    assert "looks like 'p1@contoso.example'" in message


@pytest.mark.parametrize("reviewer", ["p1", " P1"])
def test_a_login_without_its_domain_is_not_told_apart_from_the_grantee(reviewer: str) -> None:
    ((_kind, message),) = refused([row(reviewer=reviewer)], [row()])
    assert "write the reviewer's address" in message
    check_decisions([row(reviewer="p1@fabrikam.example"), row(2, reviewer="p11")], [row(), row(2)], [access()])


def test_the_grantee_is_also_known_where_ids_differ() -> None:
    # rows of the sign-off may have ids of their own: then it is what both tell
    own = row(id="signoff-1", principal="", role="", entity="")
    assert "nobody may decide" in refused([{**own, "reviewer": "p1@contoso.example"}], [own])[0][1]


def test_rows_that_are_not_asked_not_answered_and_too_late() -> None:
    told = refused([row(1, date="2026-12-01"), row(3)], [row(1), row(2)], until="2026-11-27")
    assert [kind for kind, _message in told] == ["decision", "unknown_row", "no_decision"]
    assert "after today" in told[0][1] and "Person 2 through Operators on emea of cs01 as Operator" in told[2][1]
