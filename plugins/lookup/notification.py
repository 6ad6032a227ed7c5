# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: notification
short_description: Send the result of a run to a webhook
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Sends a message as JSON, once for each time that the lookup is evaluated, and returns whether it has arrived. The playbooks C(site),
    C(converge_role_mappings), C(rotate_secrets), C(expiry), C(access_evidence) and C(review) end with it where C(cvops_notify_url) is set.
  - No redirect is followed, and after ten seconds it is given up. It is sent again only where it cannot have been received.
  - It fails for nothing but a mistake in its own options. The address is a secret, since whoever knows it may send. It stands in no message.
options:
  _terms:
    description: The message, a dictionary, as P(cvops.identity.run_notification#filter) returns it.
    type: list
    elements: dict
    required: true
  notify_url:
    description:
      - The address of the webhook. It must be https, or http to this machine itself.
    type: str
    required: true
  connection:
    description:
      - Options of the connection to Entra ID, of which C(ca_path), C(validate_certs) and C(proxy) are used, as P(cvops.identity.connection_options#lookup)
        returns them. Also the variables and environment variables of these options.
    type: dict
    default: {}
seealso:
  - plugin: cvops.identity.run_notification
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Tell the chat
  ansible.builtin.set_fact:
    told: "{{ lookup('cvops.identity.notification', message, notify_url=cvops_notify_url) }}"
  vars:
    message: "{{ conclusion | cvops.identity.run_notification(playbook='site') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description:
    - For each message a dictionary. C(sent) says whether it has arrived, C(reason) why not, without the address.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._core.webhook import send_message
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.transport_settings import build_webhook_settings
from ansible_collections.cvops.identity.plugins.plugin_utils.lookup_context import open_lookup_context

_TRANSPORT = ("ca_path", "validate_certs", "proxy")
SPEC = ArgumentSpec(
    {
        "notify_url": {"type": "str", "no_log": True, "required": True},
        **{name: entra_spec().options[name] for name in _TRANSPORT},
    }
)


class LookupModule(LookupBase):
    """The lookup that sends a message to a webhook."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return what came of each message."""
        connection = kwargs.pop("connection", None) or {}
        given = {name: connection[name] for name in _TRANSPORT if connection.get(name) is not None}
        with open_lookup_context(self._templar, SPEC, {**given, **kwargs}, variables, product="notify_url") as ctx:
            messages = convert_to_builtins(list(terms))
            if not all(isinstance(message, dict) for message in messages):
                raise AnsibleLookupError("cvops.identity.notification: each term must be a dictionary")
            settings = build_webhook_settings(ctx.options)
            reasons = [send_message(ctx, ctx.options["notify_url"], message, settings) for message in messages]
            return [{"sent": not reason, "reason": reason} for reason in reasons]
