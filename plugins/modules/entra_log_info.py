#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_log_info
short_description: Read who signed in to an application and who changed it, from both logs of Microsoft Entra ID
version_added: 1.0.0
description:
  - Reads the log of sign-ins and the directory's audit log for applications, users and other objects, paged to the end, in the one form that
    entries of all logs have here.
  - Of an application these are the sign-ins by people through it, those that it does by itself and those to it as a resource, every change of
    its registration and of its service principal, and what it has changed itself.
  - 'What could not be read is told, never left out in silence: RV(gaps) has each part of a log that is missing and why, and a warning names it.'
  - Entries arrive minutes to hours late. RV(complete_until) is the moment from which the next run should read (O(since)). The periods of two
    runs then overlap; the same entry has the same C(record_id) in both.
  - Interactive sign-ins and changes are read from v1.0 of Graph. The other kinds of sign-ins are in its beta version only, which Microsoft may
    change; C(details.api) of an entry and RV(sources) say which version was read.
  - The logs take five requests in ten seconds, so that reading the sign-ins and changes of one application takes twenty seconds or more.
  - 'Graph permissions (application): C(AuditLog.Read.All), for the names of O(applications) C(Application.Read.All), for those of O(users)
    C(User.Read.All). Some tenants ask for C(Directory.Read.All) beside them. Which policies were applied to a sign-in is shown to those who may
    read policies (C(Policy.Read.All)) only. Sign-ins need Microsoft Entra ID P1 or P2.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._query
options:
  applications:
    description:
      - Applications by application (client) id, by object id of the registration or of the service principal, by display name, or by unique
        name where no application has that display name. All their ids are looked for. When left out, no application is.
      - An id that no application has any more is looked for as it is, with a warning.
    type: list
    elements: str
    aliases: [application]
  users:
    description:
      - Users by user principal name, object id or display name. When left out, no user is looked for.
    type: list
    elements: str
  objects:
    description:
      - Other objects that were changed, such as policies and groups, by object id or by the display name that the audit log has of them. They
        are not looked up, so that deleted ones are found, too. When left out, no others are looked for.
      - With very many objects, applications and users all changes of the period are read, and chosen from here, since each request takes two seconds.
    type: list
    elements: str
  everything:
    description:
      - Whether to read all entries of the period. Without it, O(applications), O(users) or O(objects) has to name something.
    type: bool
    default: false
  unknown_names:
    description:
      - What to do with a name in O(applications) or O(users) that nothing in the tenant has, or several.
      - V(fail) ends the task before anything is read.
      - With V(tell), all that have the name are looked for, and a warning names their ids. A name that nothing has is looked for in the
        directory's audit log, as O(objects) are, and not in the sign-ins; that is a gap of the whole period with the reason V(unknown_name),
        and a warning. RV(complete_until) does not wait for it.
    type: str
    choices:
      - fail
      - tell
    default: fail
  operations:
    description:
      - Only entries of these operations, V(sign_in), V(add), V(change), V(remove), V(assign), V(unassign) and V(other), or of these
        activities in the service's own words, such as V(Add conditional access policy). When left out, all of them.
      - Entries are filtered after reading; a log that cannot contain these operations is not read.
    type: list
    elements: str
  logs:
    description:
      - Which logs to read.
    type: list
    elements: str
    choices:
      - sign_ins
      - directory_audits
    default:
      - sign_ins
      - directory_audits
  sign_in_types:
    description:
      - Which kinds of sign-ins to read. All but V(interactive_user) are in the beta version of Graph only.
    type: list
    elements: str
    choices:
      - interactive_user
      - non_interactive_user
      - service_principal
      - managed_identity
    default:
      - interactive_user
      - non_interactive_user
      - service_principal
      - managed_identity
  since:
    description:
      - Where the period begins, a time such as V(2026-03-01T08:00:00+01:00) or how long ago, such as V(7d), V(24h) or V(90m). A time without
        a zone is taken as UTC, and a warning says so.
    type: str
    default: 24h
  until:
    description:
      - Where the period ends, in the same words. When left out, it ends now.
    type: str
  late_by:
    description:
      - For how long entries may be on their way. What is younger is a gap with the reason V(late).
    type: str
    default: 2h
  max_rows:
    description:
      - So many rows are returned of each log at most, the oldest ones. What comes after them is a gap with the reason V(max_rows);
        RV(complete_until) is then where to read on.
    type: int
    default: 20000
seealso:
  - module: cvops.identity.entra_conditional_access_policy
  - module: cvops.identity.entra_application_info
"""

EXAMPLES = r"""
- name: Who changed the application of the backups in the last week, and who signed in
  cvops.identity.entra_log_info:
    applications:
      - Commvault management API
    since: 7d
  register: log

- name: Show when, who and what, the changes of secrets and certificates with their key ids
  ansible.builtin.debug:
    msg: >-
      {{ item.time }} {{ item.actor.name }} {{ item.activity }}
      {{ item.details.credentials_added | default([]) | map(attribute='key_id') | join(', ') }}
  loop: "{{ log.directory_audits }}"
  loop_control:
    label: "{{ item.record_id }}"

