# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module of the collection can and cannot do."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - requests 2.33.0 and urllib3 2.8.0, or newer
  - msal 1.37.0, PyJWT 2.13.0 and cryptography 50.0.0, or newer, to sign in to Microsoft Entra ID
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what it would change without changing it.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: full
notes:
  - Runs on the controller, in process, when the connection is local and nothing forbids it;
    set the variable C(cvops_in_process) to V(false) to switch that off.
  - Every result has RV(ignore:stats) with the counters C(reads), C(writes), C(retries), C(sign_ins) and C(waited_s),
    C(batch_parts) where reads of Microsoft Graph were sent together, and C(throttled_s) where a service answered "too many requests".
    One that changes something, or would in check mode, says in RV(ignore:msg) what, in one line.
    A failed task has RV(ignore:error) with C(kind) and, where they apply, C(service), C(status), C(code), C(request_id), C(method), C(path) and C(source).
"""

    WRITER = r"""
options: {}
attributes:
  diff_mode:
    description: Returns what changed, or would change in C(check_mode), when C(diff) is on.
    support: full
  idempotent:
    description: A second run with the same options and an unchanged service changes nothing and writes nothing.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  diff_mode:
    description: Returns what changed, or would change in C(check_mode), when C(diff) is on.
    support: N/A
  idempotent:
    description: A second run with the same options and an unchanged service changes nothing and writes nothing.
    support: full
"""

    ENTRA = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/cvops.identity.entra) in C(module_defaults) to set the sign-in options once.
    support: full
    membership:
      - cvops.identity.entra
      - cvops.identity.all
"""

    COMMVAULT = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/cvops.identity.commvault) in C(module_defaults) to set the sign-in options once.
    support: full
    membership:
      - cvops.identity.commvault
      - cvops.identity.entra
      - cvops.identity.all
"""
