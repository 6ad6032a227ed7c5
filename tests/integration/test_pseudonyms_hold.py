# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms of a whole site: nobody is named in any byte, and evidence is the same but for whom it is about, which the key takes back."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.testing import write_snapshot
from helpers.direct import run_body

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.manifest import parse_manifest
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.reading import read_bundle
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot
from ansible_collections.cvops.identity.plugins.modules import access_evidence, snapshot_pseudonyms

pytestmark = pytest.mark.any_core

KEY = "0123456789abcdef0123456789ABCDEF-not-a-real-key"
TABLES = ("access", "roles", "leavers", "identities", "findings", "signoff", "population", "action_plan")
#: Ids of rows are made of ids, and words name but the first few of many, by the alphabet.
OF_PSEUDONYMS = ("id", "rows", "description")
BACKSTOP = "backstop@elsewhere.example"


class Copies:
    """One site as snapshots with and without names, and what evidence is made with beside them."""

    def __init__(self, site: Simulator, folder: pathlib.Path) -> None:
        self.site, self.folder = site, folder
        self.plain, self.masked = folder / "plain", folder / "masked"
        write_snapshot(site, self.plain)
        self.plain.chmod(0o700)
        self._plant()
        self.key = folder / "key"
        self.key.write_text(KEY)
        self.key.chmod(0o600)
        options = {"src": str(self.plain), "dest": str(self.masked), "key_file": str(self.key)}
        made = run_body(snapshot_pseudonyms, site, options)
        assert made["changed"], made
        cell = read_snapshot(str(self.plain)).commcells[0]
        self.cell_name = cell["name"]
        holders = [row["principal"] for row in cell["associations"] if row["principal"]["kind"] == "user"]
        mappings = [
            {
                "principal": {"user": name},
                "business_owner": BACKSTOP,
                "approval": {"approved_by": "chief@elsewhere.example", "reason": f"asked for by {holders[0]['name']}"},
                "grants": [{"role": "View", "entities": "commcell"}],
            }
            for name in (holders[0]["name"], {"id": int(holders[1]["id"])}, int(holders[2]["id"]))
        ]
        users = {row["name"]: row for row in cell["users"]}
        entra = read_snapshot(str(self.plain)).entra
        assert entra is not None
        kept = {
            "commvault_users": ["admin"],
            "entra_users": [entra["users"][0]["id"], entra["users"][1]["userPrincipalName"]],
        }
        assert "admin" in users
        document = {
            "cvops_role_mappings": [*site.variables()["cvops_role_mappings"], *mappings],
            "cvops_break_glass": kept,
        }
        drill = {"commcell": cell["name"], "user": "admin", "outcome": "worked", "date": "2025-01-01"}
        self.given = {"document": document, "drills": [drill]}

    def _plant(self) -> None:
        """Put programs beside people, and what only some tenants show, into the documents."""
        path = self.plain / "entra.json"
        entra = json.loads(path.read_text())
        ids = [row["id"] for row in entra["users"][:4]]
        entra["directory_roles"] = [
            {"roleTemplateId": "62e90394-69f5-4237-9190-012177145e10", "displayName": "Global Administrator"}
        ]
        entra["directory_roles"][0].update(members=ids[:2], scopedMembers=[])
        entra["groups"][0]["members"] = sorted([*entra["groups"][0]["members"], "0b9f5b3c-0000-4000-8000-00000000abcd"])
        entra["service_principals"][0]["owners"] = ids
        path.write_text(json.dumps(entra))

    def seal(self, name: str, snapshot: pathlib.Path, **more: t.Any) -> pathlib.Path:
        """Make a bundle in a folder of its own, and return its path."""
        options = {"dest": str(self.folder / name), "snapshot": str(snapshot), "previous": "none", **more}
        made = run_body(access_evidence, self.site, options)
        assert made["changed"], made
        return pathlib.Path(made["evidence"]["path"])

    def list_originals(self) -> tuple[set[str], set[str]]:
        """Names, addresses and object ids of people, and the ids that users of Commvault have."""
        snapshot = read_snapshot(str(self.plain))
        assert snapshot.entra is not None
        people = [*snapshot.entra["users"], *snapshot.entra["deleted_users"]]
        found = {row[name] for row in people for name in ("id", "displayName", "userPrincipalName", "mail")}
        found |= {str(one).replace("-", "") for row in people for one in [row["id"]]}
        for cell in snapshot.commcells:
            for user in cell["users"]:
                found |= {user[name] for name in ("name", "full_name", "email", "user_principal_name")}
        found |= {BACKSTOP, "chief@elsewhere.example", "0b9f5b3c-0000-4000-8000-00000000abcd"}
        # usual words, which are also names of roles and kinds of users
        numbers = {user["id"] for cell in snapshot.commcells for user in cell["users"]}
        return {fold_case(one) for one in found if one} - {"admin", "administrator"}, numbers - {"1"}


