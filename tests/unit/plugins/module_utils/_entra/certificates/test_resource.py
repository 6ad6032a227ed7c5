# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_application_certificate: what it reads, writes and refuses."""

from __future__ import annotations

import typing as t

import pytest
from certificate_examples import make_entry, make_key_pem, make_pem, make_public
from fake_graph import FakeGraph, call_with_graph, carry_out, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    BadAnswer,
    ConfigError,
    GuardRefused,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import RetryPolicy
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates import resource as subject

PATH = f"/applications/{guid(1)}"
PUBLIC = make_public()
ACCEPTED = {"accept_risk": ["own_key", "last_key"], "accept_reason": "leak"}


def make_resource(
    make_ctx: t.Any,
    entries: list[dict[str, t.Any]] | None,
    *,
    secrets: t.Any = (),
    method: str = "client_secret",
    **options: t.Any,
) -> tuple[subject.CertificateResource, FakeGraph]:
    """Return the resource for a registration that holds *entries*, which writes change; None: there is no such registration."""
    usual: dict[str, t.Any] = {
        "state": "present",
        "application": {"object_id": guid(1)},
        "max_removals": 20,
        "exclusive": False,
    }
    if options.get("state") != "absent":
        usual["certificate"] = make_pem()
    wire: dict[str, t.Any] | None = None
    if entries is not None:
        wire = {
            "id": guid(1),
            "appId": guid(2),
            "uniqueName": "commvault",
            "keyCredentials": entries,
            "passwordCredentials": list(secrets),
        }
    graph = FakeGraph(make_ctx({**usual, **options}), {PATH: wire})
    graph.sign_in.method = method
    graph.retry_policy = RetryPolicy()  # type: ignore[attr-defined]
    write = graph.write

    def keep(verb: str, path: str, body: t.Any, **more: t.Any) -> t.Any:
        if path.startswith("/directoryObjects"):
            return write(verb, path, body, **more)
        assert wire is not None
        known = {entry["keyId"]: entry for entry in wire["keyCredentials"]}
        wire["keyCredentials"] = [known.get(entry["keyId"], entry) for entry in body["keyCredentials"]]
        return write(verb, path, body, **more)

    graph.write = keep  # type: ignore[method-assign]
    return call_with_graph(subject.CertificateResource, graph), graph


def run(resource: subject.CertificateResource) -> None:
    planned = resource.plan()
    for step in planned.steps:
        resource.wait_before(step)
        carry_out(resource, type(planned)({}, {}, (step,)))
    assert resource.verify() == []


def test_a_certificate_is_added_beside_all_others(make_ctx: t.Any) -> None:
    others = [make_entry(3, "other"), make_entry(4, "signs", usage="Sign")]
    resource, graph = make_resource(make_ctx, others, name="job")
    run(resource)
    (write,) = graph.writes
    assert [entry["keyId"] for entry in write.body["keyCredentials"][:2]] == [guid(3), guid(4)]
    rows = resource.result()
    assert {(row["name"], row["thumbprint"]) for row in rows} == {
        ("other", make_public("other").thumbprint),
        ("job", PUBLIC.thumbprint),
    }, "what signs tokens is not listed"
    assert all(row["key_id"] and row["not_confirmed"] == [] for row in rows)
    (principal,) = {change.ids["principal"] for step in resource._planned.steps for change in step.changes}
    assert principal == guid(2)


def test_in_check_mode_the_new_one_has_no_key_id(make_ctx: t.Any) -> None:
    resource, graph = make_resource(make_ctx, [])
    assert resource.plan().changed and graph.writes == []
    assert [(row["key_id"], row["name"]) for row in resource.result()] == [(None, "CN=job")]


def test_a_certificate_that_is_there_takes_one_read(make_ctx: t.Any) -> None:
    resource, graph = make_resource(make_ctx, [make_entry(3, "other name", PUBLIC), make_entry(4, "more")])
    assert not resource.plan().changed
    assert resource.verify() == [] and graph.reads == [PATH]
    assert {row["key_id"] for row in resource.result()} == {guid(3), guid(4)}


def test_exclusive_removes_others_in_a_second_write(make_ctx: t.Any) -> None:
    resource, graph = make_resource(
        make_ctx, [make_entry(3, "old"), make_entry(4, "older"), make_entry(5, "signs", usage="Sign")], exclusive=True
    )
    run(resource)
    first, second = (write.body["keyCredentials"] for write in graph.writes)
    assert len(first) == 4 and [entry["keyId"] for entry in second] == [guid(5), second[1]["keyId"]]
    assert [row["thumbprint"] for row in resource.result()] == [PUBLIC.thumbprint]


def test_a_removal_takes_what_is_named(make_ctx: t.Any) -> None:
    resource, graph = make_resource(
        make_ctx, [make_entry(3), make_entry(4, "other")], state="absent", thumbprint=PUBLIC.thumbprint
    )
    run(resource)
    assert [entry["keyId"] for entry in graph.writes[0].body["keyCredentials"]] == [guid(4)]
    assert [row["key_id"] for row in resource.result()] == [guid(4)]


@pytest.mark.parametrize("entries", [None, [], [make_entry(4, "other")]])
def test_what_is_gone_needs_no_removal(make_ctx: t.Any, entries: t.Any) -> None:
    resource, graph = make_resource(make_ctx, entries, state="absent", key_id=guid(3))
    assert not resource.plan().changed and graph.writes == []


def test_a_missing_registration_is_an_error_for_present(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="create it first"):
        make_resource(make_ctx, None)[0].plan()


