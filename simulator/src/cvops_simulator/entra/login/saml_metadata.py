# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Federation metadata: how an application learns who signs, and with what."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lxml import etree

from cvops_simulator.entra.login.saml_names import METADATA, POST_BINDING, PROTOCOL, REDIRECT_BINDING, SIGNATURE

if TYPE_CHECKING:
    from cvops_simulator.entra.login.saml_keys import SamlKey


def make_metadata(tenant_id: str, address: str, certificates: Sequence[str], signer: SamlKey | None) -> bytes:
    """Return the document for these certificates (base64 of DER), signed where there is a signer.

    `address`: where requests are sent to.
    """
    document_id = f"_{uuid.uuid4()}"
    root = etree.Element(
        f"{{{METADATA}}}EntityDescriptor",
        {"ID": document_id, "entityID": f"https://sts.windows.net/{tenant_id}/"},
        nsmap={None: METADATA},
    )
    if signer is not None:
        etree.SubElement(root, f"{{{SIGNATURE}}}Signature", {"Id": "placeholder"}, nsmap={None: SIGNATURE})
    provider = etree.SubElement(root, f"{{{METADATA}}}IDPSSODescriptor", {"protocolSupportEnumeration": PROTOCOL})
    for certificate in certificates:
        key = etree.SubElement(provider, f"{{{METADATA}}}KeyDescriptor", {"use": "signing"})
        info = etree.SubElement(key, f"{{{SIGNATURE}}}KeyInfo", nsmap={None: SIGNATURE})
        data = etree.SubElement(info, f"{{{SIGNATURE}}}X509Data")
        etree.SubElement(data, f"{{{SIGNATURE}}}X509Certificate").text = certificate
    services = (
        ("SingleLogoutService", REDIRECT_BINDING),
        ("SingleSignOnService", REDIRECT_BINDING),
        ("SingleSignOnService", POST_BINDING),
    )
    for name, binding in services:
        etree.SubElement(provider, f"{{{METADATA}}}{name}", {"Binding": binding, "Location": address})
    signed = root if signer is None else signer.sign(root, document_id)
    return bytes(etree.tostring(signed, xml_declaration=True, encoding="utf-8"))
