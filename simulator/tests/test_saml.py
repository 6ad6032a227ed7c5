# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SAML sign-on: what is issued, checked by another library than the one that signs; and what is refused."""

from __future__ import annotations

import base64
import ssl
import urllib.parse
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from lxml import etree
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_ValidationError

from cvops_simulator import Simulator
from cvops_simulator.entra.grants import assign_role
from cvops_simulator.entra.graph.token_signing import add_signing_certificate
from cvops_simulator.entra.login.errors import TokenError
from cvops_simulator.entra.login.saml import issue_saml_response
from cvops_simulator.entra.login.saml_claims import get_sign_on_name
from cvops_simulator.entra.login.saml_request import parse_authn_request
from cvops_simulator.entra.schema import parse_date_time
from cvops_simulator.entra.store import Row

CONSOLE = "https://cv.corp.example:443/webconsole"
NO_ROLE = "00000000-0000-0000-0000-000000000000"
GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
DAY = 86400.0


class SignOn:
    """An application for single sign-on, one user of it, and Commvault's part played by python3-saml."""

    def __init__(self, sim: Simulator) -> None:
        self.sim, self.tenant = sim, sim.tenant
        values: Row = {
            "appId": self.tenant.new_id(),
            "displayName": "Commvault SAML",
            "identifierUris": [CONSOLE],
            "web": {"redirectUris": [CONSOLE]},
        }
        self.app_id = values["appId"]
        self.application_id = self.tenant.add("application", values)["id"]
        principal = {
            **{name: values[name] for name in ("appId", "displayName")},
            "replyUrls": [CONSOLE],
            "servicePrincipalNames": [CONSOLE, self.app_id],
        }
        self.principal_id = self.tenant.add("servicePrincipal", principal)["id"]
        self.user = self.tenant.add(
            "user",
            {"displayName": "Jó Vega", "userPrincipalName": "jvega@corp.example", "mail": "jo.vega@corp.example"},
        )
        self.certificate = self.add_certificate(activate=True)

    @property
    def principal(self) -> Row:
        return self.tenant.service_principals[self.principal_id]

    def change(self, **values: Any) -> None:
        self.tenant.update("servicePrincipal", {**self.principal, **values})

    def change_application(self, **values: Any) -> None:
        self.tenant.update("application", {**self.tenant.applications[self.application_id], **values})

    def add_certificate(self, activate: bool = False, days: float = 300) -> Row:
        now = self.sim.clock.now()
        added = add_signing_certificate(self.tenant, self.principal, "CN=Sign-on", now - 60, now + days * DAY)
        if activate:
            self.change(preferredTokenSigningKeyThumbprint=added["thumbprint"])
        return added

    def add_group(self, name: str, members: list[str] | None = None, assigned: bool = False, **values: Any) -> str:
        row = self.tenant.add("group", {"displayName": name, "securityEnabled": True, **values})
        self.tenant.relate("members", row["id"], [self.user["id"]] if members is None else members)
        if assigned:
            assign_role(self.tenant, row["id"], self.principal_id, NO_ROLE)
        return str(row["id"])

    def issue(self, **changes: Any) -> str:
        asked = {"app_id": self.app_id, "user_id_or_upn": "JVega@corp.example", "reply_url": CONSOLE, **changes}
        return issue_saml_response(self.tenant, now=self.sim.clock.now(), **asked)

    def read(self, response: str, certificate: str | None = None, request_id: str | None = None) -> Any:
        """Return the response as python3-saml has checked it: signature, audience, recipient, times."""
        settings = OneLogin_Saml2_Settings(
            {
                "strict": True,
                "sp": {"entityId": CONSOLE, "assertionConsumerService": {"url": CONSOLE}},
                "idp": {
                    "entityId": f"https://sts.windows.net/{self.tenant.id}/",
                    "singleSignOnService": {"url": "https://login.example/saml2"},
                    "x509cert": certificate or self.certificate["key"],
                },
                "security": {"wantAssertionsSigned": True, "wantNameId": True, "requestedAuthnContext": False},
            }
        )
        found = OneLogin_Saml2_Response(settings, response)
        host = {"https": "on", "http_host": "cv.corp.example:443", "script_name": "/webconsole", "get_data": {}}
        found.is_valid({**host, "post_data": {"SAMLResponse": response}}, request_id, raise_exceptions=True)
        return found

    def attributes(self) -> dict[str, list[str]]:
        return dict(self.read(self.issue()).get_attributes())


