# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential of a controller as a consumer: one field is written with its mark, and a job or its owner says that it works there."""

from __future__ import annotations

import typing as t

import pytest
from fake_controller import ENCRYPTED, FakeController

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    BadAnswer,
    ConfigError,
    CvopsError,
    Forbidden,
    NotFound,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.controller_credential import (
    ControllerCredentialTarget,
    WantedCredential,
)
from ansible_collections.cvops.identity.plugins.module_utils._stores.controller_credentials import (
    ControllerCredentials,
    ProofJob,
)

APP = "abcdef66-7777-4888-8999-000000000000"
OLD, NEW = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70", "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b71"
KEY = KeyValue(NEW, "", APP, "", "the value")
JOB = ProofJob("Preflight")


@pytest.fixture
def controller() -> FakeController:
    found = FakeController()
    found.add_credential(7, "entra", f"of backup\n[cvops secret: {OLD}]")
    found.add_template(9, "Preflight", 4, 7)
    return found


def open_target(
    make_ctx: t.Any,
    controller: FakeController,
    job: ProofJob | None = JOB,
    acknowledged: str | None = None,
    **wanted: t.Any,
) -> ControllerCredentialTarget:
    credentials = ControllerCredentials(make_ctx(), t.cast("t.Any", controller))
    named = WantedCredential("client_secret", **(wanted or {"name": "entra"}))
    return ControllerCredentialTarget("jobs", named, APP, credentials, job, acknowledged)


def test_a_field_is_written_with_its_mark_and_the_others_stay(make_ctx: t.Any, controller: FakeController) -> None:
    target = open_target(make_ctx, controller)
    state = target.read()
    assert (state.key_id, state.is_known, state.is_confirmed, state.confirmed_by) == (OLD, True, True, "job")
    target.check()
    assert target.switch(KEY) == "switched"
    assert controller.stored[7] == {"client_id": "app", "client_secret": "the value", "pin": "1"}
    assert controller.written == [
        {
            "inputs": {"client_id": "app", "client_secret": "the value", "pin": ENCRYPTED},
            "description": f"of backup\n[cvops unproven secret: {NEW} in client_secret]",
        }
    ]
    state = target.read()
    assert (state.key_id, state.is_confirmed) == (NEW, False)
    target.switch(KEY)
    assert len(controller.written) == 1 and controller.launched == []


def test_a_mark_of_another_field_tells_nothing_of_this_one(make_ctx: t.Any, controller: FakeController) -> None:
    """A field that was named by mistake would else be taken for the one that was written."""
    controller.runs = ["successful"] * 2
    credentials = ControllerCredentials(make_ctx(), t.cast("t.Any", controller))
    wrong = ControllerCredentialTarget("jobs", WantedCredential("pin", name="entra"), APP, credentials, JOB)
    wrong.switch(KEY)
    wrong.confirm(NEW)
    right = open_target(make_ctx, controller)
    state = right.read()
    assert (state.key_id, state.is_known, state.may_hold_unseen) == (None, False, True)
    right.switch(KEY)
    assert controller.stored[7]["client_secret"] == "the value" and not right.read().is_confirmed
    right.confirm(NEW)
    assert controller.written[-1] == {"description": f"of backup\n[cvops secret: {NEW} in client_secret]"}
    assert len(controller.launched) == 2


@pytest.mark.parametrize("job_type", ["job", "workflow_job"])
def test_a_job_confirms_it_once(make_ctx: t.Any, controller: FakeController, job_type: str) -> None:
    """The jobs of a template with slices are a workflow job."""
    controller.job_type, controller.runs = job_type, ["successful"]
    job = ProofJob("Preflight", "Backup", {"cvops_mode": "check"}, "localhost")
    target = open_target(make_ctx, controller, job)
    target.switch(KEY)
    target.confirm(NEW)
    assert controller.launched == [{"extra_vars": {"cvops_mode": "check"}, "limit": "localhost"}]
    assert controller.written[1:] == [{"description": f"of backup\n[cvops secret: {NEW} in client_secret]"}]
    assert controller.stored[7]["client_secret"] == "the value" and target.read().is_confirmed
    target.confirm(NEW)
    assert len(controller.launched) == 1


