# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The probes of Commvault. Their keys are those of the guide's open questions."""

from __future__ import annotations

import datetime
import typing as t
import uuid
from collections import Counter

from ...._commvault.audit_trail.calls import AUDIT_PATH, build_audit_params
from ...._commvault.audit_trail.pages import parse_audit_page
from ...._commvault.credentials.environments import ENVIRONMENTS
from ...._commvault.identity_providers.app_rows import APP_TYPES, OIDC_TYPE
from ...._commvault.identity_providers.app_rows import PATH as APPS
from ...._commvault.references import parse_id
from ...._commvault.security.associations import parse_associations
from ...._commvault.security.canonical import get_type_number
from ...._commvault.security.grants import Association, Entity
from ...._core.errors import BadAnswer
from ...._core.values import get_object
from ...._signin.commvault.token_pair_wire import parse_every_token
from .model import NOT_ASKED, Answer, Finding, Probe, Read, confirm, is_readable_text, leave_open, list_rows
from .shapes import is_mask

_ERRORS = (
    "error",
    "errorCode",
    "errorMessage",
    "errorString",
    "errList",
    "errLogMessage",
    "response",
    "warningMessage",
)
_SECRETS = (
    "accessToken",
    "applicationSecret",
    "clientSecret",
    "newApplicationSecret",
    "password",
    "refreshToken",
    "secretAccessKey",
)
_CREDENTIALS, _CREDENTIAL = "V4/Credential", "V5/Credential"
_CREDENTIAL_KEYS = (
    "GUID",
    "accountType",
    "activeDirectory",
    "activeDirectoryEndpoint",
    "applicationId",
    "associations",
    "authType",
    "company",
    "credentialManager",
    "description",
    "endpoints",
    "environment",
    "id",
    "isCreatorAssociation",
    "name",
    "owner",
    "permissionId",
    "permissions",
    "resourceManager",
    "resourceManagerEndpoint",
    "security",
    "storage",
    "storageEndpoint",
    "tenantId",
    "user",
    "userAccount",
    "userGroup",
    "vendorType",
    *_SECRETS,
)
_SPELLINGS = frozenset(word for words in ENVIRONMENTS.values() for word in words)


class CellFacts(t.NamedTuple):
    """What the probes of a CommCell need beside reads: its id, the id of the signed-in user (0: not told), and the service's time."""

    commcell_id: int
    caller_id: int
    now: datetime.datetime


def _ask_absent_saml_app(read: Read, _facts: CellFacts) -> Finding:
    answer = read(f"v4/SAML/cvops-probe-{uuid.uuid4().hex}")
    if answer.is_void:
        return leave_open(answer)
    name = answer.body.get("name") if isinstance(answer.body, dict) else None
    return confirm(answer.status == 404 or (answer.is_success and not name), told_by_a_code=answer.code is not None)


def _read_credential(read: Read) -> Answer | Finding:
    """Return the answer to the read of a credential of an Entra application, of another one where there is none of these."""
    listed = read(_CREDENTIALS)
    if not listed.is_success:
        return leave_open(listed)
    rows = [row for row in list_rows(listed.body, "credentialManager") if parse_id(row.get("id"))]
    rows.sort(key=lambda row: "AZURE" not in str(row.get("accountType") or "").upper())
    if not rows:
        return Finding(NOT_ASKED, "there is no credential that this account may see")
    answer = read(f"{_CREDENTIAL}/{parse_id(rows[0].get('id'))}")
    return answer if answer.is_success else leave_open(answer)


def _ask_credential_secret(read: Read, _facts: CellFacts) -> Finding:
    answer = _read_credential(read)
    if isinstance(answer, Finding):
        return answer
    shown = [name for name in _SECRETS if (answer.body or {}).get(name) is not None]
    open_ones = [name for name in shown if is_secret_shown(answer.body[name])]
    return confirm(not open_ones, members_shown=shown, members_with_a_value=open_ones)


def is_secret_shown(value: t.Any) -> bool:
    """Return whether a value in the place of a secret is more than nothing or a mask."""
    return bool(value) and not is_mask(value)


