# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One credential from options to requests: found, refused where it is another's or of another kind, written in one request, read back."""

from __future__ import annotations

import base64
import typing as t

import pytest
from credential_examples import APPLICATION, OLDER, SECRET, TENANT, WIRE
from fake_commvault import FakeCommvault, make_resource
from fake_graph import carry_out

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.resource import (
    CredentialResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    Forbidden,
    GuardRefused,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import list_planned_changes

ONE = "V5/Credential/61"
OPTIONS: dict[str, t.Any] = {"name": "azure-prod", "state": "present", "max_removals": 20}
NEW = {
    "name": "azure-new",
    "azure_tenant_id": TENANT,
    "azure_application_id": APPLICATION,
    "secret": SECRET,
    "secret_fingerprint": "key-1",
}
ROW = {"id": 61, "name": "azure-prod", "company": {"id": 0, "name": "Commcell"}}
MARKED = {**WIRE, "description": "Backup\n[cvops secret: key-2]"}
ROTATE = {"secret": SECRET, "secret_policy": "fingerprint", "secret_fingerprint": "key-2"}


def site(
    make_ctx: t.Any, answers: dict[str, t.Any] | None = None, fields: t.Any = None, **options: t.Any
) -> tuple[CredentialResource, FakeCommvault]:
    known = {
        "V4/Credential": {"credentialManager": [ROW]},
        ONE: WIRE,
        "V4/company": {"companies": []},
        "v4/user": {"users": [{"id": 44, "name": "svc"}, {"id": 45, "name": "ann"}]},
        "V4/UserGroup": {"userGroups": [{"id": 21, "name": "Storage Team"}]},
        **(answers or {}),
    }
    client = FakeCommvault(make_ctx({**OPTIONS, **options}), known, **(fields or {}))
    return make_resource(CredentialResource, client), client


def test_a_credential_that_is_as_asked_for_is_left(make_ctx: t.Any) -> None:
    resource, client = site(
        make_ctx, description="Backup", environment="public", **{**ROTATE, "secret_fingerprint": "key-1"}
    )
    assert not resource.plan().changed
    assert resource.verify() == []
    found = resource.result()
    assert (found["id"], found["description"], found["secret_fingerprint"]) == ("61", "Backup", "key-1")
    assert found["owner"] == {"kind": "user", "name": "svc", "id": "44"}
    assert [holder["name"] for holder in found["shared_with"]] == ["svc", "Storage Team"]
    assert client.writes == []
    assert SECRET not in str(found)


def test_another_secret_is_written_and_its_mark_is_read_back(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, {ONE: [WIRE, WIRE, MARKED]}, **ROTATE)
    planned = resource.plan()
    carry_out(resource, planned)
    assert resource.verify() == []
    assert [f"{one.method} {one.path}" for one in client.writes] == [f"PUT {ONE}"]
    assert (resource.result()["secret_written"], resource.result()["pending_approval"]) == (True, False)


def test_a_write_of_which_nothing_shows_waits_for_an_approval(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, **ROTATE)
    carry_out(resource, resource.plan())
    assert resource.verify() == [{"field": "secret"}]
    assert resource.result()["pending_approval"] is True
    assert "approval" in str(client.ctx.warnings)


def test_a_part_that_does_not_show_is_not_confirmed(make_ctx: t.Any) -> None:
    resource, dummy = site(make_ctx, {ONE: [WIRE, MARKED]}, description="other", **ROTATE)
    carry_out(resource, resource.plan())
    assert resource.verify() == [{"field": "description"}]
    assert resource.result()["pending_approval"] is False


def test_a_right_that_does_not_go_fails_the_task(make_ctx: t.Any) -> None:
    resource, dummy = site(make_ctx, shared_with=[], exclusive=False)
    carry_out(resource, resource.plan())
    with pytest.raises(WaitTimeout, match="shared_with"):
        resource.verify()


def test_an_approval_that_is_told_needs_no_wait(make_ctx: t.Any) -> None:
    answer = {"errorCode": 0, "errorMessage": "submitted for approval"}
    resource, client = site(make_ctx, {f"PUT {ONE}": answer}, description="other", **ROTATE)
    carry_out(resource, resource.plan())
    asked = len(client.sent)
    assert resource.verify() == [{"field": "description"}, {"field": "secret"}]
    assert len(client.sent) == asked
    assert resource.result()["pending_approval"] is True
    gone, dummy = site(make_ctx, {f"DELETE {ONE}": answer}, state="absent")
    carry_out(gone, gone.plan())
    assert gone.verify() == [{"field": "state"}]
    assert gone.result() == {"pending_approval": True}


def test_a_new_credential_is_created_shared_and_read_back(make_ctx: t.Any) -> None:
    made = {
        **WIRE,
        "id": 62,
        "name": "azure-new",
        "description": "[cvops secret: key-1]",
        "environment": "AZURE_CLOUD",
        "security": {"associations": [{"user": {"id": 45}, "permissions": {"permissionId": 218}}]},
    }
    lists = [
        {"credentialManager": [ROW]},
        {"credentialManager": [ROW]},
        {"credentialManager": [ROW, {"id": 62, "name": "azure-new"}]},
    ]
    answers = {"V4/Credential": lists, "POST V4/Credential": {"id": 62}, "V5/Credential/62": made}
    resource, client = site(make_ctx, answers, shared_with=[{"user": "ann"}], **NEW)
    planned = resource.plan()
    assert resource.result()["id"] is None
    carry_out(resource, planned)
    assert resource.verify() == []
    (sent,) = client.writes
    assert sent.body["security"]["associations"][0]["user"] == {"id": 45}
    assert resource.result()["id"] == "62"
    assert resource.result()["owner"]["name"] == "svc"


def test_a_new_credential_for_a_rotation_holds_a_text_that_nobody_is_shown(make_ctx: t.Any) -> None:
    new = {name: value for name, value in NEW.items() if "secret" not in name}
    sent = []
    for dummy in range(2):
        resource, client = site(make_ctx, {"POST V4/Credential": {"id": 62}}, secret_policy="rotated", **new)
        planned = resource.plan()
        assert any("not a valid secret" in change.sentence for change in planned.steps[0].changes)
        carry_out(resource, planned)
        (write,) = client.writes
        sent.append(base64.b64decode(write.body["applicationSecret"]).decode())
        assert write.body["description"] == ""
        assert sent[-1] in client.ctx.secrets
        assert sent[-1] not in str(resource.result()) and resource.result()["secret_written"] is False
    assert all(text.startswith("no-secret-yet-") for text in sent) and sent[0] != sent[1]


def test_an_application_that_is_to_be_registered_is_planned_only(make_ctx: t.Any) -> None:
    new = {"secret_policy": "rotated", "azure_tenant_id": TENANT, "azure_application_name": "Backup"}
    given = {"name": "azure-new", "pending_application": True, **new}
    resource, dummy = site(lambda options: make_ctx(options, check_mode=True), **given)
    assert 'application "Backup"' in resource.plan().steps[0].changes[0].sentence
    assert resource.result()["azure_application_id"] is None
    resource, client = site(make_ctx, **given)
    with pytest.raises(ConfigError, match="azure_application_id"):
        resource.plan()
    assert client.writes == []


def test_user_groups_of_the_same_run_are_planned_before_they_are_there(make_ctx: t.Any) -> None:
    """The plan tells them in the same words before and after, and approves the same steps; outside check mode they are waited for."""
    given = {
        "shared_with": [{"user_group": "gg-new"}, {"user_group": "GG-Two"}, {"user_group": {"name": "GG-NEW"}}],
        "owner": {"user_group": "GG-New"},
        "pending_user_groups": [{"name": "GG-New", "company": "Commcell"}, "GG-Two"],
        **NEW,
    }
    resource, dummy = site(lambda options: make_ctx(options, check_mode=True), **given)
    planned = resource.plan()
    found = resource.result()
    assert [(row["name"], row["id"]) for row in found["shared_with"]] == [("GG-New", None), ("GG-Two", None)]
    assert found["owner"] == {"kind": "user_group", "name": "GG-New", "id": None}

    before = {"userGroups": [{"id": 21, "name": "Storage Team"}]}
    there = {"userGroups": [*before["userGroups"], {"id": 71, "name": "gg-new"}, {"id": 72, "name": "GG-Two"}]}
    answers = {"V4/UserGroup": [before, before, there], "POST V4/Credential": {"id": 62}}
    resource, client = site(make_ctx, answers, **given)
    later = resource.plan()
    approved = [change["id"] for change in list_planned_changes("credential", planned)]
    assert [change["id"] for change in list_planned_changes("credential", later, approved)] == approved
    carry_out(resource, later)
    (sent,) = client.writes
    assert sent.body["security"]["owner"] == {"userGroup": {"id": 71}}
    assert [row["userGroup"]["id"] for row in sent.body["security"]["associations"]] == [71, 72]


def test_a_user_group_that_is_never_created_is_told(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, shared_with=[{"user_group": "GG-New"}], pending_user_groups=["GG-New"], **NEW)
    with pytest.raises(Problems, match="GG-New"):
        resource.plan()
    resource, client = site(make_ctx, pending_user_groups=[{"x": 1}], **NEW)
    with pytest.raises(ConfigError, match="pending_user_groups"):
        resource.plan()
    assert client.writes == []


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"name": "azure-none"}, Problems, "does not exist"),
        ({"name": " x"}, ConfigError, "blank"),
        ({"name": " x", "state": "absent"}, ConfigError, "blank"),
        ({"shared_with": [{"user": "nobody"}, {"user_group": {"x": 1}}]}, Problems, "nobody"),
        ({"owner": {"user": "nobody"}}, Problems, "nobody"),
        ({"shared_with": [], "max_removals": 0}, GuardRefused, "max_removals"),
    ],
)
def test_what_cannot_be_right_is_refused(
    make_ctx: t.Any, options: dict[str, t.Any], error: type[Exception], said: str
) -> None:
    resource, client = site(make_ctx, **options)
    with pytest.raises(error, match=said):
        resource.plan()
    assert client.writes == []


