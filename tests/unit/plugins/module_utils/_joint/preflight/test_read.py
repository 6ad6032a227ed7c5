# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a preflight reads of both services, and what it makes of what is missing, pending, renamed or linked elsewhere."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault
from fake_graph import NOW, FakeGraph

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch, Forbidden, Throttled
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import GROUPS_CLAIM
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import MappingEntry
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight import read
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import MappedGroup, PreflightFacts

OPS, VIEW, OLD = (f"{number}d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11" for number in (1, 2, 3))
SERVICE = "https://cv.corp.example:443/webconsole"
SAML = {
    "name": "corp",
    "enabled": True,
    "attributeMappings": [{"customAttribute": "USER_GROUPS", "SAMLAttribute": GROUPS_CLAIM}],
    "identityProviderMetaData": {"entityId": "https://sts.windows.net/tenant/"},
    "serviceProviderMetaData": {"entityId": SERVICE},
}
SERVERS = {
    "identityServers": [{"name": "corp", "type": "SAML", "samlType": "AZURE", "company": {"id": 30, "name": "Corp"}}]
}
OPTIONS = {
    "saml_app": None,
    "oidc_app": None,
    "application": None,
    "match_by": "azure_guid",
    "pending_entra_groups": [],
    "mapping_pending": False,
    "parallel_reads": 2,
    "user_limit": 0,
    "sample_users": None,
}


def user_groups(*rows: tuple[int, str, str]) -> dict[str, t.Any]:
    return {
        "userGroups": [
            {"id": n, "name": name, "azureGUID": guid, "enabled": True, "company": {"id": 0}} for n, name, guid in rows
        ]
    }


