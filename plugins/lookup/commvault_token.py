# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: commvault_token
short_description: A token of a Commvault CommServe
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Signs in the way the collection's modules do, with the same options, variables and environment variables, and returns the token.
  - An option that is given wins over its Ansible variable, that over the environment variables, of which the first that is set counts.
requirements:
  - requests 2.33.0 and urllib3 2.8.0, or newer
  - msal 1.37.0, PyJWT 2.13.0 and cryptography 50.0.0, or newer, where a token of Microsoft Entra ID is needed
extends_documentation_fragment:
  - cvops.identity._transport
  - cvops.identity._transport.plugin
  - cvops.identity._entra
  - cvops.identity._entra.plugin
  - cvops.identity._commvault
  - cvops.identity._commvault.plugin
options:
  _terms:
    description:
      - There are none; the CommServe is named by O(commvault_url).
    type: list
    elements: str
  access_token:
    vars:
      - name: cvops_access_token
  commvault_access_token:
    description:
      - A Commvault access token, passed on as it is. When left out, it is taken from the environment variable E(CVOPS_COMMVAULT_ACCESS_TOKEN); the Ansible
        variable C(cvops_commvault_access_token) is not read here, so that it may be set with this lookup.
  return:
    description:
      - V(token) returns the bare token, V(header) a dictionary with the headers that sign a request in.
    type: str
    choices: [token, header]
    default: token
notes:
  - With O(commvault_auth_method=password) each evaluation logs in again, and the token is not logged out, because it is for use after the lookup. It dies
    by itself after 30 minutes without use; a lookup that is told to stop ends it. Set a fact once rather than using the lookup in many tasks, and send
    C(POST /Logout) when done.
  - With O(commvault_auth_method=token_store) the access token of the pair is returned. It is renewed first when it is time, and only where this host and user
    are the custodian of the pair; elsewhere it is returned while it is valid.
  - Ansible does not hide what a lookup returns, nor the arguments of the tasks that use it, which C(-vvv) prints. Set C(no_log) to V(true) on each of them.
    M(ansible.builtin.uri) sends headers along when it is redirected; set its option C(follow_redirects) to V(none).
seealso:
  - plugin: cvops.identity.entra_token
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: One login for several tasks
  ansible.builtin.set_fact:
    commvault_headers: "{{ lookup('cvops.identity.commvault_token', return='header') }}"
  no_log: true

- name: Ask the CommServe something that no module does
  ansible.builtin.uri:
    url: "{{ cvops_commvault_url }}/CommServ"
    headers: "{{ commvault_headers | combine({'Accept': 'application/json'}) }}"
    follow_redirects: none
  no_log: true

- name: Log out
  ansible.builtin.uri:
    url: "{{ cvops_commvault_url }}/Logout"
    method: POST
    headers: "{{ commvault_headers }}"
    follow_redirects: none
  no_log: true
"""

RETURN = r"""
_raw:
  description: The token, or a dictionary of headers, as O(return) says.
  type: list
  elements: raw
"""

import contextlib
import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.sign_in import obtain_auth_headers
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.plugin_utils.lookup_context import open_lookup_context
from ansible_collections.cvops.identity.plugins.plugin_utils.lookup_tokens import extract_token

SPEC = commvault_spec().merge(
    ArgumentSpec({"return": {"type": "str", "choices": ["token", "header"], "default": "token"}})
)


class LookupModule(LookupBase):
    """The lookup that returns a token of a CommServe."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the token, or a dictionary of headers, in a list of one. Raises AnsibleLookupError."""
        with (
            contextlib.ExitStack() as after,
            open_lookup_context(self._templar, SPEC, kwargs, variables, product="commvault_access_token") as ctx,
        ):
            # Until the context is closed and the handlers are restored: a session that was given away is also handed out.
            after.enter_context(ctx.cancellation.shield())
            if terms:
                raise ConfigError("commvault_token takes no terms; name the CommServe with commvault_url")
            headers = obtain_auth_headers(ctx)
            return [headers if ctx.options["return"] == "header" else extract_token(headers)]
