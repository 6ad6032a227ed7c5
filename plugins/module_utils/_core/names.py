# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Comparison of names: which are the same, which only look alike, and which characters make a name look like another.

Both services compare names ordinally without case. So do we, with the case pairs that no reader disputes: a capital letter and
its small letter, each of which Unicode maps to the other and to nothing else. Everything else stands for itself: the long s is
no s, the Kelvin sign no k, the sharp s no ss, a final sigma no sigma, and a dotless i no i. Names are neither normalised nor
stripped, so that composed and decomposed letters differ, and so does a name with a blank at its end. A name that differs may
look alike, which is told and never acted on.
"""

from __future__ import annotations

import difflib
import fnmatch
import typing as t
import unicodedata

from .visible import is_invisible

#: So much of a name is looked at for its looks: a service may send a name of any length.
_LONGEST_COMPARED = 512
#: So many differences or characters are told.
_MOST_LISTED = 3


class _CasePairs(dict[int, int]):
    """A table for ``str.translate`` with the small letter of each capital; every other character is itself."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        small = character.lower()
        paired = len(small) == 1 and small != character and small.upper() == character
        self[code] = ord(small) if paired else code
        return self[code]


_CASE_PAIRS = _CasePairs()


def fold_case(name: str) -> str:
    """Return the form in which equal names are equal: each letter of a case pair as its small letter, nothing else changed."""
    return name.translate(_CASE_PAIRS)


def is_same_name(one: str, other: str) -> bool:
    """Return True for two names that differ in nothing, or in the case of letters only."""
    return one == other or fold_case(one) == fold_case(other)


def keep_spelling(wanted: t.Any, present: t.Any) -> t.Any:
    """Return *present* where both are the same name, else *wanted*: a name is never changed in the case of its letters only."""
    is_same = isinstance(wanted, str) and isinstance(present, str) and is_same_name(wanted, present)
    return present if is_same else wanted


def list_unicode_forms(name: str) -> list[str]:
    """Return *name* and its composed and decomposed form, each once: what a reader sees as one name."""
    return list(dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))))


def has_prefix(name: str, prefix: str) -> bool:
    """Return True when *name* begins with *prefix*, case apart."""
    return fold_case(name).startswith(fold_case(prefix))


def matches_pattern(name: str, pattern: str) -> bool:
    """Return True when *name* matches a shell pattern, case apart."""
    return fnmatch.fnmatchcase(fold_case(name), fold_case(pattern))


def matches_any_pattern(name: str, patterns: t.Iterable[str]) -> bool:
    """Return True when *name* matches one of the shell patterns, case apart."""
    return any(matches_pattern(name, pattern) for pattern in patterns)


