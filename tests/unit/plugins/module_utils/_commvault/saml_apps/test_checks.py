# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused of a SAML app before it is planned."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from saml_examples import CONSOLE, MARK, make_body, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.canonical import (
    make_association,
    parse_saml_state,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.checks import (
    check_auto_create,
    check_saml_options,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems

SETTINGS = parse_saml_state(make_body(), make_row()).settings


def test_addresses_get_their_canonical_form() -> None:
    options: dict[str, t.Any] = {
        "name": "people",
        "service_provider_endpoint": "https://CV.corp.example/webconsole/",
        "service_provider_aliases": ["https://CV.corp.example/webconsole"],
        "associations": {"email_suffixes": ["corp.example"], "domains": None},
        "attribute_mappings": {"email": None, "sid": "", "user_groups": "http://schemas.corp.example/groups"},
    }
    check_saml_options(options)
    assert (options["service_provider_endpoint"], options["service_provider_aliases"]) == (CONSOLE, [CONSOLE])


def test_everything_is_told_together() -> None:
    wrong = {
        "name": "people",
        "service_provider_endpoint": "ftp://x",
        "service_provider_aliases": ["https://a b"],
        "description": f"x\n[cvops certificate: {MARK}]",
        "associations": {"email_suffixes": ["@corp.example", "corp.example", "corp", "a@corp.example", ""]},
        "attribute_mappings": {"email": " mail", "sid": "s" * 1025, "user_guid": "a\nb"},
    }
    with pytest.raises(Problems) as caught:
        check_saml_options(wrong)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [
        "service_provider_endpoint",
        "service_provider_aliases",
        "description",
        *(f"associations.email_suffixes[{index}]" for index in (0, 2, 3, 4)),
        *(f"attribute_mappings.{name}" for name in ("email", "sid", "user_guid")),
    ]


def test_users_are_created_by_what_names_them() -> None:
    suffix = make_association("email_suffixes", "corp.example", None)
    check_auto_create({"auto_create_users": True}, SETTINGS, [suffix])
    check_auto_create({"auto_create_users": None}, SETTINGS, [])
    with pytest.raises(ConfigError, match="email_suffixes"):
        check_auto_create({"auto_create_users": True}, SETTINGS, [make_association("companies", "corp", 30)])
    other = dataclasses.replace(SETTINGS, name_id="sAMAccountName")
    with pytest.raises(ConfigError, match="set name_id"):
        check_auto_create({"auto_create_users": True}, other, [suffix])
    check_auto_create({"auto_create_users": True}, dataclasses.replace(SETTINGS, name_id=None), [suffix])
