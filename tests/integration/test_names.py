# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that mean somebody else's object: in another company, or only equal to the eye. None of them ever gets a right."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import PLAN, Company, Entity, Role, User, UserGroup
from cvops_simulator.entra.defaults import make_row
from helpers.checks import assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import commvault_access_token as token
from ansible_collections.cvops.identity.plugins.modules import commvault_role as role
from ansible_collections.cvops.identity.plugins.modules import commvault_role_mappings as mappings
from ansible_collections.cvops.identity.plugins.modules import commvault_role_mappings_info as export
from ansible_collections.cvops.identity.plugins.modules import commvault_user_group as user_group
from ansible_collections.cvops.identity.plugins.modules import entra_group

pytestmark = pytest.mark.any_core

COMPANY = 9100
LINKED = "8d0f1111-2222-4333-8444-555555555555"
UNLINKED = "8d0f1111-2222-4333-8444-666666666666"


def state(site: Simulator) -> t.Any:
    return next(iter(site.commcells.values())).state


@pytest.fixture
def company(site: Simulator) -> str:
    """A company with a user, a user group, a role, a plan and a directory of its own."""
    made = state(site)
    made.companies.add(Company(COMPANY, "Corp Ltd", "corp"))
    made.users.add(User(9101, "corp\\theirs", "guid-1", email="t@corp.example", company_id=COMPANY))
    made.users.add(User(9102, "plain", "guid-2", email="p@corp.example", company_id=COMPANY))
    made.groups.add(UserGroup(9103, "Their Team", "guid-3", company_id=COMPANY, azure_guid=LINKED))
    for object_id in (LINKED, UNLINKED):
        site.tenant.add("group", make_row("group", {"id": object_id, "displayName": "GG-New", "securityEnabled": True}))
    made.groups.add(UserGroup(9104, "TAILSPIN\\operators", "guid-4", company_id=COMPANY, provider="TAILSPIN"))
    made.roles.add(Role(9105, "Their Role", "guid-5", company_id=COMPANY, permission_ids={31}))
    made.entities[PLAN].add(Entity(PLAN, 9106, "their-gold", company_id=COMPANY))
    return "Corp Ltd"


def local_group(site: Simulator) -> str:
    return next(
        group.name
        for group in state(site).groups
        if not group.system and not group.azure_guid and not group.provider and not group.company_id
    )


def own_plan(site: Simulator) -> str:
    return min(plan.name for plan in state(site).entities[PLAN] if not plan.company_id)


def entry(principal: t.Any, named_role: t.Any = "View", entities: t.Any = "commcell") -> dict[str, t.Any]:
    return {"principal": principal, "grants": [{"role": named_role, "entities": entities}]}


