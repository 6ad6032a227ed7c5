# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The desired form of an application: the options laid over its present form. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import keep_spelling
from ..._core.set_changes import find_set_changes
from ..permissions import KINDS, RequestedPermissions
from .canonical import (
    IMPLICIT,
    PLATFORMS,
    SETS,
    TEXTS,
    TOKENS,
    WEB_TEXTS,
    CanonicalApplication,
    get_claim_key,
    sort_optional_claims,
)
from .roles_and_scopes import ROLE, SCOPE, merge_entitlements

#: Stands for the application id in identifier URIs.
APP_ID_TEXT = "{app_id}"
DEFAULT_AUDIENCE = "AzureADMyOrg"
#: Fields that name the application: what differs in letter case only stays as it is.
_NAMES = ("display_name", "unique_name")
#: Audiences with personal accounts, and the version of access tokens that they need (Microsoft Learn, apiApplication).
PERSONAL_AUDIENCES = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
PERSONAL_TOKEN_VERSION = 2


def desired_application(
    options: t.Mapping[str, t.Any],
    requested: t.Sequence[RequestedPermissions] | None,
    current: CanonicalApplication,
    exclusive: bool,
) -> CanonicalApplication:
    """Return *current* with everything that the options name; what they do not name stays as it is.

    *requested*: the option ``api_permissions`` as ids, None where it is not set. For an application that does not exist,
    *current* is the canonical form of an empty object.
    """
    new = current["object_id"] is None
    found: CanonicalApplication = {"object_id": current["object_id"], "app_id": current["app_id"]}
    for name in TEXTS:
        found[name] = current[name] if options.get(name) is None else options[name] or None
    for name in _NAMES:
        found[name] = keep_spelling(found[name], current[name])
    if new:
        found["sign_in_audience"] = found["sign_in_audience"] or DEFAULT_AUDIENCE
    for name in SETS:
        found[name] = find_set_changes(_fill_in_app_id(options, name, current), current[name], exclusive).after
    for name in PLATFORMS:
        found[name] = _desired_platform(options.get(name) or {}, current[name], exclusive)
    for name in ("enabled", "access_token_version", "group_claims"):
        found[name] = current[name] if options.get(name) is None else options[name]
    if new and options.get("access_token_version") is None and found["sign_in_audience"] in PERSONAL_AUDIENCES:
        found["access_token_version"] = PERSONAL_TOKEN_VERSION
    found["group_claims"] = sorted(set(found["group_claims"]))
    namespace = found["unique_name"] or current["app_id"]
    found["app_roles"] = merge_entitlements(
        ROLE, current["app_roles"], options.get("app_roles"), current["api_scopes"], namespace, exclusive
    )
    found["api_scopes"] = merge_entitlements(
        SCOPE, current["api_scopes"], options.get("api_scopes"), found["app_roles"], namespace, exclusive
    )
    found["api_permissions"] = _desired_permissions(requested, current["api_permissions"], exclusive)
    found["optional_claims"] = _desired_optional_claims(
        options.get("optional_claims") or {}, current["optional_claims"], exclusive
    )
    return found


def _fill_in_app_id(options: t.Mapping[str, t.Any], name: str, current: CanonicalApplication) -> list[str] | None:
    values = options.get(name)
    if name != "identifier_uris" or values is None or current["app_id"] is None:
        return values
    return [value.replace(APP_ID_TEXT, current["app_id"]) for value in values]


def _desired_platform(
    desired: t.Mapping[str, t.Any], current: CanonicalApplication, exclusive: bool
) -> CanonicalApplication:
    found = {**current}
    found["redirect_uris"] = find_set_changes(desired.get("redirect_uris"), current["redirect_uris"], exclusive).after
    for name in WEB_TEXTS:
        if desired.get(name) is not None:
            found[name] = desired[name] or None
    given = desired.get("implicit_grant") or {}
    if given:
        changed = {name: given[name] for name in IMPLICIT if given.get(name) is not None}
        found["implicit_grant"] = {**current["implicit_grant"], **changed}
    return found


def _desired_permissions(
    requested: t.Sequence[RequestedPermissions] | None, current: t.Sequence[CanonicalApplication], exclusive: bool
) -> list[CanonicalApplication]:
    if requested is None:
        return [*current]
    by_api = {entry["api"]: entry for entry in current}
    final = {} if exclusive or not requested else dict(by_api)
    for request in requested:
        api = request.api.app_id
        have = by_api.get(api) or {kind: [] for kind in KINDS}
        final[api] = {
            "api": api,
            **{kind: find_set_changes(request.get_ids(kind), have[kind], exclusive).after for kind in KINDS},
        }
    return [final[api] for api in sorted(final) if any(final[api][kind] for kind in KINDS)]


def _desired_optional_claims(
    desired: t.Mapping[str, t.Any], current: CanonicalApplication, exclusive: bool
) -> CanonicalApplication:
    found: CanonicalApplication = {}
    for token in TOKENS:
        claims = desired.get(token)
        if claims is None:
            found[token] = current[token]
            continue
        final = {} if exclusive or not claims else {get_claim_key(claim): claim for claim in current[token]}
        have = {get_claim_key(claim): claim for claim in current[token]}
        for claim in claims:
            final[get_claim_key(claim)] = _desired_optional_claim(claim, have.get(get_claim_key(claim)))
        found[token] = sort_optional_claims(final.values())
    return found


def _desired_optional_claim(
    desired: t.Mapping[str, t.Any], current: CanonicalApplication | None
) -> CanonicalApplication:
    base = current or {"essential": False, "additional_properties": []}
    properties = desired.get("additional_properties")
    return {
        "name": desired["name"],
        "source": desired.get("source") or None,
        "essential": base["essential"] if desired.get("essential") is None else desired["essential"],
        "additional_properties": base["additional_properties"] if properties is None else sorted(set(properties)),
    }
