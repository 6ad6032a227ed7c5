# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_snapshot: reads what of a tenant bears on the CommCells of a snapshot, and writes it beside them."""

from __future__ import annotations

import typing as t

from ..._core.redact import redact_structure
from ..._entra.overview.document import EntraDocument
from ..._entra.overview.read import read_tenant_document
from .files import Document, read_commcell_documents, read_entra_document
from .relevant import find_relevant
from .resource import DocumentResource


class EntraSnapshotResource(DocumentResource):
    """The document of the tenant in a snapshot; see the options of entra_snapshot."""

    subject = "tenant"

    def collect(self) -> Document:
        """Return what the account sees of the tenant. Raises ApiError for failed reads, ConfigError for documents that cannot be used."""
        options = self._ctx.options
        there = read_commcell_documents(self._folder, "dest")
        wanted = find_relevant(there, options["applications"], options["groups"])
        read = read_tenant_document(self._ctx, wanted)
        return t.cast(EntraDocument, redact_structure(read, self._ctx.secrets, prose=False))

    def read_earlier(self, document: Document) -> Document | None:
        """Return the tenant's document that is there. Raises ConfigError."""
        return read_entra_document(self._folder, "dest")

    def get_name(self, document: Document) -> str:
        """Return the id of the tenant."""
        return str(t.cast(EntraDocument, document)["tenant"].get("id") or "")
