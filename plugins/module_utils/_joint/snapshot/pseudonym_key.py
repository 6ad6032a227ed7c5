# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The key of pseudonyms, which the user keeps in a private file."""

from __future__ import annotations

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.private_files import NotPrivate, read_file

#: In bytes, of the text of the file. What 32 random bytes have in hexadecimal or base64 is longer.
_SHORTEST, _LONGEST = 32, 4096
_FEWEST_CHARACTERS = 8
_HOW = "make one with: (umask 077; openssl rand -hex 32 > FILE)"


def read_key(ctx: Context, path: str, option: str) -> bytes:
    """Return the key in the file *path*, which the caller's *option* names; its text is hidden in all output.

    The key is the text of the file without blanks around it. Raises ConfigError for a file that is a link, of another user or open to others,
    and for a key that is shorter than 32 bytes or plainly no random one.
    """
    try:
        text = read_file(path, _LONGEST).strip()
    except NotPrivate as exc:
        raise ConfigError(
            f"{option}: {exc}: the key must be an ordinary file of at most {_LONGEST} bytes that you alone can use (chmod 600)",
            source=f"option {option}",
        ) from exc
    except OSError as exc:
        raise ConfigError(f"{option}: {path}: {exc.strerror}; {_HOW}", source=f"option {option}") from exc
    key = text.encode("utf-8", "surrogatepass")
    if len(key) < _SHORTEST:
        raise ConfigError(
            f"{option}: {path} holds {len(key)} bytes; a key has at least {_SHORTEST}: {_HOW}",
            source=f"option {option}",
        )
    if len(set(text)) < _FEWEST_CHARACTERS:
        raise ConfigError(
            f"{option}: {path} contains only a few different characters; {_HOW}", source=f"option {option}"
        )
    ctx.secrets.add(text)
    return key
