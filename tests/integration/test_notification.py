# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A webhook is told what came of every run of site, over TLS; its address is shown nowhere, and its failure is no failure of the run."""

from __future__ import annotations

import json
import pathlib
import typing as t
from collections.abc import Callable, Iterator

import pytest
from cvops_simulator import Simulator
from helpers.playing import Player
from helpers.webhooks import TOKEN, Webhook, start_webhook

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
ANA = "ana.secretname@corp.example"


@pytest.fixture
def site(make_site: Callable[..., Simulator]) -> Simulator:
    return make_site(set="S", empty=True)


@pytest.fixture
def webhook(tmp_path: pathlib.Path) -> Iterator[Webhook]:
    """The chat; its CA is in ``ca.pem`` beside its certificate."""
    running = start_webhook(tmp_path)
    yield running
    running.stop()


def document(site: Simulator, webhook: Webhook, folder: pathlib.Path, **more: t.Any) -> dict[str, t.Any]:
    """One Entra group; the connection trusts the CAs of both the tenant and the chat."""
    connection = site.variables()["cvops_connection"]
    both = folder / "both.pem"
    both.write_text(pathlib.Path(site.ca_path).read_text() + (folder / "ca.pem").read_text())
    connection["entra"]["ca_path"] = str(both)
    return {
        "cvops_connection": connection,
        "cvops_entra_groups": [{"display_name": "GG-A", "unique_name": "gg-a"}],
        "cvops_notify_url": webhook.url,
        **more,
    }


