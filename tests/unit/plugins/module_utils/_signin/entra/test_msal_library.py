# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of MSAL: whatever it makes of an answer is a mapping or one clear error, and it writes nowhere."""

from __future__ import annotations

import logging

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.msal_library import load_msal


def test_the_library_writes_nothing_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its warnings reach no handler of others; and as there is one, Python does not write them itself."""
    top = logging.getLogger("msal")
    monkeypatch.setattr(top, "handlers", [])  # as in a new process; pytest has handlers of its own
    monkeypatch.setattr(top, "propagate", True)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    load_msal("a test")
    load_msal("a test")
    logging.getLogger("msal.authority").warning("\x1b[2J")
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.getLogger("msal.authority").warning("\x1b[2J")
    assert capfd.readouterr().err == ""
    assert len(top.handlers) == 1
