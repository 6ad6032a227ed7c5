# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads a whole CommCell, as this account sees it, into the document of a snapshot. Reads only.

The population comes first: the lists of principals and their grants are read before anything else, and are not read again. What the service
declines to show becomes an incomplete source with the reason; a read that fails ends the task.
"""

from __future__ import annotations

import functools
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError
from ..._core.parallel import map_in_parallel
from ..._core.provenance import COLLECTION_VERSION, Collector, Provenance
from ..._core.values import format_time, get_object, get_values
from ..client import CommvaultClient
from ..directory import Directory
from ..envelope import is_declined
from ..listings import LISTINGS
from ..releases import ACCESS_TOKENS, describe_missing
from ..security.calls import SecurityAssociations
from ..security.grants import ENTITY_TYPES, Association, Entity
from ..user_groups.canonical import parse_member_ids
from ..users.details import UNSHOWN
from ..whoami import read_own_rights
from .document import FORMAT, CommCellDocument, Row
from .order import get_number, sort_grants, sort_rows
from .providers import CREDENTIALS, PROVIDERS, ProviderReader
from .snapshot import UNSHOWN_GROUP, UNSHOWN_ROLE, SecuritySnapshot, build_association_row
from .sources import ADMINISTRATION, USER_MANAGEMENT, VIEW, SourceLog, describe_refusal

Item = t.TypeVar("Item")
#: Kinds of the lists of entities: all that grants name but the CommCell itself and its companies.
ENTITY_KINDS = tuple(kind for kind in ENTITY_TYPES if kind not in ("commcell", "company"))
_SEES_USERS, _SEES_ALL, _SEES_TOKENS = (VIEW, USER_MANAGEMENT), (VIEW,), (ADMINISTRATION, USER_MANAGEMENT)
#: Lists of principals and what they may hold, with the permissions that show all of each.
_LISTS: dict[str, tuple[int, ...]] = {
    "companies": _SEES_ALL,
    "users": _SEES_USERS,
    "user_groups": _SEES_USERS,
    "external_groups": _SEES_USERS,
    "permissions": (),
    "roles": _SEES_ALL,
}
#: Lists that a CommCell never has without an entry; a service that hides some answers with an empty one.
_NEVER_EMPTY = ("permissions", "roles", "users")
#: What only the details of each object show.
_UNSHOWN: dict[str, t.Mapping[str, None]] = {
    "role_permissions": UNSHOWN_ROLE,
    "user_group_details": UNSHOWN_GROUP,
    "user_details": UNSHOWN,
}
_NO_COMPLETE_LIST = (
    "before release 11.42 the service does not list everything that a user or group holds. The grants were read "
    "from the entities of the kinds that can be listed, so grants on other kinds, on all entities of a kind and on "
    "credentials are missing"
)
_UNKNOWN_RELEASE = (
    "the service does not show its release, and releases before 11.42 do not list everything that a user or group holds"
)
_CREDENTIALS_DOUBT = "the service lists a credential only to its owner and its users"


def collect_commcell(ctx: Context, client: CommvaultClient, name: str | None) -> CommCellDocument:
    """Return the document of a CommCell. *name*: as the document of variables has it, None for the CommCell's own name.

    Raises ConfigError where there is neither name, and ApiError for a read that fails.
    """
    return CommCellCollector(ctx, client, name).collect()


class CommCellCollector:
    """The reads of one document."""

    def __init__(self, ctx: Context, client: CommvaultClient, name: str | None) -> None:
        self._ctx, self._client, self._name = ctx, client, name
        self._directory, self._log = Directory(client), SourceLog(ctx)
        self._snapshot = SecuritySnapshot(ctx, client, self._directory, self._log.note_unread)

    def collect(self) -> CommCellDocument:
        """Return the document; see collect_commcell."""
        ctx, log, client = self._ctx, self._log, self._client
        started, requests = format_time(ctx.clock.now()), self._count_requests()
        caller = client.caller
        log.rights, log.company = read_own_rights(client), client.company_name
        commcell = self._snapshot.read_parts(())["commcell"]
        name = self._name or commcell["name"]
        if not name:
            raise ConfigError(
                "commcell: this account is not allowed to read the name of the CommCell; give the name that the document uses for it",
                source="option commcell",
            )
        lists = {kind: self._read_list(kind, seen_with) for kind, seen_with in _LISTS.items()}
        associations = self._read_associations(lists["companies"])
        entities = {kind: self._read_entities(kind) for kind in ENTITY_KINDS}
        owners = self._read_owners()
        roles = self._read_roles(lists["roles"])
        groups = self._read_groups(lists["user_groups"])
        users, two_factor = self._read_users(lists["users"])
        tokens = self._read_tokens()
        providers = ProviderReader(ctx, client, self._directory, log)
        credentials = self._read_part(CREDENTIALS, providers.read_credentials)
        log.close(CREDENTIALS, len(credentials), doubt=_CREDENTIALS_DOUBT)
        apps = self._read_part(PROVIDERS, providers.read_providers)
        log.close(PROVIDERS, len(apps), seen_with=_SEES_ALL)
        rights = None if log.rights is None else sorted(set(log.rights.values()))
        collector: Collector = {"kind": "commvault_user", "id": str(caller[0]), "name": caller[1], "rights": rights}
        provenance: Provenance = {
            "collection_version": COLLECTION_VERSION,
            "started": started,
            "ended": format_time(ctx.clock.now()),
            "requests": self._count_requests() - requests,
            "collector": collector,
            "sources": log.sources,
        }
        return {
            "format": FORMAT,
            "provenance": provenance,
            "name": name,
            "commcell": commcell,
            "companies": self._add_aliases(lists["companies"]),
            "permissions": self._add_categories(lists["permissions"]),
            "roles": roles,
            "users": users,
            "two_factor": two_factor,
            "user_groups": groups,
            "external_groups": lists["external_groups"],
            "associations": associations,
            "owners": owners,
            "access_tokens": tokens,
            "entities": entities,
            "credentials": credentials,
            "identity_providers": apps,
        }

    def _count_requests(self) -> int:
        told = self._ctx.stats.as_result()
        return int(told["reads"] + told["writes"])

    def _read_part(self, name: str, read: t.Callable[[], list[Item]]) -> list[Item]:
        """Return what *read* returns; an empty list, and a note in source *name*, where the service declines."""
        try:
            return read()
        except ApiError as exc:
            if not is_declined(exc):
                raise
            self._ctx.debug(1, str(exc))
            self._log.note_unread(name, None, exc)
            return []

    def _read_list(self, kind: str, seen_with: t.Collection[int]) -> list[Row]:
        rows = sort_rows(self._read_part(kind, lambda: self._snapshot.read_parts((kind,))[kind]))
        if not rows and kind in _NEVER_EMPTY:
            self._log.note_reason(kind, "the service lists none, although every CommCell has some")
        is_doubtful = kind == "users" and rows and str(self._client.caller[0]) not in {row["id"] for row in rows}
        doubt = "the list lacks the account that reads, so others may be missing" if is_doubtful else ""
        self._log.close(kind, len(rows), seen_with=seen_with, doubt=self._note_gaps(kind, kind) or doubt)
        return rows

    def _note_gaps(self, source: str, kind: str) -> str:
        """Note what the list of *kind* lacks for *source*; return what it may lack."""
        gap, doubt = self._directory.describe_gaps(kind)
        if gap:
            self._log.note_reason(source, gap)
        return doubt

    def _read_associations(self, companies: t.Sequence[Row]) -> list[Row]:
        """Return the grants: by principal, or by entity where the release does not list those of a principal completely."""
        security = SecurityAssociations(self._client)
        if security.can_list_principal:
            doubt = "" if security.is_known_to_list_principals else _UNKNOWN_RELEASE
            rows = self._read_part("associations", lambda: self._snapshot.read_parts(("associations",))["associations"])
        else:
            doubt = ""
            self._log.note_reason("associations", _NO_COMPLETE_LIST)
            rows = self._read_by_entity(security, companies)
        self._log.close("associations", len(rows), seen_with=_SEES_ALL, doubt=doubt)
        return sort_grants(rows)

    def _read_by_entity(self, security: SecurityAssociations, companies: t.Sequence[Row]) -> list[Row]:
        names = {security.commcell: self._client.commcell_name}
        names.update({Entity("company", int(row["id"])): row["name"] for row in companies})
        for kind in ENTITY_KINDS:
            if security.can_list_entity(Entity(kind, 1)):
                listed = self._read_part(f"entities.{kind}", functools.partial(self._list_entities, kind))
                names.update({Entity(kind, int(row["id"])): row["name"] for row in listed})

        def read(entity: Entity) -> list[Association]:
            try:
                return security.list_on_entity(entity)
            except ApiError as exc:
                if not is_declined(exc):
                    raise
                reason = f"those of {entity.kind} {entity.id} not visible to this account: {describe_refusal(exc)}"
                self._log.note_reason("associations", reason)
                return []

        at_most = self._ctx.options["parallel_reads"]
        answers = map_in_parallel(read, list(names), at_most, self._ctx, "entities read with their associations")
        known = self._read_part("associations", lambda: list(self._directory.read_catalogue("permissions")))
        permissions = {entry.id: entry.name for entry in known}
        shown = (row for answer in answers for row in answer if row.grant_kind != "owner")
        return [build_association_row(row, {}, permissions) for row in shown]

    def _list_entities(self, kind: str) -> list[Row]:
        return [
            {"id": str(entry.id), "name": entry.name, "company": entry.company}
            for entry in self._directory.read_catalogue(kind)
        ]

    def _read_entities(self, kind: str) -> list[Row]:
        rows = sort_rows(self._read_part(f"entities.{kind}", lambda: self._list_entities(kind)))
        gaps = self._note_gaps(f"entities.{kind}", kind)
        seen_with, doubt = ((), _CREDENTIALS_DOUBT) if kind == "credentials" else (_SEES_ALL, gaps)
        self._log.close(f"entities.{kind}", len(rows), seen_with=seen_with, doubt=doubt)
        return rows

    def _read_owners(self) -> list[Row]:
        def read() -> list[Row]:
            found = self._snapshot.read_parts(("owners",))
            unread: dict[str, list[str]] = {}
            for row in found["owners_unread"]:
                unread.setdefault(row["kind"], []).append(row["id"])
            for kind, ids in sorted(unread.items()):
                listed = f"{len(ids)} {LISTINGS[kind].noun if kind in LISTINGS else kind}(s)"
                told = f"all {kind}" if ids == ["all"] else f"{listed}, such as {ids[0]}"
                self._log.note_reason("owners", f"owners not visible to this account: {told}")
            return t.cast("list[Row]", found["owners"])

        rows = self._read_part("owners", read)
        left_out = sorted(set(ENTITY_TYPES) - set(self._ctx.options["entity_kinds"]))
        if left_out:
            self._log.note_reason("owners", f"not read: {', '.join(left_out)} (option entity_kinds)")
        self._log.close("owners", len(rows), seen_with=_SEES_ALL)
        return sort_grants(rows)

    def _read_roles(self, listed: list[Row]) -> list[Row]:
        rows = self._read_details("role_permissions", "roles", listed)
        self._close_details("role_permissions", rows, _SEES_ALL)
        return rows

    def _read_groups(self, listed: list[Row]) -> list[Row]:
        """Return the user groups in full; their members by id, since names need not be unique."""
        rows = self._read_details("user_group_details", "user_groups", listed)
        for row in rows:
            body = self._directory.get_cached_user_group(int(row["id"]))
            if body is not None:
                row["members"] = [str(number) for number in sorted(set(parse_member_ids(body).values()))]
        self._close_details("user_group_details", rows, _SEES_USERS)
        return rows

    def _read_users(self, listed: list[Row]) -> tuple[list[Row], Row]:
        two_factor: Row = {"mode": None, "user_groups": []}

        def read() -> list[Row]:
            found = self._snapshot.read_parts(("user_details",))
            two_factor.update(found["two_factor"])
            return t.cast("list[Row]", found["users"])

        rows = sort_rows(self._read_part("user_details", read) or [{**UNSHOWN, **row} for row in listed])
        for row in rows:
            if row["id"] == str(self._client.caller[0]) and "last_sign_in" in row:
                row["last_sign_in"] = None  # that is the one of this task, and would differ each time
            if row.get("groups"):
                row["groups"] = sorted(row["groups"], key=lambda one: (str(one["kind"]), get_number(one["id"])))
        self._close_details("user_details", rows, _SEES_USERS)
        if two_factor["mode"] is None:
            self._log.note_reason("two_factor", "the service does not show this account the setting")
        self._log.close("two_factor", int(two_factor["mode"] is not None))
        return rows, two_factor

    def _read_details(self, part: str, kind: str, listed: list[Row]) -> list[Row]:
        """Return the objects in full; those of the list, with None for the rest, where the service declines."""
        rows = self._read_part(part, lambda: self._snapshot.read_parts((part,))[kind])
        return sort_rows(rows or [{**_UNSHOWN[part], **row} for row in listed])

    def _close_details(self, part: str, rows: t.Sequence[Row], seen_with: t.Collection[int]) -> None:
        fields = _UNSHOWN[part].keys() - {"enabled"}  # which the list shows, too
        count = sum(any(row.get(name) is not None for name in fields) for row in rows)
        self._log.close(part, count, seen_with=seen_with)

    def _read_tokens(self) -> list[Row]:
        missing = describe_missing(ACCESS_TOKENS, self._client.release, "None of them is read.")

        def read() -> list[Row]:
            found = self._snapshot.read_parts(("access_tokens",))
            unread = found["access_tokens_unread"]
            if unread:
                told = f"those of {len(unread)} user(s) not shown to this account, such as user {unread[0]['id']}"
                self._log.note_reason("access_tokens", told)
            return t.cast("list[Row]", found["access_tokens"])

        if missing is not None:
            self._log.note_reason("access_tokens", missing)
        rows = [] if missing is not None else self._read_part("access_tokens", read)
        self._log.close("access_tokens", len(rows), seen_with=_SEES_TOKENS)
        return sort_rows(rows)

    def _add_aliases(self, rows: list[Row]) -> list[Row]:
        """Return the companies with the alias by which other lists name them, where it is shown."""
        if not rows:
            return rows
        catalogue = self._directory.read_catalogue("companies")
        for row in rows:
            del row["company"]
            entry = catalogue.get_by_id(int(row["id"]))
            if entry is not None and entry.aliases:
                row["alias"] = entry.aliases[0]
        return rows

    def _add_categories(self, rows: list[Row]) -> list[Row]:
        """Return the permissions with the category that holds each directly, where it is shown."""
        found: dict[str, str] = {}
        for node in self._directory.read_permission_categories() if rows else ():
            category = get_object(node, "category").get("name")
            for permission in get_values(node, "permissions"):
                if category and isinstance(permission, dict):
                    found.setdefault(str(permission.get("id")), str(category))
        named = [{"id": row["id"], "name": row["name"]} for row in rows]
        return [{**row, "category": found[row["id"]]} if row["id"] in found else row for row in named]
