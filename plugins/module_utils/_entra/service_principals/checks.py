# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Rules of Entra ID on service principals, checked before anything is written. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import Problems
from ..._core.plan import Plan
from ..option_checks import describe_problem, find_long_texts, find_wrong_tags
from ..signing_certificates.options import OPTION, find_option_problems
from ..uris import explain_home_page, explain_reply_url

_LONGEST = {"description": 1024, "notes": 1024}


def check_service_principal_options(options: t.Mapping[str, t.Any]) -> None:
    """Raise Problems with everything that Entra ID would refuse, as far as the options alone tell."""
    problems = [*find_long_texts(options, _LONGEST), *find_wrong_tags(options.get("tags"))]
    if options.get("login_url"):
        why = explain_home_page(options["login_url"])
        if why:
            problems.append(describe_problem("login_url", f"{options['login_url']!r}: {why}"))
    if options.get(OPTION) is not None:
        problems += find_option_problems(options[OPTION])
    for index, url in enumerate(options.get("reply_urls") or ()):
        why = explain_reply_url(url)
        if why:
            problems.append(describe_problem(f"reply_urls[{index}]", f"{url!r}: {why}"))
    for index, address in enumerate(options.get("notification_emails") or ()):
        if "@" not in address.strip("@") or any(letter.isspace() for letter in address):
            problems.append(describe_problem(f"notification_emails[{index}]", f"{address!r} is not an e-mail address"))
    if problems:
        raise Problems(f"{len(problems)} options of the service principal cannot be used", problems)


def check_service_principal_plan(plan: Plan, wire: t.Mapping[str, t.Any]) -> None:
    """Raise Problems where *plan* deletes the service principal of a managed identity, which Azure creates and deletes."""
    if wire.get("servicePrincipalType") == "ManagedIdentity" and any(step.action == "delete" for step in plan.steps):
        message = "it belongs to a managed identity and is deleted with the Azure resource: delete that resource"
        raise Problems(
            f"Service principal {wire.get('displayName')} cannot be deleted in Entra ID",
            [describe_problem("state", message)],
        )
