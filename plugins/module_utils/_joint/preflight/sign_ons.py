# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether a person can sign on at all: what Entra ID refuses, then what Commvault does. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.identity_providers.read import SamlApp
from ..._core.names import fold_case
from ..._entra.claims.read import SsoPrincipal
from .facts import BROKEN, OK, UNKNOWN, CountedUser, KnownUser, PreflightFacts
from .matching import maps_company_name

#: What stands in the stored name of a guest between the name in the home tenant and the domain of this one.
_GUEST_MARK = "#ext#@"


class SignOn(t.NamedTuple):
    """``verdict``: ok, unknown or broken (refused); ``reason``: why, empty where it is ok. ``known``: the user in Commvault, if one is."""

    verdict: str
    reason: str = ""
    known: KnownUser | None = None
    created: bool = False


def predict_sign_on(facts: PreflightFacts, person: CountedUser) -> SignOn:
    """Return whether *person*, who is a user of the tenant, can sign on, and as whom."""
    app, application = facts.app, facts.application
    if app is None:
        return SignOn(BROKEN, "no SAML app signs people in")
    reasons = [*_list_refusals(facts, app, person)]
    if reasons:
        return SignOn(BROKEN, reasons[0])
    found = _find_in_commvault(facts, app, person)
    if found.verdict == BROKEN:
        return found
    doubts = [*_list_doubts(facts, app, person), *([found.reason] if found.reason else [])]
    if application is None:
        doubts.insert(0, "the application that people sign in to is not known")
    return found._replace(verdict=UNKNOWN, reason=doubts[0]) if doubts else found


def list_sign_on_names(name: str) -> list[str]:
    """Return the names by which Entra ID may tell Commvault of a user, in their form for comparison; the likeliest first.

    Microsoft Learn, "B2B collaboration user claims mapping": a guest of another Entra tenant comes with the user principal name of
    the home tenant, any other guest with the stored one. Entra ID stores guests as NAME_HOMEDOMAIN#EXT#@DOMAIN.
    """
    folded = fold_case(name)
    stored, mark, _domain = folded.partition(_GUEST_MARK)
    if not mark or "_" not in stored:
        return [folded]
    return ["@".join(stored.rsplit("_", 1)), folded]


def _list_refusals(facts: PreflightFacts, app: SamlApp, person: CountedUser) -> t.Iterator[str]:
    if person.member.enabled is False:
        yield "the account is disabled in Entra ID"
    principal = facts.application.principal if facts.application else None
    if facts.application and principal is None:
        yield "the application has no service principal in the tenant"
    if principal is not None:
        if not principal.enabled:
            yield "the enterprise application is disabled"
        if not principal.certificates:
            yield "the enterprise application has no certificate to sign with"
        if _is_assigned(facts, principal, person) == BROKEN:
            yield "sign-in needs an assignment to the application, and the person has none"
    if app.enabled is False:
        yield f"SAML app {app.name} is disabled"
    if facts.tenant_id and app.provider_id and fold_case(facts.tenant_id) not in fold_case(app.provider_id):
        yield f"SAML app {app.name} trusts another tenant"


def _list_doubts(facts: PreflightFacts, app: SamlApp, person: CountedUser) -> t.Iterator[str]:
    principal = facts.application.principal if facts.application else None
    if person.member.enabled is None:
        yield "this identity is not allowed to read whether the account is enabled"
    if principal is not None and facts.application is not None:
        if _is_assigned(facts, principal, person) == UNKNOWN:
            yield "whether an assigned group has the person as a direct member was not read"
        if app.service_id not in {*facts.application.identifier_uris, *principal.names}:
            yield "the entity id of the SAML app is not an identifier of the application"
        if any(certificate.active and certificate.ends < facts.now for certificate in principal.certificates):
            yield "the active signing certificate has ended"
    if app.enabled is None:
        yield f"Commvault does not show whether SAML app {app.name} is enabled"
    if not facts.tenant_id or not app.provider_id:
        yield "which tenant the SAML app trusts is not known"
    if maps_company_name(app):
        yield "the company of the person comes from a claim whose value is not known before the sign-in"


def _is_assigned(facts: PreflightFacts, principal: SsoPrincipal, person: CountedUser) -> str:
    """Return ok, broken or unknown. Microsoft Learn: an assignment does not cascade to nested groups."""
    if not principal.assignment_required or person.member.object_id in principal.assigned_users:
        return OK
    read = {
        item.entra.object_id: item.members
        for item in facts.mapped
        if item.entra is not None and item.members is not None
    }
    assigned = set(principal.assigned or ())
    inside = assigned if person.group_ids is None else assigned & person.group_ids
    for object_id in inside & set(read):
        if person.member.object_id in {member.object_id for member in read[object_id].direct}:
            return OK
    return UNKNOWN if inside - set(read) else BROKEN


def _find_in_commvault(facts: PreflightFacts, app: SamlApp, person: CountedUser) -> SignOn:
    if not person.member.name:
        return SignOn(UNKNOWN, "this identity is not allowed to read the name of the user")
    outcomes = [_find_name(facts, app, name) for name in list_sign_on_names(person.member.name)]
    if len({outcome.verdict for outcome in outcomes}) == 1:
        return outcomes[0]
    return SignOn(
        UNKNOWN, "it is not known whether a guest signs in with the name of the home tenant or the stored one"
    )


def _find_name(facts: PreflightFacts, app: SamlApp, name: str) -> SignOn:
    """Return what Commvault makes of somebody who comes as *name*: a user that it knows, one that it creates, or nobody."""
    if facts.known_users is None:
        return SignOn(UNKNOWN, "whether Commvault knows the user was not read")
    suffix = name.rpartition("@")[2]
    fits = "@" in name and suffix in {fold_case(item).lstrip("@") for item in app.email_suffixes}
    known = [user for user in facts.known_users if name in user.names]
    if len(known) > 1:
        return SignOn(UNKNOWN, f"Commvault knows several users as {name}")
    if not known:
        if app.auto_create and fits:
            return SignOn(OK, created=True)
        why = f"for {suffix}" if app.auto_create else "by itself"
        return SignOn(BROKEN, f"Commvault does not know {name}, and SAML app {app.name} creates no users {why}")
    if known[0].enabled is False:
        return SignOn(BROKEN, "the user is disabled in Commvault", known[0])
    if known[0].enabled is None:
        return SignOn(UNKNOWN, "Commvault does not show whether the user is enabled", known[0])
    if not fits:
        reason = f"{suffix} is not an e-mail suffix of SAML app {app.name}, and it is not known whether the app accepts known users nevertheless"
        return SignOn(UNKNOWN, reason, known[0])
    return SignOn(OK, known=known[0])
