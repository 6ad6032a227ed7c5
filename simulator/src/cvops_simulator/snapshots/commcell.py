# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a CommCell as the seed of a simulated one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from cvops_simulator.commvault.catalogue import CATEGORIES, DEFAULT, Catalogue, Category
from cvops_simulator.commvault.model import (
    COMMCELL_ID,
    USER_GROUP,
    CommCellSeed,
    Company,
    Entity,
    Role,
    User,
    UserGroup,
)
from cvops_simulator.commvault.tokens import FIXED, AccessToken
from cvops_simulator.core.names import fold_case
from cvops_simulator.entra.schema import parse_date_time
from cvops_simulator.snapshots.files import Document
from cvops_simulator.snapshots.grants import ENTITY_TYPES, GrantReader
from cvops_simulator.snapshots.identity_apps import read_identity_apps
from cvops_simulator.snapshots.notes import Notes
from cvops_simulator.snapshots.sharing import read_credentials

MASTER, VIEW_ALL = 1, 3
#: A category of their own for permissions whose category the snapshot does not tell.
_NO_CATEGORY = "Permissions"
_FIRST_CATEGORY = 9001
_TOKEN_TYPES = {"all": 2, "scim": 1, "custom": 3, "one_touch": 4, "hyperscale": 5}
_RELEASE = re.compile(r"(?:11\.)?(\d{2})(?:\.\d+)*")
#: Far away: what has no end that the snapshot shows.
_NEVER = 253402300799.0
_NAMESPACE = uuid.UUID("0d7a9d3e-3f64-5d7a-9a54-6f5a1d0f2b61")


