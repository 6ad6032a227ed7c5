# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup of tokens of Entra ID: for which scopes it asks, and in which form it returns them."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.cvops.identity.plugins.lookup import entra_token as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token

GRAPH = "https://graph.microsoft.com"


class StubTemplar:
    """Templating that leaves values as they are."""

    def template(self, value: t.Any) -> t.Any:
        """Return *value*."""
        return value


class StubSignIn:
    """A sign-in that makes a token of its scope, and refuses one scope."""

    def __init__(self, ctx: t.Any) -> None:
        self.ctx = ctx

    def get_token(self, scope: str) -> Token:
        """Return a token; raise AuthError for a resource that is not there."""
        if "missing" in scope:
            raise AuthError(f"no such resource, asked with {self.ctx.options['client_secret']}")
        return Token(f"token of {scope}", 1772444460.0, scope)


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., list[t.Any]]:
    """Run the lookup with the stub in place of the sign-in."""
    monkeypatch.setattr(subject, "EntraSignIn", StubSignIn)
    for name in ("CVOPS_ACCESS_TOKEN", "CVOPS_CLOUD", "CVOPS_GRAPH_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*terms: t.Any, variables: t.Any = None, **keywords: t.Any) -> list[t.Any]:
        lookup = subject.LookupModule(loader=None, templar=StubTemplar())
        return t.cast("list[t.Any]", lookup.run(list(terms), variables, **keywords))

    return run


def test_no_term_means_microsoft_graph_of_the_cloud(look: t.Callable[..., list[t.Any]]) -> None:
    assert look() == [f"token of {GRAPH}/.default"]
    assert look(cloud="usgov") == ["token of https://graph.microsoft.us/.default"]


def test_each_term_has_its_token_in_the_same_order(look: t.Callable[..., list[t.Any]]) -> None:
    assert look("api://b", f"{GRAPH}/User.Read") == ["token of api://b/.default", f"token of {GRAPH}/User.Read"]


def test_a_header_and_details_instead_of_the_token(look: t.Callable[..., list[t.Any]]) -> None:
    token = "token of api://b/.default"
    assert look("api://b", **{"return": "header"}) == [{"Authorization": f"Bearer {token}"}]
    (details,) = look("api://b", **{"return": "details"})
    assert (details["token"], details["scope"]) == (token, "api://b/.default")
    assert details["expires"] == "2026-03-02T09:41:00Z"


def test_the_variable_that_users_set_with_the_lookup_is_not_read(look: t.Callable[..., list[t.Any]]) -> None:
    """It would ask for itself without end."""
    asked: list[str] = []

    class Recording(StubTemplar):
        def template(self, value: t.Any) -> t.Any:
            asked.append(value)
            return value

    variables = {"cvops_access_token": "{{ lookup(...) }}", "cvops_cloud": "usgov", "other": "x"}
    lookup = subject.LookupModule(loader=None, templar=Recording())
    assert lookup.run([], variables) == ["token of https://graph.microsoft.us/.default"]
    assert asked == ["usgov"]


@pytest.mark.parametrize("term", ["graph", " ", 3])
def test_a_term_that_is_no_scope_is_an_error_of_the_lookup(look: t.Callable[..., list[t.Any]], term: t.Any) -> None:
    with pytest.raises(AnsibleLookupError):
        look(term)


def test_a_refused_sign_in_is_an_error_without_the_secret(look: t.Callable[..., list[t.Any]]) -> None:
    with pytest.raises(AnsibleLookupError, match="no such resource") as caught:
        look("api://missing", client_secret="Planted~4750")
    assert "Planted~4750" not in str(caught.value)
