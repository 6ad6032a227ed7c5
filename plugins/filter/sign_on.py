# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import build_exact_filters, build_filters
from ansible_collections.cvops.identity.plugins.plugin_utils.roll_over import (
    describe_roll_over_failure,
    find_former_certificates,
    format_removal,
    format_roll_over,
    plan_roll_over,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.sign_on import (
    build_saml_app_options,
    describe_provider,
    find_reply_url_problems,
    get_break_glass,
    is_saml_app_created,
    list_coming_groups,
    list_present_apps,
    list_reply_urls,
    list_saml_apps,
    list_saml_results,
    list_unregistered,
    name_results_by_item,
    split_saml_steps,
)


class FilterModule:
    """Filters of the role commvault_sso."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        shown = build_filters(
            break_glass_account=get_break_glass,
            coming_user_groups=list_coming_groups,
            creates_saml_app=is_saml_app_created,
            former_certificate_lines=format_removal,
            former_certificates=find_former_certificates,
            identity_provider=describe_provider,
            missing_reply_urls=list_reply_urls,
            reply_url_problems=find_reply_url_problems,
            results_by_item=name_results_by_item,
            roll_over_failure=describe_roll_over_failure,
            roll_over_lines=format_roll_over,
            roll_over_plan=plan_roll_over,
            present_saml_apps=list_present_apps,
            unregistered_saml_apps=list_unregistered,
            saml_app_steps=split_saml_steps,
            saml_apps_found=list_saml_results,
            saml_apps_of=list_saml_apps,
        )
        return shown | build_exact_filters(saml_app_options=build_saml_app_options)
