# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = """
name: elsewhere
short_description: This machine, as if it were another one
description: A local connection under another name, so that tests can see what would travel to another host.
author: cvops.identity authors (@cvops)
"""

from ansible.plugins.connection.local import Connection as Local  # noqa: E402 - documentation comes first


class Connection(Local):  # type: ignore[misc]
    """Everything as local has it."""

    transport = "elsewhere"
