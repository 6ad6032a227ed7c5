# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Signing in to Microsoft Entra ID."""

    DOCUMENTATION = r"""
options:
  auth_method:
    description:
      - How to sign in. V(auto) takes the first method whose inputs are complete, in the order V(token), V(federated), V(client_certificate),
        V(client_secret), and says which at C(-v); it never probes the network.
      - V(managed_identity) uses the identity of the machine on which the task runs. V(interactive) (browser) and V(device_code) are for a person at a
        terminal, with an application that allows public client flows; they are never chosen by V(auto).
      - Also the Ansible variable C(cvops_auth_method) and the environment variable E(CVOPS_AUTH_METHOD).
    type: str
    choices: [auto, client_secret, client_certificate, federated, managed_identity, interactive, device_code, token]
    default: auto
  tenant_id:
    description:
      - The tenant, as a GUID or a verified domain. When left out, it is taken from the Ansible variable C(cvops_tenant_id) or the first set environment
        variable of E(CVOPS_TENANT_ID), E(AZURE_TENANT_ID), E(AZURE_TENANT), E(ARM_TENANT_ID).
    type: str
  client_id:
    description:
      - The application (client) id to sign in with. When left out, it is taken from the Ansible variable C(cvops_client_id) or the first set environment
        variable of E(CVOPS_CLIENT_ID), E(AZURE_CLIENT_ID), E(ARM_CLIENT_ID).
    type: str
  client_secret:
    description:
      - The value, not the id, of the application's client secret. When left out, it is taken from the Ansible variable C(cvops_client_secret) or the first
        set environment variable of E(CVOPS_CLIENT_SECRET), E(AZURE_CLIENT_SECRET), E(AZURE_SECRET), E(ARM_CLIENT_SECRET).
    type: str
  client_certificate:
    description:
      - A certificate that is registered with the application, and its private key, as PEM text, as PKCS12 in base64, or as the path of a PEM
        or PKCS12 file. Thumbprints are computed.
      - A relative path begins in the folder of the playbook, or, with a playbook of a collection, in the folder in which Ansible was started.
      - When left out, it is taken from the Ansible variable C(cvops_client_certificate) or the first set environment variable of E(CVOPS_CLIENT_CERTIFICATE),
        E(AZURE_CLIENT_CERTIFICATE_PATH), E(ARM_CLIENT_CERTIFICATE_PATH).
    type: str
  client_certificate_password:
    description:
      - Password of the private key in O(client_certificate). When left out, it is taken from the Ansible variable C(cvops_client_certificate_password) or the
        first set environment variable of E(CVOPS_CLIENT_CERTIFICATE_PASSWORD), E(AZURE_CLIENT_CERTIFICATE_PASSWORD), E(ARM_CLIENT_CERTIFICATE_PASSWORD).
    type: str
  federated_token:
    description:
      - A token of another issuer that a federated credential of the application trusts, for example the workload identity token of a controller job.
      - When left out, it is taken from the Ansible variable C(cvops_federated_token) or the first set environment variable of E(CVOPS_FEDERATED_TOKEN),
        E(AZURE_FEDERATED_TOKEN), E(ARM_OIDC_TOKEN).
    type: str
  federated_token_file:
    description:
      - A file with such a token, read again at each use. When left out, it is taken from the Ansible variable C(cvops_federated_token_file) or the first set
        environment variable of E(CVOPS_FEDERATED_TOKEN_FILE), E(AZURE_FEDERATED_TOKEN_FILE), E(ARM_OIDC_TOKEN_FILE_PATH).
      - A relative path begins in the folder of the playbook, or, with a playbook of a collection, in the folder in which Ansible was started.
    type: path
  federated_managed_identity:
    description:
      - The managed identity whose token stands for the application, so that there is no secret at all. Give the client id of a
        user-assigned one; V(system) is the system-assigned one, which Entra ID does not accept for this according to Microsoft.
      - When left out, the Ansible variable C(cvops_federated_managed_identity) or E(CVOPS_FEDERATED_MANAGED_IDENTITY), else none.
    type: str
  managed_identity_client_id:
    description:
      - Client id of a user-assigned managed identity for O(auth_method=managed_identity). When left out, the Ansible variable
        C(cvops_managed_identity_client_id) or E(CVOPS_MANAGED_IDENTITY_CLIENT_ID), else the system-assigned one.
    type: str
  access_token:
    description:
      - A ready token for the service that the task calls, used as it is and never renewed. When left out, it is taken from the Ansible variable
        C(cvops_access_token) or the environment variable E(CVOPS_ACCESS_TOKEN).
    type: str
  sign_in_on:
    description:
      - Where the sign-in to Entra ID happens when the task runs on another host or as another user. With V(controller) only a short-lived token is sent there;
        V(target) is for a managed identity, certificate path or federated token file that belongs to the target. Commvault log-in always happens where
        the task runs, and secrets that the task is to store are sent with it.
      - Also the Ansible variable C(cvops_sign_in_on) and the environment variable E(CVOPS_SIGN_IN_ON).
    type: str
    choices: [controller, target]
    default: controller
  token_cache:
    description:
      - Where access tokens of Entra ID are kept, so that not every task signs in. Secrets and refresh tokens are never kept.
      - V(run) keeps them in the run's temporary folder, which Ansible removes in the end; on another host there is none, and each task signs in.
      - V(file) keeps them beyond the run, in C(cvops/identity) below E(XDG_RUNTIME_DIR), E(XDG_CACHE_HOME) or C(~/.cache), readable by this user only. Tokens
        of people (V(interactive) and V(device_code) of the sign-in methods) are kept for the run all the same, with a warning, so that on a shared account
        nobody acts as somebody else. Tokens of a managed identity, also one that stands for an application (O(federated_managed_identity)), are kept for the
        run as well, since several machines may share a home and the machine's own endpoint keeps them.
      - Also the Ansible variable C(cvops_token_cache) and the environment variable E(CVOPS_TOKEN_CACHE).
    type: str
    choices: [run, file, none]
    default: run
  cloud:
    description:
      - The national cloud whose hosts are used.
      - Also the Ansible variable C(cvops_cloud) and the environment variable E(CVOPS_CLOUD).
    type: str
    choices: [public, usgov, usgovdod, china]
    default: public
  authority_url:
    description:
      - Base address of the token service, https only. When left out, the host of O(cloud), unless the Ansible variable
        C(cvops_authority_url), E(CVOPS_AUTHORITY_URL) or E(AZURE_AUTHORITY_HOST) is set.
    type: str
  graph_url:
    description:
      - Base address of Microsoft Graph without version, https only. When left out, the host of O(cloud), unless the Ansible variable C(cvops_graph_url) or
        E(CVOPS_GRAPH_URL) is set.
    type: str
  instance_discovery:
    description:
      - Whether an unknown authority host is checked with Microsoft's public cloud first. Set V(false) for a host of your own.
      - Also the Ansible variable C(cvops_instance_discovery) and the environment variable E(CVOPS_INSTANCE_DISCOVERY).
    type: bool
    default: true
  ca_path:
    description:
      - CA bundle for Microsoft's hosts. When left out, the Ansible variable C(cvops_ca_path), then E(CVOPS_CA_PATH), E(REQUESTS_CA_BUNDLE), E(SSL_CERT_FILE),
        then the bundle of the Python library certifi.
      - A relative path begins in the folder of the playbook, or, with a playbook of a collection, in the folder in which Ansible was started.
    type: path
  validate_certs:
    description:
      - Whether TLS certificates of Microsoft's hosts are verified. Switching it off gives tokens and secrets to whoever answers.
      - Also the Ansible variable C(cvops_validate_certs) and the environment variable E(CVOPS_VALIDATE_CERTS).
    type: bool
    default: true
  proxy:
    description:
      - Proxy towards Microsoft, V(http://) where it names no scheme.
      - When left out, the Ansible variable C(cvops_proxy), then E(CVOPS_PROXY), then E(HTTPS_PROXY) and E(NO_PROXY).
    type: str
  timeout:
    description:
      - Seconds to wait for each answer of Microsoft's hosts.
      - Also the Ansible variable C(cvops_timeout) and the environment variable E(CVOPS_TIMEOUT).
    type: int
    default: 30
"""

    PLUGIN = r"""
options:
  auth_method:
    vars:
      - name: cvops_auth_method
    env:
      - name: CVOPS_AUTH_METHOD
  tenant_id:
    vars:
      - name: cvops_tenant_id
    env:
      - name: CVOPS_TENANT_ID
      - name: AZURE_TENANT_ID
      - name: AZURE_TENANT
      - name: ARM_TENANT_ID
  client_id:
    vars:
      - name: cvops_client_id
    env:
      - name: CVOPS_CLIENT_ID
      - name: AZURE_CLIENT_ID
      - name: ARM_CLIENT_ID
  client_secret:
    vars:
      - name: cvops_client_secret
    env:
      - name: CVOPS_CLIENT_SECRET
      - name: AZURE_CLIENT_SECRET
      - name: AZURE_SECRET
      - name: ARM_CLIENT_SECRET
  client_certificate:
    vars:
      - name: cvops_client_certificate
    env:
      - name: CVOPS_CLIENT_CERTIFICATE
      - name: AZURE_CLIENT_CERTIFICATE_PATH
      - name: ARM_CLIENT_CERTIFICATE_PATH
  client_certificate_password:
    vars:
      - name: cvops_client_certificate_password
    env:
      - name: CVOPS_CLIENT_CERTIFICATE_PASSWORD
      - name: AZURE_CLIENT_CERTIFICATE_PASSWORD
      - name: ARM_CLIENT_CERTIFICATE_PASSWORD
  federated_token:
    vars:
      - name: cvops_federated_token
    env:
      - name: CVOPS_FEDERATED_TOKEN
      - name: AZURE_FEDERATED_TOKEN
      - name: ARM_OIDC_TOKEN
  federated_token_file:
    vars:
      - name: cvops_federated_token_file
    env:
      - name: CVOPS_FEDERATED_TOKEN_FILE
      - name: AZURE_FEDERATED_TOKEN_FILE
      - name: ARM_OIDC_TOKEN_FILE_PATH
  federated_managed_identity:
    vars:
      - name: cvops_federated_managed_identity
    env:
      - name: CVOPS_FEDERATED_MANAGED_IDENTITY
  managed_identity_client_id:
    vars:
      - name: cvops_managed_identity_client_id
    env:
      - name: CVOPS_MANAGED_IDENTITY_CLIENT_ID
  access_token:
    env:
      - name: CVOPS_ACCESS_TOKEN
  sign_in_on:
    vars:
      - name: cvops_sign_in_on
    env:
      - name: CVOPS_SIGN_IN_ON
  token_cache:
    vars:
      - name: cvops_token_cache
    env:
      - name: CVOPS_TOKEN_CACHE
  cloud:
    vars:
      - name: cvops_cloud
    env:
      - name: CVOPS_CLOUD
  authority_url:
    vars:
      - name: cvops_authority_url
    env:
      - name: CVOPS_AUTHORITY_URL
      - name: AZURE_AUTHORITY_HOST
  graph_url:
    vars:
      - name: cvops_graph_url
    env:
      - name: CVOPS_GRAPH_URL
  instance_discovery:
    vars:
      - name: cvops_instance_discovery
    env:
      - name: CVOPS_INSTANCE_DISCOVERY
  ca_path:
    vars:
      - name: cvops_ca_path
    env:
      - name: CVOPS_CA_PATH
  validate_certs:
    vars:
      - name: cvops_validate_certs
    env:
      - name: CVOPS_VALIDATE_CERTS
  proxy:
    vars:
      - name: cvops_proxy
    env:
      - name: CVOPS_PROXY
  timeout:
    vars:
      - name: cvops_timeout
    env:
      - name: CVOPS_TIMEOUT
"""
