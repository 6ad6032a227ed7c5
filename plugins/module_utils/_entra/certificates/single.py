# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One certificate of a registration, added, found and removed by itself: for a rotation."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, mark_outcome_unknown
from ..._core.public_certificates import PublicCertificate
from ..client import GraphClient
from .canonical import Certificate, list_certificates, list_key_ids
from .entries import draw_key_id
from .writer import CertificateWriter

_ATTEMPTS = 3
Made = t.TypeVar("Made")


def add_certificate(
    ctx: Context,
    graph: GraphClient,
    object_id: str,
    certificate: PublicCertificate,
    name: str,
    key_id: str | None = None,
) -> Certificate:
    """Add *certificate* under the display name *name* to a registration, and return it as it is there.

    *key_id*: the key id that it shall have; None for a new one.
    One that is there already under this name is returned as it is, so that a run that was cut short goes on. Where somebody else changes
    the collection meanwhile it is read anew. Raises ApiError as :meth:`CertificateWriter.add` does, and WaitTimeout.
    """
    writer = CertificateWriter(ctx, graph, object_id, (lambda: key_id) if key_id else draw_key_id)

    def add_once() -> Certificate:
        for found in list_certificates(writer.settle()):
            if found.name == name and not certificate.thumbprints.isdisjoint(found.thumbprints):
                return found
        added = writer.add(certificate, name)
        with mark_outcome_unknown(is_acknowledged=True):  # it was written, whatever keeps the run from seeing it
            writer.confirm(f"certificate {name}")
        return Certificate(added, name, certificate.thumbprints, certificate.starts, certificate.expires)

    return _do_anew(add_once)


def remove_certificate(ctx: Context, graph: GraphClient, object_id: str, key_id: str) -> None:
    """Remove exactly the certificate with *key_id* from a registration, and wait until it shows no more.

    One that is gone is fine. Raises ApiError as :meth:`CertificateWriter.remove` does, and WaitTimeout where it still shows.
    """
    writer = CertificateWriter(ctx, graph, object_id)

    def remove_once() -> None:
        if key_id.lower() in list_key_ids(writer.settle()):
            writer.remove([key_id])
            with mark_outcome_unknown(is_acknowledged=True):
                writer.confirm(f"the removal of certificate {key_id}")

    _do_anew(remove_once)


def find_certificates_named(ctx: Context, graph: GraphClient, object_id: str, name: str) -> list[Certificate]:
    """Return the certificates for signing in whose display name is exactly *name*, as one replica shows them."""
    return [item for item in list_certificates(CertificateWriter(ctx, graph, object_id).read()) if item.name == name]


def _do_anew(write: t.Callable[[], Made]) -> Made:
    """Return what *write* does, once more where it has found another collection than it had read: then it has written nothing."""
    for dummy in range(_ATTEMPTS - 1):
        try:
            return write()
        except ApiError as exc:
            if not exc.is_outdated:
                raise
    return write()
