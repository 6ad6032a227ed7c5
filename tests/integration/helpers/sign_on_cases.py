# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cases of ``sign_on_cases.yml``: each one set up on a site that has single sign-on, as options of sso_preflight_info, and signed on to."""

from __future__ import annotations

import pathlib
import typing as t

import yaml
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, IdentityApp, User, UserGroup
from cvops_simulator.entra.grants import DEFAULT_ACCESS, assign_role
from cvops_simulator.entra.store import Row

from .signing_on import CONSOLE, GROUPS, Browser

FILE = pathlib.Path(__file__).resolve().parent.parent / "sign_on_cases.yml"
TABLE: dict[str, t.Any] = yaml.safe_load(FILE.read_text())
CASES: dict[str, dict[str, t.Any]] = {case["id"]: case for case in TABLE["cases"]}
SOURCES: dict[str, dict[str, str]] = TABLE["sources"]

ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
CLAIMS = {
    "groups": GROUPS,
    "role": ROLE,
    "elsewhere": "http://corp.example/claims/groups",
    "displayname": "http://schemas.microsoft.com/identity/claims/displayname",
}
PERSON = "sam.signer@corp.example"
_GONE = "00000000-1111-4222-8333-444444444444"
#: Properties of groups by kind: securityEnabled, mailEnabled, groupTypes.
_KINDS: dict[str, tuple[bool, bool, list[str]]] = {
    "security": (True, False, []),
    "synced": (True, False, []),
    "mail_security": (True, True, []),
    "m365": (False, True, ["Unified"]),
    "m365_security": (True, True, ["Unified"]),
    "distribution": (False, True, []),
}


