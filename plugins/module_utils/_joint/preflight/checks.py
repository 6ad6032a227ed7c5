# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The verdict on the site as a whole: identity provider, application, claims, certificates, people with too many groups. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.identity_providers.read import SamlApp
from ..._core.names import fold_case, is_same_name
from ..._core.values import format_time
from ..._entra.claims.certificates import SigningCertificate
from ..._entra.claims.group_claim import ROLES_CLAIM, SAML_LIMIT
from ..._entra.claims.read import SsoApplication, SsoPrincipal
from .facts import BROKEN, FORMS, UNKNOWN, WARNING, WORDS, Finding, Person, Scene, ok
from .groups import reads_groups

_WARN_DAYS = 30
_SHOWN = 5
_LOOK = "look at the SAML app in the Command Center"
_NAME_IDS = ("email", "userprincipalname", "upn")

Findings = t.Iterator[Finding]


def checked(scene: Scene) -> list[Finding]:
    """All checks of the site, in a fixed order."""
    found: list[Finding] = list(_provider(scene))
    if scene.app is not None:
        found += _app(scene, scene.app)
    if scene.application is None:
        found.append(Finding("application", WARNING, scene.application_explanation, "give application"))
    else:
        found += _application(scene, scene.application)
    found += _people(scene)
    return found


def _provider(scene: Scene) -> Findings:
    if scene.app is not None:
        yield ok("identity_provider", f"SAML app {scene.app.name}")
        return
    oidc = next((server.name for server in scene.servers if server.kind == "oidc"), None)
    if oidc is not None and not scene.app_explanation:
        reason = f"people sign in through OpenID Connect app {oidc}, which carries no groups"
        yield Finding("identity_provider", BROKEN, reason, "set up a SAML app in the Command Center for the mapping")
        return
    remedy = "set up a SAML app in the Command Center, or name the right one in saml_app"
    yield Finding("identity_provider", BROKEN, scene.app_explanation or "Commvault has no identity provider", remedy)


def _app(scene: Scene, app: SamlApp) -> Findings:
    if app.enabled is None:
        reason = f"Commvault does not show whether SAML app {app.name} is enabled"
        yield Finding("saml_enabled", UNKNOWN, reason, _LOOK)
    elif app.enabled:
        yield ok("saml_enabled", f"SAML app {app.name} is enabled")
    else:
        yield Finding("saml_enabled", BROKEN, f"SAML app {app.name} is disabled", "enable it")
    yield from _tenant(scene, app)
    yield from _provider_name(app)
    yield from _attribute(scene, app)
    yield from _name_id(app)
    yield from _associations(scene, app)


def _tenant(scene: Scene, app: SamlApp) -> Findings:
    if not app.provider_id:
        reason = f"Commvault does not show which provider SAML app {app.name} trusts"
        yield Finding("tenant", UNKNOWN, reason, _LOOK)
    elif not scene.tenant_id:
        reason = f"the token does not tell the tenant, and SAML app {app.name} trusts {app.provider_id}"
        yield Finding("tenant", UNKNOWN, reason, "compare it with the tenant's id")
    elif fold_case(scene.tenant_id) in fold_case(app.provider_id):
        yield ok("tenant", f"SAML app {app.name} trusts tenant {scene.tenant_id}")
    else:
        reason = f"SAML app {app.name} trusts {app.provider_id}, not tenant {scene.tenant_id}"
        yield Finding(
            "tenant", BROKEN, reason, "load the federation metadata of the tenant's application into the SAML app"
        )


def _provider_name(app: SamlApp) -> Findings:
    if app.company is None:
        return
    if is_same_name(app.company, app.name):
        yield ok("identity_provider_name", f"the SAML app has the name of its company {app.company}")
    else:
        reason = f"SAML app {app.name} is made for company {app.company}, and such an app must have the company's name"
        yield Finding("identity_provider_name", BROKEN, reason, f"create the SAML app under the name {app.company}")


