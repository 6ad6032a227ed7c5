# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook rotate_secrets and its role: all rotations are planned, then written in order, up to the first that fails."""

from __future__ import annotations

import json
import pathlib
import shlex
import sys
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.controller.engine import JobRun
from cvops_simulator.entra.replication import Replication
from helpers.bao import Bao
from helpers.blocked_addresses import NAME, block_application, lift
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, Run
from helpers.rotating import DAY, Rotating
from helpers.rotation_places import add_credential_with_job

sys.path.insert(0, str(ROOT / "tests" / "unit"))
from documented import blocks_of  # noqa: E402 - it lies beside the unit tests

pytestmark = pytest.mark.any_core

PLAYBOOK = "cvops.identity.rotate_secrets"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_rotation.rst"
TYPES = ROOT / "docs" / "examples" / "awx_credential_types.yml"
NOBODY = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"


class Document:
    """A document with rotations of one application, and runs of the playbook over it."""

    def __init__(self, rotating: Rotating, player: Player, folder: pathlib.Path) -> None:
        self.rotating, self.site, self._player = rotating, rotating.site, player
        self.summary_file = folder / "summary.json"
        self.variables: dict[str, t.Any] = {
            "cvops_connection": self.site.variables()["cvops_connection"],
            "cvops_rotations": [],
            "cvops_summary_file": str(self.summary_file),
        }

    def add(self, name: str, *targets: t.Mapping[str, t.Any], **more: t.Any) -> None:
        """Take up a rotation."""
        given = {"rotation_name": name, "application": {"app_id": self.rotating.app_id}, "targets": list(targets)}
        self.variables["cvops_rotations"].append({**given, **more})

    def run(self, playbook: t.Any = PLAYBOOK, *words: str, **options: t.Any) -> Run:
        """Run, with nothing in the journal before."""
        self.site.journal.clear()
        extra = {**self.variables, **options.pop("extra_vars", {})}
        return self._player(playbook, *words, extra_vars=extra, **options)

    def run_words(self, *words: str, **env: str) -> Run:
        """Run with these words of a command line and this environment, and nothing of this document."""
        return self._player(*words, env=env)

    def summary(self) -> dict[str, t.Any]:
        """Return what the last run wrote for programs."""
        return t.cast("dict[str, t.Any]", json.loads(self.summary_file.read_text()))

    def label(self, name: str) -> str:
        """Return how a rotation is called."""
        return f"{name} of {self.rotating.app_id}"

    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Return status and outcome of each rotation in the summary, by its name."""
        return {
            label.partition(" of ")[0]: (told["status"], told["outcome"])
            for label, told in self.summary()["rotations"].items()
        }


@pytest.fixture
def document(
    make_site: t.Callable[..., Simulator],
    make_player: t.Callable[[Simulator], Player],
    tmp_path: pathlib.Path,
) -> Document:
    """Return an empty document for a site whose replicas lag."""
    site = make_site(set="S", replication=Replication(seed=3))
    return Document(Rotating(site, tmp_path / "stores"), make_player(site), tmp_path)


def told(run: Run, task: str = "Summary") -> str:
    return "\n".join(run.one(task)["msg"])


def test_planned_then_written_then_nothing_to_do(document: Document) -> None:
    rotating = document.rotating
    document.add("backup", rotating.file())
    predicted = document.run(check=True).ok()
    assert_no_writes(document.site)
    assert "+ add a secret of the rotation backup" in told(predicted, "Plan")
    assert predicted.stats["changed"] > 0
    assert document.outcomes() == {"backup": ("planned", "overlap")}

    first = document.run(verbosity=4, diff=True).ok()
    assert document.outcomes() == {"backup": ("applied", "overlap")}
    (key_id,) = rotating.own_keys()
    assert f"secret to use: {key_id}" in told(first)
    assert rotating.stored()["value"] == rotating.value(key_id)
    files = [first.folder / "results.jsonl", document.summary_file]
    assert_no_secrets(first, files, [rotating.value(key_id), document.site.automation.client_secret])

    document.site.clock.advance(DAY)
    again = document.run().ok()
    assert_no_writes(document.site)
    assert document.outcomes() == {"backup": ("unchanged", "not_due")}
    assert again.stats["changed"] == 0


@pytest.mark.whole
def test_a_target_that_fails_ends_the_run_and_the_next_run_goes_on(document: Document) -> None:
    """The credential is somebody else's: its rotation gets as far as it can, those after it are not begun, and nothing is lost."""
    rotating = document.rotating
    credential = rotating.credential()
    document.add("first", rotating.file("first"))
    document.add("second", rotating.file("second"), credential)
    document.add("third", rotating.file("third"))
    service = document.site.commcells["cs01"]
    (row,) = service.state.credentials.named("azure-rotated")
    owner, row.owner = row.owner, (row.owner[0], row.owner[1] + 1000)

    failed = document.run()
    assert failed.rc != 0
    assert document.outcomes() == {
        "first": ("applied", "overlap"),
        "second": ("failed", "switch_partial"),
        "third": ("not_applied", ""),
    }
    assert f"FAILED: {document.label('second')}" in told(failed)
    assert f"not begun: {document.label('third')}" in failed.result["msg"]
    assert rotating.stored("second")["value"] == rotating.value(rotating.stored("second")["key_id"])
    assert not (rotating.folder / "third.json").exists()

    row.owner = owner
    document.run().ok()
    assert document.outcomes()["second"] == ("applied", "overlap")
    assert document.outcomes()["third"] == ("applied", "overlap")
    (row,) = service.state.credentials.named("azure-rotated")
    assert row.description.endswith(f"[cvops secret: {rotating.stored('second')['key_id']}]")
    document.run().ok()
    assert_no_writes(document.site)


