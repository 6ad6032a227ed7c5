# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks in the surroundings of a controller's job: a user without name and home, nothing to write to but /tmp, inputs that are empty text."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

import pytest
import yaml
from controller_job import JOB_ID, LAUNCHER, TEMPLATE, USER, Controller, Job, can_become_nobody, inject
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes
from helpers.rotating import Rotating
from helpers.virtual_time import share_clock_with_forks

#: What a survey leaves of questions that nobody answered.
UNANSWERED = {
    "cvops_only": "",
    "cvops_notify_url": "",
    "cvops_summary_file": "",
    "expiry_file": "",
    "cvops_notify_when": "",
}


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """The only place that a job can write to, below /tmp: pytest's own folders are closed to other users."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="cvops-job-"))
    made.chmod(0o755)
    share_clock_with_forks(monkeypatch, made)  # of jobs as well: see the callback plugin follow_clock
    (made / "clock").chmod(0o666)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def controller(site: Simulator, folder: pathlib.Path) -> Controller:
    """Its project holds the document; its inventory names the CommCell, and nothing of how to sign in."""
    document = {name: value for name, value in site.variables().items() if name != "cvops_connection"}
    cell = next(iter(site.commcells))
    return Controller(
        folder,
        site,
        {
            "project/access.yml": yaml.safe_dump(document, allow_unicode=True),
            "inventory/group_vars/all.yml": yaml.safe_dump({"cvops_connection": {"commcells": {cell: {}}}}),
        },
    )


def sign_in(site: Simulator, folder: pathlib.Path) -> dict[str, str]:
    """What the two credentials of a job template give it: an application with a secret, and a user of the CommCell without a company."""
    cell = next(iter(site.commcells.values()))
    username, password = cell.automation
    application = {"tenant_id": site.tenant_id, "client_id": site.automation.client_id}
    return {
        **inject("Entra ID application, secret", folder, **application, client_secret=site.automation.client_secret),
        **inject("Commvault CommServe, password", folder, url=cell.url, username=username, password=password),
        "CVOPS_COMMVAULT_CA_PATH": site.ca_path,
        # Further credentials without inputs: each of their variables is set, to nothing.
        **inject("Entra ID application, token file", folder, **application),
        **inject("HashiCorp Vault, AppRole", folder),
        "CVOPS_AUTH_METHOD": "",
        **dict.fromkeys(("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN", "ARM_CLIENT_ID", "AZURE_AUTHORITY_HOST"), ""),
        **dict.fromkeys(("CVOPS_PROXY", "CVOPS_TIMEOUT", "CVOPS_RUN_RECORD_DIR", "REQUESTS_CA_BUNDLE"), ""),
        **dict.fromkeys(("HTTPS_PROXY", "NO_PROXY", "CVOPS_VALIDATE_CERTS", "CVOPS_IN_PROCESS"), ""),
        "CVOPS_COMMVAULT_VALIDATE_CERTS": "True",
    }


DOCUMENT = {"cvops_document": "access.yml", "cvops_document_allow": ["grant_admin_consent"]}


def assert_quiet(job: Job, *secrets: str) -> None:
    """No secret is shown, nothing could not be written, and no folder named ~ was made."""
    shown = job.text + json.dumps([dict(result) for result in job.results], default=str)
    assert not [secret for secret in secrets if secret in shown]
    assert "Traceback" not in job.text
    complaints = (
        "Permission denied",
        "Read-only",
        "cannot be written",
        "could not be",
        "is set to different values in several places",
    )
    assert not [words for words in complaints if words in job.text], job.text
    assert not (job.folder / "project" / "~").exists()


def test_jobs_of_every_kind(site: Simulator, controller: Controller, folder: pathlib.Path) -> None:
    """One job after the other, in different poverty; what comes of them is what comes of a run at a terminal."""
    injected = sign_in(site, folder)
    secrets = (injected["CVOPS_CLIENT_SECRET"], injected["CVOPS_COMMVAULT_PASSWORD"])
    doctor = controller.launch("doctor", UNANSWERED, injected=injected, home=None).ok()
    lines = "\n".join(doctor.one("Report")["msg"])
    assert "Microsoft Entra ID: signed in" in lines and "Commvault: signed in" in lines
    assert "client_secret from environment variable CVOPS_CLIENT_SECRET" in lines, "and from nothing that is empty"
    assert "no proxy" in lines and "federated" not in lines
    validated = controller.launch("validate", {**UNANSWERED, **DOCUMENT}, injected=injected, umask=0o027).ok()

    told = folder / "told"
    told.mkdir(mode=0o777)
    told.chmod(0o777)
    site.journal.clear()
    wanted = {**UNANSWERED, **DOCUMENT, "cvops_summary_file": str(told / "plan.json")}
    planned = controller.launch("site", wanted, "--check", "--diff", injected=injected, umask=0o077).ok()
    assert_no_writes(site)
    assert json.loads((told / "plan.json").read_text("utf-8"))["check_mode"] is True

    document = yaml.safe_load(controller.files["project/access.yml"])
    document["cvops_entra_groups"][0]["description"] = "as a job wants it"
    controller.files["project/access.yml"] = yaml.safe_dump(document, allow_unicode=True)
    changed = {**UNANSWERED, **DOCUMENT, "cvops_run_record_dir": str(told / "records")}
    converged = controller.launch("converge_role_mappings", changed, injected=injected, umask=0).ok()
    records = [json.loads(path.read_text("utf-8")) for path in sorted((told / "records").iterdir())]
    assert records and all(path.stat().st_mode & 0o777 == 0o600 for path in (told / "records").iterdir())
    operator = records[0]["operator"]
    assert operator["job_id"] == str(JOB_ID) and operator["job_template"] == TEMPLATE
    assert (operator["launched_by"], operator["workflow_job_id"]) == (LAUNCHER, "8")
    if can_become_nobody():
        assert operator["user"] == str(USER), "who has no name"
    expiry = controller.launch("expiry", {**UNANSWERED, "expiry_warn_below_days": 30}, injected=injected).ok()
    for job in (doctor, validated, planned, converged, expiry):
        assert_quiet(job, *secrets)


def test_a_rotation_keeps_the_secret_where_the_job_can_write(
    site: Simulator, controller: Controller, folder: pathlib.Path
) -> None:
    """The store is a volume of the job's user; a file below a home that there is not is refused before anything is written."""
    kept = folder / "kept"
    kept.mkdir(mode=0o700)
    if can_become_nobody():
        os.chown(kept, USER, 0)
    rotating = Rotating(site, folder / "stores")
    rotation = {"rotation_name": "portal", "application": {"app_id": rotating.app_id}}
    target = {**rotating.file(), "file": {"path": str(kept / "portal.json")}}
    wanted = {"cvops_rotations": [{**rotation, "targets": [target]}], **UNANSWERED}
    injected = sign_in(site, folder)
    job = controller.launch("rotate_secrets", wanted, injected=injected, umask=0).ok()
    (key_id,) = rotating.own_keys()
    assert_quiet(job, rotating.value(key_id), injected["CVOPS_CLIENT_SECRET"])
    assert json.loads((kept / "portal.json").read_text("utf-8"))["current"]["value"] == rotating.value(key_id)
    assert (kept / "portal.json").stat().st_mode & 0o777 == 0o600
    if can_become_nobody():
        wanted["cvops_rotations"] = [{**rotation, "targets": [{**target, "file": {"path": "~/portal.json"}}]}]
        site.journal.clear()
        refused = controller.launch("rotate_secrets", wanted, injected=injected, home=None)
        assert refused.rc != 0 and "~ means a home folder" in refused.text
        assert_no_writes(site)
        assert not (refused.folder / "project" / "~").exists()


def test_what_a_user_without_home_cannot_have_is_said(
    site: Simulator, controller: Controller, folder: pathlib.Path
) -> None:
    if not can_become_nobody():
        pytest.skip("needs root and setpriv: whoever runs the tests has an entry in the list of users, and so a home")
    injected = {**sign_in(site, folder), "CVOPS_RUN_RECORD_DIR": "~/records", "CVOPS_TOKEN_CACHE": "file"}
    job = controller.launch("converge_role_mappings", DOCUMENT, "--check", injected=injected, home=None)
    assert job.rc != 0
    assert "CVOPS_RUN_RECORD_DIR: ~ means a home folder" in job.text and "Give an absolute path" in job.text
    assert not (job.folder / "project" / "~").exists()
