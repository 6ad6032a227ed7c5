# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The log of rotations: one line of JSON for each run that wrote, in a file that only its owner can use, without secrets and their hashes."""

from __future__ import annotations

import errno
import json
import os
import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.polling import Backoff
from ..._core.private_files import create_folder, open_file, take_lock
from ..._core.redact import redact_structure
from ..._core.values import convert_to_builtins
from ..._core.visible import repair_strings

_LOCK_LIMIT_S = 10.0


def append_entry(ctx: Context, path: str, entry: t.Mapping[str, t.Any]) -> None:
    """Append *entry* to the log. Raises ConfigError where that cannot be done, with the reason."""
    cleaned = repair_strings(redact_structure(convert_to_builtins(dict(entry)), ctx.secrets))
    line = json.dumps(cleaned, sort_keys=True, ensure_ascii=True) + "\n"
    try:
        if os.path.dirname(path):
            create_folder(os.path.dirname(path))
        descriptor = open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            backoff = Backoff(ctx, first_s=0.1, longest_s=1.0)
            while not take_lock(descriptor):
                if not backoff.fits_within(_LOCK_LIMIT_S, before_deadline=False):
                    raise ConfigError(f"{path} is locked by another process.", source="option rotation_log")
                backoff.pause()
            _append_whole(descriptor, line.encode("ascii"))
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise ConfigError(
            f"The rotation log {path} cannot be written: {exc.strerror}.", source="option rotation_log"
        ) from exc


def _append_whole(descriptor: int, line: bytes) -> None:
    """Append *line*, or nothing: half of it would spoil the next one as well. Raises OSError."""
    size = os.fstat(descriptor).st_size
    if os.write(descriptor, line) < len(line):  # a full disk takes what fits
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)
