# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Parsing of YAML and JSON files that are not trusted: plain structures within limits, without templates, tags and secrets."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json
import math
import os
import stat
import typing as t

import yaml

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import escape_quoted_text
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import repair_surrogates

#: Limits of a file: a document of 1,500 grants has 300 kB, 10 levels and 20,000 values.
MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 40
MAX_VALUES = 500_000


class Limits(t.NamedTuple):
    """How much a file may hold: ``size`` in bytes, ``values`` with keys."""

    size: int
    values: int


DOCUMENT_LIMITS = Limits(MAX_BYTES, MAX_VALUES)
#: How many problems of one file are reported.
MAX_PROBLEMS = 50
#: In place of the rest.
MORE = "and more"
_CORE = "tag:yaml.org,2002:"
_TEXT, _MERGE, _VALUE, _UNSAFE = f"{_CORE}str", f"{_CORE}merge", f"{_CORE}value", "!unsafe"
_KNOWN_TAGS = frozenset(
    {_UNSAFE, "!", *(f"{_CORE}{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq"))}
)
#: YAML parses numbers to the base 60 in a time that grows with the square of their length.
_NUMBERS, _LONGEST_NUMBER = (f"{_CORE}int", f"{_CORE}float"), 60
_VAULT_HEADER = "$ANSIBLE_VAULT;"
_NO_SECRETS = (
    "a document that is given as data cannot contain secrets: remove it, or give it in your own file with -e @FILE"
)
_OVER_LIMIT = "holds {}, more than is read of such a file"


