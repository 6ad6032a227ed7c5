# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""addTokenSigningCertificate: the certificates with which Entra ID signs SAML assertions.

Microsoft Learn (servicePrincipal: addTokenSigningCertificate): the action makes a key credential to sign, one to
verify, and the password of the key, all with one customKeyIdentifier. The password and the credential to sign have one
key id.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cvops_simulator.entra.graph.errors import bad_request, invalid_value
from cvops_simulator.entra.graph.messages import GraphResponse
from cvops_simulator.entra.graph.policies import check_key_policy
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.schema import parse_date_time
from cvops_simulator.entra.secrets import add_secret, make_secret_text
from cvops_simulator.entra.tenant import format_graph_time

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant

_WRITE = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy*")
_RESOURCE = "ServicePrincipal"
_LONGEST_NAME = 90
#: "It can be up to 3 years from the date the certificate is created", a leap day included.
_THREE_YEARS = 1096 * 86400.0


def make_signing_certificate(
    subject: str, start: float, end: float, key: rsa.RSAPrivateKey | None = None
) -> tuple[bytes, bytes]:
    """Return a new self-signed certificate (DER) and its private key (PEM) for a subject such as `CN=Name`.

    `key`: without it a new one is made. Raises ValueError for a subject that is no distinguished name.
    """
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name.from_rfc4514_string(subject)
    first, last = (datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc) for at in (start, end))
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.not_valid_before(first).not_valid_after(last).serial_number(x509.random_serial_number())
    certificate = dated.sign(key, hashes.SHA256())
    return (
        certificate.public_bytes(Encoding.DER),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def add_signing_certificate(
    tenant: Tenant,
    owner: Row,
    subject: str,
    start: float,
    end: float,
    replicated: bool = False,
    key: rsa.RSAPrivateKey | None = None,
) -> Row:
    """Give a service principal a new token signing certificate; returns what the action answers.

    `key`: without it a new one is made. Raises ValueError for a subject that is no distinguished name.
    """
    der, private_key = make_signing_certificate(subject, start, end, key)
    digest = hashlib.sha1(der)
    sign_id, verify_id = tenant.new_id(), tenant.new_id()
    shared: Row = {
        "customKeyIdentifier": base64.b64encode(digest.digest()).decode(),
        "displayName": subject[:_LONGEST_NAME],
        "endDateTime": format_graph_time(end),
        "startDateTime": format_graph_time(start),
    }
    credentials: list[Row] = [
        {**shared, "key": None, "keyId": key_id, "type": "AsymmetricX509Cert", "usage": usage}
        for key_id, usage in ((sign_id, "Sign"), (verify_id, "Verify"))
    ]
    changed = {**owner, "keyCredentials": [*owner["keyCredentials"], *credentials]}
    add_secret(
        tenant, "servicePrincipal", changed, {**shared, "keyId": sign_id}, make_secret_text(tenant.random), replicated
    )
    public = {"owner": owner["id"], "der": base64.b64encode(der).decode(), "start": start, "end": end}
    tenant.store.put("certificates", verify_id, public, "credential_token", replicated)
    private = {"owner": owner["id"], "private_key": private_key.decode()}
    tenant.store.put("signingKeys", shared["customKeyIdentifier"], private, "credential_token", replicated)
    return {**credentials[1], "keyId": sign_id, "key": public["der"], "thumbprint": digest.hexdigest().upper()}


def _add(call: Call) -> GraphResponse:
    owner = call.require("servicePrincipal", call.arguments[0])
    body = call.parameters("displayName", "endDateTime")
    subject = body.get("displayName")
    if not isinstance(subject, str) or not subject.startswith("CN=") or len(subject) == len("CN="):
        raise invalid_value("displayName", _RESOURCE)
    start = call.tenant.clock.now()
    asked = body.get("endDateTime")
    if asked is not None and not isinstance(asked, str):
        raise invalid_value("endDateTime", _RESOURCE)
    try:
        end = parse_date_time(asked) if asked else start + _THREE_YEARS
    except ValueError as error:
        raise invalid_value("endDateTime", _RESOURCE) from error
    if not start < end <= start + _THREE_YEARS:
        raise bad_request("Key credential end date is invalid.", "KeyCredentialsInvalidEndDate", "endDateTime")
    dates = {"startDateTime": format_graph_time(start), "endDateTime": format_graph_time(end)}
    check_key_policy(call, "servicePrincipal", owner, dates, is_self_signed=True)
    try:
        added = add_signing_certificate(call.tenant, owner, subject, start, end)
    except ValueError as error:
        raise invalid_value("displayName", _RESOURCE) from error
    context = f"{call.root}/$metadata#microsoft.graph.selfSignedCertificate"
    return GraphResponse(200, {"@odata.context": context, **added})


ROUTES = (Route("POST", "/servicePrincipals/{}/addTokenSigningCertificate", _add, _WRITE),)
