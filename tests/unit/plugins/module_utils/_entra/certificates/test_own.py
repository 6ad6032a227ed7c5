# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate of the sign-in: by its thumbprints, and not known where it cannot be read."""

from __future__ import annotations

from certificate_examples import make_key_pem, make_pem, make_public
from token_service import make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.own import read_own_thumbprints


def test_the_own_certificate_is_known_by_its_thumbprints() -> None:
    ctx = make_sign_in_context("client_certificate", client_certificate=make_key_pem() + make_pem("job"))
    assert read_own_thumbprints(ctx) == make_public("job").thumbprints


def test_one_that_cannot_be_read_any_more_is_not_known() -> None:
    ctx = make_sign_in_context("client_certificate", client_certificate="/nowhere/job.pem")
    assert read_own_thumbprints(ctx) is None
