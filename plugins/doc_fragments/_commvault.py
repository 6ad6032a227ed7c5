# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Signing in to a CommServe."""

    DOCUMENTATION = r"""
options:
  commvault_url:
    description:
      - Address of the CommServe's API, https only. With a bare host the usual paths are tried, C(/commandcenter/api) first.
      - When left out, the Ansible variable C(cvops_commvault_url) or E(CVOPS_COMMVAULT_URL).
    type: str
  commvault_auth_method:
    description:
      - V(password) logs in and always logs out; V(access_token) uses O(commvault_access_token) as it is; V(token_store) uses the pair of access and
        refresh token that O(commvault_token_store) keeps, and renews it; V(entra) sends a token of Entra ID for O(commvault_entra_scope) and is
        experimental, it needs release 11.42 CU27 or later with OAuth configured.
      - Where workers come and go, such as the containers of an automation controller, use V(password), or V(token_store) with a HashiCorp Vault.
      - Also the Ansible variable C(cvops_commvault_auth_method) and the environment variable E(CVOPS_COMMVAULT_AUTH_METHOD).
    type: str
    choices: [password, access_token, token_store, entra]
    default: password
  commvault_username:
    description:
      - User to log in as; C(DOMAIN\user) or C(company\user) for others than local ones.
      - When left out, the Ansible variable C(cvops_commvault_username) or E(CVOPS_COMMVAULT_USERNAME).
    type: str
  commvault_password:
    description:
      - The user's password in clear; it is encoded here. It is never tried twice, so as not to lock the account.
      - When left out, the Ansible variable C(cvops_commvault_password) or E(CVOPS_COMMVAULT_PASSWORD).
    type: str
  commvault_pin:
    description:
      - PIN of two-factor authentication, appended to the password.
      - When left out, the Ansible variable C(cvops_commvault_pin) or E(CVOPS_COMMVAULT_PIN), else none.
    type: str
  commvault_access_token:
    description:
      - A Commvault access token. When left out, the Ansible variable C(cvops_commvault_access_token) or E(CVOPS_COMMVAULT_ACCESS_TOKEN).
    type: str
  commvault_token_store:
    description:
      - The one place that keeps the pair for O(commvault_auth_method=token_store). The module M(cvops.identity.commvault_access_token) puts a pair there.
      - The access token lives for half an hour to two hours. It is renewed when five minutes are left (half of its life, if that is less), or when
        Commvault refuses it. Renewal replaces both tokens, and renewing with an older pair revokes all tokens that were issued from it. So the renewal
        is noted in the store before it is sent, the new pair is stored before it is used, and a pair whose renewal had no known end is not sent again.
      - A file has one custodian, the host and the user that made it; others use the access token while it is valid and never renew it. A HashiCorp Vault
        serves any number of hosts, as long as they read the pair there.
      - Give exactly one of O(commvault_token_store.file) and O(commvault_token_store.hashi_vault).
      - When left out, the Ansible variable C(cvops_commvault_token_store) or E(CVOPS_COMMVAULT_TOKEN_STORE), which holds C(file=/path) or JSON.
    type: dict
    suboptions:
      file:
        description:
          - Path of a file on the host where the task runs, readable by its owner alone (0600), in a folder that is its owner's alone (0700). Links are refused.
          - A relative path begins in the folder of the playbook, or, with a playbook of a collection, in the folder in which Ansible was started.
          - When left out, O(commvault_token_store.hashi_vault) is used.
        type: path
      hashi_vault:
        description:
          - A secret in a KV version 2 mount of HashiCorp Vault. Needs the Python library hvac where the task runs, and a policy with C(create), C(read) and
            C(update) on the secret. Proxies are taken from the environment.
          - When left out, O(commvault_token_store.file) is used.
        type: dict
        suboptions:
          path:
            description:
              - Path of the secret in the mount.
            type: str
            required: true
          mount:
            description:
              - The mount.
            type: str
            default: secret
          url:
            description:
              - Address of the Vault, https; http only on a loopback address, for an agent. Redirects are not followed, so it is that of the active node,
                or of a load balancer that leads to it. When left out, E(VAULT_ADDR).
            type: str
          namespace:
            description:
              - Namespace. When left out, E(VAULT_NAMESPACE), else none.
            type: str
          token:
            description:
              - Token of the Vault. When left out, E(VAULT_TOKEN); without that, O(commvault_token_store.hashi_vault.role_id) is used.
            type: str
          role_id:
            description:
              - Role id of an AppRole. When left out, E(VAULT_ROLE_ID).
            type: str
          secret_id:
            description:
              - Secret id of the AppRole. When left out, E(VAULT_SECRET_ID).
            type: str
          approle_mount:
            description:
              - Mount of the AppRole method.
            type: str
            default: approle
          ca_path:
            description:
              - CA bundle for the Vault. When left out, E(VAULT_CACERT), then E(REQUESTS_CA_BUNDLE), then the bundle of the Python library certifi.
            type: path
  commvault_entra_scope:
    description:
      - Scope of the Entra token for O(commvault_auth_method=entra), for example C(api://<app id>/.default). When left out, the Ansible variable
        C(cvops_commvault_entra_scope) or E(CVOPS_COMMVAULT_ENTRA_SCOPE).
    type: str
  commvault_entra_header:
    description:
      - The header that carries the Entra token of O(commvault_auth_method=entra), always as C(Bearer TOKEN). Commvault's own clients send both forms, and
        which releases take which is not documented.
      - With V(try_both), each task first asks the CommServe who is signed in, with C(Authorization), and where that is answered with HTTP 401 once more
        with C(Authtoken); the first that is not refused serves the whole task. Any other answer, such as missing rights, is not tried again. The token
        goes to the address in O(commvault_url) alone. M(cvops.identity.connection_info) and the playbook C(doctor) tell which one was taken; set that one.
      - Also the Ansible variable C(cvops_commvault_entra_header) and the environment variable E(CVOPS_COMMVAULT_ENTRA_HEADER).
    type: str
    choices: [Authorization, Authtoken, try_both]
    default: Authorization
  commvault_proxy_scope:
    description:
      - Scope of an Entra token that is sent as C(Authorization) beside the Commvault token, for a Command Center behind Entra
        application proxy or an API gateway.
      - When left out, the Ansible variable C(cvops_commvault_proxy_scope) or E(CVOPS_COMMVAULT_PROXY_SCOPE), else no such token is sent.
    type: str
  commvault_token_header:
    description:
      - The header that carries an access token, O(commvault_access_token) or that of O(commvault_token_store).
      - Also the Ansible variable C(cvops_commvault_token_header) and the environment variable E(CVOPS_COMMVAULT_TOKEN_HEADER).
    type: str
    choices: [Authtoken, Authorization]
    default: Authtoken
  commvault_company:
    description:
      - Act inside this company (name or id). When left out, the Ansible variable C(cvops_commvault_company) or E(CVOPS_COMMVAULT_COMPANY), else the CommCell.
    type: str
  commvault_ca_path:
    description:
      - CA bundle for the CommServe. When left out, the Ansible variable C(cvops_commvault_ca_path), then E(CVOPS_COMMVAULT_CA_PATH), E(REQUESTS_CA_BUNDLE),
        E(SSL_CERT_FILE), then the bundle of the Python library certifi.
      - A relative path begins in the folder of the playbook, or, with a playbook of a collection, in the folder in which Ansible was started.
    type: path
  commvault_validate_certs:
    description:
      - Whether the CommServe's TLS certificate is verified. Switching it off gives the password to whoever answers.
      - Also the Ansible variable C(cvops_commvault_validate_certs) and the environment variable E(CVOPS_COMMVAULT_VALIDATE_CERTS).
    type: bool
    default: true
  commvault_proxy:
    description:
      - Proxy towards the CommServe, V(http://) where it names no scheme.
      - When left out, the Ansible variable C(cvops_commvault_proxy) or E(CVOPS_COMMVAULT_PROXY), else none, whatever E(HTTPS_PROXY) says.
    type: str
  commvault_timeout:
    description:
      - Seconds to wait for each answer of the CommServe.
      - Also the Ansible variable C(cvops_commvault_timeout) and the environment variable E(CVOPS_COMMVAULT_TIMEOUT).
    type: int
    default: 60
"""

    PLUGIN = r"""
options:
  commvault_url:
    vars:
      - name: cvops_commvault_url
    env:
      - name: CVOPS_COMMVAULT_URL
  commvault_auth_method:
    vars:
      - name: cvops_commvault_auth_method
    env:
      - name: CVOPS_COMMVAULT_AUTH_METHOD
  commvault_username:
    vars:
      - name: cvops_commvault_username
    env:
      - name: CVOPS_COMMVAULT_USERNAME
  commvault_password:
    vars:
      - name: cvops_commvault_password
    env:
      - name: CVOPS_COMMVAULT_PASSWORD
  commvault_pin:
    vars:
      - name: cvops_commvault_pin
    env:
      - name: CVOPS_COMMVAULT_PIN
  commvault_access_token:
    env:
      - name: CVOPS_COMMVAULT_ACCESS_TOKEN
  commvault_token_store:
    vars:
      - name: cvops_commvault_token_store
    env:
      - name: CVOPS_COMMVAULT_TOKEN_STORE
  commvault_entra_scope:
    vars:
      - name: cvops_commvault_entra_scope
    env:
      - name: CVOPS_COMMVAULT_ENTRA_SCOPE
  commvault_entra_header:
    vars:
      - name: cvops_commvault_entra_header
    env:
      - name: CVOPS_COMMVAULT_ENTRA_HEADER
  commvault_proxy_scope:
    vars:
      - name: cvops_commvault_proxy_scope
    env:
      - name: CVOPS_COMMVAULT_PROXY_SCOPE
  commvault_token_header:
    vars:
      - name: cvops_commvault_token_header
    env:
      - name: CVOPS_COMMVAULT_TOKEN_HEADER
  commvault_company:
    vars:
      - name: cvops_commvault_company
    env:
      - name: CVOPS_COMMVAULT_COMPANY
  commvault_ca_path:
    vars:
      - name: cvops_commvault_ca_path
    env:
      - name: CVOPS_COMMVAULT_CA_PATH
  commvault_validate_certs:
    vars:
      - name: cvops_commvault_validate_certs
    env:
      - name: CVOPS_COMMVAULT_VALIDATE_CERTS
  commvault_proxy:
    vars:
      - name: cvops_commvault_proxy
    env:
      - name: CVOPS_COMMVAULT_PROXY
  commvault_timeout:
    vars:
      - name: cvops_commvault_timeout
    env:
      - name: CVOPS_COMMVAULT_TIMEOUT
"""

    COMPANY = r"""
options:
  company:
    description:
      - Name, alias or id of the company that the object belongs to; C(Commcell) for the CommCell itself.
      - Digits that are the name of one company and the id of another one are refused.
      - When left out, the company of O(commvault_company), else the CommCell.
    type: str
"""
