# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private certificate authority for one simulator, and the server certificate that all its listeners use."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

#: Real host names beside the loopback names: clients with fixed hosts reach the simulator through a CONNECT proxy.
EXTRA_NAMES = ("login.microsoftonline.com", "graph.microsoft.com")


@dataclass(frozen=True)
class TestCA:
    """`ca_path`: the CA's PEM file, which clients trust. `cert_path`: chain and key of the server in one PEM file."""

    __test__ = False

    ca_path: Path
    cert_path: Path

    def server_context(self) -> ssl.SSLContext:
        """Return a TLS server context for the listeners."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_path)
        return context


def make_ca(directory: Path, names: tuple[str, ...] = EXTRA_NAMES) -> TestCA:
    """Make a CA and a certificate for localhost, 127.0.0.1 and `names` in `directory` (files are overwritten)."""
    directory.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="cvops-simulator")
    leaf = authority.issue_cert("localhost", "127.0.0.1", *names)
    ca_path, cert_path = directory / "ca.pem", directory / "server.pem"
    authority.cert_pem.write_to_path(str(ca_path))
    cert_path.touch(mode=0o600)
    cert_path.chmod(0o600)
    leaf.private_key_and_cert_chain_pem.write_to_path(str(cert_path))
    return TestCA(ca_path=ca_path, cert_path=cert_path)
