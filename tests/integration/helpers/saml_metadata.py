# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federation metadata as Entra ID writes it, for tests."""

from __future__ import annotations

import pathlib
import tempfile

from cvops_simulator import Simulator

from . import certificates

_MODEL = """\
<?xml version="1.0" encoding="utf-8"?>
<EntityDescriptor ID="_1" entityID="{entity_id}" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">
  <RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706"
      xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"/>
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
{keys}
    <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{address}"/>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{address}"/>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{address}"/>
  </IDPSSODescriptor>
</EntityDescriptor>
"""
_KEY = """\
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{body}</X509Certificate>\
</X509Data></KeyInfo></KeyDescriptor>"""


def make_metadata(tenant_id: str, *pems: str) -> str:
    """The document of a tenant whose applications sign with the certificates *pems*."""
    bodies = ["".join(pem.split("-----")[2].split()) for pem in pems]
    return _MODEL.format(
        entity_id=f"https://sts.windows.net/{tenant_id}/",
        address=f"https://login.microsoftonline.com/{tenant_id}/saml2",
        keys="\n".join(_KEY.format(body=body) for body in bodies),
    )


def write_metadata(site: Simulator, *pems: str) -> str:
    """The path of a file with such a document, in a new folder of the site."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=pathlib.Path(site.ca_path).parent))
    path = folder / "federationmetadata.xml"
    path.write_text(make_metadata(site.tenant_id, *(pems or (certificates.FIRST,))), encoding="utf-8")
    return str(path)
