# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of others are read as plain values, within limits; what they may not decide is refused, all of it together."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
import yaml
from hostile import FRAGMENTS, names, structures
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import dump_for_ansible
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_VALUES,
    DataFileError,
    parse_data_text,
    read_data_file,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.data_yaml import dump_data_yaml
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


def refusal(text: str, **how: t.Any) -> str:
    """What is wrong with the text."""
    with pytest.raises(DataFileError) as caught:
        parse_data_text(text, **how)
    return "; ".join(map(str, caught.value.args))


@given(value=structures)
@example(value=list(FRAGMENTS))
def test_what_the_filters_write_is_read_equal(value: t.Any) -> None:
    """An export may come back as data."""
    assert parse_data_text(dump_data_yaml({"a": value})) == {"a": value}
    assert parse_data_text(json.dumps({"a": value})) == {"a": value}


@given(st.one_of(names, structures.map(dump_for_ansible), st.binary().map(lambda found: found.decode("latin-1"))))
@example("!!python/object/apply:os.system [id]")
@example("a: !!timestamp 2026-01-01")
@example("? [a]\n: b")
@example("!!int x")
@example("!!bool x")
@example("!!map x")
@example("<<: x")
@example("=")
@example("\ud800")
@example("1:" * 100000 + "1")
@example("1_" * 5000 + "1")
@example("9" * 5000)
@example("[" * 100000)
@example('{"a":' * 100000)
@example("*a")
@example("a: &a [*a]")
@example("a: &a [&a x, *a]")
@example("--- 1\n--- 2\n")
def test_whatever_the_text_is_it_is_read_or_refused_in_one_sentence(text: str) -> None:
    try:
        value = parse_data_text(text)
    except DataFileError as exc:
        assert all(str(fault).isprintable() and len(str(fault)) < 300 for fault in exc.args) and exc.args
    else:
        json.dumps(value)


def test_values_are_those_that_ansible_reads_but_dates_stay_text() -> None:
    text = "a: yes\nb: 010\nc: 1e3\nd: 2026-11-01\ne: !unsafe 1\nf: ~\ng: 1.5\nh: !unsafe [x]\ni: =\nj: !!str 5\n"
    wanted = {
        "a": True,
        "b": 8,
        "c": "1e3",
        "d": "2026-11-01",
        "e": "1",
        "f": None,
        "g": 1.5,
        "h": ["x"],
        "i": "=",
        "j": "5",
    }
    assert parse_data_text(text) == wanted


def test_anchors_and_merges_are_read() -> None:
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: [*x, *x]\n!unsafe k: 1\n"
    assert parse_data_text(text) == {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}, "z": [{"a": 1, "b": 2}] * 2, "k": 1}


REFUSED = {
    "vault value": (
        "a:\n  b: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    00\n",
        "encrypted with Ansible Vault, line 2",
    ),
    "other tag": ("a: !!python/name:os.system x", "YAML tag tag:yaml.org,2002:python/name:os.system, line 1"),
    "binary": ("a: !!binary aGk=", "YAML tag"),
    "own tag": ("!x a: 1", "YAML tag !x"),
    "twice": ("a:\n  - {b: 1, b: 2}\n", "a[0]: the key b stands twice, line 2"),
    "twice at the top": ("a: 1\nb: 2\n'a': 3\n", "the top: the key a stands twice, line 3"),
    "twice in JSON": ('{"a": {"b": 1, "b": 2}}', "the key b stands twice"),
    "key of another type": ("a: {yes: 1}", "a: a key is no text, line 1"),
    "key that is a list": ("? [a]\n: 1", "the top: a key is no text"),
    "more than one": ("a: 1\n---\nb: 1\n", "more than one YAML document, line 2"),
    "no YAML": ("a: [1\nb: 2\n", "is no YAML: "),
    "control characters": ("a: \x1b[2J", "is no YAML: "),
    "alias to itself": ("a: &a [1, *a]", "an anchor that is not there"),
    "half a character": ('{"a": ["\\ud800x"]}', "half of a character: \ufffdx"),
    "not finite": ('{"a": NaN}', "not finite"),
    "not finite in YAML": ("a: .inf", "not finite"),
    "too large for a number": ('{"a": 1e999}', "not finite"),
    "long number": ("a: " + "1:" * 50 + "1", "a number is too long"),
    "long number in JSON": ('{"a": ' + "9" * 5000 + "}", "a number that is too long"),
    "deep": ("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "levels"),
    "deep JSON": ('{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}", "levels"),
    "very deep JSON": ('{"a": ' + "[" * 200000, "levels"),
    "deep by aliases": ("a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 20 + "*a" + "]" * 20, "levels"),
    "many by aliases": (
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)),
        "values",
    ),
    "many by merges": (
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30)),
        "values",
    ),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, words: str) -> None:
    assert words in refusal(text)


def test_the_deepest_that_is_read() -> None:
    inner = MAX_DEPTH - 2
    assert parse_data_text("a: " + "[" * inner + "x" + "]" * inner) == parse_data_text(
        '{"a": ' + "[" * inner + '"x"' + "]" * inner + "}"
    )


def test_many_values_are_refused() -> None:
    assert "values" in refusal("[" + "1," * MAX_VALUES + "1]", only_json=True)
    assert "values" in refusal("a: [" + "x," * MAX_VALUES + "x]")


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


def test_all_keys_that_stand_twice_are_told() -> None:
    assert refusal("a: {b: 1, b: 2}\nc: [{d: 1, d: 2}]\n").count("stands twice") == 2


FILES: dict[str, tuple[bytes, str]] = {
    "vault.yml": (b"$ANSIBLE_VAULT;1.1;AES256\n00\n", "encrypted with Ansible Vault"),
    "latin.yml": (b"a: \xe4", "no UTF-8"),
    "large.yml": (b" " * (MAX_BYTES + 1), "more than 8 MiB"),
    "no.json": (b"a: 1", "is no JSON"),
}


@pytest.mark.parametrize(("name", "content", "words"), [(name, *rest) for name, rest in FILES.items()], ids=FILES)
def test_files_that_are_refused(name: str, content: bytes, words: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataFileError, match=words):
        read_data_file(str(tmp_path / name))


def test_only_regular_files_are_read(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "missing", "a\x00b"):
        with pytest.raises(DataFileError, match="no regular file|cannot be read"):
            read_data_file(str(tmp_path / name))


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: pathlib.Path) -> None:
    for name, text in (("a.yml", "a: 1"), ("a.json", '{"a": 1}')):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert read_data_file(str(tmp_path / name)) == {"a": 1}


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
        "cvops_connection is not taken from a document that is given as data, for it says where the secrets of this run are sent",
        "cvops_break_glass is not taken",
        "cvops_bootstrap is not taken",
        "cvops_role_mapping is no key of a document that is given as data; near: cvops_role_mappings",
        "ansible_python_interpreter is no key",
        "role_mappings_accept_risk is no key",
        "cvops_entra_groups[0].accept_risk opens a guard",
        "cvops_entra_groups[0].accept_reason opens a guard",
        "allow it with cvops_document_allow: [accept_risk]",
        "cvops_role_mappings is also given as a variable",
        "cvops_role_mappings[0].relink ties a user group to another Entra group",
        "cvops_application.grant_admin_consent gives an application rights in the whole tenant",
        "cvops_application.service_principal.nested[0].accept_risk opens a guard",
        "cvops_sso must be a mapping",
        "cvops_commvault_roles must be a list of mappings",
        "esc\\u001b\\u202e is no key",
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
    assert "1.yml: cvops_role_mappings is in " in problem and "0.yml already" in problem


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
