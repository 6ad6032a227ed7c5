# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Cleaning and checking of option values before a task starts: blanks around secrets, relative paths, empty texts, broken secrets."""

from __future__ import annotations

import os
import re
import typing as t

from .addresses import find_embedded_secrets
from .context import Context
from .errors import ConfigError, Problems
from .home_folder import expand_home
from .secret_matcher import list_credentials
from .values import is_guid

Options = t.Mapping[str, t.Mapping[str, t.Any]]
#: Converts one text of an option: path of the option, specification, text.
Convert = t.Callable[[str, t.Mapping[str, t.Any], str], t.Any]

#: Options that may be empty, because that clears what the service has or means that nothing was said.
_MAY_BE_EMPTY = frozenset(
    (
        "accept_reason",
        "business_owner",
        "description",
        "email",
        "entra_group_id",
        "full_name",
        "home_page_url",
        "logout_url",
        "notes",
        "review_by",
        "source",
        "user_consent_description",
        "user_consent_display_name",
        "user_principal_name",
    )
)
#: Options of the connection that choose an identity or a company: an empty one would choose another.
_CHOOSING_OPTIONS = frozenset(("commvault_company", "federated_managed_identity", "managed_identity_client_id"))
#: Secret options that are sent in a header or as they are, and never hold a blank.
_TOKENS = frozenset(("access_token", "commvault_access_token", "federated_token", "token"))
_IN_ONE_LINE = frozenset(("client_secret", "secret_id", *_TOKENS))
#: Options that give a certificate, or the path of one.
_CERTIFICATES = ("client_certificate", "certificate")
_PASSWORDS = frozenset(("client_certificate_password", "commvault_password", "password", "validation_password"))
_HEADER_START = re.compile(r"(?i:(?:(?:authorization|authtoken)\s*:\s*)?bearer\s|(?:authorization|authtoken)\s*:)")
_CERTIFICATE_ENDINGS = frozenset((".pem", ".pfx", ".p12", ".crt", ".cer", ".cert", ".key", ".txt"))
_LONGEST_PATH = 1024
_AROUND = "\ufeff\u200b \t\r\n\v\f"


def strip_secret(name: str, text: str) -> str:
    """Return the value of the secret option *name* without blanks around it; a password may begin or end with blanks, not with a line's end."""
    return text.strip("\r\n") if name in _PASSWORDS else text.strip(_AROUND)


def list_secret_forms(secrets: t.Iterable[t.Any]) -> set[str]:
    """Return the *secrets* as text, and each of them without blanks around it, as it is sent."""
    texts = {str(secret) for secret in secrets}
    return {form for text in texts for form in (text, text.strip("\r\n"), text.strip(_AROUND)) if form}


def is_file_name(text: str) -> bool:
    """Return True for what can only be the path of a file, False for what may be a key or certificate, or a part of one."""
    if not 0 < len(text) <= _LONGEST_PATH or text.startswith("MI") and len(text) > 64 or not text.isprintable():
        return False
    path = os.path.expanduser(text)
    return (
        text.startswith(("./", "../", "~"))
        or os.path.splitext(path)[1].lower() in _CERTIFICATE_ENDINGS
        or os.path.isfile(path)
        or (os.path.dirname(path) not in ("", "/") and os.path.isdir(os.path.dirname(path)))
    )


def list_option_secrets(values: t.Mapping[str, t.Any], secrets: t.Iterable[t.Any]) -> set[str]:
    """Return the *secrets* among the option *values* in all their forms, and the credentials inside other values.

    Without the path of a certificate, which has to be shown.
    """
    paths = {text for name in _CERTIFICATES if is_file_name(text := str(values.get(name) or "").strip())}
    forms = {form for form in list_secret_forms(secrets) if form.strip() not in paths}
    return forms | (find_embedded_secrets(values) - set(_list_names(values)))


def _list_names(values: t.Any) -> t.Iterator[str]:
    """Yield the texts that are the whole value of an option and no credential: ``token=Operators`` in a note hides no group of that name."""
    if isinstance(values, str):
        if values not in list_credentials(values):
            yield values
    elif isinstance(values, t.Mapping):
        for item in values.values():
            yield from _list_names(item)
    elif isinstance(values, (list, tuple)):
        for item in values:
            yield from _list_names(item)


def prepare_options(ctx: Context) -> None:
    """Replace the options of *ctx* by cleaned ones: no blanks around secrets and options of the connection, paths from ``base_directory`` on."""

    def clean(where: str, option: t.Mapping[str, t.Any], text: str) -> str:
        """Return the text as it is used."""
        if option.get("no_log") and option.get("type", "str") == "str":
            return strip_secret(_get_name(where), text)
        if option.get("type") == "path" and text:
            return resolve_path(ctx, text.strip("\r\n"), _get_source(where, ctx.describe_source(_get_outermost(where))))
        return text.strip(_AROUND) if "fallback" in ctx.spec[_get_outermost(where)] else text

    ctx.options = _convert_texts(ctx.spec, ctx.options, clean)
    ctx.secrets = list_secret_forms(ctx.secrets)


