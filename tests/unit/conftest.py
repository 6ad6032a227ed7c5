# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets unit tests import the helpers that lie beside them; ``--hypothesis-profile=sample`` tries fewer examples of each property."""

from __future__ import annotations

import pathlib
import sys

from hypothesis import settings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from example_counts import WHOLE  # noqa: E402 - its folder had to be put on the path first

# How long an example takes says how busy the machine is.
settings.register_profile("whole", max_examples=WHOLE, deadline=None)
settings.load_profile("whole")
# `make test` tries the same few examples of each property, `make test-all` others each time.
settings.register_profile("sample", max_examples=15, deadline=None, derandomize=True, database=None)
