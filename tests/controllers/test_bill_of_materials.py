# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bill of materials of an execution environment, as the official library of CycloneDX judges it, made of this environment.

`make controllers` makes one of a clean environment; what goes into one is tested in tests/unit/test_release_files.py.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import sysconfig
import typing as t

import pytest
from collection_tree import ROOT
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    """The bill that the script writes."""
    dest: pathlib.Path = tmp_path_factory.mktemp("bill") / "folder" / "bill.cdx.json"
    words = [sys.executable, str(ROOT / "scripts" / "bill_of_materials.py"), sysconfig.get_path("purelib"), str(dest)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    return t.cast("dict[str, t.Any]", json.loads(dest.read_text("utf-8")))


def faults(bill: dict[str, t.Any]) -> t.Any:
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))


def test_the_bill_is_valid(bill: dict[str, t.Any]) -> None:
    assert faults(bill) is None
    assert faults({**bill, "components": [{"name": "nameless"}]}) is not None, "the schema is applied"


def test_the_bill_has_the_libraries_and_what_they_need(bill: dict[str, t.Any]) -> None:
    names = {component["name"].lower() for component in bill["components"]}
    assert {"msal", "requests", "urllib3", "pyjwt", "cryptography", "jmespath", "certifi", "cffi"} <= names
    assert not names & {"pytest", "ansible-core", "hvac", "awxkit"}
    known = {component["bom-ref"] for component in bill["components"]}
    assert {ref for item in bill["dependencies"] for ref in item["dependsOn"]} <= known
