# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Rules of Entra ID on applications, checked before anything is written. Pure."""

from __future__ import annotations

import itertools
import re
import typing as t

from ..._core.errors import ConfigError, Problems
from ..._core.names import is_same_name
from ..option_checks import Problem, describe_problem, find_excess_owners, find_long_texts, find_wrong_tags
from ..uris import explain_home_page, explain_identifier_uri, explain_logout_url, explain_redirect_uri
from .canonical import PLATFORMS, CanonicalApplication, canonical_application
from .desired import APP_ID_TEXT, PERSONAL_AUDIENCES, PERSONAL_TOKEN_VERSION, desired_application
from .interrupted_change import OWN_TAGS
from .lookup import check_application_ids
from .pending import find_pending_problems
from .roles_and_scopes import ROLE, SCOPE, Entitlement, EntitlementKind

_LONGEST = {"display_name": 256, "description": 1024, "notes": 1024}
#: Microsoft Learn (appRole, permissionScope): up to 120 of these characters, no dot in front.
_VALUE = re.compile(r"[A-Za-z0-9!#$%&'()*+,\-/:;<=>?@\[\]^_`{|}~][A-Za-z0-9!#$%&'()*+,\-./:;<=>?@\[\]^_`{|}~]{0,119}")
#: Microsoft Learn (supported accounts, service limits): the most of each that an application has, and with personal accounts.
_MOST_REDIRECT_URIS = (256, 100)
_MOST_PERSONAL_IDENTIFIER_URIS = 50
_MOST_ENTITLEMENTS = 700
_MOST_APIS = 50
_MOST_PERMISSIONS = (400, 200)
_MOST_PERMISSIONS_OF_API = 30
#: What a role and a scope of one id have in common beside value and state: option of the role, option of the scope.
_SHARED_TEXTS = (("display_name", "admin_consent_display_name"), ("description", "admin_consent_description"))
#: Any application id, in place of one that is not known yet.
_SOME_ID = "00000000-0000-0000-0000-000000000000"


def check_application_options(options: t.Mapping[str, t.Any], check_mode: bool = False) -> None:
    """Raise Problems with everything that Entra ID would refuse, as far as the options alone tell.

    What it would refuse of a new application with these options is told as well, where anything is.
    """
    check_application_ids(options)
    problems = [*_find_option_problems(options), *find_pending_problems(options, check_mode)]
    if problems:
        nothing = canonical_application({})
        after = desired_application(options, None, nothing, bool(options.get("exclusive")))
        raise _build_problems([*problems, *find_rule_problems(after, nothing)])


def _find_option_problems(options: t.Mapping[str, t.Any]) -> list[Problem]:
    problems = [*find_long_texts(options, _LONGEST), *find_wrong_tags(options.get("tags"))]
    problems += [
        describe_problem(f"tags[{index}]", "this collection uses such tags itself")
        for index, tag in enumerate(options.get("tags") or ())
        if tag.startswith(OWN_TAGS)
    ]
    for index, uri in enumerate(options.get("identifier_uris") or ()):
        why = None if uri else "it is empty"
        if uri.endswith("/"):
            why = "an identifier URI does not end with a slash"
        if why:
            problems.append(describe_problem(f"identifier_uris[{index}]", why))
    for name in PLATFORMS:
        for index, uri in enumerate((options.get(name) or {}).get("redirect_uris") or ()):
            if not uri:
                problems.append(describe_problem(f"{name}.redirect_uris[{index}]", "it is empty"))
    problems += find_excess_owners(options.get("owners"), "an application")
    for kind in (ROLE, SCOPE):
        problems += _find_entitlement_problems(kind, options.get(kind.option) or ())
    return problems