@pytest.mark.parametrize("status", ["failed", "error", "canceled"])
def test_a_job_that_fails_confirms_nothing(make_ctx: t.Any, controller: FakeController, status: str) -> None:
    controller.runs = [status]
    target = open_target(make_ctx, controller)
    target.switch(KEY)
    with pytest.raises(ApiError, match=f"job 101 of job template 'Preflight' ended as {status} ") as caught:
        target.confirm(NEW)
    assert "\x07" not in str(caught.value) and not target.read().is_confirmed


def test_a_job_without_an_end_is_not_waited_for_longer(make_ctx: t.Any, controller: FakeController) -> None:
    controller.runs = ["running"]
    target = open_target(make_ctx, controller, ProofJob("Preflight", within_s=30))
    target.switch(KEY)
    with pytest.raises(WaitTimeout, match="Waited 30 s for the end of job 101"):
        target.confirm(NEW)
    assert not target.read().is_confirmed


def test_what_somebody_else_wrote_meanwhile_is_not_confirmed(make_ctx: t.Any, controller: FakeController) -> None:
    target = open_target(make_ctx, controller)
    target.switch(KEY)

    def write_by_hand() -> None:
        controller.objects["credentials"][7]["description"] = "by hand"

    controller.runs, controller.on_launch = ["successful"], write_by_hand
    with pytest.raises(ConfigError, match="somebody else has changed it in the meantime"):
        target.confirm(NEW)
    assert controller.objects["credentials"][7]["description"] == "by hand" and not target.read().is_known


def test_without_a_job_its_owner_acknowledges_it(make_ctx: t.Any, controller: FakeController) -> None:
    open_target(make_ctx, controller, None).switch(KEY)
    waiting, told = (open_target(make_ctx, controller, None, one).read() for one in (OLD, NEW.upper()))
    assert (waiting.confirmed_by, waiting.is_confirmed) == ("owner", False)
    assert (told.key_id, told.is_confirmed) == (NEW, True)


def test_one_of_several_names_is_chosen_by_what_is_given(make_ctx: t.Any, controller: FakeController) -> None:
    controller.add_credential(8, "entra", organization="Other")
    with pytest.raises(AmbiguousMatch, match="id 7, organization 'Backup'.*id 8, organization 'Other'"):
        open_target(make_ctx, controller).read()
    assert open_target(make_ctx, controller, name="entra", organization="Other").read().may_hold_unseen
    assert open_target(make_ctx, controller, id=7).read().key_id == OLD
    with pytest.raises(NotFound):
        open_target(make_ctx, controller, id=0).read()
    with pytest.raises(ConfigError, match="There is no credential 'entra'.*'Nobody'.* that this account sees"):
        open_target(make_ctx, controller, name="entra", organization="Nobody").read()


@pytest.mark.parametrize(
    ("modified", "since"), [(None, None), ("2026-11-28T02:00:00.5Z", "2026-11-28T02:00:00.500000+00:00")]
)
def test_the_overlap_begins_with_the_last_change(
    make_ctx: t.Any, controller: FakeController, modified: t.Any, since: str | None
) -> None:
    credential = controller.objects["credentials"][7]
    credential["modified"] = modified
    found = open_target(make_ctx, controller).read().since
    assert (found.isoformat() if found else None) == since
    credential["description"] = "by hand"
    assert open_target(make_ctx, controller).read().since is None


def test_a_date_that_is_none_is_not_passed_over(make_ctx: t.Any, controller: FakeController) -> None:
    controller.objects["credentials"][7]["modified"] = "yesterday"
    with pytest.raises(ApiError, match="no valid date as modified of a credential"):
        open_target(make_ctx, controller).read()


@pytest.mark.parametrize("application", [APP, APP.upper(), "", "{{ from elsewhere }}"])
def test_a_credential_of_the_application_is_written(
    make_ctx: t.Any, controller: FakeController, application: str
) -> None:
    controller.stored[7]["client_id"] = application
    assert open_target(make_ctx, controller).read().key_id == OLD


def test_a_credential_of_another_application_is_not_touched(make_ctx: t.Any, controller: FakeController) -> None:
    controller.stored[7]["client_id"] = OLD
    with pytest.raises(ConfigError, match=f"is of application {OLD}"):
        open_target(make_ctx, controller).switch(KEY)
    assert controller.written == []


