# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What signs in as the application of a rotation by what CommCells show, whether a target or not. Read before a key is removed, never else."""

from __future__ import annotations

import typing as t

from ..._commvault.client import CommvaultClient
from ..._commvault.key_holders.canonical import KEY_SERVER
from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError
from ..._core.names import fold_case
from ..._core.visible import to_one_line
from ..expiry.facts import FAILED, HOLDER_KINDS, Consumer
from ..expiry.read import CommvaultExpiryReader, describe_failure
from ..expiry.rows import describe_consumer
from ..expiry.words import describe_source

#: What holds no secret of the application.
_NO_SECRETS = ("access_tokens", "saml_apps")


class OtherConsumers(t.NamedTuple):
    """``unsettled``: in words, what may use another key than the active one; ``unread``: what could not be read, and may hide more."""

    unsettled: list[str]
    unread: list[str]


def read_other_consumers(
    commcells: t.Iterable[tuple[str | None, Context]],
    app_id: str,
    active_key_id: str,
    acknowledged: t.Mapping[str, bool],
) -> OtherConsumers:
    """Return what does not show that it uses the active key of the application.

    *commcells*: names, None for their own ones, and contexts; *acknowledged*: folded names of what keeps its key itself and whose owner has
    said that it uses the active key, and whether it was said to be a key management server, which counts for one alone.
    """
    found = OtherConsumers([], [])
    for name, ctx in commcells:
        try:
            reader = CommvaultExpiryReader(ctx, CommvaultClient(ctx), name)
            reader.read(_NO_SECRETS)
        except (ApiError, ConfigError) as exc:
            found.unread.append(f"{name or 'the CommCell'} could not be read: {describe_failure(ctx, exc)}")
            continue
        found.unsettled.extend(
            f"{describe_consumer(consumer)} on {consumer['commcell']}"
            for consumer in reader.facts["consumers"]
            # What uses the key of a credential is settled where that is.
            if consumer["credential"] is None and consumer["app_id"] == app_id.lower()
            if not _is_settled(consumer, active_key_id, acknowledged)
        )
        found.unread.extend(describe_source(item) for item in reader.facts["sources"] if item["status"] == FAILED)
    return OtherConsumers(sorted(map(to_one_line, found.unsettled)), found.unread)


def _is_settled(consumer: Consumer, active_key_id: str, acknowledged: t.Mapping[str, bool]) -> bool:
    if consumer["kind"] not in HOLDER_KINDS:
        return consumer["key_id"] == active_key_id
    name = fold_case(consumer["name"])
    said = [acknowledged.get(place) for place in (name, f"{name} on {fold_case(consumer['commcell'])}")]
    return True in said if consumer["kind"] == KEY_SERVER else said != [None, None]
