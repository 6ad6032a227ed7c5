# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Clouds of Azure as credentials name them, and their endpoints; both have several spellings on the wire. Pure."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

#: Endpoints by our names, each as the service or the user spells it.
Endpoints: t.TypeAlias = t.Mapping[str, str]

#: By value of option environment: the word that newer calls take, and that of the older ones. Both are understood everywhere.
ENVIRONMENTS = {
    "public": ("AZURE_CLOUD", "AzureCloud"),
    "usgov": ("AZURE_USGOV", "AzureUSGovernment"),
    "china": ("AZURE_CHINACLOUD", "AzureChinaCloud"),
    "germany": ("AZURE_GERMANCLOUD", "AzureGermanCloud"),
    "stack": ("AZURE_STACK", "AzureStack"),
}
#: By our name: the member that Terraform's provider and the older calls use, and that of the specification and the SDK.
ENDPOINT_MEMBERS = {
    "active_directory": ("activeDirectoryEndpoint", "activeDirectory"),
    "resource_manager": ("resourceManagerEndpoint", "resourceManager"),
    "storage": ("storageEndpoint", "storage"),
}
_ENDPOINTS = {
    "public": ("https://login.microsoftonline.com/", "https://management.azure.com/", "blob.core.windows.net"),
    "usgov": (
        "https://login.microsoftonline.us/",
        "https://management.usgovcloudapi.net/",
        "blob.core.usgovcloudapi.net",
    ),
    "china": ("https://login.chinacloudapi.cn/", "https://management.chinacloudapi.cn/", "blob.core.chinacloudapi.cn"),
    "germany": (
        "https://login.microsoftonline.de/",
        "https://management.microsoftazure.de/",
        "blob.core.cloudapi.de",
    ),
}
_WORDS = {
    re.sub(r"[^A-Z]", "", word.upper()): environment for environment, words in ENVIRONMENTS.items() for word in words
}
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def parse_environment(word: t.Any) -> str | None:
    """Return the environment that a word of the service means; a word that is not known as it is, None where there is none."""
    if word is None or word == "":
        return None
    return _WORDS.get(re.sub(r"[^A-Z]", "", str(word).upper()), str(word))


def serialize_environment(environment: str, *, older: bool) -> str:
    """Return the word of an environment for newer calls, or for the *older* ones; a word that is not known stays as it is."""
    return ENVIRONMENTS[environment][older] if environment in ENVIRONMENTS else environment


def list_default_endpoints(environment: str | None) -> dict[str, str]:
    """Return the endpoints of a cloud; none where each installation has its own (Azure Stack), and of an unknown one."""
    known = _ENDPOINTS.get(environment or "")
    return dict(zip(ENDPOINT_MEMBERS, known, strict=True)) if known else {}


def parse_endpoints(wire: t.Any) -> dict[str, str]:
    """Return the endpoints that the service shows, in its spelling; those that it does not show are left out."""
    shown = wire if isinstance(wire, t.Mapping) else {}
    found = {
        name: next((str(shown[member]) for member in members if shown.get(member)), None)
        for name, members in ENDPOINT_MEMBERS.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def serialize_endpoints(endpoints: Endpoints, shown: t.Any) -> dict[str, str]:
    """Return endpoints under the members that the service shows (*shown*), by default those of Terraform's provider."""
    keys = set(shown) if isinstance(shown, t.Mapping) else set()
    uses_short = any(short in keys for dummy, short in ENDPOINT_MEMBERS.values())
    uses_long = any(long in keys for long, dummy in ENDPOINT_MEMBERS.values())
    return {ENDPOINT_MEMBERS[name][uses_short and not uses_long]: value for name, value in endpoints.items()}


def is_same_endpoint(one: str | None, other: str | None) -> bool:
    """Return whether two spellings mean the same address; letter case and a slash at the end do not matter."""
    return _normalize(one) == _normalize(other)


def are_same_endpoints(some: Endpoints, others: Endpoints) -> bool:
    """Return whether all endpoints mean the same addresses."""
    return all(is_same_endpoint(some.get(name), others.get(name)) for name in ENDPOINT_MEMBERS)


def find_endpoint_fault(name: str, text: str) -> str | None:
    """Return what is wrong with an endpoint of the options; None for an ``https`` address, or for storage a host name."""
    if name == "storage":
        return None if _HOST.fullmatch(text) else "is not a host name such as blob.core.windows.net"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is not an address"
    is_plain = parts.scheme == "https" and _HOST.fullmatch(parts.hostname or "") and not (parts.query or parts.fragment)
    if not is_plain or "@" in parts.netloc or port == 0 or any(not " " < sign <= "~" for sign in text):
        return "is not a plain address such as https://management.azure.com/"
    return None


def _normalize(text: str | None) -> str | None:
    return None if not text else text.strip().lower().rstrip("/")