def _ask_credential_environment(read: Read, _facts: CellFacts) -> Finding:
    answer = _read_credential(read)
    if isinstance(answer, Finding):
        return answer
    word = (answer.body or {}).get("environment")
    if not is_readable_text(word):
        return Finding(NOT_ASKED, "there is no credential with an environment that this account may see")
    return confirm(word in _SPELLINGS, word=word if word in _SPELLINGS else "another one")


def _ask_token_list(read: Read, facts: CellFacts) -> Finding:
    answer = read("V4/AccessToken/", {"userId": str(facts.caller_id)} if facts.caller_id else None)
    if answer.is_void or answer.status == 404:
        return leave_open(answer)
    try:
        rows = parse_every_token(answer.body)
    except BadAnswer:
        return confirm(False)
    if not rows:
        return Finding(NOT_ASKED, "the account has no access token", {"rows": 0})
    shown = sum(is_secret_shown(row.get(name)) for row in rows for name in ("accessToken", "refreshToken"))
    return confirm(not shown, rows=len(rows), rows_with_a_token=shown)


def _ask_audit_columns(read: Read, facts: CellFacts) -> Finding:
    since = facts.now - datetime.timedelta(days=7)
    params = build_audit_params(since, facts.now, offset=0, limit=5)
    answer = read(AUDIT_PATH, {name: str(value) for name, value in params.items()})
    if not answer.is_success:
        return leave_open(answer)
    try:
        page = parse_audit_page(answer.body)
    except BadAnswer:
        return confirm(False)
    if not page.rows:
        return Finding(NOT_ASKED, "the audit trail of the last seven days has no entry that this account may see")
    return confirm(True, columns=sorted(page.rows[0].values), other_columns=len(page.rows[0].others))


def _ask_inherited_grants(read: Read, facts: CellFacts) -> Finding:
    groups = read("ClientGroup")
    rows = list_rows(groups.body, "groups", "serverGroups")
    number = next((found for found in (parse_id(row.get("Id") or row.get("id")) for row in rows) if found), None)
    if not groups.is_success or not number:
        return Finding(NOT_ASKED, "there is no server group that this account may see")
    entities = (Entity("commcell", facts.commcell_id), Entity("server_groups", number))
    answers = [read(f"Security/{get_type_number(entity.kind)}/{entity.id}") for entity in entities]
    for answer in answers:
        if not answer.is_success:
            return leave_open(answer)
    try:
        above, below = (
            parse_associations(one.body, entity=entity) for one, entity in zip(answers, entities, strict=True)
        )
    except BadAnswer:
        return confirm(False)
    return judge_inherited(above, below)


def judge_inherited(above: t.Sequence[Association], below: t.Sequence[Association]) -> Finding:
    """Return whether the grants on the CommCell that show up on an entity below it are marked as inherited."""
    kinds = dict(sorted(Counter(row.grant_kind for row in below).items()))
    held = {(row.principal, row.role_id) for row in above if row.grant_kind == "explicit"}
    unmarked = {(row.principal, row.role_id) for row in below if row.grant_kind == "explicit"} & held
    if not held:
        return Finding(NOT_ASKED, "nobody has a role on the CommCell that this account may see", {"kinds": kinds})
    if held == unmarked:  # each of them given once more by hand is not likely, a list that marks nothing is
        return confirm(False, kinds=kinds, on_the_commcell=len(held), unmarked=len(unmarked))
    return confirm(True, kinds=kinds, on_the_commcell=len(held), unmarked=len(unmarked))


def _ask_oidc_list(read: Read, _facts: CellFacts) -> Finding:
    answer = read(APPS)
    if not answer.is_success:
        return leave_open(answer)
    rows = list_rows(answer.body, "clientThirdPartyApps")
    kinds = dict(sorted(Counter(APP_TYPES.get(row.get("appType") or 0, "another") for row in rows).items()))
    apps = [row for row in rows if row.get("appType") == OIDC_TYPE]
    if not apps:
        return Finding(NOT_ASKED, "no app of the list has the number 5 for its kind", {"kinds": kinds})
    properties = [item for app in apps for item in list_rows(get_object(app, "props"), "nameValues")]
    secrets = [item.get("value") for item in properties if item.get("name") == "clientSecret"]
    shown = sum(map(is_secret_shown, secrets))
    return confirm(not shown, kinds=kinds, secrets=len(secrets), secrets_with_a_value=shown)


