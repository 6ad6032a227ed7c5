# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of the module entra_application."""

from __future__ import annotations

import typing as t

from ..._core.argument_specs import ArgumentSpec
from ..permissions import api_permissions_option

Options = dict[str, dict[str, t.Any]]

AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
GROUP_CLAIMS = ("SecurityGroup", "DirectoryRole", "ApplicationGroup", "All")


def _text_list_option(**more: t.Any) -> dict[str, t.Any]:
    return {"type": "list", "elements": "str", **more}


def _dict_option(options: Options) -> dict[str, t.Any]:
    return {"type": "dict", "options": options}


def _dict_list_option(options: Options, **more: t.Any) -> dict[str, t.Any]:
    return {"type": "list", "elements": "dict", "options": options, **more}


def application_spec() -> ArgumentSpec:
    """Return all options of the module beside those of the sign-in."""
    return ArgumentSpec(
        {
            "unique_name": {"type": "str"},
            "app_id": {"type": "str"},
            "object_id": {"type": "str"},
            "display_name": {"type": "str"},
            "sign_in_audience": {"type": "str", "choices": list(AUDIENCES)},
            "description": {"type": "str"},
            "notes": {"type": "str"},
            "enabled": {"type": "bool"},
            "tags": _text_list_option(),
            "owners": _text_list_option(),
            "identifier_uris": _text_list_option(),
            "web": _dict_option(_web_options()),
            "spa": _dict_option({"redirect_uris": _text_list_option()}),
            "public_client": _dict_option({"redirect_uris": _text_list_option()}),
            "app_roles": _dict_list_option(_app_role_options()),
            "api_scopes": _dict_list_option(_api_scope_options()),
            "api_permissions": api_permissions_option(),
            "group_claims": _text_list_option(choices=list(GROUP_CLAIMS)),
            "optional_claims": _dict_option(
                {
                    token: _dict_list_option(_optional_claim_options(), no_log=False)
                    for token in ("access_token", "id_token", "saml2_token")
                }
            ),
            "access_token_version": {"type": "int", "choices": [1, 2], "no_log": False},
            "pending_application": {"type": "bool", "default": False},
            "pending_redirect_uris": _dict_list_option(
                {"name": {"type": "str", "required": True}, "uri": {"type": "str"}}
            ),
            "restore_deleted": {"type": "bool", "default": False},
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_one_of=[["object_id", "app_id", "unique_name", "display_name"]],
    )


def _web_options() -> Options:
    return {
        "redirect_uris": _text_list_option(),
        "logout_url": {"type": "str"},
        "home_page_url": {"type": "str"},
        "implicit_grant": _dict_option(
            {"access_tokens": {"type": "bool", "no_log": False}, "id_tokens": {"type": "bool", "no_log": False}}
        ),
    }


def _app_role_options() -> Options:
    return {
        "value": {"type": "str", "required": True},
        "display_name": {"type": "str"},
        "description": {"type": "str"},
        "allowed_member_types": _text_list_option(choices=["User", "Application"]),
        "enabled": {"type": "bool"},
        "id": {"type": "str"},
    }


def _api_scope_options() -> Options:
    return {
        "value": {"type": "str", "required": True},
        "type": {"type": "str", "choices": ["Admin", "User"]},
        "admin_consent_display_name": {"type": "str"},
        "admin_consent_description": {"type": "str"},
        "user_consent_display_name": {"type": "str"},
        "user_consent_description": {"type": "str"},
        "enabled": {"type": "bool"},
        "id": {"type": "str"},
    }


def _optional_claim_options() -> Options:
    return {
        "name": {"type": "str", "required": True},
        "source": {"type": "str"},
        "essential": {"type": "bool"},
        "additional_properties": _text_list_option(),
    }
