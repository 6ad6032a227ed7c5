# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that runs elsewhere goes without Entra ID where no sign-in is given, not where one is given and broken."""

from __future__ import annotations

import json
import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import CREDENTIAL_OPTIONS, entra_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token
from ansible_collections.cvops.identity.plugins.plugin_utils import remote_credentials as subject
from ansible_collections.cvops.identity.plugins.plugin_utils.remote_credentials import exchange_credentials

MAPPINGS = types.SimpleNamespace(SPEC=ArgumentSpec({"commvault_url": {"type": "str"}}), USES_GRAPH=True)
GROUPS = types.SimpleNamespace(SPEC=ArgumentSpec({"display_name": {"type": "str"}}))
APPLICATION = {"tenant_id": "contoso.example", "client_id": "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"}


def taken(make_ctx: t.Any, module: t.Any, **options: t.Any) -> dict[str, t.Any]:
    defaults = {name: option.get("default") for name, option in entra_spec().options.items()}
    return exchange_credentials(module, make_ctx({**defaults, "token_cache": "none", **options}))


@pytest.mark.parametrize("given", [{}, APPLICATION, {**APPLICATION, "auth_method": "client_secret"}])
def test_no_complete_sign_in(make_ctx: t.Any, given: dict[str, t.Any]) -> None:
    assert taken(make_ctx, MAPPINGS, **given) == dict.fromkeys(CREDENTIAL_OPTIONS)
    with pytest.raises(ConfigError):
        taken(make_ctx, GROUPS, **given)


@pytest.mark.parametrize("method", ["auto", "client_certificate"])
def test_a_certificate_that_cannot_be_read_is_not_one_that_is_not_given(
    make_ctx: t.Any, tmp_path: t.Any, method: str
) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN nothing-----")
    for path in (broken, tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ConfigError, match="client_certificate"):
            taken(make_ctx, MAPPINGS, **APPLICATION, auth_method=method, client_certificate=str(path))


ROLES = types.SimpleNamespace(SPEC=ArgumentSpec({"commvault_url": {"type": "str"}}))
GRAPH, PROXY, COMMVAULT = "https://graph.microsoft.com/.default", "api://proxy/.default", "api://commvault/.default"


class StubSignIn:
    """A sign-in that makes a token of its scope."""

    def __init__(self, ctx: t.Any) -> None:
        self.ctx = ctx

    def get_token(self, scope: str) -> Token:
        """Return a token."""
        return Token(f"token of {scope}", 0.0, scope)


@pytest.mark.parametrize(
    ("module", "options", "scopes"),
    [
        (GROUPS, {}, [GRAPH]),
        (MAPPINGS, {}, [GRAPH]),
        (MAPPINGS, {"commvault_proxy_scope": PROXY}, [PROXY, GRAPH]),
        (ROLES, {"commvault_proxy_scope": PROXY}, [PROXY]),
        (ROLES, {"commvault_auth_method": "entra", "commvault_entra_scope": COMMVAULT}, [COMMVAULT]),
        (
            MAPPINGS,
            {
                "commvault_auth_method": "entra",
                "commvault_entra_scope": COMMVAULT,
                "commvault_proxy_scope": PROXY,
            },
            [COMMVAULT, PROXY, GRAPH],
        ),
    ],
)
def test_a_module_gets_a_token_of_each_scope_that_it_may_ask_for_and_no_credential(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, module: t.Any, options: dict[str, t.Any], scopes: list[str]
) -> None:
    monkeypatch.setattr(subject, "EntraSignIn", StubSignIn)
    found = taken(make_ctx, module, **APPLICATION, client_secret="Planted~4770", **options)
    assert json.loads(found.pop("access_token")) == {scope: f"token of {scope}" for scope in scopes}
    assert found.pop("auth_method") == "token"
    assert found == {name: None for name in CREDENTIAL_OPTIONS if name not in ("access_token", "auth_method")}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"commvault_auth_method": "entra"},
        {"commvault_auth_method": "login", "commvault_entra_scope": COMMVAULT},
    ],
)
def test_a_module_that_asks_for_no_token_gets_no_credential_and_nobody_signs_in(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, t.Any]
) -> None:
    def refuse(ctx: t.Any) -> t.NoReturn:
        raise AssertionError("signed in")

    monkeypatch.setattr(subject, "EntraSignIn", refuse)
    assert taken(make_ctx, ROLES, **APPLICATION, client_secret="x", **options) == dict.fromkeys(CREDENTIAL_OPTIONS)


def test_the_scope_of_graph_is_that_of_the_cloud(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "EntraSignIn", StubSignIn)
    found = taken(make_ctx, GROUPS, **APPLICATION, cloud="usgov")
    assert list(json.loads(found["access_token"])) == ["https://graph.microsoft.us/.default"]
