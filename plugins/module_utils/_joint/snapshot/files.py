# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The files of a snapshot: ``commcells/NAME.json`` for each CommCell and ``entra.json``, private to their owner and deterministic.

A document may come from anybody: its size, depth and shape are checked before anything else sees it, and nothing in it is evaluated.
"""

from __future__ import annotations

import errno
import json
import os
import typing as t
from dataclasses import dataclass, field

from ..._commvault.overview import document as commcell_document
from ..._commvault.overview.document import CommCellDocument
from ..._core.answers import check_unique_keys
from ..._core.data_text import build_file_name, normalize_data
from ..._core.errors import ConfigError
from ..._core.names import fold_case
from ..._core.private_files import (
    Durability,
    NotPrivate,
    PrivacyFault,
    check_folder,
    create_folder,
    read_file,
    replace_shared_file,
)
from ..._entra.overview import document as entra_document
from ..._entra.overview.document import EntraDocument
from .shapes import COMMCELL, ENTRA, find_shape_fault

COMMCELLS_FOLDER, ENTRA_FILE, SUFFIX = "commcells", "entra.json", ".json"
#: Beside documents with pseudonyms in place of people; documents with names do not belong there.
TABLE_FILE = "pseudonyms.json"
#: Of one document. The largest that tests make, 6,000 users and 3,000 grants, has less than 8 MiB.
LARGEST_DOCUMENT = 128 * 1024 * 1024
#: Of all documents of a snapshot together, and how many CommCells it may have.
_LARGEST_SNAPSHOT = 512 * 1024 * 1024
_MOST_COMMCELLS = 1000
_LONGEST_NUMBER = 20
Document: t.TypeAlias = "CommCellDocument | EntraDocument"


@dataclass(frozen=True)
class Snapshot:
    """The documents of one folder, CommCells sorted by name; ``entra`` is None where Entra ID was not read."""

    commcells: list[CommCellDocument] = field(default_factory=list)
    entra: EntraDocument | None = None


def list_documents(snapshot: Snapshot) -> list[Document]:
    """Return all documents of a snapshot, CommCells first."""
    return [*snapshot.commcells, *([] if snapshot.entra is None else [snapshot.entra])]


def build_path(folder: str, document: Document) -> str:
    """Return where in *folder* a document stands."""
    if document["format"] == entra_document.FORMAT:
        return os.path.join(folder, ENTRA_FILE)
    name = t.cast(CommCellDocument, document)["name"]
    return os.path.join(folder, COMMCELLS_FOLDER, build_file_name(name) + SUFFIX)


def dump_document(document: t.Mapping[str, t.Any]) -> str:
    """Return the text of a document: the same for equal documents, ASCII alone."""
    return json.dumps(normalize_data(document), indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"


def is_same_but_for_provenance(one: Document, other: Document) -> bool:
    """Return whether two documents show the same; when and by whom they were read does not count."""
    kept = [
        dump_document({name: value for name, value in item.items() if name != "provenance"}) for item in (one, other)
    ]
    return kept[0] == kept[1]


def write_document(folder: str, document: Document, option: str = "dest", *, is_pseudonymised: bool = False) -> str:
    """Write a document into *folder*, in the place of an older one, and return its path. *option*: of the caller, for errors.

    Folders are made, for this user alone. Raises ConfigError for folders that others can use, for what the system refuses, and for a document
    that names people, in a folder of those that do not.
    """
    check_destination(folder, option, is_pseudonymised=is_pseudonymised)
    path = build_path(folder, document)
    text = dump_document(document)
    if len(text) > LARGEST_DOCUMENT:
        raise ConfigError(
            f"{option}: the document is larger than {_describe_size(LARGEST_DOCUMENT)} and was not written"
        )
    try:
        for place in dict.fromkeys((folder, os.path.dirname(path))):
            create_folder(place)
            check_folder(place)
        replace_shared_file(path, text, Durability.BEST_EFFORT)
    except (OSError, NotPrivate) as exc:
        raise build_file_error(option, exc, path) from exc
    return path


def check_destination(folder: str, option: str = "dest", *, is_pseudonymised: bool = False) -> None:
    """Raise ConfigError where *folder*, or its folder of CommCells, is there and is none of this user alone. Nothing is made.

    Also where documents with names of people (not *is_pseudonymised*) would come into a folder of those without, or the other way round.
    """
    held = [name for name in (COMMCELLS_FOLDER, ENTRA_FILE) if os.path.lexists(os.path.join(folder, name))]
    has_table = os.path.lexists(os.path.join(folder, TABLE_FILE))
    if has_table != is_pseudonymised and (has_table or held):
        told = "pseudonyms in place of people" if has_table else "names of people"
        raise ConfigError(
            f"{option}: {folder} contains a snapshot with {told}, and the new one is different; name another folder, "
            "or remove the old snapshot",
            source=f"option {option}",
        )
    for place in (folder, os.path.join(folder, COMMCELLS_FOLDER)):
        try:
            check_folder(place)
        except FileNotFoundError:
            continue
        except (OSError, NotPrivate) as exc:
            raise build_file_error(option, exc, place) from exc


def read_commcell_document(folder: str, name: str, option: str = "dest") -> CommCellDocument | None:
    """Return the document of the CommCell *name*; None where there is none. Raises ConfigError for one that cannot be used."""
    path = os.path.join(folder, COMMCELLS_FOLDER, build_file_name(name) + SUFFIX)
    if not os.path.lexists(path):
        return None
    return t.cast(CommCellDocument, _read_document(path, option, commcell_document.FORMAT, COMMCELL)[0])


def read_commcell_documents(folder: str, option: str = "snapshot") -> list[CommCellDocument]:
    """Return the documents of all CommCells of *folder*, sorted by name; none where there is no such folder yet.

    Raises ConfigError, one for each thing that is amiss: a folder or file that is a link, of another user or open to others, too large, no
    document of this format, or two documents of one CommCell.
    """
    return _read_commcells(folder, option)[0]


def read_entra_document(
    folder: str, option: str = "snapshot", largest: int = _LARGEST_SNAPSHOT
) -> EntraDocument | None:
    """Return the tenant's document of *folder*; None where there is none. Raises ConfigError for one that cannot be used."""
    path = os.path.join(folder, ENTRA_FILE)
    if not os.path.lexists(path):
        return None
    shown, size = _read_document(path, option, entra_document.FORMAT, ENTRA)
    _check_size(largest - size, option, folder)
    return t.cast(EntraDocument, shown)


