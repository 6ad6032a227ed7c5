# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates with which Entra ID signs SAML for one service principal, and signatures made with them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from cvops_simulator.entra.login.errors import TokenError
from cvops_simulator.entra.login.saml_names import SIGNATURE

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row, View


@dataclass(frozen=True)
class SamlKey:
    """A certificate (base64 of DER, as metadata has it) with its private key (PEM). `end`: seconds since the epoch."""

    thumbprint: str
    certificate: str
    private_key: str = field(repr=False)
    end: float

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        lines = [self.certificate[at : at + 64] for at in range(0, len(self.certificate), 64)]
        return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])

    def sign(self, element: Any, element_id: str) -> Any:
        """Return the element with an enveloped signature over itself: rsa-sha256, exclusive canonicalisation.

        The signature takes the place of an empty one with the id `placeholder`, where there is one.
        """
        signer = XMLSigner(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=SignatureMethod.RSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        signer.namespaces = {None: SIGNATURE}  # type: ignore[dict-item]
        return signer.sign(element, key=self.private_key, cert=self.pem, reference_uri=f"#{element_id}")


def list_saml_keys(view: View, principal: Row) -> list[SamlKey]:
    """Return the certificates of a service principal that can sign, the active one first, then the one that ends last.

    Which one Entra ID takes where none is active is not documented: the one that ends last. That it signs with one that
    has ended is what people report who check the ends of certificates themselves.
    """
    certificates, found = view.rows("certificates"), []
    for item in principal["keyCredentials"]:
        private = view.get("signingKeys", item["customKeyIdentifier"])
        public = certificates.get(item["keyId"])
        if item["usage"] == "Verify" and private and public and private["owner"] == principal["id"]:
            thumbprint = base64.b64decode(item["customKeyIdentifier"]).hex().upper()
            found.append(SamlKey(thumbprint, public["der"], private["private_key"], public["end"]))
    active = (principal["preferredTokenSigningKeyThumbprint"] or "").upper()
    return sorted(found, key=lambda key: (key.thumbprint != active, -key.end))


def get_saml_key(view: View, principal: Row) -> SamlKey:
    """Return the certificate that signs. Raises TokenError where there is none."""
    keys = list_saml_keys(view, principal)
    if not keys:
        raise TokenError(50003, client_id=principal["appId"])
    return keys[0]
