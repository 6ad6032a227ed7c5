# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Federation metadata of an identity provider (SAML 2.0 metadata): read with the XML parser of the standard library, and checked. Pure.

The document says where people sign in and whose signature is believed, so nothing in it is guessed: a document type, from which entities
are expanded and files are read, is refused, and so is what does not name exactly one identity provider.
"""

from __future__ import annotations

import datetime
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from ..._core.addresses import split_address
from ..._core.certificate_options import decode_der_text
from ..._core.errors import ConfigError
from ..._core.public_certificates import PublicCertificate, parse_public_certificate
from ..._core.values import format_time, parse_time
from ..._core.visible import to_one_line

#: In bytes; that of Entra ID has about 30 KiB with all keys of a tenant.
LARGEST_METADATA = 1 << 20
_METADATA, _SIGNATURE = "{urn:oasis:names:tc:SAML:2.0:metadata}", "{http://www.w3.org/2000/09/xmldsig#}"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
#: How Commvault sends people to sign in, the usual way first.
_BINDINGS = ("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")
_LONGEST_ENTITY_ID = 1024


@dataclass(frozen=True)
class ProviderMetadata:
    """An identity provider. ``sign_out_url``: empty where the document names none. ``certificates``: those that sign, each once."""

    entity_id: str
    sign_on_url: str
    sign_out_url: str
    certificates: tuple[PublicCertificate, ...]


class _DocumentTypeError(Exception):
    """The document declares a document type."""


class _Builder(ET.TreeBuilder):
    """Builds the tree of a document without a document type."""

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> t.NoReturn:
        """Refuse the document before any entity of it is read."""
        raise _DocumentTypeError


def parse_metadata(content: bytes, what: str, source: str, now: datetime.datetime) -> ProviderMetadata:
    """Return the identity provider that *content* describes. *what* and *source* are for messages. Raises ConfigError, MissingLibrary."""

    def refuse(why: str) -> t.NoReturn:
        raise ConfigError(f"{what} {why}", source=source)

    root = _parse_document(content, refuse)
    if root.tag == f"{_METADATA}EntitiesDescriptor":
        refuse("describes several entities: give the metadata of one identity provider")
    if root.tag != f"{_METADATA}EntityDescriptor":
        refuse(f"is not SAML 2.0 metadata: its outermost element is {to_one_line(root.tag, 80)!r}")
    _check_end(root, now, refuse)
    described = [
        item
        for item in root.findall(f"{_METADATA}IDPSSODescriptor")
        if PROTOCOL in (item.get("protocolSupportEnumeration") or "").split()
    ]
    if len(described) != 1:
        refuse(f"describes {len(described) or 'no'} SAML 2.0 identity providers: it has to describe exactly one")
    entity_id = (root.get("entityID") or "").strip()
    if not entity_id or len(entity_id) > _LONGEST_ENTITY_ID or not entity_id.isprintable():
        refuse("has no usable entityID")
    sign_on_url = _find_location(described[0], "SingleSignOnService", refuse)
    if not sign_on_url:
        refuse("has no address for signing in by HTTP-Redirect or HTTP-POST")
    return ProviderMetadata(
        entity_id,
        sign_on_url,
        _find_location(described[0], "SingleLogoutService", refuse),
        _read_certificates(described[0], what, source, refuse),
    )


_Refuse = t.Callable[[str], t.NoReturn]


def _parse_document(content: bytes, refuse: _Refuse) -> ET.Element:
    """Return the outermost element. The text is decoded here, so that no other encoding hides what is refused."""
    if len(content) > LARGEST_METADATA:
        refuse(f"is larger than {LARGEST_METADATA // 1024} KiB, the limit for metadata")
    if not content.strip():
        refuse("is empty")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse("is not UTF-8 text")
    start = text.lstrip()[:15].lower()
    if start.startswith(("<!doctype html", "<html")):
        refuse("is an HTML page, not metadata: probably the answer of a sign-in page or a proxy")
    parser = ET.XMLParser(target=_Builder())
    try:
        parser.feed(text)
        return parser.close()
    except _DocumentTypeError:
        refuse("contains a DOCTYPE, which metadata does not need and which could read files, so it is refused")
    except ET.ParseError as exc:
        line, column = exc.position
        refuse(f"is not XML (line {line}, column {column + 1})")


def _check_end(root: ET.Element, now: datetime.datetime, refuse: _Refuse) -> None:
    given = root.get("validUntil")
    if given is None:
        return
    try:
        end = parse_time(given)
    except ValueError:
        refuse("has a validUntil that is not a time")
    if end <= now:
        refuse(f"was valid until {format_time(end)}: get a new copy")


def _find_location(described: ET.Element, name: str, refuse: _Refuse) -> str:
    """Return the address of a service, by the first binding that has one; empty where there is none."""
    for binding in _BINDINGS:
        found = {
            (item.get("Location") or "").strip()
            for item in described.findall(f"{_METADATA}{name}")
            if item.get("Binding") == binding
        }
        if len(found) > 1:
            refuse(f"has several addresses of {name} for one binding")
        if found:
            (url,) = found
            _check_location(url, name, refuse)
            return url
    return ""


def _check_location(url: str, name: str, refuse: _Refuse) -> None:
    """Refuse an address to which nobody may be sent to type a password."""
    try:
        address = split_address(name, "", url.partition("?")[0])
    except ConfigError:
        refuse(f"has an address of {name} that is not an https address")
    if not url.lower().startswith("https://") or not address.host or not url.isprintable():
        refuse(f"has an address of {name} that is not an https address")


def _read_certificates(described: ET.Element, what: str, source: str, refuse: _Refuse) -> tuple[PublicCertificate, ...]:
    found: dict[str, PublicCertificate] = {}
    for descriptor in described.findall(f"{_METADATA}KeyDescriptor"):
        if descriptor.get("use") not in (None, "signing"):
            continue
        for item in descriptor.iter(f"{_SIGNATURE}X509Certificate"):
            der = decode_der_text("".join(item.itertext()).encode("utf-8"))
            if der is None:
                refuse("contains a signing certificate that is not base64 of DER")
            certificate = parse_public_certificate(der, f"the signing certificate in {what}", source)
            found[certificate.thumbprint] = certificate
    if not found:
        refuse("contains no signing certificate, so no sign-in could be verified")
    return tuple(found.values())
