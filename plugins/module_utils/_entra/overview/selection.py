# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which properties of Graph's objects a snapshot keeps, as data, and the rows that are made of them. Pure.

A property that is not named here is left out: secrets, hints of them and key material are in no table.
"""

from __future__ import annotations

import json
import typing as t

from ..._core.errors import BadAnswer
from ..._core.values import is_guid
from ..._core.visible import repair_strings
from ..applications.canonical import SELECT as APPLICATION_SELECT
from ..service_principals.plan import SELECT as PRINCIPAL_SELECT
from .document import Row

Wire: t.TypeAlias = t.Mapping[str, t.Any]
#: The kinds of values: text, a directory object's id, true or false, a number, a set of texts; a table is an object, a list of one table a set.
TEXT, ID, FLAG, NUMBER, TEXTS = "text", "id", "flag", "number", "texts"
Kind: t.TypeAlias = "str | Table | list[Table]"
Table: t.TypeAlias = "dict[str, Kind]"

_PASSWORD: Table = {"keyId": TEXT, "displayName": TEXT, "startDateTime": TEXT, "endDateTime": TEXT}
_KEY: Table = {**_PASSWORD, "customKeyIdentifier": TEXT, "type": TEXT, "usage": TEXT}
_ROLE: Table = {
    "id": ID,
    "value": TEXT,
    "displayName": TEXT,
    "description": TEXT,
    "allowedMemberTypes": TEXTS,
    "isEnabled": FLAG,
    "origin": TEXT,
}
_SCOPE: Table = {
    "id": ID,
    "value": TEXT,
    "type": TEXT,
    "adminConsentDisplayName": TEXT,
    "adminConsentDescription": TEXT,
    "userConsentDisplayName": TEXT,
    "userConsentDescription": TEXT,
    "isEnabled": FLAG,
}
_CLAIM: Table = {"name": TEXT, "source": TEXT, "essential": FLAG, "additionalProperties": TEXTS}
USER: Table = {
    "id": ID,
    "displayName": TEXT,
    "userPrincipalName": TEXT,
    "mail": TEXT,
    "accountEnabled": FLAG,
    "userType": TEXT,
    "onPremisesSyncEnabled": FLAG,
    "createdDateTime": TEXT,
}
DELETED_USER: Table = {**USER, "deletedDateTime": TEXT}
GROUP: Table = {
    "id": ID,
    "displayName": TEXT,
    "description": TEXT,
    "uniqueName": TEXT,
    "mailNickname": TEXT,
    "securityEnabled": FLAG,
    "mailEnabled": FLAG,
    "groupTypes": TEXTS,
    "membershipRule": TEXT,
    "isAssignableToRole": FLAG,
    "onPremisesSyncEnabled": FLAG,
    "createdDateTime": TEXT,
}
DELETED_GROUP: Table = {"id": ID, "displayName": TEXT, "deletedDateTime": TEXT}
APPLICATION: Table = {
    "id": ID,
    "appId": ID,
    "uniqueName": TEXT,
    "displayName": TEXT,
    "description": TEXT,
    "notes": TEXT,
    "signInAudience": TEXT,
    "isDisabled": FLAG,
    "tags": TEXTS,
    "identifierUris": TEXTS,
    "groupMembershipClaims": TEXT,
    "web": {
        "redirectUris": TEXTS,
        "logoutUrl": TEXT,
        "homePageUrl": TEXT,
        "implicitGrantSettings": {"enableAccessTokenIssuance": FLAG, "enableIdTokenIssuance": FLAG},
    },
    "spa": {"redirectUris": TEXTS},
    "publicClient": {"redirectUris": TEXTS},
    "api": {"requestedAccessTokenVersion": NUMBER, "oauth2PermissionScopes": [_SCOPE]},
    "appRoles": [_ROLE],
    "requiredResourceAccess": [{"resourceAppId": ID, "resourceAccess": [{"id": ID, "type": TEXT}]}],
    "optionalClaims": {"accessToken": [_CLAIM], "idToken": [_CLAIM], "saml2Token": [_CLAIM]},
    "passwordCredentials": [_PASSWORD],
    "keyCredentials": [_KEY],
    "createdDateTime": TEXT,
}
PRINCIPAL: Table = {
    "id": ID,
    "appId": ID,
    "displayName": TEXT,
    "servicePrincipalType": TEXT,
    "accountEnabled": FLAG,
    "appOwnerOrganizationId": TEXT,
    "servicePrincipalNames": TEXTS,
    "appRoleAssignmentRequired": FLAG,
    "description": TEXT,
    "notes": TEXT,
    "preferredSingleSignOnMode": TEXT,
    "preferredTokenSigningKeyThumbprint": TEXT,
    "loginUrl": TEXT,
    "samlSingleSignOnSettings": {"relayState": TEXT},
    "replyUrls": TEXTS,
    "notificationEmailAddresses": TEXTS,
    "tags": TEXTS,
    "appRoles": [_ROLE],
    "oauth2PermissionScopes": [_SCOPE],
    "passwordCredentials": [_PASSWORD],
    "keyCredentials": [_KEY],
}
FEDERATED: Table = {
    "id": TEXT,
    "name": TEXT,
    "issuer": TEXT,
    "subject": TEXT,
    "audiences": TEXTS,
    "description": TEXT,
}
ASSIGNMENT: Table = {
    "id": TEXT,
    "principalId": ID,
    "principalType": TEXT,
    "principalDisplayName": TEXT,
    "resourceId": ID,
    "appRoleId": ID,
}
GRANT: Table = {"id": TEXT, "clientId": ID, "resourceId": ID, "scope": TEXT, "consentType": TEXT, "principalId": ID}
#: Held assignments and the others, as rows keep them.
HELD, ASSIGNED = ("id", "resourceId", "appRoleId"), ("id", "principalId", "principalType", "appRoleId")
GRANTED = ("id", "resourceId", "scope", "consentType", "principalId")
_DEEPEST = 12
_TYPE_KEY = "@odata.type"


def build_select(table: Table) -> str:
    """Return the $select of what *table* keeps."""
    return ",".join(table)


SELECTS = {
    "application": f"{APPLICATION_SELECT},createdDateTime,passwordCredentials,keyCredentials",
    "principal": f"{PRINCIPAL_SELECT},appOwnerOrganizationId,servicePrincipalNames,appRoles,oauth2PermissionScopes,passwordCredentials,keyCredentials",
}


def select_row(table: Table, wire: t.Any, where: str) -> Row:
    """Return the properties of *wire* that *table* names, every one of them, None where Graph does not show it; *where*: for messages.

    Sets are sorted, ids in lower case. Raises BadAnswer for a value of another kind.
    """
    if not isinstance(wire, t.Mapping):
        raise BadAnswer(f"An answer has a value that is not an object as {where}.", member=where)
    return {name: _select_value(kind, wire.get(name), f"{where}.{name}") for name, kind in table.items()}


def select_rows(table: Table, wires: t.Iterable[t.Any], where: str) -> list[Row]:
    """Return the rows of all *wires*, each object once, sorted; see :func:`select_row`."""
    return sort_rows(
        {json.dumps(row, sort_keys=True): row for row in (select_row(table, one, where) for one in wires)}.values()
    )


def _select_value(kind: Kind, value: t.Any, where: str) -> t.Any:
    if isinstance(kind, dict):
        return select_row(kind, {} if value is None else value, where)
    if isinstance(kind, list):
        return select_rows(kind[0], _check(value or [], list, "a list", where), where)
    if kind == TEXTS:
        listed = _check([] if value is None else value, list, "a list", where)
        return sorted({repair_strings(_check(item, str, "text", where)) for item in listed})
    if value is None:
        return None
    if kind == FLAG:
        return _check(value, bool, "true or false", where)
    if kind == NUMBER:
        if isinstance(value, bool):
            raise BadAnswer(f"An answer has a value that is not a number as {where}.", member=where)
        return _check(value, int, "a number", where)
    text = _check(value, str, "text", where)
    if kind == ID:
        if not is_guid(text):
            raise BadAnswer(f"An answer has a value that is not an id as {where}.", member=where)
        return text.lower()
    return repair_strings(text)


def _check(value: t.Any, kind: type, words: str, where: str) -> t.Any:
    if not isinstance(value, kind):
        raise BadAnswer(f"An answer has a value that is not {words} as {where}.", member=where)
    return value


def sort_rows(rows: t.Iterable[Row]) -> list[Row]:
    """Return *rows* by id, those without one by all that they hold."""
    return sorted(
        rows,
        key=lambda row: (str(row.get("id") or row.get("keyId") or ""), json.dumps(row, sort_keys=True, default=str)),
    )


def keep(rows: t.Iterable[Row], names: t.Sequence[str]) -> list[Row]:
    """Return *rows* with these keys only, sorted."""
    return sort_rows({name: row[name] for name in names} for row in rows)


def clean_body(value: t.Any, where: str, depth: int = 0) -> t.Any:
    """Return a body as Graph gives it, without its annotations but the type, lists as the sets that they are. Raises BadAnswer for one too deep."""
    if depth > _DEEPEST:
        raise BadAnswer(f"An answer has too many nested objects as {where}.", member=where)
    if isinstance(value, t.Mapping):
        kept = {str(name): item for name, item in value.items() if "@odata." not in str(name) or str(name) == _TYPE_KEY}
        return {repair_strings(name): clean_body(kept[name], where, depth + 1) for name in sorted(kept)}
    if isinstance(value, list):
        listed = [clean_body(item, where, depth + 1) for item in value]
        return sorted(listed, key=lambda item: json.dumps(item, sort_keys=True))
    return repair_strings(value) if isinstance(value, str) else value
