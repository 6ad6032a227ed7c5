# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of a token store in Vault do at both ends: the stored pair, and the CommServe that issued it."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator

from .bao import Bao


def age(site: Simulator, bao: Bao, path: str, left_s: float, **values: t.Any) -> None:
    """Let the access token have so many seconds left (or be over), in the store and at the service; *values*: more to store."""
    document = bao.latest(path)
    token = site.commcells["cs01"].sessions.store.get(int(document["token_id"]))
    assert token is not None
    token.expires = site.clock.now() + left_s
    bao.put(path, {**document, "expires": int(token.expires), "issued": int(token.expires - 7200), **values})


def renewals(site: Simulator) -> int:
    return len([entry for entry in site.journal.entries("cs01") if entry.path.lower().endswith("/renew")])
