# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What was read, by what keys and consumers are joined by, and what is found of a consumer's key. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..._core.names import fold_case
from .facts import CLIENT_KINDS, ENTRA, READ, Application, Consumer, ExpiryFacts, Key


@dataclass(frozen=True)
class Held:
    """A consumer with what is known of its key: the key itself, or why it is not known, or that there is none."""

    consumer: Consumer
    key: Key | None = None
    application: str | None = None
    unknown: str | None = None
    is_missing: bool = False


class Index:
    """The facts by what rows are joined by; an application that was not found is in none of it."""

    def __init__(self, facts: ExpiryFacts) -> None:
        self.facts = facts
        self.applications: dict[str, Application] = {}
        self.by_identifier: dict[str, dict[str | None, Application]] = {}
        self.keys_by_id: dict[str, list[Key]] = {}
        self.keys_by_application: dict[str | None, list[Key]] = {}
        self.credentials: dict[tuple[str, str], list[Consumer]] = {}
        self.callers = {source["caller_app_id"] for source in facts["sources"]} - {None}
        for item in facts["applications"]:
            if item["is_found"]:
                self.applications.setdefault(str(item["app_id"]), item)
                for identifier in item["identifiers"]:
                    self.by_identifier.setdefault(identifier, {})[item["app_id"]] = item
        for consumer in facts["consumers"]:
            if consumer["kind"] == "credential":
                place = consumer["commcell"], fold_case(consumer["name"])
                self.credentials.setdefault(place, []).append(consumer)
        for key in facts["key_list"]:
            self.keys_by_application.setdefault(key["app_id"], []).append(key)
            if key["kind"] in CLIENT_KINDS:
                self.keys_by_id.setdefault(fold_case(key["key_id"]), []).append(key)

    def was_read(self, what: str) -> bool:
        """Return whether this part of Entra ID was read, wherever it was asked for."""
        told = [item["status"] for item in self.facts["sources"] if item["service"] == ENTRA and item["what"] == what]
        return bool(told) and all(status == READ for status in told)

    def was_tenant_read(self, tenant_id: str) -> bool:
        """Return whether all applications of this tenant were read."""
        return any(
            item["complete"] and item["status"] == READ and fold_case(str(item["tenant_id"])) == fold_case(tenant_id)
            for item in self.facts["sources"]
        )
