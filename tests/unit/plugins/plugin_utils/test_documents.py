# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a variables document may declare and decide; all that is wrong with it is told together."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.cvops.identity.plugins.plugin_utils.documents import (
    DECISIONS,
    DOCUMENT_KEYS,
    Document,
    read_documents,
)

MAPPING: dict[str, t.Any] = {
    "principal": {"user_group": "{{ 1 }}"},
    "grants": [{"role": "View", "entities": "commcell"}],
}


@pytest.fixture
def read(tmp_path: pathlib.Path) -> t.Callable[..., Document]:
    """Reads a document that is written for the purpose."""

    def run(*documents: t.Any, allow: t.Sequence[str] = (), defined: t.Container[str] = ()) -> Document:
        paths = []
        for number, document in enumerate(documents):
            path = tmp_path / f"{number}.yml"
            path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
            paths.append(str(path))
        return read_documents(paths, allow, defined)

    return run


def test_a_document_declares_what_it_may(read: t.Callable[..., Document]) -> None:
    whole = {name: {} if form is dict else [] for name, form in DOCUMENT_KEYS.items()} | {
        "cvops_role_mappings": [MAPPING]
    }
    assert read(whole).variables == whole and read(whole).problems == []
    first, second = {"cvops_role_mappings": [MAPPING]}, {"cvops_sso": {"user_limit": 5}}
    found = read(first, second)
    assert found.variables == {**first, **second} and [os.path.basename(path) for path in found.files] == [
        "0.yml",
        "1.yml",
    ]


def test_everything_that_is_wrong_is_told_together(read: t.Callable[..., Document]) -> None:
    group = {"display_name": "x", "accept_risk": ["rename"], "accept_reason": "so"}
    document = {
        "cvops_connection": {"entra": {"authority_url": "https://evil.example"}},
        "cvops_break_glass": {},
        "cvops_bootstrap": {"secret": {"file": "/etc/cron.d/x"}},
        "cvops_role_mapping": [],
        "ansible_python_interpreter": "/tmp/evil",
        "role_mappings_accept_risk": ["last_admin"],
        "cvops_entra_groups": [group],
        "cvops_role_mappings": [{**MAPPING, "relink": True}],
        "cvops_application": {"grant_admin_consent": True, "service_principal": {"nested": [{"accept_risk": []}]}},
        "cvops_sso": [],
        "cvops_commvault_roles": ["Reader"],
        "esc\x1b\u202e": 1,
    }
    found = read(document, defined={"cvops_role_mappings"})
    assert found.variables == {}
    problems = "\n".join(found.problems)
    for words in (
        "cvops_connection is not accepted from a document that is given as data, because it says where the secrets of this run are sent",
        "cvops_break_glass is not accepted",
        "cvops_bootstrap is not accepted",
        "cvops_role_mapping is not a key of a document that is given as data; near: cvops_role_mappings",
        "ansible_python_interpreter is not a key",
        "role_mappings_accept_risk is not a key",
        "cvops_entra_groups[0].accept_risk switches off a protection",
        "cvops_entra_groups[0].accept_reason switches off a protection",
        "allow it with cvops_document_allow: [accept_risk]",
        "cvops_role_mappings is also given as a variable",
        "cvops_role_mappings[0].relink links a user group to another Entra group",
        "cvops_application.grant_admin_consent gives an application rights in the whole tenant",
        "cvops_application.service_principal.nested[0].accept_risk switches off a protection",
        "cvops_sso must be a mapping",
        "cvops_commvault_roles must be a list of mappings",
        "esc\\u001b\\u202e is not a key",
    ):
        assert words in problems, words
    assert len(found.problems) == 15
    assert all(problem.isprintable() and problem.startswith("/") for problem in found.problems)


@pytest.mark.parametrize("name", DECISIONS)
def test_decisions_may_be_left_to_a_document_one_by_one(name: str, read: t.Callable[..., Document]) -> None:
    document = {"cvops_role_mappings": [{**MAPPING, **{key: ["x"] for key in DECISIONS[name]}}]}
    assert read(document, allow=[name]).variables == document
    others = [other for other in DECISIONS if other != name]
    assert len(read(document, allow=others).problems) == len(DECISIONS[name])


def test_a_key_of_two_documents_is_refused(read: t.Callable[..., Document]) -> None:
    document = {"cvops_role_mappings": [MAPPING]}
    (problem,) = read(document, document).problems
    assert "1.yml: cvops_role_mappings is also in " in problem and "0.yml" in problem


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "{}", "x", "5", "null"])
def test_a_document_that_declares_nothing_is_refused(text: str, read: t.Callable[..., Document]) -> None:
    """An emptied file must not look like one that was applied."""
    (problem,) = read(text).problems
    assert "declares some of cvops_application" in problem


def test_paths_begin_where_ansible_was_started(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yml").write_text("cvops_sso: {}")
    monkeypatch.chdir(tmp_path)
    assert read_documents(["a.yml"], (), ()).files == [str(tmp_path / "a.yml")]
    (problem,) = read_documents(["b.yml"], (), ()).problems
    assert problem == f"b.yml (looked for as {tmp_path}/b.yml): cannot be read: No such file or directory"
    for wrong in (5, None, " ", {"a": 1}):
        (problem,) = read_documents([wrong], (), ()).problems
        assert "give the path of a YAML or JSON file" in problem


@pytest.mark.parametrize(
    "text",
    [
        "{" + ",".join(["a: 1"] * 20_000) + "}",
        "\n".join(["a: 1"] * 20_000),
        "\n".join(["1: 1"] * 20_000),
        "[" + ",".join(["9" * 100] * 2_000) + "]",
        "[" + ",".join(['{"a":1,"a":2}'] * 100) + "]",
        "{" + ",".join(f'"k{number}":1' for number in [*range(20_000)] * 2) + "}",
        json.dumps({f"cvops_x{number}": 1 for number in range(2_000)}),
        json.dumps({"cvops_role_mappings": [{"accept_risk": True}] * 20_000}),
    ],
)
def test_a_few_problems_are_told_of_many(text: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "document.yml"
    path.write_text(text)
    problems = read_documents([str(path)], (), ()).problems
    assert problems
    assert len(problems) <= 51
    assert len(problems) == 1 or problems[-1] == f"{path}: and more"
