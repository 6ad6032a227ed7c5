# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading grants: as few reads as will do, all of them where all matter, and a read that fails is never "nothing there"."""

from __future__ import annotations

import types
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import EXISTING_SETS, make_silent_context

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Association,
    Entity,
    Grant,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Forbidden,
    NotFound,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Pending,
    PlannedGrant,
    PrincipalReference,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.read import (
    Reader,
    UnmanagedGroup,
    UnmanagedGroups,
)

GROUP, USER, FOREIGN = Principal("user_group", 21), Principal("user", 8), Principal("user_group", 99)
NEW = Pending("user_group", "new", 1, 0)
GOLD, SILVER, EVERY = Entity("plans", 12), Entity("plans", 13), Entity("plans", ALL_OF_KIND)
CELL = Entity("commcell", 2)
ROLE = 35


class FakeSecurity:
    """Shows *held*. ``refusal``: what the list of a principal is answered with; ``asked``: what was read, in order."""

    def __init__(
        self,
        held: t.Iterable[tuple[PrincipalReference, t.Any, Entity]] = ((GROUP, ROLE, GOLD),),
        refusal: ApiError | None = None,
        can_list_principal: bool = True,
        grant_kind: str = "explicit",
        commcell_refusal: ApiError | None = None,
    ) -> None:
        self.rows = [
            Association(t.cast(Principal, who), "p", role, f"role {role}", where, f"plan {where.id}", grant_kind)
            for who, role, where in held
        ]
        self.refusal, self.can_list_principal = refusal, can_list_principal
        self.is_known_to_list_principals = can_list_principal
        self.commcell, self.commcell_refusal = CELL, commcell_refusal
        self.asked: list[t.Any] = []

    def can_list_entity(self, entity: Entity) -> bool:
        return entity.id != ALL_OF_KIND

    def warn_of_unknown_release(self) -> None:
        self.asked.append("release")

    def describe_missing_lists(self, instead: str) -> str | None:
        return None if self.can_list_principal else f"they need release 11.42; this CommServe is 11.36. {instead}"

    def list_of_principal(self, principal: Principal) -> list[Association]:
        self.asked.append(principal)
        if self.refusal:
            raise self.refusal
        return [row for row in self.rows if row.principal == principal]

    def list_on_entity(self, entity: Entity) -> list[Association]:
        self.asked.append(entity)
        if self.commcell_refusal and entity == CELL:
            raise self.commcell_refusal
        return [row for row in self.rows if row.entity == entity]


class FakeDirectory:
    """User groups: ``listed`` ones, and the ``details`` that a read of each gives, with those that were read before."""

    def __init__(
        self,
        *listed: Entry,
        details: t.Mapping[int, t.Any] | None = None,
        known: t.Mapping[int, t.Any] | None = None,
    ) -> None:
        self._listed, self._details, self._known = listed, details or {}, known or {}
        self.read: list[int] = []

    def read_catalogue(self, kind: str) -> Catalogue:
        return Catalogue("user group", self._listed)

    def read_user_group(self, group_id: int) -> t.Any:
        self.read.append(group_id)
        return self._details.get(group_id)

    def get_cached_user_group(self, group_id: int) -> t.Any:
        return self._known.get(group_id)


def make_resolved(*present: PlannedGrant, absent: t.Sequence[PlannedGrant] = ()) -> Resolved:
    resolved = Resolved(present=dict.fromkeys(present, "one"), absent=dict.fromkeys(absent, "two"))
    for grant in (*present, *absent):
        resolved.add_principal(MappedPrincipal(grant.principal, "name", "mappings[0]"))
    return resolved


def make_reader(ctx: t.Any, security: FakeSecurity, directory: FakeDirectory | None = None) -> Reader:
    return Reader(ctx, t.cast(t.Any, directory or FakeDirectory()), t.cast(t.Any, security), 1)


def in_details(*grants: tuple[int, Entity]) -> dict[int, t.Any]:
    """Details of GROUP that list these grants."""
    rows = [{"role": {"id": role}, "type": 158, "id": entity.id} for role, entity in grants]
    return {GROUP.id: {"associatedEntities": rows}}


ALSO = Principal("user_group", 22)
#: One line on top of what details of GROUP list.
OTHER_DETAILS = {ALSO.id: {"associatedEntities": [{"role": {"id": ROLE}, "type": 158, "id": GOLD.id}]}}


