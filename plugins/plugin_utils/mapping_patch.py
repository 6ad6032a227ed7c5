# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A change of a mapping document as a patch for people: what leaves it is cut out of the text, so comments, order and style stay. Pure.

The text is cut where the YAML parser says that a node begins and ends. A place that cannot be cut out without touching anything else, such as
one that an anchor shares, is refused in words. A patch is returned only where the changed text parses to exactly the intended document.
"""

from __future__ import annotations

import bisect
import copy
import difflib
import re
import typing as t

import yaml

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.revocations import Place, Removal
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import DataFileError, parse_data_text

VARIABLE = "cvops_role_mappings"
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_REST_OF_LINE = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\r\n]*)?(?=\r|\n|\Z)")
_OUTSIDE = "is written in a way that cannot be removed automatically"
Path = tuple[t.Any, ...]


class MappingPatch(t.NamedTuple):
    """``patch``: a unified diff for ``git apply`` and ``patch -p1``, empty where nothing changes; ``text``: the document with it.

    ``left``: the removals that are not in it, each with why.
    """

    patch: str
    text: str
    done: list[Removal]
    left: list[tuple[Removal, str]]


class _Unsafe(Exception):
    """A place that cannot be cut out; the argument says why."""


class _Cut(t.NamedTuple):
    """What leaves one collection of the document: keys or numbers, or everything in it (``keep_empty``)."""

    path: Path
    names: tuple[t.Any, ...]
    keep_empty: bool
    places: tuple[Place, ...]


def read_mappings(text: str) -> tuple[dict[str, t.Any], list[dict[str, t.Any]]]:
    """Return a document of variables and its mappings. Raises DataFileError for what holds none, or what is not plain data."""
    document = parse_data_text(text)
    if not isinstance(document, dict) or not isinstance(document.get(VARIABLE), list):
        raise DataFileError(f"has no list {VARIABLE} at the top; give the file that declares it")
    if not all(isinstance(entry, dict) for entry in document[VARIABLE]):
        raise DataFileError(f"has entries of {VARIABLE} that are not mappings")
    return document, document[VARIABLE]


def build_patch(text: str, name: str, removals: t.Sequence[Removal]) -> MappingPatch:
    """Return *removals* from the document in *text* as a patch of the file *name*, a relative path. Raises DataFileError as read_mappings does."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    document, _mappings = read_mappings(text)
    wanted, left = list(removals), list[tuple[Removal, str]]()
    changed = text
    while wanted:
        cuts = _plan_cuts(document, [one.place for one in wanted])
        refused: dict[Place, str] = {}
        spans: list[tuple[int, int, str]] = []
        source = _Source(text)
        for cut in cuts:
            try:
                spans += source.find_spans(cut)
            except _Unsafe as exc:
                refused.update(dict.fromkeys(cut.places, str(exc)))
        if not refused:
            changed = _replace_spans(text, spans)
            if _parses_to(changed, _apply_cuts(document, cuts)):
                break
            refused = dict.fromkeys((one.place for one in wanted), _OUTSIDE)
            changed = text
        left += [(one, refused[one.place]) for one in wanted if one.place in refused]
        wanted = [one for one in wanted if one.place not in refused]
    return MappingPatch(build_diff(mark + text, mark + changed, name), mark + changed, wanted, left)


