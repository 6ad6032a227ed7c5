# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Signatures of manifests by ``ssh-keygen -Y`` (OpenSSH 8.2 and later), a program of the host that the task runs on."""

from __future__ import annotations

import os
import shutil
import subprocess  # no shell, and no words of a service among the arguments
import typing as t

from ...._core.errors import ConfigError, CvopsError
from ...._core.visible import to_one_line
from ..manifest import MANIFEST, SIGNATURE

#: What a signature is for, so that one that was made for something else does not count.
NAMESPACE = "cvops.identity-evidence"
_LIMIT_S = 60
_LONGEST_REASON = 500
#: A passphrase is never asked for: nobody would see it.
_ENVIRONMENT = {"LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
_PASSED_ON = ("PATH", "HOME", "SSH_AUTH_SOCK", "SSH_SK_PROVIDER")


class SigningError(CvopsError):
    """A signature could not be made."""

    kind = "signing"


def require_program(option: str) -> str:
    """Return the path of ssh-keygen. Raises ConfigError where the host has none; *option*: what needs it."""
    if path := shutil.which("ssh-keygen"):
        return path
    raise ConfigError(
        f"option {option}: this host does not have the program ssh-keygen. Install the OpenSSH client.",
        source=f"option {option}",
    )


def sign_manifest(folder: str, key: str) -> None:
    """Sign the manifest in *folder* with the key file *key*, or the agent's key for a public one. Raises SigningError."""
    words = ["-Y", "sign", "-f", key, "-n", NAMESPACE, os.path.join(folder, MANIFEST)]
    done = _run(require_program("sign_with"), words, b"")
    signature = os.path.join(folder, SIGNATURE)
    if done.returncode or not os.path.isfile(signature):
        raise SigningError(
            f"The manifest could not be signed with {key} (option sign_with): {_tell(done)}. A key with a passphrase "
            "has to be loaded in ssh-agent."
        )
    os.chmod(signature, 0o600)


def find_signature_fault(content: bytes, signature: str, signers: str) -> str:
    """Return why the file *signature* is none of *content* by one of the *signers*, a file of allowed signers; empty where it is one.

    Raises ConfigError where the host cannot tell.
    """
    program = require_program("allowed_signers")
    found = _run(program, ["-Y", "find-principals", "-s", signature, "-f", signers], b"")
    principals = found.stdout.decode("utf-8", "replace").splitlines()
    if found.returncode or not principals or principals[0].startswith("-"):
        return f"is not from one of the allowed signers: {_tell(found)}"
    words = ["-Y", "verify", "-f", signers, "-I", principals[0], "-n", NAMESPACE, "-s", signature]
    done = _run(program, words, content)
    return f"is not valid: {_tell(done)}" if done.returncode else ""


def _run(program: str, words: t.Sequence[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    """Return what came of the program. Raises SigningError where it does not end or cannot be started."""
    environment = {**{name: os.environ[name] for name in _PASSED_ON if name in os.environ}, **_ENVIRONMENT}
    try:
        # In process there is no AnsibleModule whose run_command it could be.
        # pylint: disable-next=ansible-bad-function
        return subprocess.run(
            [program, *words], input=given, capture_output=True, timeout=_LIMIT_S, env=environment, check=False
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise SigningError(f"ssh-keygen could not be run: {type(exc).__name__}") from exc


def _tell(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what the program said, as one line."""
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
    return to_one_line(said, _LONGEST_REASON) or f"ssh-keygen ended with {done.returncode}"
