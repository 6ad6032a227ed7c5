# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Parsing and masking of addresses from options, variables, the environment and services.

User information in an address (``https://user:password@host``) makes HTTP libraries replace the token of a request by Basic
authentication, and an address is printed where a password is not. So it is refused, except for proxies, where it is hidden.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
import unicodedata
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from .errors import ConfigError, Problems
from .secret_encodings import is_short_secret
from .secret_matcher import HIDDEN, list_credentials, mask_user_information, split_user_information
from .visible import to_one_line

#: Names of options, at any depth, that hold the address of a service that tasks sign in to.
SERVICE_OPTIONS = frozenset(("commvault_url", "graph_url", "authority_url", "url", "vault_url"))
#: Names of options that hold the address of a proxy.
PROXY_OPTIONS = frozenset(("proxy", "commvault_proxy"))
#: Names of options that hold addresses which are written to a service or sent as text, and are not called.
PUBLISHED_OPTIONS = frozenset(
    (
        "pending_redirect_uris",
        "uri",
        "redirect_uris",
        "reply_urls",
        "login_url",
        "logout_url",
        "home_page_url",
        "identifier_uris",
        "issuer",
        "discovery_url",
        "web_console_urls",
        "service_provider_endpoint",
        "service_provider_aliases",
        "commvault_entra_scope",
        "commvault_proxy_scope",
        "entra_scope",
        "proxy_scope",
        "scope",
        "active_directory",
        "resource_manager",
    )
)
_ADDRESS_OPTIONS = SERVICE_OPTIONS | PROXY_OPTIONS | PUBLISHED_OPTIONS

PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_HOST_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_AND_PORT = re.compile(
    rf"(?P<host>\[[0-9A-Fa-f:.]+\]|{_HOST_LABEL}(?:\.{_HOST_LABEL})*\.?)(?P<colon>:(?P<port>[0-9]{{1,5}}))?", re.ASCII
)
_AUTHORITY = re.compile(r"(?:https?:[\\/]*|[a-z][a-z0-9+.-]*:[\\/]+|[\\/]{2,})([^/?#]*)", re.IGNORECASE)
_USER_WITHOUT_SCHEME = re.compile(r"[^/?#:@]*:[^/?#@]*@")
_SECRET_PARAMETER = re.compile(
    r"([?&;](?:[^=&#\s]*(?:token|secret|password|assertion|code|sig|signature|key))=)[^&#\s]*", re.IGNORECASE
)


@dataclass(frozen=True)
class Address:
    """The parts of an address; ``user_information`` is what stands before its @, which :attr:`text` leaves out."""

    scheme: str
    host: str
    port: int | None
    path: str
    user_information: str = ""

    @property
    def host_and_port(self) -> str:
        """The host, and the port where the address names one."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.host_and_port}"

    @property
    def text(self) -> str:
        """The address without user information and without a slash at its end."""
        return f"{self.origin}{self.path}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine itself, so that nothing of the traffic is on a network."""
        if self.host.lower().rstrip(".") == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def split_address(
    option: str, source: str, url: t.Any, schemes: t.Sequence[str] = ("https",), *, why: str = "", user: bool = False
) -> Address:
    """Return the parts of *url*, the value of *option* from *source*; where it names no scheme, the first of *schemes* is taken.

    *why*: a clause for the message about a scheme that is not among *schemes*. *user*: user information is allowed. Raises
    ConfigError, which shows of the address nothing but scheme and host, and that only if it can hold no credentials.
    """

    def refuse(what: str) -> t.NoReturn:
        """Raise ConfigError with *what* is wrong with the option."""
        raise ConfigError(f"{option}: {what}", source=source)

    text = str(url)
    if not user and _has_at_sign(text):
        refuse(_USER_INFORMATION_REFUSED)
    if not text or any(sign.isspace() or not sign.isprintable() for sign in text) or "\\" in text:
        refuse(
            "the address is empty, or contains a blank, a control character or a backslash; write https://host[:port][/path]"
        )
    if "?" in text or "#" in text:
        refuse(
            "the address has a query (?) or a fragment (#), which is not possible here; write https://host[:port][/path]"
        )
    try:
        parts = urlsplit(text if "//" in text else f"{schemes[0]}://{text}")
    except ValueError:  # its words show the address
        refuse("the address cannot be read; write https://host[:port][/path]")
    known, _at, site = parts.netloc.rpartition("@")
    found = _HOST_AND_PORT.fullmatch(site)
    if parts.scheme not in schemes and (found or not site) and not known:
        shown = f"{parts.scheme or 'no scheme'}://{site}" if found else "the address"
        refuse(f"{shown} is not an {' or '.join(schemes)} address{why and '; '}{why}")
    if parts.scheme not in schemes or found is None or not _is_valid_host(found["host"]) or site.rstrip(":") in schemes:
        if not site.isascii():
            refuse("the host has letters outside ASCII, which can look like others; write it in its xn--… form")
        refuse("the address has no usable host and port; write https://host[:port][/path], IPv6 in brackets")
    if _has_at_sign(parts.path):  # perhaps a password with a slash
        refuse("the address has an @ after its host; write https://host[:port][/path]")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        refuse("the port of the address is not between 1 and 65535")
    return Address(parts.scheme, found["host"], port, parts.path.rstrip("/"), known)


def canonicalize_address(url: t.Any) -> str:
    """Return the form that all spellings of an https address share, without user information; empty for one that cannot be read."""
    try:
        found = split_address("url", "", str(url).strip(), user=True)
    except ConfigError:
        return ""
    port = "" if found.port in (None, 443) else f":{found.port}"
    return f"https://{found.host.lower()}{port}{found.path}"


_USER_INFORMATION_REFUSED = (
    "the address contains user information (something before an @), which is not shown here. It would replace the "
    "token, and addresses are printed. Remove it, and use the options for user and password"
)


def check_addresses(values: t.Mapping[str, t.Any], source_of: t.Callable[[str], str]) -> None:
    """Raise when addresses among option *values*, at any depth, have user information; proxies may have it.

    Raises ConfigError for one, Problems for several; both name options and the sources (*source_of*) of the outermost.
    """
    found = [(where, source_of(re.split(r"[.\[]", where)[0])) for where in _find_user_information(values, "")]
    if len(found) == 1:
        where, source = found[0]
        raise ConfigError(f"{where} ({source}): {_USER_INFORMATION_REFUSED}", source=source)
    if found:
        problems = [
            {"kind": "address", "where": where, "message": f"({source}) {_USER_INFORMATION_REFUSED}"}
            for where, source in found
        ]
        raise Problems(f"{len(found)} addresses contain user information", problems)


def mask_addresses(value: t.Any, name: str = "") -> t.Any:
    """Return *value* of the option *name*, or all options, with what may be a credential in an address replaced, at any depth."""
    if isinstance(value, t.Mapping):
        return {key: mask_addresses(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_addresses(item, name) for item in value]
    if not isinstance(value, str):
        return value
    if (
        name in PROXY_OPTIONS
        or (name in SERVICE_OPTIONS and _has_at_sign(value))
        or (name in PUBLISHED_OPTIONS and has_user_information(value))
    ):
        value = _hide_user_information(value)
    return mask_url(value) if name in SERVICE_OPTIONS and "?" in value else mask_user_information(value)


def find_embedded_secrets(value: t.Any, name: str = "") -> set[str]:
    """Return the credentials inside *value* of the option *name*, or inside all options, at any depth: in addresses, headers, JSON, forms."""
    if isinstance(value, t.Mapping):
        return set().union(*(find_embedded_secrets(item, str(key)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return set().union(*(find_embedded_secrets(item, name) for item in value))
    if not isinstance(value, str):
        return set()
    found = list_credentials(value)
    if "@" in value and name in _ADDRESS_OPTIONS and "//" not in value:
        found |= {secret for secret in split_user_information(value.rpartition("@")[0]) if not is_short_secret(secret)}
    return found


def mask_url(url: str) -> str:
    """Return a requested address for debug lines, with its user information and the secret parameters of its query replaced."""
    return _SECRET_PARAMETER.sub(rf"\1{HIDDEN}", mask_user_information(url))


def describe_proxy_address(proxy: str) -> str:
    """Return the address of a proxy in words, without user and password."""
    try:
        return f"proxy {split_address('proxy', 'proxy', proxy, ('http', *PROXY_SCHEMES), user=True).origin}"
    except ConfigError:
        return "a proxy whose address cannot be read"


def _is_valid_host(host: str) -> bool:
    """Return True for a host name of permitted length and for an IPv6 address in brackets."""
    if not host.startswith("["):
        return len(host) <= 253
    try:
        return bool(ipaddress.IPv6Address(host[1:-1]))
    except ValueError:
        return False


def _has_at_sign(text: str) -> bool:
    """Return True for anything that is, decodes to, or normalises to an @; a base address has no use for one anywhere."""
    return "@" in unicodedata.normalize("NFKC", text) or "%40" in text


def has_user_information(text: str) -> bool:
    """Return True for an address with user information before its host; an @ behind the host is a part of the path."""
    flat = "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isprintable() and not sign.isspace())
    authority = _AUTHORITY.match(flat)
    return bool(authority and ("@" in authority[1] or "%40" in authority[1])) or bool(_USER_WITHOUT_SCHEME.match(flat))


def _find_user_information(value: t.Any, where: str, name: str = "") -> t.Iterator[str]:
    """Yield the paths of the options whose addresses contain user information, such as ``web.redirect_uris[0]``."""
    if isinstance(value, t.Mapping):
        for key, item in value.items():
            yield from _find_user_information(item, f"{where}.{key}" if where else str(key), str(key))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _find_user_information(item, f"{where}[{number}]", name)
    elif isinstance(value, str) and (
        (name in SERVICE_OPTIONS and _has_at_sign(value)) or (name in PUBLISHED_OPTIONS and has_user_information(value))
    ):
        yield where


def _hide_user_information(text: str) -> str:
    """Return the address with everything between its scheme and its last @ hidden, and all of it where an @ is disguised."""
    if not _has_at_sign(text):
        return text
    before, at, rest = text.rpartition("@")
    if not at or _has_at_sign(rest) or "\\" in text:
        return HIDDEN
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", before)
    return f"{scheme[0] if scheme else ''}{HIDDEN}@{rest}"


def split_any_address(url: str) -> SplitResult:
    """Return the parts of an address from anywhere, for messages and comparisons; all empty for one that cannot be parsed."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def quote_segment(value: str | int) -> str:
    """Return *value* as one segment of a path, percent-encoded.

    Raises ConfigError for an empty text and for dots, which no encoding keeps from being taken for a step to another path (RFC 3986, 5.2.4).
    """
    text = str(value)
    if text in ("", ".", ".."):
        raise ConfigError(f"{text!r} cannot be used as a name or an id in an address: it would change the path")
    return quote(text, safe="")


def extract_path(url: str) -> str:
    """Return the path of an address for messages; empty for one that cannot be parsed."""
    return to_one_line(split_any_address(url).path, 300)


def extract_origin(url: str) -> str:
    """Return scheme, host and port of *url* in lower case; empty where it has none or cannot be parsed."""
    parts = split_any_address(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme or parts.netloc else ""


def describe_host(address: t.Any) -> str:
    """Return the origin of an address that a service names, in words and without user information."""
    try:
        parts = urlsplit(str(address or ""))
        host, port = parts.hostname, parts.port
    except ValueError:
        return "an address that cannot be read"
    if not host:
        return "another path of the same host"
    return f"{to_one_line(parts.scheme, 20) or 'https'}://{to_one_line(host, 100)}{f':{port}' if port else ''}"
