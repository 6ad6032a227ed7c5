#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: expiry_info
short_description: List everything that expires, and who uses it
version_added: 1.0.0
description:
  - Reads client secrets and certificates of applications and of their service principals, SAML signing certificates and federated credentials in Entra ID,
    and what a CommCell holds keys for, with the access tokens of the account that signs in. Joins them, so that a row says what stops when a key ends.
  - Clients of Microsoft 365 and Dynamics 365 and key management servers keep a key of an application themselves, and nothing shows which. They are
    consumers of which the key is unknown, unless they use that of a credential.
  - Rows without a consumer are keys of which no known consumer says that it holds them. A consumer whose key is not in Entra ID is V(missing), it works no
    more. Keys without an end are listed too.
  - Commvault never shows the certificate with which a SAML app checks what Entra ID signs. By the mark that M(cvops.identity.commvault_saml_app) leaves in
    its description, each app is a row of its own, with the end of that certificate, also where Entra ID cannot be read. Where Entra ID signs with another
    one, the row is V(missing), because nobody can sign in then. Without a mark it is V(unknown).
  - What cannot be read is a source that has failed, RV(expiring.partial) is true then, and the state of the whole is never V(ok). The task fails where
    nothing can be read.
  - One task reads one CommCell. For several, let one task read Entra ID and one each CommCell (O(services)), and join the results with
    P(cvops.identity.join_expiring#filter), as the playbook C(cvops.identity.expiry) does.
  - Changes nothing on either side, and reads no key.
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) or C(Application.Read.All), which federated credentials need.'
  - 'Commvault rights: C(View) on the CommCell for identity providers, clients and key management servers. Credentials are those that the account sees,
    access tokens are its own.'
  - 'Requests to Commvault: one for each credential and each app of an identity provider, two or three for each client of Microsoft 365, and eight lists.'
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
  services:
    description:
      - What is read. V(entra) are applications with their keys, V(commvault) is the CommCell of O(commvault_url).
    type: list
    elements: str
    choices: [entra, commvault]
    default: [entra, commvault]
  applications:
    description:
      - The applications that are read, exactly one key for each. One that is not there is a row with the state V(missing).
      - When left out or empty, all that the caller may read are.
    type: list
    elements: dict
    default: []
    suboptions:
      app_id:
        description:
          - Its application (client) id. When left out, it does not select.
        type: str
      object_id:
        description:
          - Its object id. When left out, it does not select.
        type: str
      unique_name:
        description:
          - Its unique name. When left out, it does not select.
        type: str
  commcell:
    description:
      - The name of the CommCell in the rows. When left out, the name that it has itself.
    type: str
  leave_out:
    description:
      - What of the CommCell is not read, such as what the account has no right to see. Such a source is not one that has failed, and RV(expiring.sources)
        tells it.
    type: list
    elements: str
    choices: [access_tokens, credentials, saml_apps, oidc_apps, office365_clients, key_management_servers]
    default: []
  warn_below_days:
    description:
      - With fewer whole days left, a row has the state V(warning).
    type: int
    default: 30
  fail_below_days:
    description:
      - With fewer whole days left, a row has the state V(critical), and the task fails, with all that it has read, while there is such a row, one that is
        V(expired) or V(missing), or a source that could not be read.
      - When left out, the task does not fail for any of these.
    type: int
  parallel_reads:
    description:
      - How many reads run side by side.
    type: int
    default: 8
seealso:
  - module: cvops.identity.entra_application_info
  - plugin: cvops.identity.join_expiring
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What of two applications and a CommCell ends within 60 days
  cvops.identity.expiry_info:
    applications:
      - unique_name: commvault-backup
      - unique_name: commvault-sso
    commcell: cs01
    warn_below_days: 60
  register: found

- name: Say it
  ansible.builtin.debug:
    msg: "{{ found.expiring | cvops.identity.expiry_lines }}"

- name: Fail a job while a secret of any application has fewer than seven days left
  cvops.identity.expiry_info:
    services: [entra]
    fail_below_days: 7
