# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The patterns and the audit query in ``extensions/``: what a hub and a controller make of them, and that their playbooks run.

The schema of a pattern is that of ansible/pattern-service, version 25.6.1, in the words of this file; ansible-lint shipped it for a while.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import typing as t
from collections.abc import Callable

import jsonschema
import pytest
import yaml
from collection_tree import ROOT, collections_path
from cvops_simulator import Simulator
from galaxy_importer import constants
from galaxy_importer.file_parser import PatternsParser
from galaxy_importer.finder import ContentFinder
from galaxy_importer.utils.lint_version import is_lint_patterns_supported
from helpers.checks import assert_no_writes
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.plugin_utils import variables_schema
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_document import check_variables

FOLDER = ROOT / "extensions" / "patterns"
NAMES = ["access_review", "drift_report", "rotate_secrets"]
QUERIES = ROOT / "extensions" / "audit" / "event_query.yml"
TEXT = {"type": "string", "minLength": 1}
NAME = {**TEXT, "maxLength": 200}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
#: Types of questions that the pattern service takes, and AWX with it.
TYPES = ["text", "textarea", "multiplechoice"]


def closed(required: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """The schema of an object that has all of *required*, perhaps some of *more*, and nothing else."""
    properties = {**required, **more}
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


QUESTION = closed(
    {
        "type": {"enum": TYPES},
        "question_name": TEXT,
        "question_description": TEXT,
        "variable": {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"},
        "required": {"type": "boolean"},
    },
    choices=TEXTS,
    default=TEXT,
)
TEMPLATE = closed(
    {
        "name": NAME,
        "description": TEXT,
        "playbook": TEXT,
        "execution_environment": TEXT,
        "primary": {"type": "boolean"},
    },
    ask_credential_on_launch={"type": "boolean"},
    ask_inventory_on_launch={"type": "boolean"},
    labels=TEXTS,
    survey=closed({"name": TEXT, "description": TEXT, "spec": {"type": "array", "items": QUESTION, "minItems": 1}}),
)
SCHEMA = closed(
    {
        "schema_version": TEXT,
        "name": {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"},
        "title": {**TEXT, "maxLength": 64},
        "description": TEXT,
        "short_description": {"type": "string", "pattern": "[^.]$"},
        "aap_resources": closed(
            {
                "controller_project": closed({"name": NAME, "description": TEXT}),
                "controller_execution_environment": closed(
                    {
                        "name": NAME,
                        "description": TEXT,
                        "image_name": {"type": "string", "pattern": "^[a-z0-9_]+/[a-z0-9_]+$"},
                    },
                    pull={"enum": ["always", "missing", "never"]},
                ),
                "controller_labels": TEXTS,
                "controller_job_templates": {"type": "array", "items": TEMPLATE, "minItems": 1},
            }
        ),
    },
    tags=TEXTS,
)


def read(name: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads((FOLDER / name / "meta" / "pattern.json").read_text()))


def templates(name: str) -> list[dict[str, t.Any]]:
    return t.cast("list[dict[str, t.Any]]", read(name)["aap_resources"]["controller_job_templates"])


PLAYBOOKS = [(name, template) for name in NAMES for template in templates(name)]
EACH = pytest.mark.parametrize(
    ("name", "template"), PLAYBOOKS, ids=[template["playbook"] for _name, template in PLAYBOOKS]
)


def test_these_are_all() -> None:
    """They are listed in the README, too."""
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text().partition("| Pattern | |")[2], re.MULTILINE)
    assert sorted(path.name for path in FOLDER.iterdir()) == NAMES == listed


@pytest.mark.parametrize("name", NAMES)
def test_a_pattern_keeps_the_schema_and_agrees_with_itself(name: str) -> None:
    found = read(name)
    jsonschema.validate(found, SCHEMA)
    resources = found["aap_resources"]
    assert found["name"] == name
    environment = resources["controller_execution_environment"]["name"]
    assert {template["execution_environment"] for template in templates(name)} == {environment}
    assert {label for template in templates(name) for label in template["labels"]} <= set(
        resources["controller_labels"]
    )
    assert [template["primary"] for template in templates(name)].count(True) == 1
    kept = {path.name for path in (FOLDER / name / "playbooks").iterdir()}
    wanted = {template["playbook"] for template in templates(name)}
    assert kept == wanted | {file.replace(".yml", ".meta.yml") for file in wanted}
    readme = (FOLDER / name / "README.md").read_text()
    told = [found["title"], *(template["name"] for template in templates(name))]
    assert all(text in readme for text in [*told, environment, resources["controller_project"]["name"]])


@EACH
def test_a_survey_asks_for_variables_of_the_document_that_the_playbook_declares(
    name: str, template: dict[str, t.Any]
) -> None:
    questions = template["survey"]["spec"]
    stem = template["playbook"].removesuffix(".yml")
    meta = yaml.safe_load((FOLDER / name / "playbooks" / f"{stem}.meta.yml").read_text())
    declared = meta["argument_specs"][stem]["options"]
    known = variables_schema.SCHEMA
    assert set(declared) <= set(known)
    for question in questions:
        option = declared[question["variable"]]
        assert option["type"] == known[question["variable"]]["type"]
        assert option.get("required", False) == (question["required"] and "default" not in question)
        choices = question.get("choices")
        assert (question["type"] == "multiplechoice") == bool(choices)
        assert option.get("choices") in (None, choices) and question.get("default", "*") in ("*", *(choices or ()))
        assert option["type"] == "bool" or choices == known[question["variable"]].get("choices")


@EACH
def test_a_playbook_imports_one_of_ours_and_nothing_else(name: str, template: dict[str, t.Any]) -> None:
    (play,) = yaml.safe_load((FOLDER / name / "playbooks" / template["playbook"]).read_text())
    assert play.keys() <= {"name", "ansible.builtin.import_playbook", "vars"}
    imported = play["ansible.builtin.import_playbook"].removeprefix("cvops.identity.")
    assert (ROOT / "playbooks" / f"{imported}.yml").is_file()


def test_a_hub_finds_every_file_and_takes_every_pattern(tmp_path: pathlib.Path) -> None:
    """By the importer's own loaders, on the files that the artifact carries."""
    shutil.copytree(ROOT / "extensions", tmp_path / "extensions")
    assert is_lint_patterns_supported() and constants.SKIP_PATTERNS_IMPORT_ON_ERROR
    finder = ContentFinder()
    found = [one for one in finder.find_contents(str(tmp_path)) if one.content_type is constants.ContentType.PATTERNS]
    assert not finder.omit_patterns
    files = {str(path.relative_to(ROOT)) for path in FOLDER.rglob("*") if path.is_file()}
    assert {one.path for one in found} == files
    parsed = PatternsParser(str(tmp_path), [Content(one.path) for one in found]).get_meta_patterns()
    assert sorted(one["name"] for one in parsed) == NAMES


class Content:
    """What the importer makes of a file that it has found."""

    content_type = constants.ContentType.PATTERNS

    def __init__(self, path: str) -> None:
        self.name = path.removeprefix("extensions/").replace("/", ".")


def test_ansible_takes_every_playbook(play: Player, tmp_path: pathlib.Path) -> None:
    paths = [str(FOLDER / name / "playbooks" / template["playbook"]) for name, template in PLAYBOOKS]
    done = subprocess.run(
        ["ansible-playbook", "--syntax-check", *paths],
        env={**play.environment(tmp_path, {}), "ANSIBLE_COLLECTIONS_PATH": str(collections_path())},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("playbook: ") == len(paths)


def test_the_drift_report_plans_and_writes_nothing(
    site: Simulator, make_player: Callable[[Simulator], Player], tmp_path: pathlib.Path
) -> None:
    """Without check mode, by the answers of its survey, which are text; its results are what the audit query counts."""
    answers = {one["variable"]: one.get("default", "") for one in templates("drift_report")[0]["survey"]["spec"]}
    variables = site.variables()
    variables["cvops_entra_groups"].append({"display_name": "GG-To-Come"})
    document = {**variables, **answers}
    playbook = str(FOLDER / "drift_report" / "playbooks" / "drift_report.yml")
    site.journal.clear()
    run = make_player(site)(playbook, extra_vars=document)
    run.ok()
    assert_no_writes(site)
    plan = run.text.partition("TASK [Plan]")[2].partition("TASK [")[0]
    assert "Plan: 1 group created" in plan and "  GG-To-Come" in plan
    assert "Nothing to do" not in run.text and "applied" not in run.text
    _check_counted(site, [dict(one) for one in run.results if one.action.startswith("cvops.identity.")])


@EACH
def test_what_a_survey_answers_by_itself_is_taken(
    name: str, template: dict[str, t.Any], site: Simulator, tmp_path: pathlib.Path
) -> None:
    """An empty answer arrives as an empty text, which the variables must not be, so every question is required."""
    (play,) = yaml.safe_load((FOLDER / name / "playbooks" / template["playbook"]).read_text())
    playbook = play["ansible.builtin.import_playbook"].removeprefix("cvops.identity.")
    answers = {
        one["variable"]: one.get("default", str(tmp_path / "mounted") if one["required"] else "")
        for one in template["survey"]["spec"]
    }
    rotation = {
        "rotation_name": "backup",
        "application": {"unique_name": "a"},
        "targets": [{"hashi_vault": {"path": "p", "url": "https://v.example"}}],
    }
    document = {"cvops_connection": site.variables()["cvops_connection"], "cvops_rotations": [rotation]}
    problems = check_variables({**document, **answers}, variables_schema.SCHEMA, lambda value: value, playbook).problems
    assert [line for line in problems if line.startswith(tuple(answers))] == []


def _check_counted(site: Simulator, results: list[dict[str, t.Any]]) -> None:
    """Compare what the audit query makes of real results with the places that the run was about."""
    wanted = {str(one["target"]).partition(", company ")[0] for one in results if one.get("target")}
    assert any(place.startswith("https://") for place in wanted) and site.tenant.id in wanted
    queries = yaml.safe_load(QUERIES.read_text())
    assert list(queries) == ["cvops.identity.*"] and set(queries["cvops.identity.*"]) == {"query"}
    expression = queries["cvops.identity.*"]["query"]
    assert re.findall(r"\.\w+", expression) == [".target"], "nothing else of a result is read"
    program = shutil.which("jq")
    if program is None:  # a controller has the library; here the expression is looked at only
        return
    events = "\n".join(
        json.dumps(one, default=str) for one in [*results, {}, {"target": ""}, {"target": None}, {"results": [{}]}]
    )
    done = subprocess.run(
        [program, "-c", expression], input=events, capture_output=True, text=True, check=True, timeout=60
    )
    counted = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["name"] for one in counted} == wanted
    facts = {one["name"]: one["canonical_facts"] for one in counted}
    assert all(list(one.values()) == [name] for name, one in facts.items()), "one row for a place, without null"
    assert {list(one) == ["commcell"] for name, one in facts.items() if name.startswith("https://")} == {True}
