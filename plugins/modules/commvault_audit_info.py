#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_audit_info
short_description: Read who did what on a CommCell, from its audit trail and its event log
version_added: 1.0.0
description:
  - Reads the audit trail, which has every log-in and every change with the user who made it, and on request the event log, paged to the end, in
    the one form that entries of all logs have here, whichever service keeps them.
  - 'What could not be read is told, never left out in silence: RV(gaps) has each part that is missing and why, and a warning names what is not
    as usual. A read that fails ends the task, unless the service has given a part of the log and is too slow for the rest.'
  - RV(complete_until) is the moment from which the next run should read (O(since)). The periods of two runs then overlap; the same entry has the
    same C(record_id) in both.
  - The CommServe keeps entries for a limited time, the less grave ones for the shortest (RV(retention_days)). For an audit of a year read them
    more often than once a year, and keep them.
  - Neither the words for operations nor the form of their details are published by the vendor. RV(audit_trail[].activity) and
    C(details.text) are always the service's own words. RV(audit_trail[].object), RV(audit_trail[].before) and RV(audit_trail[].after) are filled where
    the text has a form that cannot be mistaken, and are empty otherwise.
  - The audit trail is the data set of the report Audit Trail, which is shown to members of the user group master and to accounts with the same
    rights on the CommCell. The event log and the retention need C(View) on the CommCell, ids of users the right to see users.
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.commvault
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._commvault
  - cvops.identity._query
options:
  users:
    description:
      - Only entries of these users, by name, e-mail address or user principal name, without regard to letter case.
      - A user who is gone still has entries under the name of that time; RV(users) tells whether there is such a user now.
      - The event log does not tell who did something, so this goes with the audit trail alone.
    type: list
    elements: str
  operations:
    description:
      - Only entries of these operations, in the words V(sign_in), V(sign_out), V(add), V(change), V(remove), V(assign), V(unassign), V(use) and
        V(other), or in the product's own words, which may be shell patterns such as V(*User Group*), without regard to letter case.
      - V(assign) and V(unassign) are associations, owners and memberships. Entries of the event log are V(other).
    type: list
    elements: str
  severities:
    description:
      - Only entries of these severities. Those of the audit trail are V(critical), V(high), V(medium) and V(low), those of the event log
        V(critical), V(major), V(minor) and V(information).
    type: list
    elements: str
    choices:
      - critical
      - high
      - medium
      - low
      - major
      - minor
      - information
  logs:
    description:
      - Which logs to read.
    type: list
    elements: str
    choices:
      - audit_trail
      - events
    default:
      - audit_trail
  since:
    description:
      - Where the period begins, a time such as V(2026-03-01T08:00:00+01:00) or how long ago, such as V(7d), V(24h) or V(90m). A time without a
        zone is taken as UTC, a date as its first second.
    type: str
    default: 24h
  until:
    description:
      - Where the period ends, in the same words; this moment does not belong to it any more. When left out, it ends now.
    type: str
  late_by:
    description:
      - For how long entries may be on their way. What is younger is a gap with the reason V(late).
    type: str
    default: 15m
  time_zone:
    description:
      - The time zone of the CommServe by its name in the IANA database, such as V(Europe/Berlin). It is needed only where the service tells times
        without a zone and names its own zone in words that are not known here; the task then says so.
    type: str
  max_rows:
    description:
      - So many rows are returned of each log at most, the oldest ones. What comes after them is a gap with the reason V(max_rows);
        RV(complete_until) is then where to read on.
    type: int
    default: 20000
seealso:
  - module: cvops.identity.commvault_security_info
"""

EXAMPLES = r"""
- name: Who changed users, user groups, roles and associations in the last week
  cvops.identity.commvault_audit_info:
    since: 7d
    operations:
      - add
      - change
      - remove
      - assign
      - unassign
  register: trail

- name: Show when, who and what
  ansible.builtin.debug:
    msg: "{{ item.time }} {{ item.actor.name }}: {{ item.activity }}, {{ item.details.text }}"
  loop: "{{ trail.audit_trail }}"
  loop_control:
    label: "{{ item.record_id }}"

- name: Sign-ins that failed, and what else the event log has of the last day
  cvops.identity.commvault_audit_info:
    operations:
      - sign_in
      - other
    logs:
      - audit_trail
      - events
    query: "[?outcome != 'success'].{time: time, who: actor.name, text: details.text}"

- name: What one administrator did, also if the account is gone by now
  cvops.identity.commvault_audit_info:
    users:
      - breakglass
    since: 30d
    until: 24h

