# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is wrong with ``cvops_controller`` beyond its schema, all of it together and before the first request. Pure but for the database of time zones."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .controller_credential_types import FORBIDDEN_ENV, build_commcell_type, list_env_names
from .controller_lines import list_trusts
from .controller_model import KINDS
from .controller_objects import ControllerPlan, plan_objects
from .controller_rules import find_rule_problems, find_zone
from .controller_settings import JOBS, PLAN_DIGEST, PLAN_TEXT, Settings, list_notifications, read_settings
from .controller_surveys import build_survey, find_survey_problems, list_answers
from .data_reading import abbreviate_text
from .filter_values import FilterInputError, require_list, require_mapping, to_text
from .variables_checks import Problem, is_template

Values = t.Mapping[str, t.Any]

_VARIABLE = "cvops_controller"
#: Kinds of which no two objects may have one name: schedules and workflow nodes look templates and projects up by name alone.
_DISTINCT = ("projects", "job_templates", "workflow_job_templates", "schedules")
_LONGEST = 512
_SECRET_KEY = re.compile(r"(^|_)(password|passphrase|secret|token|pin|private_key|api_key)$")
#: Variables that only the job template of its kind, or the workflow, sets.
_OWN = (PLAN_TEXT, PLAN_DIGEST, "cvops_publish_plan", "cvops_approval_node", "cvops_approval_from")
_RESERVED_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "all", "ungrouped", "cvops_commcells"})


def find_controller_problems(values: Values) -> t.Iterator[Problem]:
    """Yield what is wrong with ``cvops_controller`` of a document whose *values* fit the schema."""
    if not isinstance(values.get(_VARIABLE), t.Mapping):
        return
    try:
        settings, plan = read_settings(values), plan_objects(values)
    except FilterInputError as exc:
        yield Problem(_VARIABLE, str(exc))
        return
    yield from _find_name_problems(settings, plan)
    yield from _find_project_problems(settings)
    yield from _find_commcell_problems(settings)
    yield from _find_schedule_problems(settings)
    yield from _find_variable_problems(settings)
    yield from _find_notification_problems(settings)
    yield from _find_job_problems(settings)
    yield from _find_trust_problems(values)


def _at(*path: str) -> str:
    return ".".join([_VARIABLE, *(abbreviate_text(part, 60) for part in path)])


# -- names


def _find_name_problems(settings: Settings, plan: ControllerPlan) -> t.Iterator[Problem]:
    if find_zone(settings.timezone) is None:
        yield Problem(
            _at("timezone"), "is not a time zone that this machine knows; give a name such as Europe/Berlin, or UTC"
        )
    told: set[str] = set()
    names = [("organizations", settings.organization), *((item.kind, item.name) for item in plan.objects), *plan.uses]
    for kind, name in dict.fromkeys(names):
        problem = "" if name in told else _judge_name(name)
        if problem:
            told.add(name)
            yield Problem(_VARIABLE, f"the {_word(kind)} {abbreviate_text(name, 60)!r} {problem}")
    taken: dict[str, str] = {}
    for item in plan.objects:
        if item.kind not in _DISTINCT:
            continue
        first = taken.setdefault(fold_case(item.name), item.key)
        if first != item.key:
            yield Problem(
                _VARIABLE,
                f"the name {abbreviate_text(item.name, 60)!r} is used for a {_word(first.split('/')[0])} and for a "
                f"{_word(item.kind)}, but schedules and workflows refer to them by name only; give one of them "
                "another name",
            )
    for kind, name in _list_repeated_jobs(settings):
        yield Problem(
            _at("jobs", kind, "name"),
            f"two jobs have the name {abbreviate_text(name, 60)!r}; give one of them another name",
        )


def _list_repeated_jobs(settings: Settings) -> t.Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for kind in settings.jobs:
        name = settings.name_job(kind)
        if fold_case(name) in seen:
            yield kind, name
        seen.add(fold_case(name))


def _judge_name(name: str) -> str:
    """Return what keeps a name from being looked up or written as it is, with the remedy; empty where nothing does."""
    if not name.strip() or name != name.strip():
        return "is empty or has blanks around it; give it another name"
    if "++" in name:
        return "contains ++, which controllers use to join names; give it another name"
    if is_template(name) or "{#" in name:
        return "contains template marks, which are not evaluated; give it another name"
    if name[0] in "[{" or any(ord(letter) < 32 for letter in name):
        return "begins with a bracket or contains invisible characters; give it another name"
    if re.fullmatch("[0-9_]+", name):
        return "is a number, which modules treat as an id; give it another name"
    return f"is longer than {_LONGEST} characters; shorten it" if len(name) > _LONGEST else ""


def _word(kind: str) -> str:
    return KINDS.get(kind, "organization")


# -- what jobs run on


