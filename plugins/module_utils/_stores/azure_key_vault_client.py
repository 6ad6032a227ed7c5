# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The client library azure-keyvault-secrets, sending its requests through the collection's own transport.

By itself it asks the vault, in a request without a token, for which scope and tenant it wants one, tries requests again by rules of its
own and follows redirects. Here it builds requests and reads answers; the token is that of the cloud's Key Vault and of nothing that
the vault names, no redirect is followed, certificates, proxy, timeouts and retries are those of the connection, and an answer is checked
before the library sees it.
"""

from __future__ import annotations

import contextlib
import json as jsonlib
import typing as t

from .._core.context import Context, CountAs
from .._core.errors import ApiError, AuthError, BadAnswer, ConfigError, CvopsError, Forbidden, NotFound
from .._core.http import Transport
from .._core.libraries import build_missing_error
from .._core.reply import Reply
from .._core.retry import Repeat
from .._core.values import LATEST_TIME
from .._core.visible import repair_strings, to_one_line
from .azure_key_vault_access import SERVICE, KeyVaultAccess

#: Of all releases that the library knows, one that every cloud has; its default is the newest of the public cloud.
_API_VERSION = "7.5"
_LONGEST_TEXT = 500
#: What the library raises for answers of an unexpected shape.
_MISREAD_ERRORS: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
_Answer = t.TypeVar("_Answer")


class DisabledSecret(Forbidden):
    """The version that was asked for is disabled: nobody can read its value."""


class KeyVaultClient:
    """The secrets of one vault. The library is loaded, and the transport opened, at the first call."""

    def __init__(self, ctx: Context, access: KeyVaultAccess) -> None:
        self._ctx, self._access = ctx, access
        self._client: t.Any = None
        self._sender: _Sender | None = None

    def call(
        self, intent: str, call: t.Callable[[t.Any], _Answer], *, needs: str, count_as: CountAs = CountAs.METHOD
    ) -> _Answer:
        """Return what *call* returns, which gets the library's SecretClient.

        *intent*: what is done, for messages: ``read secret x``; *needs*: the permission for it. Raises CvopsError for every failure.
        """
        client = self._open()
        sender = t.cast(_Sender, self._sender)
        sender.intent, sender.needs, sender.count_as = intent, needs, count_as
        try:
            return call(client)
        except CvopsError:
            raise
        except OSError as exc:  # the transport has turned its own into ours
            raise self._build_misread_error(exc) from None
        except _MISREAD_ERRORS as exc:
            raise self._build_misread_error(exc) from None
        except load_library().exceptions.AzureError as exc:
            raise self._build_misread_error(exc) from None

    def _build_misread_error(self, exc: Exception) -> BadAnswer:
        sender = t.cast(_Sender, self._sender)
        return BadAnswer(
            f"Cannot {sender.intent}: {SERVICE} gave an answer that its client library cannot read ({type(exc).__name__}).",
            service=SERVICE,
            may_have_acted=sender.is_writing,
        )

    def _open(self) -> t.Any:
        if self._client is None:
            library = load_library()
            self._sender = _Sender(Transport(self._ctx, self._access.settings, self._access.credentials))
            self._client = library.client(
                self._access.url,
                _NoCredential(),
                api_version=_API_VERSION,
                transport=self._sender,
                policies=[library.decode_policy()],
            )
        return self._client


class _NoCredential:
    """What the library takes for a source of tokens; the transport adds them, so that it is never asked."""

    def get_token(self, *_scopes: str, **_options: t.Any) -> t.NoReturn:
        raise ConfigError(f"The client library of {SERVICE} asks for a token itself, but none is given to it.")


class _Sender:
    """The ``transport`` of the library's pipeline."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.intent = self.needs = ""
        self.count_as = CountAs.METHOD
        self.is_writing = False

    def send(self, request: t.Any, **_options: t.Any) -> _Answered:
        """Send a request and return its answer, a JSON object with a status of success. Raises CvopsError for any other.

        A PUT, which makes a version, is repeated only when it was not received or was refused unread.
        """
        self.is_writing = request.method not in ("GET", "HEAD")
        content = request.content
        reply = self._transport.request(
            request.method,
            request.url,
            data=content.encode() if isinstance(content, str) else content,
            headers={name: value for name, value in request.headers.items() if name.lower() != "content-length"},
            repeat=Repeat.IF_UNDONE if request.method == "PUT" else Repeat.BY_METHOD,
            count_as=self.count_as,
        )
        if reply.status >= 300:
            raise build_refusal_error(reply, self.intent, self.needs)
        body = repair_strings(reply.json())
        if not isinstance(body, dict):
            raise reply.build_bad_answer("JSON, but not an object")
        odd = _find_odd_list(body) if reply.path.endswith("/versions") else _find_odd_member(body)
        if odd:
            raise reply.build_bad_answer(odd)
        return _Answered(reply, request, body)

    def open(self) -> None:
        """Do nothing: the transport opens by itself."""

    def close(self) -> None:
        """Do nothing: the transport is closed with the run."""

    def __enter__(self) -> _Sender:
        return self

    def __exit__(self, *_error: object) -> None:
        return


