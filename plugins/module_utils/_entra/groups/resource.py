# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_group: reads a security group, plans, and carries the plan out."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError
from ..._core.names import describe_suspicious_name
from ..._core.plan import Plan, Step
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals, require_accepted_risk
from ..batches import ReadRequest
from ..client import GraphClient
from ..confirm import list_narrowed_fields, wait_until_shown
from ..create import create_once
from ..errors import is_already_done
from ..principals import PrincipalLookup, resolve_object_ids, verify_object_ids
from ..references import EXISTS, add_reference, remove_reference
from ..relations import list_ids
from .checks import check_group_plan
from .lookup import (
    READ_NEEDS,
    SELECT,
    build_id_path,
    build_name_query,
    build_relation_query,
    build_unique_name_path,
    find_group,
    list_groups_named,
    read_group_relation,
    refuse_unknown_id,
)
from .plan import (
    FIELDS,
    RELATIONS,
    CanonicalGroup,
    canonical_group,
    check_new_group,
    describe_group_undo,
    desired_group,
    plan_group,
    plan_group_removal,
)

_WRITE = ("Group.ReadWrite.All",)
#: Graph binds at most this many members in one request.
BIND_LIMIT = 20


class GroupResource:
    """The group of one task, or one of many; *graph* and *principals*: what these share, by default of its own."""

    noun = "group"

    def __init__(
        self, ctx: Context, graph: GraphClient | None = None, principals: PrincipalLookup | None = None
    ) -> None:
        self._ctx, self._graph = ctx, graph or GraphClient(ctx)
        self._principals = principals or PrincipalLookup(self._graph)
        self._planned = Plan({}, {})
        self._wire: t.Mapping[str, t.Any] = {}
        self._unverified: list[str] = []
        self.object_id: str | None = None

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises ConfigError, AmbiguousMatch, GuardRefused, Problems."""
        options = self._ctx.options
        current = self._read(options)
        if options["state"] == "absent":
            self._planned = plan_group_removal(current)
            check_group_plan(self._planned, options, self._wire)
            return self._planned
        desired = desired_group(options, current)
        check_new_group(desired, current)
        self._check_rename(desired, current)
        members, owners = (
            resolve_object_ids(self._graph, options.get(name), name, self._principals) for name in RELATIONS
        )
        known = {name: (current or {}).get(name) or () for name in RELATIONS}
        given = {name: options.get(name) for name in RELATIONS}
        self._unverified = verify_object_ids(self._graph, given, known, self._principals)
        self._planned = plan_group(
            desired, current, members, owners, options["exclusive"], self._graph.known_objects.names
        )
        removed = [
            object_id for step in self._planned.steps if step.action == "remove" for object_id in step.data["ids"]
        ]
        check_removals(removed, options["max_removals"], "members and owners", "the list")
        check_group_plan(self._planned, options, self._wire)
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {
            "create": self._create,
            "update": self._update,
            "add": self._add,
            "remove": self._remove,
            "delete": self._delete,
        }

    def verify(self) -> list[Finding]:
        """Wait until the group shows as written, and return what does not.

        Raises WaitTimeout for a deletion and for members and owners who were removed: their access may remain.
        """
        if not self._planned.steps:
            return []
        name = (self._planned.after or self._planned.before)["display_name"]
        narrowed = list_narrowed_fields(self._planned)
        return list(wait_until_shown(self._graph, self.find_unshown, f"group {name}", narrowed))

    def list_reads_back(self) -> list[ReadRequest]:
        """Return what :meth:`find_unshown` reads: the group, the groups of its name where it is new or gone, its changed relations."""
        steps, selected = self._planned.steps, {"$select": SELECT}
        found = [ReadRequest(self._path(), selected, is_list=False)]
        if not self._planned.after or any(step.action == "create" for step in steps):
            # By name other tasks find it, and the next run of this one may.
            name = str((self._planned.after or self._planned.before)["display_name"])
            found.append(ReadRequest("/groups", build_name_query(name)))
        relations = sorted({step.data["relation"] for step in steps if "relation" in step.data})
        return found + [ReadRequest(*build_relation_query(str(self.object_id), relation)) for relation in relations]

    def find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a new group that is not found, "state" for a deleted one that is."""
        intent, after = f"read group {self.object_id} back", self._planned.after
        one, *lists = self.list_reads_back()
        wire = self._graph.get(one.path, intent=intent, needs=READ_NEEDS, params=one.params)
        listed = {
            item.path.rpartition("/")[2]: {
                str(found["id"]).lower()
                for found in self._graph.list(item.path, intent=intent, needs=READ_NEEDS, params=item.params)
            }
            for item in lists
        }
        is_listed = str(self.object_id).lower() in listed.get("groups", ())
        if not after:
            return ["state"] if wire is not None or is_listed else []
        if wire is None or ("groups" in listed and not is_listed):
            return ["list"]
        shown, is_written = canonical_group(wire), any("fields" in step.data for step in self._planned.steps)
        found = [name for name in FIELDS if is_written and (shown[name] or "") != (after[name] or "")]
        return found + [
            relation
            for relation, ids in listed.items()
            if relation != "groups" and not _is_relation_shown(ids, relation, self._planned.steps)
        ]

    def describe_undo(self, step: Step) -> t.Mapping[str, t.Any]:
        """Return what undoing *step* takes."""
        return describe_group_undo(step, self._planned, self.object_id)

    def result(self) -> CanonicalGroup:
        """Return the group as it is after the plan; empty when it is absent."""
        if not self._planned.after:
            return {}
        changes = self._describe_member_changes() if self._ctx.options.get("members") is not None else {}
        return {**self._planned.after, **changes, "object_id": self.object_id, "unverified": self._unverified}

    def _describe_member_changes(self) -> dict[str, t.Any]:
        """Return who becomes a member and who is one no more, with names."""
        found: dict[str, list[t.Any]] = {"members_added": [], "members_removed": []}
        for step in self._planned.steps:
            if step.data.get("relation") == "members":
                key = "members_added" if step.action == "add" else "members_removed"
                found[key] += [self._graph.known_objects.describe(object_id) for object_id in step.data["ids"]]
        return found

    def _read(self, options: t.Mapping[str, t.Any]) -> CanonicalGroup | None:
        """Return the group that the options name with the relations that they manage, or None; note its object id."""
        doubt = (
            describe_suspicious_name("Entra group", options["display_name"]) if options.get("display_name") else None
        )
        if doubt and options.get("state") == "present":
            self._ctx.warn(doubt)
        wire = find_group(self._graph, options)
        if wire is None:
            refuse_unknown_id(self._graph, options, self._principals)
            return None
        self._wire = wire
        found = canonical_group(wire)
        self.object_id = found["object_id"]
        for relation in RELATIONS:
            if options.get(relation) is not None:
                listed = read_group_relation(self._graph, str(self.object_id), relation)
                self._principals.learn_users(listed)
                found[relation] = list_ids(listed)
        return found

    def _check_rename(self, desired: CanonicalGroup, current: CanonicalGroup | None) -> None:
        """Raise GuardRefused for a rename: where Commvault matches groups by name, it takes people's access away."""
        if current and desired.get("display_name") not in (None, current["display_name"]):
            require_accepted_risk(
                self._ctx,
                "rename",
                f"Group {current['display_name']} would be renamed to {desired['display_name']}; if Commvault "
                "matches groups by name, its members would lose their access.",
                prefixes=("revert",),
            )

    def _path(self) -> str:
        return build_id_path(str(self.object_id))

    def _update(self, step: Step) -> None:
        body = {FIELDS[name]: value or None for name, value in step.data["fields"].items()}
        self._graph.write("PATCH", self._path(), body, intent=f"update {step.subject}", needs=_WRITE)

    def _delete(self, step: Step) -> None:
        self._graph.write("DELETE", self._path(), intent=f"delete {step.subject}", needs=_WRITE, missing_ok=True)
        unique_name = step.data.get("unique_name")
        paths = [build_unique_name_path(unique_name)] if unique_name else []
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
                find=lambda: list_groups_named(self._graph, fields["display_name"]),
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


def _is_relation_shown(listed: set[str], relation: str, steps: t.Iterable[Step]) -> bool:
    """Return whether a relation lists what was added, and nothing of what was removed."""
    changed = {step.action: set(step.data["ids"]) for step in steps if step.data.get("relation") == relation}
    return listed.issuperset(changed.get("add", ())) and listed.isdisjoint(changed.get("remove", ()))
