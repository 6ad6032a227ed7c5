# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an option may say in place of a name, and how a message writes such a reference so that it can be copied."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import (
    ObjectReference,
    format_reference,
    parse_company_reference,
    parse_id,
    parse_reference,
    parse_reference_option,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ops", ObjectReference("ops")),
        ("42", ObjectReference("42")),
        (42, ObjectReference(None, None, 42)),
        ({"name": "ops"}, ObjectReference("ops")),
        ({"name": 7}, ObjectReference("7")),
        ({"id": 42}, ObjectReference(None, None, 42)),
        ({"id": "42", "company": "corp"}, ObjectReference(None, "corp", 42)),
        ({"name": "ops", "id": 42, "company": 30}, ObjectReference("ops", 30, 42)),
        ({"name": "ops", "company": "30"}, ObjectReference("ops", "30")),
        ({"object_id": "guid"}, ObjectReference(None)),
    ],
)
def test_a_name_an_id_or_a_dictionary_is_a_reference(value: t.Any, found: ObjectReference) -> None:
    assert parse_reference(value) == found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "a name is needed"),
        ("", "a name is needed"),
        (True, "a name is needed"),
        (["ops"], "must be a name"),
        (1.5, "must be a name"),
        ({}, "needs name or id"),
        ({"company": "corp"}, "needs name or id"),
        ({"id": "4x"}, "the id '4x' is not a number"),
        ({"id": -4}, "is not a number"),
        ({"id": "9" * 19}, "is not a number"),
        ({"name": "gold", "compny": "corp"}, "unknown keys compny; possible keys are name or id, and company"),
        ({"name": "gold", "Company": "corp", 3: 4}, "unknown keys 3, Company"),
    ],
)
def test_anything_else_is_refused_with_the_option_it_stands_in(value: t.Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_reference(value)
    with pytest.raises(ConfigError) as caught:
        parse_reference_option(value, "members[3]")
    assert str(caught.value).startswith("members[3]: ")
    assert caught.value.facts["source"] == "option members"


@pytest.mark.parametrize("identifier", [30, None])
def test_the_whole_result_of_a_task_is_a_reference(identifier: int | None) -> None:
    """In check mode, what is to be created has no id yet."""
    result = {"name": "ops", "id": identifier, "company": "corp", "description": "", "permissions": ["View"]}
    assert parse_reference(result) == ObjectReference("ops", "corp", identifier)


def test_an_option_is_parsed_as_any_reference() -> None:
    assert parse_reference_option({"name": "ops"}, "user") == ObjectReference("ops")


@pytest.mark.parametrize(
    ("value", "found"), [(None, None), (30, 30), (0, 0), ("30", "30"), ("corp", "corp"), (True, "True")]
)
def test_a_company_that_is_a_number_stays_one(value: t.Any, found: t.Any) -> None:
    parsed = parse_company_reference(value)
    assert parsed == found and type(parsed) is type(found)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "0x1", " 1", "١", "²", "9" * 19, None, "1_000"])
def test_only_decimal_digits_are_an_id(text: t.Any) -> None:
    assert parse_id(text) is None


@given(st.integers(0, 10**18 - 1))
def test_every_id_comes_back(number: int) -> None:
    assert parse_id(number) == parse_id(str(number)) == number


@pytest.mark.parametrize(
    ("reference", "text"), [(ObjectReference("ops", "corp", 4), "ops"), (ObjectReference(None, None, 4), "4")]
)
def test_a_reference_is_shown_by_name_else_by_id(reference: ObjectReference, text: str) -> None:
    assert str(reference) == text


def test_plain_names_need_no_quotes() -> None:
    assert format_reference("Ops Team", "corp.example") == "{name: Ops Team, company: corp.example}"
    assert format_reference("yes", "a: b") == '{name: "yes", company: "a: b"}'


@given(st.text(min_size=1), st.text(min_size=1))
@example("on", "NULL")
@example("1", "0x1")
@example(".nan", "1e3")
@example("# x", "}")
@example("😀\u2028", "\x85\u200b")
@example("a  b", " a")
def test_what_a_message_shows_is_read_by_yaml_as_what_was_meant(name: str, company: str) -> None:
    shown = format_reference(name, company)
    if not any("\ud800" <= item <= "\udfff" for item in name + company):
        assert yaml.safe_load(shown) == {"name": name, "company": company}
    assert shown.isprintable()


@pytest.mark.parametrize(("number", "found"), [(0, 0), ("0", 0), (7, 7), ("007", 7), (10**18 - 1, 10**18 - 1)])
def test_ids_are_numbers_or_digits(number: t.Any, found: int) -> None:
    assert parse_id(number) == found
