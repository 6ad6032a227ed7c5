# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check plugins/action: one generated file per module, which runs it on the controller, in process.

Ansible has no safe way to send several modules to one action plugin (a redirect makes it merge their module_defaults),
hence a file each. Usage: action_files.py --check | --write
"""

from __future__ import annotations

import argparse
import pathlib
import sys

from collection_facts import PLUGINS, module_names
from collection_tree import ROOT

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


def faults(plugins: pathlib.Path = PLUGINS) -> list[str]:
    """Return what is missing, different or left over in the action folder, one sentence each."""
    wanted = {f"{name}.py": TEMPLATE.format(module=name) for name in module_names(plugins)}
    present = {path.name: path.read_text() for path in (plugins / "action").glob("*.py")}
    found = [f"missing: action/{name}" for name in sorted(wanted.keys() - present.keys())]
    found += [f"no module for: action/{name}" for name in sorted(present.keys() - wanted.keys())]
    both = sorted(wanted.keys() & present.keys())
    return found + [f"not as generated: action/{name}" for name in both if wanted[name] != present[name]]


def write(plugins: pathlib.Path = PLUGINS) -> None:
    """Make the action folder right, files without a module removed."""
    names = module_names(plugins)
    (plugins / "action").mkdir(exist_ok=True)
    for path in (plugins / "action").glob("*.py"):
        if path.stem not in names:
            path.unlink()
    for name in names:
        (plugins / "action" / f"{name}.py").write_text(TEMPLATE.format(module=name))


def main() -> int:
    """Check or write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        write()
        return 0
    found = faults()
    for fault in found:
        print(f"{(PLUGINS).relative_to(ROOT)}: {fault} (run scripts/action_files.py --write)", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