def resolve_path(ctx: Context, path: str, source: str = "a path") -> str:
    """Return *path*, a relative one from the folder of the playbook; where that is not known, as it is but for ``~``.

    Raises ConfigError for ``~`` of a user without home.
    """
    return os.path.join(ctx.base_directory or "", expand_home(path, source))


def check_option_texts(ctx: Context) -> None:
    """Raise when an option is an empty text that would name nothing, or a secret that cannot be right.

    Options of the connection, which are those that can come from elsewhere than the task, count as not given when they are empty.
    Raises ConfigError for one, Problems for several; neither shows a value.
    """
    found: list[tuple[str, str, str]] = []

    def check(where: str, option: t.Mapping[str, t.Any], text: str) -> str:
        """Note what is wrong with the text, and return it."""
        outermost = _get_outermost(where)
        if not text.strip():
            is_connection = "fallback" in ctx.spec[outermost]
            if _must_name(where, option, is_connection):
                found.append((where, ctx.describe_source(outermost), _EMPTY))
        elif option.get("no_log") and (wrong := _find_secret_fault(_get_name(where), text)):
            found.append((where, ctx.describe_source(outermost), wrong))
        return text

    _convert_texts(ctx.spec, ctx.options, check)
    if len(found) == 1:
        ((where, source, wrong),) = found
        raise ConfigError(
            f"option {where}{_describe_other_source(where, source)}: {wrong}", source=_get_source(where, source)
        )
    if found:
        problems = [
            {"kind": "config", "where": where, "message": f"{wrong}{_describe_other_source(where, source)}"}
            for where, source, wrong in found
        ]
        raise Problems(f"{len(found)} options cannot be used", problems)


def _get_source(where: str, source: str) -> str:
    """Return where the value at *where* came from, the whole path for an option of the task."""
    return f"option {where}" if source.startswith("option ") else source


def _describe_other_source(where: str, source: str) -> str:
    """Return words for a source that is not the task itself, empty for the task."""
    return "" if source.startswith("option ") else f" (from {source})"


_EMPTY = "the text is empty. Leave the option out, or give it a value"


def may_be_empty(name: str, *, is_connection: bool) -> bool:
    """Return True when an empty text of the option *name* has a meaning: it clears what the service has, or counts as not given."""
    return name not in _CHOOSING_OPTIONS if is_connection else name in _MAY_BE_EMPTY


def _must_name(where: str, option: t.Mapping[str, t.Any], is_connection: bool) -> bool:
    """Return True when an empty text of this option would name nothing: ids, names, filters, items of lists."""
    if is_connection:
        return not may_be_empty(_get_outermost(where), is_connection=True)
    if option.get("type") == "raw" and "." in where:  # of role mappings, whose parser names all problems together
        return False
    return not may_be_empty(_get_name(where), is_connection=False)


def _find_secret_fault(name: str, text: str) -> str | None:
    """Return what is wrong with the value of the secret option *name*, None when it may be right. No words show the value."""
    if name not in _IN_ONE_LINE or (name == "access_token" and text.startswith("{")):
        return None
    if name in _TOKENS and _HEADER_START.match(text):
        return "it begins like a header (Bearer, Authtoken). Give only the token that follows this word"
    if "-----BEGIN" in text:
        return "it is a key or a certificate in PEM form, which this option does not take"
    if any(sign in text for sign in "\r\n"):
        return "it contains a line break. Give it as one line"
    if name in _TOKENS and not all("!" <= sign <= "~" for sign in text):
        return "it contains a blank or a character that no token has. Give the token alone"
    if any(not sign.isprintable() for sign in text):
        return "it contains a control character or another invisible character"
    if name == "client_secret" and is_guid(text):
        return "it is a GUID, so it is the id of the secret. Give the value of the secret, which Entra ID shows only once, when the secret is created"
    return None


def _get_outermost(where: str) -> str:
    return re.split(r"[.\[]", where)[0]


def _get_name(where: str) -> str:
    """Return the name of the option at the end of a path such as ``application.owners[0]``."""
    return re.sub(r"\[\d+\]", "", where).rpartition(".")[2]


def _convert_texts(spec: Options, values: t.Mapping[str, t.Any], convert: Convert, where: str = "") -> dict[str, t.Any]:
    """Return *values* with each text of an option that *spec* knows, at any depth, replaced by what *convert* returns."""
    return {
        name: _convert_value(spec[name], value, convert, f"{where}.{name}" if where else name)
        if name in spec
        else value
        for name, value in values.items()
    }


def _convert_value(option: t.Mapping[str, t.Any], value: t.Any, convert: Convert, where: str) -> t.Any:
    inner = option.get("options")
    if isinstance(value, str):
        return convert(where, option, value)
    if inner and isinstance(value, t.Mapping):
        return _convert_texts(inner, value, convert, where)
    if isinstance(value, (list, tuple)):
        item_option = {**option, "type": option.get("elements") or option.get("type", "str")}
        return [_convert_value(item_option, item, convert, f"{where}[{number}]") for number, item in enumerate(value)]
    return value