#: What stands for a Latin letter in the eye of a reader; after Unicode TS 39, cut to letters of scripts that are in use.
_LOOKALIKES = {
    "a": "\u0251\u03b1\u0430\u13aa\ua4ee",
    "b": "\u0184\u042c\u044c\u13cf\ua4d0",
    "c": "\u03f2\u0441\u1d04\u13df\ua4da",
    "d": "\u0501\u13e7\u146f\ua4d2\ua4d3",
    "e": "\u0435\u04bd\u212e\u13ac\ua4f0",
    "f": "\u0192\u0584\u03dd\ua4dd",
    "g": "\u0261\u018d\u0581\u050d\u13c0",
    "h": "\u04bb\u0570\u13c2\ua4e7",
    "i": "\u0131\u0269\u026a\u03b9\u0456\u04cf\u13a5\ua4f2",
    "j": "\u0237\u03f3\u0458\u13ab\ua4d9",
    "k": "\u13e6\ua4d7",
    "l": "\u01c0\u04c0\u05c0\u05d5\u0627\u13de\u2223\ua4e1",
    "m": "\u13b7\ua4df",
    "n": "\u0578\u057c\u0274\ua4e0",
    "o": "\u03bf\u03c3\u043e\u0585\u05e1\u0ed0\u10ff\u1d0f\u2c9f\ua4f3\u0e50\u0665",
    "p": "\u03c1\u0440\u13e2\u2ca3\ua4d1",
    "q": "\u051b\u0563\u0566",
    "r": "\u1d26\u13a1\ua4e3",
    "s": "\u0455\u01bd\u13da\ua4e2\ua731",
    "t": "\u13a2\ua4d4",
    "u": "\u03c5\u028b\u057d\u1d1c\ua4f4",
    "v": "\u03bd\u0475\u0474\u13d9\ua4e6",
    "w": "\u0461\u051d\u0561\u13b3\ua4ea",
    "x": "\u0445\u166e\ua4eb",
    "y": "\u0263\u028f\u03b3\u0443\u04af\u13a9\ua4ec",
    "z": "\u1d22\u13c3\ua4dc",
}
#: Capitals that look like a Latin capital although their small letters look like none.
_LOOKALIKE_CAPITALS = {
    "a": "\u0391\u0410",
    "b": "\u0392\u0412",
    "c": "\u0421\u03f9",
    "e": "\u0395\u0415",
    "h": "\u0397\u041d\u050c",
    "i": "\u0399\u0406",
    "j": "\u0408\u037f",
    "k": "\u039a\u041a",
    "m": "\u039c\u041c",
    "n": "\u039d",
    "o": "\u039f\u041e\u0555",
    "p": "\u03a1\u0420",
    "s": "\u0405\u054f",
    "t": "\u03a4\u0422",
    "u": "\u054d",
    "x": "\u03a7\u0425",
    "y": "\u03a5\u0423\u04ae",
    "z": "\u0396",
}
_LOOKALIKE_SIGNS = {
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\u02d7\u06d4\u2043",
    "'": "\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4`\u05f3\uff07",
    '"': "\u201c\u201d\u201e\u201f\u2033\u02ba\u02ee\u05f4",
    "/": "\u2044\u2215\u2571\u29f8",
    "\\": "\u2216\u29f5\u29f9\ufe68",
    ".": "\u2024\u0660\u06f0\ua4f8",
    ",": "\u201a\ua4f9",
    ":": "\u02d0\u02f8\u0589\u05c3\u2236\ua789",
    "_": "\u02cd",
    "*": "\u2217\u066d\u204e",
}
_SIMILAR = {ord(sign): plain for plain, signs in _LOOKALIKE_SIGNS.items() for sign in signs}
_SIMILAR.update((ord(letter), plain) for plain, letters in _LOOKALIKES.items() for letter in letters)
_LOOKALIKE_LETTERS = frozenset(
    ord(letter) for letters in (*_LOOKALIKES.values(), *_LOOKALIKE_CAPITALS.values()) for letter in letters
)
_SIMILAR_CAPITALS = {ord(letter): plain.upper() for plain, letters in _LOOKALIKE_CAPITALS.items() for letter in letters}
#: Latin letters and digits that are taken for one another, in the order of a reader's mistakes.
_SAME_SHAPES = (("0", "o"), ("1", "l"), ("|", "l"), ("rn", "m"), ("vv", "w"))
#: Signs that look exactly like one of ASCII, and that nobody types.
_SUSPICIOUS_SIGNS = frozenset("\u2010\u2011\u2024\u2044\u2215\u2216\u2236\ua789\u02cd\u01c0\u2223")
#: Blanks that are invisible in a name, beside what is invisible everywhere: tab, newline, the empty Braille pattern.
_INVISIBLE_BLANKS = frozenset("\t\n\u2800")


def _is_invisible(character: str) -> bool:
    """Return True for what a reader cannot see: controls, format and bidirectional marks, fillers, separators, halves of characters."""
    return character in _INVISIBLE_BLANKS or is_invisible(character)


