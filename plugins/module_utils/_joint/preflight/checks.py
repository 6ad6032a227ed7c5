# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of sign-on as a whole: SAML app, application, claims, certificates, users with too many groups. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.identity_providers.read import SamlApp
from ..._commvault.releases import SAML_USERS
from ..._core.names import fold_case, is_same_name
from ..._core.values import format_time
from ..._entra.claims.certificates import SigningCertificate
from ..._entra.claims.group_claim import ROLES_CLAIM, SAML_LIMIT
from ..._entra.claims.read import SsoApplication, SsoPrincipal
from .facts import (
    BROKEN,
    FORM_WORDS,
    FORMS_BY_MATCH,
    UNKNOWN,
    WARNING,
    CountedUser,
    Finding,
    PreflightFacts,
    make_ok_finding,
)
from .groups import is_groups_claim
from .memberships import is_over_limit
from .sign_ons import list_sign_on_names

_WARN_DAYS = 30
_NAMES_SHOWN = 5
_LOOK_REMEDY = "look at the SAML app in the Command Center"
_USERS_HIDDEN = f"releases before 11.{SAML_USERS.since} do not show whether users are associated"
_NAME_IDS = ("email", "userprincipalname", "upn")

Findings = t.Iterator[Finding]


def check_site(facts: PreflightFacts) -> list[Finding]:
    """Return the findings about sign-on as a whole, in a fixed order."""
    found: list[Finding] = list(_check_provider(facts))
    if facts.app is not None:
        found += _check_saml_app(facts, facts.app)
    if facts.application is None:
        found.append(Finding("application", WARNING, facts.application_explanation, "give application"))
    else:
        found += _check_application(facts, facts.application)
    found += _check_group_limit(facts)
    return found


def _check_provider(facts: PreflightFacts) -> Findings:
    if facts.app is not None:
        yield make_ok_finding("identity_provider", f"SAML app {facts.app.name}")
        return
    oidc = next((server.name for server in facts.servers if server.kind == "oidc"), None)
    if oidc is not None and not facts.app_explanation:
        reason = f"people sign in through OpenID Connect app {oidc}, which carries no groups"
        yield Finding("identity_provider", BROKEN, reason, "set up a SAML app in the Command Center for the mapping")
        return
    remedy = "set up a SAML app in the Command Center, or name the right one in saml_app"
    yield Finding("identity_provider", BROKEN, facts.app_explanation or "Commvault has no identity provider", remedy)


def _check_saml_app(facts: PreflightFacts, app: SamlApp) -> Findings:
    if app.enabled is None:
        reason = f"Commvault does not show whether SAML app {app.name} is enabled"
        yield Finding("saml_enabled", UNKNOWN, reason, _LOOK_REMEDY)
    elif app.enabled:
        yield make_ok_finding("saml_enabled", f"SAML app {app.name} is enabled")
    else:
        yield Finding("saml_enabled", BROKEN, f"SAML app {app.name} is disabled", "enable it")
    yield from _check_tenant(facts, app)
    yield from _check_provider_name(app)
    yield from _check_attribute_mapping(facts, app)
    yield from _check_name_id(app)
    yield from _check_associations(facts, app)


def _check_tenant(facts: PreflightFacts, app: SamlApp) -> Findings:
    if not app.provider_id:
        reason = f"Commvault does not show which provider SAML app {app.name} trusts"
        yield Finding("tenant", UNKNOWN, reason, _LOOK_REMEDY)
    elif not facts.tenant_id:
        reason = f"the token does not show the tenant, and SAML app {app.name} trusts {app.provider_id}"
        yield Finding("tenant", UNKNOWN, reason, "compare it with the tenant's id")
    elif fold_case(facts.tenant_id) in fold_case(app.provider_id):
        yield make_ok_finding("tenant", f"SAML app {app.name} trusts tenant {facts.tenant_id}")
    else:
        reason = f"SAML app {app.name} trusts {app.provider_id}, not tenant {facts.tenant_id}"
        yield Finding(
            "tenant", BROKEN, reason, "load the federation metadata of the tenant's application into the SAML app"
        )


def _check_provider_name(app: SamlApp) -> Findings:
    if app.company is None:
        return
    if is_same_name(app.company, app.name):
        yield make_ok_finding("identity_provider_name", f"the SAML app has the name of its company {app.company}")
    else:
        reason = f"SAML app {app.name} is made for company {app.company}, and such an app must have the company's name"
        yield Finding("identity_provider_name", BROKEN, reason, f"create the SAML app under the name {app.company}")


