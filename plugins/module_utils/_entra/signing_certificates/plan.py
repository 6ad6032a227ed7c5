# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps from the token signing certificates of a service principal to what there shall be. Pure.

Each step is a stage of its own: a new certificate is not active, an activated one is there already, and what is removed is not active.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import typing as t

from ..._core.plan import Change, Step
from ..._core.values import format_time
from ..option_checks import Problem, describe_problem
from .canonical import Entry, SigningCertificate, find_active, find_other_certificate
from .options import FIRST, OPTION, Wanted

Row = dict[str, t.Any]
#: What a plan shows of a certificate.
_SHOWN = ("thumbprint", "name", "starts", "expires", "active")


def is_enough(item: SigningCertificate, wanted: Wanted, now: datetime.datetime) -> bool:
    """Return True for a certificate beside which no new one is needed: it signs, and ends late enough; one that begins later counts."""
    expires = item.certificate.expires
    return item.can_sign and (expires is None or expires > now + wanted.renew_before)


def is_new_needed(wanted: Wanted, certificates: t.Iterable[SigningCertificate], now: datetime.datetime) -> bool:
    """Return True where none that stays is enough."""
    return not any(is_enough(item, wanted, now) for item in _filter_kept(wanted, certificates))


def find_problems(
    wanted: Wanted,
    certificates: t.Sequence[SigningCertificate],
    preferred: str | None,
    entries: t.Sequence[Entry],
    now: datetime.datetime,
) -> list[Problem]:
    """Return what cannot be done or must not be, as problems of the options; *entries*: all credentials of the service principal."""
    problems: list[Problem] = []
    active, activated = find_active(certificates, preferred), find_activated(wanted, certificates, preferred, now)
    asked = wanted.activated_thumbprint
    if asked is not None and (activated is None or activated is not active):
        why = "no certificate of the service principal has this thumbprint" if activated is None else None
        why = why or t.cast("SigningCertificate", activated).explain_unusable(now)
        if why:
            problems.append(describe_problem(f"{OPTION}.activate", f"{asked} cannot be activated: {why}"))
    signing = active or (None if activated else _find_presumed(certificates))
    for thumbprint in sorted(wanted.remove):
        named = [item for item in certificates if item.is_named_by(thumbprint)]
        why = None
        if activated in named or (asked is not None and asked == thumbprint):
            why = "it is the one to activate"
        elif active in named:
            why = "it is active: activate another one first, and remove this one in a later task, after people have signed in with the new one"
        elif signing in named:
            why = "no certificate is marked as active, and Entra ID may sign with this one: activate one first"
        elif not named and (other := find_other_certificate(entries, thumbprint)):
            why = f"it does not sign tokens: the application signs in with {other.describe()}"
        if why:
            problems.append(describe_problem(f"{OPTION}.remove", f"{thumbprint} is not removed: {why}"))
    return problems


def find_activated(
    wanted: Wanted, certificates: t.Iterable[SigningCertificate], preferred: str | None, now: datetime.datetime
) -> SigningCertificate | None:
    """Return the certificate that is to be active, as far as it is there; None where what is active is left as it is.

    With FIRST, and where none is active, that is the usable one that ends last; None where a new one is to be activated in its place.
    """
    listed = list(certificates)
    if wanted.activate != FIRST:
        return next((item for item in listed if item.is_named_by(wanted.activated_thumbprint)), None)
    if find_active(listed, preferred) is not None or is_new_needed(wanted, listed, now):
        return None
    usable = [item for item in _filter_kept(wanted, listed) if not item.explain_unusable(now)]
    enough = [item for item in usable if is_enough(item, wanted, now)]
    return next(reversed(enough or usable), None)


def plan_signing_certificates(
    wanted: Wanted,
    certificates: t.Sequence[SigningCertificate],
    preferred: str | None,
    now: datetime.datetime,
    principal: str,
) -> tuple[list[Step], list[Row], list[Row]]:
    """Return the steps, in the order of the writes, and the certificates before and after them, as plans show them.

    *principal*: what people call the service principal. :func:`find_problems` has to have found nothing.
    """
    steps: list[Step] = []
    removed = [item for item in certificates if item.thumbprints & wanted.remove]
    kept = _filter_kept(wanted, certificates)
    active = find_active(certificates, preferred)
    is_adding = is_new_needed(wanted, certificates, now)
    if is_adding:
        steps.append(_build_addition(wanted, principal))
    activated = find_activated(wanted, certificates, preferred, now)
    is_new_activated = wanted.activate == FIRST and active is None and activated is None and is_adding
    if is_new_activated or (activated is not None and activated is not active):
        steps.append(_build_activation(activated, active, principal))
        active = activated
    if removed:
        steps.append(_build_removal(removed, principal))
    after = [build_plan_row(item, item is active) for item in kept]
    if is_adding:
        after.append({**dict.fromkeys(_SHOWN), "name": wanted.name, "active": is_new_activated})
    before_active = find_active(certificates, preferred)
    return steps, [build_plan_row(item, item is before_active) for item in certificates], after