class Stage:
    """A case set up on *site*, which has single sign-on and none of the case's people and groups yet."""

    def __init__(self, site: Simulator, case: dict[str, t.Any]) -> None:
        self._site, self._case, self._tenant = site, case, site.tenant
        self._state = site.commcells["cs01"].state
        self._entra, self._commvault = case.get("entra") or {}, case.get("commvault") or {}
        self._person: dict[str, t.Any] = {"upn": PERSON, **(self._entra.get("person") or {})}
        self._groups: dict[str, dict[str, t.Any]] = self._entra.get("groups") or {"A": {}}
        self._ids = {key: site.tenant.new_id() for key in self._groups}
        self._set_up_application()
        self._set_up_entra_groups()
        self._set_up_person()
        self._set_up_assignments()
        self._set_up_app()
        self._set_up_user_groups()
        self._set_up_default_group()
        self._set_up_user()
        self._sign_on_before()

    @property
    def upn(self) -> str:
        """The user principal name of the person."""
        return str(self._person["upn"])

    def fill(self, names: t.Iterable[str]) -> list[str]:
        """Names of Commvault groups with the object ids that they stand for, sorted."""
        return sorted(name.replace("{A}", self._ids["A"]) for name in names)

    def build_options(self) -> dict[str, t.Any]:
        """Options of sso_preflight_info for the mapping of group A, with the person as the only one whose groups are counted."""
        said = self._case.get("mapping") or {}
        name = said.get("name") or self._groups["A"].get("name", "GG Ops")
        principal = name if said.get("by_name") else {"name": name, "object_id": self._ids["A"]}
        entry: dict[str, t.Any] = {"principal": {"entra_group": principal}}
        if said.get("user_group") or said.get("company"):
            user_group = {"name": said.get("user_group", "GG Ops"), "company": said.get("company")}
            entry["user_group"] = {key: value for key, value in user_group.items() if value}
        entry["grants"] = [{"role": "View", "entities": {"servers": "all"}}]
        provider = {"oidc_app" if self._commvault.get("kind") == "oidc" else "saml_app": "people"}
        return {
            "mappings": [entry],
            "commcell": "cs01",
            "match_by": said.get("match_by", "azure_guid"),
            "application": {"unique_name": "commvault-sign-on"},
            "sample_users": [self.upn],
            "user_limit": 0,
            **provider,
        }

    def sign_on(self) -> dict[str, t.Any]:
        """What Commvault or Entra ID answers to the person."""
        return Browser(self._site).sign_on(self.upn)

    def list_member_groups(self) -> list[tuple[str, str | None]]:
        """Name and company of the Commvault groups that the person is in, sorted; whatever name Commvault knows the person by."""
        names = {self.upn.lower(), self._derive_home_name()}
        users = {user.id for user in self._state.users if {user.upn.lower(), user.name.lower()} & names}
        found = [group for group in self._state.groups if users & group.member_ids]
        companies = {company.id: company.name for company in self._state.companies}
        return sorted(
            ((group.name, companies.get(group.company_id)) for group in found), key=lambda row: (row[0], row[1] or "")
        )

    def list_mapped_groups(self) -> set[tuple[str, str | None]]:
        """Name and company of the Commvault group of the mapping, under each name that the table may give it."""
        expected = {*self._case["expect"].get("groups", ()), *self._case["expect"].get("unsure", ())}
        company = (self._case.get("mapping") or {}).get("company")
        return {(name, company) for name in self.fill({*expected, self._name_mapped_group()})}

    def _name_mapped_group(self) -> str:
        said = self._case.get("mapping") or {}
        return str(said.get("user_group") or "GG Ops")

    def _derive_home_name(self) -> str:
        local, marked, _domain = self.upn.lower().partition("#ext#@")
        return "@".join(local.rsplit("_", 1)) if marked else self.upn.lower()

    def _find_application(self) -> tuple[Row, Row]:
        application = next(
            row for row in self._tenant.applications.values() if row["uniqueName"] == "commvault-sign-on"
        )
        principal = self._tenant.service_principal_of(application["appId"])
        assert principal is not None
        return application, principal

    def _set_up_application(self) -> None:
        application, principal = self._find_application()
        form = self._entra.get("form") or []
        groups = [{"name": "groups", "source": None, "essential": False, "additionalProperties": form}]
        self._roles = {group["role"]: self._tenant.new_id() for group in self._groups.values() if group.get("role")}
        roles = [
            {"id": role_id, "value": value, "displayName": value, "description": value, "isEnabled": True,
             "allowedMemberTypes": ["User"], "origin": "Application"}
            for value, role_id in self._roles.items()
        ]  # fmt: skip
        identifiers = self._entra.get("identifiers") or [CONSOLE]
        values = {
            "groupMembershipClaims": self._entra.get("claims", "SecurityGroup"),
            "optionalClaims": {"accessToken": [], "idToken": [], "saml2Token": groups if form else []},
            "appRoles": roles,
            "identifierUris": identifiers,
        }
        self._tenant.update("application", {**application, **values})
        own = {
            "appRoleAssignmentRequired": bool(self._entra.get("assignment_required")),
            "accountEnabled": self._entra.get("application_enabled", True),
            "appRoles": roles,
            "servicePrincipalNames": [*identifiers, application["appId"]],
        }
        certificate = self._entra.get("certificate")
        if certificate == "none":
            own["keyCredentials"] = []
        elif certificate == "ended":
            self._site.clock.advance(301 * 86400.0)
        self._tenant.update("servicePrincipal", {**principal, **own})

    def _set_up_entra_groups(self) -> None:
        for key, group in self._groups.items():
            if group.get("gone"):
                continue
            kind = group.get("kind", "security")
            security, mail, types = _KINDS[kind]
            synced = {
                "onPremisesSyncEnabled": True,
                "onPremisesSamAccountName": group.get("sam"),
                "onPremisesNetBiosName": group.get("netbios"),
                "onPremisesDomainName": group.get("dns"),
            }
            values = {
                "id": self._ids[key],
                "displayName": group.get("name", "GG Ops"),
                "securityEnabled": security,
                "mailEnabled": mail,
                "groupTypes": types,
                **(synced if kind == "synced" else {}),
            }
            self._tenant.add("group", values)

    def _set_up_person(self) -> None:
        upn = self.upn
        values = {
            "displayName": self._person.get("display", "Sam Signer"),
            "userPrincipalName": upn,
            "mail": self._derive_home_name(),
            "accountEnabled": self._person.get("enabled", True),
            "userType": "Guest" if "#EXT#" in upn else "Member",
        }
        self._user_id = str(self._tenant.add("user", values)["id"])
        self._put_into_groups(self._person.get("member", ["A"]))
        for number in range(self._person.get("more_groups", 0)):
            row = self._tenant.add("group", {"displayName": f"GG More {number:03}", "securityEnabled": True})
            self._tenant.relate("members", row["id"], [self._user_id])

    def _put_into_groups(self, keys: t.Sequence[str]) -> None:
        inside: dict[str, list[str]] = {key: [] for key in self._groups}
        for key, group in self._groups.items():
            for outer in group.get("inside", ()):
                inside[outer].append(self._ids[key])
        for key in keys:
            inside[key].append(self._user_id)
        for key, members in inside.items():
            self._tenant.relate("members", self._ids[key], members)

    def _sign_on_before(self) -> None:
        """Let the person sign on with the groups of before, which are not those of now."""
        if "before" in self._person:
            self._put_into_groups(self._person["before"])
            answer = self.sign_on()
            assert answer.get("userGroups"), answer
            self._put_into_groups(self._person["member"])

    def _set_up_assignments(self) -> None:
        principal = self._find_application()[1]["id"]
        for key, group in self._groups.items():
            if group.get("assigned") or group.get("role"):
                role = self._roles.get(group.get("role"), DEFAULT_ACCESS)
                assign_role(self._tenant, self._ids[key], principal, role, replicated=True)
        if self._person.get("assigned"):
            assign_role(self._tenant, self._user_id, principal, DEFAULT_ACCESS, replicated=True)

    def _set_up_app(self) -> None:
        said, (app,) = self._commvault, self._state.apps.named("people")
        if said.get("kind") == "oidc":
            self._state.apps.remove(app)
            self._state.apps.add(IdentityApp(4711, "people", "0123", 5))
            return
        claims = {"USER_GROUPS": said.get("groups_claim", "groups"), "COMPANY_NAME": said.get("company_claim")}
        app.document["attributeMappings"] = [
            {"customAttribute": name, "SAMLAttribute": CLAIMS[claim]} for name, claim in claims.items() if claim
        ]
        app.document["autoCreateUser"] = said.get("auto_create", True)
        app.document["associations"]["emailSuffixes"] = said.get("suffixes", ["corp.example"])
        app.enabled = said.get("enabled", True)
        if said.get("issuer"):
            app.document["identityProviderMetaData"]["entityId"] = said["issuer"]
        app.company_id = self._find_company(said.get("company"))

    def _find_company(self, name: str | None) -> int:
        if name is None:
            return 0
        known = self._state.companies.named(name)
        return (
            known[0] if known else self._state.companies.add(Company(self._state.companies.new_id(), name, name))
        ).id

    def _set_up_user_groups(self) -> None:
        for group in self._commvault.get("groups", [{"name": "GG Ops", "link": "A"}]):
            link = group.get("link")
            self._state.groups.add(
                UserGroup(
                    self._state.groups.new_id(),
                    *self.fill([group["name"]]),
                    enabled=group.get("enabled", True),
                    company_id=self._find_company(group.get("company")),
                    provider=group.get("external", ""),
                    azure_guid=_GONE if link == "gone" else self._ids[link] if link else "",
                )
            )

    def _set_up_default_group(self) -> None:
        if self._commvault.get("default"):
            (app,), (group,) = self._state.apps.named("people"), self._state.groups.named(self._commvault["default"])
            row = {"companyInfo": {"id": 0, "name": "Commcell"}, "userGroupInfo": {"id": group.id, "name": group.name}}
            app.document["userGroups"] = [row]

    def _set_up_user(self) -> None:
        known = self._commvault.get("person") or {}
        if known.get("known"):
            number = self._state.users.new_id()
            self._state.users.add(
                User(number, self.upn, email=self.upn, upn=self.upn, enabled=known.get("enabled", True))
            )
            for name in known.get("member", ()):
                self._state.groups.named(name)[0].member_ids.add(number)
