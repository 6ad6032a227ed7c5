# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Values that Entra ID stores without a word and refuses at the sign-in: issuer, subject and audience of a trust. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..._core.names import fold_case
from ..._core.values import is_guid
from ..._signin.clouds import TOKEN_EXCHANGE_AUDIENCES, list_sign_in_origins, parse_origin
from ..option_checks import describe_problem
from .presets import GITHUB, GITLAB

#: Where Entra ID's tokens of version 1 come from, which no federated credential takes, as hosts.
_FORMER_ISSUERS = ("https://sts.windows.net", "https://sts.chinacloudapi.cn", "https://sts.microsoftonline.us")


def is_issued_by_entra(issuer: str, options: t.Mapping[str, t.Any]) -> bool:
    """Return True for an issuer whose tokens are Entra ID's own, in any cloud, so that a managed identity is what it may trust."""
    try:
        origin = parse_origin("issuer", issuer)
    except ConfigError:
        return False
    return origin in _FORMER_ISSUERS or origin in list_sign_in_origins(options)


def find_useless_trust(
    credential: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any], tenant_issuer: str | None
) -> list[dict[str, t.Any]]:
    """Return a problem for each value of a credential in canonical form with which no token can ever match.

    *tenant_issuer*: the issuer of this tenant's own tokens where the credential trusts tokens of Entra ID, None where it does not.
    """
    problems = [
        describe_problem(name, "it begins or ends with a blank, and tokens are compared character by character")
        for name in ("issuer", "subject")
        if credential[name] != credential[name].strip()
    ]
    (audience,) = credential["audiences"]
    why = _explain_audience(audience, str(options["cloud"]), is_own=tenant_issuer is not None)
    if why:
        problems.append(describe_problem("audiences", f"{audience!r}: {why}"))
    issuer, subject = credential["issuer"], credential["subject"]
    for known in (GITHUB, GITLAB):
        if issuer != known and fold_case(issuer.strip().rstrip("/")) == known:
            problems.append(describe_problem("issuer", f"{issuer!r}: the tokens there have the issuer {known!r}"))
    if tenant_issuer is not None:
        if issuer != tenant_issuer:
            message = (
                f"{issuer!r}: Entra ID accepts its own tokens only from managed identities of the application's "
                f"tenant, whose issuer is {tenant_issuer!r}"
            )
            problems.append(describe_problem("issuer", message))
        if not is_guid(subject) or subject != subject.lower():
            message = (
                f"{subject!r}: it must be the object id of a managed identity's service principal, a GUID in lower case"
            )
            problems.append(describe_problem("subject", message))
    return problems


def _explain_audience(audience: str, cloud: str, *, is_own: bool) -> str | None:
    """Return why no token can have this audience, None where one may; *is_own*: the token is one of Entra ID."""
    right = TOKEN_EXCHANGE_AUDIENCES[cloud]
    if audience == right:
        return None
    if is_own:
        return f"a managed identity's token has the audience {right!r} in cloud {cloud}"
    if fold_case(audience) == fold_case(right):
        return f"upper and lower case matter; the right value is {right!r}"
    if audience != audience.strip():
        return "it begins or ends with a blank, and tokens are compared character by character"
    return None
