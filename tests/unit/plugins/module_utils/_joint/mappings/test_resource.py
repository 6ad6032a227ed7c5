# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run from the options to the result, against a service that keeps state: it converges, and what was refused was not begun."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import (
    COMMCELL_ID,
    FakeCommCell,
    UnansweredBatches,
    make_silent_context,
    refuse_connection,
)

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Throttled
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import RecordTarget, run_task
from ansible_collections.cvops.identity.plugins.module_utils._core.values import AnswerObject
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings import (
    declared_roles,
    resource,
    roles_and_mapping,
)
from ansible_collections.cvops.identity.plugins.modules import commvault_role_mappings

OPS_ID, OTHER_ID = "abcdef11-2222-4333-8444-555555555555", "66666666-2222-4333-8444-555555555555"
DEFAULTS = {name: option.get("default") for name, option in commvault_role_mappings.SPEC.options.items()}
GOLD, SILVER, CELL = Entity("plans", 1), Entity("plans", 2), Entity("commcell", COMMCELL_ID)
OPS, NIGHT, JVEGA = Principal("user_group", 2), Principal("user_group", 3), Principal("user", 1)
MASTER, VIEW, EDIT = 1, 2, 3
Row = tuple[Principal, int, Entity]


class FakeService(UnansweredBatches, FakeCommCell):
    """A CommCell with state: client, directory, security, user groups, contents of roles, and Graph in one."""

    caller = (2, "svc")
    release = 44

    def __init__(self, *held: Row) -> None:
        super().__init__(
            {
                "user_groups": [("master", None), ("ops", None), ("night", None)],
                "users": [("jvega", None), ("svc", None)],
                "roles": [("Master", None), ("View", None), ("Edit", None)],
                "plans": [("gold", None), ("silver", None)],
            }
        )
        self.held = set(held)
        self.writes: list[str] = []
        self.entra_groups: dict[str, str] = {"GG-New": OPS_ID}
        #: The permissions of every role, and those that the caller holds everywhere.
        self.role_permissions, self.own_permissions = frozenset({31}), [31, 107]
        self.own_groups: list[int] = []
        self.members: dict[int, t.Any] = {}
        #: What every write raises, and whether writes have an effect.
        self.failure: Exception | None = None
        self.is_effective = True
        self.remembered: dict[t.Any, str] = {}
        #: How rows are held that are not explicit.
        self.kinds: dict[Row, str] = {}

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for room, name in (
            (roles_and_mapping, "CommvaultClient"),
            (roles_and_mapping, "RoleDirectory"),
            (declared_roles, "RolePermissions"),
            (resource, "SecurityAssociations"),
            (resource, "UserGroups"),
            (resource, "GraphClient"),
        ):
            monkeypatch.setattr(room, name, lambda *_arguments: self)

    @property
    def client(self) -> FakeService:
        return self

    def read_ahead(self, _role_ids: t.Any) -> None: ...

    # Client
    def get(self, path: str, **more: t.Any) -> t.Any:
        if path.endswith("/Permissions"):
            return {"permissions": [{"permissionId": number} for number in self.own_permissions]}
        if path == "v4/user/2":
            return {"associatedUserGroups": [{"id": number} for number in self.own_groups]}
        return {"name": "admin", "enabled": True} if path.startswith("v4/user/") else None

    # Graph
    def list(self, path: str, *, params: t.Any, **_more: t.Any) -> t.Any:
        return [
            AnswerObject(id=object_id, displayName=name)
            for name, object_id in self.entra_groups.items()
            if f"'{name}'" in params["$filter"] or f"'{object_id}'" in params["$filter"]
        ]

    @property
    def recent_objects(self) -> FakeService:
        return self

    def contains_any(self, _keys: t.Any) -> bool:
        return False

    # Directory
    def read_user_group(self, group_id: int) -> dict[str, t.Any]:
        return {**super().read_user_group(group_id), **self.members.get(group_id, {})}

    def get_cached_user_group(self, group_id: int) -> None:
        return None

    def forget_user_group(self, group_id: int) -> None: ...

    def reread_catalogue(self, kind: str) -> t.Any:
        return self.read_catalogue(kind)

    # Contents of roles
    def read_permission_ids(self, role_id: int) -> frozenset[int]:
        return self.role_permissions

    # Security
    can_list_principal = is_known_to_list_principals = True
    commcell = CELL

    def can_list_entity(self, entity: Entity) -> bool:
        return True

    def warn_of_unknown_release(self) -> None: ...

    def remember_name(self, key: t.Any, name: str) -> None:
        self.remembered[key] = name

    def _list(self, chosen: t.Callable[[Row], bool]) -> t.Any:
        def name(kind: str, number: int) -> str:
            entry = self._catalogues[kind].get_by_id(number) if kind in self._catalogues else None
            return entry.name if entry else ""

        return [
            Association(
                who,
                f"p{who.id}",
                role,
                name("roles", role),
                where,
                name(where.kind, where.id),
                self.kinds.get((who, role, where), "explicit"),
            )
            for who, role, where in sorted(self.held)
            if chosen((who, role, where))
        ]

    def list_of_principal(self, principal: Principal) -> t.Any:
        return self._list(lambda row: row[0] == principal)

    def list_on_entity(self, entity: Entity) -> t.Any:
        return self._list(lambda row: row[2] == entity)

    def _write(self, operation: str, entities: t.Any, pairs: t.Any) -> None:
        if self.failure:
            raise self.failure
        self.writes.append(operation)
        rows = {(who, role, where) for who, role in pairs for where in entities}
        if self.is_effective:
            self.held = self.held | rows if operation == "add" else self.held - rows

    def add(self, entities: t.Any, pairs: t.Any) -> None:
        self._write("add", entities, pairs)

    def remove(self, entities: t.Any, pairs: t.Any) -> None:
        self._write("remove", entities, pairs)

    # User groups
    @property
    def directory(self) -> FakeService:
        return self

    def create(self, name: str, _description: None, company_id: int | None) -> int:
        catalogue = self._catalogues["user_groups"]
        number = len(catalogue) + 1
        catalogue.replace_entries([*catalogue, type(next(iter(catalogue)))(number, name)])
        self.writes.append(f"create {name}")
        return number

    def link(self, group_id: int, object_id: str) -> None:
        if self.is_effective:
            self.links[group_id] = object_id
        self.writes.append(f"link {group_id}")


