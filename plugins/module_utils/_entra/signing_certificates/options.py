# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The option ``signing_certificate``: its spec, and what it asks for. Pure."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ..._core.thumbprints import parse_thumbprint
from ..certificates.key_pair import LONGEST_NAME, is_common_name
from ..option_checks import Problem, describe_problem

OPTION = "signing_certificate"
#: Microsoft Learn (addTokenSigningCertificate): three years from when it is made, at most; no leap day is counted on.
LONGEST_LIFETIME_DAYS = 1095
#: Words of ``activate`` in place of a thumbprint.
NEVER, FIRST = "never", "first"
_PREFIX = "CN="
#: What has a meaning in a distinguished name (RFC 4514).
_SPECIAL = frozenset(',+"\\<>;=#')
_UNNAMED = "Token signing"

SIGNING_CERTIFICATE_SPEC: dict[str, t.Any] = {
    "type": "dict",
    "no_log": False,
    "options": {
        "name": {"type": "str"},
        "lifetime_days": {"type": "int", "default": LONGEST_LIFETIME_DAYS},
        "renew_before_days": {"type": "int", "default": 30},
        "activate": {"type": "str", "default": NEVER},
        "remove": {"type": "list", "elements": "str", "default": []},
    },
}


@dataclass(frozen=True)
class Wanted:
    """What there shall be. ``activate``: NEVER, FIRST, or the thumbprint of the one to activate; ``remove``: thumbprints.

    ``name``: the common name of a new certificate, None for that of the application.
    """

    name: str | None
    lifetime: datetime.timedelta
    renew_before: datetime.timedelta
    activate: str
    remove: frozenset[str]

    @property
    def activated_thumbprint(self) -> str | None:
        """The thumbprint of the one certificate to activate, None where none is named."""
        return None if self.activate in (NEVER, FIRST) else self.activate


def find_option_problems(asked: t.Mapping[str, t.Any]) -> list[Problem]:
    """Return everything that is wrong with the option as far as it tells by itself."""
    problems: list[Problem] = []

    def add(name: str, message: str) -> None:
        problems.append(describe_problem(f"{OPTION}.{name}", message))

    name = None if asked.get("name") is None else _strip_prefix(asked["name"])
    if name is not None and (not is_common_name(name) or name != name.strip() or not _SPECIAL.isdisjoint(name)):
        add(
            "name",
            f"the common name of a certificate has 1 to {LONGEST_NAME} characters in one line, none of {' '.join(sorted(_SPECIAL))}, and no"
            " blanks at its ends",
        )
    lifetime = asked["lifetime_days"]
    if not 1 <= lifetime <= LONGEST_LIFETIME_DAYS:
        add("lifetime_days", f"{lifetime} is not between 1 and {LONGEST_LIFETIME_DAYS}, the most that Entra ID allows")
    elif not 0 <= asked["renew_before_days"] < lifetime:
        add(
            "renew_before_days",
            f"{asked['renew_before_days']} is not between 0 and {lifetime - 1}: it has to be less than lifetime_days, or each run would add"
            " another certificate",
        )
    if asked["activate"] not in (NEVER, FIRST) and parse_thumbprint(asked["activate"]) is None:
        add("activate", f"it is not {NEVER}, {FIRST} or a thumbprint (SHA-1 or SHA-256)")
    for index, text in enumerate(asked["remove"]):
        if parse_thumbprint(text) is None:
            add(f"remove[{index}]", "it is not a thumbprint (SHA-1 or SHA-256)")
    return problems


def read_wanted(asked: t.Mapping[str, t.Any]) -> Wanted:
    """Return what the option asks for, where :func:`find_option_problems` finds nothing."""
    return Wanted(
        name=None if asked.get("name") is None else _strip_prefix(asked["name"]),
        lifetime=datetime.timedelta(days=asked["lifetime_days"]),
        renew_before=datetime.timedelta(days=asked["renew_before_days"]),
        activate=parse_thumbprint(asked["activate"]) or asked["activate"],
        remove=frozenset(parsed for text in asked["remove"] if (parsed := parse_thumbprint(text))),
    )


def build_subject(name: str | None, display_name: str) -> str:
    """Return the subject of a new certificate; where no *name* is asked for, that of the application, as far as a certificate can have it."""
    if name is None:
        packed = "".join(" " if letter in _SPECIAL or not letter.isprintable() else letter for letter in display_name)
        name = " ".join(packed.split())[:LONGEST_NAME].strip() or _UNNAMED
    return _PREFIX + name


def _strip_prefix(name: str) -> str:
    return name[len(_PREFIX) :] if name[: len(_PREFIX)].upper() == _PREFIX else name
