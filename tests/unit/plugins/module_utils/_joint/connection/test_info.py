# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both sides are examined on their own, and what is required is judged by what was found."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, Cancelled, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection import info as connection
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.info import (
    collect_held_permissions,
    find_unmet_requirements,
)


def test_what_is_required_and_not_given() -> None:
    found = {
        "entra": {"status": "failed", "error": {"msg": "wrong secret"}},
        "commvault": {"status": "ok", "error": None},
        "playbooks": {
            "site": {"can_run": False, "reason": "Microsoft Entra ID: sign-in failed"},
            "bootstrap": {"can_run": None, "reason": "unknown"},
        },
    }
    assert find_unmet_requirements(found, ["commvault", "bootstrap"]) == []
    assert find_unmet_requirements(found, []) == []
    assert find_unmet_requirements(found, ["site", "entra", "site"]) == [
        "playbook site (Microsoft Entra ID: sign-in failed)",
        "entra (wrong secret)",
    ]
    off = {**found, "entra": {"status": "not_configured", "error": None}}
    assert find_unmet_requirements(off, ["entra"]) == ["entra (not configured)"]


@pytest.mark.parametrize(("required", "count"), [(["bootstrap", "bootstrap"], 1), (["site", "commvault"], 0), ([], 0)])
def test_what_is_required_and_cannot_be_told_is_told(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, required: list[str], count: int
) -> None:
    verdict = {"can_run": None, "missing": [], "optional": [], "reason": "Commvault: may lack View"}
    verdicts = {"bootstrap": verdict, "site": {**verdict, "can_run": True}}
    side = {"status": "ok", "error": None, "identity": None, "permissions": None, "directory_roles": None}
    cell = {"status": "ok", "error": None, "company": None, "rights": None}
    monkeypatch.setattr(connection, "examine_entra_side", lambda ctx: side)
    monkeypatch.setattr(connection, "examine_commvault_side", lambda ctx: cell)
    monkeypatch.setattr(connection, "judge_playbooks", lambda *_words: verdicts)
    monkeypatch.setattr(connection, "format_connection_report", lambda found: {})
    ctx = make_ctx({"uses": None, "require": required})
    assert connection.examine_connection(ctx)["playbooks"] == verdicts
    assert len(ctx.warnings) == count
    assert all("bootstrap" in warning and "may lack View" in warning for warning in ctx.warnings)


def test_what_is_held_is_taken_from_what_was_found() -> None:
    cell = {"status": "ok", "rights": [{"id": "31", "name": "View"}], "company": "corp"}
    unread = {"status": "ok", "identity": None, "permissions": None, "directory_roles": None}
    sides = collect_held_permissions({"entra": unread, "commvault": cell})
    assert sides["entra"].permissions is None and not sides["entra"].is_person
    assert sides["commvault"].permissions == {"31"} and sides["commvault"].partial


ANSWERED = {"identity": {"kind": "application"}, "permissions": ["A"]}


def examine(
    make_ctx: t.Any, read: t.Callable[[], t.Any], known: t.Callable[[], t.Any] = lambda: {"url": "u"}
) -> dict[str, t.Any]:
    return connection._examine_side(
        make_ctx({}, secrets={"hidden-secret"}), {"identity": None, "permissions": None}, known, read
    )


def raising(error: Exception) -> t.Callable[[], t.NoReturn]:
    def fail() -> t.NoReturn:
        raise error

    return fail


def test_a_side_that_answers_is_ok(make_ctx: t.Any) -> None:
    assert examine(make_ctx, lambda: ANSWERED) == {"status": "ok", "error": None, "url": "u", **ANSWERED}


def test_a_side_that_fails_keeps_what_is_known_and_hides_secrets(make_ctx: t.Any) -> None:
    found = examine(make_ctx, raising(AuthError("the secret hidden-secret is wrong", status=401)))
    assert (found["status"], found["url"], found["identity"]) == ("failed", "u", None)
    assert found["error"]["status"] == 401 and found["error"]["kind"] == "auth"
    assert "hidden-secret" not in str(found)


def test_an_error_before_the_sign_in_is_one_of_the_side(make_ctx: t.Any) -> None:
    found = examine(make_ctx, lambda: ANSWERED, raising(ConfigError("no such file")))
    assert (found["status"], found["identity"]) == ("failed", None)


@pytest.mark.parametrize("error", [Cancelled("stop"), ZeroDivisionError("a fault of ours")])
def test_a_cancelled_task_and_faults_of_ours_are_no_state_of_a_side(make_ctx: t.Any, error: Exception) -> None:
    with pytest.raises(type(error)):
        examine(make_ctx, raising(error))


def test_sides_without_options_are_not_configured_and_have_all_keys(make_ctx: t.Any) -> None:
    ctx = make_ctx({"auth_method": "auto", "commvault_url": None})
    entra, cell = connection.examine_entra_side(ctx), connection.examine_commvault_side(ctx)
    assert (entra["status"], cell["status"]) == ("not_configured", "not_configured")
    assert {"identity", "tenant", "permissions", "token_life_s"} <= set(entra)
    assert {"identity", "release", "commcell", "rights"} <= set(cell)