class CommCellReader:
    """Makes the seed of one CommCell. `make_secret` returns a new secret text with each call."""

    def __init__(self, document: Document, notes: Notes, make_secret: Callable[[], str]) -> None:
        self._document = document
        self._notes = notes
        self._make_secret = make_secret
        self._companies: dict[str, int] = {}

    def read(self) -> CommCellSeed:
        """Return the seed; what has no place in it is noted."""
        document = self._document
        seed = CommCellSeed(
            document["commcell"]["name"], catalogue=self._read_catalogue(), release=self._read_release()
        )
        if int(document["commcell"]["id"]) != COMMCELL_ID:
            self._notes.tell(f"the CommCell has the id {COMMCELL_ID} in the copy, not {document['commcell']['id']}")
        seed.companies = self._read_companies()
        seed.entities = self._read_entities()
        seed.roles = [self._read_role(row, seed.catalogue) for row in document["roles"]]
        seed.apps = read_identity_apps(document, self._find_company, self._notes)
        seed.users = self._read_users(seed)
        seed.groups = self._read_groups()
        self._read_memberships(seed)
        self._read_two_factor(seed)
        grants = GrantReader(seed, self._notes)
        seed.grants = grants.read(document["associations"], document["owners"])
        seed.unlisted = grants.unlisted
        seed.credentials = read_credentials(document, seed, self._find_company, self._notes)
        seed.access_tokens = self._read_tokens(seed)
        self._notes.tell("which servers are in which server group is not in a snapshot: every group is empty")
        return seed

    def _make_guid(self, *parts: object) -> str:
        return str(uuid.uuid5(_NAMESPACE, "/".join([self._document["name"], *map(str, parts)])))

    def _read_release(self) -> int:
        told = self._document["commcell"]["release"]
        found = _RELEASE.fullmatch(str(told or ""))
        if found is None:
            self._notes.tell("the release is not known from the snapshot: that of --release")
            return 0
        return int(found[1])

    def _read_catalogue(self) -> Catalogue:
        rows = self._document["permissions"]
        if not rows:
            self._notes.tell("the snapshot has no permissions: those of the simulator")
            return DEFAULT
        if {int(row["id"]): row["name"] for row in rows} == DEFAULT.names:
            return DEFAULT
        named: dict[str, list[tuple[int, str]]] = {}
        for row in rows:
            category = row.get("category")
            name = category.get("name") if isinstance(category, dict) else category
            named.setdefault(str(name or _NO_CATEGORY), []).append((int(row["id"]), row["name"]))
        known = {category.name: category.id for category in CATEGORIES}
        return Catalogue(
            Category(known.get(name, _FIRST_CATEGORY + number), name, 0, tuple(found))
            for number, (name, found) in enumerate(sorted(named.items()))
        )

    def _read_companies(self) -> list[Company]:
        found = []
        for row in self._document["companies"]:
            alias = row.get("alias") or row["name"]
            company = Company(int(row["id"]), row["name"], alias, self._make_guid("company", row["id"]))
            for key in (row["name"], alias):
                self._companies.setdefault(fold_case(key), company.id)
            found.append(company)
        return found

    def _find_company(self, row: Document) -> int:
        """Return the company of a row; 0 for the CommCell, and for a company that no list shows."""
        name = row.get("company") or ""
        if not name or fold_case(name) in ("commcell", "0"):
            return 0
        company = self._companies.get(fold_case(name), 0)
        if not company:
            self._notes.tell("companies that no list shows; what they have is the CommCell's in the copy", name)
        return company

    def _read_entities(self) -> list[Entity]:
        found = []
        for kind, rows in self._document["entities"].items():
            number = ENTITY_TYPES.get(kind)
            if number is None:
                self._notes.tell("entities of a kind that the simulator does not list", *(row["name"] for row in rows))
            elif kind != "credentials":
                found += [Entity(number, int(row["id"]), row["name"], self._find_company(row)) for row in rows]
        return found

    def _read_role(self, row: Document, catalogue: Catalogue) -> Role:
        permissions, unknown = set(), []
        for name in row["permissions"]:
            number = catalogue.find_permission(name)
            if number is None and name.isdigit() and int(name) in catalogue.names:
                number = int(name)
            if number is None:
                unknown.append(f"{name} of {row['name']}")
            else:
                permissions.add(number)
        if unknown:
            self._notes.tell("permissions of roles that no list shows are left out", *unknown)
        categories = {one.id for name in row.get("categories") or () if (one := catalogue.find_category(name))}
        # A category counts where the role holds all of it; what it gives needs no mention of its own.
        categories = {number for number in categories if catalogue.expand_category(number) <= permissions}
        return Role(
            id=int(row["id"]),
            name=row["name"],
            guid=self._make_guid("role", row["id"]),
            description=row.get("description") or "",
            enabled=row.get("enabled") is not False,
            visible_to_all=bool(row.get("visible_to_all")),
            company_id=self._find_company(row),
            permission_ids=permissions - catalogue.expand(set(), categories),
            category_ids=categories,
            system=int(row["id"]) == 1,
        )

    def _read_users(self, seed: CommCellSeed) -> list[User]:
        providers = {fold_case(app.name): app.id for app in seed.apps}
        found = []
        for row in self._document["users"]:
            user = User(
                id=int(row["id"]),
                name=row["name"],
                guid=self._make_guid("user", row["id"]),
                full_name=row.get("full_name") or "",
                email=row.get("email") or "",
                upn=row.get("user_principal_name") or "",
                description=row.get("description") or "",
                enabled=row.get("enabled") is not False,
                company_id=self._find_company(row),
                is_service_account=row["kind"] == "service_account",
            )
            if row["kind"] == "external":
                user.provider = row["name"].partition("\\")[0]
            if row["kind"] is None:
                self._notes.tell("users of a kind that the snapshot does not tell: local users", row["name"])
            if row.get("enabled") is None:
                self._notes.tell(
                    "users of whom the snapshot does not tell whether they are enabled: they are", row["name"]
                )
            if provider := row.get("identity_provider"):
                user.auth_method = "SAML"
                user.auth_server_id = providers.get(fold_case(provider), 0)
                if not user.auth_server_id:
                    self._notes.tell(
                        "users of an identity provider that the snapshot does not have: they sign in with Commvault",
                        f"{row['name']} ({provider})",
                    )
            if row.get("local_password"):
                user.password = self._make_secret()
            if row.get("locked"):
                user.locked_until = _NEVER
            if row.get("last_sign_in"):
                user.last_login = parse_date_time(row["last_sign_in"])
            found.append(user)
        return found

    def _read_groups(self) -> list[UserGroup]:
        found = []
        for row in self._document["user_groups"]:
            two_factor = row.get("two_factor")
            found.append(
                UserGroup(
                    id=int(row["id"]),
                    name=row["name"],
                    guid=self._make_guid("group", row["id"]),
                    description=row.get("description") or "",
                    enabled=row.get("enabled") is not False,
                    company_id=self._find_company(row),
                    azure_guid=row.get("entra_group_id") or "",
                    two_factor={True: "ON", False: "OFF", None: "NOT_ALLOWED"}[two_factor],
                    restricted_console_types=list(row.get("restricted_consoles") or ()),
                    system=int(row["id"]) in (MASTER, VIEW_ALL),
                    member_ids={int(member) for member in row.get("members") or ()},
                )
            )
        taken = {group.id for group in found}
        for row in self._document["external_groups"]:
            if int(row["id"]) in taken:
                self._notes.tell(
                    "groups of a directory with the id of a user group, which the simulator has no room for: they and"
                    " their associations are left out",
                    row["name"],
                )
                continue
            found.append(
                UserGroup(
                    id=int(row["id"]),
                    name=row["name"],
                    guid=self._make_guid("external group", row["id"]),
                    enabled=row.get("enabled") is not False,
                    company_id=self._find_company(row),
                    provider=row["name"].partition("\\")[0] or "DIRECTORY",
                )
            )
        return found

    def _read_memberships(self, seed: CommCellSeed) -> None:
        """Add what only users tell of their groups, and leave out members whom no list shows."""
        groups, users = {group.id: group for group in seed.groups}, {user.id for user in seed.users}
        for group in seed.groups:
            if gone := group.member_ids - users:
                self._notes.tell(
                    "members of user groups whom no list shows are left out",
                    *(f"user {number} in {group.name}" for number in sorted(gone)),
                )
                group.member_ids -= gone
        for row in self._document["users"]:
            for told in row.get("groups") or ():
                one = groups.get(int(told["id"])) if told["id"] is not None else None
                kind = "external_group" if one is not None and one.provider else "user_group"
                if one is None or kind != told["kind"]:
                    self._notes.tell(
                        "memberships of groups that no list shows are left out", f"{row['name']} in {told['name']}"
                    )
                else:
                    one.member_ids.add(int(row["id"]))

    def _read_two_factor(self, seed: CommCellSeed) -> None:
        """Take over the setting of the CommCell, and for users of companies what follows of those."""
        setting = self._document["two_factor"]
        mode = {"off": 0, "everyone": 1, "user_groups": 2}.get(str(setting.get("mode")))
        if mode is None:
            self._notes.tell("the two-factor setting is not known from the snapshot: it is off")
        ids = {fold_case(group.name): group.id for group in reversed(seed.groups)}
        seed.two_factor = {
            "mode": mode or 0,
            "userGroups": [
                {"userGroupId": ids.get(fold_case(name), 0), "userGroupName": name, "_type_": USER_GROUP}
                for name in setting.get("user_groups") or ()
            ],
        }
        if mode == 0:
            asked = {self._find_company(row) for row in self._document["users"] if row.get("two_factor")}
            for company in seed.companies:
                if company.id in asked:
                    company.two_factor = {"mode": 1, "userGroups": []}

    def _read_tokens(self, seed: CommCellSeed) -> list[AccessToken]:
        users, found = {user.id for user in seed.users}, []
        for row in self._document["access_tokens"]:
            owner, name = row["owner"], row["name"] or ""
            if owner["id"] is None or int(owner["id"]) not in users:
                self._notes.tell("access tokens of users whom no list shows are left out", f"{name} (id {row['id']})")
                continue
            if row.get("created") or row.get("last_used"):
                self._notes.tell("access tokens: when they were made and used has no place", name)
            kind = _TOKEN_TYPES.get(row["token_type"] or "all", 2)
            expires = parse_date_time(row["expires"]) if row["expires"] else _NEVER
            until = parse_date_time(row["renewable_until"]) if row["renewable_until"] else expires
            refresh = "" if kind in FIXED else self._make_secret()
            token = AccessToken(
                int(row["id"]), name, int(owner["id"]), kind, self._make_secret(), refresh, expires, until
            )
            token.api_endpoints = list(row["api_endpoints"] or ())
            token.allowed_ips = list(row["allowed_ips"] or ())
            found.append(token)
        return found
