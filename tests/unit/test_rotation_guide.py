# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide of rotations: whoever is woken at three in the morning finds a paragraph for whatever a run tells."""

from __future__ import annotations

import configparser
import re
import shlex
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from documented import GUIDES, blocks_of

from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.checks import TARGET_KINDS
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import FAILED_OUTCOMES, Outcome
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.plan import GATES
from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_runs import STATUSES

(GUIDE,) = [path for path in GUIDES if path.stem == "guide_rotation"]
TEXT = GUIDE.read_text()
OUTCOMES = t.get_args(Outcome)
SHORTEST_PARAGRAPH = 60


def section(title: str) -> str:
    """Return what stands below a heading, up to the next one of the same level."""
    found = re.search(rf"^{re.escape(title)}\n-+\n(.*?)(?=^[^\n]+\n-{{4,}}\n|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows(text: str) -> dict[str, str]:
    """Return the rows of tables by what their first cell names in code; cells of one row are one text."""
    found: dict[str, str] = {}
    for row in re.split(r"^   \* - ", text, flags=re.MULTILINE)[1:]:
        names, _line, rest = row.partition("\n")
        for name in re.findall(r"``(\w+)``", names):
            assert name not in found, f"{name} has two rows"
            found[name] = re.split(r"^\S", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return found


RUNBOOK = rows(section("At three in the morning"))


@pytest.mark.parametrize("name", [*OUTCOMES, *GATES])
def test_every_outcome_and_every_gate_has_a_paragraph(name: str) -> None:
    assert len(re.sub(r"\s+", " ", RUNBOOK[name])) >= SHORTEST_PARAGRAPH, RUNBOOK[name]


def test_the_runbook_has_nothing_that_no_run_tells() -> None:
    assert set(RUNBOOK) == {*OUTCOMES, *GATES}


def test_every_status_of_a_run_is_explained() -> None:
    told = re.findall(r"``(\w+)``: ", section("At three in the morning").partition("what the run did.")[2])
    assert set(told) == set(STATUSES)


def test_what_fails_the_run_by_default_is_what_fails_the_module() -> None:
    defaults = yaml.safe_load((ROOT / "roles" / "secret_rotation" / "defaults" / "main.yml").read_text())
    specs = yaml.safe_load((ROOT / "roles" / "secret_rotation" / "meta" / "argument_specs.yml").read_text())
    option = specs["argument_specs"]["main"]["options"]["secret_rotation_fail_on"]
    assert set(defaults["secret_rotation_fail_on"]) == set(option["default"]) == FAILED_OUTCOMES
    assert set(option["choices"]) == set(OUTCOMES)


def test_every_kind_of_target_says_what_it_takes_and_how_long_both_secrets_work() -> None:
    kinds = set(TARGET_KINDS) - {"return"}
    assert set(rows(section("Targets and what they take"))) == kinds
    assert set(rows(section("How long a secret lives, and how long two of them do"))) == kinds


def test_the_page_begins_with_what_is_updated_what_is_listed_and_no_secret() -> None:
    opening = TEXT.partition(".. contents::")[0]
    assert opening.index("Best of all is no secret") < opening.index("**Updated**") < opening.index("**Only listed")
    ranked = re.findall(r"^   \* - (.+)$", section("Which one, if any"), re.MULTILINE)
    assert ranked == [
        "Take",
        "no secret at all",
        "a managed identity",
        "a federated credential",
        "a certificate of the program's own",
        "a certificate that is rotated",
        "a client secret",
    ]


def test_cron_and_systemd_run_the_same_playbook_with_all_that_it_needs() -> None:
    (crontab,) = [block.text for block in blocks_of(GUIDE) if "MAILTO" in block.text]
    *settings, line = crontab.strip().splitlines()
    environment = dict(setting.split("=", 1) for setting in settings)
    assert {"HOME", "LC_ALL", "ANSIBLE_COLLECTIONS_PATH"} <= environment.keys()
    assert "%" not in line, "cron takes it for the end of the line"
    minute, hour, *days = line.split()[:5]
    assert (minute.isdigit(), hour.isdigit(), days) == (True, True, ["*", "*", "*"])
    command = shlex.split(line.split(None, 5)[5].partition(" >")[0])
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(ROOT / "docs" / "examples" / "systemd" / "cvops-rotation.service")
    started = shlex.split(parser["Service"]["ExecStart"])
    command.remove("@/opt/cvops/secrets.yml")
    command.remove("-e")
    assert [word for word in started if word != "$CREDENTIALS"] == command
    assert started[1] == "cvops.identity.rotate_secrets"