def test_of_groups_whose_details_show_what_is_desired_and_nothing_else_one_is_compared(make_ctx: t.Any) -> None:
    """The one of which details list most; what they show of the others is taken as it is."""
    held = [(GROUP, ROLE, GOLD), (GROUP, 36, SILVER), (ALSO, ROLE, GOLD)]
    security = FakeSecurity(held)
    reader = make_reader(
        make_ctx(), security, FakeDirectory(known={**in_details((ROLE, GOLD), (36, SILVER)), **OTHER_DETAILS})
    )
    wanted = [PlannedGrant(*row) for row in held]
    current = reader.read_current(make_resolved(*wanted), False)
    assert (current.grants, current.is_complete, security.asked) == (set(wanted), True, [GROUP, CELL])
    reader.read_current(make_resolved(*wanted, PlannedGrant(USER, ROLE, GOLD)), False)
    assert security.asked == [GROUP, CELL, USER, GROUP, CELL]


def test_a_group_whose_details_show_more_is_read_and_serves_as_the_comparison(make_ctx: t.Any) -> None:
    held = [(GROUP, ROLE, GOLD), (GROUP, 36, SILVER), (ALSO, ROLE, GOLD)]
    security = FakeSecurity(held)
    known = {**in_details((ROLE, GOLD), (36, SILVER)), **OTHER_DETAILS}
    reader = make_reader(make_ctx(), security, FakeDirectory(known=known))
    current = reader.read_current(make_resolved(PlannedGrant(*held[0]), PlannedGrant(*held[2])), False)
    assert (current.grants, security.asked) == ({PlannedGrant(*row) for row in held}, [GROUP, CELL])


@pytest.mark.parametrize("exclusive", [True, False])
def test_details_that_leave_out_a_grant_on_the_commcell_are_believed_for_no_group(
    make_ctx: t.Any, exclusive: bool
) -> None:
    """Also where no line of the mapping, and no group that is compared, has such a grant."""
    held = [(GROUP, ROLE, GOLD), (GROUP, 36, SILVER), (ALSO, ROLE, GOLD), (ALSO, 1, CELL)]
    security = FakeSecurity(held)
    known = {**in_details((ROLE, GOLD), (36, SILVER)), **OTHER_DETAILS}
    reader = make_reader(make_ctx(), security, FakeDirectory(known=known))
    current = reader.read_current(make_resolved(*(PlannedGrant(*row) for row in held[:3])), exclusive)
    assert current.grants == {PlannedGrant(*row) for row in held}
    assert [asked for asked in security.asked if asked != "release"] == [GROUP, CELL, ALSO]


def test_details_that_show_a_grant_on_the_commcell_are_not_compared_with_it(make_ctx: t.Any) -> None:
    held = [(GROUP, ROLE, CELL), (ALSO, ROLE, GOLD)]
    shown = {GROUP.id: {"associatedEntities": [{"role": {"id": ROLE}, "type": 1, "id": CELL.id}]}, **OTHER_DETAILS}
    security = FakeSecurity(held)
    reader = make_reader(make_ctx(), security, FakeDirectory(known=shown))
    wanted = [PlannedGrant(*row) for row in held]
    current = reader.read_current(make_resolved(*wanted), False)
    assert (current.grants, security.asked) == (set(wanted), [GROUP])


def test_grants_on_the_commcell_that_others_hold_or_that_are_not_explicit_are_no_doubt(make_ctx: t.Any) -> None:
    security = FakeSecurity([(GROUP, ROLE, GOLD), (ALSO, ROLE, GOLD), (FOREIGN, 1, CELL)])
    security.rows.append(Association(GROUP, "p", 36, "role", CELL, "cs", "creator"))
    reader = make_reader(make_ctx(), security, FakeDirectory(known={**in_details((ROLE, GOLD)), **OTHER_DETAILS}))
    wanted = [PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(ALSO, ROLE, GOLD)]
    current = reader.read_current(make_resolved(*wanted), False)
    assert (current.grants, security.asked) == (set(wanted), [GROUP, CELL])


