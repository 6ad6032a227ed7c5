# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a CommCell can misbehave or differ, as tests and the control listener set it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from cvops_simulator.core.behaviours import BehaviourSet

INHERITED_ROWS = ("marked", "unmarked", "hidden")
OAUTH_HEADERS = ("authorization", "authtoken", "both")
APPROVALS = ("", "code", "text", "silent")
VALIDATION_PASSWORDS = ("caller", "user")
AUDIT_COLUMNS = ("usual", "shuffled", "extra")
AUDIT_TIMES = ("seconds", "milliseconds", "text", "iso")


@dataclass
class Behaviours(BehaviourSet):
    """All off by default: a current, well-behaved CommCell."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "inherited_rows": INHERITED_ROWS,
        "oauth_header": OAUTH_HEADERS,
        "credential_approval": APPROVALS,
        "user_approval": APPROVALS,
        "validation_password": VALIDATION_PASSWORDS,
        "audit_columns": AUDIT_COLUMNS,
        "audit_times": AUDIT_TIMES,
    }

    #: Seconds for which V1 lists stay stale after a write, unless `hardRefresh=true`.
    list_lag: float = 0.0
    #: The same lag for V4 lists (how the product behaves is unknown).
    list_lag_v4: bool = False
    #: Seconds for which all lists, also those of access tokens, show what was before a write; `hardRefresh` is no help.
    replication_lag: float = 0.0
    #: With `replication_lag`: single objects, members and security associations lag as well.
    details_lag: bool = False
    #: V1 writes do nothing and answer 200 with this code in `response[0].errorCode`; 0: off.
    v1_write_error: int = 0
    #: `POST Security` answers success for these entities and changes nothing: "type:id", or "*" for all.
    lost_security_writes: list[str] = field(default_factory=list)
    #: V1 group updates are taken literally: operation type 1 with an empty list empties the list.
    group_wipe: bool = True
    #: V4 enumerations accept words only.
    strict_enums: bool = False
    #: Service accounts stay invisible until `approve` is called.
    pending_approval: bool = True
    #: Until then not even a read of the one account shows them.
    hide_pending_accounts: bool = False
    #: V4 answers do not say which users are service accounts.
    hide_service_accounts: bool = False
    #: The properties of a server say nothing of its owners; its security does.
    hide_client_owners: bool = False
    #: Whose password allows a new one: "caller" (as the official client has it) or "user" (the specification).
    validation_password: str = "caller"
    #: Updates and deletions of users: see `credential_approval`.
    user_approval: str = ""
    #: PIN that a password login appends and sensitive changes send in the header `otp`; empty: two-factor is off.
    two_factor_pin: str = ""
    #: Life of access tokens in seconds; 0: what the release says.
    token_life: float = 0.0
    #: Renewal hands out the same access token with a new refresh token.
    renew_keeps_access_token: bool = False
    #: An access token may create, edit and delete access tokens, as older releases let it.
    token_by_token: bool = False
    #: Tokens signed by an external provider are accepted as bearer (release 42 and later).
    oauth: bool = False
    #: The headers in which such a token is accepted, as `Bearer`: authorization, authtoken, or both.
    oauth_header: str = "authorization"
    #: Claim of such a token that names the user (name, UPN or mail address); app-only tokens use `oauth_app_users`.
    oauth_claim: str = "upn"
    #: Application id of an app-only token -> name of the Commvault user it acts as.
    oauth_app_users: dict[str, str] = field(default_factory=dict)
    #: `Authorization: Bearer` is refused for the product's own tokens (seen at one site).
    authtoken_only: bool = False
    #: How inherited grants are shown by `GET Security/...` and `GET UserGroup/{id}/Security`.
    inherited_rows: str = "marked"
    #: Reads put all entities (or principals) of the same role into one row.
    merged_rows: bool = False
    #: Names in `POST Security` are resolved only with the header `LookupNames: 1` (entities and roles; not principals).
    lookup_names_required: bool = False
    #: The answer of a credential update repeats the request, secrets included.
    credential_echo: bool = True
    #: Writes of credentials do nothing until `Cell.approve_writes` is called; answered with a "code", with a
    #: success and a "text", or "silent", as if they were done. Empty: no approvals.
    credential_approval: str = ""
    #: A SAML app goes on to believe the certificate before the last one; off: one certificate at a time.
    saml_keeps_previous_certificate: bool = False
    #: Address that requests come from, for `allowedIPs`; empty: the real one.
    client_address: str = ""
    #: Time zone of the CommServe, a name of the IANA data base.
    time_zone: str = "UTC"
    #: The report of the audit trail is not there.
    audit_missing: bool = False
    #: Its columns: the "usual" ones, the same "shuffled", or with one "extra" that nobody knows.
    audit_columns: str = "usual"
    #: How it tells times: epoch seconds or milliseconds, "text" in the zone that the request names, "iso" with a zone.
    audit_times: str = "seconds"
    #: Seconds until an entry of the audit trail or an event shows.
    audit_delay: float = 0.0
    #: Rows of a page at most, whatever the request says.
    audit_page_size: int = 1000
    #: So many requests for a later page of a log get the page before instead.
    audit_repeated_pages: int = 0
    #: What `totalRecordCount` is wrong by.
    audit_count_error: int = 0
    #: A request whose period has more entries is answered by a gateway that does not wait so long; 0: off.
    audit_most_rows: int = 0
    #: What `failures` and `warnings` say of the data source; empty: nothing.
    audit_failure: str = ""
    audit_warning: str = ""
    #: The event log gives everything, whatever page is asked for.
    events_without_pages: bool = False
