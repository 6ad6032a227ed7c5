# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_auth_method token_store with HashiCorp Vault in plays, both ways to run a module."""

from __future__ import annotations

import json

from cvops_simulator import Simulator
from helpers.bao import Bao
from helpers.checks import assert_no_secrets
from helpers.playing import Player
from helpers.token_store import age, renewals

PATH = "commvault/of-plays"


def test_created_used_renewed_and_removed(site: Simulator, bao: Bao, play: Player, in_process: bool) -> None:
    """Address, token and CA come from the variables of Vault's own tools."""
    store = {"hashi_vault": {"path": PATH}}
    variables = {
        "CVOPS_COMMVAULT_TOKEN_STORE": json.dumps(store),
        "VAULT_ADDR": bao.url,
        "VAULT_TOKEN": bao.token,
        "VAULT_CACERT": str(bao.ca_path),
    }
    token = {"name": "token", "cvops.identity.commvault_access_token": {"name": "nightly", "store": store}}
    made = play([token, token], in_process=in_process, env=variables, verbosity=4, diff=True).ok()
    assert [result["changed"] for result in made.of("token")] == [True, False]
    first = bao.latest(PATH)
    assert first["custodian"]["host"] == "HashiCorp Vault"
    age(site, bao, PATH, 100)
    info = {
        "name": "info",
        "cvops.identity.commvault_security_info": {"commvault_auth_method": "token_store", "subset": ["roles"]},
    }
    used = play([info, info], in_process=in_process, env=variables, verbosity=4).ok()
    assert renewals(site) == 1
    latest = bao.latest(PATH)
    assert (latest["generation"], "renewal" in latest) == (1, False)
    secrets = [pair[name] for pair in (first, latest) for name in ("access_token", "refresh_token")]
    for run in (made, used):
        assert_no_secrets(run, [run.folder], [*secrets, bao.token])
    gone = {
        "name": "gone",
        "cvops.identity.commvault_access_token": {"name": "nightly", "state": "absent", "store": store},
    }
    assert play([gone], in_process=in_process, env=variables).ok().result["changed"]
    assert bao.is_destroyed(PATH)