def run(ctx: t.Any, **options: t.Any) -> dict[str, t.Any]:
    ctx.options.update({**DEFAULTS, "commvault_auth_method": "password", "commvault_username": "svc", **options})
    return run_task(ctx, roles_and_mapping.RolesAndMappingResource)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    made = FakeService()
    made.install(monkeypatch)
    return made


def entry(*lines: tuple[str, t.Any], principal: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    grants = [{"role": role, "entities": entities} for role, entities in lines]
    return {"principal": principal or {"user_group": "ops"}, "grants": grants, **more}


USER = {"user": "jvega"}
ENTRA = {"entra_group": {"name": "GG-New", "object_id": OPS_ID}}


def test_a_run_writes_what_is_missing_reads_it_back_and_the_next_one_writes_nothing(
    make_ctx: t.Any, service: FakeService
) -> None:
    mappings = [entry(("View", {"plans": ["gold", "silver"]})), entry(("Edit", {"plans": "gold"}), principal=ENTRA)]
    result = run(make_ctx(), mappings=mappings)
    assert result["changed"] and service.writes == ["create GG-New", "link 4", "add", "add"]
    assert service.held == {(OPS, VIEW, GOLD), (OPS, VIEW, SILVER), (Principal("user_group", 4), EDIT, GOLD)}
    assert service.links == {4: OPS_ID}
    found = result["role_mappings"]
    assert found["added"] == found["grants"] and found["removed"] == found["not_confirmed"] == []
    assert found["grants"][0] == {
        "principal": "GG-New",
        "principal_kind": "user_group",
        "role": "Edit",
        "entity_type": "plans",
        "entity": "gold",
    }
    assert (found["user_groups_created"], found["user_groups_linked"], found["remaining"]) == (
        ["GG-New"],
        ["GG-New"],
        0,
    )
    again = run(make_ctx(), mappings=mappings)
    assert again["changed"] is False and len(service.writes) == 4
    assert again["role_mappings"]["grants"] == found["grants"]


def test_check_mode_predicts_the_run_and_writes_nothing(make_ctx: t.Any, service: FakeService) -> None:
    mappings = [entry(("View", {"plans": "gold"})), entry(("Edit", {"plans": "gold"}), principal=ENTRA)]
    predicted = run(make_ctx(check_mode=True, diff_mode=True), mappings=mappings)
    assert service.writes == []
    real = run(make_ctx(diff_mode=True), mappings=mappings)
    for key in ("changed", "diff", "role_mappings"):
        assert predicted[key] == real[key]


def test_effects_are_what_is_held_before_and_after_and_only_told_when_asked(
    make_ctx: t.Any, service: FakeService
) -> None:
    """Postponed requests count as not done; what no mapping manages is kept; the words are those of the plan."""
    service.held |= {(OPS, VIEW, GOLD), (OPS, EDIT, GOLD), (OPS, MASTER, CELL)}
    service.kinds[OPS, MASTER, CELL] = "creator"
    mappings = [entry(("View", {"plans": ["gold", "silver"]})), entry(("View", {"plans": "gold"}), principal=ENTRA)]

    def plan(**options: t.Any) -> tuple[dict[str, t.Any], list[str]]:
        result = run(make_ctx(check_mode=True), mappings=mappings, exclusive="principals", **options)
        found = {row["principal"]: row for row in result["role_mappings"].get("effects", ())}
        return found, [step["sentence"] for step in result["steps"]]

    def words(row: t.Mapping[str, t.Any]) -> dict[str, list[str]]:
        return {key: [right["text"] for right in row[key]] for key in ("added", "removed", "kept")}

    found, sentences = plan(tell_effects=True)
    assert found["GG-New"]["entra_group"] == {"object_id": OPS_ID, "name": "GG-New"}
    assert words(found["GG-New"]) == {"added": ["View on plan gold"], "removed": [], "kept": []}
    ops = found["ops"]
    assert (ops["principal_kind"], ops["entra_group"], ops["complete"]) == ("user_group", None, True)
    assert words(ops) == {
        "added": ["View on plan silver"],
        "removed": ["Edit on plan gold"],
        "kept": ["Master on the CommCell (creator)", "View on plan gold"],
    }
    assert ops["kept"][1]["id"] == found["GG-New"]["added"][0]["id"] != ops["added"][0]["id"]
    assert {"grant View on plan silver", "revoke Edit on plan gold"} <= set(sentences)
    postponed, dummy = plan(tell_effects=True, max_writes=2)
    assert words(postponed["ops"])["added"] == [] and "GG-New" not in postponed
    assert plan()[0] == {}


def test_what_earlier_tasks_would_create_is_planned_in_check_mode_and_missing_in_a_real_run(
    make_ctx: t.Any, service: FakeService
) -> None:
    pending = {"pending_roles": ["Restore"], "pending_entra_groups": ["GG-New"]}
    service.entra_groups = {}
    mappings = [entry(("Restore", {"plans": "gold"}), principal={"entra_group": "GG-New"})]
    result = run(make_ctx(check_mode=True), mappings=mappings, require_object_id="all", **pending)
    assert [row["role"] for row in result["role_mappings"]["added"]] == ["Restore"]
    assert result["role_mappings"]["user_groups_linked"] == ["GG-New"]
    failed = run(make_ctx(), mappings=mappings, **pending)
    assert [problem["where"] for problem in failed["error"]["problems"]] == [
        "mappings[0].grants[0].role",
        "mappings[0].principal.entra_group",
    ]
    assert service.writes == []


def test_an_exclusive_run_takes_surplus_of_mapped_principals_alone(make_ctx: t.Any, service: FakeService) -> None:
    service.held = {(OPS, EDIT, GOLD), (OPS, EDIT, SILVER), (NIGHT, EDIT, GOLD)}
    result = run(make_ctx(), mappings=[entry(("View", {"plans": "gold"}))], exclusive=True)
    assert service.held == {(OPS, VIEW, GOLD), (NIGHT, EDIT, GOLD)}
    assert service.writes == ["remove", "add", "remove"]
    assert [row["entity"] for row in result["role_mappings"]["removed"]] == ["gold", "silver"]


def test_what_could_not_be_checked_is_listed_in_check_mode_too(make_ctx: t.Any, service: FakeService) -> None:
    service.own_groups = []
    mappings = [entry(("View", {"plans": ["gold", "silver"]}))]
    for options, count in (({"check_rights": False}, 2), ({}, 0)):
        result = run(make_ctx(check_mode=True), mappings=mappings, **options)["role_mappings"]
        assert result["unchecked"] == result["added"][:count] and len(result["added"]) == 2
    service.own_permissions, service.ctx = [107], make_ctx()
    told = run(make_ctx(check_mode=True), mappings=mappings)
    assert not told.get("failed"), told["msg"]
    result = told["role_mappings"]
    assert result["unchecked"] == result["added"] and len(result["added"]) == 2


def test_an_object_id_that_was_not_verified_is_said_to_be_so(
    make_ctx: t.Any, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "GraphClient", lambda _ctx: refuse_connection())
    ctx = make_ctx()
    result = run(ctx, mappings=[entry(("View", {"plans": "gold"}), principal=ENTRA)])
    assert service.writes == ["create GG-New", "link 4", "add"]
    assert result["role_mappings"]["unverified"] == [{"name": "GG-New", "object_id": OPS_ID}]
    (told,) = [warning for warning in ctx.warnings if "not verified" in warning]
    assert f"GG-New ({OPS_ID})" in told and "no sign-in to Entra ID is configured" in told


@pytest.mark.parametrize("entra_groups", [{}, {"GG-Other": OPS_ID}])
def test_an_object_id_that_is_not_that_of_the_group_stops_the_run(
    make_ctx: t.Any, service: FakeService, entra_groups: dict[str, str]
) -> None:
    service.entra_groups = entra_groups
    result = run(make_ctx(), mappings=[entry(("View", {"plans": "gold"}), principal=ENTRA)])
    assert [problem["where"] for problem in result["error"]["problems"]] == ["mappings[0].principal.entra_group"]
    assert service.writes == []


def test_a_break_glass_object_id_of_nothing_stops_the_run(make_ctx: t.Any, service: FakeService) -> None:
    service.entra_groups = {}
    kept = {"entra_groups": ["GG-Kept", OPS_ID]}
    result = run(make_ctx(), mappings=[entry(("View", {"plans": "gold"}))], break_glass=kept)
    assert [problem["where"] for problem in result["error"]["problems"]] == ["break_glass.entra_groups[1]"]
    assert service.writes == []


def test_all_problems_are_told_at_once_and_alike_ones_once(make_ctx: t.Any, service: FakeService) -> None:
    wrong = [entry(("Vew", {"plans": "gold"})) for dummy in range(11)]
    wrong[10] = entry(("View", {"plan": "gold"}))
    result = run(make_ctx(), mappings=[*wrong, entry(("View", "commcell"), principal={"user": "nobody"})])
    told = result["error"]["problems"]
    assert [problem["where"] for problem in told] == [
        "mappings[0].grants[0].role",
        "mappings[10].grants[0].entities.plan",
        "mappings[11].principal.user",
    ]
    assert "(and in 9 more places)" in told[0]["message"]
    assert [(problem["principal"], problem.get("role"), problem.get("entity")) for problem in told] == [
        ("ops", "Vew", "plans gold"),
        ("ops", "View", "plan gold"),
        ("nobody", None, None),
    ]
    assert len(told[0]["also"]) == 9 and told[0]["also"][0] == "mappings[1].grants[0].role (ops, plans gold)"
    assert "mappings[0].grants[0].role (ops, plans gold): No role is named 'Vew'" in result["msg"]
    assert "Near: View." in result["msg"] and "Near: plans." in result["msg"]
    assert "3 problems in the mapping; nothing was written" in result["msg"] and service.writes == []


def test_names_that_the_play_declares_are_near_ones_too(make_ctx: t.Any, service: FakeService) -> None:
    service.entra_groups = {}
    mappings = [entry(("Restoer", {"plans": "gold"}), principal={"entra_group": "GG-Nwe"})]
    result = run(
        make_ctx(check_mode=True), mappings=mappings, pending_roles=["Restore"], known_entra_groups={"GG-New": OPS_ID}
    )
    told = [problem["message"] for problem in result["error"]["problems"]]
    assert told[0].endswith("Similar, among the roles that the play creates: Restore.")
    assert "no Entra group is named 'GG-Nwe'. Near: 'GG-New'. Correct the name, or create the group first" in told[1]


@pytest.mark.parametrize(
    ("held", "mappings", "options", "told"),
    [
        (
            [(OPS, VIEW, GOLD)] * 1,
            [entry(("View", {"plans": "gold"}), state="absent")],
            {"max_removals": 0},
            "max_removals 0",
        ),
        (
            [(JVEGA, VIEW, GOLD)],
            [entry(("View", {"plans": "gold"}), principal=USER, state="absent")],
            {"break_glass": {"commvault_users": ["JVEGA"]}},
            "break_glass",
        ),
        ([(OPS, VIEW, GOLD)], [entry(("View", {"plans": "gold"}), state="absent")], {}, "own_rights"),
        ([(JVEGA, MASTER, CELL)], [entry(("Master", "commcell"), principal=USER, state="absent")], {}, "last_admin"),
        ([], [entry(("View", {"plans": ["gold", "silver"]}))], {"max_writes": 0}, "max_writes 0 is too small"),
        (
            [],
            [entry(("View", "commcell"), principal={"entra_group": "GG-New"})],
            {},
            "needs principal.entra_group.object_id",
        ),
    ],
)
def test_guards_refuse_before_the_first_write(
    make_ctx: t.Any, service: FakeService, held: t.Any, mappings: t.Any, options: t.Any, told: str
) -> None:
    service.held, service.own_groups, service.entra_groups = set(held), [OPS.id], {"GG-New": OPS_ID}
    result = run(make_ctx(), mappings=mappings, **options)
    assert result["failed"] and told in result["msg"], result["msg"]
    assert service.writes == [] and service.held == set(held)


def test_rights_that_the_caller_does_not_hold_are_told_by_name_unless_it_is_master(
    make_ctx: t.Any, service: FakeService
) -> None:
    mappings = [entry(("View", "commcell"))]
    service.own_permissions = [107]
    result = run(make_ctx(), mappings=mappings)
    assert [(problem["kind"], problem["principal"]) for problem in result["error"]["problems"]] == [
        ("forbidden", "ops")
    ]
    assert "does not hold there: 31" in result["msg"] and service.writes == []
    assert run(make_ctx(), mappings=mappings, check_rights=False)["changed"]
    service.held, service.own_groups = set(), [1]
    assert run(make_ctx(), mappings=mappings)["changed"]


def test_a_group_that_is_linked_to_another_object_needs_relink(make_ctx: t.Any, service: FakeService) -> None:
    service.links, service.entra_groups = {OPS.id: OTHER_ID}, {"ops": OPS_ID}
    principal = {"entra_group": {"name": "ops", "object_id": OPS_ID}}
    result = run(make_ctx(), mappings=[entry(("View", {"plans": "gold"}), principal=principal)])
    assert [problem["kind"] for problem in result["error"]["problems"]] == ["recreated"] and service.writes == []
    run(make_ctx(), mappings=[entry(("View", {"plans": "gold"}), principal=principal, relink=True)])
    assert service.links == {OPS.id: OPS_ID}


def test_an_absent_entry_whose_entra_group_is_gone_takes_its_grants_and_links_nothing(
    make_ctx: t.Any, service: FakeService
) -> None:
    service.held = {(OPS, VIEW, GOLD)}
    result = run(
        make_ctx(), mappings=[entry(("View", {"plans": "gold"}), principal={"entra_group": "ops"}, state="absent")]
    )
    assert result.get("failed") is not True, result["msg"]
    assert (service.writes, service.held, service.links) == (["remove"], set(), {})


def test_known_object_ids_spare_graph_and_count_as_given(make_ctx: t.Any, service: FakeService) -> None:
    mappings = [entry(("View", "commcell"), principal={"entra_group": "ops"})]
    result = run(make_ctx(), mappings=mappings, known_entra_groups={"OPS": OPS_ID}, require_object_id="all")
    assert result["changed"] and service.links == {OPS.id: OPS_ID}


def test_a_canary_is_one_grant_and_no_more(make_ctx: t.Any, service: FakeService) -> None:
    service.held = {(OPS, EDIT, GOLD)}
    mappings = [entry(("View", {"plans": ["gold", "silver"]})), entry(("View", {"plans": "gold"}), principal=ENTRA)]
    found = run(make_ctx(), mappings=mappings, exclusive=True, canary=True)["role_mappings"]
    assert (service.writes, service.held) == (["add"], {(OPS, EDIT, GOLD), (OPS, VIEW, GOLD)})
    rest = run(make_ctx(), mappings=mappings, exclusive=True)["role_mappings"]
    assert (found["remaining"], rest["remaining"]) == (len(service.writes) - 1, 0)


def test_what_does_not_fit_into_the_budget_is_left_for_the_next_run(make_ctx: t.Any, service: FakeService) -> None:
    mappings = [entry(("View", {"plans": "gold"})), entry(("Edit", {"plans": "silver"}), principal=ENTRA)]
    left = []
    for dummy in range(4):
        left.append(run(make_ctx(), mappings=mappings, max_writes=2)["role_mappings"]["remaining"])
    assert left == [2, 0, 0, 0] and service.writes == ["create GG-New", "link 4", "add", "add"]


@pytest.mark.parametrize(
    ("options", "is_partial"),
    [({}, False), ({"canary": True}, True), ({"max_writes": 1}, True), ({"max_writes": 2}, False)],
)
def test_a_mapping_that_leaves_changes_to_a_later_run_is_partial(
    make_ctx: t.Any, service: FakeService, options: dict[str, t.Any], is_partial: bool
) -> None:
    mappings = [entry(("View", {"plans": "gold"})), entry(("Edit", {"plans": "silver"}))]
    ctx = make_ctx({**DEFAULTS, "commvault_auth_method": "password", "mappings": mappings, **options})
    mapping = resource.RoleMappingsResource(ctx, declared_roles.DeclaredRoles(ctx, t.cast(t.Any, service)))
    mapping.plan()
    assert mapping.is_partial is is_partial


def test_an_exhausted_quota_tells_what_is_left(make_ctx: t.Any, service: FakeService) -> None:
    service.failure = Throttled("Slow down.", status=429)
    mappings = [entry(("View", {"plans": "gold"})), entry(("Edit", {"plans": "silver"}), principal=ENTRA)]
    result = run(make_ctx(), mappings=mappings)
    assert result["failed"] and result["error"]["remaining"] == 2
    assert "2 of 4 write requests are left" in result["msg"]
    assert result["changed"] is True and service.writes == ["create GG-New", "link 4"]


def test_what_is_accepted_and_not_shown_is_told(make_ctx: t.Any, service: FakeService) -> None:
    service.is_effective = False
    ctx = make_ctx()
    result = run(ctx, mappings=[entry(("View", {"plans": ["gold", "silver"]}))])
    assert result["role_mappings"]["not_confirmed"] == result["role_mappings"]["added"]
    assert any("2 grants were accepted" in warning for warning in ctx.warnings)


def test_a_new_link_that_is_not_shown_is_waited_for_and_told(make_ctx: t.Any, service: FakeService) -> None:
    service.is_effective = False
    ctx = make_ctx()
    result = run(ctx, mappings=[entry(("View", {"plans": "gold"}), principal=ENTRA)])
    assert result["role_mappings"]["user_groups_linked"] == ["GG-New"] and service.links == {}
    assert any("user groups" in warning and "does not show it yet: GG-New" in warning for warning in ctx.warnings)


def test_the_result_tells_of_others_too(make_ctx: t.Any, service: FakeService) -> None:
    service.held = {(NIGHT, VIEW, GOLD), (OPS, VIEW, GOLD)}
    found = run(make_ctx(check_mode=True), mappings=[entry(("View", {"plans": "gold"}))], managed_groups=["n*"])
    assert found["role_mappings"]["unmanaged"] == [
        {"user_group": "night", "grants": 1, "held": ["View on plans gold"], "removed": False}
    ]


def test_a_line_that_left_the_document_is_told_by_name_in_every_mode(make_ctx: t.Any) -> None:
    mappings = [entry(("View", {"plans": "gold"}))]
    for exclusive in ("none", False, "principals", "true", "managed"):
        for check_mode in (True, False):
            with pytest.MonkeyPatch.context() as patch:
                service = FakeService((OPS, VIEW, GOLD), (OPS, EDIT, SILVER), (NIGHT, EDIT, GOLD))
                service.install(patch)
                ctx = make_ctx(check_mode=check_mode, diff_mode=True)
                accepted = {"accept_risk": ["first_managed_run"], "accept_reason": "tried"}
                result = run(ctx, mappings=mappings, exclusive=exclusive, managed_groups=["night"], **accepted)
                found, takes = result["role_mappings"], exclusive not in ("none", False)
                told = [(row["principal"], row["role"], row["entity"], row["removed"]) for row in found["surplus"]]
                assert told == [("ops", "Edit", "silver", takes)], exclusive
                assert [(row["user_group"], row["removed"]) for row in found["unmanaged"]] == [
                    ("night", exclusive == "managed")
                ]
                assert ("ops: Edit on plans silver" in result["diff"]["before"]) is takes, "the diff is what changes"
                assert "ops: Edit on plans silver" not in result["diff"]["after"]
                assert ctx.evidence["surplus"] == ["ops: Edit on plans silver"]
                assert ctx.evidence["unmanaged"] == ["night"]
                warned = "ops: Edit on plans silver" in " ".join(ctx.warnings)
                assert warned is not takes
                assert bool(service.writes) is (takes and not check_mode)


def test_a_group_that_lost_its_entry_keeps_its_access_until_managed_takes_it(
    make_ctx: t.Any, service: FakeService
) -> None:
    service.held = {(OPS, VIEW, GOLD), (NIGHT, EDIT, GOLD), (NIGHT, VIEW, SILVER), (JVEGA, EDIT, GOLD)}
    options = {"mappings": [entry(("View", {"plans": "gold"}))], "managed_groups": ["n*", "ops"]}
    before = set(service.held)
    run(make_ctx(), exclusive="principals", **options)
    assert service.held == before
    refused = run(make_ctx(), exclusive="managed", **options)
    assert (refused["error"]["kind"], refused["error"]["risk"]) == ("guard", "first_managed_run")
    assert "night (2)" in refused["msg"] and service.writes == []
    accepted = {"accept_risk": ["first_managed_run"], "accept_reason": "the night shift is gone"}
    predicted = run(make_ctx(check_mode=True, diff_mode=True), exclusive="managed", **options, **accepted)
    real = run(make_ctx(diff_mode=True), exclusive="managed", **options, **accepted)
    assert predicted["role_mappings"] == real["role_mappings"] and predicted["diff"] == real["diff"]
    assert {row["principal"] for row in real["role_mappings"]["removed"]} == {"night"}
    assert service.held == {(OPS, VIEW, GOLD), (JVEGA, EDIT, GOLD)}, "others keep what they have"
    count = len(service.writes)
    assert run(make_ctx(), exclusive="managed", **options)["changed"] is False and len(service.writes) == count


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_removals": 1}, "max_removals 1"),
        ({"break_glass": {"entra_groups": ["GG-New"]}}, "break_glass"),
        ({"break_glass": {"entra_groups": ["night"]}}, "break_glass"),
        ({"break_glass": {"entra_groups": [OPS_ID]}}, "break_glass"),
        ({"accept_risk": []}, "first_managed_run"),
    ],
    ids=["max_removals", "display name", "name", "object id", "first"],
)
def test_groups_without_an_entry_are_guarded_as_others(
    make_ctx: t.Any, service: FakeService, options: dict[str, t.Any], told: str
) -> None:
    service.held, service.links = {(NIGHT, EDIT, GOLD), (NIGHT, VIEW, GOLD)}, {NIGHT.id: OPS_ID}
    given = {"accept_risk": ["first_managed_run"], "accept_reason": "tried", **options}
    result = run(make_ctx(), mappings=[], exclusive="managed", managed_groups=["night"], **given)
    assert result["failed"] and told in result["msg"], result["msg"]
    assert service.writes == []


