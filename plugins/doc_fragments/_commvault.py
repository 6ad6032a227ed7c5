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
      - V(password) logs in and always logs out; V(access_token) uses O(commvault_access_token) as it is; V(entra) sends a token of Entra ID for
        O(commvault_entra_scope) and is experimental, it needs release 11.42 CU27 or later with OAuth configured.
      - Also the Ansible variable C(cvops_commvault_auth_method) and the environment variable E(CVOPS_COMMVAULT_AUTH_METHOD).
    type: str
    choices: [password, access_token, entra]
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
  commvault_entra_scope:
    description:
      - Scope of the Entra token for O(commvault_auth_method=entra), for example C(api://<app id>/.default). When left out, the Ansible variable
        C(cvops_commvault_entra_scope) or E(CVOPS_COMMVAULT_ENTRA_SCOPE).
    type: str
  commvault_proxy_scope:
    description:
      - Scope of an Entra token that is sent as C(Authorization) beside the Commvault token, for a Command Center behind Entra
        application proxy or an API gateway.
      - When left out, the Ansible variable C(cvops_commvault_proxy_scope) or E(CVOPS_COMMVAULT_PROXY_SCOPE), else no such token is sent.
    type: str
  commvault_token_header:
    description:
      - The header that carries O(commvault_access_token).
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
    type: path
  commvault_validate_certs:
    description:
      - Whether the CommServe's TLS certificate is verified. Switching it off gives the password to whoever answers.
      - Also the Ansible variable C(cvops_commvault_validate_certs) and the environment variable E(CVOPS_COMMVAULT_VALIDATE_CERTS).
    type: bool
    default: true
  commvault_proxy:
    description:
      - Proxy towards the CommServe.
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
  commvault_entra_scope:
    vars:
      - name: cvops_commvault_entra_scope
    env:
      - name: CVOPS_COMMVAULT_ENTRA_SCOPE
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