def run(site: Simulator, *entries: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    site.journal.clear()
    return run_body(mappings, site, {"mappings": list(entries), "require_object_id": "none", **options})


REACHING = {
    "user group": (lambda group: entry({"user_group": "Their Team"}), "{name: Their Team, company: Corp Ltd}"),
    "user": (lambda group: entry({"user": "plain"}), "{name: plain, company: Corp Ltd}"),
    "directory of a company": (
        lambda group: entry({"directory_group": "TAILSPIN\\operators"}),
        "{name: TAILSPIN\\operators, company: Corp Ltd}",
    ),
    "role": (lambda group: entry({"user_group": group}, "Their Role"), "{name: Their Role, company: Corp Ltd}"),
    "plan": (
        lambda group: entry({"user_group": group}, "View", {"plans": ["their-gold"]}),
        "{name: their-gold, company: Corp Ltd}",
    ),
    "pattern": (
        lambda group: entry({"user_group": group}, "View", {"plans": {"matching": "their-*", "at_most": 5}}),
        "add company",
    ),
}


@pytest.mark.parametrize("case", REACHING.values(), ids=REACHING)
def test_a_bare_name_reaches_into_no_company(site: Simulator, company: str, case: tuple[t.Any, str]) -> None:
    make, form = case
    result = run(site, make(local_group(site)))
    assert result.get("failed"), result
    assert [problem["kind"] for problem in result["error"]["problems"]] == ["not_found"]
    assert form in result["msg"]
    assert_no_writes(site)


def test_what_is_meant_can_be_written(site: Simulator, company: str) -> None:
    group = local_group(site)
    entries = [
        entry({"user_group": {"name": "Their Team", "company": company}}),
        entry({"user": {"name": "plain", "company": "corp"}}),
        entry({"user": "corp\\theirs"}),
        entry({"directory_group": {"name": "TAILSPIN\\operators", "company": str(COMPANY)}}),
        entry({"user_group": group}, {"name": "Their Role", "company": company}, {"plans": [{"id": 9106}]}),
        entry({"user_group": group}, "View", {"plans": {"matching": "their-*", "at_most": 1, "company": company}}),
        entry({"user_group": group}, "View", {"company": company}),
    ]
    result = run(site, *entries)
    assert len(result["role_mappings"]["added"]) == 7, result.get("msg")
    assert run(site, *entries)["changed"] is False


def test_an_export_says_the_company_and_is_planned_to_nothing(site: Simulator, company: str) -> None:
    entries = [
        entry({"user_group": {"name": "Their Team", "company": company}}, {"id": 9105}, {"plans": [{"id": 9106}]}),
        entry({"directory_group": {"id": 9104}}),
        entry({"user": {"id": 9102}}),
    ]
    assert run(site, *entries)["changed"]
    exported = run_body(export, site, {"users": ["*"]})["role_mappings"]["mappings"]
    theirs = next(item for item in exported if item.get("user_group") == {"name": "Their Team", "company": company})
    assert theirs["principal"] == {"entra_group": {"name": "GG-New", "object_id": LINKED}}
    assert theirs["grants"] == [
        {
            "role": {"name": "Their Role", "company": company},
            "entities": {"plans": [{"name": "their-gold", "company": company}]},
        }
    ]
    principals = [item["principal"] for item in exported]
    assert {"directory_group": {"name": "TAILSPIN\\operators", "company": company}} in principals
    assert {"directory_group": "CORP\\cv-operators"} in principals
    assert {"user": {"name": "plain", "company": company}} in principals
    assert run(site, *exported, exclusive=True, max_removals=1000)["changed"] is False


def test_in_a_company_a_bare_name_is_its_own(site: Simulator, company: str) -> None:
    own = entry({"user_group": "Their Team"}, "Their Role", {"plans": ["their-gold"]})
    assert run(site, own, commvault_company=company)["changed"] is True
    refused = run(site, entry({"user_group": "Their Team"}, "View", "company"), commvault_company=company)
    assert refused.get("failed") and "write {name: View, company: Commcell}" in refused["msg"]
    wide = entry({"user_group": "Their Team"}, {"name": "View", "company": "Commcell"}, "company")
    assert run(site, wide, commvault_company=company)["changed"] is True


def test_a_companys_group_is_not_found_by_its_link(site: Simulator, company: str) -> None:
    """Whoever administers a company can link one of its groups to any Entra group."""
    result = run(site, entry({"entra_group": {"name": "GG-New", "object_id": LINKED}}))
    assert result["role_mappings"]["user_groups_created"] == ["GG-New"], result.get("msg")
    assert not [grant for grant in state(site).grants if grant.principal_id == 9103]


def test_pending_roles_are_of_their_company(site: Simulator, company: str) -> None:
    options = {"pending_roles": [{"name": "Coming", "company": "corp"}]}
    bare = entry({"user_group": local_group(site)}, "Coming")
    theirs = entry({"user_group": local_group(site)}, {"name": "Coming", "company": company})
    for wanted, failed in ((bare, True), (theirs, False)):
        result = run_body(mappings, site, {"mappings": [wanted], **options}, check=True)
        assert bool(result.get("failed")) is failed, result.get("msg")


def test_members_and_heirs_and_owners_of_tokens(site: Simulator, company: str) -> None:
    own = next(user for user in state(site).users if not user.company_id and user.upn).name
    state(site).users.add(User(9107, own, "guid-7", email="twin@corp.example", company_id=COMPANY))
    refused = run_body(user_group, site, {"name": "Made Here", "members": ["plain"]})
    assert refused.get("failed") and "{name: plain, company: Corp Ltd}" in refused["msg"]
    both = {"name": "Made Here", "members": [own, {"name": own, "company": company}], "exclusive": True}
    assert run_body(user_group, site, both)["changed"]
    made = next(group for group in state(site).groups if group.name == "Made Here")
    assert len(made.member_ids) == 2 and 9107 in made.member_ids
    assert not run_body(user_group, site, both)["changed"]
    assert run_body(user_group, site, {**both, "members": [own]})["changed"]
    assert 9107 not in made.member_ids and len(made.member_ids) == 1
    gone = {"name": "Made Here", "state": "absent"}
    assert run_body(user_group, site, {**gone, "transfer_to_group": "Their Team"}).get("failed")
    assert run_body(user_group, site, {**gone, "transfer_to_user": "plain"}).get("failed")
    assert run_body(token, site, {"name": "x", "user": "plain"}).get("failed")
    assert run_body(user_group, site, {**gone, "transfer_to_group": {"id": 9103}})["changed"]


def test_a_break_glass_name_is_not_a_companys_user(site: Simulator, company: str) -> None:
    wanted = entry({"user": {"name": "plain", "company": company}})
    assert run(site, wanted)["changed"]
    result = run(site, {**wanted, "state": "absent"}, break_glass={"commvault_users": ["plain"]})
    assert result["changed"] is True, result.get("msg")


def test_managed_groups_are_those_of_the_commcell(site: Simulator, company: str) -> None:
    assert run(site, entry({"user_group": {"name": "Their Team", "company": company}}))["changed"]
    result = run(site, entry({"user_group": local_group(site)}), managed_groups=["*"])
    assert "Their Team" not in {row["user_group"] for row in result["role_mappings"]["unmanaged"]}


def test_a_name_that_only_looks_equal_is_another_one(site: Simulator, play: Player, in_process: bool) -> None:
    made = [{"name": "theirs", "cvops.identity.commvault_role": {"name": "Night\u017fhift", "permissions": ["View"]}}]
    play(made, in_process=in_process).ok()
    site.journal.clear()
    granted = [
        {
            "name": "mine",
            "cvops.identity.commvault_role_mappings": {
                "mappings": [entry({"user_group": local_group(site)}, "Nightshift", {"plans": [own_plan(site)]})]
            },
        }
    ]
    refused = play(granted, in_process=in_process)
    assert refused.rc != 0
    assert "U+017F LATIN SMALL LETTER LONG S where yours has 's'" in refused.text
    assert_no_writes(site)
    run_again = play(
        [{"name": "gone", "cvops.identity.commvault_role": {"name": "Nightshift", "state": "absent"}}]
    ).ok()
    assert run_again.one("gone")["changed"] is False
    mine = run_body(role, site, {"name": "Nightshift", "permissions": ["View"]})
    assert mine["changed"] and len([item for item in state(site).roles if item.name.startswith("Night")]) == 2
    assert any("looks like" in warning and "U+017F" in warning for warning in mine["warnings"])


def test_names_that_can_be_taken_for_others_are_warned_about_when_they_get_a_right(site: Simulator) -> None:
    plan, names = (
        own_plan(site),
        ["\u041eps", "Te\u200bam", "\u041e\u043f\u0435\u0440\u0430\u0442\u043e\u0440\u044b", "B\u00fccher"],
    )
    for number, name in enumerate(names):
        state(site).groups.add(UserGroup(9200 + number, name, f"guid-{number}"))
    state(site).groups.add(UserGroup(9300, "Ops", "guid-300"))
    entries = [entry({"user_group": name}, "View", {"plans": [plan]}) for name in names]
    told = run(site, *entries)["warnings"]
    assert sum("can be mistaken for another" in warning for warning in told) == 2, told
    assert sum("U+041E CYRILLIC CAPITAL LETTER O" in warning and "can be" in warning for warning in told) == 1
    assert sum("U+200B ZERO WIDTH SPACE" in warning for warning in told) == 1
    assert sum("looks like 'Ops (id 9300)'" in warning for warning in told) == 1
    assert len(told) == 3
    assert not run(site, *[{**item, "state": "absent"} for item in entries])["warnings"]


def test_entra_groups_whose_names_only_look_equal(site: Simulator) -> None:
    made = run_body(entra_group, site, {"display_name": "GG-Night\u017fhift"})
    assert made["changed"] and any("U+017F" in warning for warning in made["warnings"])
    other = run_body(entra_group, site, {"display_name": "GG-Nightshift"}, check=True)
    assert other["changed"]
    result = run(site, entry({"entra_group": "GG-Nightshift"}, "View", {"plans": [own_plan(site)]}))
    assert result.get("failed") and "no Entra group is named 'GG-Nightshift'" in result["msg"]
    slip = run(site, entry({"entra_group": "GG-Nightsihft"}, "View", {"plans": [own_plan(site)]}))
    assert "is named 'GG-Nightsihft'. Near: 'GG-Night\u017fhift'. Correct the name, or create" in slip["msg"]
    assert not writes(site)


def grouped(
    site: Simulator, user_group: dict[str, t.Any], object_id: str = UNLINKED, **options: t.Any
) -> dict[str, t.Any]:
    """Run a mapping of an Entra group, by default one that nothing is linked to, to a Commvault group."""
    wanted = entry({"entra_group": {"name": "GG-New", "object_id": object_id}}, {"name": "View", "company": "Commcell"})
    return run(site, {**wanted, "user_group": user_group}, create_user_groups=True, **options)


def made_in(site: Simulator, name: str) -> list[int]:
    return [group.company_id for group in state(site).groups if group.name == name]


@pytest.mark.parametrize("given", ["cc", 9200, "9200"])
@pytest.mark.parametrize("scope", [{}, {"commvault_company": "cc"}])
def test_a_group_is_made_in_the_company_that_was_found(
    site: Simulator, company: str, given: str | int, scope: dict[str, t.Any]
) -> None:
    """The name of a company may be the word for the CommCell."""
    state(site).companies.add(Company(9200, "Commcell", "cc"))
    result = grouped(site, {"name": "New Team", "company": given}, **scope)
    assert result["changed"], result.get("msg")
    assert made_in(site, "New Team") == [9200]
    assert result["role_mappings"]["user_group_references"] == [{"name": "New Team", "company": 9200}]
    assert not grouped(site, {"name": "New Team", "company": given}, **scope)["changed"]


def test_a_group_is_made_at_commcell_level_when_that_was_found(
    site: Simulator, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_clock(monkeypatch, site)
    state(site).companies.add(Company(9200, "Commcell", "cc"))
    for name, given in (("One", "Commcell"), ("Two", 0), ("Three", "0")):
        made = grouped(site, {"name": name, "company": given}, commvault_company="cc")
        assert made["changed"] and made_in(site, name) == [0]
        assert made["role_mappings"]["user_group_references"] == [{"name": name, "company": "Commcell"}]
    assert run_body(user_group, site, {"name": "Four", "company": "Commcell", "commvault_company": "cc"})["changed"]
    assert made_in(site, "Four") == [0]


def test_roles_and_groups_are_made_in_the_company_of_an_alias(site: Simulator, company: str) -> None:
    state(site).companies.add(Company(9200, "Commcell", "cc"))
    made = run_body(user_group, site, {"name": "New Team", "company": "cc"})
    assert made["changed"] and made_in(site, "New Team") == [9200], made.get("msg")
    made = run_body(role, site, {"name": "New Role", "company": "cc", "permissions": ["View"]})
    assert made["changed"], made.get("msg")
    assert [item.company_id for item in state(site).roles if item.name == "New Role"] == [9200]


@pytest.fixture
def numbered(site: Simulator, company: str) -> None:
    """A company whose name is the id of another one; each has a group of one name."""
    state(site).companies.add(Company(9300, "9100", "e"))
    state(site).groups.add(UserGroup(9301, "Their Team", "guid-9301", company_id=9300))


@pytest.mark.usefixtures("numbered")
def test_a_company_given_as_a_number_is_the_one_of_this_id(site: Simulator) -> None:
    result = grouped(site, {"name": "New Team", "company": COMPANY})
    assert result["changed"], result.get("msg")
    assert made_in(site, "New Team") == [COMPANY]
    assert run(site, entry({"user_group": {"name": "Their Team", "company": COMPANY}}))["changed"]
    assert [grant.principal_id for grant in state(site).grants if grant.principal_id in (9103, 9301)] == [9103]
    plans = {"plans": {"matching": "their-*", "at_most": 1, "company": COMPANY}}
    assert run(site, entry({"user_group": local_group(site)}, "View", plans))["changed"]


@pytest.mark.usefixtures("numbered")
def test_digits_that_are_a_name_and_the_id_of_another_company_are_refused(site: Simulator) -> None:
    gone = {"name": "Their Team", "company": "9100", "state": "absent", "transfer_to_user": {"id": 1}}
    for result in (
        grouped(site, {"name": "New Team", "company": "9100"}),
        run(site, entry({"user_group": {"name": "Their Team", "company": "9100"}})),
        run_body(user_group, site, gone),
        run_body(user_group, site, {"name": "New Team", "company": "9100"}),
        run_body(role, site, {"name": "New Role", "company": "9100", "permissions": ["View"]}),
    ):
        assert result.get("failed"), result
        assert "9100 (id 9300)" in result["msg"] and "Corp Ltd (id 9100)" in result["msg"]
    assert made_in(site, "New Team") == [] and sorted(made_in(site, "Their Team")) == [COMPANY, 9300]
    for meant in ("9300", "e", "Corp Ltd"):
        assert run_body(user_group, site, {"name": "Team of " + meant, "company": meant})["changed"]
        assert made_in(site, "Team of " + meant) == [COMPANY if meant == "Corp Ltd" else 9300]


@pytest.mark.usefixtures("numbered")
def test_digits_of_commvault_company_are_an_id(site: Simulator) -> None:
    assert run_body(user_group, site, {"name": "New Team", "commvault_company": "9100"})["changed"]
    assert grouped(site, {"name": "Linked Team"}, commvault_company="9100")["changed"]
    assert made_in(site, "New Team") == made_in(site, "Linked Team") == [COMPANY]


@pytest.mark.parametrize("kind", ["user_group", "entra_group", "role", "plan", "member", "heir"])
def test_an_id_with_the_name_of_another_object_is_refused(site: Simulator, company: str, kind: str) -> None:
    state(site).groups.add(UserGroup(9400, "Own Team", "guid-9400"))
    wrong = {"id": 9103, "name": "Own Team"}
    results = {
        "user_group": lambda: run(site, entry({"user_group": wrong})),
        "entra_group": lambda: grouped(site, wrong),
        "role": lambda: run(site, entry({"user_group": "Own Team"}, {"id": 9105, "name": "View"})),
        "plan": lambda: run(
            site, entry({"user_group": "Own Team"}, "View", {"plans": [{"id": 9106, "name": own_plan(site)}]})
        ),
        "member": lambda: run_body(user_group, site, {"name": "Own Team", "members": [{"id": 9102, "name": "admin"}]}),
        "heir": lambda: run_body(user_group, site, {"name": "Own Team", "state": "absent", "transfer_to_group": wrong}),
    }
    number, given, real = {
        "role": (9105, "View", "Their Role"),
        "plan": (9106, own_plan(site), "their-gold"),
        "member": (9102, "admin", "plain"),
    }.get(kind, (9103, "Own Team", "Their Team"))
    result = results[kind]()
    assert result.get("failed"), result
    assert all(part in result["msg"] for part in (str(number), repr(given), real)), result["msg"]
    assert not writes(site)


def test_an_id_with_its_own_name_is_taken(site: Simulator, company: str) -> None:
    assert run(site, entry({"user_group": {"id": 9103, "name": "THEIR team"}}))["changed"]
    assert not grouped(site, {"id": 9103, "name": "their team"}, LINKED).get("failed")
