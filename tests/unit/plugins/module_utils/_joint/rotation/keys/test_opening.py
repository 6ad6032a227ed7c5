# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind of keys that the options ask for."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph
from rotation_fakes import complete_options

from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys.certificate_keys import (
    CertificateKeys,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys.opening import KINDS, open_keys
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys.secret_keys import SecretKeys
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.options import rotation_options


@pytest.mark.parametrize(("kind", "made"), [("secret", SecretKeys), ("certificate", CertificateKeys)])
def test_keys_are_of_the_kind_that_is_asked_for(make_ctx: t.Any, kind: str, made: type[t.Any]) -> None:
    ctx = make_ctx(complete_options(kind=kind))
    found = open_keys(ctx, t.cast("t.Any", FakeGraph(ctx)))
    assert (type(found), found.noun) == (made, kind)


def test_every_kind_that_can_be_asked_for_is_there() -> None:
    assert list(KINDS) == rotation_options()["kind"]["choices"]