@pytest.fixture(scope="module")
def copies(make_site: Callable[..., Simulator], tmp_path_factory: pytest.TempPathFactory) -> Copies:
    return Copies(make_site(set="S", anomalies="evidence"), tmp_path_factory.mktemp("pseudonyms"))


@pytest.fixture(scope="module")
def bundles(copies: Copies) -> dict[str, pathlib.Path]:
    """The same evidence with names, with pseudonyms of the bundle, of the snapshot, and of the snapshot without the key."""
    key = {"pseudonym_key_file": str(copies.key)}
    return {
        "clear": copies.seal("clear", copies.plain, **copies.given),
        "bundle": copies.seal("bundle", copies.plain, **copies.given, **key),
        "snapshot": copies.seal("snapshot", copies.masked, **copies.given, **key),
        "keyless": copies.seal("keyless", copies.masked, **copies.given),
    }


def reveal_all(copies: Copies, bundle: pathlib.Path) -> dict[str, str]:
    """What the pseudonyms of a bundle stand for, by the table that is in it."""
    made = sorted(json.loads((bundle / "pseudonyms.json").read_text())["entries"])
    options = {"dest": str(bundle), "key_file": str(copies.key), "reveal": made}
    return t.cast("dict[str, str]", run_body(snapshot_pseudonyms, copies.site, options)["pseudonyms"]["revealed"])


def take_back(value: t.Any, told: t.Mapping[str, str]) -> t.Any:
    """A cell with people in place of pseudonyms, in lower case; lists have no order."""
    if isinstance(value, list):
        return sorted(take_back(item, told) for item in value)
    if not isinstance(value, str):
        return value
    if value in told:
        return fold_case(told[value])
    made = re.compile(
        r"(?:person|svc)-[0-9a-f]{16}(?:@pseudonym\.invalid)?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4,}"
    )
    return fold_case(made.sub(lambda found: told.get(found[0], found[0]), value))


def list_rows(bundle: pathlib.Path, table: str, told: t.Mapping[str, str]) -> list[str]:
    """The rows of a table without what is made of ids, people taken back."""
    rows = read_bundle(str(bundle)).rows[table]
    kept = [{name: take_back(cell, told) for name, cell in row.items() if name not in OF_PSEUDONYMS} for row in rows]
    return sorted(json.dumps(row, sort_keys=True) for row in kept)


@pytest.mark.parametrize("name", ["bundle", "snapshot"])
def test_nobody_is_in_any_byte(copies: Copies, bundles: dict[str, pathlib.Path], name: str) -> None:
    names, numbers = copies.list_originals()
    assert len(names) > 300 and len(numbers) > 20
    holders = [bundles[name], *([copies.masked] if name == "snapshot" else [])]
    files = [path for holder in holders for path in holder.rglob("*") if path.is_file()]
    assert {"report.html", "manifest.json", "entra.json", "access.csv"} <= {path.name for path in files}
    for path in files:
        text = fold_case(path.read_text())
        assert not [one for one in names if one in text], path
        if path.suffix == ".json":
            for key, value in list_numbers(json.loads(path.read_text())):
                assert value not in numbers, (path, key, value)


