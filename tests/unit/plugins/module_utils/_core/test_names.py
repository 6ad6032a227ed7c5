# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: which are the same, which only look it, and which characters are worth a warning."""

from __future__ import annotations

import ast
import pathlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.names import (
    describe_difference,
    describe_lookalike,
    describe_suspicious_name,
    find_appearances,
    find_nearest_names,
    find_suspicious_characters,
    fold_case,
    has_prefix,
    is_lookalike,
    is_same_name,
    keep_spelling,
    list_unicode_forms,
    matches_any_pattern,
    matches_pattern,
)

ROOT = pathlib.Path(__file__).resolve().parents[5]

#: Pairs that a looser comparison takes for one name. Each differs, and each looks or folds alike.
TRAPS = {
    "long s": ("Night\u017fhift Operator", "Nightshift Operator"),
    "Kelvin sign": ("\u212aelvin", "kelvin"),
    "Angstrom sign": ("\u212bngstrom", "\u00e5ngstrom"),
    "sharp s": ("Stra\u00dfe", "STRASSE"),
    "capital sharp s": ("STRA\u1e9eE", "stra\u00dfe"),
    "ligature": ("\ufb01le", "file"),
    "final sigma": ("\u03bf\u03b4\u03bf\u03c2", "\u03bf\u03b4\u03bf\u03c3"),
    "dotless i": ("adm\u0131n", "admin"),
    "dotted capital I": ("ADM\u0130N", "admin"),
    "micro sign": ("\u00b5", "\u03bc"),
    "titlecase digraph": ("\u01c5", "\u01c6"),
    "composed and decomposed": ("caf\u00e9", "cafe\u0301"),
    "a blank at the end": ("Ops ", "Ops"),
    "two blanks": ("Ops  Team", "Ops Team"),
    "no-break space": ("Ops\u00a0Team", "Ops Team"),
    "zero width space": ("Op\u200bs", "Ops"),
    "bidirectional mark": ("Ops\u202e", "Ops"),
    "Cyrillic o": ("\u043eps", "ops"),
    "Greek capitals": ("\u0391\u0392", "AB"),
    "full width": ("\uff2fps", "Ops"),
    "mathematical": ("\U0001d40edm", "odm"),
    "hyphens": ("emea\u2011vm", "emea-vm"),
    "capital I for l": ("View AIl", "View All"),
    "one for l": ("view a1l", "view all"),
    "zero for O": ("CS0", "CSO"),
    "rn for m": ("rnaster", "master"),
}


@pytest.mark.parametrize("pair", TRAPS.values(), ids=TRAPS)
def test_what_only_looks_equal_is_another_name(pair: tuple[str, str]) -> None:
    one, other = pair
    assert not is_same_name(one, other)
    assert not matches_pattern(one, other) and not matches_pattern(other, one)
    assert is_lookalike(one, other) and is_lookalike(other, one)
    assert describe_difference(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ops Team", "OPS TEAM"),
        ("GR\u00dcN", "gr\u00fcn"),
        ("\u0416", "\u0436"),
        ("\u03a3", "\u03c3"),
        ("\U00010400", "\U00010428"),
        ("\u01c4", "\u01c6"),
        ("", ""),
    ],
)
def test_case_pairs_are_the_same(one: str, other: str) -> None:
    assert is_same_name(one, other) and not is_lookalike(one, other)
    assert matches_pattern(one, other) and has_prefix(one, other)
    assert describe_difference(one, other) == ""


def is_pair(one: str, other: str) -> bool:
    """The rule in the words of the documentation: each maps to the other, and to nothing else."""
    return any(small == capital.lower() and small.upper() == capital for small, capital in ((one, other), (other, one)))


TRAP_LETTERS = "".join(one + other for one, other in TRAPS.values())
LETTERS = st.one_of(st.sampled_from(TRAP_LETTERS), st.characters())
NAMES = st.text(LETTERS, max_size=8)


def twins(name: str) -> st.SearchStrategy[str]:
    """Names that are near *name* in one way or another."""
    return st.tuples(*(st.sampled_from([item, item.lower(), item.upper(), item.casefold()]) for item in name)).map(
        "".join
    )


@given(NAMES.flatmap(lambda name: st.tuples(st.just(name), st.one_of(twins(name), NAMES))))
@example(("\u017f", "s"))
@example(("\u212a", "k"))
@example(("\u00df", "ss"))
@example(("\u0130", "i\u0307"))
def test_equal_only_character_by_character(pair: tuple[str, str]) -> None:
    one, other = pair
    expected = len(one) == len(other) and all(a == b or is_pair(a, b) for a, b in zip(one, other, strict=True))
    assert is_same_name(one, other) is expected
    assert (fold_case(one) == fold_case(other)) is expected


@given(NAMES, NAMES, NAMES)
def test_being_the_same_is_an_equivalence(one: str, other: str, third: str) -> None:
    assert is_same_name(one, one)
    assert is_same_name(one, other) is is_same_name(other, one)
    if is_same_name(one, other) and is_same_name(other, third):
        assert is_same_name(one, third)
    assert fold_case(fold_case(one)) == fold_case(one) and len(fold_case(one)) == len(one)


