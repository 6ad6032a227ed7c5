# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: entra_token
short_description: A token of Microsoft Entra ID
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Signs in the way the collection's modules do, with the same options, variables and environment variables, and returns a token for each scope.
  - An option that is given wins over its Ansible variable, that over the environment variables, of which the first that is set counts.
requirements:
  - requests 2.33.0 and urllib3 2.8.0, or newer
  - msal 1.37.0, PyJWT 2.13.0 and cryptography 50.0.0, or newer, unless O(auth_method=token)
extends_documentation_fragment:
  - cvops.identity._transport
  - cvops.identity._transport.plugin
  - cvops.identity._entra
  - cvops.identity._entra.plugin
options:
  _terms:
    description:
      - Scopes, or resources to whose address or application id V(/.default) is appended, for example V(https://management.azure.com) or V(api://commvault).
        An address with a path is a scope and taken as it is; a slash at the end of a resource is left out.
      - When left out, the scope of Microsoft Graph in O(cloud).
    type: list
    elements: str
  access_token:
    description:
      - A ready token, returned as it is whatever the scope, and never renewed. When left out, it is taken from the environment variable
        E(CVOPS_ACCESS_TOKEN); the Ansible variable C(cvops_access_token) is not read here, so that it may be set with this lookup.
  return:
    description:
      - V(token) returns the bare token, V(header) a dictionary with the header C(Authorization), V(details) a dictionary with C(token), C(scope), C(expires)
        (RFC 3339 in UTC, V(null) when it cannot be known), C(tenant_id) and C(client_id) (V(null) for tokens that cannot be read).
    type: str
    choices: [token, header, details]
    default: token
notes:
  - A token that is in the cache of O(token_cache) is returned while at least five minutes of its life are left, else a new one.
  - Ansible does not hide what a lookup returns, nor the arguments of the tasks that use it, which C(-vvv) prints. Set C(no_log) to V(true) on each of them.
    M(ansible.builtin.uri) sends headers along when it is redirected; set its option C(follow_redirects) to V(none).
seealso:
  - plugin: cvops.identity.commvault_token
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Ask Microsoft Graph something that no module does
  ansible.builtin.uri:
    url: https://graph.microsoft.com/v1.0/organization
    headers: "{{ lookup('cvops.identity.entra_token', return='header') }}"
    follow_redirects: none
  no_log: true

- name: One sign-in for several tasks
  ansible.builtin.set_fact:
    api_token: "{{ lookup('cvops.identity.entra_token', 'api://commvault-management') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: For each term the token, or a dictionary, as O(return) says.
  type: list
  elements: raw
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._signin.clouds import get_graph_scope
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.sign_in import EntraSignIn
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec
from ansible_collections.cvops.identity.plugins.plugin_utils.lookup_context import open_lookup_context
from ansible_collections.cvops.identity.plugins.plugin_utils.lookup_tokens import describe_token, parse_scope

SPEC = entra_spec().merge(
    ArgumentSpec({"return": {"type": "str", "choices": ["token", "header", "details"], "default": "token"}})
)


class LookupModule(LookupBase):
    """The lookup that returns tokens of Entra ID."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the token of each term, or a dictionary with it. Raises AnsibleLookupError."""
        with open_lookup_context(self._templar, SPEC, kwargs, variables, product="access_token") as ctx:
            scopes = [parse_scope(term) for term in convert_to_builtins(terms or [])] or [get_graph_scope(ctx.options)]
            sign_in = EntraSignIn(ctx)
            tokens = [sign_in.get_token(scope) for scope in scopes]
            if ctx.options["return"] == "details":
                return [describe_token(token) for token in tokens]
            if ctx.options["return"] == "header":
                return [{"Authorization": f"Bearer {token.value}"} for token in tokens]
            return [token.value for token in tokens]
