# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official modules that the other tests use are the ones that the documentation names."""

from __future__ import annotations

import json
import pathlib


def test_the_collection_is_the_release_that_is_documented(controller_collections: pathlib.Path) -> None:
    manifest = json.loads((controller_collections / "ansible_collections/awx/awx/MANIFEST.json").read_text("utf-8"))
    assert manifest["collection_info"]["version"] == "24.6.1"