def build_diff(before: str, after: str, name: str) -> str:
    """Return the unified diff of two texts of the file *name*, a relative path with slashes; empty where they are equal.

    Lines end where git lets them end. Raises DataFileError for a name that a patch cannot hold.
    """
    if before == after:
        return ""
    if re.search(r'[\x00-\x1f\x7f"\\]', name) or name.startswith("/") or ".." in name.split("/"):
        raise DataFileError("has a path that a patch cannot name: rename the file")
    tab = "\t" if " " in name else ""
    lines = difflib.unified_diff(_split_lines(before), _split_lines(after), f"a/{name}{tab}", f"b/{name}{tab}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _split_lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _plan_cuts(document: t.Mapping[str, t.Any], places: t.Sequence[Place]) -> list[_Cut]:
    """Return what leaves which collection: a kind without entities goes as a whole, and so does a grant without kinds."""
    cuts: list[_Cut] = []
    by_entry: dict[int, dict[int, list[Place]]] = {}
    for place in places:
        by_entry.setdefault(place.entry, {}).setdefault(place.grant, []).append(place)
    for entry, by_grant in sorted(by_entry.items()):
        grants = document[VARIABLE][entry]["grants"]
        whole: dict[int, list[Place]] = {}
        for grant, here in sorted(by_grant.items()):
            inner = _plan_grant_cuts((VARIABLE, entry, "grants", grant, "entities"), grants[grant]["entities"], here)
            if inner is None:
                whole[grant] = here
            else:
                cuts += inner
        if whole:
            told = tuple(place for here in whole.values() for place in here)
            cuts.append(_Cut((VARIABLE, entry, "grants"), tuple(whole), len(whole) == len(grants), told))
    return cuts


def _plan_grant_cuts(path: Path, entities: t.Any, places: t.Sequence[Place]) -> list[_Cut] | None:
    """Return what leaves the entities of one grant; None when nothing of them stays."""
    if not isinstance(entities, dict) or any(place.kind is None for place in places):
        return None
    cuts, kinds = [], dict[str, list[Place]]()
    for kind in dict.fromkeys(place.kind for place in places):
        here = [place for place in places if place.kind == kind]
        items = {place.item for place in here}
        value = entities[kind]
        if not isinstance(value, list) or None in items or len(items) == len(value):
            kinds[str(kind)] = here
        else:
            cuts.append(_Cut((*path, kind), tuple(sorted(t.cast("set[int]", items))), False, tuple(here)))
    if len(kinds) == len(entities):
        return None
    if kinds:
        cuts.append(_Cut(path, tuple(kinds), False, tuple(place for here in kinds.values() for place in here)))
    return cuts


def _apply_cuts(document: t.Mapping[str, t.Any], cuts: t.Sequence[_Cut]) -> t.Any:
    """Return the document as data without what the cuts take."""
    changed = copy.deepcopy(dict(document))
    # inner ones first: numbers of outer lists do not move by them, and those of a list that is cut are taken from its end
    for cut in sorted(cuts, key=lambda one: -len(one.path)):
        holder: t.Any = changed
        for name in cut.path:
            holder = holder[name]
        for name in sorted(cut.names, reverse=True):
            del holder[name]
    return changed


def _parses_to(text: str, expected: t.Any) -> bool:
    try:
        return bool(parse_data_text(text) == expected)
    except DataFileError:
        return False


def _replace_spans(text: str, spans: t.Sequence[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


class _Source:
    """The text of a document with the nodes of its YAML, and where they begin and end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
        self._root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self._shared = _find_shared(self._root)

    def find_spans(self, cut: _Cut) -> list[tuple[int, int, str]]:
        """Return the parts of the text that leave, and what takes their place. Raises _Unsafe."""
        key, holder = self._find_node(cut.path)
        if isinstance(holder, yaml.SequenceNode):
            children = [(item, item) for item in holder.value]
            gone = list(cut.names)
        elif isinstance(holder, yaml.MappingNode):
            children = holder.value
            gone = [number for number, (key, _value) in enumerate(children) if key.value in cut.names]
        else:
            raise _Unsafe(_OUTSIDE)
        if any(id(node) in self._shared for number in gone for node in _walk(children[number])):
            raise _Unsafe("is shared through an anchor: remove it by hand")
        if holder.flow_style and cut.keep_empty:
            return [(self._at(holder.start_mark), self._at(holder.end_mark), "[]")]
        if holder.flow_style:
            return self._find_flow_spans(children, gone)
        is_list = isinstance(holder, yaml.SequenceNode)
        spans = [self._find_block_span(*children[number], is_item=is_list) for number in gone]
        return [*spans, self._empty_block(key)] if cut.keep_empty else spans

    def _find_node(self, path: Path) -> tuple[yaml.Node, yaml.Node]:
        """Return the key and the value at *path*, which ends in a key. Raises _Unsafe for what stands elsewhere in the text."""
        key = node = t.cast("t.Any", self._root)
        for name in path:
            if isinstance(node, yaml.SequenceNode):
                node = node.value[name]
            else:
                found = [pair for pair in node.value if pair[0].value == name]
                if len(found) != 1:
                    raise _Unsafe("comes from another mapping (<<): remove it there")
                key, node = found[0]
            if id(node) in self._shared:
                raise _Unsafe("is shared through an anchor: remove it by hand")
        return key, node

    def _find_flow_spans(
        self, children: t.Sequence[tuple[yaml.Node, yaml.Node]], gone: t.Sequence[int]
    ) -> list[tuple[int, int, str]]:
        """Return each run of what leaves with the commas after it, or with those before it where nothing comes after."""
        starts = [self._at(first.start_mark) for first, _last in children]
        ends = [self._at(last.end_mark) for _first, last in children]
        spans = []
        for first in (one for one in gone if one - 1 not in gone):
            last = first
            while last + 1 in gone:
                last += 1
            is_end = last + 1 == len(children)
            gaps = range(first - 1, last) if is_end else range(first, last + 1)
            if any("#" in self._text[ends[gap] : starts[gap + 1]] for gap in gaps):
                raise _Unsafe("has a comment on its line: remove it by hand")
            spans.append((ends[first - 1], ends[last], "") if is_end else (starts[first], starts[last + 1], ""))
        return spans

    def _find_block_span(self, first: yaml.Node, last: yaml.Node, *, is_item: bool) -> tuple[int, int, str]:
        """Return the lines of an item or a key with its value; comments on lines of their own around it stay."""
        start = self._at(first.start_mark)
        if is_item:
            before = self._text[:start].rstrip(" \t\r\n")
            if not before.endswith("-"):  # a comment, a tag or an anchor stands between
                raise _Unsafe(_OUTSIDE)
            start = len(before) - 1
        line = self._starts[bisect.bisect_right(self._starts, start) - 1]
        if self._text[line:start].strip(" "):
            raise _Unsafe(f"{_OUTSIDE}: something else begins on its line")
        end = self._find_end(last)
        rest = _REST_OF_LINE.match(self._text, end)
        if rest is None:
            raise _Unsafe(f"{_OUTSIDE}: something else ends on its line")
        following = bisect.bisect_right(self._starts, rest.end())
        return line, self._starts[following] if following < len(self._starts) else len(self._text), ""

    def _empty_block(self, key: yaml.Node) -> tuple[int, int, str]:
        """Return the place after the colon of the *key* whose list becomes empty. Raises _Unsafe."""
        end = self._at(key.end_mark)
        colon = self._text[end:].lstrip(" ")
        if not colon.startswith(":"):
            raise _Unsafe(_OUTSIDE)
        place = len(self._text) - len(colon) + 1
        return place, place, " []"

    def _find_end(self, node: yaml.Node) -> int:
        """Return where the text of *node* ends; a block's end mark stands behind comments that follow it."""
        if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._find_end(last[1] if isinstance(last, tuple) else last)
        end = self._at(node.end_mark)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return len(self._text[:end].rstrip(" \t\r\n"))
        return end

    def _at(self, mark: t.Any) -> int:
        return int(self._starts[mark.line] + mark.column)


def _walk(nodes: t.Iterable[yaml.Node]) -> t.Iterator[yaml.Node]:
    """Yield nodes at any depth."""
    left = list(nodes)
    while left:
        node = left.pop()
        yield node
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            left += [one for pair in node.value for one in pair]


def _find_shared(root: yaml.Node | None) -> set[int]:
    """Return the ids of nodes that stand in several places, by anchors, and of all that is below them."""
    seen: set[int] = set()
    shared: list[yaml.Node] = []
    left = [root] if root is not None else []
    while left:
        node = left.pop()
        if id(node) in seen:
            shared.append(node)
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            left += [one for pair in node.value for one in pair]
    return {id(node) for node in _walk(shared)}
