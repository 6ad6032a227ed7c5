# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which policies in force may have refused the sign-in of an application. Reads only.

The answer of the token service names none, and the sign-in log, which does, shows an entry minutes later.
"""

from __future__ import annotations

from ..access_collection import POLICIES, READ_NEEDS
from ..client import GraphClient, format_alternate_key
from .canonical import read_policy
from .evaluation import Applies, SignIn, evaluate_policy, lets_in
from .guard import is_in_force


def list_blocking_policies(graph: GraphClient, app_id: str) -> list[str]:
    """Return the display names of the policies in force that refuse the application *app_id*, at some address at least, sorted.

    Raises ApiError where they, or the application's service principal, cannot be read.
    """
    principal = graph.get(
        f"/servicePrincipals{format_alternate_key('appId', app_id)}",
        intent=f"read the service principal of application {app_id}",
        needs=("Application.Read.All",),
        params={"$select": "id"},
    )
    if principal is None:
        return []
    sign_in = SignIn(app_id, str(principal.get("id")).lower(), is_service_principal=True)
    listed = graph.list(POLICIES, intent="list the conditional access policies", needs=READ_NEEDS)
    found = (policy for policy in map(read_policy, listed) if is_in_force(policy.state))
    return sorted(
        policy.display_name
        for policy in found
        if evaluate_policy(policy.form, sign_in, {}).applies is not Applies.NO and not lets_in(policy.form, sign_in)
    )
