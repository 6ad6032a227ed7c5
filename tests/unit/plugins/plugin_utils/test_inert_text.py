# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which releases of ansible-core evaluate texts that they keep, and what filters return there."""

from __future__ import annotations

import importlib
import pkgutil
import typing as t

import jinja2
import pytest
from ansible.errors import AnsibleFilterError
from ansible.release import __version__ as core_release
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins import filter as filter_plugins
from ansible_collections.cvops.identity.plugins.filter import undo
from ansible_collections.cvops.identity.plugins.plugin_utils import filter_values, inert_text
from ansible_collections.cvops.identity.plugins.plugin_utils.inert_text import (
    evaluates_kept_texts,
    holds_template,
    make_inert,
)

#: Filters that return options, documents of others or job templates as they are.
EXACT = {
    "commcell_options",
    "conditional_access_options",
    "credential_options",
    "dates_as_text",
    "drill_options",
    "options_of_localhost",
    "rotation_options",
    "saml_app_options",
    "sign_in_options",
    "to_data_json",
    "to_data_yaml",
    "to_file_name",
    "to_path",
    "verification_options",
}


@pytest.mark.parametrize(
    ("release", "affected"),
    [
        ("2.16.0", True),
        ("2.16.13", True),
        ("2.16.14rc1", False),
        ("2.16.14", False),
        ("2.16.19", False),
        ("2.17.6", True),
        ("2.17.7", False),
        ("2.18.0", True),
        ("2.18.0rc2", True),
        ("2.18.1", False),
        ("2.18.0.post0", True),
        ("2.19.0", False),
        ("2.22.0rc1", False),
        ("2.22.0.dev0", False),
        ("3.0.0", False),
        ("unknown", True),
    ],
)
def test_the_releases(release: str, affected: bool) -> None:
    assert evaluates_kept_texts(release) is affected


def test_the_running_release_is_known() -> None:
    assert evaluates_kept_texts(core_release) is inert_text.EVALUATES_KEPT_TEXTS


@given(st.text(alphabet="{}%# x1+", max_size=20))
def test_a_text_renders_as_itself(text: str) -> None:
    inert = make_inert(text)
    environment = jinja2.Environment(keep_trailing_newline=True, autoescape=False)  # noqa: S701 - texts for a terminal
    assert environment.from_string(inert).render() == inert
    assert not holds_template(inert)
    assert (inert == text) is not holds_template(text)
    assert inert.replace(" ", "") == text.replace(" ", "")


def test_structures() -> None:
    value = {"{{ a }}": ["{% b %}", ("{# c", 1, None)], "d": {"e": "{ f }", "g": True}}
    assert make_inert(value) == {"{ { a }}": ["{ % b %}", ["{ # c", 1, None]], "d": {"e": "{ f }", "g": True}}
    assert [holds_template(item) for item in (value, {"a": ["{ b"]}, {"{{": 1}, [("{#",)], 5)] == [
        True,
        False,
        True,
        True,
        False,
    ]


def test_what_filters_return(monkeypatch: pytest.MonkeyPatch) -> None:
    def echo(value: t.Any) -> t.Any:
        return value

    text = "{{ 1 + 1 }}"
    monkeypatch.setattr(inert_text, "EVALUATES_KEPT_TEXTS", True)
    made = filter_values.build_filters(shown=echo) | filter_values.build_exact_filters(exact=echo)
    assert made["shown"]({"a": [text]}) == {"a": ["{ { 1 + 1 }}"]}
    assert made["exact"](text) == text
    monkeypatch.setattr(inert_text, "EVALUATES_KEPT_TEXTS", False)
    assert filter_values.build_filters(shown=echo)["shown"](text) == text


def test_what_undoes_a_run_is_not_changed_but_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    results = [{"name": "{{ 1 }}", "changed": False}]
    drop = undo.FilterModule().filters()["undo_results"]
    monkeypatch.setattr(inert_text, "EVALUATES_KEPT_TEXTS", False)
    kept = drop(results)
    monkeypatch.setattr(inert_text, "EVALUATES_KEPT_TEXTS", True)
    with pytest.raises(AnsibleFilterError, match=r"CVE-2024-11079\).*2\.16\.14, 2\.17\.7 or 2\.18\.1"):
        drop(results)
    assert "{{ 1 }}" in str(kept)


def test_every_filter_is_of_one_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new filter returns inert texts unless it is in the table above."""
    kinds: dict[str, set[str]] = {"inert": set(), "exact": set()}
    monkeypatch.setattr(filter_values, "_return_inert", lambda compute: kinds["inert"].add(compute.__name__) or compute)
    names: set[str] = set()
    inert: set[str] = set()
    for found in pkgutil.iter_modules(filter_plugins.__path__):
        module = importlib.import_module(f"{filter_plugins.__name__}.{found.name}")
        filters = module.FilterModule().filters()
        names |= set(filters)
        if found.name in ("controller", "undo"):
            continue
        inert |= {name for name, compute in filters.items() if compute.__name__ in kinds["inert"]}
        assert {name for name in filters if name not in inert} <= EXACT, found.name
    assert names >= EXACT
    assert not inert & EXACT