- name: From which addresses does the application itself sign in
  cvops.identity.entra_log_info:
    applications:
      - Commvault management API
    logs:
      - sign_ins
    sign_in_types:
      - service_principal
    since: 24h
    query: "[?outcome == 'success'].address"
  register: addresses

- name: Read on where the first run has ended, what was late then included
  cvops.identity.entra_log_info:
    applications:
      - Commvault management API
    since: "{{ log.complete_until }}"
"""

RETURN = r"""
sign_ins:
  description: The sign-ins, oldest first; empty where they were not asked for, see RV(sources).
  returned: success
  type: list
  elements: dict
  contains: &entry
    time:
      description: When, in UTC.
      type: str
    service:
      description: Always V(entra).
      type: str
    log:
      description: V(sign_ins) or V(directory_audits).
      type: str
    activity:
      description: What was done in the service's own words; V(Sign-in) of sign-ins.
      type: str
    operation:
      description: What was done - V(sign_in), V(add), V(change), V(remove), V(assign), V(unassign) or V(other).
      type: str
    outcome:
      description: V(success), V(failure) or V(unknown).
      type: str
    reason:
      description: Why it failed, with the code of a sign-in; V(null) where nothing is told.
      type: str
    actor:
      description:
        - Who did it - C(kind) (V(user), V(application), V(service) for Entra ID itself, V(unknown)), C(name), C(entra_id) (object id of the
          user or service principal), C(app_id), and C(commvault_id), which is V(null) here.
      type: dict
    address:
      description: The address that it came from; V(null) where the log does not tell.
      type: str
    object:
      description: What was signed in to or changed - C(kind), C(name), C(id). The id of an application in a sign-in is its application id.
      type: dict
    others:
      description: Further objects that took part, such as the member of a group, or the application through which a user signed in.
      type: list
      elements: dict
    before:
      description: The properties that were changed, as they were.
      type: dict
    after:
      description: The properties that were changed, as they are then.
      type: dict
    details:
      description:
        - What only this log tells. C(api) is the version of Graph.
        - C(actor_name_is_display_name) is V(true) where the log gives no user principal name of the user who did it, so that C(name) of RV(sign_ins[].actor)
          is a display name, which anybody may choose and several may have. It is there in such entries only.
        - Of sign-ins C(sign_in_type), C(application), C(app_id), C(error_code), C(conditional_access_status),
          C(conditional_access_policies) (list of C(id), C(name), C(result); V(null) where they are not shown to this identity), C(client_app),
          C(user_agent), C(country), C(city), C(device), C(risk_during_sign_in), C(resource_service_principal_id), C(credential_key_id),
          C(credential_type), C(protocol), C(home_tenant_id) and C(resource_tenant_id).
        - Of changes C(category), C(logged_by), C(operation_type), C(more), and where secrets or certificates were changed
          C(credentials_added) and C(credentials_removed) (lists of C(key_id), C(type), C(usage), C(name)).
      type: dict
    correlation_id:
      description: The id by which the service joins entries of one request.
      type: str
    record_id:
      description: The log's own id of the entry.
      type: str
directory_audits:
  description: The changes, oldest first; empty where they were not asked for, see RV(sources).
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
gaps:
  description: The parts of the period that were not read, or not for good.
  returned: success
  type: list
  elements: dict
  contains:
    log:
      description: V(sign_ins) or V(directory_audits).
      type: str
    sign_in_type:
      description: The kind of sign-ins; V(null) where it is about all of the log.
      type: str
    from:
      description: Where it begins, in UTC.
      type: str
    to:
      description: Where it ends, in UTC.
      type: str
    reason:
      description:
        - V(late), entries may still arrive; V(unanswered), the service did not give them; V(max_rows) and V(deadline), the task has ended before.
          Reading again may bring these.
        - V(retention), they are not kept any more; V(licence), the tenant has none for sign-ins; V(refused), the service does not take the
          request; V(unknown_name), no application or user has a name that was asked for (O(unknown_names)).
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
    - For how many days the tenant keeps the logs; V(null) where that does not matter and was not found out.
    - Without a premium licence these are 7 days, with one 30.
  returned: success
  type: int
sources:
  description: What was read.
  returned: success
  type: list
  elements: dict
  contains:
    log:
      description: V(sign_ins) or V(directory_audits).
      type: str
    api:
      description: The version of Graph, V(v1.0) or V(beta).
      type: str
    sign_in_type:
      description: The kind of sign-ins; V(null) for changes.
      type: str
    pages:
      description: How many pages were read.
      type: int
    rows:
      description: How many rows of the result it gave.
      type: int
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.info import build_log_spec, read_logs
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(build_log_spec())

RESOURCE = Report(("sign_ins", "directory_audits"), read_logs)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
