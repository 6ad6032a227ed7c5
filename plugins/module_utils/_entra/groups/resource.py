# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Security groups: found by id, unique name or unambiguous display name; members and owners by difference."""

from __future__ import annotations

import re
import typing as t

from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, ApiError, ConfigError
from ..._core.names import describe_suspicious_name, is_same_name
from ..._core.plan import Plan, Step, find_changed_fields
from ..._core.resource import Action
from ..._core.risks import require_accepted_risk
from ..._core.set_changes import find_set_changes
from ..client import (
    GraphClient,
    describe_lookalikes,
    filter_by_name,
    find_by_unique_name,
    format_alternate_key,
    quote_literal,
    quote_segment,
    warn_of_lookalikes,
)
from ..create import create_once
from ..errors import is_already_done
from ..principals import resolve_object_ids
from ..references import EXISTS, add_reference, remove_reference

FIELDS = {
    "display_name": "displayName",
    "unique_name": "uniqueName",
    "mail_nickname": "mailNickname",
    "description": "description",
}
SELECT = "id,displayName,uniqueName,mailNickname,description,securityEnabled,groupTypes"
READ_NEEDS = ("GroupMember.Read.All", "Group.Read.All")
_WRITE = ("Group.ReadWrite.All",)
#: Graph binds at most this many members in one request.
BIND_LIMIT = 20

CanonicalGroup = dict[str, t.Any]


def canonical_group(wire: t.Mapping[str, t.Any]) -> CanonicalGroup:
    """A group of Graph under the names of our options; members and owners are read apart."""
    found: CanonicalGroup = {name: wire.get(field) for name, field in FIELDS.items()}
    found["object_id"] = wire.get("id")
    return found


def desired_group(options: t.Mapping[str, t.Any]) -> CanonicalGroup:
    """The managed fields; None is not managed, an empty description is none."""
    wanted: CanonicalGroup = {name: options.get(name) for name in FIELDS}
    return wanted


def plan_group(
    wanted: CanonicalGroup,
    current: CanonicalGroup | None,
    members: t.Sequence[str] | None,
    owners: t.Sequence[str] | None,
    exclusive: bool,
) -> Plan:
    """Create, or update the fields that differ, then add and remove members and owners.

    ``current`` holds the sets ``members`` and ``owners`` where they are managed.
    """
    have = current or {}
    steps: list[Step] = []
    changes = find_changed_fields(wanted, {**have, "description": have.get("description") or ""})
    after: CanonicalGroup = {name: have.get(name) for name in FIELDS}
    after.update(changes)
    if current is None:
        after["mail_nickname"] = wanted.get("mail_nickname") or derive_mail_nickname(str(wanted["display_name"]))
        steps.append(
            Step(
                "create",
                f"group {wanted['display_name']}",
                {"fields": {name: value for name, value in after.items() if value not in (None, "")}},
            )
        )
    elif changes:
        steps.append(
            Step("update", f"group {have.get('display_name')}: {', '.join(sorted(changes))}", {"fields": changes})
        )
    for relation, names in (("members", members), ("owners", owners)):
        if names is None:
            continue
        change = find_set_changes(names, have.get(relation) or [], exclusive)
        after[relation] = change.after
        if change.add:
            steps.append(Step("add", f"{len(change.add)} {relation}", {"relation": relation, "ids": change.add}))
        if change.remove:
            steps.append(
                Step("remove", f"{len(change.remove)} {relation}", {"relation": relation, "ids": change.remove})
            )
    return Plan(before=_format_group(current), after=after, steps=tuple(steps))


def plan_group_removal(current: CanonicalGroup | None) -> Plan:
    """Delete what is there."""
    if current is None:
        return Plan({}, {})
    step = Step("delete", f"group {current.get('display_name')}", {"unique_name": current.get("unique_name")})
    return Plan(_format_group(current), {}, (step,))


def _format_group(current: CanonicalGroup | None) -> CanonicalGroup:
    return {name: value for name, value in (current or {}).items() if name != "object_id"}


def derive_mail_nickname(display_name: str) -> str:
    """A mail nickname that Graph accepts: no blanks and none of its forbidden characters, at most 64 long, ASCII."""
    plain_ascii = display_name.encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain_ascii).strip("-.")[:64] or "group"


