# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.modules import access_evidence as _module
from ansible_collections.cvops.identity.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction):
    """The action of access_evidence."""

    module = _module
