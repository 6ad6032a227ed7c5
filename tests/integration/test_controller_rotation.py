# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""secret_rotation with a credential of a controller as its target, which real jobs of the simulated controller use."""

from __future__ import annotations

import pathlib
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.controller.engine import JobRun
from helpers.rotating import DAY, Rotating
from helpers.rotation_places import ControllerPlace
from helpers.rotation_watch import seed_key
from helpers.virtual_time import share_clock

pytestmark = pytest.mark.any_core

PROVE = {"successes": 1, "over_seconds": 0}
RETIRING = {"retire": "auto", "consumers_complete": True}


class Jobs:
    """Runs jobs as a playbook would that signs in: with the secret that the credential gives them. ``seen``: these secrets."""

    def __init__(self, rotating: Rotating) -> None:
        self._rotating, self.seen = rotating, []  # type: tuple[Rotating, list[str]]
        self.fails = False

    def run(self, job: JobRun) -> dict[str, t.Any]:
        """Sign in; the job fails where no key of the application has the secret."""
        secret, client_id = job.env["CVOPS_CLIENT_SECRET"], job.env["CVOPS_CLIENT_ID"]
        self.seen.append(secret)
        known = {self._rotating.value(key_id) for key_id in self._rotating.own_keys()}
        works = client_id == self._rotating.app_id and secret in known and job.extra_vars["cvops_scope"] == "all"
        return {"status": "successful" if works and not self.fails else "failed"}


