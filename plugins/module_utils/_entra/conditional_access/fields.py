# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The fields of a conditional access policy as a table: our options, Graph's members, and how their values compare. Pure.

Source: Microsoft Learn (conditionalAccessPolicy and the resources in it), v1.0. A member that is not in the table is not managed, and stays.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass

#: Graph's words for ours. What is not among them is a word that is new; it stays as it is.
Words: t.TypeAlias = t.Mapping[str, str]


class Kind(enum.Enum):
    """What a field holds, which says how it compares and how it is sent."""

    REFERENCES = "references"  #: a set of ids, and of special words in their place
    REFERENCE = "reference"  #: one id
    WORDS = "words"  #: a set of words
    FLAGS = "flags"  #: a set of words that Graph writes as one text with commas
    WORD = "word"  #: one word
    TEXT = "text"  #: a text, blanks apart
    SWITCH = "switch"  #: true or false; null is false
    NUMBER = "number"


class Refers(enum.Enum):
    """What the ids of a field are of."""

    USER = "user"
    GROUP = "group"
    ROLE = "directory role"
    APPLICATION = "application"
    SERVICE_PRINCIPAL = "service principal"
    LOCATION = "named location"
    STRENGTH = "authentication strength"
    TERMS = "terms of use"
    TENANT = "tenant"


@dataclass(frozen=True)
class Field:
    """One field. ``option`` and ``member``: paths with dots. ``special``: words in place of ids, ours by Graph's."""

    option: str
    member: str
    kind: Kind
    refers: Refers | None = None
    words: Words | None = None
    special: Words | None = None

    @property
    def is_set(self) -> bool:
        """Whether the field holds several values, without order."""
        return self.kind in (Kind.REFERENCES, Kind.WORDS, Kind.FLAGS)

    @property
    def branch(self) -> str:
        """The part of a policy that is written as one: ``grantControls``, ``sessionControls``, or a member of ``conditions``."""
        first, _dot, rest = self.member.partition(".")
        return f"{first}.{rest.partition('.')[0]}" if first == "conditions" else first


#: States in which a policy refuses nobody; any other one, also one that is new, may.
IDLE_STATES = ("", "report_only", "disabled")
STATES = {
    "report_only": "enabledForReportingButNotEnforced",
    "enabled": "enabled",
    "disabled": "disabled",
}
_RISKS = {name: name for name in ("low", "medium", "high", "none")}
_PLATFORMS = {
    "all": "all",
    "android": "android",
    "ios": "iOS",
    "windows": "windows",
    "windows_phone": "windowsPhone",
    "macos": "macOS",
    "linux": "linux",
}
CLIENT_APP_TYPES = {
    "all": "all",
    "browser": "browser",
    "mobile_and_desktop": "mobileAppsAndDesktopClients",
    "exchange_active_sync": "exchangeActiveSync",
    "other": "other",
}
CONTROLS = {
    "block": "block",
    "mfa": "mfa",
    "compliant_device": "compliantDevice",
    "hybrid_joined_device": "domainJoinedDevice",
    "approved_application": "approvedApplication",
    "protected_application": "compliantApplication",
    "password_change": "passwordChange",
    "risk_remediation": "riskRemediation",
}
_GUESTS = {
    "internal_guest": "internalGuest",
    "b2b_collaboration_guest": "b2bCollaborationGuest",
    "b2b_collaboration_member": "b2bCollaborationMember",
    "b2b_direct_connect_user": "b2bDirectConnectUser",
    "other_external_user": "otherExternalUser",
    "service_provider": "serviceProvider",
}
_EXTERNAL = {"guests_or_external_users": "GuestsOrExternalUsers"}
#: Who may be included in place of users; only those of other tenants may be excluded.
_OF_USERS: dict[str, Words] = {"include": {"all": "All", "none": "None", **_EXTERNAL}, "exclude": _EXTERNAL}
_OF_APPLICATIONS = {
    "all": "All",
    "none": "None",
    "office365": "Office365",
    "microsoft_admin_portals": "MicrosoftAdminPortals",
}
_OF_PRINCIPALS = {"all_in_tenant": "ServicePrincipalsInMyTenant"}
#: The addresses that were trusted for multifactor authentication before there were named locations.
MFA_TRUSTED = "00000000-0000-0000-0000-000000000000"
_OF_LOCATIONS = {"all": "All", "all_trusted": "AllTrusted", "mfa_trusted_ips": MFA_TRUSTED}
_ACTIONS = {"register_security_info": "urn:user:registersecurityinfo", "register_device": "urn:user:registerdevice"}
_FILTER_MODES = {"include": "include", "exclude": "exclude"}


def _list_filter(option: str, member: str) -> list[Field]:
    return [
        Field(f"{option}.mode", f"{member}.mode", Kind.WORD, words=_FILTER_MODES),
        Field(f"{option}.rule", f"{member}.rule", Kind.TEXT),
    ]


def _list_users(way: str) -> list[Field]:
    users, guests = "conditions.users", f"conditions.users.{way}GuestsOrExternalUsers"
    return [
        Field(f"users.{way}.users", f"{users}.{way}Users", Kind.REFERENCES, Refers.USER, special=_OF_USERS[way]),
        Field(f"users.{way}.groups", f"{users}.{way}Groups", Kind.REFERENCES, Refers.GROUP),
        Field(f"users.{way}.roles", f"{users}.{way}Roles", Kind.REFERENCES, Refers.ROLE),
        Field(f"users.{way}.guests.types", f"{guests}.guestOrExternalUserTypes", Kind.FLAGS, words=_GUESTS),
        Field(f"users.{way}.guests.tenants", f"{guests}.externalTenants.members", Kind.REFERENCES, Refers.TENANT),
    ]


