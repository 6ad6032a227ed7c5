# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_pseudonyms: a copy of a snapshot that names nobody, which only who has the key takes back."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot import pseudonym_files
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot
from ansible_collections.cvops.identity.plugins.modules import commvault_snapshot, snapshot_pseudonyms

pytestmark = pytest.mark.any_core

KEY = "0123456789abcdef0123456789ABCDEF-not-a-real-key"


@pytest.fixture
def site(make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    found = make_site(set="S")
    share_clock(monkeypatch, found)
    return found


@pytest.fixture
def folders(site: Simulator, tmp_path: pathlib.Path) -> dict[str, str]:
    """Options: a snapshot, where its copy goes, and a key."""
    taken = run_body(commvault_snapshot, site, {"dest": str(tmp_path / "plain")})
    assert taken["changed"], taken
    write_key(tmp_path / "key", KEY)
    return {"src": str(tmp_path / "plain"), "dest": str(tmp_path / "copy"), "key_file": str(tmp_path / "key")}


def write_key(path: pathlib.Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


def copy(site: Simulator, options: t.Mapping[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return run_body(snapshot_pseudonyms, site, {**options, **more})


def read_all(folder: str) -> str:
    return "\n".join(path.read_text() for path in sorted(pathlib.Path(folder).rglob("*.json")))


def test_the_copy_names_nobody(site: Simulator, folders: dict[str, str]) -> None:
    site.journal.clear()
    result = copy(site, folders)
    assert result["changed"] and not site.journal.entries(), result
    found = result["pseudonyms"]
    assert (found["commcells"], found["entra"], found["revealed"]) == (["cs01"], False, {})
    text, before = read_all(folders["dest"]), read_snapshot(folders["src"]).commcells[0]
    after = read_snapshot(folders["dest"]).commcells[0]
    ids = {row["id"] for row in after["users"]}
    assert len(ids) == len(before["users"]) and ids & {row["id"] for row in before["users"]} == {"1"}, "admin stays"
    for row, other in zip(before["users"], after["users"], strict=True):
        assert other["name"].startswith(("person-", "svc-"))
        for field in ("email", "user_principal_name", "full_name"):
            assert not row[field] or row[field] not in text, field
    assert after["roles"] == before["roles"]
    assert KEY not in text and KEY not in json.dumps(result)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in pathlib.Path(folders["dest"]).rglob("*.json")}
    assert modes == {0o600} and stat.S_IMODE(os.stat(folders["dest"]).st_mode) == 0o700


def test_a_second_copy_is_no_change_and_check_mode_writes_nothing(site: Simulator, folders: dict[str, str]) -> None:
    predicted = run_body(snapshot_pseudonyms, site, folders, check=True)
    assert predicted["changed"] and not os.path.exists(folders["dest"])
    made = copy(site, folders)
    assert (made["steps"], made["diff"]) == (predicted["steps"], predicted["diff"])
    text = read_all(folders["dest"])
    site.clock.advance(3600)
    run_body(commvault_snapshot, site, {"dest": folders["src"]})
    again = copy(site, folders)
    assert again["changed"] is False
    later = read_all(folders["dest"])
    assert later != text, "when it was read is brought up to date"
    assert read_snapshot(folders["dest"]).commcells[0]["provenance"]["started"] in later


def test_pseudonyms_are_taken_back(
    site: Simulator, folders: dict[str, str], play: Player, tmp_path: pathlib.Path
) -> None:
    copy(site, folders)
    rows = read_snapshot(folders["dest"]).commcells[0]["users"]
    wanted = [*(row["name"] for row in rows[:2]), *(row["id"] for row in rows[1:3])]
    by_id = {row["id"]: row["name"] for row in read_snapshot(folders["src"]).commcells[0]["users"]}
    options = {"dest": folders["dest"], "key_file": folders["key_file"], "reveal": wanted}
    found = play([{"name": "who", "cvops.identity.snapshot_pseudonyms": options}]).ok()
    revealed = found.result["pseudonyms"]["revealed"]
    assert [fold_case(by_id[revealed[row["id"]]]) for row in rows[1:3]] == [
        fold_case(copy_of) for copy_of in (revealed[wanted[1]], by_id[revealed[wanted[3]]])
    ]
    assert fold_case(revealed[wanted[0]]) == by_id["1"]
    assert found.result["changed"] is False and KEY not in found.text
    assert copy(site, {**options, "reveal": ["person-0"]})["error"]["kind"] == "config"


def test_a_table_that_could_not_be_read_again_is_not_written(
    site: Simulator, folders: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudonym_files, "LARGEST_DOCUMENT", 1000)
    result = copy(site, folders)
    assert result["error"]["kind"] == "config" and "larger than can be read again" in result["msg"], result
    assert not os.path.exists(folders["dest"])


def test_what_is_refused(site: Simulator, folders: dict[str, str], tmp_path: pathlib.Path) -> None:
    copy(site, folders)
    write_key(tmp_path / "other", KEY[::-1])
    write_key(tmp_path / "short", "short")
    for more, source in (
        ({"key_file": str(tmp_path / "other")}, "key_file"),
        ({"key_file": str(tmp_path / "short")}, "key_file"),
        ({"dest": folders["src"]}, "dest"),
        ({"src": str(tmp_path / "none")}, "src"),
    ):
        result = copy(site, folders, **more)
        assert result["error"] == {"kind": "config", "source": f"option {source}"}, more
    run_body(commvault_snapshot, site, {"dest": str(tmp_path / "named")})
    assert "with names of people" in copy(site, folders, dest=str(tmp_path / "named"))["msg"]
    refused = run_body(commvault_snapshot, site, {"dest": folders["dest"]})
    assert refused["error"]["source"] == "option dest" and "pseudonyms" in refused["msg"]
    (tmp_path / "copy" / "pseudonyms.json").write_text("{}")
    assert "not a table of pseudonyms" in copy(site, folders)["msg"]
