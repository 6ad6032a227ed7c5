# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The tables of a bundle of access evidence: which columns they have and what a cell may hold. Shapes and order only, no rules.

A cell is a text, a boolean, None (not known) or a list of texts. No cell depends on the time of collection: dates are stored, never the days
that are left, so two bundles of an unchanged site are equal but for their provenance. Rows are sorted by their columns in order, the id last; findings
and action_plan open ones first and grave ones first, identities the most powerful first, population what was not read first.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass, field

from ..._commvault.overview.document import CommCellDocument
from ..._entra.overview.document import EntraDocument

Cell: t.TypeAlias = "str | bool | None | list[str]"
Row = dict[str, Cell]


class Table(t.NamedTuple):
    """Name of a table, which is its file's name, and its columns in order. The first column is the row's stable id."""

    name: str
    columns: tuple[str, ...]


#: One row per grant and person who has it through that grant; a grant that nobody has is one row with ``person_kind`` nobody.
ACCESS = Table(
    "access",
    (
        "id",
        "commcell",
        "person",  # display name, or the Commvault user's name; empty for nobody
        "person_kind",  # entra_member, entra_guest, commvault_user, service_account, directory_group (its members are not visible), nobody, not_evaluable
        "entra_user_id",
        "user_principal_name",
        "entra_enabled",  # None: not known, or no Entra user
        "commvault_user_id",
        "commvault_user",
        "commvault_enabled",
        "signs_in_with",  # as commvault_security_info tells
        "path",  # names from the person to the principal of the grant, without both ends: nested Entra groups, the linked Entra group
        "entra_group_id",  # the group that is linked to the principal
        "entra_group",
        "principal_kind",  # user, user_group, external_group, unknown
        "principal_id",
        "principal",
        "role_id",
        "role",
        "permissions",  # single permissions of a grant without a role
        "privileged",
        "privileged_by",  # permissions that make it so
        "entity_kind",
        "entity_id",  # "all": every entity of the kind, future ones included
        "entity",
        "company",  # of the entity; "Commcell" for the CommCell's own level, None where the service does not show it
        "grant_kind",  # explicit, owner, creator, inherited, permissions, unknown
        "effective_now",  # yes, no, unknown: by Commvault's own state
        "expected_at_next_login",  # yes, no, unknown: by Entra ID
        "in_mapping",  # declared, surplus, unmanaged, not_managed (creator, owner, inherited, ...), unknown (no document)
        "business_owner",
        "approved_by",
        "approved_on",
        "ticket",
        "reason",
        "review_by",
        "valid_until",
    ),
)
#: One row per role and permission that it holds.
ROLES = Table(
    "roles",
    (
        "id",
        "commcell",
        "role_id",
        "role",
        "company",  # as in access
        "enabled",
        "permission_id",
        "permission",
        "category",
        "privileged",
    ),
)
#: Since the previous bundle; one row per row of ``access`` that came, went or differs.
CHANGES = Table(
    "changes",
    (
        "id",
        "change",  # added, removed, changed
        "table",  # access, roles, identities
        "row_id",
        "commcell",
        "what",  # in words
        "columns",  # that differ
        "before",
        "after",
        "attribution",  # commvault_audit_trail, entra_audit_log, unattributed
        "when",
        "who",
        "sign_in",  # at Entra ID, in words, of the handshake in which it was done; None where the log has no certain one
        "why_unattributed",  # see attribution and log_index
    ),
)
#: One row per thing that somebody holds who is disabled, deleted or not found in Entra ID.
LEAVERS = Table(
    "leavers",
    (
        "id",
        "person",
        "entra_user_id",
        "user_principal_name",
        "state",  # disabled, deleted, not_found
        "since",  # date, None when not known
        "since_source",  # entra_audit_log, deletion_date, previous_bundle, unknown
        "commcell",
        "commvault_user_id",
        "commvault_user",
        "commvault_enabled",
        # account (a user that is not disabled), user_group, direct_grant, owner, local_password, access_token, entra_group, group_owner, application_owner
        "holds",
        "what",
        "what_id",
        "privileged",
        "offboard",  # what to do, in words; never done by the collection
    ),
)
#: One row per application (service principal) and credential of it; one without credentials has a row all the same. Most powerful first by tier.
IDENTITIES = Table(
    "identities",
    (
        "id",
        "tier",  # "0" can take over the tenant or the backups, "1" reads or writes much, "2" all others
        "tier_because",  # permissions and roles that make it so
        "app_id",
        "object_id",
        "display_name",
        "enabled",
        "owners",
        "permissions_granted",
        "permissions_requested",
        "directory_roles",
        "credential_kind",  # secret, certificate, federated, none
        "credential_id",
        "credential_name",
        "starts",
        "expires",
        "subject",  # of a federated credential: issuer and subject
        "used_by",  # COMMCELL: credential or identity provider
        "policies",  # conditional access policies that reach it
    ),
)
FINDINGS = Table(
    "findings",
    (
        "id",
        "rule",
        "severity",  # critical, high, medium, low
        "status",  # open, accepted, not_evaluable
        "title",
        "description",
        "commcell",
        "subject_kind",
        "subject_id",
        "subject",
        "rows",  # ids of rows of other tables
        "remedy",
        "first_seen",  # day of the first bundle in the chain that has it
        "accepted_by",  # owner, end and reason of an acceptance, as action_plan had them; None where nobody accepted it
        "accepted_until",
        "accept_reason",
    ),
)
#: A row of ``access`` that a person is to review has a row with the same id; explicit grants and single permissions.
SIGN_OFF = Table(
    "signoff",
    (
        "id",
        "commcell",
        "person",
        "principal",
        "role",
        "entity",
        "privileged",
        "last_decision",
        "decision",
        "reviewer",
        "date",
        "reason",
    ),
)
#: An open finding has a row with the same id.
ACTION_PLAN = Table(
    "action_plan",
    ("id", "rule", "severity", "title", "commcell", "subject", "remedy", "decision", "owner", "date", "reason"),
)
#: Every source of every document, with what could not be seen.
POPULATION = Table("population", ("id", "side", "commcell", "source", "count", "complete", "why"))