def list_numbers(value: t.Any, kind: str = "") -> t.Iterator[tuple[str, str]]:
    """The ids of users of Commvault of a file, as they stand in documents and tables."""
    if isinstance(value, list):
        for item in value:
            yield from list_numbers(item, kind)
    elif isinstance(value, dict):
        if value.get("kind") == "user" or kind in ("users", "owner"):
            yield kind, str(value.get("id"))
        if value.get("principal_kind") == "user":
            yield "principal_id", str(value["principal_id"])
        for name, item in value.items():
            if name == "commvault_user_id" and item:
                yield name, str(item)
            yield from list_numbers(item, name)
    elif kind == "members" and isinstance(value, str) and value.isdigit():
        yield kind, value


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", ["bundle", "snapshot"])
def test_evidence_is_the_same_but_for_whom_it_is_about(
    copies: Copies, bundles: dict[str, pathlib.Path], name: str, table: str
) -> None:
    told = reveal_all(copies, bundles[name])
    clear, masked = list_rows(bundles["clear"], table, {}), list_rows(bundles[name], table, told)
    assert masked == clear
    if table == "findings":
        rules = {json.loads(row)["rule"] for row in clear}
        assert {"automation_account_in_group", "break_glass_drill_due", "leaver_holds_access"} <= rules
        assert not {"break_glass_missing", "pseudonyms_not_comparable"} & rules


def test_both_ways_give_the_same_tables(bundles: dict[str, pathlib.Path]) -> None:
    for table in TABLES:
        assert (bundles["bundle"] / f"{table}.json").read_bytes() == (
            bundles["snapshot"] / f"{table}.json"
        ).read_bytes()


def test_a_bundle_says_what_its_names_are(copies: Copies, bundles: dict[str, pathlib.Path]) -> None:
    manifests = {name: parse_manifest((path / "manifest.json").read_bytes()) for name, path in bundles.items()}
    assert (manifests["clear"]["pseudonymised"], manifests["clear"]["pseudonyms"]) == (False, None)
    told = {name: manifests[name]["pseudonyms"] or {} for name in ("bundle", "snapshot", "keyless")}
    assert all(manifests[name]["pseudonymised"] for name in told)
    assert len({facts["key"] for facts in told.values()}) == 1
    assert [facts["made_by"] for facts in told.values()] == ["bundle", "snapshot", "snapshot"]
    assert [facts["named_in"] for facts in told.values()] == [[], [], ["document", "drills"]]
    page = (bundles["keyless"] / "report.html").read_text()
    assert "have their names in what comes from: document, drills" in page and "<strong>pseudonymised</strong>" in page
    attested = json.loads((bundles["keyless"] / "attestation.json").read_text())["predicate"]
    assert attested["pseudonyms"] == told["keyless"]
    assert attested["provenance"]["entra"]["pseudonym_key"] == told["keyless"]["key"]


def test_without_the_key_nothing_is_said_of_whom_the_document_names(bundles: dict[str, pathlib.Path]) -> None:
    tables = read_bundle(str(bundles["keyless"])).rows
    found = {row["subject"]: row for row in tables["findings"] if row["rule"] == "pseudonyms_not_comparable"}
    assert set(found) == {"cvops_break_glass", "cvops_role_mappings"}
    assert {row["status"] for row in found.values()} == {"not_evaluable"}
    rules = {row["rule"] for row in tables["findings"]}
    assert not {rule for rule in rules if str(rule).startswith("break_glass")}
    clear = read_bundle(str(bundles["clear"])).rows["findings"]
    open_ = {rule: sum(row["rule"] == rule and row["status"] == "open" for row in tables["findings"]) for rule in rules}
    for rule, count in open_.items():
        assert count <= sum(row["rule"] == rule and row["status"] == "open" for row in clear), rule
    of_users = [row for row in tables["access"] if row["principal_kind"] == "user" and row["grant_kind"] == "explicit"]
    assert of_users and {row["in_mapping"] for row in of_users} == {"unknown"}