@given(NAMES.flatmap(lambda name: st.tuples(st.just(name), twins(name))))
def test_the_same_name_looks_the_same_and_is_no_look_alike(pair: tuple[str, str]) -> None:
    one, other = pair
    if is_same_name(one, other):
        assert not is_lookalike(one, other)
        assert not find_appearances(one).isdisjoint(find_appearances(other))


@given(st.text(max_size=600), st.text(max_size=600))
def test_any_text_can_be_looked_at(one: str, other: str) -> None:
    assert isinstance(find_suspicious_characters(one), list)
    assert isinstance(describe_difference(one, other), str)
    assert isinstance(find_nearest_names(one, [other], 3), list)


ORDINARY = [
    "Ops Team",
    "GG-Commvault-emea-vm-Operator",
    "B\u00fccher & Stra\u00dfe (\u00c5)",
    "Nguy\u1ec5n V\u0103n",
    "\u0130stanbul \u0131\u015f\u0131k",
    "caf\u00e9 \u2013 x",
    "caf\u0065\u0301",
    "\u041e\u043f\u0435\u0440\u0430\u0442\u043e\u0440\u044b",
    "\u0410\u0441\u0441",
    "GG-Commvault-\u041e\u043f\u0435\u0440\u0430\u0442\u043e\u0440\u044b",
    "\u0394\u03b9\u03b1\u03c7\u03b5\u03b9\u03c1\u03b9\u03c3\u03c4\u03ad\u03c2",
    "\u1f00\u03c1\u03c7\u03ae",
    "\u55b6\u696d\u3000\u6771\u4eac\u30b5\u30fc\u30d0\u30fc\u7fa4",
    "\u55b6\u696d\uff21\uff22\uff23",
    "\u30b5\u30fc\u30d0\u30fcVM",
    "\ud55c\uad6d\uc5b4 Admin",
    "\u0646\u0627\u0645\u0647\u200c\u0647\u0627",
    "\u0939\u093f\u0928\u094d\u200d\u0926\u0940",
    "\u0e44\u0e17\u0e22",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 team",
    "N\u00ba 5, 10 m\u00b2",
]
SUSPICIOUS = {
    "\u041eps Team": "U+041E CYRILLIC CAPITAL LETTER O beside LATIN letters",
    "Ops \u0420\u0421": "U+0420 CYRILLIC CAPITAL LETTER ER beside LATIN letters",
    "Team \u0410": "U+0410 CYRILLIC CAPITAL LETTER A beside LATIN letters",
    "\u03bfps": "U+03BF GREEK SMALL LETTER OMICRON beside LATIN letters",
    "Ops\u200b": "U+200B ZERO WIDTH SPACE",
    "O\u00adps": "U+00AD SOFT HYPHEN",
    "Op\u200ds": "U+200D ZERO WIDTH JOINER",
    "Ops\u202eX": "U+202E RIGHT-TO-LEFT OVERRIDE",
    "Ops\u2066": "U+2066 LEFT-TO-RIGHT ISOLATE",
    "Ops\u00a0Team": "U+00A0 NO-BREAK SPACE",
    "Ops\u3000Team": "U+3000 IDEOGRAPHIC SPACE",
    "Ops\u3164": "U+3164 HANGUL FILLER",
    "Ops\ufe0f": "U+FE0F VARIATION SELECTOR-16",
    "Ops\t": "U+0009 (without a name)",
    "Ops\ud800": "U+D800 (without a name)",
    "Op\u017f": "U+017F LATIN SMALL LETTER LONG S",
    "\u212aey": "U+212A KELVIN SIGN",
    "\uff2fps": "U+FF2F FULLWIDTH LATIN CAPITAL LETTER O",
    "\U0001d40eps": "U+1D40E MATHEMATICAL BOLD CAPITAL O",
    "\ufb01le": "U+FB01 LATIN SMALL LIGATURE FI",
    "R\u0251dar": "U+0251 LATIN SMALL LETTER ALPHA",
    "emea\u2011vm": "U+2011 NON-BREAKING HYPHEN",
    "a\u2215b": "U+2215 DIVISION SLASH",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_names_are_not_warned_about(name: str) -> None:
    assert find_suspicious_characters(name) == []
    assert describe_suspicious_name("role", name) is None


@pytest.mark.parametrize(("name", "told"), SUSPICIOUS.items(), ids=map(ascii, SUSPICIOUS))
def test_what_can_be_taken_for_another_name_is_told(name: str, told: str) -> None:
    assert told in find_suspicious_characters(name)
    warning = str(describe_suspicious_name("role", name))
    assert told in warning
    assert all(character.isprintable() for character in warning)


def test_the_difference_names_the_characters() -> None:
    assert describe_difference("Nightshift", "Night\u017fhift") == (
        "has U+017F LATIN SMALL LETTER LONG S where yours has 's'"
    )
    assert describe_difference("Ops", "Ops\u200b") == "has U+200B ZERO WIDTH SPACE, which yours does not have"
    assert describe_difference("Ops ", "Ops") == "does not have the U+0020 SPACE of yours"
    assert find_nearest_names("Restore Operater", ["Restore Operator", "View"], 3) == ["Restore Operator"]


def test_nothing_folds_names_in_another_way() -> None:
    """``casefold`` takes a long s for an s: names are compared in one place, and only there."""
    allowed = ROOT / "plugins/module_utils/_core/names.py"
    found = []
    folders = [ROOT / "plugins", ROOT / "simulator/src"]
    sources = [path for folder in folders for path in folder.rglob("*.py") if path != allowed]
    assert len(sources) > 100
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("casefold", "IGNORECASE") and not is_of_texts(path):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def is_of_texts(path: pathlib.Path) -> bool:
    """Expressions over the services' own words, which no person chooses, over addresses, headers and markup."""
    return path.name in (
        "envelope.py",
        "associations.py",
        "references.py",
        "addresses.py",
        "reply.py",
        "retry_headers.py",
        "secret_matcher.py",
        "wording.py",
        "lookups.py",
    )


@pytest.mark.parametrize("character", ["\u2065", "\u180f", "\ufff3", "\U000e0041", "\U000e0fff", "\u2800", "\t"])
def test_no_invisible_character_makes_another_name_of_one_that_looks_equal(character: str) -> None:
    """Whether or not this Python's tables know it: some are not assigned, and drawn as nothing all the same."""
    name = f"Ad{character}mins"
    assert find_suspicious_characters(name) != []
    if not character.isspace():
        assert is_lookalike(name, "Admins")


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("Ops Team", "ops*", True),
        ("Ops Team", "*TEAM", True),
        ("Ops Team", "ops", False),
        ("Ops Team", "[n-p]ps team", True),
        ("Ops\nTeam", "ops*m", True),
        ("\u017fhift", "s*", False),
        ("", "*", True),
    ],
)
def test_a_pattern_is_matched_as_a_whole_and_case_apart(name: str, pattern: str, expected: bool) -> None:
    assert matches_pattern(name, pattern) is expected
    assert matches_any_pattern(name, ["nothing", pattern]) is expected
    assert not matches_any_pattern(name, [])


