# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many examples a property tries that needs more, or fewer, than others do."""

from __future__ import annotations

from hypothesis import settings

#: What the profile ``whole`` tries of each property, as ``make test-all`` does.
WHOLE = 200


def try_examples(number: int) -> settings:
    """Settings for so many examples with the profile ``whole``, and for the same part of them with a profile that tries fewer."""
    return settings(max_examples=max(1, number * settings().max_examples // WHOLE), deadline=None)
