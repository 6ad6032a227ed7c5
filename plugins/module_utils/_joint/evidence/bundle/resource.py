# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The resource of access_evidence: writes a bundle of a snapshot, or verifies bundles. No service is asked."""

from __future__ import annotations

import functools
import os
import typing as t

from ...._core.context import Context
from ...._core.errors import ConfigError, CvopsError
from ...._core.plan import Change, Plan, Step
from ...._core.provenance import COLLECTION_VERSION
from ...._core.resource import Action, Finding
from ...._core.values import format_time
from ...._core.visible import escape_structure, to_one_line
from ...snapshot.files import read_snapshot
from ..build import build_tables
from ..manifest import MANIFEST, Manifest, PreviousLink, compute_sha256, find_starts
from ..reading import Bundle, read_manifest
from ..tables import Inputs
from .content import (
    HOLD_TIME_OF_RUN,
    REPORT,
    Content,
    Subject,
    build_content,
    build_name,
    describe_counts,
    find_as_of,
)
from .folder import (
    SinkLine,
    add_sink_line,
    find_newest_bundle,
    format_sink_line,
    read_sink,
    write_bundle,
)
from .hiding import Hiding
from .inputs import Decisions, read_decisions, read_log, read_previous, read_sealed_decisions
from .options import AUTO, check_options, choose_previous, list_formats, list_rules
from .signing import sign_manifest
from .verify import Verdict, check_files, verify_bundles

#: So many faults stand in the result; all are counted.
_SHOWN_FAULTS = 200


class EvidenceBroken(CvopsError):
    """Bundles are not what was sealed, or their chain is broken."""

    kind = "evidence"