def _words(*words: str) -> frozenset[str]:
    return frozenset((*_ERRORS, *words))


_GRANT_KEYS = (
    "Id",
    "_type_",
    "associations",
    "categoryPermission",
    "clientGroup",
    "clientGroupId",
    "clientGroupName",
    "commCellId",
    "commCellName",
    "commcell",
    "company",
    "companyId",
    "companyName",
    "count",
    "description",
    "displayName",
    "entities",
    "entity",
    "entityAssociated",
    "entityInfo",
    "externalGroupName",
    "groupId",
    "groups",
    "id",
    "isCreator",
    "isCreatorAssociation",
    "isInherited",
    "multiCommcellName",
    "name",
    "ownerAssociations",
    "owners",
    "permissionId",
    "permissionName",
    "permissions",
    "properties",
    "role",
    "roleId",
    "roleName",
    "securityAssociations",
    "serverGroups",
    "userGroupId",
    "userGroupName",
    "userId",
    "userName",
    "userOrGroup",
)

PROBES = (
    Probe(
        "commvault-saml-absent",
        "How is a SAML app that is not there answered?",
        ("GET v4/SAML/{name}",),
        _words("name", "type"),
        _ask_absent_saml_app,
    ),
    Probe(
        "commvault-credential-secret",
        "Does the read of a credential show its secret?",
        (f"GET {_CREDENTIALS}", f"GET {_CREDENTIAL}/{{id}}"),
        _words(*_CREDENTIAL_KEYS),
        _ask_credential_secret,
    ),
    Probe(
        "commvault-credential-environment",
        "With which word does a credential name its cloud?",
        (f"GET {_CREDENTIALS}", f"GET {_CREDENTIAL}/{{id}}"),
        _words(*_CREDENTIAL_KEYS),
        _ask_credential_environment,
    ),
    Probe(
        "commvault-token-list",
        "What does the list of access tokens hold?",
        ("GET V4/AccessToken/?userId={id}",),
        _words(
            "accessTokenId",
            "allowedIPs",
            "apiEndpoints",
            "createdTimestamp",
            "id",
            "name",
            "renewableUntilTimestamp",
            "tokenExpiryTimestamp",
            "tokenId",
            "tokenName",
            "tokenType",
            "tokens",
            "tokensInfo",
            "accessTokens",
            "userId",
            *_SECRETS,
        ),
        _ask_token_list,
    ),
    Probe(
        "commvault-audit-columns",
        "Are rows of the audit trail lists whose columns are named, those of time, user and operation among them?",
        (f"GET {AUDIT_PATH}",),
        _words(
            "cacheId",
            "columns",
            "dataField",
            "displayName",
            "failures",
            "limit",
            "name",
            "offset",
            "records",
            "recordsCount",
            "totalRecordCount",
            "type",
            "warnings",
        ),
        _ask_audit_columns,
    ),
    Probe(
        "commvault-inherited-grants",
        "Are grants on the CommCell marked as inherited where they show up on an entity below?",
        ("GET ClientGroup", "GET Security/{type}/{id}"),
        _words(*_GRANT_KEYS),
        _ask_inherited_grants,
    ),
    Probe(
        "commvault-oidc-list",
        "Are OpenID Connect apps in the list of apps, without their secret?",
        (f"GET {APPS}",),
        _words(
            "appDescription",
            "appDisplayName",
            "appKey",
            "appName",
            "appType",
            "assocTree",
            "clientThirdPartyApps",
            "flags",
            "isCloudApp",
            "isEnabled",
            "name",
            "nameValues",
            "props",
            "value",
        ),
        _ask_oidc_list,
    ),
)
