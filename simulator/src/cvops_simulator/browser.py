# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who signs on through a SAML app as a browser does: from the CommCell to Entra ID and back."""

from __future__ import annotations

import html
import http.client
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, cast

_TIMEOUT = 30
_PAGE = re.compile(r"<body>(.*)</body>", re.DOTALL)
_CODE = re.compile(r"AADSTS\d+")


class LeavesSiteError(Exception):
    """The app sends people to a service that is not the simulated Entra ID: nothing is sent there."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None


class Browser:
    """Opens the console of one CommCell, whose origin is `console`; `login` is the address of the simulated Entra ID.

    All of it are real requests to the listeners, so that faults, the journal and the logs know them.
    """

    def __init__(self, ca_path: str, console: str, login: str) -> None:
        context = ssl.create_default_context(cafile=ca_path)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirect()
        )
        self._console, self._login = console, login

    def sign_on_with_key(self, app_key: str, upn: str) -> dict[str, Any]:
        """Return what Commvault answers: the user and its groups, or why not.

        A refusal has `errorMessage` and `refused_by`: "Entra ID" or "Commvault"; that of Entra ID has `errorCode`, its
        AADSTS code, as well. Raises LeavesSiteError, and OSError, HTTPException or ValueError where there is no answer.
        """
        status, location, text = self._open(f"{self._console}/identity/samlLogin?samlAppKey={app_key}")
        if status != 302:
            return {**cast("dict[str, Any]", json.loads(text)), "refused_by": "Commvault"}
        asked = urllib.parse.urlsplit(location)
        if f"{asked.scheme}://{asked.netloc}" != self._login:
            raise LeavesSiteError(f"The app sends people to {asked.scheme}://{asked.netloc}, not to {self._login}")
        status, _, page = self._open(f"{location}&{urllib.parse.urlencode({'login_hint': upn})}")
        if status != 200:
            return _read_refusal(page)
        (action,) = re.findall('action="([^"]*)"', page)
        fields = {name: html.unescape(value) for name, value in re.findall('name="([^"]*)" value="([^"]*)"', page)}
        return self.post(html.unescape(action), fields)

    def post(self, action: str, fields: dict[str, str]) -> dict[str, Any]:
        """Post a form to the console, whose host is the simulator's whatever the address says."""
        parts = urllib.parse.urlsplit(action)
        url = f"{self._console}{parts.path}?{parts.query}"
        status, _, text = self._open(url, urllib.parse.urlencode(fields).encode())
        answer = cast("dict[str, Any]", json.loads(text))
        return answer if status == 200 else {**answer, "refused_by": "Commvault"}

    def _open(self, url: str, body: bytes | None = None) -> tuple[int, str, str]:
        """Return status, `Location` and text of an answer, whatever its status."""
        try:
            with self._opener.open(url, body, timeout=_TIMEOUT) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("Location", ""), error.read().decode()


#: What an answer that does not come, or is none, raises.
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)


def _read_refusal(page: str) -> dict[str, Any]:
    """Return what the error page of Entra ID says."""
    found, code = _PAGE.search(page), _CODE.search(page)
    text = html.unescape(found[1] if found else page)
    return {"errorCode": code[0] if code else None, "errorMessage": text, "refused_by": "Entra ID"}
