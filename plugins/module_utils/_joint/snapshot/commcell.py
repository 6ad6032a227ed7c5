# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module commvault_snapshot: one CommCell as the account sees it, as a file."""

from __future__ import annotations

import typing as t

from ..._commvault.client import CommvaultClient
from ..._commvault.overview.collect import collect_commcell
from ..._commvault.overview.document import CommCellDocument
from ..._core.context import Context
from .files import Document, read_commcell_document
from .resource import DocumentResource, Form


class CommCellSnapshot(DocumentResource):
    """The snapshot of one CommCell; see the options of commvault_snapshot."""

    subject = "CommCell"

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._client = CommvaultClient(ctx)

    def collect(self) -> Document:
        """Return what the account sees of the CommCell. Raises ApiError for failed reads."""
        return collect_commcell(self._ctx, self._client, self._ctx.options.get("commcell"))

    def read_earlier(self, document: Document) -> Document | None:
        """Return the document of the same CommCell that is there. Raises ConfigError."""
        return read_commcell_document(self._folder, self.get_name(document))

    def get_name(self, document: Document) -> str:
        """Return the name of the CommCell in the snapshot."""
        return t.cast(CommCellDocument, document)["name"]

    def result(self) -> Form:
        """Return beside what every document tells the name of the CommCell."""
        return {**super().result(), "commcell": self.get_name(self.get_document())}
