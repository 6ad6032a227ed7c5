# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The record of a run that writes: what was planned, done, refused and accepted, by whom and on whose ticket.

It is written before the first write, with what is intended, and again after the last, so that a run that dies in between
leaves its trace as well.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import itertools
import json
import os
import socket
import typing as t
import uuid

from .addresses import canonicalize_address
from .context import Context
from .data_text import dump_for_ansible
from .errors import ConfigError
from .plan import Plan, Step
from .private_files import Durability, create_folder, replace_file
from .redact import redact_structure, redact_text
from .values import convert_to_builtins
from .visible import repair_strings, to_one_line

#: Where records go, as an Ansible variable (lower case) and for module processes.
DIRECTORY_VARIABLE = "CVOPS_RUN_RECORD_DIR"
SCHEMA_VERSION = 2
#: States of a step in a record. What "planned" means is not known: the run did not come to its end.
STEP_STATES = ("planned", "done", "failed", "left")
#: So many records are looked at, and so many characters of each.
_LAST_RECORDS = 200
_LARGEST_RECORD = 5_000_000
#: What the controller's own variables tell about the job, as JSON, for tasks that see the environment alone.
JOB_VARIABLE = "CVOPS_JOB_FACTS"
#: The same, by the name in the record: variables of AWX and Automation Controller, which have it under both prefixes.
_CONTROLLER_VARIABLES = {
    "job_id": "job_id",
    "job_template": "job_template_name",
    "launched_by": "user_name",
    "launch_type": "job_launch_type",
    "workflow_job_id": "workflow_job_id",
}
_LONGEST_FACT = 200
#: What the environment of job controllers tells about the job, by the name in the record.
_JOB_VARIABLES = {
    "job_id": ("JOB_ID", "AWX_JOB_ID", "TOWER_JOB_ID"),
    "revision": ("CVOPS_REVISION", "PROJECT_REVISION", "CI_COMMIT_SHA", "GITHUB_SHA"),
    "ticket": ("CVOPS_TICKET",),
    "approved_by": ("CVOPS_APPROVED_BY",),
}
_TARGET_OPTIONS = ("tenant_id", "cloud", "commvault_url", "commvault_company", "commcell")
_IDENTITY_OPTIONS = (
    "auth_method",
    "client_id",
    "managed_identity_client_id",
    "commvault_auth_method",
    "commvault_username",
)