def test_rights_of_the_caller_and_the_last_administrator_are_guarded_for_groups_without_an_entry(
    make_ctx: t.Any, service: FakeService
) -> None:
    service.held, service.own_groups = {(NIGHT, MASTER, CELL)}, [NIGHT.id]
    options = {"mappings": [], "exclusive": "managed", "managed_groups": ["night"], "accept_reason": "tried"}
    risks: list[str] = []
    for risk in ("own_rights", "last_admin", "first_managed_run"):
        result = run(make_ctx(), accept_risk=list(risks), **options)
        refused = result["error"]["risk"]
        assert result["failed"] and refused not in risks, risk
        risks.append(refused)
    assert sorted(risks) == ["first_managed_run", "last_admin", "own_rights"] and service.writes == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("more", [(), ("silver",)], ids=["nothing else to do", "a grant to add"])
def test_drift_fails_the_task_after_all_was_done_and_told(
    make_ctx: t.Any, service: FakeService, check_mode: bool, more: tuple[str, ...]
) -> None:
    service.held = {(OPS, VIEW, GOLD), (OPS, EDIT, GOLD)}
    mappings = [entry(("View", {"plans": ["gold", *more]}))]
    result = run(make_ctx(check_mode=check_mode, diff_mode=True), mappings=mappings, fail_on_drift=True)
    assert result["failed"] and result["error"]["kind"] == "drift"
    assert "ops: Edit on plans gold" in result["msg"]
    assert [row["role"] for row in result["role_mappings"]["surplus"]] == ["Edit"]
    assert len(result["role_mappings"]["added"]) == len(more) and result["changed"] is bool(more)
    assert "diff" in result and len(service.writes) == (0 if check_mode else len(more))
    if more and not check_mode:
        assert len(result["steps_done"]) == 1 and result["steps_left"] == []
    taken = run(make_ctx(check_mode=check_mode), mappings=mappings, fail_on_drift=True, exclusive="principals")
    assert not taken.get("failed"), taken["msg"]


