# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of several readings together."""

from __future__ import annotations

from expiry_examples import REPORT, SITE, application, certificate, consumer, key, make_facts, token

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import merge_facts


def test_what_two_hosts_have_read_is_there_once() -> None:
    assert {name: len(items) for name, items in merge_facts([SITE, SITE]).items()} == {
        "applications": len(SITE["applications"]),
        "key_list": len(SITE["key_list"]),
        "consumers": len(SITE["consumers"]),
        "sources": 2 * len(SITE["sources"]),
    }


def test_a_report_holds_its_facts() -> None:
    assert {name: REPORT[name] for name in SITE} == SITE


def test_what_differs_stays_apart() -> None:
    """Token ids count from one on every CommCell, and two companies of one may have credentials of one name."""
    keys = [key(1), key(1, of=2), certificate(1, 9, True), token(1, 9), token(1, 9, "cs02")]
    consumers = [
        consumer("a", 1),
        consumer("a", 1, company="Corp"),
        consumer("a", 1, commcell="cs02"),
        consumer("a", 1, kind="oidc_app"),
    ]
    missing = [application(1), *(application(n, "gone", object_id=None, is_found=False) for n in (2,))]
    found = merge_facts([make_facts(missing, keys, consumers)])
    assert (found["key_list"], found["consumers"], found["applications"]) == (keys, consumers, missing)