class EvidenceResource:
    """One bundle, or the bundles that are verified."""

    noun = "evidence"

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._options = ctx.options
        self._verdict: Verdict | None = None
        self._content: Content | None = None
        self._changes = 0
        self._is_new = False

    @functools.cached_property
    def actions(self) -> t.Mapping[str, Action]:
        """The functions that do a step."""
        return {"write_bundle": self._write_bundle, "keep_hash": self._keep_hash}

    def plan(self) -> Plan:
        """Read what the bundle is made of, and return the steps that write it and keep its hash; none where it is there."""
        check_options(self._ctx)
        if self._options["verify"]:
            options = self._options
            self._verdict = verify_bundles(
                options["dest"], options["name"], options["manifest_sink"] or [], options["allowed_signers"]
            )
            return Plan({}, {})
        content = self._content = self._make_content()
        manifest = content.manifest
        self._is_new = not os.path.lexists(self._path)
        if not self._is_new:
            content = self._content = self._take_sealed(content)
            manifest = content.manifest
        steps = [self._plan_bundle(manifest)] if self._is_new else []
        steps += self._plan_sinks(manifest, self._digest)
        after = {"bundle": manifest["name"], "counts": manifest["counts"], "findings": manifest["findings"]}
        kept = [step.subject for step in steps if step.action == "keep_hash"]
        before = {} if self._is_new else dict(after)
        return Plan(before, {**after, "hash_kept_in": kept} if kept else after, tuple(steps))

    def result(self) -> dict[str, t.Any]:
        """Return what the bundle holds, in counts, or what came of verifying."""
        if self._verdict is not None:
            return self._describe_verdict(self._verdict)
        if self._content is None:
            return {}
        manifest = self._content.manifest
        has_report = any(entry["path"] == REPORT for entry in manifest["files"])
        unknown = self._is_new and self._ctx.check_mode  # made with the time of the run
        return t.cast(
            "dict[str, t.Any]",
            escape_structure(
                {
                    "path": self._path,
                    "name": manifest["name"],
                    "bundle_id": manifest["bundle_id"],
                    "as_of": manifest["as_of"],
                    "manifest_sha256": None if unknown else self._digest,
                    "counts": manifest["counts"],
                    "findings": manifest["findings"],
                    "changes": manifest["counts"]["changes"],
                    "partial": manifest["partial"],
                    "pseudonymised": manifest["pseudonymised"],
                    "named_in": (manifest["pseudonyms"] or {"named_in": []})["named_in"],
                    "previous": manifest["previous"],
                    "report": os.path.join(self._path, REPORT) if has_report else None,
                    "files": len(manifest["files"]),
                }
            ),
        )

    def verify(self) -> list[Finding]:
        """Read back what was written and return what is not as it was sealed."""
        if self._content is None or not self._is_new:
            return []
        found, digest = read_manifest(self._path)
        faults: list[Finding] = list(check_files(self._path, found["name"], found, parses_tables=False))
        if digest != self._digest:
            faults.append({"bundle": found["name"], "path": MANIFEST, "kind": "changed", "message": "is another one"})
        return faults

    def find_fault(self) -> CvopsError | None:
        """Return why verifying fails."""
        if self._verdict is None or not self._verdict.faults:
            return None
        faults = self._verdict.faults
        lines = [f"{fault['bundle'] or self._options['dest']}: {fault['path']} {fault['message']}" for fault in faults]
        more = f"; and {len(faults) - 10} more" if len(faults) > 10 else ""
        return EvidenceBroken(
            f"The evidence was changed after it was sealed, {len(faults)} problems: {'; '.join(lines[:10])}{more}",
            source="option dest",
        )

    @property
    def _path(self) -> str:
        """The folder of the bundle."""
        assert_content = self._require_content()
        return os.path.join(self._options["dest"], assert_content.manifest["name"])

    @property
    def _digest(self) -> str:
        """The SHA-256 of the bundle's manifest."""
        return compute_sha256(self._require_content().files[MANIFEST])

    def _require_content(self) -> Content:
        if self._content is None:
            raise RuntimeError("there is no bundle: nothing was planned")
        return self._content

    def _make_content(self) -> Content:
        """Return the bundle that the options ask for. Raises ConfigError."""
        options, ctx = self._options, self._ctx
        snapshot = read_snapshot(options["snapshot"])
        as_of = find_as_of(snapshot.commcells, snapshot.entra)
        name = options["name"] or build_name(as_of)
        hiding = Hiding(ctx, snapshot)
        before, link, folder = self._read_previous(as_of, name, hiding.key_id)
        decisions = self._read_decisions(before, folder)
        log = read_log(options["log"]) if options["log"] else None
        others: list[t.Any] = [
            *(options["document"], log, options["drills"], decisions.decisions, decisions.actions),
            *(options["missing"] or {}, decisions.unanswered),
        ]
        snapshot, others, table = hiding.replace(others)
        document, log, drills, decided, actions, missing, unanswered = others
        if before and before.manifest["pseudonymised"]:  # a pseudonym gets none
            unanswered = decisions.unanswered
        tables = build_tables(
            Inputs(
                commcells=snapshot.commcells,
                entra=snapshot.entra,
                missing=missing,
                document=document,
                rules=list_rules(options),
                log=log,
                previous=before.rows if before else None,
                previous_date=link["as_of"] if link else None,
                previous_starts=find_starts(before.manifest) if before else {},
                decisions=[*decided, *unanswered],
                actions=actions,
                drills=drills or (),
                are_people_hidden=hiding.are_people_hidden,
            )
        )
        before = None  # as large as the tables that are now made text
        subject = Subject(
            commcells=snapshot.commcells,
            entra=snapshot.entra,
            missing=missing,
            previous=link,
            pseudonyms=hiding.describe(document=document, drills=drills, decisions=[*decided, *actions]),
            table=table,
            created=format_time(ctx.clock.now()),
            collection_version=COLLECTION_VERSION,
        )
        return build_content(subject, tables, name, list_formats(options))

    def _read_previous(
        self, as_of: str, name: str, key_id: str | None
    ) -> tuple[Bundle | None, PreviousLink | None, str]:
        """Return the bundle before, the link to it, and its folder; None and an empty folder for none. Raises ConfigError.

        *key_id*: tells the key of this bundle's pseudonyms, None where people have their names.
        """
        folder = choose_previous(self._ctx)
        if folder == AUTO:
            newest = find_newest_bundle(self._options["dest"], as_of)
            folder = os.path.join(self._options["dest"], newest.name) if newest else None
        if folder is None:
            return None, None, ""
        bundle, link = read_previous(folder)
        if link["as_of"] >= as_of or link["name"] == name:
            raise ConfigError(
                f"option previous: {folder} is of {link['as_of']}, which is not before this snapshot of {as_of}",
                source="option previous",
            )
        used = bundle.manifest["pseudonyms"]
        if (used["key"] if used else None) != key_id:
            # Its rows stand in the table of changes, names and all.
            held, wanted = ("pseudonyms" if one else "names" for one in (used, key_id))
            wanted = f"{wanted} of another key" if held == wanted else wanted
            raise ConfigError(
                f"option previous: {folder} holds {held} of people, and this bundle would have {wanted} (option "
                "pseudonym_key_file), so the two cannot be compared. Keep one chain per folder; begin the other one "
                "in another folder.",
                source="option previous",
            )
        return bundle, link, folder

    def _read_decisions(self, before: Bundle | None, folder: str) -> Decisions:
        """Return what people have decided: in the files that are named, else in those of the bundle before. Raises ConfigError."""
        if self._options["decisions"] is not None:
            return read_decisions(self._options["decisions"], before)
        if before is None:
            return Decisions([], [], [], [])
        found = read_sealed_decisions(folder, before)
        for path in found.in_place:
            self._ctx.warn(
                f"{os.path.join(folder, path)} was filled in inside the sealed bundle, so the bundle can no longer "
                "be verified. Fill in a copy, and name it in the option decisions."
            )
        return found

    def _take_sealed(self, made: Content) -> Content:
        """Return the bundle that has the name already, where it is what would be written. Raises ConfigError where it is another one."""
        path = self._path
        found, _digest = read_manifest(path)
        if _list_facts(found) != _list_facts(made.manifest):
            differing = _name_differences(found, made.manifest)
            raise ConfigError(
                f"{path} exists already and was made from other data ({differing}). A sealed bundle is never written "
                "again: give this one another name (option name), or take a newer snapshot.",
                source="option name",
            )
        if faults := check_files(path, found["name"], found, parses_tables=False):
            told = "; ".join(f"{fault['path']} {fault['message']}" for fault in faults[:10])
            raise ConfigError(
                f"{path} exists already but was changed after it was sealed: {told}. Verify the chain (verify: "
                "true), or replace the bundle with an unchanged copy.",
                source="option dest",
            )
        with open(os.path.join(path, MANIFEST), "rb") as stream:
            return Content({MANIFEST: stream.read()}, found)

    def _plan_bundle(self, manifest: Manifest) -> Step:
        signed = ", signed" if self._options["sign_with"] else ""
        change = Change(
            "+",
            "bundle of access evidence",
            manifest["name"],
            f"write it with {describe_counts(manifest)}{signed}",
            facts={"bundle_id": manifest["bundle_id"]},  # where it is written is no part of what a step is known by
        )
        return Step("write_bundle", f"bundle {manifest['name']}", {}, (change,))

    def _plan_sinks(self, manifest: Manifest, digest: str) -> list[Step]:
        """Return the steps that keep the hash where it is not kept yet. Raises ConfigError where another one is kept for this bundle."""
        steps = []
        for path in self._options["manifest_sink"] or []:
            lines = [line for line in read_sink(path) if line.bundle_id == manifest["bundle_id"]]
            if not self._is_new and lines == [SinkLine(manifest["as_of"], manifest["bundle_id"], digest)] * len(lines):
                if lines:
                    continue
            elif lines:
                raise ConfigError(
                    f"option manifest_sink: {path} has another hash for the bundle {manifest['bundle_id']} of "
                    f"{manifest['as_of']}: it was sealed before. Find that bundle and put a copy of it there.",
                    source="option manifest_sink",
                )
            change = Change("+", "line", path, f"keep the hash of the manifest of {manifest['name']}")
            steps.append(Step("keep_hash", f"hash in {path}", {"path": path}, (change,)))
        return steps

    def _write_bundle(self, _step: Step) -> None:
        """Write the bundle, signed where that is asked for."""
        content = self._require_content()

        def seal(folder: str) -> None:
            if key := self._options["sign_with"]:
                sign_manifest(folder, key)

        try:
            write_bundle(self._options["dest"], content.manifest["name"], content.files, seal)
        except OSError as exc:
            raise ConfigError(
                f"The bundle {content.manifest['name']} could not be written to {self._options['dest']}: "
                f"{exc.strerror or exc}. No bundle of that name exists: correct that, and run the task again.",
                source="option dest",
            ) from exc

    def _keep_hash(self, step: Step) -> None:
        """Add the line of the bundle to a file."""
        add_sink_line(step.data["path"], format_sink_line(self._require_content().manifest, self._digest))

    def _describe_verdict(self, verdict: Verdict) -> dict[str, t.Any]:
        head = verdict.bundles[-1] if verdict.bundles else None
        return {
            "path": to_one_line(self._options["dest"]),
            "name": head.name if head else None,
            "bundle_id": head.manifest["bundle_id"] if head else None,
            "as_of": head.manifest["as_of"] if head else None,
            "manifest_sha256": head.sha256 if head else None,
            "verified": [bundle.name for bundle in verdict.bundles],
            "problems": escape_structure(list(verdict.faults[:_SHOWN_FAULTS])),
            "problem_count": len(verdict.faults),
        }


def _list_facts(manifest: Manifest) -> dict[str, t.Any]:
    """Return what two bundles of the same content have in common: all but when they were made."""
    entries = {entry["path"]: entry["sha256"] for entry in manifest["files"] if entry["path"] not in HOLD_TIME_OF_RUN}
    keys = ("bundle_id", "as_of", "previous", "partial", "missing", "pseudonymised", "pseudonyms")
    return {**{key: manifest[key] for key in keys}, "files": entries}  # type: ignore[literal-required]


def _name_differences(one: Manifest, other: Manifest) -> str:
    """Return in words in what two bundles differ."""
    ours, theirs = _list_facts(one), _list_facts(other)
    files = {
        path for path in {**ours["files"], **theirs["files"]} if ours["files"].get(path) != theirs["files"].get(path)
    }
    keys = [key for key in ours if key not in ("files", "bundle_id") and ours[key] != theirs[key]]
    return to_one_line(", ".join([*keys, *sorted(files)]), 500) or "bundle_id"
