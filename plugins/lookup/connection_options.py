# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: connection_options
short_description: Module options of one CommCell, of which alone the connection is evaluated
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Returns what P(cvops.identity.commcell_options#filter) returns of C(cvops_connection), and evaluates only what it returns. With the filter, Ansible
    evaluates the passwords of all CommCells, with their lookups, for the options of one.
  - Where a host has no C(cvops_connection), that of localhost is taken.
options:
  _terms:
    description: The name of the CommCell, as in C(cvops_connection.commcells). When left out, only the options of Entra ID are returned.
    type: list
    elements: str
  only:
    description:
      - The options of Entra ID that are returned, and of which alone is evaluated what they are worth. All of them when left out.
    type: list
    elements: str
notes:
  - What it returns holds secrets. It belongs into the arguments of a task or into C(module_defaults), never into a fact.
seealso:
  - plugin: cvops.identity.commcell_options
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Who am I there
  cvops.identity.connection_info:
  module_defaults:
    group/cvops.identity.all: "{{ lookup('cvops.identity.connection_options', 'emea-cs01') }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary, the options.
  type: list
  elements: dict
"""

import functools
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import render_template
from ansible_collections.cvops.identity.plugins.plugin_utils.connection_options import (
    build_commcell_options,
    evaluate_part,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError


class LookupModule(LookupBase):
    """The lookup that evaluates the connection of one CommCell."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the options, in a list of one."""
        self.set_options(var_options=variables, direct=kwargs)
        name = str(terms[0]) if terms else ""
        given = variables or {}
        only = self.get_option("only")
        try:
            if "cvops_connection" in given:
                render = functools.partial(render_template, self._templar)
                part = evaluate_part(given["cvops_connection"], name, render, only)
            else:
                part = _find_connection_of_localhost(given)
            options = build_commcell_options(part, name)
            return [options if only is None else {key: options[key] for key in only if key in options}]
        except FilterInputError as exc:
            raise AnsibleLookupError(f"cvops.identity.connection_options: {exc}") from None


def _find_connection_of_localhost(variables: t.Mapping[str, t.Any]) -> t.Any:
    """Return localhost's connection, evaluated there, empty where it has none.

    A template in a text of ours would stay text: releases from 2.19 on evaluate no text that a plugin brings.
    """
    hosts = variables.get("hostvars") or {}
    if "localhost" not in hosts or "cvops_connection" not in hosts["localhost"]:
        return {}
    return hosts["localhost"]["cvops_connection"] or {}
