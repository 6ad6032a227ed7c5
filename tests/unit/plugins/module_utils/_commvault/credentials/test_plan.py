# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a credential: applied and planned again it is empty, others keep their rights, and the secret follows its policy."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from credential_examples import APPLICATION, SECRET, TENANT, WIRE
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.bodies import (
    build_creation,
    build_update,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.canonical import (
    Credential,
    Holder,
    is_own_association,
    parse_credential,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.desired import (
    DesiredCredential,
    desired_credential,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.environments import (
    ENVIRONMENTS,
    list_default_endpoints,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.plan import (
    list_removed_holders,
    plan_credential,
    plan_credential_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan

NAMES = {Principal("user", 44): "svc", Principal("user", 45): "ann", Principal("user_group", 21): "Storage Team"}
NEW_APPLICATION = "77777777-7777-4888-8999-000000000009"
OURS = parse_credential(WIRE)
OWN = {"active_directory": "https://adfs.corp.example/", "resource_manager": "https://arm.corp.example/"}


class Service:
    """A model of the service, which keeps what the bodies of our requests say."""

    def __init__(self, wire: dict[str, t.Any] | None) -> None:
        self.wire, self.secret = wire, "old"

    def apply(self, planned: Plan) -> None:
        for step in planned.steps:
            before, after = step.data["before"], step.data["after"]
            secret = SECRET if step.data["secret"] else None
            if before is None:
                self.wire = {"id": 61, "security": {"associations": []}, **build_creation(after, SECRET)}
                self.secret = self.wire.pop("applicationSecret")
                continue
            body = build_update(before, after, secret)
            self.secret = body.pop("newApplicationSecret", self.secret)
            self.wire = {**(self.wire or {}), **body}

    @property
    def credential(self) -> Credential | None:
        return None if self.wire is None else parse_credential(self.wire)


HOLDERS = st.frozensets(st.sampled_from([Holder(one, name) for one, name in NAMES.items()]))
ROWS = st.lists(
    st.builds(
        lambda principal, permission, is_creator: {
            ("userGroup" if principal.kind == "user_group" else "user"): {"id": principal.id},
            "permissions": {"permissionId": permission},
            "isCreatorAssociation": is_creator,
        },
        st.sampled_from(list(NAMES)),
        st.sampled_from([218, 219]),
        st.booleans(),
    ),
    max_size=4,
)
WIRES = st.none() | st.builds(
    lambda environment, description, rows: {
        **WIRE,
        "environment": environment,
        "endpoints": WIRE["endpoints"],
        "description": description,
        "security": {"owner": {"user": {"id": 44}}, "associations": rows},
    },
    st.sampled_from(["AzureCloud", "AZURE_CLOUD"]),
    st.sampled_from(["", "old", "old\n[cvops secret: key-1]", "[cvops secret: key-1]"]),
    ROWS,
)
WISHES = st.builds(
    DesiredCredential,
    name=st.just("azure-prod"),
    description=st.sampled_from([None, "", "old", "new"]),
    azure_tenant_id=st.just(TENANT),
    azure_application_id=st.sampled_from([APPLICATION, APPLICATION.replace("a", "b")]),
    azure_application_name=st.sampled_from([None, "Backup"]),
    environment=st.sampled_from([None, "public", "usgov", "china", "germany"]),
    endpoints=st.none() | st.just({"storage": "blob.corp.example"}),
    has_secret=st.just(True),
    secret_policy=st.sampled_from(["on_create", "fingerprint"]),
    secret_fingerprint=st.sampled_from(["key-1", "key-2"]),
    owner=st.none() | st.just(Holder(Principal("user", 44))),
    shared_with=st.none() | HOLDERS,
    exclusive=st.booleans(),
)


@given(WIRES, WISHES)
def test_applied_and_planned_again_nothing_is_left(wire: dict[str, t.Any] | None, wanted: DesiredCredential) -> None:
    service = Service(wire)
    before = list(wire["security"]["associations"]) if wire else []
    first = plan_credential(wanted, service.credential)
    service.apply(first)
    assert plan_credential(wanted, service.credential).steps == ()
    assert first.before != first.after or not first.steps
    after = service.wire["security"].get("associations", []) if service.wire else []
    assert [row for row in after if not is_own_association(row)] == [
        row for row in before if not is_own_association(row)
    ]
    if wanted.shared_with is not None and service.credential is not None:
        has = service.credential.holders or []
        assert set(wanted.shared_with) <= set(has) or not wanted.shared_with
        assert SECRET not in str(first)


@given(WIRES, WISHES)
def test_the_secret_is_written_with_its_mark_and_never_without_a_reason(
    wire: dict[str, t.Any] | None, wanted: DesiredCredential
) -> None:
    service = Service(wire)
    old = service.credential
    service.apply(plan_credential(wanted, old))
    due = old is None or (wanted.secret_policy == "fingerprint" and old.secret_fingerprint != wanted.secret_fingerprint)
    assert (service.secret != "old") is due
    found = service.credential
    assert found is not None
    assert found.secret_fingerprint == (wanted.secret_fingerprint if due else old and old.secret_fingerprint)


def _wanted(**options: t.Any) -> DesiredCredential:
    return desired_credential({"name": "azure-prod", **options})


def test_always_writes_in_every_run_and_takes_a_mark_away_that_would_lie() -> None:
    service = Service(dict(WIRE))
    for _again in range(2):
        planned = plan_credential(_wanted(secret=SECRET, secret_policy="always"), service.credential)
        assert [step.subject for step in planned.steps] == ["credential azure-prod: secret"]
        assert planned.before != planned.after
        service.apply(planned)
        assert service.credential is not None and service.credential.secret_fingerprint is None
    assert "without a mark" in planned.steps[0].changes[0].sentence


def test_without_a_secret_none_is_written() -> None:
    wanted = DesiredCredential("azure-prod", secret_policy="fingerprint", secret_fingerprint="key-2")
    assert plan_credential(wanted, OURS).steps == ()


@given(WIRES, WISHES)
def test_the_secret_of_a_rotation_is_left(wire: dict[str, t.Any] | None, wanted: DesiredCredential) -> None:
    """A new one is created with no mark; one that is there keeps its secret, and its mark while it is of the same application."""
    rotated = dataclasses.replace(wanted, has_secret=False, secret_policy="rotated", secret_fingerprint=None)
    service = Service(wire)
    old = service.credential
    first = plan_credential(rotated, old)
    service.apply(first)
    assert plan_credential(rotated, service.credential).steps == ()
    found = service.credential
    is_void = old is not None and rotated.azure_application_id not in (None, old.azure_application_id)
    assert found is not None and found.secret_fingerprint == (
        None if is_void or old is None else old.secret_fingerprint
    )
    assert service.secret == "old" or old is None
    assert first.after["secret_written"] is False
    told = [change.sentence for step in first.steps for change in step.changes if change.kind == "placeholder"]
    assert len(told) == (old is None or is_void)
    assert all("not a valid secret" in sentence or "a secret of its application" in sentence for sentence in told)


@given(WIRES, WISHES)
def test_a_plan_is_the_same_before_the_application_exists(
    wire: dict[str, t.Any] | None, wanted: DesiredCredential
) -> None:
    current = Service(wire).credential
    new = dataclasses.replace(wanted, azure_application_id=NEW_APPLICATION, azure_application_name="Backup")
    pending = dataclasses.replace(new, azure_application_id=None, is_application_pending=True)
    (later,), (earlier,) = plan_credential(new, current).steps, plan_credential(pending, current).steps
    assert (earlier.action, earlier.subject, earlier.changes) == (later.action, later.subject, later.changes)
    assert any("application" in change.sentence and '"Backup"' in change.sentence for change in earlier.changes)
    assert NEW_APPLICATION not in str(later.changes)
    assert earlier.data["after"].azure_application_id is None


def test_an_application_that_stays_is_not_told() -> None:
    wanted = _wanted(azure_application_id=APPLICATION, azure_application_name="Backup", description="new")
    (step,) = plan_credential(wanted, OURS).steps
    assert [change.sentence for change in step.changes] == ['set description to "new"']


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_new_credential_gets_the_endpoints_of_its_cloud(environment: str) -> None:
    given = {
        name: "blob.corp.example" if name == "storage" else f"https://{name.partition('_')[0]}.corp.example"
        for name in ("active_directory", "resource_manager", "storage")
    }
    own = given if environment == "stack" else None
    wanted = _wanted(environment=environment, endpoints=own)
    (step,) = plan_credential(wanted, None).steps
    assert step.data["after"].endpoints == (own or list_default_endpoints(environment))


def test_an_own_installation_needs_all_of_its_endpoints() -> None:
    with pytest.raises(ConfigError, match="Give active_directory, resource_manager in endpoints"):
        plan_credential(_wanted(environment="stack", endpoints={"storage": "x"}), None)


def test_endpoints_that_somebody_has_set_are_not_replaced_by_those_of_a_cloud() -> None:
    own = Credential(**{**vars(OURS), "endpoints": OWN})
    with pytest.raises(ConfigError, match="its own"):
        plan_credential(_wanted(environment="usgov"), own)
    (step,) = plan_credential(_wanted(environment="public", description="x"), own).steps
    assert step.data["after"].endpoints == OWN
    (step,) = plan_credential(_wanted(environment="usgov", endpoints={**OWN, "storage": "x"}), own).steps
    assert step.data["after"].endpoints == {**OWN, "storage": "x"}


def test_one_endpoint_is_changed_and_the_others_stay() -> None:
    same = plan_credential(_wanted(endpoints={"resource_manager": "https://Management.azure.com"}), OURS)
    assert same.steps == ()
    (step,) = plan_credential(_wanted(endpoints={"storage": "blob.corp.example"}), OURS).steps
    assert step.data["after"].endpoints == {**OURS.endpoints, "storage": "blob.corp.example"}
    assert [change.sentence for change in step.changes] == ['set endpoint of the storage to "blob.corp.example"']


def test_who_loses_the_right_of_use_is_told() -> None:
    ann = Holder(Principal("user", 45), "ann")
    wanted = DesiredCredential("azure-prod", shared_with=frozenset({ann}), exclusive=True)
    planned = plan_credential(wanted, OURS, "corp")
    assert [holder.label for holder in list_removed_holders(planned)] == ["user group Storage Team"]
    assert [(change.sign, change.principal, change.sentence) for change in planned.steps[0].changes] == [
        ("-", "azure-prod (company corp)", "remove the right to use it from user group Storage Team"),
        ("+", "azure-prod (company corp)", "give user ann the right to use it"),
    ]
    assert list_removed_holders(plan_credential(_wanted(), OURS)) == []


def test_who_may_use_it_by_another_association_gets_none_of_ours() -> None:
    creator = Holder(Principal("user", 44), "svc")
    assert plan_credential(DesiredCredential("azure-prod", shared_with=frozenset({creator})), OURS).steps == ()


def test_a_removal_is_planned_once() -> None:
    (step,) = plan_credential_removal(OURS).steps
    assert (step.action, step.data["before"]) == ("delete", OURS)
    assert plan_credential_removal(None) == Plan({}, {})
