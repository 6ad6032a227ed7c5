# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release lacks is told in one way, and never of a release that is not known."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault import releases
from ansible_collections.cvops.identity.plugins.module_utils._commvault.releases import (
    Feature,
    check_feature,
    describe_missing,
    list_missing,
    warn_of_unknown_release,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

FEATURE = Feature(42, "robots need", "Use people.")
ALL = {name: value for name, value in vars(releases).items() if isinstance(value, Feature)}


@pytest.mark.parametrize(
    ("release", "missing", "certain"),
    [(0, False, False), (32, True, False), (41, True, False), (42, False, True), (44, False, True)],
)
def test_what_is_certain(release: int, missing: bool, certain: bool) -> None:
    assert (FEATURE.is_missing(release), FEATURE.is_certain(release)) == (missing, certain)
    assert (describe_missing(FEATURE, release) is not None) is missing
    assert [option for option, dummy in list_missing([("x", FEATURE, True), ("y", FEATURE, False)], release)] == (
        ["x"] if missing else []
    )


def test_one_error_names_everything() -> None:
    with pytest.raises(ConfigError) as caught:
        check_feature("kind", FEATURE, 40)
    assert str(caught.value) == "kind: robots need release 11.42; this CommServe is 11.40. Use people."
    assert caught.value.facts["source"] == "option kind"
    check_feature("kind", FEATURE, 0)
    assert describe_missing(FEATURE, 40, "Leave it.") == "robots need release 11.42; this CommServe is 11.40. Leave it."
    assert describe_missing(Feature(42, "robots need"), 40) == "robots need release 11.42; this CommServe is 11.40."


@pytest.mark.parametrize("name", sorted(ALL))
def test_features_are_sentences(name: str) -> None:
    feature = ALL[name]
    assert 20 < feature.since < 60
    assert not feature.needed_by or feature.needed_by.endswith((" need", " needs"))
    assert not feature.instead or (feature.needed_by and feature.instead.endswith("."))


@pytest.mark.parametrize(("release", "count"), [(0, 1), (32, 0), (44, 0)])
def test_an_unknown_release_is_warned_of(make_ctx: t.Any, release: int, count: int) -> None:
    ctx = make_ctx({})
    warn_of_unknown_release(ctx, release, "It is tried.")
    assert ctx.warnings == ["This account is not allowed to read the release of the CommServe. It is tried."] * count