def test_where_a_release_does_not_list_everything_surplus_is_unknown_and_no_pass(
    make_ctx: t.Any, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "is_known_to_list_principals", False)
    service.held = {(OPS, VIEW, GOLD)}
    ctx, mappings = make_ctx(diff_mode=True), [entry(("View", {"plans": "gold"}))]
    result = run(ctx, mappings=mappings, managed_groups=["*"])
    assert (result["role_mappings"]["surplus"], result["role_mappings"]["unmanaged"]) == ("unknown", "unknown")
    assert any("is unknown" in told for told in ctx.warnings)
    failed = run(make_ctx(), mappings=mappings, fail_on_drift=True)
    assert failed["error"]["kind"] == "drift"


def test_a_group_that_another_document_had_an_entry_for_is_warned_about(
    make_ctx: t.Any, service: FakeService, tmp_path: pathlib.Path
) -> None:
    def run_document(name: str, mappings: t.Any) -> list[str]:
        ctx = make_ctx()
        options = {"mappings": mappings, "document": name, "managed_groups": ["ops", "night"]}
        ctx.options.update({**DEFAULTS, "commvault_auth_method": "password", "commvault_username": "svc", **options})
        run_task(
            ctx,
            roles_and_mapping.RolesAndMappingResource,
            record_to=RecordTarget(str(tmp_path), "commvault_role_mappings"),
        )
        return [warning for warning in ctx.warnings if "Two documents" in warning]

    first = [entry(("View", {"plans": "gold"}))]
    second = [entry(("View", {"plans": "gold"}), principal={"user_group": "night"})]
    assert run_document("a.yml", first) == []
    (told,) = run_document("b.yml", second)
    assert "Group ops has no entry in b.yml" in told and "for it was a.yml" in told


