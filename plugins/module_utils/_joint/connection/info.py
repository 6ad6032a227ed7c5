# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Both sides of a connection, each on its own: what fails on one never hides the other."""

from __future__ import annotations

import typing as t

from ..._commvault import whoami as commvault
from ..._commvault.client import CommvaultClient
from ..._core.context import Context
from ..._core.errors import Cancelled, CvopsError
from ..._core.redact import redact_structure
from ..._entra import whoami as entra
from ..._entra.client import GraphClient
from .needs import DEFAULT_FEATURES, PLAYBOOKS
from .report import report
from .verdicts import Held, judge

Found = dict[str, t.Any]
#: The keys that only a working sign-in can fill; they are there in any case, so that templates need no defaults.
_ENTRA_KEYS = (
    "method",
    "identity",
    "permissions",
    "tenant",
    "directory_roles",
    "owned_applications",
    "token_life_s",
)
_COMMVAULT_KEYS = ("identity", "release", "commcell", "company", "rights")


class RequirementUnmet(CvopsError):
    """A side or a playbook that the task requires does not work; ``connection`` holds all that was found."""

    kind = "requirement"


def examine(ctx: Context) -> Found:
    """The noun's value. Raises RequirementUnmet for what option ``require`` names and what does not work, and Cancelled."""
    found: Found = {"entra": entra_side(ctx), "commvault": commvault_side(ctx)}
    features = ctx.options["uses"] if ctx.options["uses"] is not None else DEFAULT_FEATURES
    found["playbooks"] = judge(held(found), PLAYBOOKS, features)
    found["report"] = report(found)
    required = dict.fromkeys(ctx.options["require"] or [])
    for name in required:
        verdict = found["playbooks"].get(name)
        if verdict and verdict["can_run"] is None:
            ctx.warn(f"Playbook {name} is required, and whether it can run cannot be told: {verdict['reason']}")
    unmet = requirements(found, list(required))
    if unmet:
        raise RequirementUnmet("Required and not given: " + "; ".join(unmet), connection=found)
    return found


def entra_side(ctx: Context) -> Found:
    """What is known about the sign-in to Entra ID."""
    empty = dict.fromkeys(_ENTRA_KEYS)
    if not entra.is_entra_configured(ctx.options):
        return {"status": "not_configured", "error": None, **empty}
    found = _tried(
        ctx,
        empty,
        lambda: entra.describe_entra_connection(ctx),
        lambda: entra.read_entra_identity(ctx, GraphClient(ctx)),
    )
    return found | _times(ctx, *entra.ENTRA_SERVICES)


def commvault_side(ctx: Context) -> Found:
    """What is known about the sign-in to the CommCell."""
    empty = dict.fromkeys(_COMMVAULT_KEYS)
    if not commvault.is_configured(ctx.options):
        return {"status": "not_configured", "error": None, **empty}
    found = _tried(
        ctx,
        empty,
        lambda: commvault.describe_connection(ctx),
        lambda: commvault.read_commvault_identity(ctx, CommvaultClient(ctx)),
    )
    return found | _times(ctx, commvault.SERVICE)


def held(found: t.Mapping[str, t.Any]) -> dict[str, Held]:
    """What both sides say about permissions, for the verdicts."""
    graph, cell = found["entra"], found["commvault"]
    person = (graph["identity"] or {}).get("kind") == "user"
    rights = cell["rights"]
    return {
        "entra": Held(
            graph["status"],
            permissions=_names(graph["permissions"]),
            is_person=person,
            directory_roles=_names(graph["directory_roles"]),
        ),
        "commvault": Held(
            cell["status"],
            permissions=None if rights is None else frozenset(right["id"] for right in rights),
            partial=bool(cell["company"]),
        ),
    }


def requirements(found: t.Mapping[str, t.Any], required: t.Sequence[str]) -> list[str]:
    """One sentence per required side that is not ok, and per required playbook that cannot run; one that may is no failure."""
    unmet = []
    for name in dict.fromkeys(required):
        if name in found["playbooks"]:
            verdict = found["playbooks"][name]
            if verdict["can_run"] is False:
                unmet.append(f"playbook {name} ({verdict['reason']})")
        elif found[name]["status"] != "ok":
            error = found[name]["error"]
            unmet.append(f"{name} ({error['msg'] if error else 'not configured'})")
    return unmet


def _tried(
    ctx: Context, empty: t.Mapping[str, t.Any], known: t.Callable[[], Found], read: t.Callable[[], Found]
) -> Found:
    found: Found = {"status": "ok", "error": None, **empty}
    try:
        found |= known()
        found |= read()
    except Cancelled:
        raise
    except CvopsError as exc:
        told = exc.as_result()
        facts = {name: fact for name, fact in told["error"].items() if isinstance(fact, (str, int, float))}
        found |= {"status": "failed", "error": redact_structure({"msg": told["msg"], **facts}, ctx.secrets)}
    return found


def _times(ctx: Context, *services: str) -> Found:
    seen = ctx.observations
    return {
        "clock_difference_s": seen.clock_difference_s(*reversed(services)),
        "latency_ms": seen.latency_ms(services[-1]),
    }


def _names(listed: t.Sequence[str] | None) -> frozenset[str] | None:
    return None if listed is None else frozenset(listed)
