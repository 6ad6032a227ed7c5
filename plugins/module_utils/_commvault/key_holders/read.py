# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads of what signs in to Entra ID with a key of its own. Nothing is written: no answer tells which key a client has, and the SDK writes
the list of its applications as a whole, with the secrets of all of them, which nobody can read.
"""

from __future__ import annotations

import typing as t

from ..._core.errors import BadAnswer
from ..._core.parallel import map_in_parallel
from ..._core.values import get_object, get_objects
from ..client import CommvaultClient
from ..references import parse_id
from .canonical import OFFICE_CLIENT, KeyHolder, list_shown_secrets, parse_key_servers, parse_office_holders

Wire = dict[str, t.Any]
#: Numbers of agents whose applications stand elsewhere than in their instance (SDK).
_SHAREPOINT, _EXCHANGE = 78, 137
#: What the list of Microsoft 365 clients has to be asked for apart.
_DYNAMICS = 5
#: The instance of agents that have no others; it has no properties (SDK, instance).
_DEFAULT_INSTANCE = 1
#: For a client whose agents have properties, and not their ids alone.
_ALL_PROPERTIES = "30"


class KeyHolders:
    """What a CommCell has that signs in as an application with a key that it keeps itself."""

    def __init__(self, client: CommvaultClient, at_most: int = 1) -> None:
        self._client, self._at_most = client, at_most

    def list_office_clients(self) -> list[KeyHolder] | None:
        """Return the applications of all Microsoft 365 and Dynamics 365 clients; None where the release lists no such clients.

        Two requests, and two or three for each client.
        """
        found: dict[int, str] = {}
        is_offered = False
        for params in (None, {"agentType": str(_DYNAMICS)}):
            answer = self._get("Office365/entities", "list Microsoft 365 clients", params)
            is_offered = is_offered or answer is not None
            for row in get_objects(answer, "o365Client"):
                number, name = parse_id(row.get("clientId")), row.get("clientName")
                if number is None or not name:
                    raise BadAnswer(
                        "Commvault lists a Microsoft 365 client without its id or name.", member="o365Client"
                    )
                found.setdefault(number, str(name))
        if not is_offered:
            return None
        parts = map_in_parallel(
            self._read_office_client, list(found.items()), self._at_most, self._client.ctx, "Microsoft 365 clients read"
        )
        return [holder for part in parts for holder in part]

    def list_key_servers(self) -> list[KeyHolder] | None:
        """Return the key management servers that sign in to Entra ID; None where the release lists no such servers. One request."""
        answer = self._get("CommCell/KeyManagementServers", "list key management servers")
        return None if answer is None else parse_key_servers(answer)

    def _read_office_client(self, client: tuple[int, str]) -> list[KeyHolder]:
        """Return the applications that a client signs in as; one that is not known where nothing shows any: that it is there is known."""
        number, name = client
        intent = f"read the applications of Microsoft 365 client {name}"
        rows = get_objects(self._get("Instance", intent, {"clientId": str(number)}), "instanceProperties")
        found = parse_office_holders(name, rows)
        seen: set[int] = set()
        for instance in [] if found else [get_object(row, "instance") for row in rows]:
            agent = parse_id(instance.get("applicationId")) or 0
            if agent in seen and agent in (_SHAREPOINT, _EXCHANGE):
                continue
            seen.add(agent)
            found += parse_office_holders(name, self._read_agent(number, agent, instance, intent))
        return list(dict.fromkeys(found)) or [KeyHolder(OFFICE_CLIENT, name)]

    def _read_agent(self, client: int, agent: int, instance: t.Mapping[str, t.Any], intent: str) -> t.Any:
        """Return what shows the applications of one agent of a client: of an instance, for most kinds."""
        of_agent = {"clientId": str(client), "applicationId": str(agent), "propertyLevel": _ALL_PROPERTIES}
        if agent == _EXCHANGE:
            return self._get("Agent", intent, of_agent)
        if agent == _SHAREPOINT:
            rows = get_objects(self._get("Backupset", intent, of_agent), "backupsetProperties")
            if parse_office_holders("", rows):
                return rows
            sets = [parse_id(get_object(row, "backupSetEntity").get("backupsetId")) for row in rows]
            return [self._get(f"Backupset/{number}", intent) for number in sets if number]
        number = parse_id(instance.get("instanceId"))
        params = {"association/entity/clientId": str(client), "association/entity/applicationId": str(agent)}
        return self._get(f"Instance/{number}", intent, params) if number and number != _DEFAULT_INSTANCE else None

    def _get(self, path: str, intent: str, params: t.Mapping[str, t.Any] | None = None) -> Wire | None:
        """Return an answer, and keep what it may show of secrets out of all output."""
        answer = self._client.get(path, intent=intent, params=params, unknown_ok=True)
        for secret in list_shown_secrets(answer):
            self._client.ctx.secrets.add(secret)
        return answer
