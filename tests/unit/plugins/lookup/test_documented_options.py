# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token lookups document the options that they accept, and where these come from."""

from __future__ import annotations

import typing as t

import pytest
from option_rules import doc_differences

from ansible_collections.cvops.identity.plugins.lookup import commvault_token, entra_token
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec

LOOKUPS = {"entra_token": (entra_token, "access_token"), "commvault_token": (commvault_token, "commvault_access_token")}


def documented(name: str) -> dict[str, t.Any]:
    """The options of a lookup with its fragments merged in, by Ansible's own means; terms apart."""
    from ansible.plugins.loader import fragment_loader
    from ansible.utils.plugin_docs import get_docstring

    path = str(LOOKUPS[name][0].__file__)
    found = get_docstring(path, fragment_loader, collection_name="cvops.identity", plugin_type="lookup")[0]
    return {option: entry for option, entry in found["options"].items() if option != "_terms"}


@pytest.mark.parametrize("name", LOOKUPS)
def test_documented_options_are_those_that_are_accepted(name: str) -> None:
    spec: ArgumentSpec = t.cast("t.Any", LOOKUPS[name][0]).SPEC
    assert doc_differences(documented(name), spec.options) == []


@pytest.mark.parametrize("name", LOOKUPS)
def test_documented_sources_are_those_that_are_read_in_that_order(name: str) -> None:
    module, product = LOOKUPS[name]
    options = documented(name)
    for option, entry in t.cast("t.Any", module).SPEC.options.items():
        if "fallback" not in entry:
            continue
        environment = [source["name"] for source in options[option]["env"]]
        variables = [source["name"] for source in options[option].get("vars", [])]
        assert environment == entry["fallback"][1][1:], option
        assert variables == ([] if option == product else [f"cvops_{option}"]), option
