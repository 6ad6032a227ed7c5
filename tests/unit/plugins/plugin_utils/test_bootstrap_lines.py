# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the role bootstrap, and names that cannot make lines of their own."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.bootstrap_lines import format_bootstrap_report

HOSTILE = "a\x1b[2K\nok: [localhost] \u202e{{ 1 }}"
SHOWN = "a\\x1b[2K ok: [localhost] \\u202e{{ 1 }}"
PERSON = {"identity": {"kind": "user", "user_name": "a@b"}, "directory_roles": ["R", HOSTILE], "token_life_s": 190}
PERMISSIONS = [{"api": "Microsoft Graph", "application": ["A", "B"]}]
IDENTITY = {"object_id": "sp", "app_id": "app", "display_name": HOSTILE}


def outcome(**more: t.Any) -> dict[str, t.Any]:
    usual = {"identity": IDENTITY, "permissions": PERMISSIONS, "consent": {"status": "granted"}, "persons": []}
    return {**usual, "verified": False, "lacking": [], **more}


def test_a_whole_report_of_bootstrap() -> None:
    told = outcome(verified=True, persons=["own", HOSTILE])
    lines = format_bootstrap_report(
        told, PERSON, {"status": "ok"}, {"display_name": HOSTILE}, {"display_name": HOSTILE}, group_count=2
    )
    assert lines == [
        f"Automation: {SHOWN} (app id app, object id sp)",
        "Permissions: A, B",
        f"Owner of the application {SHOWN} and its service principal",
        "Owner of 2 Entra groups",
        "Verified: it signs in and holds all of them",
        "Put into cvops_connection.entra: client_id: app",
        "Remove from a@b:",
        f"- the directory roles activated for this: R, {SHOWN}",
        f"- the ownership of {SHOWN}, if whoever creates an application becomes its owner in this tenant",
        "- the ownership of own",
        f"- the ownership of {SHOWN}",
        "- the access token, which is valid for another 3 min (sign out, or let it expire)",
    ]


PENDING = {"status": "pending_consent", "missing": [{"application": ["A"]}, {"delegated": ["d"]}], "consent_url": "u"}


@pytest.mark.parametrize(
    ("told", "options", "line"),
    [
        (outcome(consent=PENDING), {}, "CONSENT IS PENDING: an administrator grants A at u"),
        (outcome(verified=True, lacking=["A", "B"]), {}, "VERIFIED IN PART: it signs in, but its token lacks A, B"),
        (outcome(), {"seen": {"status": "failed", "error": {"msg": HOSTILE}}}, f"NOT VERIFIED: {SHOWN}"),
        (outcome(), {"managed_identity": True}, "Put into cvops_connection.entra: auth_method: managed_identity"),
        (outcome(), {"check_mode": True}, "Check mode: nothing was written"),
        (outcome(identity={}), {}, "Automation: to be created"),
    ],
)
def test_lines_of_bootstrap(told: dict[str, t.Any], options: dict[str, t.Any], line: str) -> None:
    assert line in format_bootstrap_report(told, PERSON, **options)


def test_lines_that_bootstrap_leaves_out() -> None:
    in_check_mode = "\n".join(format_bootstrap_report(outcome(consent=PENDING, identity={}), PERSON, check_mode=True))
    assert (
        "CONSENT" not in in_check_mode and "Put into" not in in_check_mode and "so the ownership above" in in_check_mode
    )
    by_application = {"identity": {"kind": "application", "user_name": None, "display_name": None}}
    lines = format_bootstrap_report(outcome(), by_application, created={"display_name": "x"})
    assert "Remove from whoever ran this:" in lines and not any("ownership of x" in line for line in lines)
    assert "- the permissions of this application that were granted for this" in lines
    assert any(line.startswith("Not verified, because it cannot sign in from here") for line in lines)
    without_roles = format_bootstrap_report(outcome(), {**PERSON, "directory_roles": []})
    assert (
        "- the directory roles activated for this (Application Administrator, Privileged Role Administrator)"
        in without_roles
    )