def _attribute(scene: Scene, app: SamlApp) -> Findings:
    wanted = scene.application.claim.uri if scene.application else None
    remedy = f"map USER_GROUPS to {wanted or 'the claim that carries the groups'}"
    if not app.groups_claim:
        reason = f"SAML app {app.name} has no attribute mapping for USER_GROUPS: sign-ins change no membership"
        yield Finding("attribute_mapping", BROKEN, reason, remedy)
    elif scene.application and not reads_groups(app.groups_claim, scene.application.claim):
        reason = f"USER_GROUPS is taken from {app.groups_claim}, but the groups are in {wanted}"
        yield Finding("attribute_mapping", BROKEN, reason, remedy)
    else:
        yield ok("attribute_mapping", f"USER_GROUPS is taken from {app.groups_claim}")


def _name_id(app: SamlApp) -> Findings:
    if app.name_id is None:
        reason = f"Commvault does not show by which attribute SAML app {app.name} finds people"
        yield Finding("name_id", UNKNOWN, reason, _LOOK)
    elif fold_case(app.name_id).replace(" ", "").replace("_", "") in _NAME_IDS:
        yield ok("name_id", f"people are found by {app.name_id}")
    else:
        reason = f"people are found by {app.name_id}, and users are created from an e-mail address or user principal name only"
        yield Finding("name_id", WARNING, reason, "set the NameID attribute to Email or User Principal Name")


def _associations(scene: Scene, app: SamlApp) -> Findings:
    suffixes = {fold_case(item).lstrip("@") for item in app.email_suffixes}
    if not suffixes:
        if app.auto_create:
            reason = f"SAML app {app.name} creates users by itself, which needs an e-mail suffix, and has none"
            yield Finding("associations", BROKEN, reason, "associate the e-mail suffixes of the people who sign in")
        elif not app.associated:
            reason = f"SAML app {app.name} is associated with no e-mail suffix, company, domain, group or user: nobody is sent to it"
            yield Finding("associations", WARNING, reason, "associate the e-mail suffixes of the people who sign in")
        else:
            yield ok("associations", "companies, domains, groups or users are associated")
        return
    people = {person for group in scene.mapped if group.members for person in group.members.direct}
    names = {str(person.name) for person in people if person.name}
    unread = sum(1 for person in people if not person.name)
    strange = sorted({fold_case(name.rpartition("@")[2]) for name in names if "@" in name} - suffixes)
    if strange and not app.associated:
        reason = f"members sign in with {_some(strange)}, and the SAML app is for {_some(sorted(suffixes))} only"
        yield Finding("associations", WARNING, reason, "associate these e-mail suffixes too")
    elif unread and not app.associated:
        reason = (
            f"the SAML app is for {_some(sorted(suffixes))} only, and the names of {unread} members may not be read"
        )
        yield Finding("associations", UNKNOWN, reason, "give this identity User.Read.All")
    else:
        yield ok("associations", f"e-mail suffixes {_some(sorted(suffixes))}")


def _application(scene: Scene, application: SsoApplication) -> Findings:
    yield ok("application", f"{application.display_name} ({application.app_id})")
    principal = application.principal
    if principal is None:
        reason = f"application {application.display_name} has no service principal in the tenant: nobody can sign in"
        yield Finding("service_principal", BROKEN, reason, "create it (entra_service_principal)")
    else:
        yield from _principal(scene, application, principal)
    yield from _claim(scene, application)


def _principal(scene: Scene, application: SsoApplication, principal: SsoPrincipal) -> Findings:
    if principal.enabled:
        required = "an assignment is required" if principal.assignment_required else "no assignment is required"
        yield ok("service_principal", f"enabled, {required}")
    else:
        yield Finding(
            "service_principal",
            BROKEN,
            "sign-in to the enterprise application is switched off",
            "enable it (entra_service_principal)",
        )
    if principal.sign_on_mode == "saml":
        yield ok("sign_on_mode", "saml")
    else:
        reason = f"the enterprise application's sign-on mode is {principal.sign_on_mode or 'not set'}"
        yield Finding("sign_on_mode", WARNING, reason, "set sign_on_mode to saml (entra_service_principal)")
    if scene.app is not None and not scene.app.service_id:
        reason = f"Commvault does not show how SAML app {scene.app.name} calls itself"
        yield Finding("identifier", UNKNOWN, reason, _LOOK)
    elif scene.app is not None:
        names = {*application.identifier_uris, *principal.names}
        if scene.app.service_id in names:
            yield ok("identifier", scene.app.service_id)
        else:
            reason = f"the SAML app calls itself {scene.app.service_id}, which is no identifier of the application"
            yield Finding("identifier", WARNING, reason, "add it to identifier_uris of the application, port included")
    yield from _certificates(scene, principal)