@pytest.mark.parametrize("canary", [False, True])
def test_what_goes_with_a_deleted_role_is_no_drift_unless_the_role_is_kept_for_a_later_run(
    make_ctx: t.Any, service: FakeService, monkeypatch: pytest.MonkeyPatch, canary: bool
) -> None:
    monkeypatch.setattr(declared_roles.DeclaredRoles, "list_deleted_ids", lambda _self: frozenset({EDIT}))
    service.held = {(OPS, VIEW, GOLD), (OPS, EDIT, SILVER)}
    mappings, ctx = [entry(("View", {"plans": "gold"}))], make_ctx()
    result = run(ctx, mappings=mappings, fail_on_drift=True, canary=canary)
    assert [row["removed"] for row in result["role_mappings"]["surplus"]] == [not canary]
    assert (bool(result.get("failed")), any("beyond the mapping" in told for told in ctx.warnings)) == (canary, canary)


@pytest.mark.parametrize("grant_kind", ["creator", "owner"])
def test_what_a_principal_holds_as_creator_or_owner_is_said_and_not_written(
    make_ctx: t.Any, service: FakeService, grant_kind: str
) -> None:
    service.kinds = {(OPS, VIEW, GOLD): grant_kind, (OPS, EDIT, SILVER): grant_kind}
    service.held = set(service.kinds)
    found = run(make_ctx(), mappings=[entry(("View", {"plans": "gold"}))], exclusive=True)["role_mappings"]
    assert service.writes == [] and found["surplus"] == []
    assert [row.get("grant_kind") for row in found["grants"]] == [grant_kind]
    assert [(row["role"], row["entity"], row["grant_kind"]) for row in found["other"]] == [
        ("Edit", "silver", grant_kind)
    ]
    ctx = make_ctx()
    result = run(ctx, mappings=[entry(("View", {"plans": "gold"}), state="absent")])
    assert result["changed"] is False and any("should be absent but stays" in told for told in ctx.warnings)


