# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The releases of Python libraries that this collection works with, and the message for one that is older or missing."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
import shlex
import sys

from .errors import MissingLibrary

#: The oldest releases that may be used, as in meta/ee-requirements.txt, which says why.
MINIMUMS = {
    "cryptography": "50.0.0",
    "jmespath": "1.0.0",
    "jwt": "2.13.0",
    "msal": "1.37.0",
    "requests": "2.33.0",
    "urllib3": "2.8.0",
}
#: Names under which the index knows what is imported under another.
PACKAGES = {"jwt": "PyJWT"}


def check_releases(*names: str) -> None:
    """Raise MissingLibrary when one of the libraries *names*, already imported, is older than its minimum.

    Costs next to nothing: each release is compared once in a process.
    """
    for name in names:
        _check_release(name, str(getattr(sys.modules.get(name), "__version__", "")))


def build_missing_error(name: str, purpose: str, details: str | ImportError | None) -> MissingLibrary:
    """Return the error for a library that cannot be imported; *purpose* needs it.

    *details*: the exception or its traceback, of which the last line is kept. Where the library is there and lacks another one that this
    collection needs, that one is named.
    """
    lacking = (getattr(details, "name", None) or "").partition(".")[0]
    name = lacking if lacking in MINIMUMS else name
    lines = str(details or "").strip().splitlines()
    package = PACKAGES.get(name, name)
    return MissingLibrary(
        f"{purpose} needs the Python library {package} where this task runs: {_format_install_command(name)}",
        library=package,
        needed=MINIMUMS.get(name),
        details=lines[-1] if lines else None,
    )


def find_missing_libraries(*names: str) -> list[str]:
    """Return one sentence for each of the libraries *names* that is missing, or older than its minimum, where this runs."""
    found = []
    for name in names:
        try:
            if importlib.util.find_spec(name) is None:
                raise ImportError(f"No module named {name!r}")
            loaded = str(getattr(sys.modules.get(name), "__version__", ""))
            _check_release(name, loaded or importlib.metadata.version(PACKAGES.get(name, name)))
        except ImportError as exc:  # also for a module whose package is not known
            found.append(str(build_missing_error(name, "This collection", str(exc))))
        except MissingLibrary as exc:
            found.append(str(exc))
    return found


@functools.cache
def _check_release(name: str, version: str) -> None:
    """Raise MissingLibrary when *version* is older than the minimum of *name*."""
    needed, package = MINIMUMS[name], PACKAGES.get(name, name)
    # A release that cannot be read is none that anybody has published: it is for its owner to know.
    if version[:1].isdigit() and _parse_release(version) < _parse_release(needed):
        raise MissingLibrary(
            f"{package} {version} is installed where this task runs; {needed} or newer is needed: {_format_install_command(name)}",
            library=package,
            installed=version,
            needed=needed,
        )


def _format_install_command(name: str) -> str:
    """Return the command that installs a sufficient release of *name* for the interpreter that runs this."""
    package = PACKAGES.get(name, name)
    wanted = f"'{package}>={MINIMUMS[name]}'" if name in MINIMUMS else package
    return f"{shlex.quote(sys.executable or 'python3')} -m pip install {wanted}"


def _parse_release(version: str) -> tuple[int, ...]:
    """Return ``1.37.0`` as (1, 37, 0); what follows the third number does not matter."""
    found = [int(number[:9]) for number in re.findall(r"[0-9]+", version)[:3]]
    return (*found, *[0] * (3 - len(found)))
