# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small parts of the action behind every module."""

from __future__ import annotations

import os

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils import in_process as subject


def test_the_environment_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """All items of a loop and all later tasks may share the worker's process."""
    monkeypatch.setenv("CVOPS_KNOWN", "before")
    monkeypatch.delenv("CVOPS_NEW", raising=False)
    with pytest.raises(LookupError), subject._environment({"CVOPS_KNOWN": "within", "CVOPS_NEW": "within"}):
        assert (os.environ["CVOPS_KNOWN"], os.environ["CVOPS_NEW"]) == ("within", "within")
        raise LookupError
    assert os.environ["CVOPS_KNOWN"] == "before"
    assert "CVOPS_NEW" not in os.environ


def test_deprecations_name_the_collection() -> None:
    (found,) = subject._deprecations([{"msg": "old", "version": "2.0.0"}])
    assert found == {"msg": "old", "version": "2.0.0", "date": None, "collection_name": "cvops.identity"}


def test_secrets_are_masked_at_any_depth() -> None:
    masked = subject._masked({"group": {"note": "it is hushed"}, "list": ["hushed"]}, {"hushed"})
    assert "hushed" not in str(masked)
    assert masked["list"] == ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"]
