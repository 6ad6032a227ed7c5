# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets a job take its time from the clock that the tests share with their sites, so that nobody waits: see ``helpers.shared_clock``."""

from __future__ import annotations

import os
import pathlib
import sys

from ansible.plugins.callback import CallbackBase

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "integration"))

from helpers.shared_clock import VARIABLE, follow_shared_clock  # noqa: E402 - its folder had to be put on the path first

DOCUMENTATION = """
name: follow_clock
type: aggregate
short_description: A clock for tests
description:
  - Takes the time from the file that the environment variable CVOPS_TEST_CLOCK names.
"""


class CallbackModule(CallbackBase):
    """Workers are forked from the process that loads this."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "follow_clock"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        follow_shared_clock(pathlib.Path(os.environ[VARIABLE]))
