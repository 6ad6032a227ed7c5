# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Creation of objects. Commvault has no idempotency key: a lost answer is resolved by reading the list, not by a second POST."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError, mark_outcome_unknown
from .._core.retry import Repeat
from .client import CommvaultClient
from .directory import Directory
from .references import parse_id


def create_object_once(
    client: CommvaultClient,
    directory: Directory,
    kind: str,
    path: str,
    body: t.Mapping[str, t.Any],
    *,
    company_id: int | None,
    intent: str,
) -> int:
    """Create the object that ``body["name"]`` names and return its id. The caller has made sure that the name is free.

    ``company_id`` is that of the company to create it in, 0 for the CommCell, None for where the task acts. If the answer is
    lost, the list is read: an object of this name is the created one, because the name was free before. Raises ApiError, with the
    fact ``outcome: unknown`` when the list does not show the object.
    """

    def shown() -> int | None:
        with mark_outcome_unknown():
            found = directory.reread_catalogue(kind).get(str(body["name"]), company_id)
        return found.id if found else None

    headers = _build_scope_headers(client, company_id)
    try:
        answer = client.write("POST", path, dict(body), intent=intent, repeat=Repeat.IF_REFUSED, headers=headers)
    except ApiError as exc:
        created = shown() if exc.may_have_acted else None
        if created is None:
            if exc.may_have_acted:
                exc.facts["outcome"] = "unknown"
            raise
        return created
    created = parse_id(answer.get("id")) or shown()
    if created is None:
        raise ApiError(
            f"Cannot {intent}: Commvault reported success and does not show it. It may wait for an approval.",
            service="Commvault",
            may_have_acted=True,
        )
    return created


def _build_scope_headers(client: CommvaultClient, company_id: int | None) -> dict[str, str]:
    """Return headers for a company that differs from the task's scope; empty when it does not."""
    return {} if company_id is None or company_id == client.company_id else client.build_company_headers(company_id)
