# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook review: decisions from a spreadsheet become a patch of the mapping document that git applies, and nothing is written silently."""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib
import subprocess
import typing as t

import pytest
import yaml
from cvops_simulator import Simulator
from helpers.playing import Player, Run
from helpers.webhooks import TOKEN, start_webhook

pytestmark = pytest.mark.any_core

REVIEW = "cvops.identity.review"
REVIEWER = "r.viewer@corp.example"
GROUP, ROLE = "GG-Commvault-platform-Audit", "Compliance"
OPERATORS, SERVER_GROUP = "GG-Commvault-hq-m365-Operator", "server group hq-m365"


class Reviewed(t.NamedTuple):
    """A bundle, and a repository with the document that was in force."""

    bundle: pathlib.Path
    repository: pathlib.Path
    document: pathlib.Path
    rows: list[dict[str, str]]


@pytest.fixture
def reviewed(site: Simulator, play: Player, tmp_path: pathlib.Path) -> Reviewed:
    mappings = site.variables()["cvops_role_mappings"]
    snapshot, bundles = tmp_path / "snapshot", tmp_path / "bundles"
    tasks = [
        {"cvops.identity.commvault_snapshot": {"dest": str(snapshot), "commcell": "cs01"}},
        {
            "cvops.identity.access_evidence": {
                "dest": str(bundles),
                "snapshot": str(snapshot),
                "document": {"cvops_role_mappings": mappings},
            }
        },
    ]
    play(tasks).ok()
    repository = tmp_path / "repository"
    (repository / "access").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    document = repository / "access" / "mapping.yml"
    text = yaml.safe_dump({"cvops_role_mappings": mappings}, sort_keys=False)
    document.write_text("# reviewed each quarter\n" + text.replace("  grants:\n", "  grants: # by the book\n", 1))
    (name,) = os.listdir(bundles)
    rows = list(csv.DictReader((bundles / name / "signoff.csv").read_text().splitlines()))
    site.journal.clear()
    return Reviewed(bundles, repository, document, rows)


