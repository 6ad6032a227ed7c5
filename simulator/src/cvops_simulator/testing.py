# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for test suites that use the simulator."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from cvops_simulator.simulator import Simulator

#: These win over a client's own CA setting in some libraries, so a test process must not inherit them.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@contextlib.contextmanager
def without_ca_variables() -> Iterator[None]:
    """Take the CA variables out of the environment, and put them back afterwards."""
    saved = {name: os.environ.pop(name) for name in CA_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(saved)


@contextlib.contextmanager
def running_simulator(**options: Any) -> Iterator[Simulator]:
    """Run a simulator in a clean environment; `options` are those of `Simulator`."""
    with without_ca_variables(), Simulator(**options) as simulator:
        yield simulator
