# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module secret_rotation: what is predicted, told, returned, logged, and when a task fails."""

from __future__ import annotations

import datetime
import json
import pathlib
import types
import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid
from rotation_fakes import FILE, FakeSecrets, FakeStore, FakeTarget, build_key, complete_options

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.policy import POLICY_EXCEPTIONS
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import apply
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import resource as subject
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys import secret_keys
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.proof import Proof
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.returned import ReturnTarget
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import StoredKey

PATH, POLICY = f"/applications/{guid(1)}", "/policies/defaultAppManagementPolicy"
DUE, FRESH = build_key(3, 92), build_key(4, 2)
VALUE = "the value of the new key"
ADDED = {
    "keyId": guid(7).upper(),
    "displayName": "cvops/backup/bbbbbb000000",
    "endDateTime": "2026-09-01T09:41:00Z",
    "secretText": VALUE,
}


class Scene:
    """The resource for an application with these *keys*; ``secrets``: what its writer was asked for."""

    def __init__(
        self,
        make_ctx: t.Any,
        monkeypatch: pytest.MonkeyPatch,
        *targets: t.Any,
        keys: t.Sequence[t.Mapping[str, t.Any]] = (DUE,),
        proof: Proof | None = None,
        check: bool = False,
        **options: t.Any,
    ) -> None:
        self.secrets = FakeSecrets(ADDED)
        monkeypatch.setattr(secret_keys, "SecretWriter", self.secrets.build_writer)
        monkeypatch.setattr(apply, "prove_key", lambda *args: proof or Proof("", 3))
        monkeypatch.setattr(subject, "build_targets", lambda *args: list(targets))
        accepted = options.pop("accept_risk", None)
        asked = {"application": {"object_id": guid(1)}, "tenant_id": "tenant", "cloud": "public"}
        self.ctx = make_ctx({**asked, **complete_options(**options), "accept_risk": accepted}, check_mode=check)
        wire = {"id": guid(1), "appId": guid(2), "displayName": "job", "passwordCredentials": list(keys)}
        self.graph = FakeGraph(self.ctx, {PATH: wire, f"{PATH}/appManagementPolicies": []})
        self.graph.sign_in.method = "managed_identity"  # none of the keys is the caller's
        self.resource = call_with_graph(subject.RotationResource, self.graph)

    def run(self) -> Plan:
        planned = self.resource.plan()
        carry_out(self.resource, planned)
        return planned


def make_targets() -> tuple[FakeStore, FakeTarget]:
    """Return a store and a consumer that have the key which is due."""
    return FakeStore("vault", key_id=guid(3)), FakeTarget("cs01", key_id=guid(3))


