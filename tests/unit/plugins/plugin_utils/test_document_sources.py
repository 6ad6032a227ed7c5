# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The place in a variables document that the options of a task of this collection come from."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.document_sources import name_document_sources

ROOT = "/home/a/ansible_collections/cvops/identity"
ROLE = f"{ROOT}/roles/role_mappings/tasks/main.yml:12"
ARGUMENTS = {"client_id": "x", "commvault_url": "y", "ca_path": "z", "name": "of the noun", "mappings": []}
VARIABLES = {"cvops_connection": {"entra": {"client_id": "x", "ca_path": "z"}, "commcells": {"emea": {"url": "y"}}}}


@pytest.mark.parametrize("file", [ROLE, f"{ROOT}/playbooks/site.yml:3"])
def test_of_a_task_of_the_collection(file: str) -> None:
    assert name_document_sources(file, ARGUMENTS, VARIABLES, "emea") == {
        "client_id": "cvops_connection.entra.client_id",
        "ca_path": "cvops_connection.entra.ca_path",
        "commvault_url": "cvops_connection.commcells.emea.url",
    }


@pytest.mark.parametrize(
    ("variables", "host"),
    [(VARIABLES, ""), (VARIABLES, "backup01"), ({}, "emea"), ({"cvops_connection": "{{ other }}"}, "emea")],
)
def test_a_commcell_that_is_not_known_is_not_guessed(variables: dict[str, object], host: str) -> None:
    named = name_document_sources(ROLE, ARGUMENTS, variables, host)
    assert named["commvault_url"] == "cvops_connection.commcells.*.url"


@pytest.mark.parametrize(
    "file",
    [
        "",
        "/srv/site.yml:3",
        f"{ROOT}/tests/site.yml:3",
        f"{ROOT}/roles/bootstrap/tasks/main.yml:3",
        f"{ROOT}/playbooks/tasks/break_glass_drill_commcell.yml:6",
        "/home/a/ansible_collections/cvops/other/roles/x/tasks/main.yml:3",
        "/srv/roles/x/tasks/main.yml:3",
        f"{ROOT}/rolesx/a.yml",
    ],
)
def test_a_task_of_the_user_or_with_other_credentials_has_none(file: str) -> None:
    assert name_document_sources(file, ARGUMENTS, VARIABLES, "emea") == {}


@pytest.mark.parametrize(
    ("connection", "named"),
    [
        ({"entra": {}, "commcells": {"emea": {}}}, {}),
        ({"commcells": {"emea": {"url": "y"}}}, {"commvault_url": "cvops_connection.commcells.emea.url"}),
        ({"entra": "{{ one }}", "commcells": {"emea": {}}}, {"client_id", "ca_path"}),
        ({"entra": {}, "commcells": {"emea": "{{ one }}"}}, {"commvault_url"}),
    ],
)
def test_a_place_that_is_not_there_is_not_named(connection: dict[str, object], named: object) -> None:
    """Such an option was given by something else, such as an item of the document with a sign-in of its own."""
    found = name_document_sources(ROLE, ARGUMENTS, {"cvops_connection": connection}, "emea")
    assert found == named or found.keys() == named


def test_the_name_of_a_commcell_is_one_line() -> None:
    variables = {"cvops_connection": {"commcells": {"em\nea": {"url": "y"}}}}
    assert "\n" not in name_document_sources(ROLE, ARGUMENTS, variables, "em\nea")["commvault_url"]