@pytest.mark.whole
def test_a_proof_that_conditional_access_blocks_is_continued_once_the_policy_is_lifted(document: Document) -> None:
    """The report says what it is and what to do; there is no second secret, and no one uses what is not proven."""
    rotating, targets = document.rotating, (document.rotating.file(), document.rotating.credential())
    document.add("backup", *targets)
    document.run().ok()
    (old,) = rotating.own_keys()
    document.site.clock.advance(91 * DAY)
    policy = block_application(document.site, rotating.app_id)
    predicted = document.run(check=True).ok()
    assert "+ add a secret of the rotation backup" in told(predicted, "Plan")
    for dummy in range(2):
        blocked = document.run()
        assert blocked.rc != 0
        assert document.outcomes() == {"backup": ("failed", "blocked_by_conditional_access")}
        for text in (told(blocked), str(blocked.result["msg"]), json.dumps(document.summary())):
            assert "blocked_by_conditional_access" in text
        for words in (
            "it is not known whether the key works",
            "report-only",
            NAME,
            "continues with the other keys; the first of these expires at",
        ):
            assert words in told(blocked)
        assert len(rotating.own_keys()) == 2
        assert (rotating.stored()["key_id"], rotating.secret_of()) == (old, rotating.value(old))
        assert_no_secrets(
            blocked, [blocked.folder / "results.jsonl"], [rotating.value(key) for key in rotating.own_keys()]
        )
        document.site.clock.advance(DAY)
    planned = told(document.run(check=True).ok(), "Plan")
    assert "add a secret" not in planned and f"prove key {rotating.own_keys()[-1]}" in planned
    lift(document.site, policy)
    document.run().ok()
    assert document.outcomes() == {"backup": ("applied", "overlap")}
    old_and_new = rotating.own_keys()
    assert len(old_and_new) == 2 and old_and_new[0] == old
    assert (rotating.stored()["key_id"], rotating.secret_of()) == (old_and_new[1], rotating.value(old_and_new[1]))
    document.run().ok()
    assert_no_writes(document.site)


