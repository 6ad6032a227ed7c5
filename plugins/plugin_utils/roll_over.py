# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The roll-over of the certificate that Entra ID signs with: which one is next, what is done on both sides, and what a failure has left.

And the removal of the former ones, once every app is known to believe the one that signs.
"""

from __future__ import annotations

import typing as t

from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text
from .sign_on import has_ended, name_results_by_item

Mapping = t.Mapping[str, t.Any]

_NONE_ACTIVE = "no signing certificate of the service principal is active: run the playbook site first"
_NOT_SHOWN = "Entra ID does not show the public certificates of the service principal, which Commvault needs"


def plan_roll_over(service_principal: t.Any, target: t.Any) -> dict[str, t.Any]:
    """Return which signing certificate signs now (``former``), which one shall (``next``), rows of the service principal's result, and ``problem``.

    *service_principal*: the registered result of its task; *target*: ``next``, the one that ends last, or ``former``, the other one of two.
    """
    if target not in ("next", "former"):
        raise FilterInputError("the target must be next or former")
    rows = _list_rows(service_principal)
    active: Mapping = next((row for row in rows if row.get("active")), {})
    chosen: Mapping = {}
    if target == "next":
        chosen = rows[-1] if rows else {}
    elif len(rows) == 2:  # of more, nobody can say which one was in use before
        chosen = rows[0]
    problem = ""
    if not active:
        problem = _NONE_ACTIVE
    elif not chosen:
        problem = (
            "there must be exactly one other signing certificate to go back to: activate the right one with entra_service_principal"
            " (signing_certificate.activate), then run the playbook site"
        )
    elif not (chosen.get("certificate") and active.get("certificate")):
        problem = _NOT_SHOWN
    return {
        "next": dict(chosen),
        "former": dict(active),
        "activates": bool(chosen) and active is not chosen,
        "problem": problem,
    }


def _list_rows(service_principal: t.Any) -> list[Mapping]:
    """Return the signing certificates that are there, the one that ends first at the front."""
    result = require_mapping(service_principal, "the result of the service principal")
    found = require_mapping(result.get("service_principal"), "the service principal")
    rows = require_mappings(found.get("signing_certificates"), "signing certificates")
    return sorted(
        (row for row in rows if row.get("thumbprint")),
        key=lambda row: (to_text(row.get("expires")), to_text(row.get("thumbprint"))),
    )


def find_former_certificates(service_principal: t.Any, apps: t.Any = None, expected: t.Any = None) -> dict[str, t.Any]:
    """Return the signing certificates that have had their time (``former``), the one that signs (``active``), and ``problem``, a text.

    Former are those that are not active and end before the one that is; one that ends later may be the next. *apps*: the registered results
    by name of a look whether each SAML app believes the active one, null before that; *expected*: the names of all of them.
    """
    rows = _list_rows(service_principal)
    place = next((number for number, row in enumerate(rows) if row.get("active")), None)
    active: Mapping = {} if place is None else rows[place]
    ends = to_text(active.get("expires"))
    # One whose end is not told, or is the same, may be the next one.
    former = [row for row in rows if row is not active and ends and "" < to_text(row.get("expires")) < ends]
    problem = ""
    if not active:
        problem = _NONE_ACTIVE
    elif former and not active.get("certificate"):
        problem = _NOT_SHOWN
    elif former and apps is not None:
        problem = _describe_doubts(active, require_mapping(apps, "the results"), require_list(expected, "the apps"))
    return {"former": [dict(row) for row in former], "active": dict(active), "problem": problem}


def _describe_doubts(active: Mapping, apps: Mapping, expected: t.Sequence[t.Any]) -> str:
    """Return why the former certificates are still needed: apps that are not known to believe the active one. Empty where all of them are."""
    doubts = []
    for name in map(to_text, expected):
        result = require_mapping(apps.get(name), "a result")
        if not has_ended(result):
            doubts.append(f"{name} could not be read ({to_text(result.get('msg')) or 'no result'})")
        elif result.get("steps"):
            doubts.append(f"{name} is not known to trust it")
    if not doubts:
        return ""
    listed = "; ".join(to_text(make_visible(doubt)) for doubt in doubts)
    return (
        f"No signing certificate was removed, because not every SAML app is known to trust {_describe_row(active)}, "
        f"which signs: {listed}. Run this without roll_over_remove_former first, and let somebody sign in."
    )


def format_removal(removal: t.Any, apps: t.Any, is_done: t.Any = False) -> list[str]:
    """Return what a removal of former certificates does, or with *is_done* did, for people. *removal*: see find_former_certificates; *apps*: by name."""
    told = require_mapping(removal, "the removal")
    rows = require_mappings(told.get("former"), "signing certificates")
    active = _describe_row(told.get("active"))
    if not rows:
        return [f"Entra ID signs with {active} and has no former certificate: there is nothing to remove"]
    if is_done:
        return [f"Removed, with its private key: {_describe_row(row)}" for row in rows]
    return [
        *(f"- Entra ID: remove {_describe_row(row)} with its private key, for good" for row in rows),
        f"Entra ID signs with {active}, and all {len(require_mapping(apps, 'the results'))} SAML apps are marked to trust it",
        "Afterwards -e roll_over_to=former is no longer possible",
    ]


def format_roll_over(plan: t.Any, results: t.Any, gap_s: t.Any = None) -> list[str]:
    """Return what a roll-over does, or did, for people. *results*: of SAML apps, by name; *gap_s*: seconds between the two sides, null for a plan."""
    told = require_mapping(plan, "the plan of the roll-over")
    steps = {name: require_mapping(item, "a result") for name, item in require_mapping(results, "the results").items()}
    # Not "changed": a plan counts as changed in check mode only.
    changed = [to_text(name) for name, result in steps.items() if result.get("steps")]
    if not told.get("activates") and not changed:
        return [
            f"Entra ID and all {len(steps)} SAML apps use the certificate {_describe_row(told.get('next'))} already"
        ]
    lines = []
    if told.get("activates"):
        lines.append(
            f"~ Entra ID: sign with {_describe_row(told.get('next'))} in place of {_describe_row(told.get('former'))}"
        )
    lines += [f"~ {make_visible(name)}: trust that certificate" for name in changed]
    if gap_s is None:
        lines.append("Nobody can sign in through them from the first of these requests to the last")
    else:
        lines.append(f"Nobody could sign in through them for {float(gap_s):.1f} s")
        lines.append("Let somebody sign in now. If that fails, undo it with -e roll_over_to=former")
    return lines


def _describe_row(row: t.Any) -> str:
    found = require_mapping(row, "a certificate")
    return f"{make_visible(to_text(found.get('thumbprint')))} (until {make_visible(to_text(found.get('expires')))})"


def describe_roll_over_failure(plan: t.Any, activation: t.Any, entra: t.Any, apps: t.Any) -> str:
    """Return what a roll-over that has failed has left: the certificate that signs, and the apps that may not believe it.

    *activation*: the registered result of activating the next certificate; *entra*, *apps*: those of taking it back, on both sides.
    """
    told = require_mapping(plan, "the plan of the roll-over")
    if not told.get("activates"):
        return (
            "Some apps do not trust the certificate that Entra ID signs with, see above; nothing was undone, "
            "because it was in use before. Run this again."
        )
    former, new = _describe_row(told.get("former")), _describe_row(told.get("next"))
    failed = [name for name, result in name_results_by_item(apps).items() if not has_ended(result)]
    error = require_mapping(require_mapping(activation, "the result of the activation").get("error"), "error")
    if not has_ended(entra):
        signs = f"Entra ID may sign with {new}, because activating {former} again has failed, and the apps that have it keep it"
    elif error.get("outcome") == "unknown" and not require_mapping(entra, "the result").get("changed"):
        signs = f"the result of the activation is not known: Entra ID may sign with {new}, although it shows {former}"
    else:
        signs = f"the former certificate {former} signs again"
    listed = f"; these apps may not trust it: {', '.join(make_visible(name) for name in failed)}" if failed else ""
    return f"The roll-over is not done: {signs}{listed}. See above what has failed, and run this again."
