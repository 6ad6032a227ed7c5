# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-ons that the control listener tries: what is refused, and what `serve` says of accounts for emergencies.

Sign-ons that succeed need both sides set up, which the collection does: its tests have them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cvops_simulator import Fault, Simulator
from cvops_simulator.cli import write_documents


def try_sign_on(sim: Simulator, body: Any) -> tuple[int, dict[str, Any]]:
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.post(f"{sim.control_url}/sign_on", json=body)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"app": "corp.example"}, 'needs "user"'),
        ({"user": "x"}, 'and "app"'),
        ([], 'needs "user"'),
        ({"user": "x", "app": "nothing"}, "cs01 has no SAML app nothing, its SAML apps: Corp-Entra, corp.example"),
        ({"user": "x", "app": "corp.example", "commcell": "cs9"}, "there is no CommCell cs9, only cs01"),
    ],
)
def test_who_is_to_sign_on_where_has_to_be_told(sim: Simulator, body: Any, told: str) -> None:
    status, answer = try_sign_on(sim, body)
    assert status == 400 and told in answer["error"]


def test_a_refusal_has_the_code_of_who_refuses(sim: Simulator) -> None:
    """And nobody is sent to a real service."""
    body = {"user": "x@corp.example", "app": "Corp-Entra"}
    expected = {"signed_in": False, "refused_by": "Commvault", "code": 1, "reason": "The SAML app is disabled"}
    assert try_sign_on(sim, body) == (200, expected)
    body["app"] = "corp.example"
    assert "The SAML app is not complete" in try_sign_on(sim, body)[1]["reason"]
    (app,) = sim.commcells["cs01"].state.apps.named("corp.example")
    app.secrets["certificateData"] = "MIIC"
    status, answer = try_sign_on(sim, body)
    assert status == 400 and "sends people to https://login.microsoftonline.com, not to" in answer["error"]
    app.document["identityProviderMetaData"]["redirectUrl"] = f"{sim.login_url}/{sim.tenant_id}/saml2"
    status, answer = try_sign_on(sim, body)
    assert (status, answer["refused_by"], answer["code"]) == (200, "Entra ID", "AADSTS700016")
    assert answer["reason"].startswith("AADSTS700016: ")


def test_an_answer_that_does_not_come_is_none(sim: Simulator) -> None:
    sim.faults.add(Fault("cs01", method="GET", path="*samlLogin*", action="drop_before"))
    status, answer = try_sign_on(sim, {"user": "x@corp.example", "app": "Corp-Entra"})
    assert status == 502 and answer["error"].startswith("no answer: ")


def test_the_account_for_emergencies_is_told(sim: Simulator, tmp_path: Path) -> None:
    documents = write_documents(sim, tmp_path)
    assert [path.name for path in documents.values()] == ["variables.yml", "break_glass.yml"]
    assert {path.stat().st_mode & 0o777 for path in documents.values()} == {0o600}
    found = yaml.safe_load(documents["accounts"].read_text())
    user = sim.commcells["cs01"].user("breakglass")
    account = {"cs01": {"username": "breakglass", "password": user.password}}
    expected = {"break_glass_drill_accounts": account, "commvault_sso_break_glass": {"commcells": account}}
    assert user.password and found == expected
    user.password = None
    assert list(write_documents(sim, tmp_path)) == ["variables"]