@pytest.mark.parametrize("options", [{"description": "x"}, {"state": "absent"}])
def test_what_belongs_to_others_or_is_of_another_kind_stays(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    other, dummy = site(make_ctx, {}, {"caller": (1, "admin")}, **options)
    with pytest.raises(Forbidden, match="belongs to user svc"):
        other.plan()
    storage, dummy = site(make_ctx, {ONE: {**WIRE, "authType": "MICROSOFT_AZURE"}}, **options)
    with pytest.raises(ConfigError, match="another kind"):
        storage.plan()


def test_one_that_is_handed_over_is_told_and_may_vanish(make_ctx: t.Any) -> None:
    def answers() -> dict[str, t.Any]:
        return {ONE: [WIRE, Forbidden("not yours", status=403)], f"PUT {ONE}": {"errorCode": 0}}

    resource, client = site(make_ctx, answers(), owner={"user": "ann"})
    carry_out(resource, resource.plan())
    assert "will belong to user ann" in str(client.ctx.warnings)
    assert resource.verify() == []
    kept, dummy = site(make_ctx, answers(), description="x")
    carry_out(kept, kept.plan())
    with pytest.raises(Forbidden):
        kept.verify()


def test_a_deleted_one_is_waited_for(make_ctx: t.Any) -> None:
    lists = [{"credentialManager": [ROW]}, {"credentialManager": [ROW]}, {"credentialManager": []}]
    resource, dummy = site(make_ctx, {ONE: [WIRE, None], "V4/Credential": lists}, state="absent")
    carry_out(resource, resource.plan())
    assert resource.verify() == []
    assert resource.result() == {}
    left, dummy = site(make_ctx, state="absent")
    carry_out(left, left.plan())
    with pytest.raises(WaitTimeout, match="state"):
        left.verify()


@pytest.mark.parametrize(
    ("shown", "options", "is_done"),
    [
        (MARKED, ROTATE, True),
        (WIRE, ROTATE, False),
        (WIRE, {**ROTATE, "secret_policy": "always", "secret_fingerprint": "key-1"}, False),
        ({**WIRE, "description": "other\n[cvops secret: key-1]"}, {"description": "other"}, True),
        (ApiError("down", status=500), {"description": "other"}, False),
    ],
)
def test_an_update_whose_answer_is_lost_is_looked_at(
    make_ctx: t.Any, shown: t.Any, options: dict[str, t.Any], is_done: bool
) -> None:
    """A secret is only proven by a mark that was not there before."""
    answers = {ONE: [WIRE, shown], f"PUT {ONE}": ApiError("no answer", may_have_acted=True)}
    resource, dummy = site(make_ctx, answers, **options)
    planned = resource.plan()
    if is_done:
        carry_out(resource, planned)
    else:
        with pytest.raises(ApiError, match="no answer"):
            carry_out(resource, planned)


def test_an_early_release_is_told_apart(make_ctx: t.Any) -> None:
    answers = {"V4/Credential": None, "CommCell/Credentials": {"credentialRecordInfo": [OLDER]}}
    resource, client = site(make_ctx, answers, {"release": 28}, azure_tenant_id=TENANT, description="Backup")
    assert not resource.plan().changed
    assert "does not show azure_tenant_id" in str(client.ctx.warnings)
    new, dummy = site(make_ctx, answers, {"release": 28}, shared_with=[{"user": "ann"}], **NEW)
    with pytest.raises(
        ConfigError, match=r"shared_with: .* need release 11\.32; this CommServe is 11\.28\. Leave them out"
    ):
        new.plan()


def test_a_secret_that_looks_encoded_is_told(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, secret="YWJjOFF+bm90LWEtcmVhbC1zZWNyZXQ=")
    resource.plan()
    assert "looks like a client secret in base64" in str(client.ctx.warnings)
