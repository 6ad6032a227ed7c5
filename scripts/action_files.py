# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check plugins/action: one generated file per module, which runs it on the controller, in process.

Ansible has no safe way to send several modules to one action plugin (a redirect makes it merge their module_defaults),
hence a file each. Usage: action_files.py --check | --write
"""

from __future__ import annotations

import pathlib
import sys

from collection_facts import PLUGINS, module_names
from generated_files import check_or_write

TEMPLATE = '''\
# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.modules import {module} as _module
from ansible_collections.cvops.identity.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction):
    """The action of {module}."""

    module = _module
'''


def expected(plugins: pathlib.Path = PLUGINS) -> dict[pathlib.Path, str | None]:
    """Return the text of each file of the action folder; None for one without a module."""
    folder = plugins / "action"
    wanted = {folder / f"{name}.py": TEMPLATE.format(module=name) for name in module_names(plugins)}
    return {**dict.fromkeys(sorted(folder.glob("*.py"))), **wanted}


if __name__ == "__main__":
    sys.exit(check_or_write(expected(), __doc__))
