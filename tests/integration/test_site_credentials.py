# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials in one variables document: planned with all else before the application exists, approved, written, and left to their rotation."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import typing as t
from collections.abc import Callable

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Credential
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, Run

sys.path.insert(0, str(ROOT / "tests" / "unit"))
from documented import blocks_of  # noqa: E402 - it lies beside the unit tests

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
SECRET = "abc8Q~first-not-a-real-secret_12345"
FOREIGN = "66666666-7777-4888-8999-00000000000a"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_credentials.rst"
PLACEHOLDER = "no-secret-yet-"
Make = Callable[..., Simulator]
Document = dict[str, t.Any]


def describe_credential(site: Simulator, **more: t.Any) -> Document:
    """The document of the site with a registration, and one credential of it whose secret a rotation writes."""
    document = site.variables()
    document["cvops_application"] = {"unique_name": "commvault-backup", "display_name": "Commvault backup"}
    document["cvops_commvault_credentials"] = [
        {"name": "azure-backup", "description": "Backup", "secret_policy": "rotated", **more}
    ]
    return document


def only_credentials(document: Document) -> Document:
    """A document without groups, roles and mapping."""
    left_out = ("cvops_role_mappings", "cvops_entra_groups", "cvops_commvault_roles")
    return {name: value for name, value in document.items() if name not in left_out}


def stored(site: Simulator, name: str = "azure-backup", commcell: str = "cs01") -> list[Credential]:
    """The credentials of this name on a CommCell."""
    return list(site.commcells[commcell].state.credentials.named(name))


def told(run: Run) -> str:
    """The plan as people read it."""
    plan = [result for result in run.results if result.task == "Plan"][-1]["msg"]
    return "\n".join(line for line in plan if not line.startswith("Note"))


def digest_of(plan: str) -> str:
    (digest,) = re.findall("Digest: ([0-9a-f]{64})", plan)
    return str(digest)


def registered_id(site: Simulator) -> str:
    (row,) = (row for row in site.tenant.applications.values() if row.get("uniqueName") == "commvault-backup")
    return str(row["appId"])