@pytest.mark.parametrize(
    ("refusal", "goes_on"),
    [
        (Forbidden("not for you"), True),
        (NotFound("no such call"), True),
        (ApiError("error 587", service="Commvault", status=400, code="587"), True),
        (ApiError("HTTP 500", service="Commvault", status=500), False),
        (Throttled("slow down"), False),
        (Unreachable("no answer"), False),
    ],
)
def test_an_account_that_may_not_list_the_commcell_goes_on_without_and_a_failed_read_does_not(
    make_ctx: t.Any, refusal: ApiError, goes_on: bool
) -> None:
    security = FakeSecurity(commcell_refusal=refusal)
    reader = make_reader(make_ctx(), security, FakeDirectory(known=in_details((ROLE, GOLD))))
    resolved = make_resolved(PlannedGrant(GROUP, ROLE, GOLD))
    if goes_on:
        assert reader.read_current(resolved, False).grants == {PlannedGrant(GROUP, ROLE, GOLD)}
    else:
        with pytest.raises(type(refusal)):
            reader.read_current(resolved, False)
    assert security.asked == [GROUP, CELL]


@pytest.mark.parametrize("exclusive", [True, False])
def test_details_that_leave_something_out_are_believed_for_no_group(make_ctx: t.Any, exclusive: bool) -> None:
    """Else surplus that they do not show would be told to be none."""
    held = [(GROUP, ROLE, GOLD), (GROUP, 36, SILVER), (ALSO, ROLE, GOLD), (ALSO, 36, SILVER)]
    security = FakeSecurity(held)
    known = {**in_details((ROLE, GOLD)), **OTHER_DETAILS}
    reader = make_reader(make_ctx(), security, FakeDirectory(known=known))
    current = reader.read_current(make_resolved(PlannedGrant(*held[0]), PlannedGrant(*held[2])), exclusive)
    assert (current.grants, current.is_complete) == ({PlannedGrant(*row) for row in held}, True)
    assert [asked for asked in security.asked if asked != "release"] == [GROUP, ALSO]


@pytest.mark.parametrize("exclusive", [True, False])
def test_details_that_list_nothing_are_no_proof_that_nothing_is_held(make_ctx: t.Any, exclusive: bool) -> None:
    """A release may leave the list empty: groups whose lines were all taken out would then be told to hold nothing."""
    third = Principal("user_group", 23)
    security = FakeSecurity([(third, 36, SILVER)])
    empty: dict[int, t.Any] = {who.id: {"associatedEntities": []} for who in (GROUP, ALSO, third)}
    resolved = make_resolved()
    for who in (GROUP, ALSO, third):
        resolved.add_principal(MappedPrincipal(who, "name", "mappings[0]"))
    current = make_reader(make_ctx(), security, FakeDirectory(known=empty)).read_current(resolved, exclusive)
    assert (current.grants, current.is_complete) == ({PlannedGrant(third, 36, SILVER)}, True)


def test_what_is_held_and_not_in_details_that_list_nothing_makes_no_details_believed(make_ctx: t.Any) -> None:
    third = Principal("user_group", 23)
    held = [(GROUP, ROLE, GOLD), (ALSO, ROLE, GOLD), (third, ROLE, GOLD), (third, 36, SILVER)]
    known = {GROUP.id: {"associatedEntities": []}, **OTHER_DETAILS, third.id: OTHER_DETAILS[ALSO.id]}
    reader = make_reader(make_ctx(), FakeSecurity(held), FakeDirectory(known=known))
    current = reader.read_current(make_resolved(*(PlannedGrant(*row) for row in held[:3])), False)
    assert current.grants == {PlannedGrant(*row) for row in held}


def test_where_the_comparison_is_refused_it_is_not_known_what_else_is_held(make_ctx: t.Any) -> None:
    wanted = make_resolved(PlannedGrant(GROUP, ROLE, GOLD))
    for exclusive in (False, True):
        security = FakeSecurity(refusal=Forbidden("not for you"))
        reader = make_reader(make_ctx(), security, FakeDirectory(known=in_details((ROLE, GOLD))))
        if exclusive:
            with pytest.raises(Forbidden):
                reader.read_current(wanted, exclusive)
        else:
            current = reader.read_current(wanted, exclusive)
            assert (current.grants, current.is_complete) == ({PlannedGrant(GROUP, ROLE, GOLD)}, False)