def test_evidence_is_kept_and_names_go_along_with_ids(make_ctx: t.Any, service: FakeService) -> None:
    ctx = make_ctx()
    run(ctx, mappings=[entry(("View", {"plans": "gold"}), business_owner="a@b.example")])
    assert ctx.evidence["mappings"] == [{"principal": {"user_group": "ops"}, "business_owner": "a@b.example"}]
    assert service.remembered == {OPS: "ops", VIEW: "View", GOLD: "gold"}


def test_entries_of_other_commcells_are_left_alone(make_ctx: t.Any, service: FakeService) -> None:
    mappings = [entry(("View", {"plans": "gold"}), commcells=["apac-*"])]
    assert run(make_ctx(), mappings=mappings, commcell="emea-1")["changed"] is False
    assert run(make_ctx(), mappings=mappings, commcell="apac-1")["changed"] is True


PRINCIPALS = st.sampled_from([{"user_group": "ops"}, {"user_group": "night"}, {"user": "jvega"}, ENTRA])
LINES = st.lists(
    st.tuples(
        st.sampled_from(["View", "Edit"]),
        st.sampled_from([{"plans": "gold"}, {"plans": ["silver"]}, {"plans": ["gold", "silver"]}, "commcell"]),
    ),
    max_size=3,
)
MAPPINGS = st.lists(st.builds(lambda who, lines: entry(*lines, principal=who), PRINCIPALS, LINES), max_size=4)
HELD = st.sets(
    st.tuples(
        st.sampled_from([OPS, NIGHT, JVEGA]), st.sampled_from([VIEW, EDIT]), st.sampled_from([GOLD, SILVER, CELL])
    )
)