def _find_project_problems(settings: Settings) -> t.Iterator[Problem]:
    address = to_text(settings.get_part("project").get("scm_url"))
    parts = urllib.parse.urlsplit(address) if "://" in address else None
    if parts is not None and (parts.password or (parts.username and parts.scheme in ("http", "https"))):
        yield Problem(
            _at("project", "scm_url"),
            "contains a user name or a password, which the controller shows; remove it, and name a credential in project.credential",
        )
    if parts is not None and parts.scheme not in ("https", "http", "ssh", "git", "file"):
        yield Problem(_at("project", "scm_url"), "must be an address of git: https, ssh, or user@host:path")
    if settings.slices < 1:
        yield Problem(_at("slices"), "must be 1 or more")


def _find_commcell_problems(settings: Settings) -> t.Iterator[Problem]:
    owners: dict[str, str] = {}
    said = settings.get_part("commcells")
    for name in said:
        if to_text(name) not in settings.commcells:
            yield Problem(
                _at("commcells", to_text(name)),
                "is not a CommCell of cvops_connection.commcells; use one of these, or add it there",
            )
    for name, commcell in settings.commcells.items():
        if name.lower() in _RESERVED_HOSTS or re.search(r":\d+$", name):
            yield Problem(
                "cvops_connection.commcells",
                f"{abbreviate_text(name, 60)} cannot be a host of an inventory; give the CommCell another name",
            )
        prefix = to_text(commcell["env_prefix"])
        where = _at("commcells", name, "env_prefix")
        other = owners.setdefault(prefix, name)
        if other != name:
            yield Problem(where, f"is already used by CommCell {abbreviate_text(other, 60)}; give one of them its own")
        for variable in list_env_names(build_commcell_type(settings, name)):
            if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", variable):
                yield Problem(
                    where, f"results in {abbreviate_text(variable, 60)}, which is not a valid variable name; give one"
                )
            elif variable.startswith("ANSIBLE_") or variable in FORBIDDEN_ENV:
                yield Problem(where, f"results in {variable}, which is reserved by controllers; give another one")
        if commcell["method"] == "token_store" and "vault" not in settings.given:
            yield Problem(
                _at("commcells", name, "method"),
                "token_store needs the sign-in to the Vault; add cvops_controller.vault",
            )
        if "@" in to_text(commcell["reached"].get("url")).partition("://")[2].partition("/")[0]:
            yield Problem(
                f"cvops_connection.commcells.{abbreviate_text(name, 60)}.url",
                "contains a user name or a password, and controllers show it as a variable of jobs; remove it",
            )
        for key in ("url", "company", "ca_path"):
            if is_template(to_text(commcell["reached"].get(key))):
                yield Problem(
                    f"cvops_connection.commcells.{abbreviate_text(name, 60)}.{key}",
                    "contains template marks, which jobs would evaluate; give the value itself",
                )


# -- schedules, surveys, variables


def _list_schedules(settings: Settings) -> t.Iterator[tuple[tuple[str, ...], Values, t.Any]]:
    """Yield path, description and survey of each schedule that there is."""
    for kind, said in settings.jobs.items():
        schedule = require_mapping(said.get("schedule"), "a schedule")
        if schedule or JOBS[kind].rule:
            yield ("jobs", kind), schedule, build_survey(settings, kind)
    schedule = require_mapping(settings.get_part("workflow").get("schedule"), "a schedule")
    if schedule and settings.has_workflow:
        yield ("workflow",), schedule, build_survey(settings, "workflow")


def _find_schedule_problems(settings: Settings) -> t.Iterator[Problem]:
    surveys: dict[tuple[str, ...], Values] = {("jobs", kind): build_survey(settings, kind) for kind in settings.jobs}
    surveys[("workflow",)] = build_survey(settings, "workflow")
    broken = set()
    for path, survey in surveys.items():
        for variable, problem in find_survey_problems(survey):
            broken.add(path)
            yield Problem(_at(*path, "survey"), f"{abbreviate_text(variable, 60) or 'a question'}: {problem}")
    for path, schedule, survey in _list_schedules(settings):
        rule = to_text(schedule.get("rrule"))
        if rule:
            for problem in find_rule_problems(rule):
                yield Problem(_at(*path, "schedule", "rrule"), problem)
        elif path == ("workflow",) or not JOBS[path[1]].rule:
            yield Problem(_at(*path, "schedule", "rrule"), "is missing; add it")
        if path in broken:
            continue
        given = require_mapping(schedule.get("answers"), "answers")
        asked = {question["variable"]: question for question in survey["spec"]}
        for name in given:
            if to_text(name) not in asked:
                yield Problem(
                    _at(*path, "schedule", "answers", to_text(name)),
                    "is not a question of the survey; remove it, or give it as a variable of the job",
                )
        answers = list_answers(survey, given)
        for name, question in asked.items():
            if question["required"] and name not in answers:
                yield Problem(
                    _at(*path, "schedule", "answers"),
                    f"lacks {abbreviate_text(name, 60)}, which the survey requires and nobody can answer in a scheduled job; add it",
                )


