# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What filters are given: its form is checked, errors name it and never show it, and what is undefined or unsafe stays so."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from collection_tree import ROOT
from jinja2 import Undefined, UndefinedError

from ansible_collections.cvops.identity.plugins.filter import connection, declared, reports, results
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import mark_untrusted
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import (
    FilterInputError,
    require_list,
    require_mapping,
    require_mappings,
    show_members,
)

FILTERS: dict[str, t.Callable[..., t.Any]] = {}
for plugin in (connection, declared, reports, results):
    FILTERS.update(plugin.FilterModule().filters())
#: Arguments beside the input that a filter cannot do without.
REQUIRED: dict[str, tuple[t.Any, ...]] = {
    "bootstrap_lines": ({},),
    "comparison_text": ("x.json",),
    "doctor_faults": (["site"],),
    "export_lines": ("x.yml",),
    "items_in_state": ("present",),
    "lacking_permissions": ([],),
    "names_owned_by": ("1",),
    "removes_owner": ("1",),
    "verification_options": ({}, {}),
}
SECRET = "hunter2-{{ 1 + 1 }}"
TAKES_ANYTHING = {"dates_as_text"}


def templating(text: str, **variables: t.Any) -> t.Any:
    """What a template of the collection's own makes of the variables."""
    try:
        from ansible.template import trust_as_template
    except ImportError:  # ansible-core before 2.19 trusts all that is not marked
        return Templar(loader=DataLoader(), variables=variables).template(text)
    return Templar(loader=DataLoader(), variables=variables).template(trust_as_template(text))


def marked(value: t.Any) -> t.Any:
    """*value* as a registered result has it on this core: what must not be evaluated."""
    return mark_untrusted(value)


@pytest.mark.parametrize(("value", "shown"), [("x", "a text"), (3, "a number"), (True, "a boolean"), ([1], "a list")])
def test_what_is_no_mapping_is_named_and_not_shown(value: t.Any, shown: str) -> None:
    with pytest.raises(FilterInputError, match=f"^thing must be a mapping, not {shown}$"):
        require_mapping(value, "thing")


def test_lists_are_lists_or_texts_with_commas() -> None:
    assert [require_list(value, "x") for value in (None, "", [], ("a",), "a, b")] == [[], [], [], ["a"], ["a", "b"]]
    with pytest.raises(FilterInputError, match=r"^x must be a list, not a mapping$"):
        require_list({"a": 1}, "x")
    with pytest.raises(FilterInputError, match=r"^x\[1\] must be a mapping, not a text$"):
        require_mappings([{}, SECRET], "x")


@pytest.mark.parametrize("name", sorted(FILTERS.keys() - TAKES_ANYTHING))
def test_a_wrong_form_ends_in_one_error_without_the_value(name: str) -> None:
    for value in (SECRET, [SECRET], {"entra": SECRET, "stats": SECRET, "groups": SECRET, "cvops_application": SECRET}):
        try:
            FILTERS[name](value, *REQUIRED.get(name, ()))
        except AnsibleFilterError as exc:
            assert f"cvops.identity.{name}: " in str(exc) and "hunter2" not in str(exc)
    with pytest.raises(AnsibleFilterError, match=f"cvops.identity.{name}: .* must be .*, not a number"):
        FILTERS[name](5, *REQUIRED.get(name, ()))


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_an_undefined_value_is_told_as_undefined(name: str) -> None:
    class Strict(Undefined):
        def __str__(self) -> str:
            self._fail_with_undefined_error()

    with pytest.raises(UndefinedError, match="gone"):
        FILTERS[name](Strict(name="gone"), *REQUIRED.get(name, ()))


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_null_is_nothing(name: str) -> None:
    FILTERS[name](None, *REQUIRED.get(name, ()))


def test_members_are_shown_by_name_and_made_visible() -> None:
    value = mark_untrusted({"a": ["x\u202e"], "b": {"c\x1b": 1}, "d": "left out"})
    assert show_members(value, ("b", "a", "gone")) == {"b": {"c\\x1b": 1}, "a": ["x\\u202e"]}


#: Filters for results of modules that no role or playbook of the collection plays.
FOR_MODULES = ["policy_lines"]


def test_roles_and_playbooks_use_every_filter() -> None:
    text = "".join(path.read_text() for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml"))
    assert [name for name in FILTERS if f"cvops.identity.{name}" not in text] == FOR_MODULES


EVALUATED = "{{ 1 + 1 }}"
TEMPLATES = {
    "commcell_options": (
        "{{ x | cvops.identity.commcell_options('c') }}",
        {"entra": {"client_id": EVALUATED}, "commcells": {"c": {"password": EVALUATED}}},
        {"client_id": EVALUATED, "commvault_password": EVALUATED},
    ),
    "names_owned_by": (
        "{{ x | cvops.identity.names_owned_by('1') }}",
        [{"display_name": EVALUATED, "owners": ["1"]}],
        [EVALUATED],
    ),
    "dates_as_text": ("{{ x | cvops.identity.dates_as_text }}", {"a": [EVALUATED]}, {"a": [EVALUATED]}),
    "run_summary": (
        "{{ ({} | cvops.identity.run_summary(x)).grants }}",
        {"commcells": {"c": {"mappings": {"grants": [EVALUATED]}}}},
        {"c": [EVALUATED]},
    ),
    "consent_lines": (
        "{{ x | cvops.identity.consent_lines }}",
        {"missing": [{"api": EVALUATED, "application": [EVALUATED]}]},
        [
            "Consent is pending: this identity is not allowed to grant",
            f"{EVALUATED}: {EVALUATED}",
            "An administrator grants it",
        ],
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_services_say_is_not_evaluated_by_a_second_template(name: str) -> None:
    """As with set_fact, a loop or a further variable; also before 2.19, where only a mark keeps a text from being evaluated."""
    template, value, wanted = TEMPLATES[name]
    once = templating(template, x=marked(value))
    assert once == wanted
    assert templating("{{ again }}", again=once) == wanted