- name: Read on where the first run has ended, what was late then included
  cvops.identity.commvault_audit_info:
    since: "{{ trail.complete_until }}"
"""

RETURN = r"""
audit_trail:
  description: The entries of the audit trail, oldest first; empty where it was not asked for, see RV(sources).
  returned: success
  type: list
  elements: dict
  contains: &entry
    time:
      description: When, in UTC.
      type: str
    service:
      description: Always V(commvault).
      type: str
    log:
      description: V(audit_trail) or V(events).
      type: str
    activity:
      description: What was done in the product's own words; of an event its code.
      type: str
    operation:
      description: What was done, in the words of O(operations).
      type: str
    outcome:
      description:
        - V(success), V(failure) or V(unknown). The audit trail holds what was done; V(failure) where the words of the operation say that it failed,
          V(unknown) of events, and of sign-ins whose details speak of a failure.
      type: str
    reason:
      description: Always V(null), the logs have no place of its own for it.
      type: str
    actor:
      description:
        - Who did it - C(kind) (V(user), V(unknown), of events V(service)), C(name) as it was at that time, and C(commvault_id), the id of the one user
          who has this name now, V(null) where there is none or users are not shown. C(entra_id) and C(app_id) are V(null) here.
      type: dict
    address:
      description: The address that it came from; V(null) where the log does not tell, as is usual.
      type: str
    object:
      description: What was changed - C(kind), C(name) and C(id), each V(null) where the text does not certainly tell.
      type: dict
    others:
      description: Further objects that took part, such as the members of a group, or the role and the entity of an association.
      type: list
      elements: dict
    before:
      description: Properties that were changed, as they were, where the text certainly tells.
      type: dict
    after:
      description: Properties that were changed, as they are then, where the text certainly tells.
      type: dict
    details:
      description:
        - What only this log tells. C(severity) and C(text) (cut after 4000 characters, then C(text_is_cut)), C(time_is_doubtful) where the time was told
          in local time at an hour that the clocks show twice or not at all. Then C(time) is the moment that lies in the period; where both do, the
          earlier one.
        - Of the audit trail also C(notes), C(company) and C(columns), those that are not known here. Of events C(code), C(subsystem), C(job_id) and
          C(client).
      type: dict
    correlation_id:
      description: Always V(null).
      type: str
    record_id:
      description: The log's own id of the entry; where it has none, one that is made of the entry.
      type: str
events:
  description: The entries of the event log, oldest first; empty where it was not asked for, see RV(sources).
  returned: success
  type: list
  elements: dict
  contains: *entry
since:
  description: Where the period begins, in UTC.
  returned: success
  type: str
until:
  description: Where the period ends, in UTC.
  returned: success
  type: str
users:
  description: What is known of each of O(users); empty without them.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: As it was asked for.
      type: str
    commvault_id:
      description: The id of the user; V(null) where there is none, or more than one.
      type: str
    exists:
      description: Whether there is such a user now; V(null) where users are not shown to this account.
      type: bool
    rows:
      description: How many entries were found.
      type: int
gaps:
  description: The parts of the period that were not read, or not for good.
  returned: success
  type: list
  elements: dict
  contains:
    log:
      description: V(audit_trail) or V(events).
      type: str
    severity:
      description: The severity of the entries that are missing; V(null) for all.
      type: str
    from:
      description: Where it begins, in UTC.
      type: str
    to:
      description: Where it ends, in UTC.
      type: str
    reason:
      description:
        - V(late), entries may still arrive; V(retention), they are not kept any more; V(max_rows), there are more than were asked for.
        - V(unanswered), the service did not give them; V(missing_rows), it counts more than it gave; V(deadline), the task has ended before.
          Reading again may bring these.
      type: str
    message:
      description: What is missing and why, with the service's own words.
      type: str
complete:
  description: Whether there are no gaps. A period that ends now always has one, since entries may still arrive.
  returned: success
  type: bool
complete_until:
  description: Up to when reading again brings nothing new, in UTC. The next run reads from here.
  returned: success
  type: str
retention_days:
  description:
    - For how many days the CommServe keeps entries of the audit trail, by severity; V(null) where the audit trail was not asked for.
    - Where the account may not see it, these are the days that the product begins with.
  returned: success
  type: dict
sources:
  description: What was read.
  returned: success
  type: list
  elements: dict
  contains:
    log:
      description: V(audit_trail) or V(events).
      type: str
    pages:
      description: How many pages were read.
      type: int
    rows:
      description: How many rows of the result it gave.
      type: int
"""

from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.info import read_logs
from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.options import build_log_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(build_log_spec())

RESOURCE = Report(("audit_trail", "events"), read_logs)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
