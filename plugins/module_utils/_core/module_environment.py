# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Environment variables that travel to a module with its arguments, because every local user can read a command line."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule

#: The argument that holds them; it is taken out before the options are validated.
ENVIRONMENT_KEY = "_cvops_environment"


class EnvironmentModule(AnsibleModule):  # type: ignore[misc,unused-ignore] # core has types from 2.19 on only
    """An AnsibleModule that sets the environment variables which its arguments carry."""

    def _load_params(self) -> None:
        """Load the parameters, and take the variables out of them; core's own seam for this."""
        super()._load_params()
        os.environ.update(self.params.pop(ENVIRONMENT_KEY, None) or {})