@given(MAPPINGS, HELD, st.sampled_from(["none", "principals", "managed"]), st.randoms(use_true_random=False))
def test_runs_converge_whatever_is_there_and_order_never_matters(
    mappings: t.Any, held: t.Any, exclusive: str, chance: t.Any
) -> None:
    ends = []
    accepted = {"managed_groups": ["night"], "accept_risk": ["first_managed_run"], "accept_reason": "tried"}
    for dummy in range(2):
        with pytest.MonkeyPatch.context() as patch:
            service = FakeService(*held)
            service.install(patch)
            result = run(make_silent_context(), mappings=mappings, exclusive=exclusive, **accepted)
            assert result.get("failed") is not True, result["msg"]
            assert result["changed"] is bool(service.writes)
            count = len(service.writes)
            again = run(make_silent_context(), mappings=mappings, exclusive=exclusive, **accepted)
            assert (again["changed"], len(service.writes)) == (False, count)
            ends.append((service.held, service.links, count))
        mappings = [{**item, "grants": chance.sample(item["grants"], len(item["grants"]))} for item in mappings]
        chance.shuffle(mappings)
    assert ends[0] == ends[1]
    mapped = {"ops": OPS, "night": NIGHT, "jvega": JVEGA}
    named = {mapped[name] for item in mappings for name in item["principal"].values() if isinstance(name, str)}
    foreign = {row for row in held if row[0] not in named}
    if exclusive == "managed":
        assert NIGHT in named or not any(row[0] == NIGHT for row in ends[0][0])
        foreign = {row for row in foreign if row[0] != NIGHT}
    assert foreign <= ends[0][0]
