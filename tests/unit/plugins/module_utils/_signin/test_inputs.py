# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of sign-in options: of those that are given, and never a value."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._signin.inputs import list_option_sources
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

OPTIONS = entra_spec().options


def test_what_is_given_is_named_with_its_source(make_ctx: t.Any) -> None:
    ctx = make_ctx({"tenant_id": "t", "client_secret": "s3cr3t"})
    found = list_option_sources(ctx, OPTIONS)
    assert found == {name: ctx.describe_source(name) for name in ("tenant_id", "client_secret")}
    assert "s3cr3t" not in str(found)


def test_defaults_and_what_is_not_given_are_left_out(make_ctx: t.Any) -> None:
    defaults = {name: option.get("default") for name, option in OPTIONS.items()}
    assert list_option_sources(make_ctx(defaults), OPTIONS) == {}
    assert list(list_option_sources(make_ctx({**defaults, "cloud": "china"}), OPTIONS)) == ["cloud"]
    assert list(list_option_sources(make_ctx({**defaults, "validate_certs": False}), OPTIONS)) == ["validate_certs"]