def decide(reviewed: Reviewed, path: pathlib.Path, is_revoked: t.Callable[[dict[str, str]], bool], **more: str) -> None:
    """Save the sheet as a German spreadsheet does, with the rows that *is_revoked* tells revoked."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(reviewed.rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for row in reviewed.rows:
        said = {"decision": "revoke", "reason": "left the team"} if is_revoked(row) else {"decision": "keep"}
        writer.writerow({**row, "reviewer": REVIEWER, "date": "27.11.2026", **said, **more})
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def review(play: Player, reviewed: Reviewed, sheet: pathlib.Path, **more: t.Any) -> Run:
    values = {"review_bundle": reviewed.bundle, "review_signoff": sheet, "review_document": reviewed.document}
    return play(REVIEW, extra_vars={**{name: str(value) for name, value in values.items()}, **more})


def grants(text: str, group: str) -> t.Any:
    (entry,) = [
        entry
        for entry in yaml.safe_load(text)["cvops_role_mappings"]
        if (entry["principal"].get("entra_group") or {}).get("name") == group
    ]
    return entry["grants"]


def test_revoked_grants_become_a_patch_that_git_applies(
    site: Simulator, reviewed: Reviewed, play: Player, tmp_path: pathlib.Path
) -> None:
    sheet, patch, file = tmp_path / "signoff.csv", tmp_path / "review.patch", tmp_path / "review.json"
    (person, *_others) = sorted({row["person"] for row in reviewed.rows if row["principal"] == OPERATORS})
    assert _others
    decide(
        reviewed,
        sheet,
        lambda row: (
            (row["principal"], row["role"]) == (GROUP, ROLE)
            or (row["principal"], row["entity"], row["person"]) == (OPERATORS, SERVER_GROUP, person)
        ),
    )
    before = reviewed.document.read_text()
    run = review(play, reviewed, sheet, review_patch=str(patch), review_file=str(file)).ok()
    assert site.journal.entries() == [] and run.stats["changed"] == 0
    assert reviewed.document.read_text() == before
    told = "\n".join(run.one("Report")["msg"])
    assert f"{GROUP}: {ROLE} on CommCell cs01" in told and "until converge_role_mappings runs" in told
    found = json.loads(file.read_text())
    (change,) = found["group_changes"]
    assert change["words"] == f"remove {person} from the Entra group {OPERATORS}" and change["group_object_id"]
    assert found["by_hand"] == []
    subprocess.run(["git", "apply", "--check", str(patch)], cwd=reviewed.repository, check=True)
    subprocess.run(["git", "apply", str(patch)], cwd=reviewed.repository, check=True)
    after = reviewed.document.read_text()
    assert grants(before, GROUP) and grants(after, GROUP) == []
    assert grants(after, OPERATORS) == grants(before, OPERATORS)
    assert after.startswith("# reviewed each quarter\n") and "# by the book" in after
    for path in (patch, file):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.whole
def test_nothing_revoked_is_no_patch(reviewed: Reviewed, play: Player, tmp_path: pathlib.Path) -> None:
    sheet, patch = tmp_path / "signoff.csv", tmp_path / "review.patch"
    decide(reviewed, sheet, lambda row: False)
    review(play, reviewed, sheet, review_patch=str(patch)).ok()
    assert patch.read_text() == ""


@pytest.mark.whole
def test_everything_that_is_wrong_with_the_decisions_is_told_at_once(
    reviewed: Reviewed, play: Player, tmp_path: pathlib.Path
) -> None:
    sheet = tmp_path / "signoff.csv"
    patch = tmp_path / "review.patch"
    decide(reviewed, sheet, lambda row: row["principal"] == GROUP, reason="", date="soon")
    run = review(play, reviewed, sheet, review_patch=str(patch))
    told = run.text
    assert run.rc != 0 and "'soon' is not valid" in told and "has no reason, but revoke needs one" in told
    assert not patch.exists()


@pytest.mark.whole
def test_nobody_reviews_their_own_access(reviewed: Reviewed, play: Player, tmp_path: pathlib.Path) -> None:
    sheet = tmp_path / "signoff.csv"
    decide(reviewed, sheet, lambda row: False, reviewer="Administrator")
    run = review(play, reviewed, sheet)
    assert run.rc != 0 and "nobody may decide on their own" in run.text


@pytest.mark.whole
def test_a_document_that_cannot_be_changed_is_told_in_words(
    reviewed: Reviewed, play: Player, tmp_path: pathlib.Path
) -> None:
    sheet, patch = tmp_path / "signoff.csv", tmp_path / "review.patch"
    decide(reviewed, sheet, lambda row: (row["principal"], row["role"]) == (GROUP, ROLE))
    reviewed.document.write_text("cvops_role_mappings: '{{ other }}'\n")
    run = review(play, reviewed, sheet, review_patch=str(patch)).ok()
    told = "\n".join(run.one("Report")["msg"])
    assert "To be done by hand" in told and "has no list cvops_role_mappings" in told
    assert patch.read_text() == ""


@pytest.mark.whole
def test_the_webhook_is_told_how_many_decisions_there_are(
    reviewed: Reviewed, play: Player, tmp_path: pathlib.Path
) -> None:
    webhook, sheet = start_webhook(tmp_path), tmp_path / "decisions.csv"
    decide(reviewed, sheet, lambda row: row["role"] == ROLE)
    more = {"cvops_notify_url": webhook.url, "cvops_ca_path": str(tmp_path / "ca.pem")}
    run = review(play, reviewed, sheet, **more).ok()
    webhook.stop()
    (told,) = webhook.messages
    assert told["status"] == "planned" and told["counts"]["revoke"] and "\n" not in told["text"]
    assert REVIEWER not in json.dumps(told) and ROLE not in json.dumps(told) and TOKEN not in run.text
