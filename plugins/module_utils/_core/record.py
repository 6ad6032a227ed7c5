# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record of every run that wrote: what was planned, done, refused and accepted, by whom and on whose ticket."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import typing as t
import uuid

from . import redact
from .context import Context
from .outcome import Facts, Outcome
from .values import rfc3339

#: Where records go, as an Ansible variable (lower case) and for module processes.
DIRECTORY_VARIABLE = "CVOPS_RUN_RECORD_DIR"
_SCHEMA = 1
#: What job controllers tell about the job, by the name in the record.
_JOB = {
    "job_id": ("JOB_ID", "AWX_JOB_ID", "TOWER_JOB_ID"),
    "revision": ("CVOPS_REVISION", "PROJECT_REVISION", "CI_COMMIT_SHA", "GITHUB_SHA"),
    "ticket": ("CVOPS_TICKET",),
}
_TARGETS = ("tenant_id", "cloud", "commvault_url", "commvault_company", "commcell")
_IDENTITIES = ("auth_method", "client_id", "managed_identity_client_id", "commvault_auth_method", "commvault_username")


def keep(ctx: Context, directory: str, module: str, outcome: Outcome | None, result: t.Mapping[str, t.Any]) -> None:
    """Write the record of this run into *directory* (0600), unless nothing was or should have been written.

    A record that cannot be written is a warning: the change has been made, and hiding that would be worse.
    """
    if (
        ctx.check_mode
        or isinstance(outcome, Facts)
        or not (result.get("changed") or result.get("step_failed") or _refused(result))
    ):
        return
    ended = ctx.clock.now()
    name = f"{ended.strftime('%Y%m%dT%H%M%SZ')}-{module}-{uuid.uuid4().hex[:8]}.json"
    text = json.dumps(
        _record(ctx, module, outcome, result, rfc3339(ended)), indent=2, sort_keys=True, ensure_ascii=False
    )
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor = os.open(os.path.join(directory, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(redact.text(text, ctx.secrets) + "\n")
    except OSError as exc:
        ctx.warn(f"The run record could not be written to {directory}: {exc.strerror}")


def _refused(result: t.Mapping[str, t.Any]) -> bool:
    return bool(result.get("failed")) and (result.get("error") or {}).get("kind") == "guard"


def _record(
    ctx: Context, module: str, outcome: Outcome | None, result: t.Mapping[str, t.Any], ended: str
) -> dict[str, t.Any]:
    plan = None if outcome is None or isinstance(outcome, Facts) else outcome.plan
    steps = [step.subject for step in plan.steps] if plan else []
    risks = ctx.options.get("accept_risk") or []
    return {
        "schema": _SCHEMA,
        "module": f"cvops.identity.{module}",
        "ended": ended,
        "outcome": "cancelled" if result.get("cancelled") else "failed" if result.get("failed") else "done",
        "target": _given(ctx, _TARGETS),
        "identity": _given(ctx, _IDENTITIES),
        "operator": {"user": _user(), "host": socket.gethostname(), **_job(ctx)},
        "planned": {"before": plan.before, "after": plan.after, "steps": steps} if plan else None,
        "applied": result.get("steps_done", steps if not result.get("failed") else []),
        "failed_step": result.get("step_failed"),
        "left": result.get("steps_left", []),
        "accepted_risks": [{"risk": risk, "reason": ctx.options.get("accept_reason")} for risk in risks],
        "evidence": ctx.evidence,
        "error": {"msg": result.get("msg"), **(result.get("error") or {})} if result.get("failed") else None,
        "stats": result.get("stats"),
    }


def _given(ctx: Context, names: t.Sequence[str]) -> dict[str, t.Any]:
    return {name: ctx.options[name] for name in names if ctx.options.get(name) is not None}


def _job(ctx: Context) -> dict[str, str]:
    environ = ctx.sources.environ
    found = {name: next((environ[item] for item in items if environ.get(item)), "") for name, items in _JOB.items()}
    return {name: value for name, value in found.items() if value}


def _user() -> str:
    """The login name, or the number where a container gave it none."""
    import getpass

    with contextlib.suppress(KeyError, OSError):
        return getpass.getuser()
    return str(os.geteuid())