def _check_unique_name(wire: t.Mapping[str, t.Any], unique_name: str) -> None:
    """Graph's key may find what only looks equal. Raises ConfigError."""
    has = str(wire.get("uniqueName") or unique_name)
    if not is_same_name(has, unique_name):
        told = describe_lookalikes([wire], "uniqueName", unique_name) or f", but {has!r}, which is another name"
        raise ConfigError(f"No group has the unique name {unique_name!r}{told}", source="option unique_name")


def list_group_relation(graph: GraphClient, object_id: str, relation: str) -> list[str]:
    """Ids of the group's direct members or owners, sorted."""
    listed = graph.list(
        f"/groups/{quote_segment(object_id)}/{relation}",
        intent=f"list {relation} of group {object_id}",
        needs=READ_NEEDS,
        params={"$select": "id", "$top": "999"},
    )
    return sorted(str(item["id"]).lower() for item in listed)


class GroupResource:
    """One group of the module entra_group; *graph*: the client to use, by default one of its own."""

    noun = "group"

    def __init__(self, ctx: Context, graph: GraphClient | None = None) -> None:
        self._ctx, self._graph = ctx, graph or GraphClient(ctx)
        self._planned = Plan({}, {})
        self.object_id: str | None = None

    def plan(self) -> Plan:
        """What the options ask for, compared with what is there. Raises ConfigError, AmbiguousMatch, GuardRefused."""
        options = self._ctx.options
        current = self.find(options)
        if options["state"] == "absent":
            self._planned = plan_group_removal(current)
            return self._planned
        wanted = desired_group(options)
        self.check_new(wanted, current)
        self.check_rename(wanted, current)
        members, owners = (resolve_object_ids(self._graph, options.get(name), name) for name in ("members", "owners"))
        self._planned = plan_group(wanted, current, members, owners, options["exclusive"])
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step, by its action."""
        return {
            "create": self._create,
            "update": self._update,
            "add": self._add,
            "remove": self._remove,
            "delete": self._delete,
        }

    def result(self) -> CanonicalGroup:
        """The group after the plan; empty when it is absent."""
        return {**self._planned.after, "object_id": self.object_id} if self._planned.after else {}

    def find(self, options: t.Mapping[str, t.Any]) -> CanonicalGroup | None:
        """The group that the options name, or None. Raises AmbiguousMatch, ConfigError."""
        doubt = (
            describe_suspicious_name("Entra group", options["display_name"]) if options.get("display_name") else None
        )
        if doubt and options.get("state") == "present":
            self._ctx.warn(doubt)
        wire = self._find_wire(options)
        if wire is None:
            return None
        if not wire.get("securityEnabled", True):
            raise ConfigError(
                f"Group {wire.get('displayName')} ({wire.get('id')}) is not a security group and is left alone"
            )
        found = canonical_group(wire)
        self.object_id = found["object_id"]
        for relation in ("members", "owners"):
            if options.get(relation) is not None:
                found[relation] = list_group_relation(self._graph, str(self.object_id), relation)
        return found

    def _find_wire(self, options: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
        select = {"$select": SELECT}
        if options.get("object_id"):
            wire = self._graph.get(
                f"/groups/{quote_segment(options['object_id'])}",
                intent=f"read group {options['object_id']}",
                needs=READ_NEEDS,
                params=select,
            )
            if wire is None and options.get("state") == "present":
                raise ConfigError(
                    f"No group has the object id {options['object_id']}; leave object_id out to create one",
                    source="option object_id",
                )
            return wire
        if options.get("unique_name"):
            path = f"/groups{format_alternate_key('uniqueName', options['unique_name'])}"
            wire = self._graph.get(path, intent=f"read group {options['unique_name']}", needs=READ_NEEDS, params=select)
            if wire is not None:
                _check_unique_name(wire, options["unique_name"])
            if wire is not None or not options.get("display_name"):
                return wire
        named = self.by_display_name(options["display_name"])
        own = find_by_unique_name(named, options.get("unique_name"))
        if own is not None:
            return own
        if options.get("unique_name") and named:
            raise AmbiguousMatch(
                f"No group has the unique name {options['unique_name']}, but {len(named)} already have the display name {options['display_name']}"
                f" ({_join_ids(named)}): give object_id to manage one of them, or choose another display_name",
                candidates=[item["id"] for item in named],
            )
        if len(named) > 1:
            raise AmbiguousMatch(
                f"{len(named)} groups have the display name {options['display_name']} ({_join_ids(named)}): give object_id or unique_name",
                candidates=[item["id"] for item in named],
            )
        return named[0] if named else None

    def by_display_name(self, name: str) -> list[dict[str, t.Any]]:
        """All groups of exactly this display name, letter case apart; of others that Graph gives, a warning tells."""
        params = {"$filter": f"displayName eq {quote_literal(name)}", "$select": SELECT}
        found = self._graph.list("/groups", intent=f"find groups named {name}", needs=READ_NEEDS, params=params)
        warn_of_lookalikes(self._ctx, "group", found, name)
        return filter_by_name(found, "displayName", name)

    def check_new(self, wanted: CanonicalGroup, current: CanonicalGroup | None) -> None:
        """A group to be created needs a name. Raises ConfigError."""
        if current is None and not wanted.get("display_name"):
            raise ConfigError(
                f"No group {wanted.get('unique_name')} exists, and creating it needs display_name",
                source="option display_name",
            )

    def check_rename(self, wanted: CanonicalGroup, current: CanonicalGroup | None) -> None:
        """Commvault may match groups by name: a rename can take people's access away. Raises GuardRefused."""
        if current and wanted.get("display_name") not in (None, current["display_name"]):
            require_accepted_risk(
                self._ctx,
                "rename",
                f"Group {current['display_name']} would be renamed to {wanted['display_name']}; where Commvault matches"
                " groups by name, its members lose their access.",
            )

    def _path(self) -> str:
        return f"/groups/{quote_segment(str(self.object_id))}"

    def _update(self, step: Step) -> None:
        body = {FIELDS[name]: value or None for name, value in step.data["fields"].items()}
        self._graph.write("PATCH", self._path(), body, intent=f"update {step.subject}", needs=_WRITE)

    def _delete(self, step: Step) -> None:
        self._graph.write("DELETE", self._path(), intent=f"delete {step.subject}", needs=_WRITE, missing_ok=True)
        unique_name = step.data.get("unique_name")
        paths = [f"/groups{format_alternate_key('uniqueName', unique_name)}"] if unique_name else []
        self._graph.forget(str(self.object_id), *paths)

    def _create(self, step: Step) -> None:
        fields: t.Mapping[str, t.Any] = step.data["fields"]
        body: dict[str, t.Any] = {FIELDS[name]: value for name, value in fields.items()}
        body.update(mailEnabled=False, securityEnabled=True, groupTypes=[])
        intent = f"create group {fields['display_name']}"
        if fields.get("unique_name"):
            body.pop("uniqueName")
            created = self._graph.upsert(
                "groups",
                "uniqueName",
                fields["unique_name"],
                body,
                intent=intent,
                needs=("Group.Create", *_WRITE),
                read_needs=READ_NEEDS,
            )
        else:
            created = create_once(
                self._graph,
                "/groups",
                body,
                find=lambda: self.by_display_name(fields["display_name"]),
                intent=intent,
                needs=("Group.Create", *_WRITE),
            )
        self.object_id = str(created["id"])

    def _add(self, step: Step) -> None:
        relation, ids = step.data["relation"], step.data["ids"]
        intent = f"add {len(ids)} {relation} to group {self.object_id}"
        if relation != "members":
            self._add_singly(relation, ids, intent)
            return
        for start in range(0, len(ids), BIND_LIMIT):
            batch = ids[start : start + BIND_LIMIT]
            body = {"members@odata.bind": [self._graph.format_reference(item) for item in batch]}
            try:
                self._graph.write(
                    "PATCH", self._path(), body, intent=intent, needs=("GroupMember.ReadWrite.All", *_WRITE)
                )
            except ApiError as exc:
                if not is_already_done(exc, EXISTS):
                    raise
                self._add_singly(relation, batch, intent)

    def _add_singly(self, relation: str, ids: t.Sequence[str], intent: str) -> None:
        for item in ids:
            add_reference(self._graph, f"{self._path()}/{relation}", item, intent=intent, needs=_WRITE)

    def _remove(self, step: Step) -> None:
        relation = step.data["relation"]
        intent = f"remove one of {relation} from group {self.object_id}"
        for item in step.data["ids"]:
            remove_reference(self._graph, f"{self._path()}/{relation}", item, intent=intent, needs=_WRITE)


def _join_ids(found: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    return ", ".join(str(item["id"]) for item in found)