"""

RETURN = r"""
expiring:
  description: What was found, or what O(query) makes of it.
  returned: success, and when O(fail_below_days) makes the task fail
  type: raw
  contains:
    state:
      description: The gravest state of all rows, at least V(unknown) where a source could not be read. C(no_end) and C(superseded) count as V(ok).
      type: str
    partial:
      description: Whether a source could not be read, so that rows are missing.
      type: bool
    counts:
      description: How many rows have each state.
      type: dict
    checked_at:
      description: When it was read, by the clock of the service.
      type: str
    rows:
      description: One row for each consumer of a key, and one for each key without a known consumer. The gravest state comes first, in it what ends first.
      type: list
      elements: dict
      contains:
        consumer:
          description: Who uses the key, such as C(SAML app corp.example); of an access token its user. V(null) where nobody is known to.
          type: str
        consumer_kind:
          description: C(credential), C(oidc_app), C(saml_app), C(office365_client), C(key_management_server) or C(user); V(null) without a consumer.
          type: str
        kind:
          description: C(secret), C(certificate), C(service_principal_secret), C(service_principal_certificate), C(saml_signing_certificate),
            C(federated_credential), C(access_token), or C(identity_provider_certificate), which is the copy of a signing certificate that a SAML app of
            Commvault is marked to hold. V(null) where the key is not known.
          type: str
        name:
          description: The label of the key.
          type: str
        application:
          description: Its unique name, else its display name, else an id.
          type: str
        app_id:
          description: Application (client) id.
          type: str
        object_id:
          description: Object id of the application or the service principal that has the key.
          type: str
        key_id:
          description: Id of the key; of an identity provider certificate, its SHA-256 fingerprint, V(null) without a mark.
          type: str
        thumbprint:
          description: Of a SAML signing certificate, its thumbprint; of an identity provider certificate, its SHA-256 fingerprint.
          type: str
        commcell:
          description: The CommCell of the consumer or the access token.
          type: str
        starts:
          description: From when the key is valid, where that is shown.
          type: str
        expires:
          description: Until when the key is valid. Of an access token that can be renewed, until when it can. V(null) without an end.
          type: str
        days_left:
          description: Whole days until then, negative afterwards.
          type: int
        state:
          description:
            - V(ok), V(warning), V(critical) (see O(fail_below_days)), V(expired), V(no_end).
            - V(missing), the application is not there, or a consumer holds a key that its application does not have, or a SAML app is marked to hold another
              certificate than the one with which Entra ID signs.
            - V(unknown), which key a consumer holds cannot be told, RV(expiring.rows[].unknown) says why.
            - V(superseded), nobody known holds it, it has ended (a signing certificate - it does not sign), and a newer one is there. Before its end, such
              a key is at worst V(warning).
          type: str
        unknown:
          description: What is not known about the row, V(null) where nothing is missing.
          type: str
        findings:
          description:
            - What somebody has to know of the key, beside when it ends.
            - V(other_certificate_signs), a SAML app is marked to hold it, and Entra ID signs with another one, so that nobody can sign in.
            - V(next_certificate_unused), a SAML app is marked to hold it and Entra ID signs with it, and Entra ID has one that ends later and is not active.
            - V(of_service_principal), it lies on the service principal, where no rotation of the application replaces it.
            - V(no_known_consumer), no consumer that was read holds it, or may hold it.
            - V(no_end), nothing ever makes it be replaced.
          type: list
          elements: str
    sources:
      description: The lists that were read, with C(service), C(what), C(commcell), C(status) (C(read), C(failed), C(left_out), or C(not_offered) by this
        release), C(found) and C(reason).
      type: list
      elements: dict
    applications:
      description: The applications that were read; with C(key_list) and C(consumers) what P(cvops.identity.join_expiring#filter) joins.
      type: list
      elements: dict
    key_list:
      description: All keys that were read, without their consumers.
      type: list
      elements: dict
    consumers:
      description: All consumers that were read, with the keys that they say they hold.
      type: list
      elements: dict
    warn_below_days:
      description: As given.
      type: int
    fail_below_days:
      description: As given.
      type: int
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.info import (
    collect_expiring,
    find_expiry_fault,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.options import expiry_options
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(ArgumentSpec(expiry_options()))

RESOURCE = Report("expiring", collect_expiring, find_expiry_fault)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
