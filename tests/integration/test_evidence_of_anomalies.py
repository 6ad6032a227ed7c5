# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence of sites with planted anomalies: each one is in the right table with the right verdict, and nothing legal is a finding.

The collectors read the simulated services, and the tables are made of their documents: nothing between both is made up.
"""

from __future__ import annotations

import copy
import pathlib
import typing as t
from collections.abc import Callable, Iterator

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import OWNER, Grant
from helpers.direct import connection, run_body
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.build import build_tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Inputs, Row, Tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import Snapshot, read_snapshot
from ansible_collections.cvops.identity.plugins.modules import commvault_snapshot, entra_snapshot

pytestmark = pytest.mark.any_core

KINDS = {13: "user", 15: "user_group", 62: "external_group"}
#: Rules that tell what is not in the mapping: the anomalies are not in it.
OF_MAPPING = {"grant_unmanaged", "grant_surplus"}


def collect(site: Simulator, folder: pathlib.Path) -> Snapshot:
    """What the collectors see of all CommCells and the tenant."""
    for name in site.commcells:
        options = {
            key: value for key, value in connection(site, name).items() if key in commvault_snapshot.SPEC.options
        }
        result = run_body(commvault_snapshot, site, {**options, "dest": str(folder), "commcell": name})
        assert not result.get("failed"), result["msg"]
    result = run_body(entra_snapshot, site, {"dest": str(folder)})
    assert not result.get("failed"), result["msg"]
    return read_snapshot(str(folder))


def build(snapshot: Snapshot, document: t.Any, **more: t.Any) -> Tables:
    """The tables of what was seen."""
    return build_tables(Inputs(commcells=list(snapshot.commcells), entra=snapshot.entra, document=document, **more))


def get_role(grant: Grant) -> str:
    """The role that the service tells of a grant: of an owner it tells none."""
    return "" if grant.role_id is None or grant.kind == OWNER else str(grant.role_id)


class Evidence:
    """The tables of one site."""

    def __init__(self, site: Simulator, folder: pathlib.Path) -> None:
        self.anomalies = copy.deepcopy(dict(site.site.anomalies))
        self.document = site.variables()
        self.snapshot = collect(site, folder)
        self.tables = build(self.snapshot, self.document)
        self.grants = {name: list(cell.state.grants) for name, cell in site.commcells.items()}

    def find(self, table: str, **wanted: t.Any) -> list[Row]:
        """The rows of a table that have these cells."""
        rows = self.tables.rows[table]
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def list_rules(self, subject: t.Any, commcell: str, **more: t.Any) -> set[str]:
        """The rules of findings on a subject, by its id or name."""
        return {
            str(row["rule"])
            for row in self.find("findings", commcell=commcell, **more)
            if str(subject) in (row["subject_id"], row["subject"])
        }

    def find_grant(self, told: t.Mapping[str, t.Any], key: str = "grant") -> list[Row]:
        """The rows of access of a grant of the seed, one at least."""
        grant: Grant = told[key]
        entity = "all" if grant.entity_id == 0 else str(grant.entity_id)
        rows = [
            row
            for row in self.find("access", commcell=told["commcell"], principal_id=str(grant.principal_id))
            if row["principal_kind"] == KINDS[grant.principal_kind]
            and row["role_id"] == get_role(grant)
            and row["entity_id"] == entity
        ]
        assert rows, grant
        return rows

    def list_rules_of_rows(self, rows: t.Iterable[Row]) -> set[str]:
        """The rules of findings that point at one of these rows."""
        ids = {row["id"] for row in rows}
        return {str(row["rule"]) for row in self.tables.rows["findings"] if ids & set(t.cast("list[str]", row["rows"]))}


@pytest.fixture(scope="module")
def evidences(
    make_site: Callable[..., Simulator], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Evidence]]:
    """The evidence of a set, collected once."""
    known: dict[str, Evidence] = {}
    with pytest.MonkeyPatch.context() as patch:

        def make(size: str) -> Evidence:
            if size not in known:
                site = make_site(set=size, anomalies="evidence")
                share_clock(patch, site)
                known[size] = Evidence(site, tmp_path_factory.mktemp(size) / "snapshot")
            return known[size]

        yield make


@pytest.fixture(params=["S", pytest.param("M", marks=pytest.mark.whole)])
def evidence(request: pytest.FixtureRequest, evidences: Callable[[str], Evidence]) -> Evidence:
    return evidences(request.param)


def test_no_grant_is_missing_and_none_is_made_up(evidence: Evidence) -> None:
    """Every grant of the server is in access, and what is beside them are owners of credentials, of which the document tells."""
    for name, grants in evidence.grants.items():
        wanted = {
            (
                KINDS[one.principal_kind],
                str(one.principal_id),
                get_role(one),
                str(one.entity_id) if one.entity_id else "all",
                one.kind if one.role_id or one.kind == OWNER else "permissions",
            )
            for one in grants
        }
        rows = evidence.find("access", commcell=name)
        keys = ("principal_kind", "principal_id", "role_id", "entity_id", "grant_kind")
        found = {tuple(row[key] for key in keys) for row in rows if row["entity_kind"] != "credentials"}
        assert found == wanted
    assert evidence.tables.partial == []
    unknown = {row["source"] for row in evidence.find("population", complete=None)}
    assert unknown == {"credentials", "entities.credentials"}
    assert {row["severity"] for row in evidence.find("findings", rule="not_visible")} == {"low"}


def test_groups_renamed_created_anew_and_gone(evidence: Evidence) -> None:
    told, first = evidence.anomalies, next(iter(evidence.grants))
    renamed = told["renamed_entra_group"]
    assert evidence.list_rules(renamed["user_group_id"], first) == {"renamed_group", "grant_unmanaged"}
    assert {row["entra_group"] for row in evidence.find("access", principal=renamed["old_name"])} == {
        renamed["new_name"]
    }
    anew = told["recreated_entra_group"]
    assert evidence.list_rules(anew["user_group_id"], first) == {"recreated_group", "grant_unmanaged"}
    (finding,) = evidence.find("findings", rule="recreated_group")
    assert anew["object_id"] in str(finding["description"]) and finding["severity"] == "high"
    rows = evidence.find("access", principal=anew["name"])
    # A name may lead to the new group: who is in it is told, and nobody is said to have it.
    assert {row["expected_at_next_login"] for row in rows} == {"unknown"} and rows
    lost = told["orphan_group"]
    assert evidence.list_rules(lost["user_group_id"], first) == {"linked_group_gone", "grant_unmanaged"}
    assert {row["person_kind"] for row in evidence.find_grant(lost)} == {"nobody"}


def test_nested_groups_are_followed(evidence: Evidence) -> None:
    told = evidence.anomalies["nested_group_with_grant"]
    (row,) = evidence.find_grant(told)
    assert (row["user_principal_name"], row["effective_now"], row["expected_at_next_login"]) == (
        told["upn"],
        "no",
        "yes",
    )
    assert row["path"] == ["Backup Shift Inner", "Backup Shift Middle", told["name"]]
    assert "nested_group" in evidence.list_rules(told["user_group_id"], told["commcell"])


def test_people_in_many_groups_are_holders(evidence: Evidence) -> None:
    told = evidence.anomalies["many_groups_with_grant"]
    assert {row["user_principal_name"] for row in evidence.find_grant(told)} == set(told["upns"])


def test_people_in_too_many_groups_are_found_though_their_groups_are_not_seen(evidence: Evidence) -> None:
    """The collector reads but one of the groups that add to the number; what the token carries of them is not known."""
    told, entra = evidence.anomalies["many_groups_with_grant"], t.cast("t.Any", evidence.snapshot.entra)
    rows = evidence.find_grant(told)
    assert {row["expected_at_next_login"] for row in rows} == {"unknown"}
    for name, number, limits in (
        ("user_in_151_groups", 151, "150"),
        ("user_in_201_groups", 201, "150, and a JWT more than 200"),
    ):
        person = evidence.anomalies[name]
        (user,) = [row for row in entra["users"] if row["userPrincipalName"] == person["upn"]]
        assert user["groupCounts"] == {"security": number, "microsoft365": 0, "distribution": 0}
        assert sum(user["id"] in group["members"] for group in entra["groups"]) < 20
        found = evidence.find("findings", rule="too_many_groups", subject_id=user["id"], commcell=told["commcell"])
        assert [(row["severity"], row["status"], row["subject"]) for row in found] == [("high", "open", person["upn"])]
        text = f"{person['upn']} is in {number} groups: a SAML token carries no groups of somebody who is in more than {limits}."
        assert str(found[0]["description"]).startswith(text), found[0]["description"]
        own = {row["id"] for row in rows if row["user_principal_name"] == person["upn"]}
        assert own and own <= set(t.cast("list[str]", found[0]["rows"]))
    planted = {evidence.anomalies[name]["upn"] for name in ("user_in_151_groups", "user_in_201_groups")}
    assert {row["subject"] for row in evidence.find("findings", rule="too_many_groups")} == planted


def test_equal_names_of_which_no_group_of_commvault_knows_are_no_finding(evidence: Evidence) -> None:
    told = evidence.anomalies["cloud_only_and_synced_equal_names"]
    assert not [row for row in evidence.tables.rows["findings"] if told["name"] in str(row["description"])]


def test_who_left_is_told_with_everything_that_is_held(evidence: Evidence) -> None:
    told = evidence.anomalies["leaver_holding_everything"]
    rows = evidence.find("leavers", entra_user_id=told["entra_user_id"])
    assert {(row["commvault_user_id"], row["holds"]) for row in rows} == {
        *((str(told["user_id"]), what) for what in ("account", "user_group", "direct_grant", "owner", "access_token")),
        *((str(told["local_user_id"]), what) for what in ("account", "direct_grant", "local_password")),
        *(("", what) for what in ("entra_group", "application_owner")),
    }
    assert {row["state"] for row in rows} == {"disabled"}
    # Since when is in a log alone.
    assert {(row["since"], row["since_source"]) for row in rows} == {(None, "unknown")}
    for number in (told["user_id"], told["local_user_id"]):
        assert "leaver_holds_access" in evidence.list_rules(number, told["commcell"])
    owned = evidence.find("access", commvault_user_id=str(told["user_id"]), grant_kind="owner")
    assert [row["expected_at_next_login"] for row in owned] == ["no"]
    local = evidence.find("access", commvault_user_id=str(told["local_user_id"]))
    assert {(row["effective_now"], row["expected_at_next_login"]) for row in local} == {("yes", "yes")}
    token = evidence.anomalies["leaver_access_token"]
    assert evidence.list_rules(token["token_id"], token["commcell"], subject_kind="access_token") == {"token_of_leaver"}
    gone = evidence.anomalies["deleted_entra_user"]
    rows = evidence.find("leavers", commvault_user_id=str(gone["user_id"]), commcell=gone["commcell"])
    assert {(row["state"], row["since"], row["since_source"]) for row in rows} == {
        ("deleted", gone["deleted"][:10], "deletion_date")
    }
    assert {row["holds"] for row in rows} == {"account", "user_group"}
    lost = evidence.anomalies["orphan_user"]
    rows = evidence.find("leavers", commvault_user_id=str(lost["user_id"]), commcell=lost["commcell"])
    assert {(row["state"], row["holds"]) for row in rows} == {("not_found", "account"), ("not_found", "direct_grant")}
    disabled = evidence.anomalies["disabled_entra_user"]
    for name in disabled["commcells"]:
        assert evidence.find("leavers", commcell=name, commvault_user=disabled["user"], state="disabled")


def test_a_leaver_who_still_administers_is_critical(evidence: Evidence) -> None:
    told = evidence.anomalies["leaver_who_administers"]
    found = evidence.find("findings", severity="critical", status="open")
    assert {(row["rule"], row["commcell"], row["subject_id"]) for row in found} == {
        ("leaver_holds_access", told["commcell"], str(told["user_id"])),
        ("token_of_leaver", told["commcell"], str(told["token_id"])),
    }
    (row,) = [row for row in found if row["rule"] == "leaver_holds_access"]
    wanted = f"Without Entra ID the password and the access token work as before. Privileged: Master on CommCell {told['commcell']}."
    assert told["upn"] in str(row["description"]) and wanted in str(row["description"])
    (granted,) = evidence.find_grant(told)
    assert (granted["effective_now"], granted["privileged"]) == ("yes", True)
    # Who left and owns an application that can take over the tenant is graver than one who is in a group alone.
    owner = evidence.anomalies["leaver_holding_everything"]["entra_user_id"]
    (row,) = evidence.find("findings", rule="leaver_holds_access", subject_id=owner)
    assert row["severity"] == "high" and "Privileged: ownership of the application" in str(row["description"])


def test_every_finding_leads_to_the_rows_that_it_is_about(evidence: Evidence) -> None:
    tables = ("access", "leavers", "identities", "population")
    known = {row["id"]: name for name in tables for row in evidence.tables.rows[name]}
    linked: dict[str, set[str]] = {}
    for row in evidence.tables.rows["findings"]:
        ids = t.cast("list[str]", row["rows"])
        assert ids and set(ids) <= set(known), row["rule"]
        linked.setdefault(str(row["rule"]), set()).update(known[key] for key in ids)
    people = {"leaver_holds_access": {"leavers"}, "token_of_leaver": {"access", "leavers"}}
    others = {"tier_0_not_listed": {"identities"}, "not_visible": {"population"}}
    assert linked == {rule: {"access"} for rule in linked} | people | others


def test_no_text_has_a_raw_kind_of_entities(evidence: Evidence) -> None:
    raw = ("server_groups", "storage_pools", " on commcell ", "entities.credentials")
    for table, columns in {
        "findings": ("title", "description", "subject", "remedy"),
        "leavers": ("what",),
        "signoff": ("entity",),
        "action_plan": ("title", "subject", "remedy"),
    }.items():
        texts = [str(row[column]) for row in evidence.tables.rows[table] for column in columns]
        assert texts and not [text for text in texts if any(word in text for word in raw)]
    assert "server group" in " ".join(str(row["description"]) for row in evidence.tables.rows["findings"])


def test_grants_made_by_hand_and_legal_ones(evidence: Evidence) -> None:
    told = evidence.anomalies
    foreign = evidence.find_grant(told["foreign_grant_on_mapped_group"])
    assert {row["in_mapping"] for row in foreign} == {"surplus"}
    assert "grant_surplus" in evidence.list_rules_of_rows(foreign)
    # Two roles on one entity are legal: the one that the mapping has is no finding, and the pair is none either.
    second, other = (evidence.find_grant(told["two_roles_on_one_entity"], key) for key in ("grant", "other"))
    assert {row["in_mapping"] for row in second} == {"surplus"} and {row["in_mapping"] for row in other} == {"declared"}
    rules = evidence.list_rules_of_rows(second)
    assert "grant_surplus" in rules and not [rule for rule in rules if rule.startswith("segregation_")]
    for name, kind in (("owner_grant", "owner"), ("creator_grant", "creator"), ("inherited_duplicate", "inherited")):
        rows = [row for row in evidence.find_grant(told[name]) if row["grant_kind"] == kind]
        assert rows and {row["in_mapping"] for row in rows} == {"not_managed"}, name
        assert not evidence.list_rules_of_rows(rows) & {*OF_MAPPING, "single_permissions"}
    single = evidence.find_grant(told["custom_permission_grant"])
    assert all(row["permissions"] and row["grant_kind"] == "permissions" for row in single)
    assert "single_permissions" in evidence.list_rules_of_rows(single)
    guest = evidence.find_grant(told["guest_with_grant"])
    assert {row["person_kind"] for row in guest} == {"entra_guest"}
    assert evidence.list_rules_of_rows(guest) <= OF_MAPPING


def test_duties_that_one_person_holds(evidence: Evidence) -> None:
    for name, rule in (
        ("sod_admin_and_approver_held", "segregation_backup_admin_and_restore_approver"),
        ("sod_audit_and_admin_held", "segregation_audit_and_admin"),
    ):
        told = evidence.anomalies[name]
        rows = [row for row in evidence.find_grant(told) if row["user_principal_name"] == told["upn"]]
        assert rule in evidence.list_rules_of_rows(rows), name
        found = evidence.find("findings", rule=rule, commcell=told["commcell"])
        assert {row["severity"] for row in found} == {"high"}
        people = {row["id"]: row["user_principal_name"] for row in evidence.tables.rows["access"]}
        assert told["upn"] in {people[key] for row in found for key in t.cast("list[str]", row["rows"])}
    told = evidence.anomalies["automation_in_human_group_held"]
    found = [row for row in evidence.find("findings", rule="automation_account_in_group") if told["name"] in str(row)]
    assert len(found) == 1 and "svc-cvops" in str(found[0]["subject"])


def test_programs_by_power(evidence: Evidence) -> None:
    backup, stranger = (evidence.anomalies[name] for name in ("tier_0_backup_app", "tier_0_stranger"))
    (row,) = evidence.find("identities", app_id=backup["app_id"])
    assert row["tier"] == "1" and row["used_by"] == [f"{backup['commcell']}: credential m365-backup"]
    (row,) = evidence.find("identities", app_id=stranger["app_id"])
    assert row["tier"] == "0" and row["used_by"] == []
    assert any("Global Administrator" in text for text in t.cast("list[str]", row["tier_because"]))
    found = evidence.find("findings", rule="tier_0_not_listed")
    collector = evidence.snapshot.entra["provenance"]["collector"]["id"] if evidence.snapshot.entra else ""
    assert {row["subject_id"] for row in found} == {stranger["app_id"], collector}


def test_the_local_administrator_is_outside_sso(evidence: Evidence) -> None:
    told = evidence.anomalies["local_admin_outside_sso"]
    rows = evidence.find("access", commcell=told["commcell"], commvault_user=told["user"])
    assert {(row["signs_in_with"], row["person_kind"]) for row in rows} == {("commvault_password", "commvault_user")}
    assert any(row["privileged"] for row in rows)
    assert evidence.list_rules(told["user"], told["commcell"]) == set()


@pytest.mark.whole
def test_a_group_that_one_of_three_commcells_has_not(evidences: Callable[[str], Evidence]) -> None:
    evidence = evidences("M")
    told = evidence.anomalies["group_missing_in_one_commcell"]
    assert {row["commcell"] for row in evidence.find("access", principal=told["name"])} == set(told["present"])
    document = {**evidence.document}
    document["cvops_role_mappings"] = [*document["cvops_role_mappings"], told["entry"]]
    found = build(evidence.snapshot, document).rows["findings"]
    lacking = [
        row
        for row in found
        if row["rule"] in ("mapping_not_applied", "mapping_not_resolved") and told["name"] in str(row["description"])
    ]
    assert told["missing"] in {row["commcell"] for row in lacking}


def test_a_mapping_to_a_role_that_is_not_there_is_told(evidence: Evidence) -> None:
    entry = evidence.anomalies["mapping_to_missing_role"]
    document = {**evidence.document}
    document["cvops_role_mappings"] = [*document["cvops_role_mappings"], entry]
    found = build(evidence.snapshot, document).rows["findings"]
    assert [
        row for row in found if row["rule"].startswith("mapping_not_") and "Tape Librarian" in str(row["description"])
    ]


def test_what_the_mapping_grants_is_no_finding(evidence: Evidence) -> None:
    """The mapping of the set is legal: what is told of its rows is about the people who were planted."""
    planted = {str(told["upn"]) for told in evidence.anomalies.values() if isinstance(told, dict) and "upn" in told}
    declared = [
        row for row in evidence.find("access", in_mapping="declared") if row["user_principal_name"] not in planted
    ]
    rules = evidence.list_rules_of_rows(declared)
    assert len(declared) > 50
    assert rules <= {"segregation_audit_and_admin"}, rules


def test_one_changed_grant_is_one_change(
    make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    site = make_site(set="S", anomalies="evidence")
    share_clock(monkeypatch, site)
    document = site.variables()
    before = build(collect(site, tmp_path / "one"), document)
    name, cell = next(iter(site.commcells.items()))
    user = next(user for user in cell.state.users if user.name == "breakglass")
    plan = next(iter(cell.state.entities[158]))
    site.clock.advance(86400)
    unchanged = build(
        collect(site, tmp_path / "two"), document, previous=before.rows, previous_date="2026-01-01T00:00:00Z"
    )
    assert unchanged.rows["changes"] == []
    for table in ("access", "roles", "identities", "leavers", "signoff"):
        assert unchanged.rows[table] == before.rows[table], table
    cell.state.grants.add(Grant(13, user.id, 2, 158, plan.id))
    after = build(collect(site, tmp_path / "three"), document, previous=before.rows)
    (change,) = after.rows["changes"]
    assert (change["change"], change["table"], change["commcell"]) == ("added", "access", name)
    assert (change["attribution"], bool(change["why_unattributed"])) == ("unattributed", True)
    ids = {row["id"] for row in before.rows["access"]}
    assert [row["id"] for row in after.rows["access"] if row["id"] not in ids] == [change["row_id"]]


@pytest.mark.whole
def test_owners_of_groups_that_lead_to_privileged_access(
    make_site: Callable[..., Simulator], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody owns a group of the set, so owners are added: a guest, and somebody who left."""
    site = make_site(set="M", anomalies="evidence")
    share_clock(monkeypatch, site)
    before = Evidence(site, tmp_path / "before")
    assert before.find("findings", rule="privileged_group_owned") == []
    rows = before.find("access", privileged=True, principal_kind="user_group")
    group = next(row for row in rows if row["entra_group"])
    leaver = before.anomalies["leaver_holding_everything"]
    upn = before.anomalies["guest_with_grant"]["upn"]
    guest = next(key for key, user in site.tenant.users.items() if user["userPrincipalName"] == upn)
    site.tenant.relate("owners", group["entra_group_id"], [leaver["entra_user_id"], guest], True)
    after = Evidence(site, tmp_path / "after")
    (found,) = after.find("findings", rule="privileged_group_owned", commcell=group["commcell"])
    assert (found["severity"], found["subject_id"]) == ("medium", group["principal_id"])
    assert all(name in str(found["description"]) for name in (upn, leaver["upn"], group["entra_group"]))
    (held,) = after.find("leavers", holds="group_owner")
    assert (held["what_id"], held["privileged"]) == (group["entra_group_id"], True)