@pytest.fixture
def sign_on(sim: Simulator) -> SignOn:
    """An application with one active certificate."""
    return SignOn(sim)


@pytest.fixture
def web(sim: Simulator) -> Iterator[httpx.Client]:
    """A browser at the token service."""
    context = ssl.create_default_context(cafile=sim.ca_path)
    base = f"{sim.login_url}/{sim.tenant_id}"
    with httpx.Client(verify=context, trust_env=False, base_url=base) as client:
        yield client


def make_request(
    identifier: str = CONSOLE, reply_url: str | None = CONSOLE, request_id: str = "_a1", head: str = ""
) -> bytes:
    """An AuthnRequest as an application sends it."""
    where = f'AssertionConsumerServiceURL="{reply_url}"' if reply_url else ""
    return (
        f'{head}<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="{request_id}" Version="2.0"'
        f' IssueInstant="2026-01-01T00:00:00Z" {where}>'
        f'<Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">{identifier}</Issuer></samlp:AuthnRequest>'
    ).encode()


def deflate(document: bytes) -> str:
    """A request as the redirect binding has it."""
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(machine.compress(document) + machine.flush()).decode()


def read_form(page: str) -> tuple[str, dict[str, str]]:
    """The address and the fields of the form of a page."""
    (form,) = etree.HTML(page).iter("form")
    return form.get("action"), {item.get("name"): item.get("value") for item in form.iter("input") if item.get("name")}


# -- what is issued


def test_another_library_accepts_what_is_issued(sign_on: SignOn) -> None:
    found = sign_on.read(sign_on.issue(in_response_to="_a1"), request_id="_a1")
    assert found.get_nameid() == "jvega@corp.example"
    assert found.get_nameid_format() == "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    assert found.get_issuers() == [f"https://sts.windows.net/{sign_on.tenant.id}/"]
    assert found.get_audiences() == [CONSOLE]
    attributes = found.get_attributes()
    claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
    assert attributes[f"{claims}/name"] == ["jvega@corp.example"]
    assert attributes[f"{claims}/emailaddress"] == ["jo.vega@corp.example"]
    microsoft = "http://schemas.microsoft.com/identity/claims"
    assert attributes[f"{microsoft}/objectidentifier"] == [sign_on.user["id"]]
    assert attributes[f"{microsoft}/tenantid"] == [sign_on.tenant.id]
    assert attributes[f"{microsoft}/displayname"] == ["Jó Vega"]
    assert GROUPS not in attributes and ROLE not in attributes


def test_the_signature_is_as_entra_makes_it(sign_on: SignOn) -> None:
    text = base64.b64decode(sign_on.issue()).decode()
    root = etree.fromstring(text)
    names = {"a": "urn:oasis:names:tc:SAML:2.0:assertion", "d": "http://www.w3.org/2000/09/xmldsig#"}
    (signature,) = root.findall(".//d:Signature", names)
    assert etree.QName(signature.getparent()).localname == "Assertion"
    assert [etree.QName(child).localname for child in signature.getparent()][:3] == ["Issuer", "Signature", "Subject"]
    (method,) = signature.findall(".//d:SignatureMethod", names)
    assert method.get("Algorithm") == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    assert [item.get("Algorithm") for item in signature.findall(".//d:Transform", names)] == [
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    ]
    (shown,) = signature.findall(".//d:X509Certificate", names)
    assert "".join((shown.text or "").split()) == sign_on.certificate["key"]


@pytest.mark.parametrize("part", ["jvega@corp.example</NameID>", "objectidentifier"])
def test_a_changed_assertion_is_refused(sign_on: SignOn, part: str) -> None:
    text = base64.b64decode(sign_on.issue()).decode()
    assert part in text
    changed = base64.b64encode(text.replace(part, f"x{part}").encode()).decode()
    with pytest.raises(OneLogin_Saml2_ValidationError, match="[Ss]ignature"):
        sign_on.read(changed)


def test_the_active_certificate_signs(sign_on: SignOn) -> None:
    old, new = sign_on.certificate, sign_on.add_certificate(days=900)
    sign_on.read(sign_on.issue(), old["key"])
    sign_on.change(preferredTokenSigningKeyThumbprint=new["thumbprint"])
    response = sign_on.issue()
    sign_on.read(response, new["key"])
    with pytest.raises(OneLogin_Saml2_ValidationError):
        sign_on.read(response, old["key"])