def _check_attribute_mapping(facts: PreflightFacts, app: SamlApp) -> Findings:
    wanted = facts.application.claim.uri if facts.application else None
    remedy = f"map USER_GROUPS to {wanted or 'the claim that carries the groups'}"
    if not app.groups_claim:
        reason = f"SAML app {app.name} has no attribute mapping for USER_GROUPS: sign-ins change no membership"
        yield Finding("attribute_mapping", BROKEN, reason, remedy)
    elif facts.application and not is_groups_claim(app.groups_claim, facts.application.claim):
        reason = f"USER_GROUPS is taken from {app.groups_claim}, but the groups are in {wanted}"
        yield Finding("attribute_mapping", BROKEN, reason, remedy)
    else:
        yield make_ok_finding("attribute_mapping", f"USER_GROUPS is taken from {app.groups_claim}")


def _check_name_id(app: SamlApp) -> Findings:
    if app.name_id is None:
        reason = f"Commvault does not show by which attribute SAML app {app.name} finds people"
        yield Finding("name_id", UNKNOWN, reason, _LOOK_REMEDY)
    elif fold_case(app.name_id).replace(" ", "").replace("_", "") in _NAME_IDS:
        yield make_ok_finding("name_id", f"people are found by {app.name_id}")
    else:
        reason = f"people are found by {app.name_id}, and users are created from an e-mail address or user principal name only"
        yield Finding("name_id", WARNING, reason, "set the NameID attribute to Email or User Principal Name")


def _check_associations(facts: PreflightFacts, app: SamlApp) -> Findings:
    suffixes = {fold_case(item).lstrip("@") for item in app.email_suffixes}
    if not suffixes:
        if app.auto_create:
            reason = f"SAML app {app.name} creates users by itself, which needs an e-mail suffix, and has none"
            yield Finding("associations", BROKEN, reason, "associate the e-mail suffixes of the people who sign in")
        elif app.associated is None:
            reason = f"SAML app {app.name} is not associated with an e-mail suffix, company, domain or group, and {_USERS_HIDDEN}"
            yield Finding("associations", UNKNOWN, reason, _LOOK_REMEDY)
        elif not app.associated:
            reason = f"SAML app {app.name} is not associated with an e-mail suffix, company, domain, group or user: nobody is sent to it"
            yield Finding("associations", WARNING, reason, "associate the e-mail suffixes of the people who sign in")
        else:
            yield make_ok_finding("associations", "companies, domains, groups or users are associated")
        return
    people = {person for group in facts.mapped if group.members for person in group.members.direct}
    names = {name for person in people if person.name for name in list_sign_on_names(person.name)}
    unread = sum(1 for person in people if not person.name)
    strange = sorted({name.rpartition("@")[2] for name in names if "@" in name} - suffixes)
    if strange and not app.associated:
        reason = (
            f"members sign in with {_join_first(strange)}, and the SAML app is for {_join_first(sorted(suffixes))} only"
        )
        if app.associated is None:
            yield Finding("associations", UNKNOWN, f"{reason}; {_USERS_HIDDEN}", _LOOK_REMEDY)
        else:
            yield Finding("associations", WARNING, reason, "associate these e-mail suffixes too")
    elif unread and not app.associated:
        reason = f"the SAML app is for {_join_first(sorted(suffixes))} only, and the names of {unread} members may not be read"
        yield Finding("associations", UNKNOWN, reason, "give this identity User.Read.All")
    else:
        yield make_ok_finding("associations", f"e-mail suffixes {_join_first(sorted(suffixes))}")


def _check_application(facts: PreflightFacts, application: SsoApplication) -> Findings:
    yield make_ok_finding("application", f"{application.display_name} ({application.app_id})")
    principal = application.principal
    if principal is None:
        reason = f"application {application.display_name} has no service principal in the tenant: nobody can sign in"
        yield Finding("service_principal", BROKEN, reason, "create it (entra_service_principal)")
    else:
        yield from _check_service_principal(facts, application, principal)
    yield from _check_claim(facts, application)


def _check_service_principal(facts: PreflightFacts, application: SsoApplication, principal: SsoPrincipal) -> Findings:
    if principal.enabled:
        required = "an assignment is required" if principal.assignment_required else "no assignment is required"
        yield make_ok_finding("service_principal", f"enabled, {required}")
    else:
        yield Finding(
            "service_principal",
            BROKEN,
            "sign-in to the enterprise application is switched off",
            "enable it (entra_service_principal)",
        )
    if principal.sign_on_mode == "saml":
        yield make_ok_finding("sign_on_mode", "saml")
    else:
        reason = f"the enterprise application's sign-on mode is {principal.sign_on_mode or 'not set'}"
        yield Finding("sign_on_mode", WARNING, reason, "set sign_on_mode to saml (entra_service_principal)")
    if facts.app is not None and not facts.app.service_id:
        reason = f"Commvault does not show the entity id of SAML app {facts.app.name}"
        yield Finding("identifier", UNKNOWN, reason, _LOOK_REMEDY)
    elif facts.app is not None:
        names = {*application.identifier_uris, *principal.names}
        if facts.app.service_id in names:
            yield make_ok_finding("identifier", facts.app.service_id)
        else:
            reason = (
                f"the SAML app uses the entity id {facts.app.service_id}, which is not an identifier of the application"
            )
            yield Finding(
                "identifier", WARNING, reason, "add it to identifier_uris of the application, including the port"
            )
    yield from _check_certificates(facts, principal)


