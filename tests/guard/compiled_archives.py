# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Byte code of what modules import from the archives that Ansible sends them: compiled once for all processes that tests start.

Half of what a module in a process of its own computes is the compiling of these sources, and Python keeps no byte code for archives.
The code is found by the source itself, so that a changed file is compiled anew.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys
import types
import typing as t

#: The variable that names the folder of the byte code.
FOLDER = "CVOPS_TEST_BYTE_CODE"


def install(folder: pathlib.Path) -> None:
    """Let this process import from archives with byte code of the folder, and keep there what it has to compile."""
    import zipimport

    compile_source = t.cast("t.Callable[[str, bytes], types.CodeType]", vars(zipimport)["_compile_source"])

    def read_or_compile(name: str, source: bytes) -> types.CodeType:
        import _imp
        import hashlib
        import marshal

        kept = folder / f"{hashlib.sha256(source).hexdigest()}-{sys.implementation.cache_tag}"
        try:
            code = t.cast("types.CodeType", marshal.loads(kept.read_bytes()))
        except OSError:
            code = compile_source(name, source)
            with contextlib.suppress(OSError):
                own = kept.with_name(f"{kept.name}.{os.getpid()}")
                own.write_bytes(marshal.dumps(code))
                own.replace(kept)  # whole, or not there
            return code
        vars(_imp)["_fix_co_filename"](code, name)
        return code

    vars(zipimport)["_compile_source"] = read_or_compile