def test_from_nothing_to_a_credential(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    """The plan tells it by the application's name, is approved by its digest, and is written as it was told; a second run does nothing.

    It belongs in part to a user group that the mapping of the same run creates.
    """
    site = make_site(set="S", empty=True)
    document = describe_credential(site)
    group = document["cvops_role_mappings"][0]["principal"]["entra_group"]
    name = group["name"] if isinstance(group, dict) else group
    document["cvops_commvault_credentials"][0]["shared_with"] = [{"user_group": name}]
    site.journal.clear()
    predicted = bare(SITE, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    plan = told(predicted)
    assert "1 credential created" in plan
    assert 'application "Commvault backup"' in plan and f'tenant id "{site.tenant.id}"' in plan
    assert "write a placeholder that is not a valid secret, until a rotation writes the first secret" in plan
    assert f"give user group {name} the right to use it" in plan
    assert stored(site) == []

    done = tmp_path / "done.json"
    approved = {"cvops_approved_plan": digest_of(plan), "cvops_summary_file": str(done)}
    real = bare(SITE, extra_vars={**document, **approved}, verbosity=4).ok()
    assert told(real) == plan
    (row,) = stored(site)
    assert row.fields["applicationId"] == registered_id(site) and row.fields["tenantId"] == site.tenant.id
    assert row.secrets["applicationSecret"].startswith(PLACEHOLDER)
    assert_no_secrets(real, [done], [row.secrets["applicationSecret"], site.automation.client_secret])
    summary = json.loads(done.read_text())
    assert [host["status"] for host in summary["hosts"].values()] == ["applied", "applied"], summary["hosts"]
    assert not any(host["left"] or host["gone"] for host in summary["hosts"].values()), summary["hosts"]
    (made,) = summary["credentials"]["commcells"]["cs01"]
    assert (made["name"], made["shared_with"][0]["name"]) == ("azure-backup", name)
    assert "cs01: credentials: azure-backup" in "\n".join(real.one("Summary")["msg"])

    site.journal.clear()
    again = bare(SITE, extra_vars={**document, "cvops_summary_file": str(done)}).ok()
    assert_no_writes(site)
    assert again.stats["changed"] == 0
    assert json.loads(done.read_text())["status"] == "unchanged"


@pytest.mark.whole
def test_one_document_for_the_credential_and_its_rotation(
    make_site: Make, bare: Player, tmp_path: pathlib.Path
) -> None:
    """The document of the guide: site creates the credential, rotate_secrets fills it, and both have nothing left to do."""
    site = make_site(set="S", empty=True)
    cell = site.commcells["cs01"].state
    cell.credentials.remove(cell.credentials.named("azure-prod")[0])
    text = next(block.text for block in blocks_of(GUIDE) if "cvops_commvault_credentials" in block.text)
    document = {**yaml.safe_load(text), "cvops_connection": site.variables()["cvops_connection"]}
    store = tmp_path / "stores"
    store.mkdir(mode=0o700)
    document["cvops_rotations"][0]["targets"][0]["file"]["path"] = str(store / "azure-prod.json")
    document["cvops_rotations"][0]["prove"] = {"scope": "https://graph.microsoft.com/.default"}

    bare(SITE, extra_vars=document).ok()
    (row,) = stored(site, "azure-prod")
    assert row.secrets["applicationSecret"].startswith(PLACEHOLDER)
    site.clock.advance(3600)
    bare("cvops.identity.rotate_secrets", extra_vars=document).ok()
    kept = json.loads((store / "azure-prod.json").read_text())["current"]
    assert row.secrets == {"applicationSecret": kept["value"]}
    assert row.description == f"Backup of the production subscription\n[cvops secret: {kept['key_id']}]"
    site.journal.clear()
    for playbook in (SITE, "cvops.identity.rotate_secrets"):
        assert bare(playbook, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_only_the_credentials_of_a_document(make_site: Make, bare: Player) -> None:
    """With their tag alone: the application has to be there already, and nothing else is written."""
    site = make_site(set="S", empty=True)
    document = only_credentials(describe_credential(site))
    missing = bare(SITE, "--tags", "credentials", extra_vars=document)
    assert (
        missing.rc == 2
        and "credential azure-backup needs an application in Entra ID that does not exist" in missing.text
    )
    assert_no_writes(site)
    bare(SITE, "--tags", "entra", extra_vars=document).ok()
    assert stored(site) == []
    site.journal.clear()
    run = bare(SITE, "--tags", "credentials", extra_vars=document).ok()
    assert stored(site)[0].fields["applicationId"] == registered_id(site)
    assert "Entra ID" not in told(run)
    site.journal.clear()
    assert bare(SITE, "--tags", "credentials", extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_several_credentials_and_one_that_goes(make_site: Make, bare: Player) -> None:
    """One with a secret of its own and its own application, one that changes its application, one that goes; no secret is shown."""
    site = make_site(set="S", empty=True)
    document = only_credentials(describe_credential(site))
    foreign = {"azure_application_id": FOREIGN, "azure_tenant_id": site.tenant.id, "secret": SECRET}
    document["cvops_commvault_credentials"] = [
        {"name": "azure-old", "state": "absent", "secret": SECRET},
        {"name": "azure-own", **foreign, "secret_policy": "fingerprint", "secret_fingerprint": "key-1"},
        {"name": "azure-backup", "secret_policy": "rotated"},
    ]
    first = {
        **document,
        "cvops_commvault_credentials": [{"name": "azure-old", **foreign}, {"name": "azure-backup", **foreign}],
    }
    del first["cvops_application"]
    bare(SITE, extra_vars=first).ok()
    predicted = told(bare(SITE, check=True, extra_vars=document).ok())
    assert 'set application to "Commvault backup"' in predicted
    assert "1 credential created, 1 deleted" in predicted
    run = bare(SITE, extra_vars={**document, "cvops_approved_plan": digest_of(predicted)}, verbosity=4).ok()
    assert told(run) == predicted
    assert_no_secrets(run, [], [SECRET])
    assert stored(site, "azure-old") == []
    assert stored(site, "azure-own")[0].secrets == {"applicationSecret": SECRET}
    (changed,) = stored(site)
    assert (changed.fields["applicationId"], changed.secrets["applicationSecret"]) == (registered_id(site), SECRET)
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


@pytest.mark.whole
def test_one_commcell_fails_and_the_next_run_completes_it(make_site: Make, bare: Player) -> None:
    site = make_site(set="M", empty=True)
    one, two = list(site.commcells)[:2]
    document = only_credentials(describe_credential(site, commcells=[one, two]))
    document["cvops_commvault_credentials"].append(
        {"name": "azure-two", "commcells": [two], "secret_policy": "rotated"}
    )
    site.faults.add(Fault(two, "POST", "*/Credential", "status", status=400, times=100))
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2
    assert f"{two}: failed" in run.text and f"{one}: applied" in run.text
    assert len(stored(site, commcell=one)) == 1 and stored(site, commcell=two) == []
    assert stored(site, "azure-two", one) == []
    site.faults.clear()
    bare(SITE, extra_vars=document).ok()
    assert len(stored(site, commcell=two)) == len(stored(site, "azure-two", two)) == 1
    site.journal.clear()
    assert bare(SITE, extra_vars=document).ok().stats["changed"] == 0
    assert_no_writes(site)


def test_a_registration_that_cannot_be_planned_is_blamed_alone(make_site: Make, bare: Player) -> None:
    site = make_site(set="S", empty=True)
    document = only_credentials(describe_credential(site))
    document["cvops_application"]["api_permissions"] = [{"api": "No Such API", "application": ["Nothing.Read"]}]
    run = bare(SITE, extra_vars=document)
    assert run.rc == 2 and "No Such API" in run.text
    assert "azure-backup" not in "\n".join(run.one("Plan")["msg"])
    assert_no_writes(site)


def test_the_role_alone_registers_and_creates(make_site: Make, bare: Player) -> None:
    site = make_site(set="S", empty=True)
    document = only_credentials(describe_credential(site))
    tasks = [
        {"ansible.builtin.include_role": {"name": "cvops.identity.commvault_credentials"}},
        {"ansible.builtin.debug": {"var": "commvault_credentials_result"}},
    ]
    predicted = bare(tasks, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    assert predicted.stats["changed"] > 0
    run = bare(tasks, extra_vars=document).ok()
    (row,) = stored(site)
    assert row.fields["applicationId"] == registered_id(site)
    found = run.result["commvault_credentials_result"]
    assert found["changed"] is True and found["application"]["app_id"] == registered_id(site)
    assert [item["name"] for item in found["commcells"]["cs01"]] == ["azure-backup"]
    site.journal.clear()
    again = bare(tasks, extra_vars=document).ok()
    assert_no_writes(site)
    assert again.stats["changed"] == 0 and again.result["commvault_credentials_result"]["changed"] is False


@pytest.mark.parametrize(
    ("item", "rotations", "said"),
    [
        (
            {"secret_policy": "on_create"},
            True,
            "secret_policy (azure-backup): must be rotated, because cvops_rotations[0].targets[0]",
        ),
        (
            {"state": "absent"},
            True,
            "state (azure-backup): is absent, but cvops_rotations[0].targets[0] writes a secret to it",
        ),
        ({"secret": SECRET}, False, "secret_policy is rotated, so a rotation writes the secret"),
    ],
)
def test_what_contradicts_a_rotation_is_told_before_any_request(
    make_site: Make, bare: Player, item: dict[str, t.Any], rotations: bool, said: str
) -> None:
    site = make_site(set="S", empty=True)
    document = only_credentials(describe_credential(site, **item))
    if rotations:
        target = {"name": "azure", "commvault_credential": {"name": "azure-backup"}}
        document["cvops_rotations"] = [
            {"rotation_name": "backup", "application": {"app_id": FOREIGN}, "targets": [target]}
        ]
    site.journal.clear()
    run = bare(SITE, extra_vars=document)
    assert run.rc != 0 and said in run.result["msg"], run.text
    assert SECRET not in run.text
    assert not list(site.journal.entries())


@pytest.mark.whole
def test_what_a_host_cannot_evaluate_shows_no_secret(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    """A template that only localhost knows stands beside a secret; before 2.19, Ansible's own text of the failure shows all of it."""
    site = make_site(set="S", empty=True)
    document = only_credentials(describe_credential(site))
    foreign = {"azure_application_id": FOREIGN, "azure_tenant_id": site.tenant.id}
    document["cvops_commvault_credentials"] = [
        {"name": "azure-a", "secret": SECRET, **foreign},
        {"name": "azure-b", "secret": "{{ only_on_localhost }}", **foreign},
    ]
    inventory = tmp_path / "hosts.yml"
    known = {"ansible_connection": "local", "only_on_localhost": "xyz8Q~second-not-a-real-secret_6789"}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"localhost": known}}}))
    run = bare(SITE, "-i", str(inventory), extra_vars=document)
    assert run.rc != 0 and stored(site, "azure-a") == []
    assert_no_secrets(run, [], [SECRET, known["only_on_localhost"]])