@pytest.fixture
def rotating(make_site: Callable[..., Simulator], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Rotating:
    site = make_site(set="S", controller=True)
    share_clock(monkeypatch, site)
    return Rotating(site, tmp_path / "stores")


@pytest.fixture
def place(rotating: Rotating) -> ControllerPlace:
    old = seed_key(rotating.site, rotating, "cvops/backup/aaaaaa000000", 92 * DAY, 91 * DAY)
    made = ControllerPlace(rotating, "entra-jobs")
    made.seed(old, None)
    return made


def run(rotating: Rotating, place: ControllerPlace, check: bool = False, **changes: t.Any) -> dict[str, t.Any]:
    """Return the result of a run; *changes*: of the target."""
    target = place.option()
    target["controller_credential"].update(changes)
    return rotating.run(rotating.file(), target, check=check, prove=PROVE, **RETIRING)


def tell(result: dict[str, t.Any]) -> tuple[str, str, str]:
    found = result["rotation"]["targets"][1]
    return result["rotation"]["outcome"], found["state"], found["message"]


def test_a_job_that_signs_in_proves_the_secret_and_the_old_one_goes_later(
    rotating: Rotating, place: ControllerPlace
) -> None:
    jobs = Jobs(rotating)
    rotating.site.controller.runner = jobs.run
    old = rotating.own_keys()
    planned = run(rotating, place, check=True)
    told = [step["sentence"] for step in planned["steps"]]
    assert told[-2:] == [
        "let entra-jobs use the new key",
        "run a job that uses entra-jobs, which shows that the new key works there",
    ]
    assert not rotating.site.controller.state.list_all("jobs") and rotating.own_keys() == old
    changed = run(rotating, place)
    (new,) = set(rotating.own_keys()) - set(old)
    assert tell(changed) == ("overlap", "active", "") and [step["id"] for step in changed["steps"]] != []
    assert jobs.seen == [rotating.value(new)] == [place.value()] and place.key_ids() == {new}
    rotating.site.clock.advance(2 * DAY)
    assert run(rotating, place)["rotation"]["outcome"] == "retired" and rotating.own_keys() == [new]
    last = run(rotating, place)
    assert (last["changed"], last["stats"]["writes"], len(jobs.seen)) == (False, 0, 1)


def test_a_job_that_fails_fails_the_task_and_the_next_run_launches_it_again(
    rotating: Rotating, place: ControllerPlace
) -> None:
    jobs = Jobs(rotating)
    jobs.fails, rotating.site.controller.runner = True, jobs.run
    failed = run(rotating, place)
    outcome, state, message = tell(failed)
    assert (failed["failed"], outcome, state) == (True, "switch_partial", "failed")
    assert message.startswith("job ") and " ended as failed" in message and not place.is_confirmed()
    rotating.site.clock.advance(3 * DAY)
    jobs.fails = False
    again = run(rotating, place)
    assert [step["action"] for step in again["steps"]] == ["confirm"] and len(rotating.own_keys()) == 2
    assert tell(again) == ("overlap", "active", "") and place.is_confirmed() and len(set(jobs.seen)) == 1


def test_after_going_back_the_job_has_to_be_successful_too(rotating: Rotating, place: ControllerPlace) -> None:
    """The secret before still works, and a run whose job fails does not say that it is in use there, however often it is run."""
    jobs = Jobs(rotating)
    rotating.site.controller.runner = jobs.run
    run(rotating, place)
    (old,) = place.key_ids()
    rotating.site.clock.advance(92 * DAY)
    jobs.fails = True
    assert tell(run(rotating, place))[:2] == ("switch_partial", "failed") and place.key_ids() != {old}
    keys = rotating.own_keys()

    def go_back() -> dict[str, t.Any]:
        return rotating.run(
            rotating.file(), place.option(), prove=PROVE, rollback_from={"file": rotating.file()["file"]}
        )

    for _again in range(2):
        failed = go_back()
        assert failed["failed"] and tell(failed)[:2] == ("switch_partial", "failed")
        assert place.key_ids() == {old} and not place.is_confirmed()
    jobs.fails = False
    assert tell(go_back()) == ("rolled_back", "active", "") and place.is_confirmed()
    assert place.value() == rotating.value(old) and rotating.own_keys() == keys
    last = go_back()
    assert (last["changed"], last["stats"]["writes"], tell(last)) == (False, 0, ("rolled_back", "active", ""))


def test_a_field_that_was_named_by_mistake_is_mended_by_the_next_run(
    rotating: Rotating, place: ControllerPlace
) -> None:
    """The job signed in with the old secret, which the right field had still."""
    state, jobs = rotating.site.controller.state, Jobs(rotating)
    rotating.site.controller.runner = jobs.run
    assert tell(run(rotating, place, field="pin"))[1] == "active"
    new = rotating.own_keys()[-1]
    stored = state.get("credentials", place.id)["inputs"]
    assert stored["pin"] == rotating.value(new) != stored["client_secret"]
    stored["pin"] = "1234"
    assert tell(run(rotating, place)) == ("overlap", "active", "") and rotating.own_keys()[-1] == new
    assert place.key_ids() == {new} and place.value() == rotating.value(new) == jobs.seen[-1]


def test_the_old_secret_works_for_the_overlap_after_a_credential_that_was_written_late(
    rotating: Rotating, place: ControllerPlace
) -> None:
    rotating.site.controller.runner = Jobs(rotating).run
    no_field = {"field": "client_id"}  # a store has the new secret, the credential cannot have it
    assert tell(run(rotating, place, **no_field))[0] == "switch_partial"
    rotating.site.clock.advance(3 * DAY)
    assert tell(run(rotating, place))[:2] == ("overlap", "active")
    rotating.site.clock.advance(DAY / 2)
    soon = run(rotating, place)
    assert (tell(soon)[0], soon["changed"], len(rotating.own_keys())) == ("overlap", False, 2)
    rotating.site.clock.advance(DAY)
    assert tell(run(rotating, place))[0] == "retired" and len(rotating.own_keys()) == 1


def test_without_a_job_the_old_secret_stays_until_the_new_one_is_acknowledged(
    rotating: Rotating, place: ControllerPlace
) -> None:
    old = rotating.own_keys()
    assert tell(run(rotating, place, proof_job=None)) == ("waiting_for_consumers", "not_acknowledged", "")
    rotating.site.clock.advance(2 * DAY)
    waiting = run(rotating, place, proof_job=None)
    assert (waiting["changed"], waiting["stats"]["writes"]) == (False, 0)
    (new,) = set(rotating.own_keys()) - set(old)
    gone = run(rotating, place, proof_job=None, acknowledged_key_id=new)
    assert tell(gone) == ("retired", "active", "") and rotating.own_keys() == [new]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"credential_type": None},
            "There are several with the name of credential 'entra-jobs' (organization 'Backup')",
        ),
        ({"organization": "Nobody"}, "There is no credential 'entra-jobs' (organization 'Nobody'"),
        ({"password": "wrong"}, "The controller does not accept the user name and the password (options)"),
        ({"field": "client_id"}, "its field 'client_id' is not secret, so that everybody could read the value"),
        ({"field": "nothing"}, "its field 'nothing' does not exist; secret ones are: client_secret, pin"),
        ({"proof_job": {"template": "Another"}}, "There is no job template 'Another'"),
        ({"proof_job": {"template": "Preflight", "limit": "cs01"}}, "takes no limit"),
        ({"ca_path": None}, "certificate"),
        ({"name": None, "organization": None, "credential_type": None, "id": 4711}, "Cannot read credential 4711"),
    ],
)
def test_what_is_in_the_way_is_told_and_no_secret_is_given_to_it(
    rotating: Rotating, place: ControllerPlace, changes: dict[str, t.Any], told: str
) -> None:
    before, row = place.value(), place.row().values["description"]
    result = run(rotating, place, **changes)
    assert result["failed"] and told in result["msg"], result["msg"]
    assert (place.value(), place.row().values["description"]) == (before, row)
    assert "controller-password" not in repr(result)


def test_an_account_that_may_read_alone_is_found_out_before_anything_is_added(
    rotating: Rotating, place: ControllerPlace
) -> None:
    state, old = rotating.site.controller.state, rotating.own_keys()
    with state.lock:
        state.add_user("auditor", "the auditor's", is_system_auditor=True)
    target = place.option()
    target["controller_credential"].update(username="auditor", password="the auditor's")
    result = rotating.run(target, prove=PROVE)
    assert result["failed"] and rotating.own_keys() == old
    assert "needs the role Admin on it" in result["msg"], result["msg"]
