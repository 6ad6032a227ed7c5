# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""addPassword, removePassword, and passwords in create and PATCH bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import bad_request, invalid_value
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse
from cvops_simulator.entra.graph.policies import check_password_policy
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.schema import BodyError, check_body, parse_date_time
from cvops_simulator.entra.secrets import add_secret, make_secret_text, remove_secret
from cvops_simulator.entra.tenant import TABLES, format_graph_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind

_TWO_YEARS = 730 * 86400.0
_WRITE = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy*")
_NOT_SENT = frozenset({"secretText", "hint", "keyId"})
_PERSONAL = ("AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")


@dataclass
class PendingPassword:
    """A checked password of a create body: `shown` goes out, calling it stores the secret."""

    shown: Row
    store: Callable[[], None]

    def __call__(self) -> None:
        """Store the secret."""
        self.store()


def _add_dates(call: Call, wanted: Row) -> Row:
    """Return the wanted credential with its dates, checked."""
    start = wanted.get("startDateTime") or call.tenant.now()
    begin = parse_date_time(start)
    end = wanted.get("endDateTime") or format_graph_time(begin + _TWO_YEARS)
    if parse_date_time(end) <= begin:
        raise bad_request("The value of endDateTime must be later than startDateTime.", "InvalidKeyEndDate", "EndDate")
    return {**wanted, "startDateTime": start, "endDateTime": end}


def create_password(call: Call, kind: Kind, owner: Row, wanted: Row) -> PendingPassword:
    """Check a password of a create body and make its text; it is stored when the result is called."""
    values = {**_add_dates(call, wanted), "keyId": call.tenant.new_id()}
    check_password_policy(call, kind, owner, values)
    text = make_secret_text(call.tenant.random)
    shown = {"customKeyIdentifier": None, "displayName": None, **values, "hint": text[:3], "secretText": text}

    def keep() -> None:
        current = call.tenant.store.primary().get(TABLES[kind], owner["id"]) or owner
        add_secret(call.tenant, kind, current, values, text)

    return PendingPassword(shown, keep)


def check_patched_passwords(row: Row, body: Row) -> None:
    """Refuse passwords that PATCH would add or edit; entries that are sent back unchanged stay, others go."""
    if "passwordCredentials" not in body:
        return
    known = {item["keyId"]: item for item in row["passwordCredentials"]}
    kept = []
    for item in body["passwordCredentials"]:
        current = known.get(str(item.get("keyId", "")).lower())
        if current is None:
            raise invalid_value("passwordCredentials", "Application")
        if any(item.get(name, current[name]) != current[name] for name in current if name != "secretText"):
            text = f"Update to existing credential with KeyId '{current['keyId']}' is not allowed."
            raise bad_request(text, "KeyNotUpdatable", "passwordCredentials")
        kept.append(current)
    body["passwordCredentials"] = kept


def _get_kind(call: Call) -> Kind:
    return "application" if call.request.path.lower().startswith("/applications") else "servicePrincipal"


def _add(call: Call) -> GraphResponse:
    kind = _get_kind(call)
    owner = call.require(kind, call.arguments[0])
    wanted = call.parameters("passwordCredential").get("passwordCredential") or {}
    sent = [name for name in _NOT_SENT if wanted.get(name)] if isinstance(wanted, dict) else []
    if sent:
        raise invalid_value(sent[0], "PasswordCredential")
    values = _add_dates(call, _check_password(wanted))
    check_password_policy(call, kind, owner, values)
    if owner["signInAudience"] in _PERSONAL and len(owner["passwordCredentials"]) >= 2:
        raise bad_request("The number of password credentials exceeds the limit of 2.", "TooManyAppPasswords")
    credential = add_secret(call.tenant, kind, owner, values)
    context = f"{call.root}/$metadata#microsoft.graph.passwordCredential"
    return GraphResponse(200, {"@odata.context": context, **credential})


def _check_password(wanted: Row) -> Row:
    try:
        return check_body("passwordCredential", wanted)
    except BodyError as error:
        raise bad_request(str(error)) from error


def _remove(call: Call) -> GraphResponse:
    kind = _get_kind(call)
    owner = call.require(kind, call.arguments[0])
    key_id = call.parameters("keyId").get("keyId")
    if not isinstance(key_id, str):
        raise invalid_value("keyId", "PasswordCredential")
    seen = call.view.get(TABLES[kind], owner["id"]) or owner
    known = any(item["keyId"] == key_id.lower() for item in seen["passwordCredentials"])
    if not known or not remove_secret(call.tenant, kind, owner, key_id):
        raise bad_request(f"No password credential found with keyId {key_id}.")
    return NO_CONTENT


ROUTES = tuple(
    Route("POST", f"/{collection}/{{}}/{action}", handler, _WRITE)
    for collection in ("applications", "servicePrincipals")
    for action, handler in (("addPassword", _add), ("removePassword", _remove))
)