@pytest.mark.parametrize(
    ("can_list", "is_known", "is_complete"), [(True, True, True), (True, False, False), (False, False, False)]
)
def test_only_a_release_that_is_known_to_list_everything_is_complete(
    make_ctx: t.Any, can_list: bool, is_known: bool, is_complete: bool
) -> None:
    security = FakeSecurity(can_list_principal=can_list)
    security.is_known_to_list_principals = is_known
    reader = make_reader(make_ctx(), security)
    assert reader.read_current(make_resolved(PlannedGrant(GROUP, ROLE, GOLD)), False).is_complete is is_complete
    assert reader.read_current(make_resolved(PlannedGrant(NEW, ROLE, GOLD)), False).is_complete, "no grants"


@pytest.mark.parametrize(("grant_kind", "is_satisfied"), [("creator", True), ("owner", True), ("inherited", False)])
def test_what_somebody_holds_as_creator_or_owner_needs_no_grant(
    make_ctx: t.Any, grant_kind: str, is_satisfied: bool
) -> None:
    wanted, security = PlannedGrant(GROUP, ROLE, GOLD), FakeSecurity(grant_kind=grant_kind)
    current = make_reader(make_ctx(), security).read_current(make_resolved(wanted), False)
    assert current.list_satisfied() == ({wanted} if is_satisfied else set())
    assert [row.grant_kind for row in current.other] == ([grant_kind] if is_satisfied else [])
    security.rows += FakeSecurity().rows
    current = make_reader(make_ctx(), security).read_current(make_resolved(wanted), False)
    assert (current.list_satisfied(), current.grants) == (set(), {wanted}), "the explicit one counts"


@pytest.mark.parametrize(
    ("present", "absent"),
    [
        ([PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(GROUP, ROLE, SILVER)], []),
        ([PlannedGrant(GROUP, ROLE, GOLD)], [PlannedGrant(GROUP, 36, GOLD)]),
        ([], [PlannedGrant(GROUP, ROLE, GOLD)]),
    ],
    ids=["one is missing", "one is to be absent", "one is to go"],
)
def test_before_a_write_the_security_service_is_asked(make_ctx: t.Any, present: t.Any, absent: t.Any) -> None:
    security = FakeSecurity()
    reader = make_reader(make_ctx(), security, FakeDirectory(known=in_details((ROLE, GOLD))))
    current = reader.read_current(make_resolved(*present, absent=absent), False)
    assert security.asked == [GROUP]
    assert current.grants == {PlannedGrant(GROUP, ROLE, GOLD)}


@pytest.mark.parametrize(
    "row", [{}, {"role": None}, {"role": {"id": 0}}, {"role": "View"}, {"role": {"id": "x"}, "type": 158, "id": 12}]
)
def test_rows_of_details_without_a_role_show_no_grant(make_ctx: t.Any, row: dict[str, t.Any]) -> None:
    security = FakeSecurity()
    reader = make_reader(make_ctx(), security, FakeDirectory(known={GROUP.id: {"associatedEntities": [row]}}))
    reader.read_current(make_resolved(PlannedGrant(GROUP, ROLE, GOLD)), False)
    assert security.asked == [GROUP]


def test_details_that_cannot_be_read_are_an_error(make_ctx: t.Any) -> None:
    reader = make_reader(make_ctx(), FakeSecurity(), FakeDirectory(known={GROUP.id: {"associatedEntities": ["x"]}}))
    with pytest.raises(BadAnswer):
        reader.read_current(make_resolved(PlannedGrant(GROUP, ROLE, GOLD)), False)


def test_an_exclusive_run_knows_what_principals_hold_beyond_the_mapping(make_ctx: t.Any) -> None:
    surplus = (GROUP, 36, SILVER)
    security = FakeSecurity([(GROUP, ROLE, GOLD), surplus, (USER, ROLE, GOLD), (FOREIGN, ROLE, GOLD)])
    reader = make_reader(make_ctx(), security, FakeDirectory(known=in_details((ROLE, GOLD))))
    current = reader.read_current(make_resolved(PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(NEW, ROLE, GOLD)), True)
    assert security.asked == ["release", GROUP]
    assert current.grants == {PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(*surplus)}