class Site:
    """Both services with groups by object id, and what the options say."""

    def __init__(
        self, make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, groups: dict[str, str], **options: t.Any
    ) -> None:
        self.ctx = make_ctx({**OPTIONS, **options})
        self.groups = groups
        self.members: dict[str, list[dict[str, t.Any]]] = {}
        self.graph = FakeGraph(self.ctx, {"/groups": self.find_groups, "/applications": self.find_applications})
        self.graph.claims = {"tid": "tenant"}
        self.applications: list[dict[str, t.Any]] = [
            {"id": "o", "appId": "1", "displayName": "sign-on", "groupMembershipClaims": "SecurityGroup"}
        ]
        for object_id in (OPS, VIEW, OLD):
            self.graph.answers[f"/groups/{object_id}/members"] = lambda params, key=object_id: self.members.get(key, [])
        self.cell = FakeCommvault(
            self.ctx,
            {
                "V4/IdentityServers": SERVERS,
                "ThirdParty/App": {"clientThirdPartyApps": []},
                "v4/SAML/corp": SAML,
                "V4/UserGroup": user_groups((7, "Ops", OPS)),
                "V4/company": {"companies": [{"id": 30, "name": "Corp Ltd", "alias": "corp"}]},
            },
        )
        monkeypatch.setattr(read, "GraphClient", lambda ctx: self.graph)
        monkeypatch.setattr(read, "CommvaultClient", lambda ctx: self.cell)

    def find_groups(self, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        field, _in, listed = params["$filter"].partition(" in ")
        return [
            {"id": object_id.upper(), "displayName": name, "securityEnabled": True}
            for object_id, name in self.groups.items()
            if f"'{object_id if field == 'id' else name}'".lower() in listed.lower()
        ]

    def find_applications(self, params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        return self.applications if SERVICE in params["$filter"] else []

    def read(self, *entries: MappingEntry) -> PreflightFacts:
        return read.read_preflight_facts(self.ctx, entries)


def entry(
    number: int,
    name: str | None,
    object_id: str | None = None,
    group: ObjectReference | None = None,
    relink: bool = False,
) -> MappingEntry:
    return MappingEntry("entra_group", ObjectReference(name), object_id, group, (), relink, True, f"mappings[{number}]")


MakeSite = t.Callable[..., Site]


@pytest.fixture
def make_site(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> MakeSite:
    return lambda groups, **options: Site(make_ctx, monkeypatch, groups, **options)


def only(facts: PreflightFacts) -> MappedGroup:
    (mapped,) = facts.mapped
    return mapped


def test_everything_that_is_there_is_read(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops"}, mapping_pending=True)
    site.members[OPS] = [
        {"@odata.type": "#microsoft.graph.user", "id": "a", "userPrincipalName": "anna@x", "accountEnabled": True}
    ]
    facts = site.read(entry(0, "Ops"))
    mapped = only(facts)
    assert mapped.entra is not None and (mapped.entra.object_id, mapped.user_group_name) == (OPS, "Ops")
    assert mapped.linked == {}, "the link to the group itself is none to another"
    assert mapped.members is not None and {member.name for member in mapped.members.direct} == {"anna@x"}
    assert [(group.id, group.azure_guid, group.enabled, group.link_read) for group in facts.user_groups] == [
        (7, OPS, True, True)
    ]
    assert facts.app is not None and (facts.app.name, facts.app.company, facts.app.enabled) == ("corp", "Corp", True)
    assert facts.application is not None and facts.application.app_id == "1"
    assert (facts.tenant_id, facts.now, facts.mapping_pending, facts.match_by) == ("tenant", NOW, True, "azure_guid")
    assert site.cell.writes == [] and site.graph.writes == [], "a preflight changes nothing"


def test_groups_that_are_missing_pending_or_twofold_say_so(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops", VIEW: "ops", OLD: "Old"}, pending_entra_groups=["Soon"])
    facts = site.read(entry(0, "Nobody"), entry(1, "OPS"), entry(2, "Soon"), entry(3, None, "f" * 36))
    assert [(mapped.name, mapped.missing) for mapped in facts.mapped] == [
        ("Nobody", "not_found"),
        ("OPS", "ambiguous"),
        ("Soon", "pending"),
        ("f" * 36, "not_found"),
    ]
    assert "no Entra group has the object id" in facts.mapped[3].explanation
    assert all(mapped.members is None and mapped.entra is None for mapped in facts.mapped)


def test_an_object_id_beats_an_old_name(make_site: MakeSite) -> None:
    mapped = only(make_site({OPS: "New"}).read(entry(0, "Ops", OPS)))
    assert mapped.entra is not None and mapped.entra.display_name == "New"
    assert (mapped.name, mapped.user_group_name) == ("Ops", "Ops"), "the mapping gives the Commvault group its name"


@pytest.mark.parametrize(
    ("match_by", "name", "expected"),
    [
        ("azure_guid", "Ops", "Ops"),
        ("azure_guid", None, "Ops Team"),
        ("display_name", None, "Ops Team"),
        ("object_id_name", "Ops", OPS),
        ("sam_account_name", "Ops", None),
    ],
)
def test_match_by_gives_the_commvault_group_its_name(
    make_site: MakeSite, match_by: str, name: str | None, expected: str | None
) -> None:
    assert only(make_site({OPS: "Ops Team"}, match_by=match_by).read(entry(0, name, OPS))).user_group_name == expected


def test_a_given_user_group_beats_match_by(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops"}, match_by="object_id_name")
    by_name = only(site.read(entry(0, "Ops", OPS, ObjectReference("Team", "corp"))))
    assert (by_name.user_group_name, by_name.user_group_id, by_name.company) == ("Team", None, "Corp Ltd")
    by_id = only(site.read(entry(0, "Ops", OPS, ObjectReference(None, None, 7))))
    assert (by_id.user_group_id, by_id.company) == (7, None)


@pytest.mark.parametrize(
    ("given", "scope", "company"),
    [
        (None, 0, None),
        ("Commcell", 30, None),
        ("corp", 0, "Corp Ltd"),
        (30, 0, "Corp Ltd"),
        (None, 30, "Corp Ltd"),
        ("none", 0, "none"),
    ],
)
def test_the_company_of_a_group_is_the_given_one_else_that_of_the_task(
    make_site: MakeSite, given: t.Any, scope: int, company: str | None
) -> None:
    site = make_site({OPS: "Ops"})
    site.cell.company_id = scope
    assert only(site.read(entry(0, "Ops", OPS, ObjectReference("Team", given)))).company == company


def test_entries_about_one_pair_of_groups_are_one(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops", VIEW: "View"})
    facts = site.read(
        entry(0, "Ops"),
        entry(1, "View"),
        entry(2, "OPS", OPS, relink=True),
        entry(3, "Ops", OPS, ObjectReference("Other")),
    )
    assert [(mapped.where, mapped.relink) for mapped in facts.mapped] == [
        (("mappings[0]", "mappings[2]"), True),
        (("mappings[1]",), False),
        (("mappings[3]",), False),
    ]


def without_links(*names: str) -> dict[str, t.Any]:
    return {"userGroups": [{"id": n, "name": name, "company": {"id": 0}} for n, name in enumerate(names, 7)]}


def test_where_the_list_shows_no_links_those_of_the_mapping_are_read(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops"})
    site.cell.answers |= {
        "V4/UserGroup": without_links("ops", "Other"),
        "V4/UserGroup/7": {"azureGUID": OPS.upper(), "enabled": False},
    }
    facts = site.read(entry(0, "Ops"))
    assert [(group.name, group.azure_guid, group.enabled, group.link_read) for group in facts.user_groups] == [
        ("ops", OPS, False, True),
        ("Other", None, None, False),
    ]
    assert "GET V4/UserGroup/8" not in site.cell.paths


def test_all_links_are_read_when_a_group_of_the_mapping_is_not_there(make_site: MakeSite) -> None:
    """It may have another name by now, and only its link tells."""
    site = make_site({OPS: "Ops"})
    site.cell.answers |= {"V4/UserGroup": without_links("Team", "Other"), "V4/UserGroup/7": {"azureGUID": OPS}}
    facts = site.read(entry(0, "Ops"))
    assert {"GET V4/UserGroup/7", "GET V4/UserGroup/8"} <= set(site.cell.paths)
    assert [group.id for group in facts.user_groups] == [7], "one that is gone when it is read is not there"


def test_links_to_other_groups_are_named_and_to_deleted_ones_not(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops", VIEW: "View", OLD: "Old"})
    site.cell.answers["V4/UserGroup"] = user_groups((7, "Ops", OLD), (8, "View", "f" * 36), (9, "Else", OPS))
    facts = site.read(entry(0, "Ops"), entry(1, "View"))
    assert [dict(mapped.linked) for mapped in facts.mapped] == [{OLD: "Old"}, {"f" * 36: None}]


def test_namesakes_are_looked_for_where_display_names_are_emitted(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops", VIEW: "ops"})
    assert only(site.read(entry(0, "Ops", OPS))).namesakes == ()
    assert not any(one.get("$filter", "").startswith("displayName") for one in site.graph.parameters)
    claims = [{"name": "groups", "additionalProperties": ["cloud_displayname"]}]
    site.applications[0] |= {"groupMembershipClaims": "ApplicationGroup", "optionalClaims": {"saml2Token": claims}}
    site.groups[VIEW] = "Ops"
    assert only(site.read(entry(0, "Ops", OPS))).namesakes == (VIEW,)


@pytest.mark.parametrize(
    ("listed", "shown", "enabled"), [(True, None, True), (False, None, False), (False, True, True), (None, None, None)]
)
def test_whether_the_app_is_enabled_is_taken_from_the_app_else_from_the_list(
    make_site: MakeSite, listed: bool | None, shown: bool | None, enabled: bool | None
) -> None:
    site = make_site({OPS: "Ops"})
    apps = [] if listed is None else [{"appName": "corp", "appType": 2, "isEnabled": listed}]
    site.cell.answers |= {"ThirdParty/App": {"clientThirdPartyApps": apps}, "v4/SAML/corp": {**SAML, "enabled": shown}}
    app = site.read(entry(0, "Ops")).app
    assert app is not None and app.enabled is enabled


def test_an_app_that_is_listed_and_cannot_be_read_is_none_with_a_reason(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops"})
    del site.cell.answers["v4/SAML/corp"]
    facts = site.read(entry(0, "Ops"))
    assert facts.app is None
    assert facts.app_explanation == "SAML app corp is listed, but cannot be read"
    assert facts.application is None
    assert facts.application_explanation == "the application that people sign in to is not known"


def test_why_the_application_is_not_known(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops"})
    site.applications.clear()
    assert SERVICE in site.read(entry(0, "Ops")).application_explanation
    given = make_site({OPS: "Ops"}, application={"app_id": OLD, "object_id": None})
    facts = given.read(entry(0, "Ops"))
    assert facts.application is None
    assert facts.application_explanation == f"no application with app_id {OLD} is in the tenant"


@pytest.mark.parametrize(
    ("error", "path"),
    [(Forbidden("no"), "/groups"), (Throttled("later"), f"/groups/{OPS}/members"), (Forbidden("no"), "/applications")],
)
def test_a_read_that_fails_in_graph_is_an_error(make_site: MakeSite, error: Exception, path: str) -> None:
    site = make_site({OPS: "Ops"})
    site.graph.answers[path] = error
    with pytest.raises(type(error)):
        site.read(entry(0, "Ops"))


@pytest.mark.parametrize("path", ["V4/IdentityServers", "v4/SAML/corp", "V4/UserGroup"])
def test_a_read_that_fails_in_commvault_is_an_error(make_site: MakeSite, path: str) -> None:
    site = make_site({OPS: "Ops"})
    site.cell.answers[path] = Throttled("later")
    with pytest.raises(Throttled):
        site.read(entry(0, "Ops"))


def test_two_groups_of_a_name_on_the_commvault_side_are_there(make_site: MakeSite) -> None:
    """Which of them counts is for the checks to say; it is no reason to read all links."""
    site = make_site({OPS: "Ops"})
    site.cell.answers |= {"V4/UserGroup": without_links("Ops", "OPS", "Other")}
    site.cell.answers |= {f"V4/UserGroup/{number}": {"azureGUID": ""} for number in (7, 8, 9)}
    site.read(entry(0, "oPS", OPS))
    assert "GET V4/UserGroup/9" not in site.cell.paths


def test_no_entry_means_no_question_about_groups(make_site: MakeSite) -> None:
    site = make_site({})
    facts = site.read()
    assert facts.mapped == ()
    assert "/groups" not in site.graph.reads


def test_doubt_about_the_saml_app_ends_the_preflight(make_site: MakeSite) -> None:
    site = make_site({OPS: "Ops"})
    site.cell.answers["V4/IdentityServers"] = {
        "identityServers": [*SERVERS["identityServers"], {"name": "two", "type": "SAML", "samlType": "AZURE"}]
    }
    with pytest.raises(AmbiguousMatch, match="saml_app"):
        site.read(entry(0, "Ops"))