def _find_variable_problems(settings: Settings) -> t.Iterator[Problem]:
    given: list[tuple[tuple[str, ...], Values]] = [(("variables",), settings.get_part("variables"))]
    given += [
        (("jobs", kind, "variables"), require_mapping(said.get("variables"), "variables"))
        for kind, said in settings.jobs.items()
    ]
    for path, variables in given:
        for name in variables:
            if to_text(name) in _OWN:
                yield Problem(
                    _at(*path, to_text(name)),
                    "is passed on by the job of the plan or set by this role, so it would be overridden; remove it",
                )
        for found in _find_secrets(variables, ()):
            yield Problem(
                _at(*path, *found),
                "looks like a secret, but controllers store and show variables; put it into a credential",
            )
    # A launch wins over what the job of the plan hands on: whoever answers would choose what is applied.
    asked = [(("jobs", kind), said) for kind, said in settings.jobs.items()]
    for path, said in [*asked, (("workflow",), settings.get_part("workflow"))]:
        for question in require_list(said.get("survey"), "survey"):
            if (name := to_text(require_mapping(question, "a question").get("variable"))) in _OWN:
                yield Problem(
                    _at(*path, "survey"), f"asks for {name}, which only the job of the plan may pass on; remove it"
                )


def _find_secrets(value: t.Any, path: tuple[str, ...]) -> t.Iterator[tuple[str, ...]]:
    if isinstance(value, t.Mapping):
        for key, item in value.items():
            here = (*path, to_text(key))
            if isinstance(item, str) and item.strip() and not is_template(item) and _SECRET_KEY.search(to_text(key)):
                yield here
            yield from _find_secrets(item, here)
    elif isinstance(value, list):
        for item in value:
            yield from _find_secrets(item, path)


def _find_notification_problems(settings: Settings) -> t.Iterator[Problem]:
    seen: set[str] = set()
    for number, said in enumerate(list_notifications(settings)):
        where = f"{_VARIABLE}.notifications[{number}]"
        name = to_text(said.get("name"))
        if fold_case(name) in seen:
            yield Problem(f"{where}.name", f"{abbreviate_text(name, 60)} is there twice; remove one of them")
        seen.add(fold_case(name))
        address = to_text(said.get("url"))
        if address and not address.startswith("https://"):
            yield Problem(f"{where}.url", "must be an https address")
        if address and urllib.parse.urlsplit(address).username:
            yield Problem(
                f"{where}.url", "contains a user name or a password; enter these on the controller, which stores them"
            )


def _find_job_problems(settings: Settings) -> t.Iterator[Problem]:
    if not settings.jobs:
        yield Problem(_at("jobs"), "leaves nothing to create; enable a job")
    if ("plan" in settings.jobs) != ("apply" in settings.jobs):
        yield Problem(_at("jobs"), "has only one of plan and apply, but the workflow needs both; enable both or none")
    known = {**settings.get_part("variables"), **settings.jobs.get("evidence", {}).get("variables", {})}
    if "evidence" in settings.jobs and not known.get("access_evidence_dir"):
        yield Problem(
            _at("jobs", "evidence", "variables"),
            "lacks access_evidence_dir, a folder that still exists after the job; add it",
        )
    if settings.is_sliced and len(settings.commcells) < 2:
        count = f"{len(settings.commcells) or 'no'} CommCell"
        yield Problem(
            _at("slices"),
            f"is {settings.slices}, but slices divide the CommCells, of which cvops_connection has {count}; leave it out",
        )
    if not settings.is_sliced:
        for kind in ("entra", "converge"):
            if kind in settings.jobs:
                yield Problem(_at("jobs", kind), "is for slices; set slices to 2 or more, or remove it")
    identities = {settings.get_job_identity(kind) for kind in settings.jobs}
    for name in settings.get_part("identities"):
        if to_text(name) not in identities:
            yield Problem(
                _at("identities", to_text(name)),
                "belongs to no job that is created; remove it, or enable a job that uses it",
            )
    connection = settings.get_part("connection")
    if connection.get("oauth_token") and (connection.get("username") or connection.get("password")):
        yield Problem(_at("connection"), "has a token and a user; remove one of them")
    for name in require_list(settings.given.get("document"), "document"):
        if is_template(to_text(name)):
            yield Problem(_at("document"), "contains template marks; give the path in the project")


def _find_trust_problems(values: Values) -> t.Iterator[Problem]:
    try:
        list_trusts(values)
    except Problems as exc:
        for problem in exc.facts["problems"]:
            yield Problem(_at("workload_identity"), f"{problem['where'].rpartition('.')[2]}: {problem['message']}")
