# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding, activating and removing: whatever happens to answers and on replicas, one new certificate, and nothing foreign lost."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid
from fake_signing import SigningGraph, SigningService, get_thumbprint, make_principal, make_signing
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    CvopsError,
    Forbidden,
    Problems,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.task import (
    SigningCertificateTask,
)

OLD, NEW = get_thumbprint("old"), get_thumbprint("new")
PASSING = ["ok", "lost", "never", "unsent", "odd", "500", "503 done", "busy", "conflict", "gone"]


def make_service(lag_s: float = 0.0, *more: t.Any, preferred: str | None = OLD) -> SigningService:
    return SigningService(make_principal(make_signing(1, "old", 20), *more, preferred=preferred), lag_s)


def ids(service: SigningService) -> set[str]:
    principal = service.principal
    passwords = {f"password {item['keyId']}" for item in principal["passwordCredentials"]}
    return {item["keyId"] for item in principal["keyCredentials"]} | passwords


def count(service: SigningService) -> int:
    return sum(item["usage"] == "Sign" for item in service.principal["keyCredentials"])


@given(
    st.lists(st.sampled_from([*PASSING, "forbidden"]), max_size=5),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.sampled_from([0.0, 30.0]),
)
def test_whatever_happens_one_certificate_is_added(outcomes: list[str], lag_s: float, pause_s: float) -> None:
    service = make_service(lag_s)
    before, is_done = ids(service), True
    try:
        _task, actions = SigningGraph(service, outcomes).run()
        assert actions == ["add_signing_certificate"]
    except CvopsError:
        is_done = False
    assert before <= ids(service) and count(service) <= 2
    service.clock.at += pause_s
    graph = SigningGraph(service)
    graph.run()
    assert count(service) == 2 and before <= ids(service)
    assert not (is_done and graph.writes), "said to be done, and done again"
    service.clock.at += 30.0
    assert SigningGraph(service).run()[1] == []


@given(st.lists(st.sampled_from([*PASSING, "forbidden"]), max_size=5), st.sampled_from([0.0, 0.3, 2.0]))
def test_whatever_happens_only_what_is_named_is_removed(outcomes: list[str], lag_s: float) -> None:
    service = make_service(lag_s, make_signing(3, "new"), make_signing(5, "own", sign=False), preferred=NEW)
    before = ids(service)
    try:
        SigningGraph(service, outcomes, remove=[OLD]).run()
    except CvopsError:
        assert before - ids(service) <= {guid(1), guid(2), f"password {guid(1)}"}
    service.clock.at += 30.0
    SigningGraph(service, remove=[OLD]).run()
    assert before - ids(service) == {guid(1), guid(2), f"password {guid(1)}"}
    service.clock.at += 30.0
    assert SigningGraph(service, remove=[OLD]).run()[1] == []


def test_all_stages_in_one_task() -> None:
    spare = make_signing(7, "spare", 10)
    service = SigningService(make_principal(make_signing(1, "old", 20), spare), 1.0)
    task, actions = SigningGraph(service, activate="first", remove=[get_thumbprint("spare")]).run()
    assert actions == [f"{verb}_signing_certificate" for verb in ("add", "activate", "remove")]
    assert count(service) == 2 and guid(7) not in ids(service)
    (_old, new) = task.build_rows(True, service.principal["preferredTokenSigningKeyThumbprint"])
    assert new["active"] and new["key_id"] == service.principal["keyCredentials"][-1]["keyId"]


def test_removing_sends_passwords_only_where_one_goes() -> None:
    keys, _passwords = make_signing(3, "bare")
    service = make_service(0.0, (keys, []))
    graph = SigningGraph(service, remove=[get_thumbprint("bare")], renew_before_days=0)
    graph.run()
    ((_method, _path, body),) = graph.writes
    assert list(body) == ["keyCredentials"]
    assert all(entry["key"] is None for entry in body["keyCredentials"])


def test_one_that_another_run_has_added_meanwhile_is_taken() -> None:
    service = make_service()
    graph = SigningGraph(service)
    task = SigningCertificateTask(graph.ctx, t.cast("t.Any", graph))
    (step,) = task.plan("object", "saml", "Sign-on").steps
    service.before_request[service.requests + 2] = lambda: service.make("CN=other", "2029-01-01T00:00:00Z") and None
    task.make("object", "Sign-on")
    assert graph.writes == [] and count(service) == 2 and step.action == "add_signing_certificate"
    assert task.build_rows(True, None)[-1]["name"] == "CN=other"


