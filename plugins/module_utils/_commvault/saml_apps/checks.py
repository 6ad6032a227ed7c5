# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of a SAML app's options before anything is read, and of what is asked for before anything is written. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import ConfigError, Problems
from ..app_associations import Association
from ..console_urls import clean_console_urls
from ..secret_marks import CERTIFICATE, split_mark
from .canonical import NAME_IDS, SamlSettings

_SUFFIX = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,}")
_LONGEST_CLAIM = 1024


def check_saml_options(options: dict[str, t.Any]) -> None:
    """Raise Problems with everything that the options alone tell; addresses get their canonical form."""
    problems: list[dict[str, str]] = []

    def note(where: str, message: str) -> None:
        problems.append({"kind": "config", "where": where, "message": message})

    for name in ("service_provider_endpoint", "service_provider_aliases"):
        value = options.get(name)
        if value is None:
            continue
        try:
            cleaned = clean_console_urls([value] if isinstance(value, str) else value, name)
        except ConfigError as exc:
            note(name, str(exc).removeprefix(f"{name}: "))
        else:
            options[name] = cleaned[0] if isinstance(value, str) else cleaned
    if split_mark(options.get("description"), CERTIFICATE).fingerprint is not None:
        note("description", "its last line is the mark that this task writes for the certificate; leave that line out")
    for index, suffix in enumerate((options.get("associations") or {}).get("email_suffixes") or ()):
        if _SUFFIX.fullmatch(suffix) is None:
            note(
                f"associations.email_suffixes[{index}]",
                f"{suffix!r} is not the part of an address after the @, such as corp.example",
            )
    for name, claim in (options.get("attribute_mappings") or {}).items():
        if claim and (len(claim) > _LONGEST_CLAIM or not claim.isprintable() or claim != claim.strip()):
            note(
                f"attribute_mappings.{name}",
                "it is not a valid name of a SAML attribute: it is too long, has blanks around it or contains line breaks",
            )
    if problems:
        raise Problems(f"The options of the SAML app {options['name']} cannot be used:", problems)


def check_auto_create(
    options: t.Mapping[str, t.Any], after: SamlSettings, associations: t.Iterable[Association]
) -> None:
    """Raise ConfigError where users cannot be created at sign-in, for lack of what names them (Commvault documentation: automatic creation)."""
    if not options.get("auto_create_users"):
        return
    if not any(item.kind == "email_suffixes" for item in associations):
        raise ConfigError(
            "auto_create_users: Commvault creates only users with an associated e-mail suffix; give one in associations.email_suffixes",
            source="option auto_create_users",
        )
    if after.name_id is not None and after.name_id not in NAME_IDS:
        raise ConfigError(
            f"auto_create_users: the NameID of the app contains {after.name_id!r}, but Commvault creates users only "
            "by e-mail address or user principal name: set name_id",
            source="option auto_create_users",
        )