@given(NAMES, NAMES)
def test_a_prefix_is_a_prefix_in_any_case(prefix: str, rest: str) -> None:
    assert has_prefix(prefix + rest, prefix)
    assert has_prefix(prefix + rest, fold_case(prefix))
    assert has_prefix(rest, prefix) is fold_case(rest).startswith(fold_case(prefix))


def test_the_nearest_names_come_first_and_only_as_many_as_asked_for() -> None:
    known = ["Ops Team", "ops teams", "Backup", "Opt Team"]
    assert find_nearest_names("OPS TEAM", known, 2)[0] == "Ops Team"
    assert len(find_nearest_names("ops team", known, 2)) == 2
    assert find_nearest_names("zzz", known, 3) == []
    assert find_nearest_names("x" * 100_000, ["x" * 100_000], 1) == ["x" * 100_000], "looked at as far as names go"


def test_only_the_first_differences_and_characters_are_told() -> None:
    told = describe_difference("a1b2c3d4e5", "aXbYcZdVeW")
    assert told.count("; ") == 2
    assert describe_difference("ab", "abcdefgh") == "has 'c' 'd' 'e', which yours does not have"
    assert describe_difference("Ops", "oPS") == ""


def test_a_warning_about_a_lookalike_names_both_and_the_difference() -> None:
    warning = describe_lookalike("Role", "View", "V\u0456ew", "role 17")
    assert warning.startswith("Role 'View' looks like role 17, but is a different name")
    assert "U+0456" in warning and "where yours has 'i'" in warning


@given(st.none() | st.text(max_size=5), st.none() | st.text(max_size=5))
def test_a_spelling_is_kept_only_for_the_same_name(wanted: str | None, present: str | None) -> None:
    kept = keep_spelling(wanted, present)
    same = wanted is not None and present is not None and is_same_name(wanted, present)
    assert kept == (present if same else wanted)
    assert keep_spelling(kept, present) == kept


def test_a_spelling_is_kept_in_letter_case_and_in_nothing_else() -> None:
    assert keep_spelling("backup", "BackUp") == "BackUp"
    assert keep_spelling("cafe\u0301", "caf\u00e9") == "cafe\u0301"
    assert (keep_spelling("", None), keep_spelling(None, "x"), keep_spelling("x ", "x")) == ("", None, "x ")


@given(st.text(max_size=20))
def test_unicode_forms_begin_with_the_name_and_look_like_it(name: str) -> None:
    forms = list_unicode_forms(name)
    assert forms[0] == name and len(forms) == len(set(forms)) <= 3
    assert all(is_same_name(form, name) or is_lookalike(form, name) for form in forms)
    assert name.isascii() <= (forms == [name])