def read_snapshot(folder: str, option: str = "snapshot") -> Snapshot:
    """Return the documents of *folder*. *option*: of the caller, for errors.

    Raises ConfigError, one for each thing that is amiss: no snapshot there, and what :func:`read_commcell_documents` raises.
    """
    try:
        check_folder(folder)
    except (OSError, NotPrivate) as exc:
        raise build_file_error(option, exc, folder) from exc
    found, left = _read_commcells(folder, option)
    entra = read_entra_document(folder, option, left)
    if not found and entra is None:
        raise ConfigError(
            f"{option}: {folder} contains no snapshot (neither {COMMCELLS_FOLDER}/*{SUFFIX} nor {ENTRA_FILE})",
            source=f"option {option}",
        )
    return Snapshot(found, entra)


def _read_commcells(folder: str, option: str) -> tuple[list[CommCellDocument], int]:
    """Return the documents of all CommCells, sorted by name, and how many bytes may follow. Raises ConfigError."""
    inner = os.path.join(folder, COMMCELLS_FOLDER)
    names: list[str] = []
    if os.path.lexists(inner):
        try:
            check_folder(folder)
            check_folder(inner)
            names = sorted(name for name in os.listdir(inner) if name.endswith(SUFFIX))
        except (OSError, NotPrivate) as exc:
            raise build_file_error(option, exc, folder) from exc
    if len(names) > _MOST_COMMCELLS:
        raise ConfigError(f"{option}: {inner} holds more than {_MOST_COMMCELLS} documents", source=f"option {option}")
    left, found = _LARGEST_SNAPSHOT, []
    for name in names:
        path = os.path.join(inner, name)
        document, size = _read_document(path, option, commcell_document.FORMAT, COMMCELL)
        left -= size
        _check_size(left, option, folder)
        found.append((t.cast(CommCellDocument, document), path))
    seen: dict[str, str] = {}
    for cell, path in found:
        first = seen.setdefault(fold_case(cell["name"]), path)
        if first != path:
            raise ConfigError(
                f"{option}: {first} and {path} are both for the CommCell {cell['name']!r}; remove one of them",
                source=f"option {option}",
            )
    ordered = sorted((cell for cell, _path in found), key=lambda one: (fold_case(one["name"]), one["name"]))
    return ordered, left


def _read_document(path: str, option: str, wanted: str, shape: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], int]:
    """Return the document of a file and its size. Raises ConfigError for anything else than one of the format *wanted*."""
    try:
        text = read_file(path, LARGEST_DOCUMENT, is_strict=True)
    except (OSError, NotPrivate) as exc:
        raise build_file_error(option, exc, path) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{option}: {path} is not UTF-8 text (byte {exc.start})", source=f"option {option}") from exc
    try:
        document = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_parse_whole_number, object_pairs_hook=check_unique_keys
        )
    except (ValueError, RecursionError) as exc:
        fault = "it is nested too deeply" if isinstance(exc, RecursionError) else str(exc)
        raise ConfigError(f"{option}: {path} is not a JSON document: {fault}", source=f"option {option}") from exc
    found = document.get("format") if isinstance(document, dict) else None
    if found != wanted:
        told = repr(found[:100]) if isinstance(found, str) else "none"
        raise ConfigError(
            f"{option}: {path} is not a document of the format {wanted!r}; its format is {told}. Take the snapshot again with this"
            " release of the collection.",
            source=f"option {option}",
        )
    fault_found = find_shape_fault(document, shape)
    if fault_found is not None:
        raise ConfigError(f"{option}: {path} is not a usable document: {fault_found}", source=f"option {option}")
    return document, len(text)


def _parse_whole_number(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _refuse_constant(word: str) -> t.NoReturn:
    raise ValueError(f"{word} is not a number of JSON")


def _check_size(left: int, option: str, folder: str) -> None:
    if left < 0:
        limit = _describe_size(_LARGEST_SNAPSHOT)
        raise ConfigError(
            f"{option}: the documents in {folder} are larger than {limit} together", source=f"option {option}"
        )


def _describe_size(size: int) -> str:
    return f"{size // 1024 // 1024} MiB"


def build_file_error(option: str, exc: OSError | NotPrivate, path: str) -> ConfigError:
    """Return the error for a file or folder that cannot be used."""
    if isinstance(exc, NotPrivate):
        remedy = {
            PrivacyFault.KIND: f"it must be a folder, or an ordinary file of at most {_describe_size(LARGEST_DOCUMENT)}, and not a link",
            PrivacyFault.OWNER: "it must belong to the user that runs this",
            PrivacyFault.MODE: "nobody else may use it: chmod go= it, or name another folder",
        }[exc.fault]
        return ConfigError(f"{option}: {exc}: {remedy}", source=f"option {option}")
    if exc.errno == errno.ELOOP:
        return ConfigError(
            f"{option}: {exc.filename or path} is a link, which is not followed", source=f"option {option}"
        )
    return ConfigError(f"{option}: {exc.filename or path}: {exc.strerror}", source=f"option {option}")
