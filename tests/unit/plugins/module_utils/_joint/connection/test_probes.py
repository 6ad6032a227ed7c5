# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes tell confirmed from different and from what could not be asked, and write nothing that a service has chosen."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
import verification
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Cancelled,
    Forbidden,
    NotFound,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.probes import commvault, entra, run
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.probes.model import (
    CONFIRMED,
    DIFFERENT,
    NOT_ASKED,
    Answer,
    Probe,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.probes.shapes import (
    ShapeWriter,
    WordNumbers,
)

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
PROBES = {probe.key: probe for probe in (*entra.PROBES, *commvault.PROBES)}
NUMBERS = WordNumbers()
CELL = commvault.CellFacts(2, 44, NOW)
APP_ID = "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa"
THUMBPRINT = "A" * 40
CERTIFICATE = {"type": "AsymmetricX509Cert", "usage": "Verify", "customKeyIdentifier": THUMBPRINT}
LISTED = {"value": [{"id": APP_ID, "keyCredentials": [{**CERTIFICATE, "key": None}]}]}
CREDENTIALS = {"credentialManager": [{"id": 4, "accountType": "LINUX"}, {"id": 61, "accountType": "AZURE"}]}
COLUMNS = [{"name": name} for name in ("Severity", "User", "Audit Time", "Operation", "Whose Own Column")]
RECORD = ["High", "jvega", 1772443260, "Login", "x"]

Answers = dict[str, t.Any]


def graph(**claims: t.Any) -> entra.GraphFacts:
    return entra.GraphFacts(claims, NOW)


def grant(user: int, role: int, entity: str = "clientGroupId", **marks: t.Any) -> dict[str, t.Any]:
    who = {"userId": user, "userName": f"user {user}", "_type_": 13}
    return {"userOrGroup": [who], "properties": {"role": {"roleId": role, "roleName": "View"}, **marks}}


def grants(*rows: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"securityAssociations": [{"securityAssociations": {"associations": list(rows)}}]}


def ask(key: str, answers: Answers, facts: t.Any = None) -> dict[str, t.Any]:
    """Ask a probe; *answers*: the body, an answer, or the error of each read, by the beginning of its path."""
    probe: Probe = PROBES[key]
    facts = facts or (graph(roles=[]) if key.startswith("graph") else CELL)

    def send(path: str, _params: t.Any) -> Answer:
        found = next(one for start, one in answers.items() if path.startswith(start))
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Answer) else Answer(200, body=found)

    return run.ask_probe(probe, run._answer_errors(send), facts, NUMBERS)


def test_the_probes_are_those_of_the_open_questions() -> None:
    questions = verification.read_data()["questions"]
    asked = {key: one["service"] for key, one in questions.items() if one["probe"]}
    told = dict.fromkeys((probe.key for probe in entra.PROBES), "graph")
    assert asked == told | dict.fromkeys((probe.key for probe in commvault.PROBES), "commvault")


def refuse(status: int, code: str | None = None) -> ApiError:
    return (Forbidden if status == 403 else NotFound if status == 404 else ApiError)("no", status=status, code=code)


