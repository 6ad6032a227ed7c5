# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of any core become what a module would receive."""

from __future__ import annotations

import datetime
import json
import pathlib
import typing as t
import uuid

import ansible.parsing.vault as vault_module
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, UndefinedError

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.values import (
    convert_to_builtins,
    format_time,
    get_object,
    get_objects,
    get_texts,
    get_time,
    is_guid,
    is_omitted,
    parse_number,
    parse_time,
    shift_time,
)

UTC = datetime.timezone.utc
GUID = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"


def exact(value: t.Any) -> bool:
    """Nothing but exact builtins, at any depth."""
    if type(value) is dict:
        return all(type(key) is str and exact(item) for key, item in value.items())
    if type(value) is list:
        return all(exact(item) for item in value)
    return type(value) in (str, int, float, bool, type(None))


class Text(str):
    """Like the tagged and unsafe strings of ansible-core: a subclass that must not get through."""


class Number(int):
    pass


class Real(float):
    pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (False, False),
        (Text("ü"), "ü"),
        (Number(7), 7),
        (Real(0.5), 0.5),
        (b"\xc3\xbc", "ü"),
        (datetime.date(2026, 1, 31), "2026-01-31"),
        (datetime.datetime(2026, 1, 31, 8, 5), "2026-01-31T08:05:00"),
        ((1, Text("a")), [1, "a"]),
        ({Text("k"): {1: None}}, {"k": {"1": None}}),
        ({None: 1, True: 2, 3.5: 3}, {"null": 1, "true": 2, "3.5": 3}),
        ({datetime.date(2026, 1, 31): 1}, {"2026-01-31": 1}),
        (frozenset(["one"]), ["one"]),
        (datetime.time(8, 5), "08:05:00"),
    ],
)
def test_values_of_any_type_become_exact_builtins(value: t.Any, expected: t.Any) -> None:
    got = convert_to_builtins(value)
    assert got == expected
    assert exact(got)


def loaded(text: str, monkeypatch: pytest.MonkeyPatch) -> t.Any:
    """YAML as this core reads it from a file, tags, origins and all, with one vault password."""
    loader, secrets = DataLoader(), [("default", VaultSecret(b"not a secret"))]
    loader.set_vault_secrets(secrets)
    if hasattr(vault_module, "VaultSecretsContext"):
        context = vault_module.VaultSecretsContext
        monkeypatch.setattr(context, "_current", context(secrets))
    return loader.load(text, file_name="/play.yml")


