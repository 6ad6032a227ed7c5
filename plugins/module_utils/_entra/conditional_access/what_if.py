# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the service's own evaluation ("What if") says of a policy and a sign-in. Beside our own judgement, never in its place.

It was seen to take a user for covered who is excluded through a group, and it answers "not enough information" where a condition is not
given to it.
"""

from __future__ import annotations

import typing as t

from ..._core.context import CountAs
from ..._core.errors import ApiError
from ..._core.retry import Repeat
from ..._core.values import get_objects
from ..client import GraphClient
from .evaluation import Applies, SignIn

_PATH = "/identity/conditionalAccess/evaluate"
_NEEDS = ("Policy.Read.ConditionalAccess", "Policy.Read.All")
_TYPE = "#microsoft.graph."
#: Reasons that say that the service has not judged.
_OPEN_REASONS = ("notenoughinformation", "policynotenabled", "invalidpolicy", "emptypolicy")
APPLIES, DOES_NOT_APPLY, OPEN = "applies", "does_not_apply", "open"


def ask_what_if(graph: GraphClient, policy_id: str, sign_in: SignIn, application: str) -> str:
    """Return ``applies``, ``does_not_apply``, or ``open`` where the service has not judged.

    *application*: an application id of the policy, for a sign-in to anything. Raises ApiError where it cannot be asked.
    """
    answer = graph.write(
        "POST",
        _PATH,
        _build_question(sign_in, application),
        intent=f"evaluate the conditional access policies for a sign-in of {sign_in.label}",
        needs=_NEEDS,
        repeat=Repeat.ALWAYS,
        count_as=CountAs.READ,
    )
    for row in get_objects(answer, "value"):
        if str(row.get("id")).lower() == policy_id:
            if row.get("policyApplies") is True:
                return APPLIES
            reasons = {text.strip().lower() for text in str(row.get("analysisReasons") or "").split(",")}
            return OPEN if not reasons.isdisjoint(_OPEN_REASONS) else DOES_NOT_APPLY
    raise ApiError(
        "The service's evaluation of conditional access does not contain the policy", service="Microsoft Graph"
    )


def disagrees(own: Applies, told: str) -> bool:
    """Return whether the service says otherwise than our own judgement."""
    return (own is Applies.NO and told == APPLIES) or (own is Applies.YES and told == DOES_NOT_APPLY)


def _build_question(sign_in: SignIn, application: str) -> dict[str, t.Any]:
    """Return the body: the identity, what it signs in to, and what is known of the conditions."""
    identity = (
        {"@odata.type": f"{_TYPE}servicePrincipalSignIn", "servicePrincipalId": sign_in.object_id}
        if sign_in.is_service_principal
        else {"@odata.type": f"{_TYPE}userSignIn", "userId": sign_in.object_id}
    )
    known = {"ipAddress": sign_in.address, "country": sign_in.country}
    return {
        "signInIdentity": identity,
        "signInContext": {
            "@odata.type": f"{_TYPE}applicationContext",
            "includeApplications": [sign_in.application or application],
        },
        "signInConditions": {name: value for name, value in known.items() if value is not None},
        "appliedPoliciesOnly": False,
    }