def _list_places(option: str, member: str, refers: Refers, special: Words, suffix: str) -> list[Field]:
    return [
        Field(f"{option}.{way}", f"{member}.{way}{suffix}", Kind.REFERENCES, refers, special=special)
        for way in ("include", "exclude")
    ]


FIELDS: tuple[Field, ...] = (
    *_list_users("include"),
    *_list_users("exclude"),
    *_list_places("applications", "conditions.applications", Refers.APPLICATION, _OF_APPLICATIONS, "Applications"),
    Field("applications.user_actions", "conditions.applications.includeUserActions", Kind.WORDS, words=_ACTIONS),
    Field(
        "applications.authentication_contexts",
        "conditions.applications.includeAuthenticationContextClassReferences",
        Kind.WORDS,
    ),
    *_list_filter("applications.filter", "conditions.applications.applicationFilter"),
    *_list_places(
        "client_applications",
        "conditions.clientApplications",
        Refers.SERVICE_PRINCIPAL,
        _OF_PRINCIPALS,
        "ServicePrincipals",
    ),
    *_list_filter("client_applications.filter", "conditions.clientApplications.servicePrincipalFilter"),
    *_list_places("locations", "conditions.locations", Refers.LOCATION, _OF_LOCATIONS, "Locations"),
    *(
        Field(f"platforms.{way}", f"conditions.platforms.{way}Platforms", Kind.WORDS, words=_PLATFORMS)
        for way in ("include", "exclude")
    ),
    Field("client_app_types", "conditions.clientAppTypes", Kind.WORDS, words=CLIENT_APP_TYPES),
    *_list_filter("device_filter", "conditions.devices.deviceFilter"),
    Field(
        "authentication_flows",
        "conditions.authenticationFlows.transferMethods",
        Kind.FLAGS,
        words={"device_code_flow": "deviceCodeFlow", "authentication_transfer": "authenticationTransfer"},
    ),
    Field("user_risk", "conditions.userRiskLevels", Kind.WORDS, words=_RISKS),
    Field("sign_in_risk", "conditions.signInRiskLevels", Kind.WORDS, words=_RISKS),
    Field("service_principal_risk", "conditions.servicePrincipalRiskLevels", Kind.WORDS, words=_RISKS),
    Field(
        "insider_risk",
        "conditions.insiderRiskLevels",
        Kind.FLAGS,
        words={name: name for name in ("minor", "moderate", "elevated")},
    ),
    Field("grant.operator", "grantControls.operator", Kind.WORD, words={"and": "AND", "or": "OR"}),
    Field("grant.controls", "grantControls.builtInControls", Kind.WORDS, words=CONTROLS),
    Field("grant.terms_of_use", "grantControls.termsOfUse", Kind.REFERENCES, Refers.TERMS),
    Field("grant.custom_factors", "grantControls.customAuthenticationFactors", Kind.WORDS),
    Field(
        "grant.authentication_strength",
        "grantControls.authenticationStrength.id",
        Kind.REFERENCE,
        Refers.STRENGTH,
    ),
    Field(
        "session.application_enforced_restrictions",
        "sessionControls.applicationEnforcedRestrictions.isEnabled",
        Kind.SWITCH,
    ),
    Field(
        "session.cloud_app_security",
        "sessionControls.cloudAppSecurity.cloudAppSecurityType",
        Kind.WORD,
        words={"configured": "mcasConfigured", "monitor_only": "monitorOnly", "block_downloads": "blockDownloads"},
    ),
    Field(
        "session.persistent_browser",
        "sessionControls.persistentBrowser.mode",
        Kind.WORD,
        words={"always": "always", "never": "never"},
    ),
    Field(
        "session.sign_in_frequency.interval",
        "sessionControls.signInFrequency.frequencyInterval",
        Kind.WORD,
        words={"time_based": "timeBased", "every_time": "everyTime"},
    ),
    Field("session.sign_in_frequency.value", "sessionControls.signInFrequency.value", Kind.NUMBER),
    Field(
        "session.sign_in_frequency.unit",
        "sessionControls.signInFrequency.type",
        Kind.WORD,
        words={"hours": "hours", "days": "days"},
    ),
    Field(
        "session.sign_in_frequency.authentication",
        "sessionControls.signInFrequency.authenticationType",
        Kind.WORD,
        words={
            "primary_and_secondary": "primaryAndSecondaryAuthentication",
            "secondary": "secondaryAuthentication",
        },
    ),
    Field("session.disable_resilience_defaults", "sessionControls.disableResilienceDefaults", Kind.SWITCH),
    Field("session.secure_sign_in_session", "sessionControls.secureSignInSession.isEnabled", Kind.SWITCH),
)
BY_OPTION: t.Mapping[str, Field] = {field.option: field for field in FIELDS}
#: Session controls that have a switch of their own beside what they are set to.
SWITCHED = ("cloudAppSecurity", "persistentBrowser", "signInFrequency")