def _find_entitlement_problems(kind: EntitlementKind, entries: t.Sequence[t.Mapping[str, t.Any]]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        where, value = f"{kind.option}[{index}]", entry["value"]
        if not _VALUE.fullmatch(value):
            message = (
                f"the value of an {kind.noun} has 1 to 120 characters, no blanks and no dot in front, and only ASCII letters,"
                " digits and ! # $ % & ' ( ) * + , - . / : ; < = > ? @ [ ] ^ _ ` { | } ~"
            )
            problems.append(describe_problem(f"{where}.value", message))
        for key in filter(None, (value, (entry.get("id") or "").lower())):
            if key in seen:
                problems.append(describe_problem(where, f"has the same value or id as {kind.option}[{seen[key]}]"))
            seen[key] = index
        if entry.get("allowed_member_types") == []:
            problems.append(describe_problem(f"{where}.allowed_member_types", "give User, Application or both"))
    return problems


def check_desired_application(
    options: t.Mapping[str, t.Any], after: CanonicalApplication, current: CanonicalApplication
) -> None:
    """Raise ConfigError or Problems where Entra ID would refuse to make *current* into *after*.

    *current* is the canonical form of an empty object for an application that does not exist.
    """
    if current["object_id"] is None and not options.get("display_name"):
        raise ConfigError(
            f"No application {options.get('unique_name')} exists, and creating it needs display_name",
            source="option display_name",
        )
    for kind in (ROLE, SCOPE):
        ids = [entry["id"] for entry in after[kind.option] if entry["id"]]
        twice = sorted({item for item in ids if ids.count(item) > 1})
        if twice:
            raise ConfigError(
                f"{kind.option}: two entries would have the id {twice[0]}: one gets it because of its value, the other has it as id",
                source=f"option {kind.option}",
            )
    problems = find_rule_problems(after, current)
    if problems:
        raise _build_problems(problems)


def find_rule_problems(after: CanonicalApplication, current: CanonicalApplication) -> list[Problem]:
    """Return what breaks a fixed rule of Entra ID in *after*; what *current* has already is not judged."""
    personal = after["sign_in_audience"] in PERSONAL_AUDIENCES
    audience = after["sign_in_audience"] if after["sign_in_audience"] != current["sign_in_audience"] else None
    return [
        *(_find_audience_problems(after, current, audience) if personal else ()),
        *_find_uri_problems(after, current, personal, bool(audience)),
        *_find_sharing_problems(after, current),
        *_find_permission_problems(after, current, personal),
    ]


def _find_audience_problems(
    after: CanonicalApplication, current: CanonicalApplication, changed: str | None
) -> list[Problem]:
    problems = []
    version = after["access_token_version"]
    if version != PERSONAL_TOKEN_VERSION and (changed or version != current["access_token_version"]):
        message = (
            f"the audience {after['sign_in_audience']} includes personal accounts, which need access_token_version 2"
        )
        problems.append(describe_problem("access_token_version", message))
    if after["app_roles"] and (changed or after["app_roles"] != current["app_roles"]):
        message = (
            f"an application whose audience includes personal accounts cannot have any ({after['sign_in_audience']})"
        )
        problems.append(describe_problem("app_roles", message))
    return problems


def _find_uri_problems(
    after: CanonicalApplication, current: CanonicalApplication, personal: bool, all_of_them: bool
) -> list[Problem]:
    """Return the problems of URIs that are added; of all of them where personal accounts are let in.

    Empty ones, and identifier URIs that end with a slash, are problems of the options already.
    """
    judge_all = personal and all_of_them
    problems = _find_duplicate_uris(after, current)
    for uri in after["identifier_uris"]:
        why = explain_identifier_uri(uri.replace(APP_ID_TEXT, _SOME_ID), personal=personal)
        if why and not uri.endswith("/") and uri and (judge_all or uri not in current["identifier_uris"]):
            problems.append(describe_problem("identifier_uris", f"{uri!r}: {why}"))
    if personal and len(after["identifier_uris"]) > max(
        _MOST_PERSONAL_IDENTIFIER_URIS, len(current["identifier_uris"])
    ):
        message = f"at most {_MOST_PERSONAL_IDENTIFIER_URIS} where personal accounts may sign in"
        problems.append(describe_problem("identifier_uris", message))
    for name in PLATFORMS:
        had = current[name]["redirect_uris"]
        for uri in after[name]["redirect_uris"]:
            why = explain_redirect_uri(uri, platform=name, personal=personal)
            if why and uri and (judge_all or uri not in had):
                problems.append(describe_problem(f"{name}.redirect_uris", f"{uri!r}: {why}"))
    for name, why in _explain_web_addresses(after["web"], personal).items():
        if why and (judge_all or after["web"][name] != current["web"][name]):
            problems.append(describe_problem(f"web.{name}", f"{after['web'][name]!r}: {why}"))
    total, before = (sum(len(form[name]["redirect_uris"]) for name in PLATFORMS) for form in (after, current))
    most = _MOST_REDIRECT_URIS[personal]
    if total > max(most, before):
        message = f"an application has at most {most} on all platforms together, this one would have {total}"
        problems.append(describe_problem("redirect_uris", message))
    return problems


def _explain_web_addresses(web: t.Mapping[str, t.Any], personal: bool) -> dict[str, str | None]:
    return {
        "logout_url": explain_logout_url(web["logout_url"], personal=personal) if web["logout_url"] else None,
        "home_page_url": explain_home_page(web["home_page_url"]) if web["home_page_url"] else None,
    }


def _find_duplicate_uris(after: CanonicalApplication, current: CanonicalApplication) -> list[Problem]:
    """Return the problems of URIs that are the same to Entra ID: identifier URIs but for letter case, redirect URIs of two platforms."""
    problems = []
    added = [uri for uri in after["identifier_uris"] if uri not in current["identifier_uris"]]
    for number, uri in enumerate(after["identifier_uris"]):
        for other in after["identifier_uris"][number + 1 :]:
            if is_same_name(uri, other) and (uri in added or other in added):
                message = f"{uri!r} and {other!r} differ only in upper and lower case, and Entra ID treats them as one"
                problems.append(describe_problem("identifier_uris", message))
    for name, other in itertools.combinations(PLATFORMS, 2):
        had = {*current[name]["redirect_uris"]} & {*current[other]["redirect_uris"]}
        for uri in sorted({*after[name]["redirect_uris"]} & {*after[other]["redirect_uris"]} - had):
            message = f"{uri!r} is also in {other}.redirect_uris: a redirect URI belongs to one platform only"
            problems.append(describe_problem(f"{name}.redirect_uris", message))
    return problems


def _find_sharing_problems(after: CanonicalApplication, current: CanonicalApplication) -> list[Problem]:
    """Return the problems of roles and scopes beside each other: of one value or of one id they are one entry in two lists."""
    problems = []
    known = [*current["app_roles"], *current["api_scopes"]]
    for role in after["app_roles"]:
        for scope in after["api_scopes"]:
            same_value = role["value"] is not None and role["value"] == scope["value"]
            same_id = role["id"] is not None and role["id"] == scope["id"]
            if not (same_value or same_id) or (role in known and scope in known):
                continue
            problems += _compare_shared(role, scope, same_value, same_id)
    total, before = (len(form["app_roles"]) + len(form["api_scopes"]) for form in (after, current))
    if total > max(_MOST_ENTITLEMENTS, before):
        message = f"an application has at most {_MOST_ENTITLEMENTS} app roles and scopes, this one would have {total}"
        problems.append(describe_problem("app_roles", message))
    return problems


def _compare_shared(role: Entitlement, scope: Entitlement, same_value: bool, same_id: bool) -> list[Problem]:
    where = f"app_roles and api_scopes, value {role['value']}"
    if not same_value:
        message = f"app role {role['value']} and scope {scope['value']} have the same id, although their values differ"
        return [describe_problem(where, message)]
    if role["id"] and scope["id"] and not same_id:
        message = (
            f"an app role and a scope with the same value need the same id; these have {role['id']} and {scope['id']}"
        )
        return [describe_problem(where, message)]
    different = [
        f"{ours} {role[ours]!r} and {theirs} {scope[theirs]!r}"
        for ours, theirs in (*_SHARED_TEXTS, ("enabled", "enabled"))
        if role[ours] != scope[theirs]
    ]
    if not different:
        return []
    message = "an app role and a scope with the same value are one permission for Entra ID; these differ: " + "; ".join(
        different
    )
    return [describe_problem(where, message)]


def _find_permission_problems(
    after: CanonicalApplication, current: CanonicalApplication, personal: bool
) -> list[Problem]:
    if after["api_permissions"] == current["api_permissions"]:
        return []
    counts = [len(entry["application"]) + len(entry["delegated"]) for entry in after["api_permissions"]]
    problems = []
    if len(counts) > _MOST_APIS:
        problems.append(describe_problem("api_permissions", f"at most {_MOST_APIS} APIs"))
    most = _MOST_PERMISSIONS[personal]
    if sum(counts) > most:
        problems.append(describe_problem("api_permissions", f"at most {most} permissions in all, not {sum(counts)}"))
    if personal and any(count > _MOST_PERMISSIONS_OF_API for count in counts):
        message = f"at most {_MOST_PERMISSIONS_OF_API} permissions of one API where personal accounts may sign in"
        problems.append(describe_problem("api_permissions", message))
    return problems


def _build_problems(problems: t.Sequence[Problem]) -> Problems:
    unique = list({(problem["where"], problem["message"]): problem for problem in problems}.values())
    return Problems(f"{len(unique)} options of the application cannot be used", unique)
