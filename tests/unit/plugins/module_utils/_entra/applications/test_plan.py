# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning an application: convergence on a model of Graph, order, strangers, disable-first, shown forms."""

from __future__ import annotations

import copy
import itertools
import random
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import (
    canonical_application,
    keep_order,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.checks import (
    check_application_options,
    check_desired_application,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import desired_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.plan import (
    CurrentApplication,
    plan_application,
    plan_application_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.roles_and_scopes import (
    ROLE,
    assign_entitlement_ids,
    disable_before_change,
    merge_entitlements,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import RequestedPermissions, ResourceApi

Wire = dict[str, t.Any]
APP_ID = "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa"
OBJECT_ID = "6f0f6f0a-2d6e-4c55-8e07-55f1c2b0a911"


def guid(number: int) -> str:
    """A GUID that is easy to read."""
    return f"00000000-0000-4000-8000-{number:012d}"


class Refused(Exception):
    """The model refuses what Graph refuses."""


class Model:
    """As much of Graph's application as the rules on writing it need."""

    def __init__(self, wire: Wire) -> None:
        self.wire = copy.deepcopy(wire)

    def entitlements(self) -> dict[tuple[str, str | None], Wire]:
        """Roles and scopes by kind and id; a role and a scope of the same value share their id."""
        scopes = (self.wire.get("api") or {}).get("oauth2PermissionScopes") or []
        listed = [("role", item) for item in self.wire.get("appRoles") or []] + [("scope", item) for item in scopes]
        return {(kind, item["id"]): item for kind, item in listed}

    def write(self, body: Wire) -> None:
        """PATCH: objects merge, collections are replaced, enabled roles and scopes can only be disabled."""
        old = copy.deepcopy(self.entitlements())
        for name, value in copy.deepcopy(body).items():
            if isinstance(value, dict) and isinstance(self.wire.get(name), dict):
                self.wire[name].update(value)
            else:
                self.wire[name] = value
        new = self.entitlements()
        for key, item in old.items():
            if item["isEnabled"] and {**new.get(key, {}), "isEnabled": True} != item:
                raise Refused(f"{item['value']} is enabled")
        if any(not item["isEnabled"] for key, item in new.items() if key not in old):
            raise Refused("new and not enabled")
        if any(item["id"] is None for item in new.values()):
            raise Refused("an entry without id")

    def apply(self, planned: Plan) -> None:
        """Carry out the steps that write the application itself."""
        for step in planned.steps:
            if step.action == "create":
                self.wire = {"id": OBJECT_ID, "appId": APP_ID}
            if "body" in step.data:
                self.write(step.data["body"])


def planned(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None = None, exclusive: bool = False
) -> Plan:
    """The plan for *options* on *wire*."""
    situation = CurrentApplication(wire)
    wanted = desired_application(options, requested, canonical_application(wire), exclusive)
    return plan_application(situation, wanted, None, exclusive, {})


def role(number: int, value: str, enabled: bool = True, text: str = "text") -> Wire:
    """An app role of Graph."""
    return {
        "id": guid(number),
        "value": value,
        "displayName": text,
        "description": text,
        "allowedMemberTypes": ["User"],
        "isEnabled": enabled,
    }


def scope(number: int, value: str, enabled: bool = True) -> Wire:
    """An API scope of Graph."""
    return {
        "id": guid(number),
        "value": value,
        "type": "User",
        "adminConsentDisplayName": value,
        "adminConsentDescription": value,
        "userConsentDisplayName": None,
        "userConsentDescription": None,
        "isEnabled": enabled,
    }


VALUES = ["Read", "Write", "Delete", "List"]
URIS = [f"https://{name}.example/cb" for name in "abcd"]
APIS = [ResourceApi(guid(900 + n), guid(910 + n), f"API {n}", {}, {}) for n in range(3)]

some_uris = st.lists(st.sampled_from(URIS), unique=True)
maybe_uris = st.none() | some_uris
texts = st.none() | st.sampled_from(["", "one", "two"])
ids = st.lists(st.sampled_from([guid(n) for n in range(950, 954)]), unique=True)
platforms = st.none() | st.fixed_dictionaries({"redirect_uris": maybe_uris})


@st.composite
def wires(draw: st.DrawFn) -> Wire:
    """An application as Graph has it, made by somebody else."""
    roles = draw(st.lists(st.sampled_from(VALUES), unique=True))
    scopes = draw(st.lists(st.sampled_from(VALUES), unique=True))
    return {
        "id": OBJECT_ID,
        "appId": APP_ID,
        "uniqueName": draw(st.sampled_from([None, "unique"])),
        "displayName": "An application",
        "signInAudience": "AzureADMyOrg",
        "description": draw(st.sampled_from([None, "one"])),
        "notes": None,
        "tags": draw(st.lists(st.sampled_from(["x", "y", "z"]), unique=True)),
        "identifierUris": draw(st.lists(st.sampled_from(["api://one", f"api://{APP_ID}"]), unique=True)),
        "web": {
            "redirectUris": draw(some_uris),
            "logoutUrl": draw(st.sampled_from([None, "https://out.example"])),
            "homePageUrl": None,
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": draw(st.booleans())},
        },
        "spa": {"redirectUris": draw(some_uris)},
        "publicClient": {"redirectUris": []},
        "appRoles": [role(n, value, draw(st.booleans())) for n, value in enumerate(roles)],
        "api": {
            "acceptMappedClaims": True,
            "knownClientApplications": [guid(990)],
            "oauth2PermissionScopes": [scope(100 + n, value, draw(st.booleans())) for n, value in enumerate(scopes)],
            "preAuthorizedApplications": [],
            "requestedAccessTokenVersion": draw(st.sampled_from([None, 1, 2])),
        },
        "requiredResourceAccess": [
            {
                "resourceAppId": guid(900),
                "resourceAccess": [
                    {"id": item, "type": draw(st.sampled_from(["Role", "Scope"]))} for item in draw(ids)
                ],
            }
        ],
        "groupMembershipClaims": draw(st.sampled_from([None, "None", "SecurityGroup,ApplicationGroup"])),
        "optionalClaims": draw(
            st.sampled_from(
                [None, {"accessToken": [], "idToken": [{"name": "email", "source": None}], "saml2Token": []}]
            )
        ),
    }


def entries(**more: st.SearchStrategy[t.Any]) -> st.SearchStrategy[t.Any]:
    """An option of entitlements: unset, empty, or some."""
    one = st.fixed_dictionaries(
        {"value": st.sampled_from(VALUES), "enabled": st.sampled_from([None, True, False]), "id": st.none(), **more}
    )
    return st.none() | st.lists(one, unique_by=lambda entry: entry["value"])


options_strategy = st.fixed_dictionaries(
    {
        "unique_name": st.sampled_from([None, "unique"]),
        "display_name": st.sampled_from(["An application", "Renamed"]),
        "description": texts,
        "notes": texts,
        "tags": st.none() | st.lists(st.sampled_from(["w", "x", "y"])),
        "identifier_uris": st.none() | st.lists(st.sampled_from(["api://{app_id}", "api://two"])),
        "web": st.none()
        | st.fixed_dictionaries(
            {
                "redirect_uris": maybe_uris,
                "logout_url": texts,
                "implicit_grant": st.none() | st.fixed_dictionaries({"id_tokens": st.none() | st.booleans()}),
            }
        ),
        "spa": platforms,
        "public_client": platforms,
        "app_roles": entries(description=st.sampled_from([None, "new text"])),
        "api_scopes": entries(type=st.sampled_from([None, "Admin", "User"])),
        "group_claims": st.none() | st.lists(st.sampled_from(["SecurityGroup", "ApplicationGroup"])),
        "optional_claims": st.none()
        | st.fixed_dictionaries(
            {
                "id_token": st.none()
                | st.lists(
                    st.fixed_dictionaries(
                        {
                            "name": st.sampled_from(["email", "upn"]),
                            "source": st.sampled_from([None, "user"]),
                            "essential": st.none() | st.booleans(),
                        }
                    ),
                    unique_by=lambda claim: (claim["name"], claim["source"]),
                )
            }
        ),
        "access_token_version": st.sampled_from([None, 1, 2]),
    }
)
requests = st.none() | st.lists(
    st.builds(
        lambda api, app, delegated: RequestedPermissions(
            api, None if app is None else tuple(app), None if delegated is None else tuple(delegated)
        ),
        st.sampled_from(APIS),
        st.none() | ids,
        st.none() | ids,
    ),
    unique_by=lambda request: request.api.app_id,
)


@settings(max_examples=80, deadline=None)
@given(wires(), options_strategy, requests, st.booleans())
def test_applying_a_plan_leaves_nothing_to_do(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None, exclusive: bool
) -> None:
    """Graph accepts every step, and the second plan is empty."""
    model = Model(wire)
    first = planned(wire, options, requested, exclusive)
    model.apply(first)
    second = planned(model.wire, options, requested, exclusive)
    assert second.steps == ()
    assert second.before == second.after
    assert first.after == second.after
    assert (first.before != first.after) == first.changed


@settings(max_examples=40, deadline=None)
@given(options_strategy, requests, st.booleans())
def test_creating_leaves_nothing_to_do(
    options: Wire, requested: list[RequestedPermissions] | None, exclusive: bool
) -> None:
    """The same from nothing; with a unique name even the ids are known beforehand."""
    options = {**options, "unique_name": "unique", "identifier_uris": None}
    model = Model({})
    first = planned({}, options, requested, exclusive)
    assert first.before == {}
    assert first.steps[0].action == "create"
    model.apply(first)
    assert planned(model.wire, options, requested, exclusive).steps == ()


@settings(max_examples=40, deadline=None)
@given(wires(), options_strategy, requests, st.booleans(), st.randoms(use_true_random=False))
def test_order_never_matters(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None, exclusive: bool, chance: random.Random
) -> None:
    """Shuffled options give the same plan."""

    def shuffled(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {name: shuffled(item) for name, item in value.items()}
        if isinstance(value, list):
            return chance.sample([shuffled(item) for item in value], len(value))
        return value

    expected = planned(wire, options, requested, exclusive)
    assert planned(wire, shuffled(options), shuffled(requested), exclusive) == expected


@settings(max_examples=40, deadline=None)
@given(wires(), options_strategy, requests)
def test_strangers_stay_unless_exclusive(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None
) -> None:
    """Without exclusive, and without an explicit empty list, nothing that was there goes."""
    model = Model(wire)
    filled = {name: value for name, value in options.items() if value not in ([], "")}
    for name in ("web", "spa", "public_client", "optional_claims"):
        if filled.get(name):
            filled[name] = {key: value for key, value in filled[name].items() if value not in ([], "")}
    some = [request for request in requested or () if request.application and request.delegated]
    model.apply(planned(wire, filled, some or None))
    had, has = canonical_application(wire), canonical_application(model.wire)
    for name in ("tags", "identifier_uris"):
        assert set(had[name]) <= set(has[name])
    for name in ("app_roles", "api_scopes"):
        assert {entry["id"] for entry in had[name]} <= {entry["id"] for entry in has[name]}
    assert set(had["web"]["redirect_uris"]) <= set(has["web"]["redirect_uris"])
    for entry in had["api_permissions"]:
        (kept,) = [item for item in has["api_permissions"] if item["api"] == entry["api"]]
        assert set(entry["application"]) <= set(kept["application"])
        assert set(entry["delegated"]) <= set(kept["delegated"])
    assert model.wire["api"]["acceptMappedClaims"] is True
    assert model.wire["api"]["knownClientApplications"] == [guid(990)]


def test_no_options_no_change() -> None:
    """What the options do not name is not managed."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(2, "B"), role(1, "A")]}
    assert not planned(wire, {}).changed
    assert not planned(wire, {}, exclusive=True).changed


def test_bodies_never_carry_credentials() -> None:
    """Whatever Graph shows, credentials do not go back."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "passwordCredentials": [{"keyId": guid(1)}], "keyCredentials": []}
    plan_ = planned(wire, {"description": "new", "app_roles": [{"value": "A"}], "access_token_version": 2})
    names = set(itertools.chain.from_iterable(step.data["body"] for step in plan_.steps))
    assert names == {"description", "appRoles", "api"}


def test_needing_the_application_id_comes_second() -> None:
    """Identifier URIs with the id, and roles whose ids derive from it, go into a second request."""
    options = {"display_name": "x", "identifier_uris": ["api://{app_id}", "api://fixed"], "app_roles": [{"value": "A"}]}
    plan_ = planned({}, options)
    assert [step.action for step in plan_.steps] == ["create", "update"]
    assert plan_.steps[0].data["body"] == {"displayName": "x", "signInAudience": "AzureADMyOrg"}
    assert set(plan_.steps[1].data["body"]) == {"identifierUris", "appRoles"}
    with_name = planned({}, {**options, "unique_name": "u"})
    assert "appRoles" in with_name.steps[0].data["body"]
    assert set(with_name.steps[1].data["body"]) == {"identifierUris"}


def test_ids_are_stable() -> None:
    """By value first, then as given, then that of the same value of the other kind, then derived: never drawn."""
    current = [ROLE.canonicalize(role(1, "A"))]
    wanted = [{"value": "A", "id": guid(7)}, {"value": "B", "id": guid(8)}, {"value": "C"}, {"value": "D"}]
    other = [{"value": "D", "id": guid(9)}]
    found = {entry["value"]: entry["id"] for entry in merge_entitlements(ROLE, current, wanted, other, "name", False)}
    assert (found["A"], found["B"], found["D"]) == (guid(1), guid(8), guid(9))
    assert found["C"] == merge_entitlements(ROLE, [], [{"value": "C"}], [], "name", False)[0]["id"]
    assert found["C"] != merge_entitlements(ROLE, [], [{"value": "C"}], [], "other", False)[0]["id"]
    assert merge_entitlements(ROLE, [], [{"value": "C"}], [], None, False)[0]["id"] is None


def test_a_derived_id_that_is_taken_gives_another() -> None:
    """Somebody renamed the role that we made: a new one with the old value needs an id of its own."""
    (made,) = merge_entitlements(ROLE, [], [{"value": "A"}], [], "name", False)
    renamed = {**made, "value": "Z"}
    found = {
        entry["value"]: entry["id"]
        for entry in merge_entitlements(ROLE, [renamed], [{"value": "A"}], [], "name", False)
    }
    assert found["Z"] == made["id"]
    assert found["A"] not in (None, made["id"])
    assert assign_entitlement_ids([{"value": "A", "id": None}], [renamed], "name")[0]["id"] == found["A"]


def test_an_id_alone_renames() -> None:
    """No role has the value, but one has the given id: it gets the value, after it was disabled."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(1, "Old")]}
    plan_ = planned(wire, {"app_roles": [{"value": "New", "id": guid(1)}]})
    assert [step.action for step in plan_.steps] == ["disable", "update"]
    assert plan_.steps[1].data["body"]["appRoles"] == [role(1, "New")]


@pytest.mark.parametrize(
    ("current", "final", "disabled"),
    [
        ([role(1, "A")], [role(1, "A")], None),
        ([role(1, "A")], [role(1, "A", enabled=False)], None),
        ([role(1, "A", enabled=False)], [role(1, "A")], None),
        ([role(1, "A", enabled=False)], [], None),
        ([role(1, "A")], [role(1, "A"), role(2, "B")], None),
        ([role(1, "A"), role(2, "B")], [role(1, "A")], [True, False]),
        ([role(1, "A")], [role(1, "A", text="other")], [False]),
    ],
)
def test_disabled_first(current: list[Wire], final: list[Wire], disabled: list[bool] | None) -> None:
    """Only what is enabled and changes or goes is disabled before."""
    found = disable_before_change(
        [ROLE.canonicalize(item) for item in current], [ROLE.canonicalize(item) for item in final]
    )
    assert (found if found is None else [entry["enabled"] for entry in found]) == disabled


def test_a_removed_scope_leaves_the_pre_authorized() -> None:
    """Graph refuses pre-authorization of a scope that is gone; other pre-authorizations stay."""
    wire = {
        "id": OBJECT_ID,
        "appId": APP_ID,
        "displayName": "x",
        "api": {
            "oauth2PermissionScopes": [scope(1, "A", enabled=False), scope(2, "B")],
            "preAuthorizedApplications": [
                {"appId": guid(3), "delegatedPermissionIds": [guid(1), guid(2)]},
                {"appId": guid(4), "delegatedPermissionIds": [guid(1)]},
            ],
        },
    }
    plan_ = planned(wire, {"api_scopes": [{"value": "B"}]}, exclusive=True)
    (step,) = plan_.steps
    assert step.data["body"]["api"]["preAuthorizedApplications"] == [
        {"appId": guid(3), "delegatedPermissionIds": [guid(2)]}
    ]


def test_order_of_lists_is_kept() -> None:
    """Redirect URIs have an order in the portal."""
    assert keep_order(["c", "a", "b"], {"b", "c", "e", "d"}) == ["c", "b", "d", "e"]


def test_diff_hides_ids_and_shows_holders() -> None:
    """Ids of roles exist only after the write; who loses a role is part of what was."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(1, "A"), role(2, "B")]}
    situation = CurrentApplication(wire, assigned={guid(2): ["Zoe", "Ann"]})
    wanted = desired_application({"app_roles": [{"value": "A"}]}, None, canonical_application(wire), True)
    plan_ = plan_application(situation, wanted, None, True, {})
    assert [entry.get("assigned_to") for entry in plan_.before["app_roles"]] == [None, ["Ann", "Zoe"]]
    assert guid(1) not in repr((plan_.before, plan_.after))
    assert APP_ID not in repr((plan_.before, plan_.after))


def test_restoring_and_owners() -> None:
    """A deleted application is restored before it is changed; owners of a new one are settled on the spot."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x"}
    situation = CurrentApplication(wire, owners=[], deleted=True, deleted_service_principal=guid(5))
    wanted = desired_application({"notes": "n"}, None, canonical_application(wire), False)
    plan_ = plan_application(situation, wanted, [guid(6)], False, {})
    assert [step.action for step in plan_.steps] == ["restore", "restore_service_principal", "update", "owners"]
    assert (plan_.before["state"], plan_.after["state"]) == ("deleted", "present")
    created = plan_application(
        CurrentApplication(),
        desired_application({"display_name": "x"}, None, canonical_application({}), True),
        [guid(6)],
        True,
        {},
    )
    assert created.steps[-1].data == {"add": [guid(6)], "remove": [], "only_these": True}
    assert created.after["owners"] == [guid(6)]


def test_absent() -> None:
    """What is not there is not deleted."""
    assert plan_application_removal(CurrentApplication()).steps == ()
    assert [
        step.action
        for step in plan_application_removal(CurrentApplication({"id": OBJECT_ID, "displayName": "x"})).steps
    ] == ["delete"]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"display_name": "x" * 257}, ["display_name"]),
        ({"tags": ["ok", "not ok", ""]}, ["tags[1]", "tags[2]"]),
        ({"identifier_uris": ["api://x/"]}, ["identifier_uris[0]"]),
        ({"app_roles": [{"value": ".x"}, {"value": "a b"}]}, ["app_roles[0].value", "app_roles[1].value"]),
        ({"app_roles": [{"value": "A"}, {"value": "A"}]}, ["app_roles[1]"]),
        ({"api_scopes": [{"value": "A", "id": "X"}, {"value": "B", "id": "x"}]}, ["api_scopes[1]"]),
        ({"app_roles": [{"value": "A", "allowed_member_types": []}]}, ["app_roles[0].allowed_member_types"]),
    ],
)
def test_problems(options: Wire, where: list[str]) -> None:
    """Everything wrong is reported at once, by option path."""
    with pytest.raises(Problems) as caught:
        check_application_options(options)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == where


def test_two_entries_cannot_share_an_id() -> None:
    """One entry has the value of a role, another gives its id."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(1, "A")]}
    options = {"app_roles": [{"value": "A"}, {"value": "B", "id": guid(1)}]}
    with pytest.raises(ConfigError, match="two entries would have the id"):
        check_desired_application(options, desired_application(options, None, canonical_application(wire), False), True)