def _check_certificates(facts: PreflightFacts, principal: SsoPrincipal) -> Findings:
    if not principal.certificates:
        reason = "the enterprise application has no certificate to sign SAML tokens with"
        yield Finding(
            "signing_certificate",
            BROKEN,
            reason,
            "add one to the enterprise application, then load it into the SAML app",
        )
    for certificate in principal.certificates:
        if certificate.active:
            yield _check_certificate(facts, certificate)


def _check_certificate(facts: PreflightFacts, certificate: SigningCertificate) -> Finding:
    days = count_days_left(facts, certificate)
    until = f"{certificate.name or certificate.key_id} until {format_time(certificate.ends)}"
    remedy = "stage a new certificate (entra_service_principal), load it into the SAML app, then activate it"
    if days < 0:
        return Finding("signing_certificate", BROKEN, f"{until}, {-days} days ago", remedy)
    if days < _WARN_DAYS:
        return Finding("signing_certificate", WARNING, f"{until}, {days} days left", remedy)
    return make_ok_finding("signing_certificate", f"{until}, {days} days left")


def count_days_left(facts: PreflightFacts, certificate: SigningCertificate) -> int:
    """Return whole days until the certificate ends; negative once it has ended."""
    return (certificate.ends - facts.now).days


def _check_claim(facts: PreflightFacts, application: SsoApplication) -> Findings:
    claim = application.claim
    if facts.app is not None and facts.app.groups_claim == ROLES_CLAIM and not claim.as_roles:
        yield make_ok_finding("claim", "app roles of the application, which do not follow nesting")
        return
    if not claim.scopes:
        remedy = "set group_claims of the application (entra_application), best to [ApplicationGroup]"
        yield Finding("claim", BROKEN, "the application emits no groups", remedy)
        return
    said = f"{', '.join(sorted(claim.scopes))} as {' or '.join(FORM_WORDS[form] for form in sorted(claim.forms))}"
    if claim.cloud_display_name and not claim.assigned_only:
        reason = f"{said}; display names are emitted only by applications that emit assigned groups alone"
        yield Finding("claim", WARNING, reason, "set group_claims to [ApplicationGroup], or remove cloud_displayname")
    else:
        yield make_ok_finding("claim", said)
    fitting = FORMS_BY_MATCH[facts.match_by] & claim.forms
    if fitting:
        yield make_ok_finding("match_by", f"{facts.match_by} fits what the application emits")
    else:
        emitted = " or ".join(FORM_WORDS[form] for form in sorted(claim.forms))
        reason = f"match_by {facts.match_by} does not fit: the application emits {emitted}"
        yield Finding("match_by", BROKEN, reason, "change the group claim of the application, or match_by")


def _check_group_limit(facts: PreflightFacts) -> Findings:
    if facts.users_explanation:
        remedy = "give this identity User.Read.All to count the groups of people"
        yield Finding("group_limit", WARNING, f"not checked: {facts.users_explanation}", remedy)
        return
    unknown = sorted(str(person.member.name) for person in facts.users if person.groups is None)
    if unknown:
        yield Finding(
            "sample_users", WARNING, f"no such user in the tenant: {_join_first(unknown)}", "correct sample_users"
        )
    counted = [person for person in facts.users if person.groups is not None]
    above = sorted(format_user(person) for person in counted if is_over_limit(person))
    perhaps = sorted(format_user(person) for person in counted if is_over_limit(person) is None)
    remedy = "emit assigned groups only: group_claims [ApplicationGroup], and assign the mapped groups"
    left_out = f"; {facts.unchecked} members were not checked (user_limit)" if facts.unchecked else ""
    if above:
        reason = (
            f"{len(above)} of {len(counted)} people are in more than {SAML_LIMIT} groups, their tokens carry none, and they"
            f" may lose their memberships: {_join_first(above)}{left_out}"
        )
        yield Finding("group_limit", BROKEN, reason, remedy)
    elif perhaps:
        reason = (
            f"{len(perhaps)} of {len(counted)} people are in more than {SAML_LIMIT} groups with those that are not "
            "emitted and directory roles,"
            f" and whether these count against the limit is not documented: {_join_first(perhaps)}{left_out}"
        )
        yield Finding("group_limit", WARNING, reason, remedy)
    elif counted or left_out:
        yield make_ok_finding("group_limit", f"{len(counted)} people, none in more than {SAML_LIMIT} groups{left_out}")


def format_user(person: CountedUser) -> str:
    """Return a user for messages: name (or object id) and count of groups."""
    return f"{person.member.name or person.member.object_id} ({person.groups})"


def _join_first(names: t.Sequence[str]) -> str:
    return ", ".join(names[:_NAMES_SHOWN]) + (
        f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    )
