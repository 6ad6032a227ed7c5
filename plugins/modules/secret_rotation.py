#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_rotation
short_description: Replace a client secret or certificate before it expires, without an outage and from any state that a run has left
version_added: 1.0.0
description:
  - 'Looks at the keys of an application and at who uses which of them, and takes the next safe steps: adds a secret, keeps it in a store, proves
    it by signing in with it, and only then lets its users have it. The old secret goes on working, by default until it expires.'
  - Schedule it daily. On most days nothing is due and nothing is written. Whatever stopped a run, the next one goes on from what it finds in
    Entra ID and in the targets; no state is kept anywhere else.
  - Keys that this rotation has not made are never touched, unless O(adopt_key_ids) names them.
  - With O(kind=certificate) all of this holds for a certificate with its private key. The key is made where the task runs; Entra ID gets the
    certificate alone, beside all others of the application, which are looked for afterwards.
  - 'Best of all is no secret: a managed identity, then a federated credential, then a certificate.'
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) for registrations that the identity owns, else
    C(Application.ReadWrite.All). C(Policy.Read.All) lets a policy that forbids or limits secrets be found before the first write, and, with
    C(Application.Read.All), lets the policies of conditional access be named that may have refused a proof.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.commvault
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._commvault
  - cvops.identity._application_reference
  - cvops.identity._risk
