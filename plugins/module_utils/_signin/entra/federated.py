# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token of another issuer in workload identity federation: given as text, read from a file, or of a managed identity."""

from __future__ import annotations

import hashlib
import os
import re
import typing as t

from ..._core.context import Context
from ..._core.errors import AuthError, ConfigError
from ..._core.polling import Backoff
from ..._core.private_files import NotPrivate, read_ordinary_file
from ..._core.visible import to_one_line
from ..clouds import TOKEN_EXCHANGE_AUDIENCES
from ..tokens import decode_claims
from . import managed_identity

#: AADSTS codes of a token that no federated credential of the application matches.
_MISMATCHES = frozenset(f"AADSTS{code}" for code in (70021, 700211, 700212, 700213, 7002138))
#: Subjects of GitHub's jobs, with the ids of owner and repository and without them (GitHub's documentation of the claim sub).
_WITH_IDS = re.compile(r"repo:([^@/:]+)@([0-9]+)/([^@/:]+)@([0-9]+):(.+)")
_WITHOUT_IDS = re.compile(r"repo:([^@/:]+)/([^@/:]+):(.+)")
_LONGEST_CLAIM = 600
#: A signed JWT (RFC 7515, section 7.1).
_WHOLE_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LARGEST_FILE = 1 << 20
#: How long a file without a token is looked at again, in seconds: whoever writes it is done by then.
_LONGEST_LOOK_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 1.0

SYSTEM_ASSIGNED = "system"
SOURCE_OPTIONS = ("federated_token", "federated_token_file", "federated_managed_identity")


def read_assertion(ctx: Context) -> str:
    """Return the token to present; a file is read at each use, because its owner replaces it during a run.

    Raises ConfigError for a file that cannot be read, AuthError when the managed identity gets no token.
    """
    options = ctx.options
    if options.get("federated_token"):
        return str(options["federated_token"]).strip()
    if options.get("federated_token_file"):
        return _read_token_file(ctx, _get_token_path(ctx))
    wanted = str(options["federated_managed_identity"])
    token = managed_identity.acquire_token(
        ctx, None if wanted == SYSTEM_ASSIGNED else wanted, TOKEN_EXCHANGE_AUDIENCES[options["cloud"]] + "/.default"
    )
    return token.value


def get_source_option(ctx: Context) -> str:
    """Return the name of the option that the token comes from: the first of SOURCE_OPTIONS that is given."""
    return next(name for name in SOURCE_OPTIONS if ctx.options.get(name))


def compute_fingerprint(ctx: Context) -> str:
    """Return a digest of the option that the token comes from, because the token itself changes while its source stays."""
    named = get_source_option(ctx)
    return hashlib.sha256(f"{named}:{ctx.options[named]}".encode()).hexdigest()


def has_new_assertion(ctx: Context, presented: str) -> bool:
    """Return True where the token comes from a file that holds another one than the *presented* one by now."""
    if get_source_option(ctx) != "federated_token_file":
        return False
    text, problem = _look_into(ctx, _get_token_path(ctx))
    return not problem and text != presented


def _get_token_path(ctx: Context) -> str:
    return os.path.expanduser(str(ctx.options["federated_token_file"]))


def _read_token_file(ctx: Context, path: str) -> str:
    """Return the token in the file, masked from now on.

    Its owner may be about to replace it: without a whole token it is looked at again, for some seconds. Raises ConfigError.
    """
    backoff = Backoff(ctx, first_s=_FIRST_PAUSE_S, longest_s=_LONGEST_PAUSE_S)
    text, problem = _look_into(ctx, path)
    while problem and backoff.fits_within(_LONGEST_LOOK_S):
        backoff.pause(about=f"waiting for a token in {path}", limit_s=_LONGEST_LOOK_S)
        text, problem = _look_into(ctx, path)
    if problem:
        raise ConfigError(
            f"federated_token_file: {path} {problem}, and that has not changed in {_LONGEST_LOOK_S:.0f} s",
            source=ctx.describe_source("federated_token_file"),
        )
    return text


def _look_into(ctx: Context, path: str) -> tuple[str, str]:
    """Return the token in the file, masked from now on, and in words why there is none, empty where there is one."""
    try:
        # Kubernetes replaces a link to a folder that links to the file: what the links lead to now is opened.
        content = read_ordinary_file(os.path.realpath(path), _LARGEST_FILE)
    except NotPrivate:
        return "", f"is not an ordinary file, or is larger than {_LARGEST_FILE} bytes"
    except OSError as exc:
        return "", f"cannot be read: {exc.strerror}"
    try:
        text = content.decode("ascii").strip()
    except UnicodeDecodeError:
        return "", "holds no token: it is not text"
    if not text:
        return "", "is empty"
    ctx.secrets.add(text)
    if not _WHOLE_TOKEN.fullmatch(text) or not decode_claims(text):
        return "", "holds no token, or a part of one: header, claims and signature with dots between them"
    return text, ""


def add_presented_claims(exc: AuthError, presented: str) -> AuthError:
    """Return the error with what the *presented* token says of itself, where Entra ID found no federated credential that matches it.

    For GitHub both subjects of the job stand side by side: that with the ids of owner and repository, and that without.
    """
    claims = decode_claims(presented)
    if not claims:
        return exc
    told = {name: _show_claim(claims.get(name)) for name in ("iss", "sub", "aud")}
    message = f"{exc} The presented token has issuer {told['iss']}, subject {told['sub']}, audience {told['aud']}."
    if exc.code in _MISMATCHES:
        message += _describe_other_subject(claims)
    return type(exc)(message, **{**exc.facts, "presented": told})


def _describe_other_subject(claims: t.Mapping[str, t.Any]) -> str:
    """Return words for the subject that GitHub gives the same job in its other form, empty for any other token."""
    subject = str(claims.get("sub"))
    found = _WITH_IDS.fullmatch(subject)
    if found:
        owner, owner_id, name, repository_id, rest = found.groups()
        other = _show_claim(f"repo:{owner}/{name}:{rest}")
        return (
            f" This subject has GitHub's ids; a credential for the one without, {other}, does not match it. Trust the presented one:"
            f" module entra_federated_credential with github.owner_id {owner_id} and github.repository_id {repository_id}."
        )
    found = _WITHOUT_IDS.fullmatch(subject)
    ids = [_show_claim(claims.get(name)) for name in ("repository_owner_id", "repository_id")]
    if found and all(number.isdigit() for number in ids):
        owner, name, rest = found.groups()
        other = _show_claim(f"repo:{owner}@{ids[0]}/{name}@{ids[1]}:{rest}")
        return (
            f" This subject is without GitHub's ids; a credential for the one with them, {other}, does not match it. Let GitHub give"
            " immutable subjects to the repository, or trust the presented one until then: who gets its name gets its rights."
        )
    return ""


def _show_claim(value: t.Any) -> str:
    """Return the claim as text of one line and limited length; other issuers write what they like."""
    return to_one_line(", ".join(map(str, value)) if isinstance(value, list) else str(value), _LONGEST_CLAIM)
