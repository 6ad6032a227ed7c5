# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The report of the role bootstrap as lines: what was created, and which rights of the person to remove."""

from __future__ import annotations

import typing as t

from .declared import list_graph_permissions
from .filter_values import make_visible, require_list, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

_USUAL_ROLES = "Application Administrator, Privileged Role Administrator"


def format_bootstrap_report(
    outcome: t.Any,
    person: t.Any,
    seen: t.Any = None,
    created: t.Any = None,
    owned: t.Any = None,
    group_count: int = 0,
    managed_identity: bool = False,
    check_mode: bool = False,
) -> list[str]:
    """Return the report of the role bootstrap as lines.

    *outcome*: ``bootstrap_result``; *person* and *seen*: what connection_info says of Entra ID as the person and as the automation, the latter
    empty when nobody signed in as it; *created* and *owned*: the automation's own application and the one it owns, empty when there is none.
    """
    told = make_visible(require_mapping(outcome, "the outcome"))
    who = make_visible(require_mapping(person, "the person"))
    identity = require_mapping(told.get("identity"), "identity")
    lines = [f"Automation: {identity.get('display_name') or 'to be created'}{_format_ids(identity)}"]
    lines.append(f"Permissions: {_join_names(list_graph_permissions(told.get('permissions')))}")
    lines += [] if check_mode else _format_pending_consent(require_mapping(told.get("consent"), "consent"))
    if owned:
        name = make_visible(require_mapping(owned, "the owned application").get("display_name"))
        lines.append(f"Owner of the application {to_text(name)} and its service principal")
    if group_count:
        lines.append(f"Owner of {group_count} Entra groups")
    lines.append(
        _format_check_mode(identity)
        if check_mode
        else _format_verdict(told, make_visible(require_mapping(seen, "the automation's sign-in")))
    )
    if managed_identity:
        lines.append("Put into cvops_connection.entra: auth_method: managed_identity")
    elif identity.get("app_id"):
        lines.append(f"Put into cvops_connection.entra: client_id: {identity['app_id']}")
    lines += _list_rights_to_remove(who, make_visible(require_mapping(created, "the automation's application")))
    lines += [f"- the ownership of {to_text(name)}" for name in require_list(told.get("persons"), "persons")]
    minutes = (who.get("token_life_s") or 0) // 60
    return [*lines, f"- the access token, which is valid for another {minutes} min (sign out, or let it expire)"]


def _format_ids(identity: Mapping) -> str:
    if not identity.get("object_id"):
        return ""
    return f" (app id {identity.get('app_id')}, object id {identity['object_id']})"


def _format_pending_consent(consent: Mapping) -> list[str]:
    if consent.get("status") != "pending_consent":
        return []
    missing = require_mappings(consent.get("missing"), "missing")
    names = [name for api in missing for name in require_list(api.get("application"), "application")]
    where = f" at {consent['consent_url']}" if consent.get("consent_url") else ""
    return [f"CONSENT IS PENDING: an administrator grants {_join_names(names)}{where}"]


def _format_check_mode(identity: Mapping) -> str:
    if identity.get("object_id"):
        return "Check mode: nothing was written"
    return "Check mode: nothing was written. Applications and groups that do not exist yet have no object id, so the ownership above is not in the diffs"


def _format_verdict(told: Mapping, seen: Mapping) -> str:
    if told.get("verified"):
        lacking = require_list(told.get("lacking"), "lacking")
        if lacking:
            return f"VERIFIED IN PART: it signs in, but its token lacks {_join_names(lacking)}"
        return "Verified: it signs in and holds all of them"
    if seen:
        return f"NOT VERIFIED: {require_mapping(seen.get('error'), 'error').get('msg')}"
    return "Not verified, because it cannot sign in from here: run cvops.identity.doctor where it can, or give cvops_bootstrap.verify_with"


def _list_rights_to_remove(who: Mapping, created: Mapping) -> list[str]:
    identity = require_mapping(who.get("identity"), "identity")
    is_user = identity.get("kind") == "user"
    lines = [f"Remove from {identity.get('user_name') or identity.get('display_name') or 'whoever ran this'}:"]
    roles = require_list(who.get("directory_roles"), "directory_roles")
    if roles:
        lines.append(f"- the directory roles activated for this: {_join_names(roles)}")
    elif is_user:
        lines.append(f"- the directory roles activated for this ({_USUAL_ROLES})")
    else:
        lines.append("- the permissions of this application that were granted for this")
    if created and is_user:
        lines.append(
            f"- the ownership of {to_text(created.get('display_name'))}, if whoever creates an application becomes its owner in this tenant"
        )
    return lines


def _join_names(names: t.Sequence[t.Any]) -> str:
    return ", ".join(map(to_text, names))
