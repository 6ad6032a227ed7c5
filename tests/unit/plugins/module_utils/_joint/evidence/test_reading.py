# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles that anybody may have made: what is no bundle is told, and nothing in one is followed."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
from bundle_examples import NAME, Evidence
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence import reading
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.decisions import (
    decode_sheet,
    parse_filled_table,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.manifest import (
    is_bundle_name,
    is_bundle_path,
    parse_manifest,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.reading import read_bundle
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.table_text import (
    build_table_csv,
    dump_table,
    parse_table,
    read_back,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import FINDINGS, SIGN_OFF, Row

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CELLS = st.one_of(st.none(), st.booleans(), TEXTS, st.lists(TEXTS, max_size=3))


@pytest.fixture
def folder(make_ctx: t.Any, tmp_path: pathlib.Path) -> pathlib.Path:
    """A bundle."""
    evidence = Evidence(make_ctx, tmp_path)
    assert evidence.run()["changed"]
    return evidence.dest / NAME


def change_manifest(folder: pathlib.Path, **more: t.Any) -> None:
    found = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**found, **more}))


def test_a_bundle_is_read(folder: pathlib.Path) -> None:
    found = read_bundle(str(folder))
    assert {name: len(rows) for name, rows in found.rows.items()} == found.manifest["counts"]
    folder.rename(folder.parent / "elsewhere")
    assert read_bundle(str(folder.parent / "elsewhere")).manifest == found.manifest


@pytest.mark.parametrize(
    "change",
    [
        {"format": "cvops.identity/access-evidence/9"},
        {"files": []},
        {"files": [{"path": "../../etc/passwd", "size": 1, "sha256": "0" * 64}]},
        {"files": [{"path": "/etc/passwd", "size": 1, "sha256": "0" * 64}]},
        {"files": [{"path": "a", "size": -1, "sha256": "0" * 64}]},
        {"files": [{"path": "a", "size": True, "sha256": "0" * 64}]},
        {"files": [{"path": "a", "size": 1, "sha256": "0" * 63 + "\n"}]},
        {"files": [{"path": "a", "size": 1, "sha256": "0" * 64}] * 2},
        {"files": [{"path": "manifest.json", "size": 1, "sha256": "0" * 64}]},
        {"previous": {"name": "../x"}},
        {"previous": "x"},
        {"name": ".."},
        {"as_of": "yesterday"},
        {"as_of": 7},
        {"counts": {"access": "7"}},
        {"partial": [7]},
        {"more": 1},
        {"bundle_id": "x"},
        {"provenance": []},
    ],
)
def test_a_manifest_of_another_shape_is_refused(change: dict[str, t.Any], folder: pathlib.Path) -> None:
    change_manifest(folder, **change)
    with pytest.raises(ConfigError, match=r"manifest\.json"):
        read_bundle(str(folder))


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 200, '{"format": NaN}', "\x00", '{"a": 1e999}'])
def test_no_manifest_at_all(text: str, folder: pathlib.Path) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ConfigError, match=r"manifest\.json"):
        read_bundle(str(folder))


@pytest.mark.parametrize(("name", "key"), [("manifest.json", b'"previous": '), ("access.json", b'"privileged": ')])
def test_a_key_that_stands_twice_is_refused(name: str, key: bytes, folder: pathlib.Path) -> None:
    """Another reader would take the other one."""
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content.replace(key, key + b"null, " + key, 1))
    assert path.read_bytes() != content
    with pytest.raises(ConfigError, match=rf"{name}.* a key twice"):
        read_bundle(str(folder), check_hashes=False)


def test_a_large_manifest_a_pipe_and_a_link_are_not_read(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "manifest.json"
    content = path.read_bytes()
    monkeypatch.setattr(reading, "LARGEST_MANIFEST", len(content) - 1)
    with pytest.raises(ConfigError, match="ordinary file"):
        read_bundle(str(folder))
    monkeypatch.undo()
    (folder.parent / "copy").write_bytes(content)
    path.unlink()
    path.symlink_to(folder.parent / "copy")
    with pytest.raises(ConfigError):
        read_bundle(str(folder))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="ordinary file"):
        read_bundle(str(folder))


def test_a_folder_that_is_a_link_is_not_entered(folder: pathlib.Path) -> None:
    (folder / "grc").rename(folder.parent / "grc")
    (folder / "grc").symlink_to(folder.parent / "grc")
    with pytest.raises(ConfigError, match="its folder is not a folder"):
        reading.read_content(str(folder), "grc/vanta.csv")
    assert reading.find_unknown_paths(str(folder), read_bundle(str(folder)).manifest) == ["grc"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"access"', b'"roles"'),
        (b"]}\n", b"]}"),
        (b"]}\n", b""),
        (b"true", b"1"),
        (b'"id": "', b'"id": ["'),
    ],
)
def test_a_table_of_another_shape_is_refused(old: bytes, new: bytes, folder: pathlib.Path) -> None:
    path = folder / "access.json"
    content = path.read_bytes()
    path.write_bytes(content.replace(old, new, 1))
    assert path.read_bytes() != content
    with pytest.raises(ConfigError, match=r"access\.json"):
        read_bundle(str(folder), check_hashes=False)


def test_an_id_that_stands_twice_is_refused() -> None:
    row = t.cast("Row", dict.fromkeys(SIGN_OFF.columns, "x"))
    with pytest.raises(ConfigError, match="twice"):
        parse_table(SIGN_OFF, dump_table(SIGN_OFF, [row, row]))


@given(st.lists(st.fixed_dictionaries({name: CELLS for name in FINDINGS.columns[1:]}), max_size=4))
def test_tables_are_read_as_they_were_written(rows: list[dict[str, t.Any]]) -> None:
    numbered = [t.cast("Row", {"id": f"f-{number}", **row}) for number, row in enumerate(rows)]
    content = dump_table(FINDINGS, numbered)
    assert parse_table(FINDINGS, content) == numbered
    assert json.loads(content)["rows"] == numbered
    assert len(content.splitlines()) == len(numbered) + 2
    text = build_table_csv(FINDINGS, numbered).decode()
    sheet = [one.cells for one in parse_filled_table(text, FINDINGS, FINDINGS.columns, "findings.csv")]
    assert sheet == [{name: read_back(row[name]) for name in FINDINGS.columns} for row in numbered]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"id,decision\n", b'"id', b"id;commcell\n1;2;3\n", b"\x00", b"id," * 50],
)
def test_sheets_that_are_none(content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"signoff\.csv"):
        parse_filled_table(decode_sheet(content, "signoff.csv"), SIGN_OFF, SIGN_OFF.columns, "signoff.csv")


def test_names_and_paths_stay_in_their_folder() -> None:
    for name in ("..", ".", "", "a/b", ".git", "a\n", "a" * 101, "-x", 7, None):
        assert not is_bundle_name(name), name
    for path in ("", "/a", "a//b", "../a", "a/..", "a/./b", "a\\b", "a\nb", 7, "x/" * 600):
        assert not is_bundle_path(path), path
    assert is_bundle_name("2026-11-27T201500Z") and is_bundle_path("snapshot/commcells/K%C3%B6ln 1.json")


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    )
)
def test_any_json_is_a_fault_and_no_crash(value: t.Any) -> None:
    with pytest.raises(ConfigError):
        parse_manifest(json.dumps(value).encode())
