# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small parts of the action behind every module."""

from __future__ import annotations

import os

import pytest

from ansible_collections.cvops.identity.plugins.modules import entra_group
from ansible_collections.cvops.identity.plugins.plugin_utils import in_process as subject


def test_the_environment_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """All items of a loop and all later tasks may share the worker's process."""
    monkeypatch.setenv("CVOPS_KNOWN", "before")
    monkeypatch.delenv("CVOPS_NEW", raising=False)
    with pytest.raises(LookupError), subject._applied_environment({"CVOPS_KNOWN": "within", "CVOPS_NEW": "within"}):
        assert (os.environ["CVOPS_KNOWN"], os.environ["CVOPS_NEW"]) == ("within", "within")
        raise LookupError
    assert os.environ["CVOPS_KNOWN"] == "before"
    assert "CVOPS_NEW" not in os.environ


def test_what_may_be_seen_of_an_environment() -> None:
    given = {
        "LANG": "C.UTF-8",
        "CVOPS_CLIENT_SECRET": "x",
        "ARM_CLIENT_SECRET": "",
        "CVOPS_COMMVAULT_PASSWORD": "x",
        "CVOPS_TICKET": "CHG1",
        "VAULT_TOKEN": "x",
        "https_proxy": "http://user:x@proxy",
        "IDENTITY_HEADER": "x",
        "MY_PASSWORD": "x",
    }
    names = subject._list_option_variables(entra_group)
    public, carried = subject._split_environment(given, names, exchanged_here=False)
    assert public == {"LANG": "C.UTF-8", "ARM_CLIENT_SECRET": ""}
    assert set(carried) == {"CVOPS_TICKET", "VAULT_TOKEN", "https_proxy", "IDENTITY_HEADER", "MY_PASSWORD"}
    _public, carried = subject._split_environment(given, names, exchanged_here=True)
    assert "IDENTITY_HEADER" not in carried, "signed in here: it stays here"
