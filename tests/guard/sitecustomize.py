# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this at its start where the folder is on PYTHONPATH, as it is for every process that tests start."""

from __future__ import annotations

import os
import pathlib

import compiled_archives
import loopback_guard

loopback_guard.install()
if folder := os.environ.get(compiled_archives.FOLDER):
    compiled_archives.install(pathlib.Path(folder))
