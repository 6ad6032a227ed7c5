# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a set-up that failed says what the controller said, of each object, and no secret."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.controller_failures import (
    describe_setup_failure,
    find_connection_problems,
    read_failure,
)

#: As the cores that are supported tell what a look-up said.
LOOKUPS = [
    "Task failed: Finalization of task args for 'ansible.builtin.set_fact' failed: Error while resolving value for 'x': The lookup plugin"
    " 'awx.awx.controller_api' failed: Invalid authentication credentials (HTTP 401).",
    "An unhandled exception occurred while running the lookup plugin 'awx.awx.controller_api'. Error was a <class 'ansible.errors.AnsibleError'>,"
    " original message: Invalid authentication credentials (HTTP 401).. Invalid authentication credentials (HTTP 401).",
]


def fail(name: str, message: str, **more: t.Any) -> dict[str, t.Any]:
    item = {"key": f"job_templates/{name}", "name": name}
    return {"failed": True, "msg": message, "item": item, **more}


def test_of_each_object_of_a_loop_it_is_told_what_the_controller_said() -> None:
    refused = "Unable to create job_template {}: {{'playbook': ['Playbook not found for project.']}}"
    loop = {
        "failed": True,
        "msg": "One or more items failed",
        "results": [
            fail("a", refused.format("a")),
            {"item": {"key": "job_templates/b", "name": "b"}, "changed": True},
            fail("c", "Request failed\nwith 500"),
            fail("d", refused.format("d")),
        ],
    }
    assert describe_setup_failure(loop, "Job templates", "awx.awx.job_template") == (
        "Job templates: job template a and 1 more: {'playbook': ['Playbook not found for project.']}; job template c: Request failed with 500"
    )


def test_problems_that_the_role_has_found_are_told_as_they_are() -> None:
    result = {"failed": True, "msg": ["no organization A", "no credential \x1b[0m"]}
    found = describe_setup_failure(result, "Check", "ansible.builtin.assert")
    assert found == "no organization A; no credential \\x1b[0m"
    assert describe_setup_failure({"msg": "one"}, "Check", "ansible.builtin.fail") == "one"


@pytest.mark.parametrize("message", LOOKUPS, ids=["new", "old"])
def test_a_look_up_is_told_in_its_own_words(message: str) -> None:
    assert read_failure({"msg": message}) == "Invalid authentication credentials (HTTP 401)"


@pytest.mark.parametrize(
    "message",
    [
        "Task failed: Finalization of task args for 'awx.awx.credential' failed: Error while resolving value for 'x': s3cret-of-mine",
        "The task includes an option with an undefined variable. The error was: s3cret-of-mine has no attribute",
        "error while templating string 's3cret-of-mine'",
    ],
)
def test_what_may_quote_variables_is_not_told(message: str) -> None:
    found = describe_setup_failure({"failed": True, "msg": message}, "Credentials", "awx.awx.credential")
    assert "s3cret" not in found


def test_nothing_is_told_of_a_task_that_is_not_logged() -> None:
    found = describe_setup_failure({"msg": "s3cret-of-mine"}, "Sign in once", "awx.awx.token", True)
    assert "s3cret" not in found
    assert "Sign in once" in found


def test_secrets_are_hidden_and_the_length_is_limited() -> None:
    result = fail("a", "refused opaque-token-of-the-run, password=hunter2hunter2 " + "x" * 9000)
    found = read_failure(result, "a", ["opaque-token-of-the-run", ""])
    assert "opaque-token" not in found
    assert "hunter2" not in found
    assert len(found) < 500
    many = {"results": [fail(str(number), f"reason {number}") for number in range(300)]}
    assert len(describe_setup_failure(many, "Hosts", "awx.awx.host")) < 600


def test_a_collection_that_is_not_there_is_told() -> None:
    for name in ("ansible.controller", "no.such", "cvops.identity"):
        (problem,) = find_connection_problems(name, {"host": True, "token": True})
        assert f"the collection {name}, whose modules are needed, is not installed" in problem


def test_what_is_missing_of_the_connection_is_told_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    missing = find_connection_problems("no.such")
    assert [problem.partition(":")[0] for problem in missing[1:]] == [
        "no controller is given",
        "who signs in to the controller is not given",
    ]
    half = find_connection_problems("no.such", {"host": True, "user": True})
    assert half[1].startswith("the password of the user is not given: set CONTROLLER_OAUTH_TOKEN, or ")
    assert len(find_connection_problems("no.such", {"host": True, "user": True, "password": True})) == 1
    (tmp_path / ".tower_cli.cfg").write_text("[general]\nhost = https://awx.corp.example\n")
    assert len(find_connection_problems("no.such")) == 1, "the file may say it"