def test_the_times_are_an_hour_and_five_minutes_before(sign_on: SignOn) -> None:
    now = 1_900_000_000.25
    response = issue_saml_response(
        sign_on.tenant, app_id=sign_on.app_id, user_id_or_upn=sign_on.user["id"], reply_url=CONSOLE, now=now
    )
    root = etree.fromstring(base64.b64decode(response))
    (conditions,) = root.iter("{urn:oasis:names:tc:SAML:2.0:assertion}Conditions")
    (confirmation,) = root.iter("{urn:oasis:names:tc:SAML:2.0:assertion}SubjectConfirmationData")
    moments = [parse_date_time(conditions.get(name) or "") for name in ("NotBefore", "NotOnOrAfter")]
    assert moments == [now - 300, now + 3600]
    assert (confirmation.get("NotOnOrAfter"), confirmation.get("Recipient")) == (
        conditions.get("NotOnOrAfter"),
        CONSOLE,
    )
    assert root.get("Destination") == CONSOLE and "InResponseTo" not in {**root.attrib, **confirmation.attrib}
    late = issue_saml_response(
        sign_on.tenant,
        app_id=sign_on.app_id,
        user_id_or_upn=sign_on.user["id"],
        reply_url=CONSOLE,
        now=sign_on.sim.clock.now() - 4000,
    )
    with pytest.raises(OneLogin_Saml2_ValidationError, match="expired"):
        sign_on.read(late)


# -- groups and roles


def test_groups_are_object_ids_of_all_groups(sign_on: SignOn) -> None:
    inner = sign_on.add_group("inner")
    outer = sign_on.add_group("outer", [inner])
    mail = sign_on.add_group("mail", securityEnabled=False)
    sign_on.add_group("of others", [])
    sign_on.change_application(groupMembershipClaims="SecurityGroup")
    assert sign_on.attributes()[GROUPS] == sorted([inner, outer])
    sign_on.change_application(groupMembershipClaims="All")
    assert sign_on.attributes()[GROUPS] == sorted([inner, outer, mail])


def test_only_assigned_groups_with_direct_members(sign_on: SignOn) -> None:
    inner = sign_on.add_group("inner", assigned=True)
    sign_on.add_group("outer", [inner], assigned=True)
    sign_on.add_group("not assigned")
    sign_on.change_application(groupMembershipClaims="ApplicationGroup")
    assert sign_on.attributes()[GROUPS] == [inner]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["cloud_displayname"], ["Cloud", "{synced}"]),
        (["sam_account_name"], ["sg-backup"]),
        (["sam_account_name", "cloud_displayname"], ["Cloud", "sg-backup"]),
        (["netbios_domain_and_sam_account_name"], ["CORP\\sg-backup"]),
        (["dns_domain_and_sam_account_name"], ["corp.example\\sg-backup"]),
    ],
)
def test_groups_by_name(sign_on: SignOn, options: list[str], expected: list[str]) -> None:
    sign_on.add_group("Cloud", assigned=True)
    synced = sign_on.add_group(
        "Synced",
        assigned=True,
        onPremisesSyncEnabled=True,
        onPremisesSamAccountName="sg-backup",
        onPremisesNetBiosName="CORP",
        onPremisesDomainName="corp.example",
    )
    claim = {"name": "groups", "source": None, "essential": False, "additionalProperties": options}
    sign_on.change_application(
        groupMembershipClaims="ApplicationGroup",
        optionalClaims={"saml2Token": [claim], "idToken": [], "accessToken": []},
    )
    assert sign_on.attributes()[GROUPS] == sorted(text.format(synced=synced) for text in expected)
    claim["additionalProperties"] = [*options, "emit_as_roles"]
    attributes = sign_on.attributes()
    assert attributes[ROLE] == sorted(text.format(synced=synced) for text in expected) and GROUPS not in attributes


def test_a_group_without_the_name_that_is_emitted_is_left_out(sign_on: SignOn) -> None:
    sign_on.add_group("No domain", onPremisesSyncEnabled=True, onPremisesSamAccountName="sg-backup")
    options = ["netbios_domain_and_sam_account_name", "sam_account_name"]
    claim = {"name": "groups", "source": None, "essential": False, "additionalProperties": options}
    sign_on.change_application(groupMembershipClaims="SecurityGroup", optionalClaims={"saml2Token": [claim]})
    assert GROUPS not in sign_on.attributes()
    claim["additionalProperties"] = options[::-1]
    assert sign_on.attributes()[GROUPS] == ["sg-backup"]