def test_plain_of_what_this_core_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tagged text, unsafe text, unquoted dates and vault text, as they come out of a playbook."""
    vault = VaultLib([("default", VaultSecret(b"not a secret"))])
    sealed = vault.encrypt("hushed", VaultSecret(b"not a secret"), vault_id="default").decode()
    indented = "\n".join("  " + line for line in sealed.splitlines())
    document = loaded(
        f"a: text\nb: !unsafe '{{{{ x }}}}'\nc: 2026-01-31\nd: [1, {{e: yes}}]\nf: !vault |\n{indented}\n", monkeypatch
    )
    got = convert_to_builtins(document)
    assert got == {"a": "text", "b": "{{ x }}", "c": "2026-01-31", "d": [1, {"e": True}], "f": "hushed"}
    assert exact(got)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_plain_leaves_json_as_it_is(value: t.Any) -> None:
    assert convert_to_builtins(value) == value == convert_to_builtins(json.loads(json.dumps(value)))
    assert exact(convert_to_builtins(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (GUID, True),
        (GUID.upper(), True),
        (GUID[:-1], False),
        (f" {GUID}", False),
        (f"{GUID}\n", False),
        (None, False),
        (7, False),
    ],
)
def test_only_the_usual_form_is_a_guid(value: t.Any, expected: bool) -> None:
    assert is_guid(value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T08:05:00Z", datetime.datetime(2026, 1, 31, 8, 5, tzinfo=UTC)),
        ("2026-01-31T08:05:00.1234567Z", datetime.datetime(2026, 1, 31, 8, 5, 0, 123456, tzinfo=UTC)),
        ("2026-01-31T08:05:00.5z", datetime.datetime(2026, 1, 31, 8, 5, 0, 500000, tzinfo=UTC)),
        ("2026-01-31T10:05:00+02:00", datetime.datetime(2026, 1, 31, 8, 5, tzinfo=UTC)),
        ("2026-01-31T10:05:00.25+02:00", datetime.datetime(2026, 1, 31, 8, 5, 0, 250000, tzinfo=UTC)),
        (" 2026-01-31 ", datetime.datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:05:00", datetime.datetime(2026, 1, 31, 8, 5, tzinfo=UTC)),
    ],
)
def test_dates_of_the_services_are_read(text: str, expected: datetime.datetime) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "31.01.2026"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


@given(st.datetimes(min_value=datetime.datetime(1990, 1, 1), max_value=datetime.datetime(2100, 1, 1)))
def test_a_formatted_time_is_read_back_equal(moment: datetime.datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert parse_time(format_time(aware)) == aware


@given(st.datetimes(timezones=st.just(datetime.timezone.utc)), st.timedeltas())
def test_time_is_shifted_to_its_ends_at_most(moment: datetime.datetime, by: datetime.timedelta) -> None:
    shifted = shift_time(moment, by)
    assert shifted.tzinfo is datetime.timezone.utc
    if shifted.year in (1, datetime.MAXYEAR):
        assert shifted <= moment if by < datetime.timedelta() else shifted >= moment.replace(microsecond=0)
    else:
        assert shifted - moment == by


@pytest.mark.parametrize("holder", [{}, {"x": None}, {"x": []}, None])
def test_lists_that_are_not_there(holder: t.Any) -> None:
    assert get_objects(holder, "x") == get_texts(holder, "x") == []


@pytest.mark.parametrize("odd", [7, True, "text", {"a": 1}, [7], [None], [["x"]], 0, ""])
def test_what_is_no_list_is_never_taken_for_an_empty_one(odd: t.Any) -> None:
    for read in (get_objects, get_texts):
        with pytest.raises(BadAnswer, match="something that is not a list"):
            read({"x": odd}, "x")
        with pytest.raises(BadAnswer, match="something that is not an"):
            read(odd if not isinstance(odd, dict) else ["x"], "x")


def test_a_list_of_an_answer_is_never_taken_for_an_empty_one() -> None:
    assert get_objects({"x": [{"a": 1}, {}]}, "x") == [{"a": 1}, {}]
    assert get_texts({"x": ["a", ""]}, "x") == ["a", ""]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7),
        ("7", 7),
        (" 12 ", 12),
        (True, None),
        ("\u00b2", None),
        ("1" * 5000, None),
        (10**18, None),
        ("-1", None),
        (1.5, None),
        (None, None),
    ],
)
def test_only_whole_decimal_numbers_are_numbers(value: t.Any, number: int | None) -> None:
    assert parse_number(value) == number


def test_an_object_of_an_answer_is_an_object_or_absent() -> None:
    assert get_object({"x": {"a": 1}}, "x") == {"a": 1}
    assert get_object({"x": None}, "x") == get_object({}, "x") == {}
    for odd in (7, "text", ["x"], True):
        with pytest.raises(BadAnswer):
            get_object({"x": odd}, "x")


def test_objects_taken_from_answers_tell_what_they_lack() -> None:
    for found in (*get_objects({"x": [{}]}, "x"), get_object({"x": {}}, "x"), get_object({}, "x")):
        with pytest.raises(BadAnswer, match="an object without id"):
            found["id"]


def test_a_date_of_an_answer_is_a_date_or_absent() -> None:
    assert get_time({}, "ends") is get_time({"ends": None}, "ends") is get_time({"ends": ""}, "ends") is None
    assert get_time({"ends": "2030-01-02T03:04:05.1234567Z"}, "ends") == parse_time("2030-01-02T03:04:05.123456Z")


@pytest.mark.parametrize("odd", ["text", 7, 0, False, ["x"], {"a": 1}, {}, []])
def test_what_is_no_date_is_never_taken_for_none(odd: t.Any) -> None:
    with pytest.raises(BadAnswer, match="no valid date as ends of key 7"):
        get_time({"ends": odd}, "ends", " of key 7")


class _OmitType:
    """Named as the type of ``omit`` in ansible-core 2.19 and later, whose module is not public."""


OMITTED: list[t.Any] = [_OmitType(), "__omit_place_holder__" + "0f" * 20]


def test_both_forms_of_omit_are_those_of_this_core() -> None:
    try:
        from ansible._internal._templating._utils import Omit
    except ImportError:
        manager = pytest.importorskip("ansible.vars.manager").VariableManager(DataLoader())
        assert is_omitted(manager._omit_token)
    else:
        assert is_omitted(Omit)


@pytest.mark.parametrize("omit", OMITTED)
def test_what_is_omitted_is_left_out_at_any_depth(omit: t.Any) -> None:
    assert is_omitted(omit)
    assert convert_to_builtins(omit) is None
    assert convert_to_builtins({"tags": ["a", omit], "x": omit, "web": {"y": omit, "z": 1}}) == {
        "tags": ["a"],
        "web": {"z": 1},
    }
    assert convert_to_builtins([omit]) == []


@pytest.mark.parametrize("text", ["", "omit", "__omit_place_holder__", "__omit_place_holder__xyz"])
def test_other_texts_are_not_omitted(text: str) -> None:
    assert not is_omitted(text)
    assert convert_to_builtins([text]) == [text]


def test_omit_within_a_text_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"web.redirect_uris\[1\]: omit is part of a longer text") as refused:
        convert_to_builtins({"web": {"redirect_uris": ["a", f"https://{OMITTED[1]}/x"]}})
    assert refused.value.facts == {"source": "option web.redirect_uris[1]"}
    assert OMITTED[1] not in str(refused.value)


@pytest.mark.parametrize("value", [object(), len, (item for item in "ab"), type, 1j])
def test_what_is_no_data_is_refused_by_name_and_type(value: t.Any) -> None:
    with pytest.raises(ConfigError, match=rf"owners\[0\].*type {type(value).__name__} is not plain data") as refused:
        convert_to_builtins({"owners": [value]})
    assert refused.value.facts == {"source": "option owners[0]"}
    with pytest.raises(ConfigError, match="a value: a value of type"):
        convert_to_builtins(value)


def test_what_stands_for_a_text_or_a_list_is_taken() -> None:
    assert convert_to_builtins(pathlib.PurePosixPath("/a/b")) == "/a/b"
    assert convert_to_builtins(uuid.UUID(GUID)) == GUID
    assert convert_to_builtins([range(2), {"k": 1}.keys(), {"k": 1}.values()]) == [[0, 1], ["k"], [1]]
    with pytest.raises(UndefinedError):
        convert_to_builtins({"name": StrictUndefined(name="nobody")})