def test_each_principal_is_read_although_fewer_reads_by_entity_would_show_what_is_desired(make_ctx: t.Any) -> None:
    security = FakeSecurity([(GROUP, ROLE, GOLD), (GROUP, 36, SILVER), (FOREIGN, ROLE, GOLD)])
    wanted = make_resolved(PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(USER, ROLE, GOLD))
    current = make_reader(make_ctx(), security).read_current(wanted, False)
    assert security.asked == [USER, GROUP]
    assert current.grants == {PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(GROUP, 36, SILVER)}
    assert current.names.roles == {ROLE: "role 35", 36: "role 36"}
    assert current.names.entities == {GOLD: "plan 12", SILVER: "plan 13"}


def test_what_was_written_is_looked_for_by_entity_where_that_takes_fewer_reads(make_ctx: t.Any) -> None:
    security = FakeSecurity([(GROUP, ROLE, GOLD), (FOREIGN, ROLE, GOLD)])
    reader = make_reader(make_ctx(), security)
    assert reader.list_shown({Grant(GROUP, ROLE, GOLD), Grant(USER, ROLE, GOLD)}) == {Grant(GROUP, ROLE, GOLD)}
    assert security.asked == [GOLD]


@pytest.mark.parametrize("grant_kind", ["inherited", "creator", "owner", "unknown", "permissions"])
def test_what_is_not_granted_explicitly_is_foreign(make_ctx: t.Any, grant_kind: str) -> None:
    security = FakeSecurity(grant_kind=grant_kind)
    current = make_reader(make_ctx(), security).read_current(make_resolved(PlannedGrant(GROUP, ROLE, GOLD)), True)
    assert (current.grants, current.foreign) == (set(), 1)


def test_names_that_the_service_does_not_give_are_ids(make_ctx: t.Any) -> None:
    security = FakeSecurity()
    security.rows = [Association(GROUP, "", ROLE, None, GOLD, "", "explicit")]
    current = make_reader(make_ctx(), security).read_current(make_resolved(PlannedGrant(GROUP, ROLE, SILVER)), True)
    assert current.names.roles == {ROLE: "35"}


@pytest.mark.parametrize("refusal", [NotFound("no such call"), Forbidden("not for you"), ApiError("error 587")])
def test_entities_are_asked_where_principals_may_not_be(make_ctx: t.Any, refusal: ApiError) -> None:
    security = FakeSecurity([(GROUP, ROLE, GOLD), (FOREIGN, ROLE, GOLD)], refusal)
    current = make_reader(make_ctx(), security).read_current(make_resolved(PlannedGrant(GROUP, ROLE, GOLD)), False)
    assert security.asked == [GROUP, GOLD]
    assert (current.grants, current.foreign) == ({PlannedGrant(GROUP, ROLE, GOLD)}, 1)


@pytest.mark.parametrize("exclusive", [True, False])
def test_what_only_principals_show_stays_an_error(make_ctx: t.Any, exclusive: bool) -> None:
    """All grants of a principal, and grants on all of a kind, cannot be had from entities."""
    wanted = make_resolved(PlannedGrant(GROUP, ROLE, GOLD if exclusive else EVERY))
    with pytest.raises(Forbidden):
        make_reader(make_ctx(), FakeSecurity(refusal=Forbidden("not for you"))).read_current(wanted, exclusive)


@pytest.mark.parametrize(
    "failure", [AuthError("who are you"), BadAnswer("a page"), Throttled("slow down"), Unreachable("no answer")]
)
def test_a_read_that_fails_is_no_reason_to_go_on(make_ctx: t.Any, failure: ApiError) -> None:
    security = FakeSecurity(refusal=failure)
    with pytest.raises(type(failure)):
        make_reader(make_ctx(), security).read_current(make_resolved(PlannedGrant(GROUP, ROLE, GOLD)), False)
    assert security.asked == [GROUP]


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("principal", [GROUP, NEW], ids=["existing", "new"])
def test_what_could_not_be_seen_afterwards_is_refused_before_the_first_write(
    make_ctx: t.Any, exclusive: bool, principal: PrincipalReference
) -> None:
    """Also for a group that does not exist yet, of which nothing has to be read now."""
    security = FakeSecurity(can_list_principal=False)
    with pytest.raises(ApiError, match="grants on all of a kind"):
        make_reader(make_ctx(), security).read_current(make_resolved(PlannedGrant(principal, ROLE, EVERY)), exclusive)
    assert security.asked == []