class DataFileError(Exception):
    """A file that cannot be used; the arguments are its problems, one sentence each."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A YAML loader for builtin types that leaves dates as text, because ansible-core before 2.19 cannot return a list with a date in it."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != f"{_CORE}timestamp"]
    for first, known in _Loader.yaml_implicit_resolvers.items()
}


def list_paths(terms: t.Any) -> list[t.Any]:
    """Return the paths that a lookup is given: its terms, each a path or a list of them. Raises ConfigError for what cannot be plain data."""
    return [path for term in convert_to_builtins(terms or []) for path in (term if isinstance(term, list) else [term])]


def resolve_path(given: t.Any) -> str | None:
    """Return the absolute path that people mean, which begins in the working directory; None for what is no path."""
    return os.path.abspath(os.path.expanduser(given)) if isinstance(given, str) and given.strip() else None


def read_data_file(path: str, limits: Limits = DOCUMENT_LIMITS, *, only_json: bool = False) -> t.Any:
    """Return the structure in a YAML or JSON file, made of dict with text keys, list, str, int, float, bool and None.

    *limits*: of a JSON file. *only_json*: whatever its name ends in. Raises DataFileError.
    """
    text = read_text_file(path, limits.size).removeprefix("\ufeff")
    if text.startswith(_VAULT_HEADER):
        raise DataFileError(f"is encrypted with Ansible Vault; {_NO_SECRETS}")
    return parse_data_text(text, only_json=only_json or path.lower().endswith(".json"), most_values=limits.values)


def parse_data_text(text: str, *, only_json: bool = False, most_values: int = MAX_VALUES) -> t.Any:
    """Return the structure in YAML or JSON text, as :func:`read_data_file` does. Raises DataFileError."""
    value = None
    try:
        looks_like_json = only_json or text.lstrip().startswith(("{", "["))
        value = _parse_json(text) if looks_like_json else _parse_yaml(text)
    except json.JSONDecodeError as exc:
        if only_json:
            raise DataFileError(f"is not JSON: {exc.msg}, line {exc.lineno}") from None
        value = _parse_yaml(text)
    _check_values(value, most_values)
    return value


def abbreviate_text(text: t.Any, most: int = 80) -> str:
    """Return a text of the file for a message: without invisible characters, cut to *most* characters."""
    visible = escape_quoted_text(repair_surrogates(str(text)))
    return visible if len(visible) <= most else f"{visible[: most - 3]}..."


def limit_problems(problems: t.Iterable[str]) -> list[str]:
    """Return the first MAX_PROBLEMS of the problems, and ``and more`` after them where there are more. The rest is not computed."""
    left = iter(problems)
    found = list(itertools.islice(left, MAX_PROBLEMS))
    return found if next(left, None) is None else [*found, MORE]


def read_text_file(path: str, most_bytes: int) -> str:
    """Return the text of a file of at most *most_bytes*, its line ends and its byte order mark as they are. Raises DataFileError."""
    try:
        # Not blocking: a pipe that nobody writes to would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise DataFileError("is not a regular file")
            content = stream.read(most_bytes + 1)
    except (OSError, ValueError) as exc:
        raise DataFileError(f"cannot be read: {getattr(exc, 'strerror', None) or exc}") from None
    if len(content) > most_bytes:
        raise DataFileError(_OVER_LIMIT.format(f"more than {most_bytes // 1024 // 1024} MiB"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise DataFileError(f"is not UTF-8 text (byte {exc.start})") from None


def _parse_json(text: str) -> t.Any:
    twice: list[str] = []

    def mapping(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counted = collections.Counter(name for name, dummy in pairs)
            twice.extend(name for name in found if counted[name] > 1)
        return found

    try:
        value = json.loads(text, object_pairs_hook=mapping)
    except RecursionError:
        raise DataFileError(_OVER_LIMIT.format(f"more than {MAX_DEPTH} levels")) from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python refuses numbers of thousands of digits
        raise DataFileError("holds a number that is too long") from None
    if twice:
        raise DataFileError(
            *limit_problems(f"the key {abbreviate_text(name)} is twice in one mapping" for name in dict.fromkeys(twice))
        )
    return value


def _parse_yaml(text: str) -> t.Any:
    try:
        _check_size(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if problems := limit_problems(_NodeChecker().find_faults(node, "")):
                raise DataFileError(*problems)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise DataFileError(f"is no YAML: {abbreviate_text(getattr(exc, 'problem', None) or exc)}{where}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
        raise DataFileError(f"contains a value that does not fit its type: {abbreviate_text(exc)}") from None


@dataclasses.dataclass
class _OpenNode:
    """A YAML collection that is being parsed: the number of values in it and its depth, each alias counted as what it refers to."""

    anchor: str | None
    values: int = 1
    height: int = 1

    def add(self, values: int, height: int) -> None:
        self.values += values
        self.height = max(self.height, height + 1)


def _check_size(text: str) -> None:
    """Raise DataFileError for too many levels or values, each alias counted as what it refers to, and for tags, before anything is constructed."""
    documents, opened = 0, [_OpenNode(None)]
    anchors: dict[str | None, tuple[int, int]] = {}
    event: t.Any
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise DataFileError(f"contains more than one YAML document, line {line}")
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise DataFileError(f"refers to an anchor that is not defined yet, line {line}")
            opened[-1].add(*anchors[event.anchor])
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            _check_tag(event.tag, line)
            if isinstance(event, yaml.ScalarEvent):
                opened[-1].add(1, 1)
                if event.anchor:
                    anchors[event.anchor] = (1, 1)
            else:
                anchors.pop(event.anchor, None)  # until its end it would be in itself
                opened.append(_OpenNode(event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = opened.pop()
            opened[-1].add(ended.values, ended.height)
            if ended.anchor:
                anchors[ended.anchor] = (ended.values, ended.height)
        if sum(one.values for one in opened) > MAX_VALUES:
            raise DataFileError(_OVER_LIMIT.format(f"more than {MAX_VALUES:,} values"))
        if len(opened) + opened[-1].height > MAX_DEPTH + 2:
            raise DataFileError(_OVER_LIMIT.format(f"more than {MAX_DEPTH} levels"))


def _check_tag(tag: str | None, line: int) -> None:
    if tag is None or tag in _KNOWN_TAGS:
        return
    if tag in ("!vault", "!vault-encrypted"):
        raise DataFileError(f"holds a value that is encrypted with Ansible Vault, line {line}; {_NO_SECRETS}")
    raise DataFileError(f"holds the YAML tag {abbreviate_text(tag)}, line {line}; plain values and !unsafe are read")


class _NodeChecker:
    """Finds duplicate keys and keys that are no text, and removes the tag ``!unsafe`` from nodes."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def find_faults(self, node: yaml.Node, where: str) -> t.Iterator[str]:
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            node.tag = f"{_CORE}map" if node.tag == _UNSAFE else node.tag
            yield from self._find_mapping_faults(node, where)
        elif isinstance(node, yaml.SequenceNode):
            node.tag = f"{_CORE}seq" if node.tag == _UNSAFE else node.tag
            for number, item in enumerate(node.value):
                yield from self.find_faults(item, f"{where}[{number}]")
        elif node.tag in (_UNSAFE, _VALUE):  # a lone "=" has a tag of its own
            node.tag = _TEXT
        elif node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            yield f"{where or 'the top'}: a number is too long, line {node.start_mark.line + 1}; put it in quotes if it is text"

    def _find_mapping_faults(self, node: yaml.MappingNode, where: str) -> t.Iterator[str]:
        names: set[str] = set()
        for key, value in node.value:
            yield from self.find_faults(key, where)
            line = key.start_mark.line + 1
            if key.tag not in (_TEXT, _MERGE):
                yield f"{where or 'the top'}: a key is not a text, line {line}; put it in quotes if it is intended"
                continue
            if key.value in names:
                yield f"{where or 'the top'}: the key {abbreviate_text(key.value)} is there twice, line {line}"
            names.add(key.value)
            yield from self.find_faults(value, f"{where}.{abbreviate_text(key.value)}".lstrip("."))


def _check_values(value: t.Any, most: int) -> None:
    """Raise DataFileError for values of JSON that no document needs. Not recursive, because the depth is not known."""
    left, seen = [(value, 1)], 0
    while left:
        one, depth = left.pop()
        seen += 1
        if depth > MAX_DEPTH:
            raise DataFileError(_OVER_LIMIT.format(f"more than {MAX_DEPTH} levels"))
        if seen > most:
            raise DataFileError(_OVER_LIMIT.format(f"more than {most:,} values"))
        if isinstance(one, float) and not math.isfinite(one):
            raise DataFileError("holds a number that is not finite")
        if isinstance(one, str) and repair_surrogates(one) != one:
            raise DataFileError(f"holds half of a character: {abbreviate_text(one)}")
        if isinstance(one, dict):
            left += [(item, depth + 1) for pair in one.items() for item in pair]
        elif isinstance(one, list):
            left += [(item, depth + 1) for item in one]
