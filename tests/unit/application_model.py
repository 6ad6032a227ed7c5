# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications as Graph keeps them: rows, strategies for them and for options, and a model of the rules on writing them."""

from __future__ import annotations

import copy
import typing as t

from fake_graph import guid
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import RequestedPermissions, ResourceApi

Wire = dict[str, t.Any]
APP_ID = "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa"
OBJECT_ID = "6f0f6f0a-2d6e-4c55-8e07-55f1c2b0a911"


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
        "isDisabled": draw(st.sampled_from([None, False, True])),
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
        "enabled": st.sampled_from([None, True, False]),
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
