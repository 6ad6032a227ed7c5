# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of a snapshot are written for their owner alone, are equal where their content is, and are read as if anybody had made them."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import time
import typing as t

import pytest
from snapshot_examples import make_commcell, make_entra, make_grant, make_provenance, make_user

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot import files
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import (
    check_destination,
    is_same_but_for_provenance,
    read_commcell_document,
    read_snapshot,
    write_document,
)


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A snapshot with one CommCell."""
    write_document(str(tmp_path / "s"), make_commcell())
    return tmp_path / "s"


def write_raw(folder: pathlib.Path, text: str, name: str = "raw.json") -> pathlib.Path:
    path = folder / "commcells" / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def refuse(folder: pathlib.Path, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_snapshot(str(folder), "the_option")
    assert words in str(caught.value), str(caught.value)
    assert str(caught.value).startswith("the_option: ") and caught.value.facts["source"] == "option the_option"


def test_what_is_written_is_read(tmp_path: pathlib.Path) -> None:
    folder = str(tmp_path / "a" / "s")
    cells = [make_commcell("Köln/1"), make_commcell("apac"), make_commcell("{{ emea }}")]
    paths = [write_document(folder, cell) for cell in cells]
    write_document(folder, make_entra())
    assert [os.path.basename(path) for path in paths] == ["Köln%2F1.json", "apac.json", "%7B%7B emea %7D%7D.json"]
    found = read_snapshot(folder)
    assert [cell["name"] for cell in found.commcells] == ["apac", "Köln/1", "{{ emea }}"]
    assert found.entra == make_entra() and found.commcells[1] == cells[0]
    assert read_commcell_document(folder, "Köln/1") == cells[0] and read_commcell_document(folder, "none") is None
    for path in paths:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    for place in (folder, os.path.join(folder, "commcells")):
        assert stat.S_IMODE(os.stat(place).st_mode) == 0o700
    assert sorted(os.listdir(folder)) == ["commcells", "entra.json"]


def test_one_side_alone_is_a_snapshot(tmp_path: pathlib.Path) -> None:
    write_document(str(tmp_path / "s"), make_entra())
    found = read_snapshot(str(tmp_path / "s"))
    assert found.commcells == [] and found.entra is not None


def test_the_text_depends_on_the_content_alone(folder: pathlib.Path) -> None:
    path = folder / "commcells" / "emea.json"
    text = path.read_text()
    write_document(str(folder), dict(reversed(make_commcell().items())))  # type: ignore[arg-type]
    assert path.read_text() == text and text.isascii() and text.endswith("}\n") and '\n "format"' in text


def test_provenance_is_no_difference() -> None:
    one, other = make_commcell(), make_commcell(provenance=make_provenance(requests=99))
    assert is_same_but_for_provenance(one, other)
    assert not is_same_but_for_provenance(one, make_commcell(users=[]))


def test_texts_that_no_file_takes_are_repaired_when_written(tmp_path: pathlib.Path) -> None:
    write_document(str(tmp_path / "s"), make_commcell(users=[make_user(4, "half \ud800")]))
    (cell,) = read_snapshot(str(tmp_path / "s")).commcells
    assert cell["users"][0]["name"].startswith("half ") and "\ud800" not in cell["users"][0]["name"]


def test_a_folder_that_others_can_use_is_refused(folder: pathlib.Path) -> None:
    (folder / "commcells").chmod(0o750)
    refuse(folder, "chmod go=")
    for write in (lambda: check_destination(str(folder)), lambda: write_document(str(folder), make_commcell())):
        with pytest.raises(ConfigError, match="dest: .*chmod go="):
            write()


def test_a_file_that_others_can_read_is_refused(folder: pathlib.Path) -> None:
    (folder / "commcells" / "emea.json").chmod(0o640)
    refuse(folder, "chmod go=")


def test_links_are_not_followed(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps(make_commcell("other")))
    other.chmod(0o600)
    (folder / "commcells" / "other.json").symlink_to(other)
    refuse(folder, "is a link")
    (tmp_path / "link").symlink_to(folder)
    refuse(tmp_path / "link", "not a link")


def test_files_of_other_users_are_refused(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    refuse(folder, "must belong to the user")


def test_pipes_and_large_files_are_refused(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "commcells" / "pipe.json", 0o600)
    refuse(folder, "ordinary file")
    os.unlink(folder / "commcells" / "pipe.json")
    monkeypatch.setattr(files, "LARGEST_DOCUMENT", 1000)
    refuse(folder, "ordinary file of at most")


def test_all_documents_together_have_a_limit(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_LARGEST_SNAPSHOT", 2000)
    refuse(folder, "together") if (folder / "commcells" / "emea.json").stat().st_size > 2000 else None
    write_document(str(folder), make_entra())
    refuse(folder, "together")
    monkeypatch.setattr(files, "_MOST_COMMCELLS", 0)
    refuse(folder, "more than 0 documents")


def test_no_folder_and_an_empty_one(tmp_path: pathlib.Path) -> None:
    refuse(tmp_path / "none", "No such file")
    (tmp_path / "empty").mkdir(mode=0o700)
    refuse(tmp_path / "empty", "contains no snapshot")


def test_two_documents_of_one_commcell(folder: pathlib.Path) -> None:
    write_raw(folder, json.dumps(make_commcell("EMEA")))
    refuse(folder, "both for the CommCell 'EMEA'")


HOSTILE: dict[str, tuple[str, str]] = {
    "not a JSON": ("{", "not a JSON document"),
    "nested without end": ("[" * 200000, "not a JSON document"),
    "a number without end": ('{"format": ' + "9" * 5000 + "}", "not a JSON document"),
    "a number of a million digits": ('{"format": ' + "9" * 10**6 + "}", "a number of 1000000 digits"),
    "a key twice": ('{"format": "a", "format": "b"}', "a key twice"),
    "a key twice within": ('{"format": [{"a": 1, "a": 2}]}', "a key twice"),
    "a byte order mark": ("\ufeff{}", "not a JSON document"),
    "not a number": ('{"format": NaN}', "NaN is not a number"),
    "a list": ("[]", "its format is none"),
    "another format": ('{"format": "cvops.identity/snapshot-commcell/2"}', "its format is 'cvops"),
    "a format that is not a text": ('{"format": {"a": 1}}', "its format is none"),
    "nothing else": (json.dumps({"format": make_commcell()["format"]}), "lacks provenance, name"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_document(folder: pathlib.Path, case: str) -> None:
    text, words = HOSTILE[case]
    write_raw(folder, text)
    refuse(folder, words)


def test_what_is_no_text(folder: pathlib.Path) -> None:
    path = write_raw(folder, "")
    path.write_bytes(json.dumps(make_commcell("x")).encode().replace(b'"x"', b'"x\xff"'))
    refuse(folder, "not UTF-8 text (byte ")


def nest(levels: int) -> t.Any:
    value: t.Any = "x"
    for dummy in range(levels):
        value = [value]
    return value


SHAPES: list[tuple[dict[str, t.Any], str]] = [
    ({"users": {}}, "users is not a list"),
    ({"users": ["anna"]}, "users[0] is not an object"),
    ({"users": [{"name": "anna", "company": None, "groups": []}]}, "users[0] lacks id"),
    ({"users": [make_user(4, "anna"), make_user(5, "ben", id=5)]}, "users[1].id is not a text"),
    ({"users": [make_user(4, "anna", company=[])]}, "users[0].company is not a text"),
    ({"name": None}, "name is not a text"),
    ({"entities": []}, "entities is not an object"),
    ({"entities": {"plans": [1]}}, "entities.plans[0] is not an object"),
    ({"associations": [make_grant({"kind": "user", "id": "4"}, {})]}, "associations[0].principal lacks name"),
    (
        {
            "associations": [
                make_grant({"kind": "user", "id": "4", "name": "a"}, {"kind": "plans", "id": "1", "name": 1})
            ]
        },
        "entity.name is not a text",
    ),
    ({"associations": [{**make_commcell()["associations"][0], "permissions": [3]}]}, "permissions[0] is not a text"),
    ({"provenance": make_provenance(requests=True)}, "provenance.requests is not a number"),
    ({"provenance": make_provenance(sources=[{"name": "x"}])}, "provenance.sources[0] lacks count"),
    (
        {"provenance": make_provenance(sources=[{**make_provenance()["sources"][0], "complete": 1}])},
        "provenance.sources[0].complete is not true or false",
    ),
    ({"two_factor": nest(3)}, "two_factor is not an object"),
    ({"two_factor": {"mode": nest(60)}}, "nested deeper"),
    ({"two_factor": {"mode": "\ud800"}}, "half a character"),
    ({"two_factor": {"\udfff": 1}}, "half a character"),
]


@pytest.mark.parametrize(("more", "words"), SHAPES)
def test_documents_of_another_shape(folder: pathlib.Path, more: dict[str, t.Any], words: str) -> None:
    write_raw(folder, json.dumps({**make_commcell("raw"), **more}))
    refuse(folder, words)


@pytest.mark.parametrize("name", sorted(set(make_entra()) - {"format"}))
def test_each_key_of_the_tenant_is_needed(tmp_path: pathlib.Path, name: str) -> None:
    document = make_entra()
    write_document(str(tmp_path / "s"), document)
    for wrong in ({key: value for key, value in document.items() if key != name}, {**document, name: 7}):
        (tmp_path / "s" / "entra.json").write_text(json.dumps(wrong))
        refuse(tmp_path / "s", name)


@pytest.mark.parametrize("name", sorted(set(make_commcell()) - {"format"}))
def test_each_key_of_a_commcell_is_needed(folder: pathlib.Path, name: str) -> None:
    document = make_commcell("raw")
    for wrong in ({key: value for key, value in document.items() if key != name}, {**document, name: 7}):
        write_raw(folder, json.dumps(wrong))
        refuse(folder, name)


def test_keys_of_later_releases_are_let_be(folder: pathlib.Path) -> None:
    write_raw(folder, json.dumps(make_commcell("raw", later=[1], users=[make_user(4, "anna", later=None)])))
    assert len(read_snapshot(str(folder)).commcells) == 2


def test_a_large_snapshot_is_read_quickly(tmp_path: pathlib.Path) -> None:
    groups = [{"id": str(number), "kind": "user_group", "name": f"group {number}"} for number in range(5)]
    users = [
        make_user(number, f"person.{number}", full_name=f"Person {number}", email=f"p{number}@x.example", groups=groups)
        for number in range(6000)
    ]
    grants = make_commcell()["associations"] * 3000
    write_document(str(tmp_path / "s"), make_commcell(users=users, associations=grants))
    started = time.process_time()
    (cell,) = read_snapshot(str(tmp_path / "s")).commcells
    assert time.process_time() - started < 2
    assert len(cell["users"]) == 6000