TABLES = (ACCESS, ROLES, CHANGES, LEAVERS, IDENTITIES, FINDINGS, SIGN_OFF, ACTION_PLAN, POPULATION)
SEVERITIES = ("critical", "high", "medium", "low")
#: Of findings, in the order of the table. What could not be judged is never a pass.
OPEN, NOT_EVALUABLE, ACCEPTED = "open", "not_evaluable", "accepted"
STATUSES = (OPEN, NOT_EVALUABLE, ACCEPTED)


class Rule(t.TypedDict):
    """Segregation of duties as data: nobody holds permissions of both sides where they meet. Names of roles or permissions, shell patterns."""

    id: str
    title: str
    severity: str
    first: list[str]
    second: list[str]
    remedy: str


@dataclass(frozen=True)
class Inputs:
    """What a bundle is made of. All documents of a pseudonymised bundle are pseudonymised before they come here."""

    commcells: t.Sequence[CommCellDocument]
    entra: EntraDocument | None = None
    #: Names of CommCells that were to be read and were not, with why.
    missing: t.Mapping[str, str] = field(default_factory=dict)
    #: The document of variables as data (``cvops_role_mappings``, ``cvops_break_glass``, ...); None: no document, so nothing is said of drift.
    document: t.Mapping[str, t.Any] | None = None
    rules: t.Sequence[Rule] = ()
    #: A joined log of both services (the playbook access_log), for attribution.
    log: t.Mapping[str, t.Any] | None = None
    #: Tables of the previous bundle by name, and its date.
    previous: t.Mapping[str, t.Sequence[Row]] | None = None
    previous_date: str | None = None
    #: By CommCell, and ENTRA_HOST, when the document of the previous bundle was begun: what was logged since then may have made a change.
    previous_starts: t.Mapping[str, str] = field(default_factory=dict)
    #: Decisions that were read back from signoff.csv and action_plan.csv of the previous bundle: rows of SIGN_OFF and ACTION_PLAN.
    decisions: t.Sequence[Row] = ()
    actions: t.Sequence[Row] = ()
    #: Rows from the break-glass drill: ``commcell``, ``user``, ``outcome`` (worked, not_proven, failed), ``date``.
    drills: t.Sequence[t.Mapping[str, t.Any]] = ()
    #: People of the documents have pseudonyms, and those of everything else their names, since no key was given: they cannot be compared.
    are_people_hidden: bool = False

    @property
    def usable_log(self) -> t.Mapping[str, t.Any] | None:
        """The log, where what it tells of people can be found in the documents."""
        return None if self.are_people_hidden else self.log


class Tables(t.NamedTuple):
    """Rows by the name of the table, all of TABLES, sorted; ``partial``: why the bundle is not complete, in words, empty when it is."""

    rows: dict[str, list[Row]]
    partial: list[str]


def make_row_id(prefix: str, *parts: t.Any) -> str:
    """Return a stable id of a row: *prefix*, a hyphen and 80 bits of the SHA-256 of *parts*, which identify what the row is about by ids."""
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"
