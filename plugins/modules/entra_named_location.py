#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_named_location
short_description: Manage named locations of conditional access in Microsoft Entra ID
version_added: 1.0.0
description:
  - Creates, changes and deletes a named location, to which conditional access policies refer - IP ranges, or countries.
  - The location is found by O(object_id), else by O(display_name), which must then be unambiguous. A location of IP ranges is never made one of
    countries, nor the other way round.
  - What a location covers decides who can sign in. A change by which policies in force apply to more sign-ins than before is refused until the risk is
    accepted, for example when an office leaves a location that a blocking policy excludes. Policies in report-only are not counted.
  - Locations are compared by what they cover, not by how they are written. Letter case of countries, spellings of IPv6 addresses and host bits are no change,
    and what Entra ID shows of a range in its own words is sent back as it was.
  - 'Graph permissions (application): to read, C(Policy.Read.All); to write, C(Policy.ReadWrite.ConditionalAccess) and C(Policy.Read.All) together.'
  - Entra ID takes one request a second for conditional access, from all clients of a tenant together; this module keeps to it.
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._risk
options:
  display_name:
    description:
      - The name that people see. Not unique in Entra ID. A location whose name differs in letter case only has this name, and keeps its spelling.
      - When left out, the name of an existing location is not managed; a new one needs it.
    type: str
  object_id:
    description:
      - The location's id. When left out, the location is found by name.
    type: str
  ip_ranges:
    description:
      - Public IPv4 and IPv6 ranges in CIDR form; an address without a length is that one address. Entra ID sees the address with which a network reaches
        the internet, so a warning names private ones.
      - When left out, the ranges of an existing location are not managed; a new location has these or O(countries).
    type: list
    elements: str
  trusted:
    description:
      - Whether the IP ranges are marked as trusted, so that policies for V(AllTrusted) and the risk of sign-ins take them into account.
      - When left out it is not managed; a new location is not trusted.
    type: bool
  countries:
    description:
      - Two-letter codes of ISO 3166-1. When left out, the countries of an existing location are not managed.
    type: list
    elements: str
  include_unknown_countries:
    description:
      - Whether addresses whose country Entra ID does not know belong to the location. When left out it is not managed; a new location
        does not include them.
    type: bool
  country_lookup:
    description:
      - How the country of a sign-in is found. V(client_ip_address) takes that of the address, V(authenticator_app_gps) asks people for the position of their
        phone, which programs do not have, and the clouds of the US government neither.
      - When left out it is not managed; a new location looks at the address.
    type: str
    choices: [client_ip_address, authenticator_app_gps]
  exclusive:
    description:
      - Whether ranges and countries that are not listed are removed.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of ranges or countries that this task may remove; a list that has lost its contents by mistake must not empty a location.
    type: int
    default: 20
  pending_policies:
    description:
      - Names of policies that earlier tasks of the run delete, or take a location out of that is to be deleted, for check mode, where they still name it.
    type: list
    elements: str
    default: []
  state:
    description:
      - Whether the location exists. Entra ID does not delete a location that a policy names, even if that policy is off; that is reported before
        anything is written. A trusted one stops being trusted first.
    type: str
    choices: [present, absent]
    default: present
  accept_risk:
    description:
      - V(lock_out) allows changes by which policies in force apply to more sign-ins than before. Their names are in the refusal.
    choices: [lock_out]
seealso:
  - module: cvops.identity.entra_service_principal
"""

EXAMPLES = r"""
- name: The addresses from which access nodes, the CommServe and the controllers reach the internet
  cvops.identity.entra_named_location:
    display_name: Commvault egress
    ip_ranges:
      - 203.0.113.16/28
      - 2001:db8:40::/48
    exclusive: true

- name: The countries from which people work
  cvops.identity.entra_named_location:
    display_name: Backup operators
    countries: [CH, LI]

- name: One range fewer, where a policy that is in force blocks everything else
  cvops.identity.entra_named_location:
    display_name: Commvault egress
    ip_ranges:
      - 203.0.113.16/28
    exclusive: true
    accept_risk: [lock_out]
    accept_reason: CHG0042317, the access node of the second site was taken down

- name: A location that no policy names any more
  cvops.identity.entra_named_location:
    display_name: Old office
    state: absent
"""

RETURN = r"""
named_location:
  description: The location as it is now, in check mode as it would be. Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    object_id:
      description: Its id; V(null) in check mode for one that would be created.
      type: str
    display_name:
      description: Its name.
      type: str
    kind:
      description: V(ip) or V(country).
      type: str
    ip_ranges:
      description: The ranges in CIDR form, sorted; only of kind V(ip).
      type: list
      elements: str
    trusted:
      description: Whether they are marked as trusted; only of kind V(ip).
      type: bool
    countries:
      description: The country codes, sorted; only of kind V(country).
      type: list
      elements: str
    include_unknown_countries:
      description: Whether addresses without a known country belong to it; only of kind V(country).
      type: bool
    country_lookup:
      description: How the country is found, in the words of O(country_lookup); only of kind V(country).
      type: str
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, as the name of an option, or V(list) for a new location that is not found everywhere.
        - A deletion, and ranges and countries that were removed, that are not shown as such fail the task instead.
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
      description: What is given, removed or changed, such as V(IP range).
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
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.options import (
    build_named_location_spec,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.resource import (
    NamedLocationResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(build_approval_spec(), build_named_location_spec())

RESOURCE = NamedLocationResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