def test_a_copy_is_served(copies: Copies, tmp_path: pathlib.Path) -> None:
    served = Simulator(snapshot=copies.masked, grant_automation=False)
    write_snapshot(served, tmp_path / "after")
    before, after = read_snapshot(str(copies.masked)), tmp_path / "after"
    after.chmod(0o700)
    again = read_snapshot(str(after))
    assert before.entra is not None and again.entra is not None
    for kind in ("users", "deleted_users", "groups"):
        assert [row["id"] for row in again.entra[kind]] == [row["id"] for row in before.entra[kind]]  # type: ignore[literal-required]
    for cell, shown in zip(before.commcells, again.commcells, strict=True):
        for kind in ("users", "user_groups", "associations", "owners"):
            assert sorted(map(repr_ids, shown[kind])) == sorted(map(repr_ids, cell[kind]))  # type: ignore[literal-required]


def repr_ids(row: t.Mapping[str, t.Any]) -> str:
    """What a row is about, and who is in it."""
    told = [row.get(name) for name in ("id", "name", "principal", "entity", "members", "grant_kind")]
    return json.dumps(told, sort_keys=True)


@pytest.mark.parametrize("fault", ["key", "table", "mark", "mixed"])
def test_what_does_not_go_together_is_refused(copies: Copies, tmp_path: pathlib.Path, fault: str) -> None:
    folder = tmp_path / "masked"
    (folder / "commcells").mkdir(parents=True)
    for holder in (folder, folder / "commcells"):
        holder.chmod(0o700)
    for path in copies.masked.rglob("*.json"):
        document = json.loads(path.read_text())
        if "provenance" in document and (fault == "mark" or (fault == "mixed" and path.name == "entra.json")):
            del document["provenance"]["pseudonym_key"]
        target = folder / path.relative_to(copies.masked)
        target.write_text(json.dumps(document))
        target.chmod(0o600)
    key = tmp_path / "key"
    key.write_text(KEY[::-1] if fault == "key" else KEY)
    key.chmod(0o600)
    if fault == "table":
        (folder / "pseudonyms.json").unlink()
    options = {
        "dest": str(tmp_path / "evidence"),
        "snapshot": str(folder),
        "pseudonym_key_file": str(key),
        "formats": [],
    }
    result = run_body(access_evidence, copies.site, options)
    words = {
        "key": "of another key",
        "table": "table",
        "mark": "are not marked to have pseudonyms",
        "mixed": "others have names",
    }
    assert result["error"]["kind"] == "config" and words[fault] in result["msg"], result
    assert not (tmp_path / "evidence").exists()
    source = {"src": str(folder), "dest": str(tmp_path / "again"), "key_file": str(key)}
    assert run_body(snapshot_pseudonyms, copies.site, source)["failed"]


def test_a_bundle_of_an_earlier_form_is_refused_in_words(
    copies: Copies, bundles: dict[str, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    found = json.loads((bundles["bundle"] / "manifest.json").read_text())
    del found["pseudonyms"]
    old = tmp_path / "old"
    old.mkdir()
    (old / "manifest.json").write_text(json.dumps(found))
    options = {"dest": str(tmp_path / "evidence"), "snapshot": str(copies.plain), "previous": str(old)}
    result = run_body(access_evidence, copies.site, {**options, "pseudonym_key_file": str(copies.key)})
    assert result["error"]["kind"] == "config" and "not as this collection writes it: pseudonyms" in result["msg"]
