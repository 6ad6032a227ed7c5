# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in results are masked as ansible-core before 2.22 does it, on every core."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common import parameters
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.redact import (
    HIDDEN_OPTION,
    drop_short_secrets,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.result_masking import mask_result
from ansible_collections.cvops.identity.plugins.module_utils._core.secret_matcher import HIDDEN

SECRET = "Planted~4711"

words = st.text(alphabet="aB1~ é", max_size=9)
secrets = st.sets(st.text(alphabet="aB1~é", min_size=1, max_size=8), max_size=3)
results = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        (SECRET, HIDDEN_OPTION),
        (f"it is {SECRET}, twice {SECRET}", f"it is {HIDDEN}, twice {HIDDEN}"),
        ({"note": [SECRET, ({"deep": SECRET},)]}, {"note": [HIDDEN_OPTION, [{"deep": HIDDEN_OPTION}]]}),
        ({SECRET: 1}, {SECRET: 1}),
        ("another text", "another text"),
        (None, None),
        (True, True),
    ],
)
def test_a_secret_is_masked_wherever_a_value_holds_it(value: t.Any, masked: t.Any) -> None:
    assert mask_result(value, {SECRET}) == masked


def test_the_longest_secret_is_masked_first() -> None:
    assert mask_result("say Planted~4711-more", {SECRET, "Planted~4711-more"}) == f"say {HIDDEN}"


def test_a_number_that_holds_a_secret_is_masked_as_a_whole() -> None:
    found = mask_result({"whole": 123456789, "part": 9912345678900, "real": 1234567890.5, "other": 12}, {"123456789"})
    assert found == {"whole": HIDDEN_OPTION, "part": HIDDEN_OPTION, "real": HIDDEN_OPTION, "other": 12}


def test_a_short_secret_blanks_no_date_and_no_count() -> None:
    result = {"at": "2026-11-25T00:00:00Z", "count": 2026, "note": f"pin 2026, {SECRET}"}
    assert mask_result(result, {"2026", SECRET}) == {**result, "note": f"pin 2026, {HIDDEN}"}


def test_nothing_is_masked_without_secrets() -> None:
    result = {"at": [SECRET]}
    assert mask_result(result, set()) is result
    assert mask_result(result, {""}) is result


def test_the_result_that_is_given_stays_as_it_is() -> None:
    result = {"list": [SECRET]}
    mask_result(result, {SECRET})
    assert result == {"list": [SECRET]}


@pytest.mark.skipif(not hasattr(parameters, "remove_values"), reason="gone from ansible-core 2.25 on")
@given(results, secrets)
def test_the_result_is_that_of_core(result: t.Any, known: set[str]) -> None:
    assert mask_result(result, known) == parameters.remove_values(result, drop_short_secrets(known))


@given(results, secrets)
def test_no_text_holds_a_secret_after_it(result: t.Any, known: set[str]) -> None:
    looked_for = [secret for secret in drop_short_secrets(known) if secret not in HIDDEN_OPTION]
    assert not any(secret in text for text in _texts(mask_result(result, known)) for secret in looked_for)


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def test_the_validation_of_options_registers_secrets_where_core_masks_by_itself() -> None:
    """What the docstring of the file relies on: from ansible-core 2.22 on, what is displayed is masked too, short secrets included."""
    registry = pytest.importorskip("ansible.module_utils.secrets", exc_type=ImportError)
    spec = {"secret": {"no_log": True}, "inner": {"type": "dict", "options": {"pin": {"no_log": True}}}}
    given_options = {"secret": "Planted~4720", "inner": {"pin": "~72"}}
    ArgumentSpecValidator(spec).validate(given_options)
    assert registry.mask_secrets("Planted~4720 and ~72.") == "$REDACTED$ and $REDACTED$."