def test_every_run_tells_the_webhook_once_and_shows_its_address_nowhere(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    wanted = document(site, webhook, tmp_path)
    shown = bare(SITE, "-vvvv", check=True, extra_vars=wanted).ok()
    (planned,) = webhook.messages
    assert (planned["status"], planned["check_mode"], planned["playbook"]) == ("planned", True, "site")
    digest = next(line for line in shown.one("Plan")["msg"] if line.startswith("Digest: ")).split()[1]
    assert planned["digest"] == digest and planned["counts"]["planned"] == 1
    assert webhook.paths == [f"/services/T0123ABCD/{TOKEN}"]

    done = bare(SITE, "-vvvv", extra_vars=wanted).ok()
    again = bare(SITE, extra_vars=wanted).ok()
    assert [message["status"] for message in webhook.messages[1:]] == ["applied", "unchanged"]
    assert webhook.messages[1]["text"].splitlines()[1].startswith("Entra ID: applied, 1 change planned, ")

    broken = document(site, webhook, tmp_path)
    broken["cvops_entra_groups"][0]["members"] = [ANA]
    failed = bare(SITE, "-vvvv", extra_vars=broken)
    assert failed.rc == 2 and ANA in failed.text
    assert webhook.messages[3]["status"] == "problems" and webhook.messages[3]["counts"]["problems"] == 1
    assert ANA not in json.dumps(webhook.messages)
    for run in (shown, done, again, failed):
        assert TOKEN not in run.text and TOKEN not in json.dumps([dict(result) for result in run.results], default=str)
        assert not [
            result for result in run.results if result.task == "Say that the webhook was not told" and "msg" in result
        ]


@pytest.mark.whole
def test_a_webhook_that_fails_is_a_warning_and_no_failure(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    wanted = document(site, webhook, tmp_path)
    webhook.status = 500
    refused = bare(SITE, "-vvvv", extra_vars=wanted).ok()
    assert "answered HTTP 500" in refused.one("Say that the webhook was not told")["msg"]
    webhook.stop()
    gone = bare(SITE, "-vvvv", extra_vars=wanted).ok()
    assert "refused" in gone.one("Say that the webhook was not told")["msg"]
    plain = bare(SITE, "-vvvv", extra_vars={**wanted, "cvops_notify_url": f"http://chat.example/{TOKEN}"}).ok()
    assert "http is not encrypted" in plain.one("Say that the webhook was not told")["msg"]
    for run in (refused, gone, plain):
        assert TOKEN not in run.text and TOKEN not in json.dumps([dict(result) for result in run.results], default=str)


@pytest.mark.whole
def test_only_the_runs_that_are_wanted_are_told(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    bare(SITE, extra_vars=document(site, webhook, tmp_path, cvops_notify_when="problems")).ok()
    assert webhook.messages == []
    bare(SITE, extra_vars=document(site, webhook, tmp_path, cvops_notify_when="changes")).ok()
    assert webhook.messages == []
    changed = document(site, webhook, tmp_path, cvops_notify_when="changes")
    changed["cvops_entra_groups"][0]["description"] = "of the night"
    bare(SITE, extra_vars=changed).ok()
    assert [message["status"] for message in webhook.messages] == ["applied"]


def test_a_run_that_does_not_begin_tells_it_and_fails_as_without_it(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    """How many problems, and none of them; whatever else is wrong, the connection too. Of a wrong address only the error is told."""
    wrong = document(site, webhook, tmp_path, cvops_notify_when="sometimes", cvops_approved_plans=ANA)
    wrong["cvops_connection"]["entra"]["client_secret"] = "{{ nothing_of_that_name }}"
    refused = bare(SITE, "-vvvv", check=True, extra_vars=wrong)
    (told,) = webhook.messages
    assert told["text"] == (
        "site (check mode): failed, the variables are wrong, 3 problems: nothing was done, see the output of the run"
    )
    assert (told["status"], told["counts"], told["hosts"]) == ("failed", {"problems": 3}, [])
    assert refused.rc == 2 and refused.stats["failures"] == 1 and refused.stats["rescued"] == 0
    assert len(refused.one("Say what is wrong with the variables")["msg"]) == 3
    assert refused.one("Stop when something is wrong with the variables")["msg"].startswith("The variables have 3 pro")

    (tmp_path / "given.yml").write_text(f"cvops_entra_groups: !secret {ANA}\n")
    given = {**document(site, webhook, tmp_path), "cvops_document": str(tmp_path / "given.yml")}
    webhook.status = 500
    unread = bare("cvops.identity.expiry", "-vvvv", extra_vars=given)
    assert webhook.messages[1]["text"].startswith("expiry: failed, the variables are wrong, 1 problem: ")
    assert "answered HTTP 500" in unread.one("Say that the webhook was not told")["msg"]
    assert unread.rc == 2 and "given.yml" in str(
        unread.one("Check that it declares what a document may declare")["msg"]
    )

    plain = bare(SITE, "-vvvv", extra_vars={**document(site, webhook, tmp_path), "cvops_notify_url": {"url": TOKEN}})
    assert plain.one("Stop when something is wrong with the variables")["msg"].startswith("cvops_notify_url: ")
    assert plain.rc == 2 and "the webhook of cvops_notify_url was not told" not in plain.text
    quiet = bare("cvops.identity.validate", "-vvvv", extra_vars=wrong)
    assert quiet.rc == 2 and len(webhook.messages) == 2, "it tells of no run"
    for run in (refused, unread, quiet):
        assert TOKEN not in run.text and TOKEN not in json.dumps([dict(result) for result in run.results], default=str)


@pytest.mark.whole
def test_a_run_that_selects_nothing_and_a_second_import_tell_it_too(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    """A second import finds nothing of the first: no problem of the variables, so that what keeps them from being checked is told."""
    nobody = bare(SITE, extra_vars={**document(site, webhook, tmp_path), "cvops_only": ["nobody-*"]})
    assert nobody.rc == 2 and "nobody-*" in nobody.one("Check the selection")["msg"]
    (told,) = webhook.messages
    assert (told["status"], told["counts"], told["hosts"]) == ("failed", {"problems": 1}, [])

    (given := tmp_path / "given.yml").write_text("cvops_entra_groups: []\n")
    unread = {"cvops_document": str(given), "cvops_document_allow": "{{ 1 // 0 }}"}
    second = {"import_playbook": SITE, "vars": unread}
    twice = bare([{"import_playbook": SITE}, second], extra_vars=document(site, webhook, tmp_path))
    assert twice.rc == 2, twice.text
    assert [message["status"] for message in webhook.messages[1:]] == ["applied", "failed"]
    assert "the variables could not be checked" in webhook.messages[-1]["text"]


@pytest.mark.whole
def test_playbooks_that_report_tell_it_too(
    make_site: Callable[..., Simulator], webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    """Also when they fail; a redirect is not followed, and what the chat answers is not believed."""
    site = make_site(set="S")
    wanted = document(site, webhook, tmp_path)
    del wanted["cvops_entra_groups"]
    failed = bare("cvops.identity.expiry", "-vvvv", extra_vars={**wanted, "expiry_fail_below_days": 30})
    (told,) = webhook.messages
    assert failed.rc == 2 and (told["playbook"], told["status"]) == ("expiry", "problems")
    assert told["counts"]["missing"] and "\n" not in told["text"]

    evidence = {**wanted, "access_evidence_dir": str(tmp_path / "bundles"), "access_evidence_fail_on": "low"}
    grave = bare("cvops.identity.access_evidence", "-vvvv", extra_vars=evidence)
    told = webhook.messages[1]
    assert grave.rc == 2 and (told["playbook"], told["status"]) == ("access_evidence", "problems")
    assert sum(told["counts"][name] for name in ("critical", "high", "medium", "low"))
    gone = {
        **wanted,
        "access_evidence_dir": str(tmp_path / "bundles"),
        "access_evidence_snapshot": str(tmp_path / "none"),
    }
    unsealed = bare("cvops.identity.access_evidence", "-vvvv", extra_vars=gone)
    assert unsealed.rc == 2 and webhook.messages[2]["status"] == "failed"

    webhook.status, webhook.headers = 307, {"Location": f"{webhook.url}/elsewhere"}
    moved = bare("cvops.identity.expiry", "-vvvv", extra_vars=wanted).ok()
    assert "redirect" in moved.one("Say that the webhook was not told")["msg"]
    assert len(webhook.paths) == 4 and not [path for path in webhook.paths if "elsewhere" in path]
    for run in (failed, grave, unsealed, moved):
        assert TOKEN not in run.text and TOKEN not in json.dumps([dict(result) for result in run.results], default=str)
