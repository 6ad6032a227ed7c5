# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AuthnRequests as applications send them: by HTTP-Redirect (deflated) or HTTP-POST. No DTD, no entities, no bombs."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass

from lxml import etree

from cvops_simulator.entra.login.errors import TokenError
from cvops_simulator.entra.login.saml_names import ASSERTION, PROTOCOL

_LONGEST = 64 * 1024
_ID = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True)
class AuthnRequest:
    """What a request asks for. `reply_url`: None for the first one of the application."""

    request_id: str
    identifier: str
    reply_url: str | None


def parse_authn_request(text: str, deflated: bool) -> AuthnRequest:
    """Return the request in a field SAMLRequest. Raises TokenError for one that cannot be used."""
    try:
        raw = base64.b64decode(text, validate=True)
        document = _inflate(raw) if deflated else raw
        if len(document) > _LONGEST:
            raise ValueError("too long")
        root = _parse(document)
    except (ValueError, binascii.Error, zlib.error, etree.XMLSyntaxError) as error:
        raise TokenError(75005) from error
    issuer = root.find(f"{{{ASSERTION}}}Issuer")
    if root.tag != f"{{{PROTOCOL}}}AuthnRequest" or root.get("Version") != "2.0" or issuer is None:
        raise TokenError(75005)
    request_id = root.get("ID") or ""
    if not _ID.fullmatch(request_id):
        raise TokenError(7500529, value=request_id[:100])
    return AuthnRequest(request_id, (issuer.text or "").strip(), root.get("AssertionConsumerServiceURL"))


def _inflate(raw: bytes) -> bytes:
    """Return the inflated data. Raises ValueError where it is too long or goes on."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    found = machine.decompress(raw, _LONGEST)
    if machine.unconsumed_tail or not machine.eof:
        raise ValueError("too long, or cut off")
    return found


def _parse(document: bytes) -> etree._Element:
    """Return the root of a document without a DTD. Raises ValueError and XMLSyntaxError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(document, parser)
    if root.getroottree().docinfo.internalDTD is not None or root.getroottree().docinfo.doctype:
        raise ValueError("a document type declaration")
    return root