def test_two_runs_at_the_same_time_are_told_of_each_other() -> None:
    service = make_service()
    graph = SigningGraph(service)
    task = SigningCertificateTask(graph.ctx, t.cast("t.Any", graph))
    task.plan("object", "saml", "Sign-on")
    service.before_request[service.requests + 6] = lambda: service.make("CN=other", "2028-01-01T00:00:00Z") and None
    task.make("object", "Sign-on")
    assert count(service) == 3 and "2 new token signing certificates" in str(graph.ctx.warnings)


def test_one_that_is_made_active_meanwhile_is_not_removed() -> None:
    service = make_service(0.0, make_signing(3, "new"), preferred=NEW)
    graph = SigningGraph(service, remove=[OLD])
    task = SigningCertificateTask(graph.ctx, t.cast("t.Any", graph))
    (step,) = task.plan("object", "saml", "Sign-on").steps
    service.change(preferredTokenSigningKeyThumbprint=OLD)
    with pytest.raises(ApiError, match="is active") as caught:
        task.remove(step)
    assert caught.value.is_outdated and graph.writes == []
    with pytest.raises(Problems, match="cannot be"):
        task = SigningCertificateTask(graph.ctx, t.cast("t.Any", graph))
        task.plan("object", "saml", "Sign-on")


def test_foreign_credentials_that_are_gone_afterwards_are_told() -> None:
    service = make_service(0.0, make_signing(3, "new"), preferred=NEW)
    task, _actions = SigningGraph(service, remove=[OLD]).run()
    assert task.list_unshown(NEW, None) == []
    task.check_lost()
    service.change(passwordCredentials=[])
    assert task.list_unshown(NEW, None) == ["signing_certificate"]
    with pytest.raises(ApiError, match="has lost certificates while") as caught:
        task.check_lost()
    assert caught.value.code == "certificates_lost"


def test_an_activation_that_does_not_show_is_told() -> None:
    service = make_service(0.0, make_signing(3, "new"))
    task, _actions = SigningGraph(service, activate=NEW).run()
    assert task.list_unshown(OLD, NEW) == ["signing_certificate"]
    assert task.list_unshown(NEW, NEW) == []


def test_a_lost_answer_whose_certificate_is_not_seen_says_what_to_do() -> None:
    service = make_service()
    with pytest.raises(ApiError, match="Run the task again: it looks first") as caught:
        SigningGraph(service, ["never"]).run()
    assert caught.value.facts["outcome"] == "unknown"
    with pytest.raises(Forbidden):
        SigningGraph(service, ["forbidden"]).run()


def test_private_parts_of_answers_are_hidden_and_not_kept() -> None:
    keys, passwords = make_signing(3, "new")
    passwords[0]["secretText"], keys[0]["key"] = "text-of-the-password", "MIIBprivatekeytext"
    service = make_service(0.0, (keys, passwords), preferred=NEW)
    graph = SigningGraph(service, remove=[OLD])
    task = SigningCertificateTask(graph.ctx, t.cast("t.Any", graph))
    planned = task.plan("object", "saml", "Sign-on")
    shown = str([planned, task.build_rows(True, None)])
    assert "text-of-the-password" not in shown and "MIIBprivatekeytext" not in shown
    for part in ("text-of-the-password", "MIIBprivatekeytext"):
        assert part in graph.ctx.secrets


def test_a_failing_look_at_what_was_added_is_no_failure() -> None:
    service = make_service(0.0)
    graph = SigningGraph(service)
    task = SigningCertificateTask(graph.ctx, t.cast("t.Any", graph))
    task.plan("object", "saml", "Sign-on")
    failure = ApiError("Cannot: HTTP 500", status=500)
    graph.read_failures = [None] * 5 + [failure]
    task.make("object", "Sign-on")
    assert graph.read_failures == [] and len(graph.writes) == 1
    graph = SigningGraph(make_service(0.0))
    task = SigningCertificateTask(graph.ctx, t.cast("t.Any", graph))
    task.plan("object", "saml", "Sign-on")
    graph.read_failures = [failure]
    with pytest.raises(ApiError, match="HTTP 500"):
        task.make("object", "Sign-on")
    assert graph.writes == [], "a failing read is never nothing there"
