# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The files of a bundle: made of a snapshot and its tables, the manifest last. Pure.

All files but the manifest, the attestation, the documents of the snapshot and the head of the report are the same for an unchanged site.
"""

from __future__ import annotations

import json
import pkgutil
import typing as t
import uuid
from dataclasses import dataclass

from ...._commvault.overview.document import CommCellDocument
from ...._core.values import format_time, parse_time
from ...._core.visible import to_one_line
from ...._entra.overview.document import EntraDocument
from ...snapshot.files import build_path, dump_document
from ...snapshot.pseudonyms import Table
from .. import manifest as manifests
from ..manifest import Manifest, PreviousLink, Provenances, PseudonymFacts, compute_sha256, dump_json, list_entries
from ..page import render
from ..table_text import build_table_csv, dump_table
from ..tables import ACTION_PLAN, SEVERITIES, SIGN_OFF, TABLES, Row, Tables
from .attestation import build_attestation
from .findings_junit import build_findings_junit
from .grc import build_ciso_assistant_csv, build_vanta_csv
from .oscal import build_assessment_results

#: Names of the formats that can be chosen. JSON and the documents are in every bundle: the next one is compared with them.
FORMATS = ("csv", "html", "vanta", "ciso_assistant", "oscal", "attestation", "junit")
REPORT, ATTESTATION, PSEUDONYMS = "report.html", "attestation.json", "pseudonyms.json"
#: Files that say when the bundle was made, so that two runs over the same snapshot differ in them.
HOLD_TIME_OF_RUN = (REPORT, ATTESTATION)
ROWS_IN_PAGE = 50_000
_BUNDLES = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/cvops/identity/ns/access-evidence")


@dataclass(frozen=True)
class Subject:
    """What a bundle is about: the documents, and where it stands in its chain.

    ``pseudonyms``: what the bundle says of them, None where people have their names; ``table``: takes them back, with the key, None where none
    was given. ``created``: RFC 3339.
    """

    commcells: t.Sequence[CommCellDocument]
    entra: EntraDocument | None
    missing: t.Mapping[str, str]
    previous: PreviousLink | None
    pseudonyms: PseudonymFacts | None
    created: str
    collection_version: str
    table: Table | None = None


class Content(t.NamedTuple):
    """All files of a bundle by path, the manifest among them, and the manifest."""

    files: dict[str, bytes]
    manifest: Manifest


def can_render_page() -> bool:
    """Return whether the page's templates are here: a module that Ansible starts in a process of its own has only code with it."""
    try:
        return pkgutil.get_data(render.__package__ or "", "assets/page.css") is not None
    except OSError:
        return False


def find_as_of(commcells: t.Sequence[CommCellDocument], entra: EntraDocument | None) -> str:
    """Return when the last of the documents was complete, RFC 3339. Raises ValueError where there is none, or no time in one."""
    documents: list[t.Any] = [*commcells, *([entra] if entra else [])]
    return format_time(max(parse_time(document["provenance"]["ended"]) for document in documents))


def build_name(as_of: str) -> str:
    """Return the name of a bundle by its time, such as ``2026-11-27T201500Z``."""
    return as_of.replace(":", "")


def build_content(subject: Subject, tables: Tables, name: str, formats: t.Collection[str]) -> Content:
    """Return the files of the bundle *name* with these tables; *formats*: of FORMATS."""
    as_of = find_as_of(subject.commcells, subject.entra)
    files = _build_documents(subject)
    for table in TABLES:
        files[f"{table.name}.json"] = dump_table(table, tables.rows[table.name])
    digests = {path: compute_sha256(content) for path, content in files.items()}
    # Made of what is in it, so that the same snapshot gives the same one.
    bundle_id = str(uuid.uuid5(_BUNDLES, json.dumps([sorted(digests.items()), subject.previous, subject.missing])))
    files.update(_build_formats(subject, tables, digests, as_of, formats))
    about = _build_about(subject, tables, bundle_id, as_of)
    if "html" in formats:
        files[REPORT] = render.render_page(tables, about).encode()
    provenance = Provenances(
        commcells={document["name"]: document["provenance"] for document in subject.commcells},
        entra=subject.entra["provenance"] if subject.entra else None,
    )
    if "attestation" in formats:
        files[ATTESTATION] = build_attestation(list_entries(files), provenance, {**about, "partial": tables.partial})
    manifest = Manifest(
        format=manifests.FORMAT,
        name=name,
        bundle_id=bundle_id,
        as_of=as_of,
        created=subject.created,
        collection_version=subject.collection_version,
        what_it_proves=manifests.WHAT_IT_PROVES,
        which_is_exact=manifests.WHICH_IS_EXACT,
        tenant=about["tenant"],
        commcells=about["commcells"],
        provenance=t.cast("dict[str, t.Any]", provenance),
        population=tables.rows["population"],
        counts={table.name: len(tables.rows[table.name]) for table in TABLES},
        findings=count_findings(tables.rows["findings"]),
        partial=list(tables.partial),
        missing=dict(sorted(subject.missing.items())),
        pseudonymised=subject.pseudonyms is not None,
        pseudonyms=subject.pseudonyms,
        previous=subject.previous,
        files=list_entries(files),
    )
    files[manifests.MANIFEST] = manifests.dump_manifest(manifest)
    return Content(files, manifest)