def find_appearances(name: str) -> frozenset[str]:
    """Return what a reader may take *name* for; two names look alike when they have one of these in common.

    Invisible characters are left out, compatibility forms, letters of other scripts and signs become what they look like in
    ASCII, case is dropped, blanks are one. There are several forms because a capital may look like another letter than its small
    letter does: a capital I like a small l, a Cyrillic capital En like an H. Names that are the same have one in common.
    """
    cut = name[:_LONGEST_COMPARED]
    if cut.isascii():
        return frozenset({_reduce_to_shape(cut), _reduce_to_shape(cut.replace("I", "l"))})
    cut = "".join(" " if character.isspace() else character for character in cut if not _is_dropped(character))
    small = unicodedata.normalize("NFKC", fold_case(cut))
    cut = unicodedata.normalize("NFKC", cut).translate(_SIMILAR_CAPITALS)
    return frozenset({_reduce_to_shape(cut), _reduce_to_shape(cut.replace("I", "l")), _reduce_to_shape(small)})


def _is_dropped(character: str) -> bool:
    """Return True for an invisible character that is no blank."""
    return _is_invisible(character) and not character.isspace()


def _reduce_to_shape(text: str) -> str:
    """Return *text* without case, in letters that stand for all that look like them."""
    folded = text.casefold()
    if not folded.isascii():
        # A capital I with a dot becomes an i with a dot of its own.
        folded = unicodedata.normalize("NFKC", folded.replace("i\u0307", "i")).translate(_SIMILAR)
    for shape, seen in _SAME_SHAPES:
        folded = folded.replace(shape, seen)
    return " ".join(folded.split())


def is_lookalike(one: str, other: str) -> bool:
    """Return True for two names that are not the same and that a reader may take for the same."""
    return not is_same_name(one, other) and not find_appearances(one).isdisjoint(find_appearances(other))


def find_nearest_names(name: str, known: t.Iterable[str], count: int, cutoff: float = 0.6) -> list[str]:
    """Return those of *known* that are most like *name*, best first; for messages only."""
    by_key: dict[str, str] = {}
    for item in known:
        by_key.setdefault(fold_case(item[:_LONGEST_COMPARED]), item)
    return [
        by_key[found] for found in difflib.get_close_matches(fold_case(name[:_LONGEST_COMPARED]), by_key, count, cutoff)
    ]


