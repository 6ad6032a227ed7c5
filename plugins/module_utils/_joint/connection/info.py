# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Facts for connection_info: both sides of a connection, each read on its own, so that a failure of one does not hide the other."""

from __future__ import annotations

import typing as t

from ..._commvault import whoami as commvault
from ..._commvault.client import CommvaultClient
from ..._core.context import Context
from ..._core.errors import Cancelled, CvopsError
from ..._core.libraries import find_missing_libraries
from ..._core.names import fold_case
from ..._core.redact import redact_structure
from ..._entra import whoami as entra
from ..._entra.client import GraphClient
from .needs import DEFAULT_FEATURES, PLAYBOOKS
from .probes.run import ask_probes, format_probes
from .report import format_connection_report
from .verdicts import HeldPermissions, judge_playbooks

ConnectionFacts = dict[str, t.Any]
#: Keys that only a sign-in fills; they are always in the result, so that templates need no defaults.
_ENTRA_KEYS = (
    "method",
    "identity",
    "permissions",
    "tenant",
    "directory_roles",
    "owned_applications",
    "token_life_s",
)
_COMMVAULT_KEYS = ("identity", "token_header", "release", "commcell", "company", "rights")

#: What the sign-ins and requests need; the others belong to single options.
_LIBRARIES = ("requests", "urllib3", "msal", "jwt", "cryptography")


class RequirementUnmet(CvopsError):
    """An error about a side or a playbook that option require names and that does not work; ``connection`` holds the facts."""

    kind = "requirement"


def examine_connection(ctx: Context) -> ConnectionFacts:
    """Return the value of the module. Raises RequirementUnmet for what option require names and what does not work, and Cancelled."""
    found: ConnectionFacts = {"entra": examine_entra_side(ctx), "commvault": examine_commvault_side(ctx)}
    features = ctx.options["uses"] if ctx.options["uses"] is not None else DEFAULT_FEATURES
    found["playbooks"] = judge_playbooks(collect_held_permissions(found), PLAYBOOKS, features)
    for sentence in find_missing_libraries(*_LIBRARIES):
        ctx.warn(sentence)
    found["report"] = format_connection_report(found)
    if ctx.options.get("probe"):
        statuses = {side: found[side]["status"] for side in ("entra", "commvault")}
        found["probes"] = ask_probes(ctx, ctx.options["probe"], statuses)
        found["report"]["probes"] = format_probes(found["probes"])
    required = dict.fromkeys(ctx.options["require"] or [])
    for name in required:
        verdict = found["playbooks"].get(name)
        if verdict and verdict["can_run"] is None:
            ctx.warn(
                f"Playbook {name} is required, but it cannot be determined whether it can run: {verdict['reason']}"
            )
    unmet = find_unmet_requirements(found, list(required))
    if unmet:
        raise RequirementUnmet("Required and not given: " + "; ".join(unmet), connection=found)
    return found


def examine_entra_side(ctx: Context) -> ConnectionFacts:
    """Sign in to Entra ID and return what is known; an error becomes ``status: failed`` with ``error``. Raises Cancelled."""
    empty = dict.fromkeys(_ENTRA_KEYS)
    if not entra.is_entra_configured(ctx.options):
        return {"status": "not_configured", "error": None, **empty}
    found = _examine_side(
        ctx,
        empty,
        lambda: entra.describe_entra_connection(ctx),
        lambda: entra.read_entra_identity(ctx, GraphClient(ctx)),
    )
    return found | _read_observed_times(ctx, *entra.ENTRA_SERVICES)


def examine_commvault_side(ctx: Context) -> ConnectionFacts:
    """Sign in to the CommCell and return what is known; an error becomes ``status: failed`` with ``error``. Raises Cancelled."""
    empty = dict.fromkeys(_COMMVAULT_KEYS)
    if not commvault.is_commvault_configured(ctx.options):
        return {"status": "not_configured", "error": None, **empty}
    found = _examine_side(
        ctx,
        empty,
        lambda: commvault.describe_commvault_connection(ctx),
        lambda: commvault.read_commvault_identity(ctx, CommvaultClient(ctx)),
    )
    return found | _read_observed_times(ctx, commvault.COMMVAULT_SERVICE)


def collect_held_permissions(found: t.Mapping[str, t.Any]) -> dict[str, HeldPermissions]:
    """Return the permissions that were found, by side, for judge_playbooks."""
    graph, cell = found["entra"], found["commvault"]
    person = (graph["identity"] or {}).get("kind") == "user"
    rights = cell["rights"]
    return {
        "entra": HeldPermissions(
            graph["status"],
            permissions=_freeze_names(graph["permissions"]),
            is_person=person,
            directory_roles=_freeze_names(graph["directory_roles"]),
        ),
        "commvault": HeldPermissions(
            cell["status"],
            permissions=None if rights is None else frozenset(right["id"] for right in rights),
            names=frozenset(fold_case(right["name"]) for right in rights or ()),
            partial=bool(cell["company"]),
        ),
    }


def find_unmet_requirements(found: t.Mapping[str, t.Any], required: t.Sequence[str]) -> list[str]:
    """Return one sentence per required side that is not ok and per required playbook that cannot run.

    A playbook of which it cannot be determined (``can_run`` None) is no failure.
    """
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


def _examine_side(
    ctx: Context,
    empty: t.Mapping[str, t.Any],
    known: t.Callable[[], ConnectionFacts],
    read: t.Callable[[], ConnectionFacts],
) -> ConnectionFacts:
    found: ConnectionFacts = {"status": "ok", "error": None, **empty}
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


def _read_observed_times(ctx: Context, *services: str) -> ConnectionFacts:
    seen = ctx.service_timings
    return {
        "clock_difference_s": seen.get_clock_difference_s(*reversed(services)),
        "latency_ms": seen.get_latency_ms(services[-1]),
    }


def _freeze_names(listed: t.Sequence[str] | None) -> frozenset[str] | None:
    return None if listed is None else frozenset(listed)