def _certificates(scene: Scene, principal: SsoPrincipal) -> Findings:
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
            yield _certificate(scene, certificate)


def _certificate(scene: Scene, certificate: SigningCertificate) -> Finding:
    days = days_left(scene, certificate)
    until = f"{certificate.name or certificate.key_id} until {format_time(certificate.ends)}"
    remedy = "stage a new certificate (entra_service_principal), load it into the SAML app, then activate it"
    if days < 0:
        return Finding("signing_certificate", BROKEN, f"{until}, {-days} days ago", remedy)
    if days < _WARN_DAYS:
        return Finding("signing_certificate", WARNING, f"{until}, {days} days left", remedy)
    return ok("signing_certificate", f"{until}, {days} days left")


def days_left(scene: Scene, certificate: SigningCertificate) -> int:
    """Whole days until the certificate ends; negative once it has ended."""
    return (certificate.ends - scene.now).days


def _claim(scene: Scene, application: SsoApplication) -> Findings:
    claim = application.claim
    if scene.app is not None and scene.app.groups_claim == ROLES_CLAIM and not claim.as_roles:
        yield ok("claim", "app roles of the application, which do not follow nesting")
        return
    if not claim.scopes:
        remedy = "set group_claims of the application (entra_application), best to [ApplicationGroup]"
        yield Finding("claim", BROKEN, "the application emits no groups", remedy)
        return
    said = f"{', '.join(sorted(claim.scopes))} as {' or '.join(WORDS[form] for form in sorted(claim.forms))}"
    if claim.cloud_display_name and not claim.assigned_only:
        reason = f"{said}; display names are emitted only by applications that emit assigned groups alone"
        yield Finding(
            "claim", WARNING, reason, "set group_claims to [ApplicationGroup], or take cloud_displayname away"
        )
    else:
        yield ok("claim", said)
    fitting = FORMS[scene.match_by] & claim.forms
    if fitting:
        yield ok("match_by", f"{scene.match_by} fits what the application emits")
    else:
        emitted = " or ".join(WORDS[form] for form in sorted(claim.forms))
        reason = f"match_by {scene.match_by} does not fit: the application emits {emitted}"
        yield Finding("match_by", BROKEN, reason, "change the group claim of the application, or match_by")


def _people(scene: Scene) -> Findings:
    if scene.people_explanation:
        remedy = "give this identity User.Read.All to count the groups of people"
        yield Finding("group_limit", WARNING, f"not checked: {scene.people_explanation}", remedy)
        return
    unknown = sorted(str(person.member.name) for person in scene.people if person.groups is None)
    if unknown:
        yield Finding("sample_users", WARNING, f"no such user in the tenant: {_some(unknown)}", "correct sample_users")
    counted = [person for person in scene.people if person.groups is not None]
    above = sorted(label(person) for person in counted if over(person))
    left_out = f"; {scene.unchecked} members were not checked (user_limit)" if scene.unchecked else ""
    if above:
        reason = (
            f"{len(above)} of {len(counted)} people are in more than {SAML_LIMIT} groups, their tokens carry none, and they"
            f" lose their memberships: {_some(above)}{left_out}"
        )
        remedy = "emit assigned groups only: group_claims [ApplicationGroup], and assign the mapped groups"
        yield Finding("group_limit", BROKEN, reason, remedy)
    elif counted or left_out:
        yield ok("group_limit", f"{len(counted)} people, none in more than {SAML_LIMIT} groups{left_out}")


def over(person: Person) -> bool:
    """Whether this person's token carries no groups, because there are too many."""
    return person.groups is not None and person.groups > SAML_LIMIT


def label(person: Person) -> str:
    """A person for messages."""
    return f"{person.member.name or person.member.object_id} ({person.groups})"


def _some(names: t.Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