@pytest.mark.whole
def test_one_that_cannot_be_planned_keeps_all_from_being_written(document: Document) -> None:
    document.add("good", document.rotating.file())
    document.add("bad", document.rotating.file("bad"))
    document.variables["cvops_rotations"][1]["application"] = {"app_id": NOBODY}
    failed = document.run()
    assert failed.rc != 0
    assert_no_writes(document.site)
    assert {name: status for name, (status, dummy) in document.outcomes().items()} == {
        "good": "not_applied",
        "bad": "problems",
    }
    assert "1 problem; nothing was written" in told(failed, "Plan")

    chosen = document.run(extra_vars={"secret_rotation_only": "good"}).ok()
    assert document.outcomes() == {"good": ("applied", "overlap")}
    assert document.summary()["left_out"] == [f"bad of {NOBODY}"]
    assert f"Left out of this run: bad of {NOBODY}" in told(chosen, "Plan")


@pytest.mark.whole
def test_tags_choose_and_another_plan_than_the_approved_one_is_refused(document: Document) -> None:
    document.add("backup", document.rotating.file())
    document.add("nightly", document.rotating.file("nightly"), tags=["weekly"])
    document.run(PLAYBOOK, "--tags", "weekly", check=True).ok()
    assert document.outcomes() == {"nightly": ("planned", "overlap")}
    digest = document.summary()["plan"]["digest"]
    refused = document.run(extra_vars={"cvops_approved_plan": digest})
    assert refused.rc != 0
    assert_no_writes(document.site)
    document.run(PLAYBOOK, "--tags", "weekly", extra_vars={"cvops_approved_plan": digest}).ok()
    assert document.outcomes() == {"nightly": ("applied", "overlap")}


@pytest.mark.whole
def test_an_approved_plan_is_written_once_and_not_for_the_next_secret(document: Document) -> None:
    document.add("backup", document.rotating.file())
    digests = []
    for dummy in range(2):
        document.run(check=True).ok()
        digests.append(document.summary()["plan"]["digest"])
    assert digests[0] == digests[1]
    document.run(extra_vars={"cvops_approved_plan": digests[0]}).ok()
    assert document.outcomes() == {"backup": ("applied", "overlap")}
    document.site.clock.advance(91 * DAY)
    refused = document.run(extra_vars={"cvops_approved_plan": digests[0]})
    assert (refused.rc != 0, document.outcomes()) == (True, {"backup": ("refused", "")})
    assert_no_writes(document.site)
    next_digest = document.summary()["plan"]["digest"]
    document.run(extra_vars={"cvops_approved_plan": next_digest}).ok()
    assert len(document.rotating.own_keys()) == 2
    document.site.clock.advance(91 * DAY)
    assert document.run(extra_vars={"cvops_approved_plan": next_digest}).rc != 0
    assert_no_writes(document.site)


@pytest.mark.whole
def test_which_outcomes_fail_the_run_is_said_by_the_document(document: Document) -> None:
    document.add("backup", document.rotating.file(), {"external": {"where": "proxy prx07"}}, consumers_complete=True)
    document.run().ok()
    document.site.clock.advance(91 * DAY)
    document.run().ok()
    assert document.outcomes() == {"backup": ("applied", "waiting_for_consumers")}
    failed = document.run(extra_vars={"secret_rotation_fail_on": ["waiting_for_consumers"]})
    assert (failed.rc != 0, document.outcomes()) == (True, {"backup": ("failed", "waiting_for_consumers")})
    assert "prx07: not acknowledged" in told(failed)


@pytest.mark.whole
def test_the_role_by_itself(document: Document) -> None:
    document.add("backup", document.rotating.file())
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "roles": ["cvops.identity.secret_rotation"],
            "post_tasks": [{"name": "Result", "ansible.builtin.debug": {"var": "secret_rotation_result"}}],
        }
    ]
    predicted = document.run(play, check=True).ok().one("Result")["secret_rotation_result"]
    assert (predicted["changed"], predicted["writes"]) == (True, 0)
    run = document.run(play).ok()
    found = run.one("Result")["secret_rotation_result"]
    (told_of,) = found["rotations"].values()
    assert (found["changed"], told_of["outcome"]) == (True, "overlap")
    left = document.run(play, check=True).ok().one("Result")["secret_rotation_result"]
    assert (left["changed"], left["writes"]) == (False, 0)


