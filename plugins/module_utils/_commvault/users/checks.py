# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of a user before it is planned. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError, Problems
from ..name_checks import find_name_fault
from ..releases import SERVICE_ACCOUNTS, check_feature
from .canonical import BUILT_IN_USER_ID, KIND_WORDS, Kind, User

#: By kind, the options that its users do not have, and why.
_FOREIGN_OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "external": (
        ("password", "user_groups"),
        "a directory user has its password in the directory, and its groups cannot be changed here: list the user "
        "in members of commvault_user_group",
    ),
    "service_account": (
        ("email", "user_principal_name", "password"),
        "a service account has no e-mail address and no password; it signs in with access tokens (commvault_access_token)",
    ),
}

Problem: t.TypeAlias = dict[str, str]


def check_options(options: t.Mapping[str, t.Any]) -> None:
    """Raise ConfigError for one, Problems for several things that the options say wrong; no request is needed for that."""
    found = _check_absent(options) if options["state"] == "absent" else _check_present(options)
    fault = find_user_name_fault(options["name"], options.get("kind"))
    if fault is not None:
        found.insert(0, _make_problem("name", fault))
    if len(found) == 1:
        raise ConfigError(f"{found[0]['where']}: {found[0]['message']}.", source=f"option {found[0]['where']}")
    if found:
        raise Problems(f"User {options['name']} cannot be planned:", found)


def find_user_name_fault(name: str, kind: str | None) -> str | None:
    r"""Return what is wrong with the name of a user; None when nothing is. Users of a directory are ``DOMAIN\name``, others have no domain."""
    fault = find_name_fault(name)
    if fault is not None:
        return fault
    domain, separator, short = name.partition("\\")
    if kind == "external" and (not separator or not domain.strip() or not short.strip() or "\\" in short):
        return f"{name} does not have the form DOMAIN\\name, which a directory user needs (kind external)"
    if kind in ("local", "service_account") and separator:
        return (
            f"{name} is the name of a directory user, which is kind external. If you mean a company, give it in the "
            "option company, not in the name"
        )
    return None


def _check_present(options: t.Mapping[str, t.Any]) -> list[Problem]:
    kind = options["kind"]
    names, why = _FOREIGN_OPTIONS.get(kind, ((), ""))
    found = [_make_problem(name, f"{why}. Leave it out") for name in names if options.get(name) is not None]
    if kind == "local":
        if options["password_policy"] == "always" and options.get("password") is None:
            found.append(
                _make_problem(
                    "password_policy", "with this setting the password is always written, so password is needed"
                )
            )
        if options.get("email") is not None and not options["email"].strip():
            found.append(_make_problem("email", "a local user needs an e-mail address"))
    found += [
        _make_problem(name, "use it with state absent only")
        for name in ("new_owner", "skip_ownership_transfer")
        if options.get(name)
    ]
    return found


def _check_absent(options: t.Mapping[str, t.Any]) -> list[Problem]:
    if options.get("new_owner") and options["skip_ownership_transfer"]:
        return [_make_problem("skip_ownership_transfer", "give either this or new_owner, not both")]
    if not options.get("new_owner") and not options["skip_ownership_transfer"]:
        message = "say who gets what the user owns, as {user: …} or {user_group: …}; or set skip_ownership_transfer: true, and nobody gets it"
        return [_make_problem("new_owner", message)]
    return []


def check_release(kind: str | None, release: int) -> None:
    """Raise ConfigError for a service account where the release has none. *release*: 0 where it is not known, which is no fault."""
    if kind == "service_account":
        check_feature("kind", SERVICE_ACCOUNTS, release)


def check_kind(current: User, kind: Kind | None) -> None:
    """Raise ConfigError for a user of another kind than asked for. One of which the kind is not shown may be a service account."""
    may_be: tuple[Kind | None, ...] = ("local", "service_account") if current.kind is None else (current.kind,)
    if kind is None or kind in may_be:
        return
    told = " or ".join(KIND_WORDS[one] for one in may_be if one is not None)
    raise ConfigError(
        f"kind: user {current.name} exists and is {told}, not {KIND_WORDS[kind]}. The kind of a user cannot be "
        "changed: choose another name, or"
        " delete that one first.",
        source="option kind",
    )


def check_is_complete(options: t.Mapping[str, t.Any]) -> None:
    """Raise ConfigError where a new user lacks what Commvault wants of it (Commvault documentation: local users need an address)."""
    if options["kind"] == "local" and not options.get("email"):
        raise ConfigError(
            f"email: there is no user {options['name']}, and a new local user needs an e-mail address.",
            source="option email",
        )


def check_may_be_deleted(user_id: int, name: str) -> None:
    """Raise ConfigError for the built-in user."""
    if user_id == BUILT_IN_USER_ID:
        raise ConfigError(f"User {name} is built in and cannot be deleted.", source="option name")


def check_validation_password(options: t.Mapping[str, t.Any], method_source: str) -> None:
    """Raise ConfigError where nothing can prove that the caller may change a password. *method_source*: where the sign-in method came from."""
    method = options["commvault_auth_method"]
    if options.get("validation_password") is None and (method != "password" or not options.get("commvault_password")):
        raise ConfigError(
            "password: to change the password of an existing user, Commvault also needs the password of the signed-in user or the"
            f" user's old one, and commvault_auth_method {method} ({method_source}) has none. Set commvault_auth_method to"
            " password for this task, or give validation_password.",
            source="option password",
        )


def _make_problem(where: str, message: str) -> Problem:
    return {"kind": "config", "where": where, "message": message}
