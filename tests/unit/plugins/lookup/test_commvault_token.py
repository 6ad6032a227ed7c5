# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup of a Commvault token: what it returns, what it refuses, and that it is not stopped halfway."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.cvops.identity.plugins.lookup import commvault_token as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError

URL = "https://cs01.example"


class StubTemplar:
    """Templating that leaves values as they are."""

    def template(self, value: t.Any) -> t.Any:
        """Return *value*."""
        return value


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[Context]:
    """The Contexts with which the lookup signed in."""
    found: list[Context] = []

    def obtain(ctx: Context) -> dict[str, str]:
        found.append(ctx)
        assert ctx.cancellation.is_shielded
        if ctx.options["commvault_username"] == "nobody":
            raise AuthError(f"refused with {ctx.options['commvault_password']}")
        return {"Authtoken": "QSDK 12"}

    monkeypatch.setattr(subject, "obtain_auth_headers", obtain)
    return found


def look(*terms: t.Any, **keywords: t.Any) -> list[t.Any]:
    lookup = subject.LookupModule(loader=None, templar=StubTemplar())
    return t.cast("list[t.Any]", lookup.run(list(terms), {}, commvault_url=URL, **keywords))


def test_a_token_or_the_headers_that_hold_it(contexts: list[Context]) -> None:
    assert look() == ["QSDK 12"]
    assert look(**{"return": "header"}) == [{"Authtoken": "QSDK 12"}]
    assert [ctx.options["commvault_url"] for ctx in contexts] == [URL, URL]


def test_terms_are_refused_before_any_sign_in(contexts: list[Context]) -> None:
    with pytest.raises(AnsibleLookupError, match="takes no terms"):
        look("cs01")
    assert contexts == []


def test_a_refused_sign_in_is_an_error_without_the_password(contexts: list[Context]) -> None:
    with pytest.raises(AnsibleLookupError, match="refused with") as caught:
        look(commvault_username="nobody", commvault_password="Planted~4751")
    assert "Planted~4751" not in str(caught.value)


@pytest.mark.parametrize("form", ["json", "details"])
def test_a_form_that_there_is_not_is_refused(contexts: list[Context], form: str) -> None:
    with pytest.raises(AnsibleLookupError, match="return"):
        look(**{"return": form})
    assert contexts == []
