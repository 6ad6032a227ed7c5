# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML answers for clients that ask for them, and the little XML that clients send."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from starlette.responses import Response

from cvops_simulator.commvault.envelopes import invalid


def make_xml_response(root: str, data: dict[str, Any]) -> Response:
    """Return plain data as XML: scalars become attributes, dicts and lists become children."""
    element = _make_element(root, data)
    text = '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>' + ElementTree.tostring(element, encoding="unicode")
    return Response(text, media_type="application/xml")


def _make_element(tag: str, data: dict[str, Any]) -> ElementTree.Element:
    element = ElementTree.Element(tag)
    for key, value in data.items():
        if isinstance(value, dict):
            element.append(_make_element(key, value))
        elif isinstance(value, list):
            element.extend(_make_element(key, item if isinstance(item, dict) else {"val": item}) for item in value)
        else:
            element.set(key, _format_text(value))
    return element


def _format_text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def parse_xml(raw: bytes) -> ElementTree.Element:
    """Return the root element of a request body; document types and entities are not accepted."""
    if b"<!" in raw:
        raise invalid("The request body is not valid XML")
    try:
        return ElementTree.fromstring(raw)
    except ElementTree.ParseError:
        raise invalid("The request body is not valid XML") from None
