# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Masking of secret options' values in a task's result, the same on every ansible-core.

Before release 2.22 AnsibleModule does this to the result itself (``remove_values()``, gone in 2.25). From 2.22 on the result stays as
it is, and so do registered variables, fact caches and the files of background jobs; core masks only what is displayed and what
callbacks get, with ``$REDACTED$``, for every value that ``ansible.module_utils.secrets`` knows. Its argument validation registers the
values of options that are marked no_log there, short ones too. The collection does both on all releases: it masks the result here, and
leaves the registration to the validation, which both ways to run a module go through.
"""

from __future__ import annotations

import typing as t

from .redact import HIDDEN_OPTION, drop_short_secrets
from .secret_matcher import HIDDEN


def mask_result(result: t.Any, secrets: t.Iterable[t.Any]) -> t.Any:
    """Return *result*, a structure of JSON, without the *secrets*; keys and short secrets stay, see :func:`.redact.drop_short_secrets`.

    A text or number that is a secret as a whole becomes HIDDEN_OPTION, a secret within a text HIDDEN, a number that contains one HIDDEN_OPTION.
    """
    ordered = sorted(drop_short_secrets(secrets), key=len, reverse=True)
    return _mask_value(result, ordered) if ordered else result


def _mask_value(value: t.Any, secrets: t.Sequence[str]) -> t.Any:
    """Return a part of a result masked; *secrets*: the longest first."""
    if isinstance(value, str):
        if value in secrets:
            return HIDDEN_OPTION
        for secret in secrets:
            value = value.replace(secret, HIDDEN)
        return value
    if isinstance(value, t.Mapping):
        return {key: _mask_value(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mask_value(item, secrets) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        digits = str(value)
        return HIDDEN_OPTION if any(secret in digits for secret in secrets) else value
    return value