def shown(words: str, replaced: t.Mapping[str, str]) -> str:
    """Return the first block of the guide with these words, each of the shown texts replaced by the real one."""
    text = next(block.text for block in blocks_of(GUIDE) if words in block.text)
    for one, real in replaced.items():
        assert one in text, one
        text = text.replace(one, real)
    return text


def test_the_play_of_the_guide_rotates_through_the_role(document: Document) -> None:
    real = {
        "/etc/backup-job/secret.json": str(document.rotating.folder / "kept.json"),
        "unique_name: commvault-management": f"app_id: {document.rotating.app_id}",
    }
    del document.variables["cvops_rotations"]
    document.run(yaml.safe_load(shown("- name: Rotate the secret", real))).ok()
    assert document.rotating.own_keys() == [document.rotating.stored("kept")["key_id"]]


def test_the_page_alone_schedules_a_rotation(document: Document, tmp_path: pathlib.Path) -> None:
    """Its document, its file of secrets and its crontab, with no other environment; only the rotator signs in with a secret here."""
    rotating, site = document.rotating, document.site
    rotating.credential(name="azure-rotated")
    cell = site.commcells["cs01"]
    user, password = cell.automation
    access = shown(
        "cvops_rotations:",
        {
            "https://cs01.corp.example/commandcenter/api": cell.url,
            "unique_name: commvault-management": f"app_id: {rotating.app_id}",
            "name: azure-prod": "name: azure-rotated",
            "/var/lib/cvops/secrets": str(rotating.folder),
        },
    )
    secrets = shown("cvops_commvault_password", {"the password of svc-cvops": password})
    (tmp_path / "access.yml").write_text(access)
    (tmp_path / "secrets.yml").write_text(secrets)
    crontab = shown(
        "MAILTO",
        {
            "/opt/cvops/access.yml": str(tmp_path / "access.yml"),
            "/opt/cvops/secrets.yml": str(tmp_path / "secrets.yml"),
            "/var/lib/cvops/rotations.json": str(document.summary_file),
            "3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16": site.tenant_id,
            "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa": site.automation.client_id,
            "CVOPS_FEDERATED_MANAGED_IDENTITY=5f0e8a34-21c7-4a55-9d3b-7ee0c2f1b9a6": f"CVOPS_CLIENT_SECRET={site.automation.client_secret}",
            "svc-cvops": user,
        },
    )
    *settings, line = crontab.strip().splitlines()
    environment = dict(setting.split("=", 1) for setting in settings)
    for of_the_machine in ("MAILTO", "HOME", "ANSIBLE_COLLECTIONS_PATH"):
        del environment[of_the_machine]
    command = shlex.split(line.split(None, 5)[5].partition(" >")[0])
    assert command[1] == PLAYBOOK
    nothing = {"CVOPS_COMMVAULT_URL": "", "CVOPS_COMMVAULT_PASSWORD": ""}

    document.run_words(*command[1:], **nothing, **environment).ok()
    assert document.outcomes() == {"backup": ("applied", "overlap")}
    assert rotating.secret_of("azure-rotated") == rotating.stored("backup")["value"]
    site.clock.advance(DAY)
    site.journal.clear()
    document.run_words(*command[1:], **nothing, **environment).ok()
    assert_no_writes(site)
    assert document.outcomes() == {"backup": ("unchanged", "not_due")}