def test_groups_as_roles_leave_no_place_for_app_roles(sign_on: SignOn) -> None:
    role = {"id": sign_on.tenant.new_id(), "value": "Backup Operators", "displayName": "x", "isEnabled": True}
    sign_on.change(appRoles=[role])
    group = sign_on.add_group("operators")
    assign_role(sign_on.tenant, group, sign_on.principal_id, role["id"])
    claim = {"name": "groups", "source": None, "essential": False, "additionalProperties": ["emit_as_roles"]}
    sign_on.change_application(groupMembershipClaims="SecurityGroup", optionalClaims={"saml2Token": [claim]})
    assert sign_on.attributes()[ROLE] == [group]


@pytest.mark.parametrize(
    ("stored", "kind", "told"),
    [
        ("gil_x_guest.example#EXT#@corp.example", "Guest", "gil_x@guest.example"),
        ("gil_x_guest.example#EXT#@corp.example", "Member", "gil_x_guest.example#EXT#@corp.example"),
        ("gil@corp.example", "Guest", "gil@corp.example"),
    ],
)
def test_a_guest_comes_with_the_name_of_the_home_tenant(stored: str, kind: str, told: str) -> None:
    assert get_sign_on_name({"userPrincipalName": stored, "userType": kind}) == told


@pytest.mark.parametrize("count", [150, 151])
def test_too_many_groups_are_a_link(sign_on: SignOn, count: int) -> None:
    for number in range(count):
        sign_on.add_group(f"group {number}")
    sign_on.change_application(groupMembershipClaims="SecurityGroup")
    attributes = sign_on.attributes()
    link = "http://schemas.microsoft.com/claims/groups.link"
    assert (GROUPS in attributes, link in attributes) == (count == 150, count == 151)
    if count == 150:
        assert len(attributes[GROUPS]) == 150


def test_app_roles_are_in_the_claim_of_roles(sign_on: SignOn) -> None:
    role = {"id": sign_on.tenant.new_id(), "value": "Backup Operators", "displayName": "x", "isEnabled": True}
    sign_on.change(appRoles=[role])
    group = sign_on.add_group("operators")
    assign_role(sign_on.tenant, group, sign_on.principal_id, role["id"])
    assert sign_on.attributes()[ROLE] == ["Backup Operators"]


# -- what is refused


def refuse(sign_on: SignOn, **changes: Any) -> int:
    with pytest.raises(TokenError) as caught:
        sign_on.issue(**changes)
    return caught.value.code


def test_what_entra_refuses(sign_on: SignOn) -> None:
    assert refuse(sign_on, reply_url="https://evil.example/webconsole") == 50011
    assert refuse(sign_on, identifier="https://other.example") == 700016
    assert refuse(sign_on, app_id=sign_on.tenant.new_id()) == 700016
    assert refuse(sign_on, user_id_or_upn="nobody@corp.example") == 50034
    sign_on.tenant.update("user", {**sign_on.user, "accountEnabled": False})
    assert refuse(sign_on) == 50057
    sign_on.tenant.update("user", sign_on.user)
    sign_on.change(accountEnabled=False)
    assert refuse(sign_on) == 7000112
    sign_on.change(accountEnabled=True, keyCredentials=[])
    assert refuse(sign_on) == 50003


def test_who_is_not_assigned_is_refused_where_that_is_required(sign_on: SignOn) -> None:
    sign_on.change(appRoleAssignmentRequired=True)
    assert refuse(sign_on) == 50105
    sign_on.add_group("assigned", assigned=True)
    sign_on.read(sign_on.issue())


# -- over the wire


def test_a_request_by_redirect_is_answered_with_a_form(sign_on: SignOn, web: httpx.Client) -> None:
    query = {"SAMLRequest": deflate(make_request()), "RelayState": 'a"&<b', "login_hint": "jvega@corp.example"}
    answer = web.get("/saml2", params=query)
    assert answer.status_code == 200, answer.text
    where, fields = read_form(answer.text)
    assert (where, fields["RelayState"]) == (CONSOLE, 'a"&<b')
    assert sign_on.read(fields["SAMLResponse"], request_id="_a1").get_nameid() == "jvega@corp.example"


