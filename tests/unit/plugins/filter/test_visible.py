# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter for reports, and that every report and label of roles and playbooks uses it where names are printed."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml
from collection_tree import ROOT

from ansible_collections.cvops.identity.plugins.filter.visible import FilterModule

VISIBLE = FilterModule().filters()["visible"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x\x1b[2K\nok: [localhost]", "x\\x1b[2K ok: [localhost]"),
        ({"na\u202eme": ["a\x9bb", 1, None, True]}, {"na\\u202eme": ["a\\x9bb", 1, None, True]}),
        ("Größe 規則", "Größe 規則"),
    ],
)
def test_structures(value: t.Any, shown: t.Any) -> None:
    assert VISIBLE(value) == shown


def test_labels_of_items_are_visible() -> None:
    """Ansible prints a label as it is; items come from documents, which other teams may write."""
    labels = [
        (path.name, match.group(1))
        for folder in ("roles", "playbooks")
        for path in (ROOT / folder).rglob("*.yml")
        for match in re.finditer(r"^ *label: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        if "item" in match.group(1)
    ]
    assert labels
    assert [label for label in labels if "cvops.identity.visible" not in yaml.safe_load(label[1])] == []