def count_findings(findings: t.Iterable[Row]) -> dict[str, int]:
    """Return the number of open findings by severity, all of SEVERITIES."""
    opened = [row["severity"] for row in findings if row["status"] == "open"]
    return {severity: opened.count(severity) for severity in SEVERITIES}


def _build_documents(subject: Subject) -> dict[str, bytes]:
    """Return the documents that the bundle is made of, in the form in which a snapshot is served."""
    documents: list[t.Any] = [*subject.commcells, *([subject.entra] if subject.entra else [])]
    files = {build_path("snapshot", document): dump_document(document).encode() for document in documents}
    if subject.table is not None:
        files[PSEUDONYMS] = dump_json(subject.table)
    return files


def _build_formats(
    subject: Subject, tables: Tables, digests: t.Mapping[str, str], as_of: str, formats: t.Collection[str]
) -> dict[str, bytes]:
    """Return the files that are made of the tables alone."""
    rows, files = tables.rows, {}
    if "csv" in formats:
        files.update({f"{table.name}.csv": build_table_csv(table, rows[table.name]) for table in TABLES})
    else:  # what people fill in
        files.update(
            {f"{table.name}.csv": build_table_csv(table, rows[table.name]) for table in (SIGN_OFF, ACTION_PLAN)}
        )
    if "vanta" in formats:
        files["grc/vanta.csv"] = build_vanta_csv(rows["access"])
    if "ciso_assistant" in formats:
        files["grc/ciso-assistant-findings.csv"] = build_ciso_assistant_csv(rows["findings"])
    if "oscal" in formats:
        files["oscal/assessment-results.json"] = build_assessment_results(
            rows,
            tables.partial,
            as_of,
            subject.collection_version,
            {path: digest for path, digest in digests.items() if "/" not in path},
        )
    if "junit" in formats:
        files["junit.xml"] = build_findings_junit(rows["findings"], tables.partial)
    return files


def _build_about(subject: Subject, tables: Tables, bundle_id: str, as_of: str) -> dict[str, t.Any]:
    """Return what the page and the attestation say of the bundle itself."""
    entra = subject.entra
    return {
        "title": "Access evidence: Commvault and Microsoft Entra ID",
        "bundle_id": bundle_id,
        "as_of": as_of,
        "created": subject.created,
        "collection_version": subject.collection_version,
        "tenant": {key: entra["tenant"].get(key) for key in ("id", "displayName", "domain")} if entra else None,
        "commcells": [
            {
                "name": document["name"],
                "id": document["commcell"].get("id"),
                "release": document["commcell"].get("release"),
                "ended": document["provenance"]["ended"],
                "collector": document["provenance"]["collector"],
            }
            for document in subject.commcells
        ],
        "entra": {key: entra["provenance"][key] for key in ("ended", "collector")} if entra else None,
        "previous": subject.previous,
        "pseudonymised": subject.pseudonyms is not None,
        "pseudonyms": subject.pseudonyms,
        "partial": list(tables.partial),
        "policy_report": entra["policy_report"] or None if entra else None,
        "limits": {"rows": ROWS_IN_PAGE},
        "framework_links": [],
    }


def describe_counts(manifest: Manifest) -> str:
    """Return what is in a bundle, in words on one line."""
    counts, findings = manifest["counts"], manifest["findings"]
    told = ", ".join(f"{findings[severity]} {severity}" for severity in SEVERITIES if findings.get(severity))
    cells = ", ".join(str(cell["name"]) for cell in manifest["commcells"]) or "none"
    return to_one_line(
        f"{counts['access']} row{'s' * (counts['access'] != 1)} of access on {cells}, open findings: {told or 'none'}"
        f"{', not complete' if manifest['partial'] else ''}, {len(manifest['files'])} files"
    )