def test_an_old_release_is_read_by_entity_and_cannot_be_exclusive(make_ctx: t.Any) -> None:
    wanted = make_resolved(PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(GROUP, ROLE, SILVER))
    security = FakeSecurity(can_list_principal=False)
    assert make_reader(make_ctx(), security).read_current(wanted, False).grants == {PlannedGrant(GROUP, ROLE, GOLD)}
    assert security.asked == [GOLD, SILVER]
    with pytest.raises(ApiError, match="Use exclusive: none"):
        make_reader(make_ctx(), security).read_current(wanted, True)


@given(EXISTING_SETS, EXISTING_SETS, st.booleans(), st.booleans())
def test_of_each_grant_of_the_mapping_it_is_known_whether_it_is_held(
    held: t.Any, desired: t.Any, exclusive: bool, lists_principals: bool
) -> None:
    """However it is read; and an exclusive run knows all that the mapped principals hold."""
    security = FakeSecurity(held, can_list_principal=lists_principals)
    exclusive &= lists_principals
    current = make_reader(make_silent_context(), security).read_current(make_resolved(*desired), exclusive)
    assert current.grants & desired == held & desired
    assert current.grants <= held
    if exclusive:
        mapped = {grant.principal for grant in desired}
        assert current.grants == {grant for grant in held if grant.principal in mapped}


def test_nothing_desired_is_nothing_read(make_ctx: t.Any) -> None:
    security = FakeSecurity()
    assert make_reader(make_ctx(), security).read_current(Resolved(), False).grants == set()
    assert security.asked == []


def test_those_of_the_written_grants_that_are_shown_are_listed(make_ctx: t.Any) -> None:
    security = FakeSecurity([(GROUP, ROLE, GOLD), (GROUP, 36, GOLD)])
    written = [Grant(GROUP, ROLE, GOLD), Grant(GROUP, ROLE, SILVER), Grant(USER, ROLE, GOLD)]
    assert make_reader(make_ctx(), security).list_shown(written) == {Grant(GROUP, ROLE, GOLD)}


def test_details_are_read_where_the_list_does_not_show_the_link(make_ctx: t.Any) -> None:
    listed = (Entry(21, "ops"), Entry(22, "linked", raw={"azureGUID": ""}), Entry(23, "other"))
    directory = FakeDirectory(*listed, details={21: {}, 23: {}, 24: {}})
    make_reader(make_ctx(), FakeSecurity(), directory).read_details([24, 21, 22, 21])
    assert directory.read == [21, 24]


@pytest.mark.parametrize("group_id", [21, 24])
def test_a_group_that_is_listed_and_gone_is_not_one_without_a_link(make_ctx: t.Any, group_id: int) -> None:
    """Its link would be written, and its members' rights, before Commvault says that there is no such group."""
    reader = make_reader(make_ctx(), FakeSecurity(), FakeDirectory(Entry(21, "ops")))
    with pytest.raises(NotFound, match="ops" if group_id == 21 else "24"):
        reader.read_details([group_id])


def test_groups_that_hold_something_without_an_entry_are_listed(make_ctx: t.Any) -> None:
    listed = (
        Entry(21, "GG-Ops"),
        Entry(22, "gg-lost"),
        Entry(23, "GG-Empty"),
        Entry(24, "other"),
        Entry(25, "GG-X", "corp"),
    )
    lost = Principal("user_group", 22)
    held = [(GROUP, ROLE, GOLD), (lost, ROLE, GOLD), (lost, 36, SILVER), (Principal("user_group", 25), ROLE, GOLD)]
    security = FakeSecurity(held)
    reader = make_reader(make_ctx(), security, FakeDirectory(*listed))
    resolved = make_resolved(PlannedGrant(GROUP, ROLE, GOLD), PlannedGrant(Principal("user", 22), ROLE, GOLD))
    found, names, dummy = t.cast(t.Any, reader.read_unmanaged_groups(["GG-*"], resolved, False))
    grants = frozenset([PlannedGrant(lost, ROLE, GOLD), PlannedGrant(lost, 36, SILVER)])
    assert found == (UnmanagedGroup(lost, "gg-lost", grants),)
    assert names.roles == {ROLE: "role 35", 36: "role 36"}
    assert security.asked == [Principal("user_group", 23), lost]
    assert reader.read_unmanaged_groups([], resolved, True) == UnmanagedGroups()