def test_a_request_by_post_and_without_a_reply_url(sign_on: SignOn, web: httpx.Client) -> None:
    body = {"SAMLRequest": base64.b64encode(make_request(sign_on.app_id, None)).decode()}
    answer = web.post("/saml2", params={"login_hint": sign_on.user["id"]}, data=body)
    where, fields = read_form(answer.text)
    assert where == CONSOLE and "RelayState" not in fields
    root = etree.fromstring(base64.b64decode(fields["SAMLResponse"]))
    (audience,) = root.iter("{urn:oasis:names:tc:SAML:2.0:assertion}Audience")
    assert audience.text == sign_on.app_id


@pytest.mark.parametrize(
    ("request_text", "code"),
    [
        (make_request("https://other.example"), 700016),
        (make_request(reply_url="https://evil.example"), 50011),
        (make_request(request_id="1"), 7500529),
        (make_request(head='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>').replace(b"_a1", b"_a"), 75005),
        (b"<x/>", 75005),
        (b"not xml", 75005),
        (None, 750054),
    ],
)
def test_requests_that_are_refused(sign_on: SignOn, web: httpx.Client, request_text: bytes | None, code: int) -> None:
    query = {} if request_text is None else {"SAMLRequest": deflate(request_text)}
    answer = web.get("/saml2", params={**query, "login_hint": sign_on.user["id"]})
    assert (
        answer.status_code == 400
        and f"AADSTS{code}:" in answer.text
        and "SAMLResponse" not in answer.text.replace("SAMLRequest or SAMLResponse", "")
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_any_encoding(encoding: str) -> None:
    document = make_request(head="<!DOCTYPE samlp:AuthnRequest>").decode().encode(encoding)
    with pytest.raises(TokenError) as caught:
        parse_authn_request(base64.b64encode(document).decode(), deflated=False)
    assert caught.value.code == 75005


@pytest.mark.parametrize("data", [b" " * 10_000_000, make_request() + b" " * 70_000])
def test_what_grows_when_it_is_inflated_is_refused(data: bytes) -> None:
    with pytest.raises(TokenError) as caught:
        parse_authn_request(deflate(data), deflated=True)
    assert caught.value.code == 75005


def test_pages_show_nothing_of_a_request_as_markup(sign_on: SignOn, web: httpx.Client) -> None:
    request = make_request("https://x.example/&lt;script&gt;alert(1)&lt;/script&gt;")
    answer = web.get("/saml2", params={"SAMLRequest": deflate(request)})
    assert answer.status_code == 400 and "<script>" not in answer.text


# -- metadata


def list_certificates(document: bytes) -> list[str]:
    found = etree.fromstring(document).iter("{urn:oasis:names:tc:SAML:2.0:metadata}KeyDescriptor")
    name = ".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
    return [certificate.text or "" for key in found for certificate in key.iterfind(name)]


def test_metadata_has_the_active_certificate(sign_on: SignOn, web: httpx.Client, sim: Simulator) -> None:
    path = f"/federationmetadata/2007-06/federationmetadata.xml?appid={sign_on.app_id}"
    inactive = sign_on.add_certificate(days=900)
    answer = web.get(path)
    assert answer.headers["content-type"].startswith("application/xml")
    assert list_certificates(answer.content) == [sign_on.certificate["key"]]
    sim.login.metadata_shows_inactive = True
    assert list_certificates(web.get(path).content) == [sign_on.certificate["key"], inactive["key"]]
    sim.login.reset()
    sign_on.change(preferredTokenSigningKeyThumbprint=inactive["thumbprint"])
    assert list_certificates(web.get(path).content) == [inactive["key"]]


def test_another_library_reads_the_metadata(sign_on: SignOn, web: httpx.Client) -> None:
    text = web.get(f"/federationmetadata/2007-06/federationmetadata.xml?appid={sign_on.app_id}").content
    found = OneLogin_Saml2_IdPMetadataParser.parse(text)["idp"]
    assert found["entityId"] == f"https://sts.windows.net/{sign_on.tenant.id}/"
    assert found["x509cert"] == sign_on.certificate["key"]
    where = urllib.parse.urlsplit(found["singleSignOnService"]["url"])
    assert where.path == f"/{sign_on.tenant.id}/saml2"


def test_metadata_of_the_tenant_and_of_nobody(sign_on: SignOn, web: httpx.Client) -> None:
    path = "/federationmetadata/2007-06/federationmetadata.xml"
    (own,) = list_certificates(web.get(path).content)
    assert own != sign_on.certificate["key"]
    assert web.get(f"{path}?appid={sign_on.tenant.new_id()}").json()["error_codes"] == [700016]