@pytest.mark.parametrize(
    ("key", "answers", "facts", "verdict"),
    [
        ("graph-token-claims", {}, graph(roles=["User.Read.All"], ver="1.0"), CONFIRMED),
        ("graph-token-claims", {}, graph(roles="User.Read.All"), DIFFERENT),
        ("graph-token-claims", {}, graph(), DIFFERENT),
        ("graph-token-claims", {}, graph(scp="User.Read"), NOT_ASKED),
        ("graph-token-claims", {}, graph(ver="1.0"), NOT_ASKED),
        ("graph-absent-object", {"/applications/": refuse(404, "Request_ResourceNotFound")}, None, CONFIRMED),
        ("graph-absent-object", {"/applications/": refuse(400)}, None, DIFFERENT),
        ("graph-absent-object", {"/applications/": {"id": APP_ID}}, None, DIFFERENT),
        ("graph-absent-object", {"/applications/": refuse(403)}, None, NOT_ASKED),
        ("graph-deleted-applications", {"/directory": {"value": []}}, None, CONFIRMED),
        ("graph-deleted-applications", {"/directory": refuse(400)}, None, DIFFERENT),
        ("graph-deleted-applications", {"/directory": refuse(403)}, graph(roles=["Application.Read.All"]), DIFFERENT),
        ("graph-deleted-applications", {"/directory": refuse(403)}, graph(roles=["Group.Create"]), NOT_ASKED),
        (
            "graph-certificate-key",
            {"/applications/": {"keyCredentials": [{**CERTIFICATE, "key": "MII"}]}, "/applications": LISTED},
            None,
            CONFIRMED,
        ),
        (
            "graph-certificate-key",
            {"/applications/": {"keyCredentials": [{**CERTIFICATE, "key": None}]}, "/applications": LISTED},
            None,
            DIFFERENT,
        ),
        ("graph-certificate-key", {"/applications": {"value": [{"id": APP_ID}]}}, None, NOT_ASKED),
        ("graph-sign-in-kinds", {"/beta": {"value": []}, "/audit": refuse(400)}, None, CONFIRMED),
        ("graph-sign-in-kinds", {"/beta": {"value": []}, "/audit": {"value": []}}, None, DIFFERENT),
        ("graph-sign-in-kinds", {"/beta": refuse(400), "/audit": refuse(400)}, None, DIFFERENT),
        ("graph-sign-in-kinds", {"/beta": refuse(403)}, None, NOT_ASKED),
        ("graph-sign-ins-permission", {"/audit": {"value": []}}, graph(roles=["AuditLog.Read.All"]), CONFIRMED),
        ("graph-sign-ins-permission", {"/audit": refuse(403)}, graph(roles=["AuditLog.Read.All"]), DIFFERENT),
        (
            "graph-sign-ins-permission",
            {"/audit": refuse(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")},
            graph(roles=["AuditLog.Read.All"]),
            NOT_ASKED,
        ),
        ("graph-sign-ins-permission", {}, graph(roles=["AuditLog.Read.All", "Directory.Read.All"]), NOT_ASKED),
        (
            "graph-location-ranges",
            {"/identity": {"value": [{"ipRanges": [{"@odata.type": entra._V6_RANGE, "cidrAddress": "fd00::/8"}]}]}},
            None,
            CONFIRMED,
        ),
        (
            "graph-location-ranges",
            {"/identity": {"value": [{"ipRanges": [{"@odata.type": entra._V4_RANGE, "cidrAddress": "fd00::/8"}]}]}},
            None,
            DIFFERENT,
        ),
        ("graph-location-ranges", {"/identity": {"value": [{"ipRanges": []}]}}, None, NOT_ASKED),
        ("commvault-saml-absent", {"v4/SAML": refuse(404)}, None, CONFIRMED),
        ("commvault-saml-absent", {"v4/SAML": {}}, None, CONFIRMED),
        ("commvault-saml-absent", {"v4/SAML": refuse(200, "587")}, None, DIFFERENT),
        ("commvault-saml-absent", {"v4/SAML": {"name": "x"}}, None, DIFFERENT),
        ("commvault-saml-absent", {"v4/SAML": refuse(403)}, None, NOT_ASKED),
        (
            "commvault-credential-secret",
            {"V4": CREDENTIALS, "V5/Credential/61": {"applicationSecret": "******"}},
            None,
            CONFIRMED,
        ),
        ("commvault-credential-secret", {"V4": CREDENTIALS, "V5/Credential/61": {}}, None, CONFIRMED),
        (
            "commvault-credential-secret",
            {"V4": CREDENTIALS, "V5/Credential/61": {"applicationSecret": "hush-hush"}},
            None,
            DIFFERENT,
        ),
        ("commvault-credential-secret", {"V4": {"credentialManager": []}}, None, NOT_ASKED),
        ("commvault-credential-environment", {"V4": CREDENTIALS, "V5": {"environment": "AzureCloud"}}, None, CONFIRMED),
        ("commvault-credential-environment", {"V4": CREDENTIALS, "V5": {"environment": "Moon"}}, None, DIFFERENT),
        ("commvault-credential-environment", {"V4": CREDENTIALS, "V5": {}}, None, NOT_ASKED),
        (
            "commvault-token-list",
            {"V4/AccessToken": {"tokensInfo": [{"accessTokenId": 3, "tokenName": "ci"}]}},
            None,
            CONFIRMED,
        ),
        (
            "commvault-token-list",
            {"V4/AccessToken": {"tokensInfo": [{"accessTokenId": 3, "accessToken": "QSDK"}]}},
            None,
            DIFFERENT,
        ),
        ("commvault-token-list", {"V4/AccessToken": {"tokensInfo": [{"tokenName": "ci"}]}}, None, DIFFERENT),
        ("commvault-token-list", {"V4/AccessToken": {"tokensInfo": []}}, None, NOT_ASKED),
        ("commvault-token-list", {"V4/AccessToken": refuse(404)}, None, NOT_ASKED),
        ("commvault-audit-columns", {"cr/": {"columns": COLUMNS, "records": [RECORD]}}, None, CONFIRMED),
        ("commvault-audit-columns", {"cr/": {"columns": COLUMNS[2:], "records": [RECORD[2:]]}}, None, DIFFERENT),
        ("commvault-audit-columns", {"cr/": {"columns": COLUMNS, "records": [["short"]]}}, None, DIFFERENT),
        ("commvault-audit-columns", {"cr/": {"columns": COLUMNS, "records": []}}, None, NOT_ASKED),
        (
            "commvault-inherited-grants",
            {"ClientGroup": {"groups": [{"Id": 7}]}, "Security/1/2": grants(grant(5, 3)), "Security/28/7": grants()},
            None,
            CONFIRMED,
        ),
        (
            "commvault-inherited-grants",
            {
                "ClientGroup": {"groups": [{"Id": 7}]},
                "Security/1/2": grants(grant(5, 3)),
                "Security/28/7": grants(grant(5, 3, isInherited=True)),
            },
            None,
            CONFIRMED,
        ),
        (
            "commvault-inherited-grants",
            {
                "ClientGroup": {"groups": [{"Id": 7}]},
                "Security/1/2": grants(grant(5, 3)),
                "Security/28/7": grants(grant(5, 3), grant(6, 3)),
            },
            None,
            DIFFERENT,
        ),
        (
            "commvault-inherited-grants",
            {"ClientGroup": {"groups": [{"Id": 7}]}, "Security/1/2": grants(), "Security/28/7": grants(grant(6, 3))},
            None,
            NOT_ASKED,
        ),
        ("commvault-inherited-grants", {"ClientGroup": {"groups": []}}, None, NOT_ASKED),
        ("commvault-oidc-list", {"ThirdParty": {"clientThirdPartyApps": [{"appType": 5}]}}, None, CONFIRMED),
        (
            "commvault-oidc-list",
            {
                "ThirdParty": {
                    "clientThirdPartyApps": [
                        {"appType": 5, "props": {"nameValues": [{"name": "clientSecret", "value": "hush"}]}}
                    ]
                }
            },
            None,
            DIFFERENT,
        ),
        ("commvault-oidc-list", {"ThirdParty": {"clientThirdPartyApps": [{"appType": 2}]}}, None, NOT_ASKED),
    ],
)
def test_what_an_answer_means(key: str, answers: Answers, facts: t.Any, verdict: str) -> None:
    row = ask(key, answers, facts)
    assert (row["id"], row["verdict"]) == (key, verdict), row
    assert bool(row["why"]) == (verdict == NOT_ASKED)


@pytest.mark.parametrize("key", sorted(set(PROBES) - {"graph-token-claims", "graph-sign-ins-permission"}))
@pytest.mark.parametrize("error", [Unreachable("away"), refuse(401), refuse(429), refuse(503)])
def test_a_read_that_says_nothing_is_never_a_verdict(key: str, error: Exception) -> None:
    row = ask(key, {"": error})
    assert (row["verdict"], bool(row["why"])) == (NOT_ASKED, True)


def test_a_run_that_is_told_to_stop_stops() -> None:
    with pytest.raises(Cancelled):
        ask("graph-absent-object", {"": Cancelled("stop")})


TEXT = "Ada.Lovelace@corp.example"
#: Values that a hostile service, or an honest one with names in odd places, may send anywhere.
HOSTILE: t.Any = {
    TEXT: TEXT,
    "value": [{"id": TEXT, TEXT: {TEXT: [TEXT]}, "keyCredentials": [{**CERTIFICATE, "key": TEXT, TEXT: TEXT}]}],
    "keyCredentials": [{**CERTIFICATE, "key": TEXT, TEXT: TEXT}],
    "credentialManager": [{"id": 61, "name": TEXT, TEXT: 1}],
    "environment": TEXT,
    "applicationSecret": TEXT,
    "tokensInfo": [{"accessTokenId": 4711230815, "tokenName": TEXT, TEXT: TEXT}],
    "columns": [{"name": name} for name in ("time", "user", "operation", TEXT)],
    "records": [[TEXT] * 4],
    "groups": [{"Id": 4711230815, "name": TEXT}],
    "securityAssociations": [
        {"securityAssociations": {"associations": [grant(4711230815, 4711230815, isInherited=TEXT)]}}
    ],
    "clientThirdPartyApps": [
        {"appType": TEXT, TEXT: 4711230815},
        {"appType": 5, "props": {"nameValues": [{"name": "clientSecret", "value": TEXT}, {"name": TEXT}]}},
    ],
}


@pytest.mark.parametrize("key", sorted(PROBES))
@pytest.mark.parametrize(
    "answer",
    [
        HOSTILE,
        [HOSTILE],
        TEXT,
        Answer(200, TEXT, HOSTILE),
        refuse(400, TEXT),
        refuse(404, TEXT),
        BadAnswer(TEXT, status=200),
    ],
    ids=["object", "list", "text", "code", "refused", "absent", "unreadable"],
)
def test_nothing_that_a_service_chose_is_written(key: str, answer: t.Any) -> None:
    facts = None
    if key.startswith("graph"):
        facts = graph(roles=["AuditLog.Read.All", TEXT], ver=TEXT)
    written = json.dumps(ask(key, {"": answer}, facts))
    for piece in ("Ada", "Lovelace", "corp", "4711230815", APP_ID, THUMBPRINT):
        assert piece not in written


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(sorted(HOSTILE)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(body=JSON, key=st.sampled_from(sorted(PROBES)))
def test_whatever_is_answered_is_a_row(body: t.Any, key: str) -> None:
    row = ask(key, {"": body})
    assert row["verdict"] in (CONFIRMED, DIFFERENT, NOT_ASKED)
    json.dumps(row)


def test_a_shape_has_keys_types_and_counts() -> None:
    writer = ShapeWriter({"id", "rows", "secret"}, NUMBERS)
    value = {"id": 7, "rows": [{"id": "7"}, {"id": "8"}, {"id": None}, {}], "secret": "****", "Ada": 1.5, "empty": ""}
    shape = writer.describe(value)
    assert isinstance(shape, dict)
    assert (shape["keys"]["id"], shape["keys"]["secret"]) == ("number", "mask")
    assert shape["keys"]["rows"]["count"] == 4
    assert {json.dumps(item) for item in shape["keys"]["rows"]["items"]} == {
        '{"keys": {"id": "text"}}',
        '{"keys": {"id": "null"}}',
        '{"keys": {}}',
    }
    assert sorted(word for name, word in shape["keys"].items() if name.startswith("key-")) == ["empty text", "number"]


def test_a_shape_has_an_end() -> None:
    writer = ShapeWriter({"id"}, NUMBERS)
    wide = writer.describe({**{f"k{number}": number for number in range(500)}, "id": 1})
    assert isinstance(wide, dict)
    assert len(wide["keys"]) == 60 and wide["more"] == 441 and "id" in wide["keys"]
    deep: t.Any = "x"
    for _number in range(50):
        deep = [{"id": deep}]
    assert len(json.dumps(writer.describe(deep))) < 400
    long = writer.describe([{f"k{number}": 1} for number in range(1000)])
    assert isinstance(long, dict)
    assert (long["count"], len(long["items"])) == (1000, 4)


def test_keys_that_are_not_expected_are_numbers() -> None:
    writer, other = ShapeWriter({"id"}, numbers := WordNumbers()), ShapeWriter({"name"}, numbers)
    assert [writer.write_word(word) for word in ("Ada", "id", "key-1", "Ada")] == ["key-1", "id", "key-2", "key-1"]
    assert other.write_word("Ada") == "key-1"
    shapes = [ShapeWriter((), WordNumbers()).describe(dict(order)) for order in (["aA", "bB"], ["bB", "aA"])]
    assert shapes[0] == shapes[1]


def test_a_side_that_does_not_work_is_asked_nothing(make_ctx: t.Any) -> None:
    statuses = {"entra": "not_configured", "commvault": "failed"}
    found = run.ask_probes(make_ctx({}), ("entra", "commvault"), statuses)
    assert {row["verdict"] for row in found["answers"]} == {NOT_ASKED}
    assert [row["id"] for row in found["answers"]] == list(PROBES)
    assert {row["why"] for row in found["answers"]} == {
        "the side is not configured",
        "the sign-in, or the first read, has failed",
    }