def _break(controller: FakeController, what: str) -> None:
    credential, template = controller.objects["credentials"][7], controller.objects["job_templates"][9]
    fields = controller.objects["credential_types"][3]["inputs"]["fields"]
    if what == "may_not_edit":
        credential["summary_fields"]["user_capabilities"]["edit"] = False
    elif what == "no_field":
        fields.pop(1)
    elif what == "open_field":
        fields[1]["secret"] = False
    elif what == "linked":
        controller.linked.append("client_secret")
    elif what == "no_template":
        template["name"] = "Another"
    elif what == "may_not_start":
        template["summary_fields"]["user_capabilities"]["start"] = False
    elif what == "unused":
        template["summary_fields"]["credentials"].pop()
    elif what == "asks":
        controller.asks.update(variables_needed_to_start=["scope", "given", ["odd"]], inventory_needed_to_start=True)


@pytest.mark.parametrize(
    ("what", "kind", "told"),
    [
        ("may_not_edit", Forbidden, "needs the role Admin on it"),
        ("no_field", ConfigError, "field 'client_secret' does not exist; secret ones are: pin"),
        ("open_field", ConfigError, "field 'client_secret' is not secret"),
        ("linked", ConfigError, "is read from another store"),
        ("no_template", ConfigError, "There is no job template 'Preflight'"),
        ("may_not_start", Forbidden, "needs the role Execute on it"),
        ("unused", ConfigError, "does not use credential 'entra'"),
        ("asks", ConfigError, r"needs answers to start \(scope, \['odd'\]\).*asks for an inventory at each launch"),
        ("closed", ConfigError, "takes no extra_vars.*takes no limit"),
    ],
)
def test_what_is_in_the_way_is_found_before_anything_is_written(
    make_ctx: t.Any, controller: FakeController, what: str, kind: type[CvopsError], told: str
) -> None:
    controller.asks = {} if what == "closed" else {"ask_variables_on_launch": True, "ask_limit_on_launch": True}
    target = open_target(make_ctx, controller, ProofJob("Preflight", None, {"given": 1}, "localhost"))
    if what != "closed":
        target.check()
        _break(controller, what)
    with pytest.raises(kind, match=told):
        target.check()
    assert controller.written == controller.launched == []


@pytest.mark.parametrize(
    "name", ["variables_needed_to_start", "passwords_needed_to_start", "inventory_needed_to_start"]
)
def test_a_launch_of_which_nothing_is_told_is_none_that_needs_nothing(
    make_ctx: t.Any, controller: FakeController, name: str
) -> None:
    controller.asks = {name: None}
    with pytest.raises(BadAnswer, match="does not say what a launch of job template 'Preflight' needs"):
        open_target(make_ctx, controller).check()


def test_fields_of_which_it_is_not_told_where_they_come_from_are_not_written(
    make_ctx: t.Any, controller: FakeController
) -> None:
    controller.linked.append(None)
    with pytest.raises(BadAnswer, match="does not say which fields of credential 'entra' come from elsewhere"):
        open_target(make_ctx, controller).check()


def test_another_object_than_that_which_was_asked_for_is_not_taken_for_it(
    make_ctx: t.Any, controller: FakeController
) -> None:
    """Neither a credential, which would be written, nor the type of one, nor a job, which would say that it works."""
    credentials, types = controller.objects["credentials"], controller.objects["credential_types"]
    credentials[8] = credentials[7]
    with pytest.raises(BadAnswer, match="Cannot read credential 8: the controller shows another object than that"):
        open_target(make_ctx, controller, id=8).switch(KEY)
    assert controller.written == []
    del credentials[8]
    types[3]["id"] = 4
    with pytest.raises(BadAnswer, match="Cannot read the type of credential 'entra': the controller shows another"):
        open_target(make_ctx, controller).check()
    controller.runs = ["successful"]
    target = open_target(make_ctx, controller)
    target.switch(KEY)
    controller.job_offset = 1
    with pytest.raises(BadAnswer, match="Cannot read job 101 of job template 'Preflight'"):
        target.confirm(NEW)
    assert not target.read().is_confirmed


@pytest.mark.parametrize("ignored", [{"limit": "localhost"}, ["limit"], "limit"])
def test_a_launch_that_leaves_something_out_confirms_nothing(
    make_ctx: t.Any, controller: FakeController, ignored: t.Any
) -> None:
    controller.runs, controller.ignored = ["successful"], ignored
    target = open_target(make_ctx, controller, ProofJob("Preflight", limit="localhost"))
    target.switch(KEY)
    with pytest.raises(ConfigError, match="runs without limit"):
        target.confirm(NEW)
    assert not target.read().is_confirmed