def test_an_answer_without_the_collection_is_not_written_over(make_ctx: t.Any) -> None:
    resource, graph = make_resource(make_ctx, [])
    del graph.answers[PATH]["keyCredentials"]
    with pytest.raises(BadAnswer):
        resource.plan()


def test_what_shows_at_a_second_look_is_not_added_again(make_ctx: t.Any) -> None:
    resource, graph = make_resource(make_ctx, [])
    empty, full = dict(graph.answers[PATH]), {**graph.answers[PATH], "keyCredentials": [make_entry(3)]}
    looks = iter([empty, empty, full, full, full, full])
    graph.answers[PATH] = lambda params: next(looks)
    assert not resource.plan().changed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"certificate": make_key_pem() + make_pem()}, "private key"),
        ({"thumbprint": make_public("other").thumbprint}, "does not match"),
        ({"key_id": guid(3)}, "state absent only"),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_read(make_ctx: t.Any, options: dict[str, t.Any], said: str) -> None:
    resource, graph = make_resource(make_ctx, [], **options)
    with pytest.raises(ConfigError, match=said):
        resource.plan()
    assert graph.reads == []


def test_an_expired_certificate_is_refused_unless_it_is_there_already(make_ctx: t.Any) -> None:
    expired = {"starts": -9, "ends": -1}
    resource, graph = make_resource(make_ctx, [], certificate=make_pem(**expired))
    with pytest.raises(ConfigError, match="has expired"):
        resource.plan()
    held = make_entry(3, "job", make_public(**expired), endDateTime=None)
    resource, graph = make_resource(make_ctx, [held], certificate=make_pem(**expired))
    assert not resource.plan().changed and "nobody can" in graph.ctx.warnings[0]


def test_a_certificate_that_is_not_valid_yet_is_a_warning(make_ctx: t.Any) -> None:
    resource, graph = make_resource(make_ctx, [], certificate=make_pem("later", starts=2))
    assert resource.plan().changed and "not valid before" in graph.ctx.warnings[0]


SECRET = {"keyId": guid(8), "endDateTime": "2027-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("entries", "secrets", "options", "risk"),
    [
        ([make_entry(3)], [], {}, "last_key"),
        ([make_entry(3)], [SECRET], {}, None),
        ([make_entry(3)], [{**SECRET, "endDateTime": "2026-01-01T00:00:00Z"}], {}, "last_key"),
        ([make_entry(3), make_entry(4, "other")], [], {}, None),
        ([make_entry(3), make_entry(4, "twin", PUBLIC)], [], {}, "last_key"),
        ([make_entry(3), make_entry(4, "twin", PUBLIC)], [], {"thumbprint": None, "key_id": guid(3)}, None),
        ([make_entry(3), make_entry(4, "x", usage="Sign")], [], {}, "last_key"),
    ],
)
def test_the_last_credential_that_works_goes_only_with_the_risk_accepted(
    make_ctx: t.Any, entries: t.Any, secrets: t.Any, options: dict[str, t.Any], risk: str | None
) -> None:
    asked = {"state": "absent", "thumbprint": PUBLIC.thumbprint, **options}
    resource, graph = make_resource(make_ctx, entries, secrets=secrets, **asked)
    if risk is None:
        assert resource.plan().changed
        return
    with pytest.raises(GuardRefused) as caught:
        resource.plan()
    assert caught.value.facts["risk"] == risk
    resource, graph = make_resource(make_ctx, entries, secrets=secrets, **asked, **ACCEPTED)
    assert resource.plan().changed and graph.ctx.warnings


def test_a_new_certificate_takes_the_place_of_the_last_one(make_ctx: t.Any) -> None:
    resource, graph = make_resource(make_ctx, [make_entry(3, "old")], exclusive=True)
    assert len(resource.plan().steps) == 2 and graph.ctx.warnings == []


@pytest.mark.parametrize(
    ("own", "client_id", "gone", "refused"),
    [("job", 2, 3, True), ("job", 2, 4, False), ("job", 9, 3, False), ("gone.pem", 2, 4, True)],
)
def test_the_certificate_that_the_task_signs_in_with_stays(
    make_ctx: t.Any, own: str, client_id: int, gone: int, refused: bool
) -> None:
    signs = "/nowhere/gone.pem" if own == "gone.pem" else make_key_pem() + make_pem(own)
    options = {"state": "absent", "key_id": guid(gone), "client_id": guid(client_id), "client_certificate": signs}
    entries = [make_entry(3), make_entry(4, "other")]
    resource, _graph = make_resource(make_ctx, entries, method="client_certificate", **options)
    if refused:
        with pytest.raises(GuardRefused) as caught:
            resource.plan()
        assert caught.value.facts["risk"] == "own_key"
    else:
        assert resource.plan().changed


def test_another_entry_with_the_callers_certificate_is_enough(make_ctx: t.Any) -> None:
    options = {
        "state": "absent",
        "key_id": guid(3),
        "client_id": guid(2),
        "client_certificate": make_key_pem() + make_pem(),
    }
    resource, _graph = make_resource(
        make_ctx, [make_entry(3), make_entry(4, "twin", PUBLIC)], method="client_certificate", **options
    )
    assert resource.plan().changed


def test_more_removals_than_expected_are_refused(make_ctx: t.Any) -> None:
    entries = [make_entry(number, f"old {number}") for number in (3, 4)]
    with pytest.raises(GuardRefused, match="max_removals 1"):
        make_resource(make_ctx, entries, exclusive=True, max_removals=1)[0].plan()
    assert make_resource(make_ctx, entries, exclusive=True, max_removals=2)[0].plan().changed
