# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the API of a bare host stands: only HTTP 404 says that it is not there, and a session that is not ended is told."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.sign_in import (
    PasswordCredentials,
    _find_api_address,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.transport_settings import build_commvault_settings


@pytest.fixture
def ctx(secured: t.Any, make_ctx: t.Any) -> t.Any:
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    return make_ctx(
        {**defaults, "commvault_url": secured.server.url, "commvault_ca_path": secured.ca_path, "retries": 0}
    )


def base(ctx: t.Any) -> str:
    return _find_api_address(ctx, Transport(ctx, build_commvault_settings(ctx.options)), ctx.options["commvault_url"])


def test_the_first_that_is_there(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, b""), answer(200, {}))
    assert base(ctx).endswith("/webconsole/api")


def test_none_is_there(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, b""))
    with pytest.raises(ConfigError, match="No Commvault API found"):
        base(ctx)


@pytest.mark.parametrize("status", [401, 403, 407, 500])
@pytest.mark.parametrize("place", [0, 2])
def test_a_refusal_does_not_say_that_it_is_not_there(
    ctx: t.Any, secured: t.Any, answer: t.Any, status: int, place: int
) -> None:
    answers = [answer(404, b"") for dummy in range(3)]
    answers[place] = answer(status, b"")
    secured.server.says(*answers)
    with pytest.raises(ApiError, match=f"HTTP {status}") as caught:
        base(ctx)
    assert caught.value.status == status


def test_a_session_that_cannot_be_ended_is_told(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(drop=True))
    PasswordCredentials(ctx, f"{secured.server.url}/commandcenter/api", None)._end_session("a-login-token")
    assert any("could not be ended" in line for line in ctx.reporter.lines)
