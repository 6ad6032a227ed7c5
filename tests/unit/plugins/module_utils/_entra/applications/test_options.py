# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of entra_application and the forms that they become."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import (
    SETS,
    TEXTS,
    TOKENS,
    WEB_TEXTS,
    canonical_application,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.options import application_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.roles_and_scopes import ROLE, SCOPE

OPTIONS: dict[str, t.Any] = application_spec().options
PENDING = {"pending_application", "pending_redirect_uris"}
NOT_COMPARED = {"app_id", "object_id", "owners", "restore_deleted", "exclusive", "state", *PENDING}


def test_every_option_that_is_compared_is_in_the_canonical_form() -> None:
    assert OPTIONS.keys() - NOT_COMPARED == canonical_application({}).keys() - {"app_id", "object_id"}
    assert {*TEXTS, *SETS} <= OPTIONS.keys()


def test_suboptions_are_the_fields_that_are_written() -> None:
    assert OPTIONS["app_roles"]["options"].keys() == ROLE.fields.keys()
    assert OPTIONS["api_scopes"]["options"].keys() == SCOPE.fields.keys()
    assert OPTIONS["optional_claims"]["options"].keys() == TOKENS.keys()
    web = canonical_application({})["web"]
    assert OPTIONS["web"]["options"].keys() == web.keys() and WEB_TEXTS.keys() <= web.keys()
    assert OPTIONS["web"]["options"]["implicit_grant"]["options"].keys() == web["implicit_grant"].keys()


def test_an_option_that_is_left_out_is_not_managed() -> None:
    """No default but those of the switches: a default would be managed."""
    defaults = {name: option["default"] for name, option in OPTIONS.items() if "default" in option}
    assert defaults == {"restore_deleted": False, "exclusive": False, "state": "present", "pending_application": False}
    for name in ("app_roles", "api_scopes", "web"):
        assert not any("default" in option for option in OPTIONS[name]["options"].values())


def test_words_like_token_hide_no_values() -> None:
    """Ansible takes options with "token" in their names for secrets unless told otherwise."""
    assert OPTIONS["access_token_version"]["no_log"] is False
    for option in (
        *OPTIONS["optional_claims"]["options"].values(),
        *OPTIONS["web"]["options"]["implicit_grant"]["options"].values(),
    ):
        assert option["no_log"] is False


def test_one_key_is_needed() -> None:
    assert application_spec().required_one_of == [["object_id", "app_id", "unique_name", "display_name"]]
