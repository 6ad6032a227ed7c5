# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What people are asked at the launch of a job template: surveys in the form in which a controller stores them, and what is wrong with one. Pure."""

from __future__ import annotations

import re
import typing as t

from .controller_settings import PLAN_DIGEST, Settings
from .filter_values import require_list, require_mapping, to_text

Mapping = t.Mapping[str, t.Any]
Question = dict[str, t.Any]

#: Types of questions that are taken. A password would be asked for again at every run, and its default never equals what is stored.
TYPES = ("text", "textarea", "integer", "float", "multiplechoice", "multiselect")
_WITH_CHOICES = ("multiplechoice", "multiselect")
_NUMBERS = ("integer", "float")
_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_DIGEST_LENGTH = 64


def _ask(variable: str, question: str, kind: str = "text", **more: t.Any) -> Question:
    """Return a question with every key that a controller stores."""
    return {
        "question_name": question,
        "question_description": "",
        "required": False,
        "type": kind,
        "variable": variable,
        "min": None,
        "max": None,
        "default": "",
        "choices": "",
        **more,
    }


_ONLY = _ask("cvops_only", "CommCells (name patterns with commas, empty for all)", max=1024, min=0)
_BUILT_IN: t.Mapping[str, tuple[Question, ...]] = {
    "drift": (_ONLY,),
    "plan": (_ONLY,),
    "apply": (
        _ask(
            PLAN_DIGEST, "Digest of the plan that was approved", required=True, min=_DIGEST_LENGTH, max=_DIGEST_LENGTH
        ),
        _ONLY,
    ),
    "workflow": (_ONLY,),
    "converge": (_ONLY,),
    "rotate": (_ask("secret_rotation_only", "Rotations (names with commas, empty for all)", max=1024, min=0),),
    "expiry": (_ask("expiry_fail_below_days", "Fail below so many days", "integer", default=7, min=0, max=3650),),
    "evidence": (
        _ask(
            "access_evidence_fail_on",
            "Fail on open findings from this severity",
            "multiplechoice",
            required=True,
            default="critical",
            choices=["critical", "high", "medium", "low"],
        ),
    ),
    "review": tuple(
        _ask(variable, question, required=True, min=1, max=1024)
        for variable, question in (
            ("review_bundle", "Bundle that was reviewed, or folder of bundles (path)"),
            ("review_signoff", "Filled-in copy of its signoff.csv (path)"),
            ("review_document", "File that declares cvops_role_mappings (path)"),
            ("review_patch", "Patch that is written (path in a folder that outlives the job)"),
        )
    ),
    "access": (_ask("access_person", "Who (user principal name, object id or name)", required=True, min=1, max=512),),
}


def build_survey(settings: Settings, kind: str) -> dict[str, t.Any]:
    """Return the survey of a job template, or of the workflow: the questions of the kind, then those of the document."""
    said = settings.get_part("workflow") if kind == "workflow" else settings.jobs.get(kind, {})
    own = [_read_question(require_mapping(item, "a question")) for item in require_list(said.get("survey"), "survey")]
    asked = {question["variable"] for question in own}
    built_in = [dict(question) for question in _BUILT_IN.get(kind, ()) if question["variable"] not in asked]
    return {"name": "", "description": "", "spec": [*built_in, *own]}


def _read_question(said: Mapping) -> Question:
    kind = to_text(said.get("type")) or "text"
    default = said.get("default")
    if kind == "multiselect" and isinstance(default, list):
        default = "\n".join(map(to_text, default))
    if kind == "integer" and re.fullmatch("-?[0-9]{1,18}", to_text(default)):
        default = int(to_text(default))
    if kind not in _NUMBERS and default is not None:
        default = to_text(default)
    return _ask(
        to_text(said.get("variable")),
        to_text(said.get("question")),
        kind,
        required=to_text(said.get("required")).lower() in ("true", "yes"),
        default="" if default is None else default,
        choices=[to_text(item) for item in require_list(said.get("choices"), "choices")] or "",
        min=said.get("min"),
        max=said.get("max"),
    )


def list_answers(survey: Mapping, given: Mapping) -> dict[str, t.Any]:
    """Return the answers of a schedule: a controller asks for those of all required questions, also where a question has a default."""
    defaults = {
        question["variable"]: question["default"]
        for question in survey["spec"]
        if question["required"] and question["default"] != ""
    }
    return {**defaults, **{to_text(name): value for name, value in given.items()}}


def find_survey_problems(survey: Mapping) -> t.Iterator[tuple[str, str]]:
    """Yield what a controller would refuse, or change when it stores it: the variable of the question, and what to do."""
    seen: set[str] = set()
    for question in survey["spec"]:
        name = question["variable"]
        if not _VARIABLE.fullmatch(name):
            yield name, "variable is not a valid variable name; use letters, digits and _"
        if name in seen:
            yield name, "is asked twice; remove one question"
        seen.add(name)
        for problem in _find_question_problems(question):
            yield name, problem


def _find_question_problems(question: Question) -> t.Iterator[str]:
    kind, default = question["type"], question["default"]
    if kind not in TYPES:
        yield f"type must be one of {', '.join(TYPES)}; a secret must be in a credential"
        return
    if not question["question_name"]:
        yield "question is missing; add its text"
    choices = question["choices"] or []
    if kind in _WITH_CHOICES and not choices:
        yield f"a question of the type {kind} needs choices; add them"
    if any(not item.strip() or item != item.strip() or "\n" in item for item in choices):
        yield "choices are empty or have blanks around them, which a controller removes: remove these"
    if default != "":
        yield from _find_default_problems(question, choices)


def _find_default_problems(question: Question, choices: t.Sequence[str]) -> t.Iterator[str]:
    kind, default = question["type"], question["default"]
    if kind in _WITH_CHOICES:
        picked = default.split("\n")
        if kind == "multiplechoice" and len(picked) > 1:
            yield "default holds several choices; give one"
        if any(item not in choices for item in picked):
            yield "default is not one of the choices; give one of them, or leave it out"
        return
    if kind in _NUMBERS:
        if isinstance(default, bool) or not isinstance(default, (int, float) if kind == "float" else int):
            yield f"default must be {'a whole number' if kind == 'integer' else 'a number'}, or left out"
            return
        size: t.Any = default
    else:
        size = len(default)
    low, high = question["min"], question["max"]
    if (low is not None and size < low) or (high is not None and size > high):
        yield "default is not between min and max; change one of them"
