# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts pip into an environment of ansible-test, in place of the script that it would download for that.

ansible-test looks into its cache before it downloads, so a copy of this file there serves machines that reach a
package index and nothing else. The pip wheel that Python itself carries is unpacked: no download, no compile step.
"""

from __future__ import annotations

import ensurepip
import pathlib
import sysconfig
import zipfile


def bundled_pip() -> pathlib.Path:
    """Return the wheel beside ensurepip, or, on a Debian that split it off, in the folder of the venv package."""
    folders = [pathlib.Path(ensurepip.__file__).parent / "_bundled", pathlib.Path("/usr/share/python-wheels")]
    wheels = [wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]
    if not wheels:
        raise SystemExit(f"no pip wheel in {' or '.join(map(str, folders))}")
    return wheels[0]


if __name__ == "__main__":
    with zipfile.ZipFile(bundled_pip()) as archive:
        archive.extractall(sysconfig.get_path("purelib"))