def describe_character(character: str) -> str:
    """Return ``U+017F LATIN SMALL LETTER LONG S``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '(without a name)')}"


def _describe_characters(text: str) -> str:
    """Return the first characters of *text* in words: quoted in ASCII, else by their Unicode names."""
    return " ".join(repr(item) if " " < item <= "~" else describe_character(item) for item in text[:_MOST_LISTED])


def describe_difference(wanted: str, found: str) -> str:
    """Return in which characters *found* differs from *wanted*: "has U+017F LATIN SMALL LETTER LONG S where yours has 's'"."""
    mine, theirs = wanted[:_LONGEST_COMPARED], found[:_LONGEST_COMPARED]
    matcher = difflib.SequenceMatcher(None, fold_case(mine), fold_case(theirs), autojunk=False)
    told = []
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "replace":
            told.append(
                f"has {_describe_characters(theirs[first:last])} where yours has {_describe_characters(mine[start:end])}"
            )
        elif kind == "insert":
            told.append(f"has {_describe_characters(theirs[first:last])}, which yours does not have")
        elif kind == "delete":
            told.append(f"does not have the {_describe_characters(mine[start:end])} of yours")
    return "; ".join(told[:_MOST_LISTED])


#: Scripts that are written together in one word, so that their mixture says nothing.
_COMBINED_SCRIPTS = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
#: Scripts whose letters are taken for those of another one of them.
_CONFUSABLE_SCRIPTS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "LISU", "COPTIC"})


def _find_script(character: str) -> str | None:
    """Return the script of a letter as the first word of its name; None for what belongs to none, such as digits and marks."""
    if unicodedata.category(character) not in ("Lu", "Ll", "Lt", "Lo"):
        return None
    words = unicodedata.name(character, "").split()
    if not words or words[0] in ("FEMININE", "MASCULINE", "MICRO", "OHM"):
        return None
    if words[0] in ("HALFWIDTH", "FULLWIDTH") and len(words) > 1:
        return words[1]
    return "LATIN" if words[0] in ("KELVIN", "ANGSTROM", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT") else words[0]


def find_suspicious_characters(name: str) -> list[str]:
    """Return the characters by which *name* can be taken for another one, in words, each once; empty for an ordinary name.

    These are: what cannot be seen (controls, bidirectional and format marks, unusual blanks), forms of Latin letters and digits
    that look like the ordinary ones, and letters of another script inside a word, or as a whole word that looks Latin beside
    Latin words. Ordinary are joiners where their script or an emoji needs them, wide forms beside East Asian letters, scripts
    that are written together, and names in one script, whatever it is.
    """
    if name.isascii() and name.isprintable():
        return []
    text = name[:_LONGEST_COMPARED]
    scripts = {script for script in map(_find_script, text) if script}
    found: dict[str, None] = {}
    for index, character in enumerate(text):
        if _is_suspicious(character, text[index - 1] if index else "", scripts):
            found[describe_character(character)] = None
    for word in _split_words(text):
        found.update(
            (f"{describe_character(item)} beside {beside} letters", None)
            for item, beside in _find_foreign_letters(word, scripts)
        )
    return list(found)


def _is_suspicious(character: str, before: str, scripts: t.AbstractSet[str]) -> bool:
    """Return True for a suspicious character, which follows *before* in a name with letters of *scripts*."""
    east_asian = bool(scripts & _EAST_ASIAN)
    if character in "\u200c\u200d\ufe0e\ufe0f" and before:
        needed = unicodedata.category(before) in ("So", "Sk", "Mn", "Mc")
        return not needed and (_find_script(before) or "LATIN") in _CONFUSABLE_SCRIPTS
    if character == " ":
        return False
    if unicodedata.category(character) == "Zs":
        return not (character == "\u3000" and east_asian)
    if _is_invisible(character) or character in _SUSPICIOUS_SIGNS:
        return True
    if character.isascii() or unicodedata.category(character) not in ("Lu", "Ll", "Lt", "Lo", "Nd", "Nl"):
        return False
    if "\uff01" <= character <= "\uff5e":
        return not east_asian
    plain = unicodedata.normalize("NFKC", character)
    if plain != character and plain.isascii() and character not in "\u00aa\u00ba":
        return True
    latin = (_find_script(character) == "LATIN" and ord(character) in _LOOKALIKE_LETTERS) or character in "\u212a\u212b"
    return latin and character != "\u0131"


def _split_words(text: str) -> list[str]:
    """Return the runs of letters, marks and digits."""
    return "".join(item if unicodedata.category(item)[0] in "LMN" else " " for item in text).split()


def _find_foreign_letters(word: str, scripts: t.AbstractSet[str]) -> list[tuple[str, str]]:
    """Return the letters of *word* that do not belong there, each with the script that they stand beside."""
    own = [(item, script) for item in word if (script := _find_script(item))]
    present = {script for dummy, script in own}
    if len(present) > 1 and not any(present <= together for together in _COMBINED_SCRIPTS):
        main = "LATIN" if "LATIN" in present else max(sorted(present), key=[script for dummy, script in own].count)
        return [(item, main) for item, script in own if script != main]
    if "LATIN" in scripts and present and present <= _CONFUSABLE_SCRIPTS - {"LATIN"}:
        letters = [item for item, dummy in own]
        if all(ord(item) in _LOOKALIKE_LETTERS for item in letters):
            return [(item, "LATIN") for item in letters]
    return []


def describe_suspicious_name(what: str, name: str) -> str | None:
    """Return a warning about a name that gets a right and can be taken for another one; None for an ordinary name."""
    found = find_suspicious_characters(name)
    if not found:
        return None
    told = "; ".join(found[:_MOST_LISTED]) + (
        f"; and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    )
    return f"The name of {what} {name!r} can be mistaken for another one: it has {told}. Check that it is the one that you mean."


def describe_lookalike(what: str, name: str, other: str, label: str) -> str:
    """Return a warning about a name that gets a right while another object's name looks equal; *label* tells which object that is."""
    return (
        f"{what} {name!r} looks like {label}, but is a different name: that name {describe_difference(name, other)}. "
        "Check that it is the one that you mean."
    )