def test_what_check_mode_predicts_is_what_comes(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(make_ctx, monkeypatch, *make_targets(), check=True, consumers_complete=True)
    planned = scene.resource.plan()
    predicted = scene.resource.result()
    targets = make_targets()
    scene = Scene(make_ctx, monkeypatch, *targets, consumers_complete=True)
    assert [step.subject for step in scene.run().steps] == [step.subject for step in planned.steps]
    found = scene.resource.result()
    assert (found["outcome"], found["previous_key_ids"], found["active_key_id"]) == ("overlap", [guid(3)], guid(7))
    assert [target["key_id"] for target in found["targets"]] == [guid(7), guid(7)]
    assert predicted["active_key_id"] is None
    without_ids = {"active_key_id": None, "targets": [{**target, "key_id": None} for target in found["targets"]]}
    assert predicted == {**found, **without_ids}
    assert [target.switched for target in targets] == [[VALUE], [VALUE]]


def test_a_diff_has_what_changes_and_no_dates_that_pass(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = Scene(make_ctx, monkeypatch, *make_targets()).resource.plan()
    assert (planned.before["changes"], planned.after["changes"]) == ([], [step.subject for step in planned.steps])
    assert {"reason", "gates", "expires", "retire_after"}.isdisjoint({*planned.before, *planned.after})
    scene = Scene(make_ctx, monkeypatch, FakeTarget("cs01", key_id=guid(4)), keys=[FRESH])
    planned = scene.resource.plan()
    assert (planned.changed, planned.before) == (False, planned.after)
    assert (scene.resource.result()["outcome"], scene.resource.find_fault()) == ("not_due", None)


def test_the_value_is_the_result_where_it_was_asked_for_alone(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(make_ctx, monkeypatch, ReturnTarget("the result"))
    planned = scene.resource.plan()
    assert (scene.resource.result()["value"], scene.resource.salvage()) == (None, {})
    carry_out(scene.resource, planned)
    assert scene.resource.result()["value"] == VALUE
    assert scene.resource.salvage()["salvaged"]["rotation"]["value"] == VALUE
    scene = Scene(make_ctx, monkeypatch, *make_targets())
    scene.run()
    assert VALUE not in str((scene.resource.result(), scene.resource.salvage()))
    assert scene.resource.salvage()["salvaged"]["rotation"]["active_key_id"] == guid(7)


def test_a_rotation_that_cannot_go_on_fails_with_its_reason(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(make_ctx, monkeypatch, *make_targets(), proof=Proof("refused", 9, "AADSTS7000215"))
    scene.run()
    fault = scene.resource.find_fault()
    assert fault is not None
    assert (fault.kind, fault.facts["outcome"]) == ("rotation", "added_unproven")
    assert "AADSTS7000215" in str(fault)
    assert [step.action for step in scene.resource.get_applied_plan().steps] == ["add", "store"]


def test_a_target_that_fails_is_named_and_what_was_done_is_told(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, consumer = make_targets()
    consumer.error = Forbidden("not its owner")
    scene = Scene(make_ctx, monkeypatch, store, consumer)
    scene.run()
    fault = scene.resource.find_fault()
    assert fault is not None
    assert fault.facts["outcome"] == "switch_partial"
    assert "cs01: not its owner" in str(fault)
    assert [step.action for step in scene.resource.get_applied_plan().steps] == ["add", "store", "prove", "switch"]
    assert [target["state"] for target in scene.resource.result()["targets"]] == ["active", "failed"]


def test_what_a_service_repeats_of_a_request_is_not_told(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where a target failed, and not where the proof did."""
    store, consumer = make_targets()
    consumer.error = Forbidden("refused Hx8Q~the-token-of-a-session")
    for proof in (None, Proof("refused", 9, "refused Hx8Q~the-token-of-a-session")):
        scene = Scene(make_ctx, monkeypatch, store, consumer, proof=proof)
        scene.ctx.secrets.add("Hx8Q~the-token-of-a-session")
        scene.run()
        told = str((scene.resource.result(), scene.resource.salvage(), scene.resource.find_fault()))
        assert "refused" in told
        assert "Hx8Q" not in told


def test_both_ways_out_of_a_policy_are_told_once(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(make_ctx, monkeypatch, *make_targets())
    ban = {"passwordCredentials": [{"restrictionType": "passwordAddition", "state": "enabled"}]}
    scene.graph.answers[POLICY] = {"isEnabled": True, "applicationRestrictions": ban}
    assert not scene.resource.plan().changed
    assert scene.resource.result()["reason"].count(POLICY_EXCEPTIONS) == 1
    scene = Scene(make_ctx, monkeypatch, *make_targets())
    code = "CredentialTypeNotAllowedAsPerAppPolicy"
    scene.secrets.refusal = ApiError(f"Cannot add a secret. {POLICY_EXCEPTIONS}", code=code)
    scene.run()
    found = scene.resource.result()
    assert (found["outcome"], found["reason"].count(POLICY_EXCEPTIONS)) == ("blocked_by_app_policy", 1)
    assert scene.resource.salvage() == {}


def test_keys_that_were_made_by_hand_are_superseded_when_told(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand = {**build_key(9, 200, lifetime_days=400), "displayName": "made by hand"}
    consumer = FakeTarget("cs01", key_id=guid(4))
    for adopted in ([], [guid(9).upper()]):
        scene = Scene(make_ctx, monkeypatch, consumer, keys=[by_hand, FRESH], adopt_key_ids=adopted)
        scene.resource.plan()
        assert scene.resource.result()["previous_key_ids"] == [key_id.lower() for key_id in adopted]


def test_what_another_run_has_begun_is_taken_over_with_the_risk_accepted(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [DUE, build_key(5, 1 / 1440)]
    scene = Scene(make_ctx, monkeypatch, *make_targets(), keys=keys)
    assert not scene.resource.plan().changed
    assert scene.resource.result()["outcome"] == "unfinished_run"
    scene = Scene(make_ctx, monkeypatch, *make_targets(), keys=keys, accept_risk=["unfinished_run"])
    assert [step.action for step in scene.resource.plan().steps][:2] == ["withdraw", "add"]


def test_what_was_added_and_removed_is_waited_for(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(make_ctx, monkeypatch, *make_targets(), keys=[DUE, build_key(5, 1)])
    scene.run()
    assert scene.resource.verify() == []
    assert scene.secrets.removed == scene.secrets.gone == [guid(5)]
    scene.secrets.is_listed = False
    assert scene.resource.verify() == [{"field": "list"}]


def test_going_back_takes_an_earlier_value_that_a_store_has(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    new, old = (StoredKey(f"value {number}", guid(number).upper(), "", guid(2), "") for number in (4, 3))
    store = types.SimpleNamespace(kind="file", label="file /x", read_current=lambda: new, read_previous=lambda: old)
    monkeypatch.setattr(subject, "open_secret_store", lambda *args: store)
    consumer = FakeTarget("cs01", key_id=guid(4))
    scene = Scene(make_ctx, monkeypatch, consumer, keys=[DUE, FRESH], rollback_from=FILE)
    scene.run()
    found = scene.resource.result()
    assert (found["outcome"], found["active_key_id"], consumer.switched) == ("rolled_back", guid(3), ["value 3"])
    store.read_previous = lambda: None
    scene = Scene(make_ctx, monkeypatch, consumer, keys=[DUE, FRESH], rollback_from=FILE)
    with pytest.raises(ConfigError, match="file /x has no earlier key"):
        scene.resource.plan()


def test_the_log_has_a_line_for_each_run_that_did_something(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    log = {"rotation_log": str(tmp_path / "log" / "rotations.jsonl")}
    fresh = FakeTarget("cs01", key_id=guid(4))
    for scene in (
        Scene(make_ctx, monkeypatch, fresh, keys=[FRESH], **log),
        Scene(make_ctx, monkeypatch, *make_targets(), check=True, **log),
    ):
        scene.resource.plan()
        scene.ctx.close()
    assert list(tmp_path.iterdir()) == []
    scene = Scene(make_ctx, monkeypatch, *make_targets(), ReturnTarget("the result"), **log)
    scene.run()
    scene.ctx.close()
    (line,) = pathlib.Path(log["rotation_log"]).read_text().splitlines()
    entry = json.loads(line)
    assert (entry["added_key_id"], entry["is_proven"], entry["sign_ins_of_proof"]) == (guid(7), True, 3)
    assert len(entry["steps_done"]) == 5
    assert VALUE not in line


@pytest.mark.parametrize("check", [True, False])
def test_a_service_at_the_end_of_time_is_no_fault_of_ours(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    last = datetime.datetime.max.replace(microsecond=0, tzinfo=datetime.timezone.utc)
    store, consumer = make_targets()
    store.kept_until = last.replace(year=1, month=1)
    store.kept = KeyValue(guid(8), "", guid(2), "", "an earlier value")
    late = {**build_key(5, 1), "startDateTime": format_time(last), "endDateTime": None}
    for keys, is_changing in (([DUE, late], False), ([DUE], True)):
        scene = Scene(make_ctx, monkeypatch, store, consumer, keys=keys, check=check)
        monkeypatch.setattr(scene.graph, "get_service_time", lambda: last)
        planned = scene.resource.plan()
        assert planned.changed is is_changing
        if not check:
            carry_out(scene.resource, planned)
        assert (scene.resource.result()["outcome"] == "unfinished_run") is not is_changing


def test_an_approval_of_a_plan_is_none_of_a_later_rotation(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def list_ids(*keys: t.Mapping[str, t.Any], **more: t.Any) -> list[str]:
        key_id = keys[-1]["keyId"].lower() if keys else None
        targets = FakeStore("vault", key_id=key_id), FakeTarget("cs01", key_id=key_id)
        planned = Scene(make_ctx, monkeypatch, *targets, keys=keys, **more).resource.plan()
        return [change["id"] for change in list_planned_changes("rotation", planned)]

    first, due = list_ids(), list_ids(DUE)
    assert list_ids(DUE, check=True) == list_ids(DUE) == due
    assert set(first).isdisjoint(due)
    assert set(due).isdisjoint(list_ids(build_key(3, 182), build_key(5, 92)))
    assert len(due) == len(first) == 5