def build_plan_row(item: SigningCertificate, is_active: bool) -> Row:
    """Return a certificate as plans show it."""
    row = {**item.certificate.as_row(), "active": is_active}
    return {name: row[name] for name in _SHOWN}


def build_rows(
    certificates: t.Iterable[SigningCertificate], preferred: str | None, now: datetime.datetime
) -> list[Row]:
    """Return certificates as results have them; ``days_left`` counts whole days, and is below zero after the end."""
    listed = list(certificates)
    active = find_active(listed, preferred)
    return [
        {
            **item.certificate.as_row(),
            "fingerprint_sha256": hashlib.sha256(item.der).hexdigest().upper() if item.der is not None else None,
            "days_left": None if item.certificate.expires is None else (item.certificate.expires - now).days,
            "active": item is active,
            "certificate": None if item.der is None else base64.b64encode(item.der).decode("ascii"),
        }
        for item in listed
    ]


def build_unmade_row(active: bool) -> Row:
    """Return the row of a certificate that is not made yet: everything but whether it will be active is unknown."""
    names = ("key_id", "thumbprint", "name", "starts", "expires", "fingerprint_sha256", "days_left", "certificate")
    return {**dict.fromkeys(names), "active": active}


def _filter_kept(wanted: Wanted, certificates: t.Iterable[SigningCertificate]) -> list[SigningCertificate]:
    return [item for item in certificates if not item.thumbprints & wanted.remove]


def _find_presumed(certificates: t.Sequence[SigningCertificate]) -> SigningCertificate | None:
    """Return the certificate that may sign although none is said to be active: the one that ends last."""
    signs = [item for item in certificates if item.can_sign]
    return signs[-1] if signs else None


def _build_addition(wanted: Wanted, principal: str) -> Step:
    days = wanted.lifetime.days
    named = f" CN={wanted.name}" if wanted.name else ""
    sentence = f"add the token signing certificate{named}, valid for {days} days; it is not used before it is activated"
    facts = {"name": wanted.name, "lifetime_days": days}
    change = Change("+", "signing certificate", principal, sentence, facts)
    return Step(
        "add_signing_certificate", f"add a token signing certificate{named}", {"lifetime": wanted.lifetime}, (change,)
    )


def _build_activation(activated: SigningCertificate | None, active: SigningCertificate | None, principal: str) -> Step:
    """Return the step that activates a certificate, None for the one that the step before adds."""
    label = activated.describe() if activated else "that is added"
    thumbprint = activated.thumbprint if activated else None
    instead = f" in place of {active.describe()}" if active else ""
    sentence = f"sign with the certificate {label}{instead} from now on: every service that checks the signatures must have it, or nobody can sign in any more"
    change = Change("~", "active signing certificate", principal, sentence, {"thumbprint": thumbprint})
    subject = f"activate the token signing certificate {label}"
    return Step("activate_signing_certificate", subject, {"thumbprint": thumbprint}, (change,))


def _build_removal(removed: t.Sequence[SigningCertificate], principal: str) -> Step:
    changes = tuple(
        Change(
            "-",
            "signing certificate",
            principal,
            f"remove the token signing certificate {item.describe()}",
            {"thumbprint": item.thumbprint},
        )
        for item in removed
    )
    subject = f"remove {', '.join(f'the token signing certificate {item.describe()}' for item in removed)}"
    data = {
        "entry_ids": sorted(entry_id for item in removed for entry_id in item.entry_ids),
        "thumbprints": sorted(thumbprint for item in removed for thumbprint in item.thumbprints),
    }
    return Step("remove_signing_certificate", subject, data, changes)


def format_end(now: datetime.datetime, lifetime: datetime.timedelta) -> str:
    """Return the end of a certificate that is made at *now*, as Graph takes it."""
    return format_time(now + lifetime)
