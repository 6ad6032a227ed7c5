# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies of conditional access demand of a sign-in, and what the service answers where it is not met."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from cvops_simulator.entra.conditional_access.strengths import STRENGTHS

if TYPE_CHECKING:
    from cvops_simulator.entra.behaviours import Circumstances
    from cvops_simulator.entra.conditional_access.sign_ins import SignIn
    from cvops_simulator.entra.store import Row, View

#: Controls that the service asks for first, and the AADSTS number of each that is not met.
_ORDER = (
    ("block", 53003),
    ("mfa", 50076),
    ("authenticationStrength", 50076),
    ("compliantDevice", 53000),
    ("domainJoinedDevice", 53001),
    ("approvedApplication", 53002),
    ("compliantApplication", 53009),
    ("passwordChange", 50142),
    ("riskRemediation", 53004),
    ("termsOfUse", 50158),
    ("customAuthenticationFactors", 50158),
)
#: Numbers for which the person could do something during the sign-in.
_INTERACTIVE = frozenset({50076, 50079, 50142, 50158})
_UNREGISTERED = 50079
Outcome = Literal["success", "failure", "interrupted"]


def list_controls(policy: Row) -> list[str]:
    """Return the names of what a policy demands, as sign-in logs write them where they tell of built-in ones."""
    grant = policy["grantControls"]
    if grant is None:
        return []
    others = [name for name in ("authenticationStrength", "termsOfUse", "customAuthenticationFactors") if grant[name]]
    return [*grant["builtInControls"], *others]


def list_session_controls(policy: Row) -> list[str]:
    """Return the names of a policy's session controls."""
    return [name for name, value in (policy["sessionControls"] or {}).items() if value]


def find_unmet(view: View, policy: Row, sign_in: SignIn) -> int | None:
    """Return the AADSTS number of what a policy demands and the sign-in lacks; None when it is satisfied."""
    grant = policy["grantControls"]
    controls = list_controls(policy)
    if not controls:
        return None
    met = {name: _is_met(view, grant, name, sign_in.circumstances, sign_in.device) for name in controls}
    enough = any(met.values()) if grant["operator"] == "OR" else all(met.values())
    if enough and "block" not in controls:
        return None
    code = next(number for name, number in _ORDER if name in met and not met[name])
    if code == 50076 and not sign_in.circumstances.mfa_registered:
        return _UNREGISTERED
    return code


def get_rank(code: int) -> int:
    """Return the place of a number in the order in which the service asks for what is not met."""
    numbers = [number for _, number in _ORDER]
    return numbers.index(50076 if code == _UNREGISTERED else code)


def get_outcome(code: int | None) -> Outcome:
    """Return how a policy ended: `interrupted` when something is asked of the person."""
    if code is None:
        return "success"
    return "interrupted" if code in _INTERACTIVE else "failure"


def _is_met(view: View, grant: Row, name: str, done: Circumstances, device: Row | None) -> bool:
    checks: dict[str, Callable[[], bool]] = {
        "block": lambda: False,
        "mfa": lambda: done.has_mfa,
        "compliantDevice": lambda: bool(device and device.get("isCompliant")),
        "domainJoinedDevice": lambda: bool(device and device.get("trustType") == "ServerAD"),
        "authenticationStrength": lambda: _has_strength(view, grant["authenticationStrength"]["id"], done.method),
        "termsOfUse": lambda: set(grant["termsOfUse"]) <= set(done.accepted),
        "customAuthenticationFactors": lambda: set(grant["customAuthenticationFactors"]) <= set(done.accepted),
    }
    return checks[name]() if name in checks else name in done.accepted


def _has_strength(view: View, strength_id: str, method: str) -> bool:
    row = view.get(STRENGTHS, strength_id.lower())
    return row is not None and method in row["allowedCombinations"]