options:
  application:
    required: true
  rotation_name:
    description:
      - Names this rotation among those of the application, up to 60 letters, digits, dots, hyphens and underscores. A key of it has the display name
        C(cvops/<rotation_name>/<id>); a key with another display name is foreign.
    type: str
    required: true
  kind:
    description:
      - What is rotated, V(secret), a client secret, or V(certificate), a certificate that signs itself, with its private key. What is said here of
        secrets holds for certificates, too.
      - The value of a certificate is its private key (PKCS 8, without a password) and the certificate in one PEM text, as the option
        O(client_certificate) of these modules and many programs take it.
      - 'A certificate goes to stores, O(targets[].external) and O(targets[].return) only: Commvault keeps a client secret in its credentials and
        apps, so O(targets[].commvault_credential) and O(targets[].commvault_oidc_app) refuse it.
        O(targets[].controller_credential) takes it.'
      - Another kind under the same O(rotation_name) begins again. What was rotated before stays until it expires.
    type: str
    choices: [secret, certificate]
    default: secret
  certificate:
    description:
      - What a certificate looks like, with O(kind=certificate) only.
    type: dict
    suboptions:
      key_size:
        description:
          - Bits of its RSA key.
        type: int
        choices: [2048, 3072, 4096]
        default: 3072
      common_name:
        description:
          - The common name of its subject, up to 64 characters. When left out, O(rotation_name).
        type: str
  lifetime_days:
    description:
      - Days from now, by the clock of Entra ID, until a new secret expires.
      - A secret is replaced O(lifetime_days) minus O(rotate_before_days) days after it was made. It must live for twice that time and three
        days, so that missed runs do no harm; O(accept_risk=short_lifetime) allows less.
    type: int
    default: 183
  rotate_before_days:
    description:
      - Days before its end on which a secret is replaced. With the defaults that is every 90 days.
    type: int
    default: 93
  overlap_hours:
    description:
      - For how many hours the old secret goes on working at least, once all targets use the new one.
      - The default is what the targets need, 24, and 25 with O(targets[].azure_key_vault), which some of its readers read once a day only.
    type: int
  targets:
    description:
      - Where the secret goes. Each entry has one of the keys below, beside O(targets[].name).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the target is called in results; by default what it names.
        type: str
      file:
        description:
          - A store in a file of mode 0600, with the value that is read, the one before it, and beside it a file with the one that is not proven yet.
        type: dict
        suboptions:
          path:
            description:
              - The path of the file.
            type: path
            required: true
      hashi_vault:
        description:
          - A store in the KV version 2 engine of HashiCorp Vault or OpenBao. A value that is not proven yet lies under a name of its own.
        type: dict
        suboptions:
          path:
            description:
              - The path of the secret in the engine.
            type: str
            required: true
          field:
            description:
              - The field that holds the value.
            type: str
            default: value
          mount:
            description:
              - The mount of the engine.
            type: str
            default: secret
          url:
            description:
              - The address of the server. When left out, E(VAULT_ADDR).
            type: str
          namespace:
            description:
              - The namespace. When left out, E(VAULT_NAMESPACE).
            type: str
          token:
            description:
              - Token of the Vault. When left out, E(VAULT_TOKEN); without that, O(targets[].hashi_vault.role_id) is used.
            type: str
          role_id:
            description:
              - The role id of an AppRole. When left out, E(VAULT_ROLE_ID).
            type: str
          secret_id:
            description:
              - The secret id of the AppRole. When left out, E(VAULT_SECRET_ID).
            type: str
          approle_mount:
            description:
              - The mount of the AppRole method.
            type: str
            default: approle
          ca_path:
            description:
              - PEM file with the certificate authorities of the server. When left out, E(VAULT_CACERT).
            type: path
      azure_key_vault:
        description:
          - A store in Azure Key Vault, signed in to as this task is to Entra ID. A value that is not proven yet lies under a name of its own.
        type: dict
        suboptions:
          vault_url:
            description:
              - The address of the vault.
            type: str
            required: true
          name:
            description:
              - The name of the secret in the vault.
            type: str
            required: true
      commvault_credential:
        description:
          - A credential of Commvault's Credential Manager, which holds one value, so that writing it is switching it. Which secret it holds is
            told by the last line of its description, C([cvops secret]) with the key id, which is written with the value.
          - Without that line nothing tells which secret it holds. Then no secret is taken for left behind until one was written.
          - The account that signs in has to be the owner of the credential.
        type: dict
        suboptions:
          name:
            description:
              - The name of the credential.
            type: str
            required: true
          company:
            description:
              - The company that it belongs to.
            type: str
          commcell:
            description:
              - The CommCell, an O(commcells[].commcell). When left out, that of O(commvault_url).
            type: str
      commvault_oidc_app:
        description:
          - An OpenID Connect app of Commvault, through which people sign in. It holds one value, so that writing it is switching it. Which
            secret it holds is told by the last line of its description, as with O(targets[].commvault_credential).
          - The account that signs in needs the right to manage domains.
        type: dict
        suboptions:
          name:
            description:
              - The name of the app.
            type: str
            required: true
          company:
            description:
              - The company that it belongs to, which is acted for. When left out, that of O(commvault_company).
            type: str
          commcell:
            description:
              - The CommCell, an O(commcells[].commcell). When left out, that of O(commvault_url).
            type: str
      controller_credential:
        description:
          - A field of a credential of AWX or automation controller, which jobs get when they start. It holds one value, so that writing it is
            switching it; the other fields stay as they are. Which secret it holds, and in which field, is told by the last line of its description,
            so that one field of a credential can be a target, of one rotation.
          - 'A value that was written is never shown again. That it works there is shown by a job (O(targets[].controller_credential.proof_job)), or
            its owner says so (O(targets[].controller_credential.acknowledged_key_id)). Until then the old secret stays.'
          - Name the credential by O(targets[].controller_credential.id), or by O(targets[].controller_credential.name) and what tells it from others of
            that name. Several that fit are an error.
          - The account that signs in needs the role Admin on the credential, and Execute on the job template.
        type: dict
        suboptions:
          id:
            description:
              - The id of the credential.
            type: int
          name:
            description:
              - The name of the credential.
            type: str
          organization:
            description:
              - The name of its organization.
            type: str
          credential_type:
            description:
              - The name of its type.
            type: str
          field:
            description:
              - The id of the field that holds the value, such as V(client_secret). It has to be a secret one of the type, and not be looked up in
                another store. What it held before is lost.
              - It has to be the field that jobs sign in with. With another one the job may be successful all the same, with the old secret, as long as
                that works.
            type: str
            required: true
          url:
            description:
              - The address of the controller, or of the gateway before it. When left out, E(CONTROLLER_HOST).
            type: str
          token:
            description:
              - Its token. When token, user name and password are left out, E(CONTROLLER_OAUTH_TOKEN), and without that E(CONTROLLER_USERNAME) and
                E(CONTROLLER_PASSWORD).
            type: str
          username:
            description:
              - The user that signs in, where there is no token.
            type: str
          password:
            description:
              - The password of O(targets[].controller_credential.username).
            type: str
          ca_path:
            description:
              - PEM file with the certificate authorities of the controller.
            type: path
          proof_job:
            description:
              - The job that shows that the secret works, best one that signs in with the credential and writes nothing. It is launched after the
                value was written, and has to end as successful.
            type: dict
            suboptions:
              template:
                description:
                  - The name of its job template, which has to use the credential.
                type: str
                required: true
              organization:
                description:
                  - The name of the organization of the template.
                type: str
              extra_vars:
                description:
                  - Variables of the launch. The template has to prompt for variables, or for these in its survey.
                type: dict
              limit:
                description:
                  - The limit of the launch, for which the template has to prompt.
                type: str
              within_seconds:
                description:
                  - After so many seconds the job is not waited for any longer; the next run launches it again.
                type: int
                default: 600
          acknowledged_key_id:
            description:
              - The key id that the owner of the credential says works there.
            type: str
      external:
        description:
          - A user of the secret that this module cannot write. Its owner takes the value from a store, which has to be among the targets.
        type: dict
        suboptions:
          where:
            description:
              - What and where it is, for people.
            type: str
            required: true
          contact:
            description:
              - Whom to ask.
            type: str
          acknowledged_key_id:
            description:
              - The key id that its owner says is in use there. Until it is the new one the old secret stays.
              - For a client of Microsoft 365, or a key management server, the name of the target or O(targets[].external.where) is its name in Commvault,
                or such as C(Exchange on cs01). Without such a target the old secret stays, too.
            type: str
          key_management:
            description:
              - It is a key management server, where a wrong key blocks restores. Then nothing is removed with O(retire=auto).
            type: bool
            default: false
      return:
        description:
          - Return the value of a secret that is added, this once, as RV(rotation.value). Set C(no_log) on the task.
          - As nobody can tell afterwards who has the value, no secret of this rotation is taken for left behind then.
        type: bool
  commcells:
    description:
      - How to sign in to the CommCells that O(targets) name. What one of them leaves out, but for O(commcells[].url), is that of the task, such as
        O(commvault_password), which may come from the environment.
    type: list
    elements: dict
    default: []
    suboptions:
      commcell:
        description:
          - The name by which O(targets) call it.
        type: str
        required: true
      url:
        description:
          - The address of the CommServe. Never that of the task.
        type: str
      auth_method:
        description:
          - As O(commvault_auth_method), without a token store. With O(commcells[].password) or O(commcells[].access_token) it is V(password)
            when left out.
        type: str
        choices: [password, access_token, token_store, entra]
      username:
        description:
          - As O(commvault_username).
        type: str
      password:
        description:
          - As O(commvault_password).
        type: str
      pin:
        description:
          - As O(commvault_pin).
        type: str
      access_token:
        description:
          - As O(commvault_access_token).
        type: str
      entra_scope:
        description:
          - As O(commvault_entra_scope).
        type: str
      entra_header:
        description:
          - As O(commvault_entra_header).
        type: str
        choices: [Authorization, Authtoken, try_both]
      proxy_scope:
        description:
          - As O(commvault_proxy_scope).
        type: str
      token_header:
        description:
          - As O(commvault_token_header).
        type: str
        choices: [Authtoken, Authorization]
      company:
        description:
          - As O(commvault_company).
        type: str
      ca_path:
        description:
          - As O(commvault_ca_path).
        type: path
      validate_certs:
        description:
          - As O(commvault_validate_certs).
        type: bool
      proxy:
        description:
          - As O(commvault_proxy).
        type: str
      timeout:
        description:
          - As O(commvault_timeout).
        type: int
  consumers_complete:
    description:
      - O(targets) names all who use the secret. Without that nothing is removed.
    type: bool
    default: false
  prove:
    description:
      - What proves a new secret. Every sign-in may meet another replica of Entra ID, so one that succeeds proves little. After a refusal that
        follows a success three times as many are asked for.
    type: dict
    suboptions:
      scope:
        description:
          - The scope that tokens are asked for, such as C(https://management.azure.com/.default); take that of the resource that the users of the
            secret call. The default is that of Microsoft Graph.
        type: str
      successes:
        description:
          - So many sign-ins in a row have to succeed.
        type: int
        default: 15
      over_seconds:
        description:
          - The sign-ins are spread over so many seconds.
        type: int
        default: 120
      within_seconds:
        description:
          - After so many seconds the proof ends without a result, as RV(rotation.outcome=added_unproven). The next run tries again where a store
            keeps the value.
        type: int
        default: 600
  retire:
    description:
      - V(never) lets the old secret expire. This is safe, and the default.
      - V(auto) removes it once every gate of RV(rotation.gates) is open. V(now) does not wait for O(overlap_hours).
      - A secret is never removed by the run that replaces it, nor while a CommCell that the options say how to sign in to (O(commvault_url),
        O(commcells)) shows anything that signs in as the application, target or not, and is not known to use the new one.
    type: str
    choices: [auto, now, never]
    default: never
  adopt_key_ids:
    description:
      - Key ids of secrets that this rotation supersedes and may remove, such as one that was made by hand.
    type: list
    elements: str
    default: []
  rollback_from:
    description:
      - Go back to the secret before, with the value that this store has, and stay there while this is set. Nothing is added or removed.
      - Entra ID never shows a value again, so without a store there is no way back.
    type: dict
    suboptions:
      file:
        description:
          - As O(targets[].file).
        type: dict
        suboptions:
          path:
            description:
              - The path of the file.
            type: path
            required: true
      hashi_vault:
        description:
          - As O(targets[].hashi_vault).
        type: dict
        suboptions:
          path:
            description:
              - The path of the secret in the engine.
            type: str
            required: true
          field:
            description:
              - The field that holds the value.
            type: str
            default: value
          mount:
            description:
              - The mount of the engine.
            type: str
            default: secret
          url:
            description:
              - The address of the server. When left out, E(VAULT_ADDR).
            type: str
          namespace:
            description:
              - The namespace. When left out, E(VAULT_NAMESPACE).
            type: str
          token:
            description:
              - Token of the Vault. When left out, E(VAULT_TOKEN); without that, O(rollback_from.hashi_vault.role_id) is used.
            type: str
          role_id:
            description:
              - The role id of an AppRole. When left out, E(VAULT_ROLE_ID).
            type: str
          secret_id:
            description:
              - The secret id of the AppRole. When left out, E(VAULT_SECRET_ID).
            type: str
          approle_mount:
            description:
              - The mount of the AppRole method.
            type: str
            default: approle
          ca_path:
            description:
              - PEM file with the certificate authorities of the server. When left out, E(VAULT_CACERT).
            type: path
      azure_key_vault:
        description:
          - As O(targets[].azure_key_vault).
        type: dict
        suboptions:
          vault_url:
            description:
              - The address of the vault.
            type: str
            required: true
          name:
            description:
              - The name of the secret in the vault.
            type: str
            required: true
  max_keys:
    description:
      - The most unexpired secrets, or certificates, that this rotation may have; no more are added then, as RV(rotation.outcome=slots_full).
    type: int
    default: 5
  rotation_log:
    description:
      - The path of a file to which each run that writes appends one line of JSON, what it did and where the rotation stands, without
        secrets and their hashes.
    type: path
  accept_risk:
    description:
      - V(unfinished_run) takes what another run has added less than an hour ago for left behind; make sure that none is under way.
      - V(short_lifetime) allows secrets that a missed run lets expire.
      - V(right_not_shown) goes on where neither the token nor the owners of the application show that the caller may change its secrets.
        A directory role that is limited to the application shows nowhere.
    choices: [unfinished_run, short_lifetime, right_not_shown]
notes:
  - 'Two runs at the same time end with one new secret: the store lets one of them keep its own, or the one whose secret is younger
    removes it and stops.'
  - A run that is killed before a store has the value leaves a secret that nobody can use. The next run after an hour removes it.
  - The sign-ins that prove a secret take two minutes and more. Give the task its time with O(deadline), 900 seconds by default.
  - A removed secret goes on working for a while, and tokens that were got with it until they expire.
  - Graph takes the certificates of an application all at once. They are read until several answers agree, again directly before the write, and
    nothing is written where somebody else has changed them meanwhile. Let no other program write them at the same moment.
"""

EXAMPLES = r"""
- name: Replace the secret of the backup application every 90 days
  cvops.identity.secret_rotation:
    application:
      unique_name: commvault-management
    rotation_name: backup
    targets:
      - file:
          path: /etc/backup-job/secret.json
    prove:
      scope: https://management.azure.com/.default

- name: Keep it in HashiCorp Vault, wait for the owner of a host, and remove the old one once all have the new one
  cvops.identity.secret_rotation:
    application:
      unique_name: commvault-management
    rotation_name: backup
    targets:
      - hashi_vault:
          url: https://vault.corp.example:8200
          path: backup/entra
      - external:
          where: proxy host prx07
          contact: storage team
          acknowledged_key_id: 0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70
    consumers_complete: true
    retire: auto

- name: Replace the certificate of the nightly job every 90 days
  cvops.identity.secret_rotation:
    application:
      unique_name: commvault-management
    rotation_name: nightly
    kind: certificate
    targets:
      - azure_key_vault:
          vault_url: https://kv-backup.vault.azure.net
          name: nightly-entra
    consumers_complete: true
    retire: auto

- name: Let the credential of two CommCells have it, on the way through HashiCorp Vault
  cvops.identity.secret_rotation:
    application:
      unique_name: commvault-management
    rotation_name: backup
    targets:
      - hashi_vault:
          url: https://vault.corp.example:8200
          path: backup/entra
      - commvault_credential:
          name: azure-prod
          commcell: cs01
      - commvault_credential:
          name: azure-prod
          commcell: cs02
    commcells:
      - commcell: cs01
        url: https://cs01.corp.example
        username: rotate
        password: "{{ vault_cs01_password }}"
      - commcell: cs02
        url: https://cs02.corp.example
        username: rotate
        password: "{{ vault_cs02_password }}"
    prove:
      scope: https://management.azure.com/.default

- name: Let the jobs of a controller have it, shown to work by one of them
  cvops.identity.secret_rotation:
    application:
      unique_name: commvault-management
    rotation_name: jobs
    targets:
      - hashi_vault:
          url: https://vault.corp.example:8200
          path: backup/jobs
      - controller_credential:
          name: Commvault management
          organization: Backup
          credential_type: Entra ID application, secret
          field: client_secret
          url: https://controller.corp.example
          token: "{{ vault_controller_token }}"
          proof_job:
            template: Preflight

- name: Go back to the secret before
  cvops.identity.secret_rotation:
    application:
      unique_name: commvault-management
    rotation_name: backup
    targets:
      - file:
          path: /etc/backup-job/secret.json
    rollback_from:
      file:
        path: /etc/backup-job/secret.json
"""

RETURN = r"""
rotation:
  description: Where the rotation stands after the run; in check mode after what it would do.
  returned: success, and failure once it was planned
  type: dict
  contains:
    outcome:
      description:
        - V(not_due), nothing to do; V(overlap), old and new secret both work; V(waiting_for_consumers), the same, and not all who use it
          are known to have the new one; V(retired), the old one was removed; V(rolled_back).
        - V(pending_approval), a person has to approve a change; V(unfinished_run), another run is under way, was cut short less than an hour ago,
          or was quicker than this one.
        - These fail the task. V(added_unproven), V(switch_partial), V(slots_full), V(blocked_by_app_policy),
          V(blocked_by_conditional_access), V(application_deactivated).
        - With V(blocked_by_conditional_access) a policy of conditional access refused the sign-in that was to prove the secret, so that it is not
          known whether it works. Nobody was told to use it and none was removed; the next run goes on with the one that a store keeps. The
          reason names the policies in force that can refuse the application, where they can be read, and what to do.
      type: str
    reason:
      description: Why, in words.
      type: str
    rotation_name:
      description: As O(rotation_name).
      type: str
    app_id:
      description: The application (client) id; V(null) for one that is still to come.
      type: str
    active_key_id:
      description: The key id of the secret to use; V(null) for one that would be added.
      type: str
    expires:
      description: When it expires, RFC 3339 in UTC.
      type: str
    previous_key_ids:
      description: The key ids of secrets that it supersedes and that work still.
      type: list
      elements: str
    unresolved_key_ids:
      description: The key ids of secrets of this rotation that may be left behind, and may be in use where it does not show. They stay.
      type: list
      elements: str
    removed_keys:
      description: The secrets that this task has removed.
      type: list
      elements: dict
      contains:
        key_id:
          description: Its key id.
          type: str
        removed_at:
          description: When it was removed, by the clock of Entra ID, RFC 3339 in UTC.
          type: str
        last_possible_use:
          description: Until when a token that was got with it before may work, 90 minutes later. A token lifetime policy of the tenant may allow a day.
          type: str
    retire_after:
      description: From when on the superseded secrets may be removed; V(null) with O(retire=never).
      type: str
    targets:
      description: What each target has.
      type: list
      elements: dict
      contains:
        name:
          description: What it is called.
          type: str
        kind:
          description: What it is.
          type: str
        use:
          description: V(store), V(consumer), V(external) or V(return).
          type: str
        key_id:
          description: The key id of the secret that it uses, V(null) where that is not known.
          type: str
        state:
          description:
            - V(active), it uses the secret to use; V(kept), the value lies there and is not read yet; V(unproven), it has the secret to use, and no
              job has shown yet that it works there; V(behind); V(unknown); V(not_acknowledged); V(awaiting_approval); V(failed); V(returned_once).
          type: str
        message:
          description: Why it cannot be written.
          type: str
    gates:
      description: What has to be true before a superseded secret is removed; empty where there is none.
      type: list
      elements: dict
      contains:
        name:
          description: The condition.
          type: str
        open:
          description: Whether it is met.
          type: bool
        reason:
          description: Why it is not.
          type: str
    value:
      description: The secret itself, or certificate and private key as PEM text, when this task has added it, else V(null).
      returned: with a target O(targets[].return)
      type: str
    not_confirmed:
      description: What Entra ID does not show as written after a minute, V(list) for a new secret that is not listed.
      type: list
      elements: dict
      contains:
        field:
          description: What is not shown.
          type: str
salvaged:
  description: RV(rotation) in a failed task that has added a secret.
  returned: failure, when a secret was added before
  type: dict
steps:
  description: What the task changes, or would change in check mode, one entry per change, in the order of the writes; empty when nothing changes.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Identifies the step; the same in check mode and in the run that carries it out. See O(approved_steps).
      type: str
    action:
      description: The kind of write.
      type: str
    sign:
      description: V(+) gives or creates something, V(-) removes something, V(~) changes what stays.
      type: str
    kind:
      description: What is given, removed or changed, such as V(secret).
      type: str
    principal:
      description: Who or what it is about, by name.
      type: str
    sentence:
      description: What happens to the principal, with names in place of ids.
      type: str
target:
  description: Where that is. The address of the CommCell, with the company that is acted for, or the id of the tenant.
  returned: success
  type: str
steps_gone:
  description: The ids of O(approved_steps) that are not needed any more; somebody else was faster.
  returned: when O(approved_steps) is given
  type: list
  elements: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import application_option
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.options import rotation_options
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.read import RIGHT_RISK
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.resource import RotationResource
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    build_approval_spec(),
    build_risk_spec("unfinished_run", "short_lifetime", RIGHT_RISK),
    ArgumentSpec(
        {
            "application": {**application_option().options["application"], "required": True},
            **rotation_options(),
        }
    ),
)

RESOURCE = RotationResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