class RunRecord:
    """The record of one run of *module*, a file of mode 0600 in *directory*.

    ``describe_undo``: what undoing a step takes, see ``UndoableResource``; set once there is a resource that knows.
    """

    def __init__(self, ctx: Context, directory: str, module: str) -> None:
        self._ctx, self._directory, self._module = ctx, directory, module
        self.describe_undo: t.Callable[[Step], t.Mapping[str, t.Any] | None] | None = None
        self._path: str | None = None
        self._began: str | None = None

    def begin(self, plan: Plan) -> None:
        """Write down what is about to be written. Raises ConfigError where that cannot be kept: then nothing is written."""
        self._began = self._tell_time()
        try:
            self._write(self._build_content(plan, {}, None))
        except OSError as exc:
            raise ConfigError(
                f"The run record cannot be written to {self._directory}: {exc.strerror}. Nothing was changed. Make "
                f"the folder writable, or remove the setting {DIRECTORY_VARIABLE.lower()}.",
                source=f"variable {DIRECTORY_VARIABLE.lower()} or environment variable {DIRECTORY_VARIABLE}",
            ) from exc

    def end(self, plan: Plan | None, result: t.Mapping[str, t.Any], states: t.Sequence[str] = ()) -> None:
        """Write down what came of *plan*, unless nothing was or should have been written; None: there was none yet.

        *states*: of STEP_STATES, of each step of the plan; what is left out was not begun.

        A record that cannot be written now is a warning: the change has been made, and hiding that would be worse.
        """
        told = self._path or result.get("changed") or result.get("step_failed") or _is_judged(result)
        if self._ctx.check_mode or not told:
            return
        try:
            self._write(self._build_content(plan, result, self._tell_time(), states))
        except Exception as exc:  # the result must be told, whatever a record makes of it
            why = exc.strerror if isinstance(exc, OSError) else type(exc).__name__
            self._ctx.warn(f"The run record could not be written to {self._directory}: {why}")

    def _tell_time(self) -> str:
        """Return the time with microseconds: by it the records of one run are in order, however quick its tasks are."""
        now = self._ctx.clock.now().astimezone(datetime.timezone.utc)
        return now.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def _write(self, content: dict[str, t.Any]) -> None:
        """Replace the file as a whole, so that it always holds a complete record. Raises OSError."""
        create_folder(self._directory)
        if self._path is None:
            stamp = self._ctx.clock.now().strftime("%Y%m%dT%H%M%SZ")
            self._path = os.path.join(self._directory, f"{stamp}-{self._module}-{uuid.uuid4().hex[:8]}.json")
        text = dump_for_ansible(repair_strings(self._redact_content(convert_to_builtins(content)))) + "\n"
        replace_file(self._path, text, f"{self._path}.new", Durability.BEST_EFFORT)

    def _redact_content(self, content: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return *content* without secrets; what was planned and done consists of names that a reader compares."""
        secrets = self._ctx.secrets
        compared = {name: redact_structure(content[name], secrets, prose=False) for name in ("planned", "steps")}
        return {**redact_structure(content, secrets), **compared}

    def _build_content(
        self, plan: Plan | None, result: t.Mapping[str, t.Any], ended: str | None, states: t.Sequence[str] = ()
    ) -> dict[str, t.Any]:
        """Return the record; *plan* is None when there was none yet, *ended* None before the first write."""
        ctx = self._ctx
        steps = [step.subject for step in plan.steps] if plan else []
        risks = ctx.options.get("accept_risk") or []
        described = self._describe_steps(plan, states, "left" if ended else "planned") if plan else []
        done = [step["subject"] for step in described if step["state"] == "done"]
        left = [step["subject"] for step in described if step["state"] in ("left", "planned")]
        return {
            "schema": SCHEMA_VERSION,
            "module": f"cvops.identity.{self._module}",
            "run": identify_run(ctx),
            "place": describe_target(ctx),
            "began": self._began or ended,
            "ended": ended,
            "outcome": "begun" if ended is None else _name_outcome(result),
            "target": _select_given_options(ctx, _TARGET_OPTIONS),
            "identity": {**_select_given_options(ctx, _IDENTITY_OPTIONS), **ctx.identity},
            "operator": {"user": _find_user_name(), "host": socket.gethostname(), **_read_job_facts(ctx)},
            "planned": {"before": plan.before, "after": plan.after, "steps": steps} if plan else None,
            "steps": described,
            "applied": result.get("steps_done", done),
            "failed_step": result.get("step_failed"),
            "left": result.get("steps_left", left),
            "accepted_risks": [{"risk": risk, "reason": ctx.options.get("accept_reason")} for risk in risks],
            "evidence": ctx.evidence,
            "error": {"msg": result.get("msg"), **(result.get("error") or {})} if result.get("failed") else None,
            "stats": result.get("stats"),
        }

    def _describe_steps(self, plan: Plan, states: t.Sequence[str], otherwise: str) -> list[dict[str, t.Any]]:
        """Return each step of *plan* with its state, its changes in words, and what undoing it takes (None: no program can)."""
        return [
            {
                "action": step.action,
                "subject": step.subject,
                "state": state,
                "undo": self._describe_undo(step),
                "changes": [
                    {"sign": item.sign, "kind": item.kind, "principal": item.principal, "sentence": item.sentence}
                    for item in step.changes
                ],
            }
            for step, state in zip(plan.steps, itertools.chain(states, itertools.repeat(otherwise)), strict=False)
        ]

    def _describe_undo(self, step: Step) -> t.Mapping[str, t.Any] | None:
        # Whatever is amiss with one step, the record of the others is worth more.
        with contextlib.suppress(Exception):
            return self.describe_undo(step) if self.describe_undo is not None else None
        return None


def identify_run(ctx: Context) -> str:
    """Return what the records of all tasks of one run share, and no other; empty for a task that runs on its own."""
    return hashlib.sha256(ctx.run_directory.encode("utf-8", "replace")).hexdigest()[:12] if ctx.run_directory else ""


def read_records(directory: str, module: str) -> list[dict[str, t.Any]]:
    """Return the last records of *module* in *directory*, newest first; what cannot be read is no record."""
    try:
        names = sorted((name for name in os.listdir(directory) if f"-{module}-" in name), reverse=True)
    except OSError:
        return []
    found = []
    for name in names[:_LAST_RECORDS]:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                content = json.loads(file.read(_LARGEST_RECORD))
            if isinstance(content, dict) and content.get("module") == f"cvops.identity.{module}":
                found.append(content)
    return found


def describe_target(ctx: Context) -> str:
    """Return what the run is about, for people and for what a plan is known by: a CommCell's address, with the company, or the tenant's id.

    The same place has the same words, however options spell it. The tenant is that of the token, which no option can contradict; as option
    tenant_id names it where no token tells, empty for none.
    """
    options = ctx.options
    if options.get("commvault_url"):
        company = f", company {options['commvault_company']}" if options.get("commvault_company") else ""
        told = f"{canonicalize_address(options['commvault_url'])}{company}"
    else:
        token = ctx.identity.get("entra_token_says") or {}
        told = str(token.get("tenant_id") or options.get("tenant_id") or "").lower()
    return to_one_line(redact_text(told, ctx.secrets))


def _name_outcome(result: t.Mapping[str, t.Any]) -> str:
    """Return the outcome of a run that ended: cancelled, failed or done."""
    return "cancelled" if result.get("cancelled") else "failed" if result.get("failed") else "done"


def _is_judged(result: t.Mapping[str, t.Any]) -> bool:
    """Return True for a failure because a risk was not accepted, or because of access that the input does not want."""
    return bool(result.get("failed")) and (result.get("error") or {}).get("kind") in ("guard", "drift")


def _select_given_options(ctx: Context, names: t.Sequence[str]) -> dict[str, t.Any]:
    """Return those of the options *names* that have a value."""
    return {name: ctx.options[name] for name in names if ctx.options.get(name) is not None}


def format_job_facts(variables: t.Mapping[str, t.Any]) -> str:
    """Return what the *variables* of a controller tell about the job, as the value of JOB_VARIABLE; empty where they tell nothing.

    ``launched_by`` is who launched the job, or the workflow around it; who approved it, no variable tells.
    """
    found = {
        name: next((value for prefix in ("awx", "tower") if (value := variables.get(f"{prefix}_{item}"))), "")
        for name, item in _CONTROLLER_VARIABLES.items()
    }
    told = {name: str(value) for name, value in found.items() if isinstance(value, (str, int)) and value}
    return json.dumps(told) if told else ""


def _read_job_facts(ctx: Context) -> dict[str, str]:
    """Return what a job controller tells about the job, by the names of the record."""
    environ = ctx.sources.environ
    found: dict[str, t.Any] = {
        name: next((environ[item] for item in items if environ.get(item)), "") for name, items in _JOB_VARIABLES.items()
    }
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        told = json.loads(environ.get(JOB_VARIABLE, ""))
        found.update({name: told[name] for name in _CONTROLLER_VARIABLES if name in told and told[name]})
    return {name: to_one_line(str(value), _LONGEST_FACT) for name, value in found.items() if value}


def _find_user_name() -> str:
    """Return the login name, or the number where a container gave it none."""
    import getpass

    with contextlib.suppress(KeyError, OSError):
        return getpass.getuser()
    return str(os.geteuid())
