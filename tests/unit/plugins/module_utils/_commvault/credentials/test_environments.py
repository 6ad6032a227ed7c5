# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clouds of credentials: both spellings mean one, and an endpoint is the same however it is written."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.environments import (
    ENDPOINT_MEMBERS,
    ENVIRONMENTS,
    are_same_endpoints,
    find_endpoint_fault,
    is_same_endpoint,
    list_default_endpoints,
    parse_endpoints,
    parse_environment,
    serialize_endpoints,
    serialize_environment,
)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("older", [False, True])
def test_what_is_written_is_read_as_the_same_cloud(environment: str, older: bool) -> None:
    word = serialize_environment(environment, older=older)
    assert {parse_environment(form) for form in (word, word.lower(), word.upper())} == {environment}


def test_a_word_that_is_not_known_stays() -> None:
    assert parse_environment("AZURE_MARS") == "AZURE_MARS"
    assert serialize_environment("AZURE_MARS", older=False) == "AZURE_MARS"
    assert list_default_endpoints("AZURE_MARS") == {}
    assert (parse_environment(None), parse_environment("")) == (None, None)


def test_no_two_clouds_share_an_endpoint() -> None:
    found = [value for environment in ENVIRONMENTS for value in list_default_endpoints(environment).values()]
    assert len(found) == len(set(found)) == 12
    assert all(
        find_endpoint_fault(name, value) is None
        for environment in ENVIRONMENTS
        for name, value in list_default_endpoints(environment).items()
    )


@given(st.dictionaries(st.sampled_from(sorted(ENDPOINT_MEMBERS)), st.text("abc./", min_size=1)), st.booleans())
def test_endpoints_are_read_as_they_were_written(endpoints: dict[str, str], short: bool) -> None:
    shown = {"storage": "x"} if short else {"storageEndpoint": "x"}
    for form in (shown, None):
        wire = serialize_endpoints(endpoints, form)
        assert parse_endpoints(wire) == endpoints
    assert all(name.endswith("Endpoint") is not short for name in serialize_endpoints(endpoints, shown))


@pytest.mark.parametrize("wire", [None, "x", [], {"storage": None, "other": "x"}])
def test_endpoints_that_are_not_shown_are_none(wire: t.Any) -> None:
    assert parse_endpoints(wire) == {}


def test_letter_case_and_a_slash_make_no_difference() -> None:
    assert is_same_endpoint("https://Management.azure.com", "https://management.azure.com/")
    assert not is_same_endpoint("https://management.azure.com", None)
    assert not are_same_endpoints({"storage": "a"}, {"storage": "a", "resource_manager": "b"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("storage", "https://blob.core.windows.net"),
        ("storage", "blob core"),
        ("resource_manager", "management.azure.com"),
        ("resource_manager", "http://management.azure.com/"),
        ("resource_manager", "https://user:word@management.azure.com/"),
        ("resource_manager", "https://management.azure.com/?x=1"),
        ("resource_manager", "https://management.azure.com:99999/"),
        ("resource_manager", "https://[::1/"),
        ("active_directory", "https://login.microsoftonline.com/\nx"),
    ],
)
def test_what_is_no_endpoint_is_refused(name: str, text: str) -> None:
    assert find_endpoint_fault(name, text)


def test_ports_and_paths_of_own_installations_are_endpoints() -> None:
    assert find_endpoint_fault("active_directory", "https://adfs.corp.example:8443/adfs") is None