@pytest.mark.whole
def test_the_rotation_of_a_credential_of_a_controller_as_the_guide_shows_it(
    make_site: t.Callable[..., Simulator],
    make_player: t.Callable[[Simulator], Player],
    bao: Bao,
    tmp_path: pathlib.Path,
) -> None:
    """With the credential type that is shipped, and the token of the controller from the environment; the job signs in with what it got."""
    site = make_site(set="S", controller=True)
    document = Document(Rotating(site, tmp_path / "stores"), make_player(site), tmp_path)
    rotating, state, app_id = document.rotating, site.controller.state, document.rotating.app_id
    path = "rotation/of-the-guide"
    shown_as = {
        "https://vault.corp.example:8200": f"{bao.url}\n          ca_path: {bao.ca_path}",
        "backup/controller-jobs": path,
        "https://controller.corp.example": f"{site.controller.url}\n          ca_path: {site.ca_path}",
        "unique_name: commvault-management": f"app_id: {app_id}",
    }
    (rotation,) = yaml.safe_load(shown("rotation_name: controller-jobs", shown_as))["cvops_rotations"]
    target = rotation["targets"][1]["controller_credential"]
    (kind,) = [one for one in yaml.safe_load(TYPES.read_text()) if one["name"] == target["credential_type"]]
    inputs = {"tenant_id": site.tenant_id, "client_id": app_id, "client_secret": "made by hand", "cloud": "public"}
    with state.lock:
        organization = state.add("organizations", {"name": target["organization"]}).id
        values = {"name": target["name"], "organization": organization, "inputs": inputs}
        values["credential_type"] = state.add("credential_types", kind).id
        credential = add_credential_with_job(state, values, target["proof_job"]["template"])
    used: list[str] = []

    def sign_in(job: JobRun) -> dict[str, t.Any]:
        used.append(job.env["CVOPS_CLIENT_SECRET"])
        known = {rotating.value(key_id) for key_id in rotating.own_keys()}
        return {"status": "successful" if used[-1] in known else "failed"}

    site.controller.runner = sign_in
    token = site.controller.make_token()
    document.variables["cvops_rotations"] = [rotation]
    environment = {"VAULT_TOKEN": bao.token, "CONTROLLER_OAUTH_TOKEN": token}
    changed = document.run(env=environment, verbosity=4, diff=True).ok()
    assert document.outcomes() == {"controller-jobs": ("applied", "overlap")}
    (key_id,) = rotating.own_keys()
    row = state.get("credentials", credential)
    assert row["inputs"] == {**inputs, "client_secret": rotating.value(key_id)}
    assert used == [rotating.value(key_id)] == [bao.latest(path)["value"]]
    assert row["description"].endswith(f"[cvops secret: {key_id} in client_secret]")
    files = [changed.folder / "results.jsonl", document.summary_file]
    assert_no_secrets(changed, files, [*used, token, bao.token])
    site.clock.advance(DAY)
    document.run(env=environment).ok()
    assert_no_writes(site)
    assert (document.outcomes(), len(used)) == ({"controller-jobs": ("unchanged", "not_due")}, 1)


def test_secrets_of_the_document_are_in_no_output(document: Document) -> None:
    """Also where a Vault does not answer."""
    token = "hvs.S3CRET-of-the-document"
    vault = {"url": "https://localhost:9", "path": "backup/entra", "token": token}
    document.add("backup", {"hashi_vault": vault})
    failed = document.run(verbosity=4, diff=True)
    assert failed.rc != 0
    connection = document.variables["cvops_connection"]
    passwords = [cell["password"] for cell in connection["commcells"].values()]
    files = [failed.folder / "results.jsonl", document.summary_file]
    assert_no_secrets(failed, files, [token, connection["entra"]["client_secret"], *passwords])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"targets": [{"return": True}]}, "cvops_rotations[0].targets[0].return"),
        ({"lifetime": 90}, "cvops_rotations[0].lifetime"),
        (
            {"targets": [{"commvault_credential": {"name": "a", "commcell": "cs09"}}]},
            "cvops_rotations[0].targets[0].commvault_credential.commcell",
        ),
    ],
)
def test_what_is_wrong_with_the_document_is_said_before_any_request(
    document: Document, change: dict[str, t.Any], said: str
) -> None:
    document.add("backup", document.rotating.file())
    document.variables["cvops_rotations"][0].update(change)
    failed = document.run()
    assert failed.rc != 0
    assert said in failed.text
    assert document.site.journal.entries() == []


def test_files_that_could_not_be_written_afterwards_are_told_before_any_request(document: Document) -> None:
    document.add("backup", document.rotating.file())
    gone = {"cvops_summary_file": "gone/summary.json", "cvops_plan_file": str(document.rotating.folder)}
    failed = document.run(extra_vars=gone)
    assert failed.rc != 0
    assert "cvops_summary_file: its folder does not exist" in failed.text
    assert "cvops_plan_file: is a folder" in failed.text
    assert document.site.journal.entries() == []
