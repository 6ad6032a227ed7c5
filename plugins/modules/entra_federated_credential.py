#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_federated_credential
short_description: Let tokens of another issuer sign in as an application in Microsoft Entra ID
version_added: 1.0.0
description:
  - Manages one federated credential of a registration (workload identity federation), so that a job, a pod or a managed identity signs in without a secret.
  - The trust is given as O(issuer) and O(subject), or by one of the presets O(awx), O(github), O(gitlab), O(kubernetes) and O(managed_identity), which
    know how those systems write them.
  - Entra ID compares issuer, subject and audience letter by letter, and stores values that no token can match; those show at the sign-in only. What can
    be told before is checked here, before anything is written - letter case of well-known issuers and audiences, and for managed identities the
    audience of the cloud, the issuer of the tenant, and whether the object id is that of a user-assigned one. The error of a sign-in
    (AADSTS700213) tells what was presented.
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) for registrations that the identity owns, else
    C(Application.ReadWrite.All). To look at a managed identity C(Application.Read.All); without it a warning says that it was not checked.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._application_reference
options:
  application:
    required: true
  name:
    description:
      - What the credential is called, 3 to 120 letters, digits, hyphens and underscores. It is found by this name, without
        regard to letter case; the name cannot be changed.
    type: str
    required: true
  issuer:
    description:
      - The C(iss) of the tokens, an https address. When left out, a preset says it.
    type: str
  subject:
    description:
      - The C(sub) of the tokens, without wildcards. When left out, a preset says it.
    type: str
  audiences:
    description:
      - The C(aud) of the tokens, exactly one. When left out, the one that Entra ID recommends in this cloud, V(api://AzureADTokenExchange) in the public one.
    type: list
    elements: str
  description:
    description:
      - What the credential is for. When left out it is not managed; empty clears it.
    type: str
  awx:
    description:
      - A job of Ansible Automation Platform 2.7 or later, by the issuer and subject of the tokens that its controller signs. Whether a job gets such a token
        depends on the version - the controller hands them to its own lookup credentials. For jobs of AWX in a container group use O(kubernetes).
      - One credential per job template. The subject holds names; who renames or creates a job template of that name gets its rights. When left out,
        another way says whom to trust.
    type: dict
    suboptions:
      issuer:
        description:
          - The issuer of the platform, as its discovery document says, for example V(https://aap.corp.example/o).
        type: str
        required: true
      organization:
        description:
          - Name of the organization.
        type: str
        required: true
      job_template:
        description:
          - Name of the job template.
        type: str
        required: true
  github:
    description:
      - A workflow of GitHub Actions; exactly one of O(github.branch), O(github.tag), O(github.environment), O(github.pull_request).
        When left out, another way says whom to trust.
    type: dict
    suboptions:
      repository:
        description:
          - The repository as V(owner/name).
        type: str
        required: true
      owner_id:
        description:
          - The number that GitHub gives to the owner, C(.owner.id) of C(gh api repos/OWNER/NAME). With it, and O(github.repository_id), the subject is the
            immutable one, V(repo:corp@17/access@4711:ref:refs/heads/main), which GitHub presents for repositories that were created, renamed or transferred
            since July 2026, and for others that ask for it; GitHub Enterprise Server has none. When left out, the subject has names only, which whoever
            gets them later can present.
          - 'To move to immutable subjects without an outage: create a second credential with the ids, let GitHub give such subjects, then remove the first.'
        type: str
      repository_id:
        description:
          - The number that GitHub gives to the repository, C(.id) of C(gh api repos/OWNER/NAME). When left out, the subject has names only.
        type: str
      branch:
        description:
          - Workflows of this branch. When left out, another key says which.
        type: str
      tag:
        description:
          - Workflows of this tag. When left out, another key says which.
        type: str
      environment:
        description:
          - Jobs with this environment. A colon in it stands in the subject as V(%3A). When left out, another key says which.
        type: str
      pull_request:
        description:
          - Workflows of pull requests, whatever their branch; only V(true) makes sense. When left out, another key says which.
        type: bool
      issuer:
        description:
          - The issuer; another one for GitHub Enterprise.
        type: str
        default: https://token.actions.githubusercontent.com
  gitlab:
    description:
      - A pipeline of GitLab; exactly one of O(gitlab.branch) and O(gitlab.tag), and one of O(gitlab.project) and O(gitlab.project_id).
        When left out, another way says whom to trust.
    type: dict
    suboptions:
      project:
        description:
          - Path of the project as V(group/name), which whoever gets the path later can present. When left out, O(gitlab.project_id) says which.
        type: str
      project_id:
        description:
          - Number of the project. Its tokens present it once C(ci_id_token_sub_claim_components) of the project is V([project_id, ref_type, ref]), in
            releases of GitLab that take that. When left out, O(gitlab.project) says which.
        type: str
      branch:
        description:
          - Pipelines of this branch. When left out, O(gitlab.tag) says which.
        type: str
      tag:
        description:
          - Pipelines of this tag. When left out, O(gitlab.branch) says which.
        type: str
      issuer:
        description:
          - The address of the GitLab installation.
        type: str
        default: https://gitlab.com
  kubernetes:
    description:
      - A pod with a token of a service account, projected with the audience of O(audiences). That is how jobs of AWX sign in without a secret, as
        pods of a container group. When left out, another way says whom to trust.
    type: dict
    suboptions:
      issuer:
        description:
          - The issuer of the cluster's service account tokens.
        type: str
        required: true
      namespace:
        description:
          - Namespace of the service account.
        type: str
        required: true
      service_account:
        description:
          - Name of the service account.
        type: str
        required: true
  managed_identity:
    description:
      - A user-assigned managed identity of this tenant; Entra ID takes no tokens of system-assigned ones. When left out, another way says whom to trust.
    type: dict
    suboptions:
      object_id:
        description:
          - Object id of its service principal (C(principalId) in Azure), not its client id.
        type: str
        required: true
  state:
    description:
      - Whether the credential exists.
    type: str
    choices: [present, absent]
    default: present
notes:
  - An application has room for 20 federated credentials. That, and whether another one has the same issuer and subject, is checked before anything is written.
  - After it was created, sign-ins may fail for some minutes until Entra ID knows the credential everywhere (AADSTS70021).
seealso:
  - module: cvops.identity.entra_application
"""

EXAMPLES = r"""
- name: Jobs of AWX in a container group sign in without a secret
  cvops.identity.entra_federated_credential:
    application:
      unique_name: cvops-automation
    name: awx-jobs
    kubernetes:
      issuer: https://oidc.k8s.corp.example/awx
      namespace: awx
      service_account: cvops

- name: So does the main branch of a repository, whatever happens to its name
  cvops.identity.entra_federated_credential:
    application:
      unique_name: cvops-automation
    name: github-main
    github:
      repository: corp/backup-access
      owner_id: "5544123"
      repository_id: "821093847"
      branch: main

- name: A job template of Ansible Automation Platform
  cvops.identity.entra_federated_credential:
    application:
      unique_name: cvops-automation
    name: aap-converge-access
    awx:
      issuer: https://aap.corp.example/o
      organization: Platform
      job_template: Converge access

- name: Any other issuer
  cvops.identity.entra_federated_credential:
    application:
      app_id: d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa
    name: scheduler
    issuer: https://scheduler.corp.example
    subject: job/converge-access
"""

RETURN = r"""
federated_credential:
  description: The credential as it is now, in check mode as it would be. Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    id:
      description: Its id; V(null) in check mode for one that would be created.
      type: str
    name:
      description: Its name.
      type: str
    issuer:
      description: The C(iss) that is trusted.
      type: str
    subject:
      description: The C(sub) that is trusted.
      type: str
    audiences:
      description: The C(aud) that is trusted.
      type: list
      elements: str
    description:
      description: What it is for; empty when it has none.
      type: str
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, as the name of an option, or V(list) for a new credential that is not found everywhere.
        - A deletion, and a changed trust, that is not shown fails the task instead.
      type: list
      elements: dict
      contains:
        field:
          description: What is not shown.
          type: str
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
      description: What is given, removed or changed, such as V(federated credential).
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
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import application_option
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.presets import (
    PRESETS,
    preset_options,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.resource import (
    FederatedCredentialResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

WAYS = [*PRESETS, "issuer"]

SPEC = entra_spec().merge(
    build_approval_spec(),
    ArgumentSpec(
        {
            "application": {**application_option().options["application"], "required": True},
            "name": {"type": "str", "required": True},
            "issuer": {"type": "str"},
            "subject": {"type": "str"},
            "audiences": {"type": "list", "elements": "str"},
            "description": {"type": "str"},
            **preset_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[["state", "present", WAYS, True]],
        required_together=[["issuer", "subject"]],
        mutually_exclusive=[WAYS],
    ),
)

RESOURCE = FederatedCredentialResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