class _Answered:
    """The part of a response that the library reads."""

    def __init__(self, reply: Reply, request: t.Any, body: dict[str, t.Any]) -> None:
        self._body, self.request = body, request
        self.status_code, self.url, self.reason = reply.status, reply.url, ""
        self.content_type = "application/json"
        self.headers = {"Content-Type": self.content_type}
        self.content = reply.content

    def text(self, _encoding: str | None = None) -> str:
        """Return the body as JSON text."""
        return jsonlib.dumps(self._body)

    def json(self) -> dict[str, t.Any]:
        """Return the body."""
        return self._body

    def read(self) -> bytes:
        """Return the body as it was sent."""
        return self.content


def _find_odd_list(body: t.Mapping[str, t.Any]) -> str | None:
    """Return what is wrong with a page of a list, in words; None for nothing."""
    items, link = body.get("value"), body.get("nextLink")
    if not isinstance(items, list) or not isinstance(link, (str, type(None))):
        return "a page that is not valid"
    return next((odd for odd in map(_find_odd_member, items) if odd), None)


def _find_odd_member(item: t.Any) -> str | None:
    """Return what is wrong with a secret, in words; None for nothing. The library would make texts of anything."""
    if not isinstance(item, dict):
        return "a secret that is not an object"
    odd = [name for name in ("value", "id", "contentType") if not isinstance(item.get(name), (str, type(None)))]
    tags, attributes = item.get("tags") or {}, item.get("attributes") or {}
    if not isinstance(tags, dict) or not all(isinstance(tag, str) for tag in tags.values()):
        odd.append("tags")
    if (
        not isinstance(attributes, dict)
        or not isinstance(attributes.get("enabled", True), bool)
        or not all(_is_moment(attributes.get(name)) for name in ("nbf", "exp", "created", "updated"))
    ):
        odd.append("attributes")
    return f"a secret with an unexpected value as {odd[0]}" if odd else None


def _is_moment(found: t.Any) -> bool:
    return found is None or (isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= LATEST_TIME)


class _Library(t.NamedTuple):
    client: t.Any
    decode_policy: t.Any
    exceptions: t.Any


def load_library() -> _Library:
    """Return what is used of the library. Raises MissingLibrary."""
    try:
        import azure.core.exceptions  # noqa: TID251
        import azure.core.pipeline.policies  # noqa: TID251
        import azure.keyvault.secrets  # noqa: TID251
    except ImportError as exc:
        raise build_missing_error("azure-keyvault-secrets", f"A store in {SERVICE}", exc) from exc
    return _Library(
        azure.keyvault.secrets.SecretClient, azure.core.pipeline.policies.ContentDecodePolicy, azure.core.exceptions
    )


def build_refusal_error(reply: Reply, intent: str, needs: str) -> CvopsError:
    """Return the error for an answer that is no success; *needs*: the permission of the request."""
    code, inner, said = _read_error(reply)
    facts = {**reply.get_error_facts(), "code": inner or code or None}
    told = f"Cannot {intent}: {said or f'HTTP {reply.status}'}".rstrip(".") + "."
    if reply.status == 401:
        return AuthError(
            f"{told} The token is for the tenant of tenant_id, which has to be that of the vault.", **facts, said=said
        )
    if reply.status == 403 and inner == "SecretDisabled":
        return DisabledSecret(told, **facts, said=said)
    if reply.status == 403 and inner in ("ForbiddenByFirewall", "ForbiddenByConnection"):
        return Forbidden(f"{told} The vault's network rules have to allow this host.", **facts, said=said)
    if reply.status == 403:
        return Forbidden(
            f"{told} The signed-in identity needs {needs}; it takes some minutes until an assignment is in force.",
            **facts,
            said=said,
        )
    if reply.status == 404:
        return NotFound(told, **facts, said=said)
    if reply.status == 409:
        remedy = (
            "A deleted secret holds this name: recover it (az keyvault secret recover), or purge it."
            if inner == "ObjectIsDeletedButRecoverable"
            else "Run the task again once that has ended."
        )
        return ApiError(f"{told} {remedy}", **facts, said=said)
    return ApiError(told, may_have_acted=reply.method != "GET" and reply.status >= 500, **facts, said=said)


def _read_error(reply: Reply) -> tuple[str, str, str]:
    """Return code, inner code and text of an error's body, each empty where it has none; the text is one printable line."""
    body: t.Any = None
    with contextlib.suppress(BadAnswer):
        body = reply.json()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", "", ""
    inner = error.get("innererror") or error.get("innerError")
    inner_code = inner.get("code") if isinstance(inner, dict) else None
    return _to_line(error.get("code"), 80), _to_line(inner_code, 80), _to_line(error.get("message"), _LONGEST_TEXT)


def _to_line(found: t.Any, longest: int) -> str:
    return to_one_line(found, longest) if isinstance(found, str) else ""