def test_groups_that_hold_nothing_explicitly_are_not_unmanaged(make_ctx: t.Any) -> None:
    security = FakeSecurity(grant_kind="inherited")
    reader = make_reader(make_ctx(), security, FakeDirectory(Entry(21, "GG-Ops")))
    assert t.cast(t.Any, reader.read_unmanaged_groups(["*"], Resolved(), True)).groups == ()


def test_where_not_all_grants_are_listed_it_is_not_known_which_groups_are_unmanaged(make_ctx: t.Any) -> None:
    security = FakeSecurity(can_list_principal=False)
    reader = make_reader(make_ctx(), security, FakeDirectory(Entry(21, "GG-Ops")))
    assert reader.read_unmanaged_groups(["*"], Resolved(), False) is None
    assert reader.read_unmanaged_groups(["x*"], Resolved(), False) == UnmanagedGroups()
    with pytest.raises(ApiError, match=r"need release 11\.42; this CommServe is 11\.36"):
        reader.read_unmanaged_groups(["*"], Resolved(), True)


def test_what_a_group_without_an_entry_holds_and_no_mapping_takes_away_is_told(make_ctx: t.Any) -> None:
    security = FakeSecurity(grant_kind="permissions")
    reader = make_reader(make_ctx(), security, FakeDirectory(Entry(21, "GG-Ops")))
    found = t.cast(t.Any, reader.read_unmanaged_groups(["*"], Resolved(), True))
    assert (found.groups, [row.grant_kind for row in found.other]) == ((), ["permissions"])


def test_where_levels_are_not_shown_it_is_not_known_which_groups_are_unmanaged(make_ctx: t.Any) -> None:
    """A group that may be of another company is not touched, and is not passed over in silence."""
    hidden = Catalogue("user group", [Entry(21, "GG-Ops", company_shown=False)], has_companies=lambda: True)
    directory = FakeDirectory()
    directory.read_catalogue = lambda kind: hidden  # type: ignore[method-assign]
    security = FakeSecurity()
    reader = make_reader(make_ctx(), security, directory)
    assert reader.read_unmanaged_groups(["GG-*"], Resolved(), False) is None
    with pytest.raises(ApiError, match="to which company"):
        reader.read_unmanaged_groups(["GG-*"], Resolved(), True)
    assert reader.read_unmanaged_groups(["x*"], Resolved(), True) == UnmanagedGroups()
    assert security.asked == []


def test_where_a_group_may_not_be_read_it_is_not_known_which_are_unmanaged(make_ctx: t.Any) -> None:
    directory = FakeDirectory(Entry(21, "GG-Ops"), details={21: {}})
    reader = make_reader(make_ctx(), FakeSecurity(refusal=Forbidden("not for you")), directory)
    assert reader.read_unmanaged_groups(["*"], Resolved(), False) is None
    with pytest.raises(Forbidden):
        reader.read_unmanaged_groups(["*"], Resolved(), True)


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_group_that_is_listed_and_was_deleted_holds_nothing(make_ctx: t.Any, exclusive: bool) -> None:
    """Lists lag: a group that is gone would fail every run for as long as it is listed."""
    refusal = ApiError("there is no such group")
    reader = make_reader(make_ctx(), FakeSecurity(refusal=refusal), FakeDirectory(Entry(21, "GG-Ops")))
    assert reader.read_unmanaged_groups(["*"], Resolved(), exclusive) == UnmanagedGroups()
    there = FakeDirectory(Entry(21, "GG-Ops"), details={21: {}})
    with pytest.raises(ApiError, match="no such group"):
        make_reader(make_ctx(), FakeSecurity(refusal=refusal), there).read_unmanaged_groups(
            ["*"], Resolved(), exclusive
        )


def test_reads_run_side_by_side_and_answers_keep_their_order(make_ctx: t.Any) -> None:
    fake = t.cast(t.Any, types.SimpleNamespace())
    for parallel_reads in (-1, 0, 1, 4):
        reader = Reader(make_ctx(), fake, fake, parallel_reads)
        assert reader.read_each(str, iter(range(9)), "things read") == [str(number) for number in range(9)]
