# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of certificates: found by thumbprint, added once, and nothing goes that was not meant."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from certificate_examples import make_public
from fake_graph import NOW, guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.canonical import Certificate
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.plan import (
    Selection,
    find_certificate,
    is_adding,
    list_removed,
    plan_certificate,
    plan_certificate_removal,
)

WANTED = make_public("job")
OTHER = make_public("other")
DAY = datetime.timedelta(days=1)


def held(
    number: int, thumbprints: t.Iterable[str] = (), name: str | None = "job", days: int | None = 30
) -> Certificate:
    expires = None if days is None else NOW + days * DAY
    return Certificate(guid(number), name, frozenset(thumbprints), NOW - DAY, expires)


prints = st.sampled_from([frozenset[str](), WANTED.thumbprints, OTHER.thumbprints, frozenset([WANTED.thumbprint])])
collections = st.lists(
    st.tuples(
        prints, st.sampled_from(["job", "Job", "job/0123456789ab", "jobs", None]), st.sampled_from([-1, 1, 30, None])
    ),
    max_size=5,
).map(lambda rows: [held(number, *row) for number, row in enumerate(rows)])


def apply(plan: Plan, certificates: list[Certificate]) -> list[Certificate]:
    """Return the collection after *plan*."""
    removed = list_removed(plan)
    added = [Certificate(guid(99), "job", WANTED.thumbprints, WANTED.starts, WANTED.expires)] if is_adding(plan) else []
    return [item for item in [*certificates, *added] if item.key_id not in removed]


@given(collections, st.booleans())
def test_after_the_plan_nothing_is_left_to_do(certificates: list[Certificate], exclusive: bool) -> None:
    plan = plan_certificate(WANTED, "job", certificates, NOW, exclusive=exclusive)
    after = apply(plan, certificates)
    again = plan_certificate(WANTED, "job", after, NOW, exclusive=exclusive)
    assert not again.changed
    assert any(item.is_unexpired(NOW) for item in find_certificate(WANTED, after))
    kept = {item.key_id for item in certificates} - set(list_removed(plan))
    assert kept <= {item.key_id for item in after}
    assert [row["thumbprint"] for row in plan.after["certificates"]] == [
        row["thumbprint"] for row in again.after["certificates"]
    ]


@given(collections)
def test_only_what_is_asked_for_goes(certificates: list[Certificate]) -> None:
    assert list_removed(plan_certificate(WANTED, None, certificates, NOW)) == []
    exclusive = plan_certificate(WANTED, None, certificates, NOW, exclusive=True)
    same = {item.key_id for item in certificates if item.thumbprints & WANTED.thumbprints}
    assert set(list_removed(exclusive)) == {item.key_id for item in certificates} - same


@given(collections, st.randoms(use_true_random=False))
def test_the_order_of_the_collection_does_not_matter(certificates: list[Certificate], chance: t.Any) -> None:
    shuffled = list(certificates)
    chance.shuffle(shuffled)
    one, other = (plan_certificate(WANTED, "job", items, NOW, exclusive=True) for items in (certificates, shuffled))
    assert (one.before, one.after, set(list_removed(one))) == (other.before, other.after, set(list_removed(other)))


def test_an_addition_says_what_comes_until_when() -> None:
    plan = plan_certificate(WANTED, None, [], NOW, application="commvault")
    (step,) = plan.steps
    (change,) = step.changes
    assert (step.action, change.sign, change.kind, change.principal) == ("add", "+", "certificate", "commvault")
    assert (
        change.sentence
        == f"add the certificate CN=job (thumbprint {WANTED.thumbprint}), valid until 2026-05-31T09:41:00Z"
    )
    assert plan.after["certificates"][0]["key_id"] is None


def test_a_certificate_that_is_there_under_another_name_is_there() -> None:
    assert not plan_certificate(WANTED, "new name", [held(1, WANTED.thumbprints, "old name")], NOW).changed


def test_an_entry_that_has_ended_does_not_count() -> None:
    assert is_adding(plan_certificate(WANTED, None, [held(1, WANTED.thumbprints, days=-1)], NOW))


def test_the_new_one_comes_before_the_others_go() -> None:
    plan = plan_certificate(WANTED, None, [held(1, OTHER.thumbprints), held(2)], NOW, exclusive=True)
    assert [step.action for step in plan.steps] == ["add", "remove"]
    assert len(plan.steps[1].changes) == 2, "one write, and each certificate of it is told"


@pytest.mark.parametrize(
    ("meant", "gone"),
    [
        (Selection(), []),
        (Selection(key_id=guid(1).upper()), [1]),
        (Selection(key_id=guid(9)), []),
        (Selection(thumbprints=frozenset([WANTED.thumbprint])), [1, 2]),
        (Selection(name="JOB"), [1, 3, 4]),
        (Selection(name="job", thumbprints=WANTED.thumbprints), [1]),
        (Selection(key_id=guid(2), name="job"), []),
        (Selection(thumbprints=frozenset(["0" * 40])), []),
        (Selection(name="0123456789ab"), []),
    ],
)
def test_what_goes_fits_everything_that_is_given(meant: Selection, gone: list[int]) -> None:
    certificates = [
        held(1, WANTED.thumbprints, "job"),
        held(2, WANTED.thumbprints, "twin"),
        held(3, OTHER.thumbprints, "job/0123456789ab"),
        held(4, (), "Job"),
        held(5, (), None),
    ]
    plan = plan_certificate_removal(meant, certificates, "commvault")
    assert sorted(list_removed(plan)) == [guid(number) for number in gone]
    assert plan.changed is bool(gone)
    for step in plan.steps:
        assert [change.sign for change in step.changes] == ["-"] * len(gone)
        assert not plan_certificate_removal(meant, apply(plan, certificates)).changed
