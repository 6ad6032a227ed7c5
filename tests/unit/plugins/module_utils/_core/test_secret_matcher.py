# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding secrets: in every form in which they come back, cut, repeated and in parts, and nothing else."""

from __future__ import annotations

import base64
import html
import json
import time
import typing as t
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.secret_encodings import is_short_secret
from ansible_collections.cvops.identity.plugins.module_utils._core.secret_matcher import (
    HIDDEN,
    get_matcher,
    is_secret_name,
    list_credentials,
    mask_user_information,
)

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl-_x"
SECRET = "s3cr3t~value"


def redact_text(value: str, secrets: t.Iterable[str] = ()) -> str:
    return get_matcher(frozenset(secrets)).redact_text(value)


def redact_structure(value: t.Any, secrets: t.Iterable[str] = (), *, prose: bool = True) -> t.Any:
    return get_matcher(frozenset(secrets)).redact_structure(value, prose)


@pytest.mark.parametrize(
    "said",
    [
        f"token {JWT} refused",
        f"Authorization: Bearer {JWT}",
        f"({JWT})",
        "Authtoken: QSDK 3a5f0c9e8d7b6a5f4e3d2c1b",
        "SAML 3a5f0c9e8d7b6a5f4e3d2c1b, again",
        "Basic c3ZjLWN2b3BzOnBhc3N3b3Jk",
    ],
)
def test_tokens_are_known_by_their_looks(said: str) -> None:
    cleaned = redact_text(said)
    assert HIDDEN in cleaned
    assert "3a5f0c9e" not in cleaned
    assert "eyJ" not in cleaned
    assert "c3Zj" not in cleaned


def test_known_secrets_go_longest_first() -> None:
    assert redact_text("abcdef abcdefghi", ["abcdef", "", "abcdefghi"]) == f"{HIDDEN} {HIDDEN}"
    assert redact_text("abcdefghi", ["abcdef", "defghi"]) == HIDDEN, "secrets that overlap leave nothing between them"


def test_innocent_text_stays_as_it_is() -> None:
    said = "basic settings of the bearer; group GG-QSDK-eyJ, id 0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"
    assert redact_text(said) == said


def encoded(value: str, before: str = "", after: str = "") -> str:
    return base64.b64encode(f"{before}{value}{after}".encode("utf-8", "surrogatepass")).decode()


#: What happens to a text on its way to us.
FORMS: dict[str, t.Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON of JSON": lambda secret: json.dumps(json.dumps({"said": secret})),
    "JSON of JSON of JSON": lambda secret: json.dumps(json.dumps(json.dumps([secret]))),
    "JSON of another language": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "JSON in capitals": lambda secret: (
        "".join(f"\\u{ord(unit):04X}" for unit in secret.encode("utf-16-be").decode("latin-1")[1::2])
        if secret.isascii()
        else json.dumps(secret)[1:-1]
    ),
    "Python": lambda secret: repr(secret)[1:-1],
    "Python, ASCII": lambda secret: ascii(secret)[1:-1],
    "Python in a list": lambda secret: repr([secret, 1]),
    "Python bytes": lambda secret: repr(secret.encode())[2:-1],
    "percent": lambda secret: quote(secret, safe=""),
    "percent, slashes kept": quote,
    "percent in small letters": lambda secret: "".join(f"%{octet:02x}" for octet in secret.encode()),
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "form": quote_plus,
    "HTML": html.escape,
    "HTML without quotes": lambda secret: html.escape(secret, quote=False),
    "HTML of JSON": lambda secret: html.escape(json.dumps(secret)),
    "HTML numbers": lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    "HTML hexadecimal": lambda secret: "".join(f"&#x{ord(character):X};" for character in secret),
    "base64": encoded,
    "base64 without padding": lambda secret: encoded(secret).rstrip("="),
    "base64 for addresses": lambda secret: encoded(secret).translate(str.maketrans("+/", "-_")),
    "base64 of user and secret": lambda secret: encoded(secret, "svc-cvops:"),
    "base64 of secret and PIN": lambda secret: encoded(secret, after="042617"),
    "base64 in JSON": lambda secret: json.dumps({"said": encoded(secret)}),
    "base64, percent": lambda secret: quote(encoded(secret), safe=""),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "with control characters": lambda secret: "\x00".join(secret),
    "with colours": lambda secret: "\x1b[31m".join(secret),
    "with joiners": lambda secret: "\u200b\u202e".join(secret),
}
WORDS = [
    "Planted~4711",
    "quo\"ted'\\back/slash",
    "p\u00e4ssw\u00f6rd",
    "\U0001f511my-key\U0001f511",
    "100%41 <&amp;> done",
    "two words and more",
    "a+b/c=d?e&f",
    "line one of it\nline two of it",
]
CHARACTERS = st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("\"'\\/%&<>+ ")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", WORDS)
def test_a_secret_is_hidden_in_every_form(form: str, secret: str) -> None:
    shown = FORMS[form](secret)
    assert redact_text(f"bad request ({shown}) 2026", [secret]) in (
        f"bad request ({HIDDEN}) 2026",
        f"bad request ({shown.replace(FORMS['as it is'](shown), HIDDEN)}) 2026",
        f'bad request ("{HIDDEN}") 2026',
    ) or gone(redact_text(f"bad request ({shown}) 2026", [secret]), shown)


def gone(cleaned: str, shown: str) -> bool:
    """Hidden, what stands around it kept, and no run of what was shown left that could be the secret's."""
    frame = cleaned.startswith("bad request (") and cleaned.endswith(") 2026")
    runs = {shown[start : start + 9] for start in range(len(shown) - 8)}
    harmless = {"\\", '"', "[", "]", "{", "}", "s", "a", "i", "d", ":", " ", "'", ",", "1"}
    return frame and HIDDEN in cleaned and not [run for run in runs if run in cleaned and set(run) - harmless]


@given(st.text(CHARACTERS, min_size=6, max_size=40), st.sampled_from(sorted(FORMS)), st.data())
def test_no_form_of_any_secret_survives(secret: str, form: str, data: st.DataObject) -> None:
    assume_telling(secret)
    shown = FORMS[form](secret)
    place = data.draw(
        st.sampled_from([lambda x: x, lambda x: [x], lambda x: {"said": {"more": [1, x]}}, lambda x: {f"<{x}>": 1}])
    )
    found = redact_structure(place(f"<{shown}>"), [secret])
    dumped = json.dumps(found, ensure_ascii=False)
    assert HIDDEN in dumped
    assert json.dumps(shown, ensure_ascii=False)[1:-1] not in dumped


def assume_telling(secret: str) -> None:
    """Texts that are nothing but stars, or vanish when control characters are left out, cannot be told from nothing."""
    assume(not is_short_secret(secret) and len(set(secret) - {"*"}) > 2 and secret == secret.strip())


@given(
    st.lists(st.text(min_size=6), max_size=4),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("xyz 20-:\n\\%&", max_size=30),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("xyz", max_size=5), inner),
    ),
)
def test_what_holds_no_secret_is_unchanged(secrets: list[str], value: t.Any) -> None:
    telling = [f"Q{secret}Q" for secret in secrets]
    assert redact_structure(value, telling) == value


@given(st.text("0123456789", min_size=1, max_size=8) | st.text(min_size=1, max_size=5), st.text())
def test_a_short_secret_blanks_no_foreign_text(pin: str, said: str) -> None:
    assert redact_text(said, [pin]) == redact_text(said)
    assert redact_structure({"at": f"{pin}-11-25", "count": 5}, [pin]) == {"at": f"{pin}-11-25", "count": 5}


@pytest.mark.parametrize(
    ("given_structure", "seen"),
    [
        ({"pin": "0426"}, {"pin": HIDDEN}),
        ({"PIN": 426, "year": 426}, {"PIN": 426, "year": 426}),
        ({"commvault": {"password": "MDQyNg=="}}, {"commvault": {"password": HIDDEN}}),
        ({"otp": {"values": ["x 0426"]}}, {"otp": {"values": [HIDDEN]}}),
        ([{"name": "pin", "value": "0426"}], [{"name": "pin", "value": HIDDEN}]),
        ({"name": "0426-11-25"}, {"name": "0426-11-25"}),
        ('{"password": "MDQyNg=="}', f'{{"password": "{HIDDEN}"}}'),
        (
            {"msg": r"bad: {\"pin\": \"0426\", \"mode\": \"4\"}"},
            {"msg": rf"bad: {{\"pin\": \"{HIDDEN}\", \"mode\": \"4\"}}"},
        ),
        ({"msg": "pin=0426&user=x"}, {"msg": f"pin={HIDDEN}&user=x"}),
        ({"msg": "<newPin>0426</newPin> 2026"}, {"msg": f"<newPin>{HIDDEN}</newPin> 2026"}),
        ({"msg": "<a:pin>0426</a:pin> 2026"}, {"msg": f"<a:pin>{HIDDEN}</a:pin> 2026"}),
        ({"msg": '{"pin": 0426}'}, {"msg": f'{{"pin": {HIDDEN}}}'}),
        ({"msg": f"{SECRET}0426, 0426"}, {"msg": f"{HIDDEN}, 0426"}),
    ],
)
def test_a_short_secret_is_hidden_by_its_place(given_structure: t.Any, seen: t.Any) -> None:
    assert redact_structure(given_structure, ["0426", SECRET]) == seen


def test_a_number_is_hidden_like_its_digits() -> None:
    assert redact_structure({"a": 123456789, "b": 1234, "c": True}, ["123456789", "1234", "True"]) == {
        "a": HIDDEN,
        "b": 1234,
        "c": True,
    }


def test_keys_that_look_the_same_stay_two() -> None:
    assert redact_structure({SECRET: 1, f"{SECRET}": 1, "other-secret": 2, 3: 4}, [SECRET, "other-secret"]) == {
        HIDDEN: 1,
        f"{HIDDEN} (2)": 2,
        3: 4,
    }


def test_single_lines_of_a_key() -> None:
    lines = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"]
    key = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])
    for shown in (
        lines[0],
        f"  {lines[1]}\n",
        key.replace("\n", "\\n"),
        key.replace("\n", "\r\n"),
        key.replace("\n", "\n  "),
    ):
        assert not [line for line in lines if line[:10] in redact_text(f"cannot read {shown}", [key])]
    assert redact_text("expected -----BEGIN PRIVATE KEY-----", [key]) == "expected -----BEGIN PRIVATE KEY-----"


def test_the_beginning_or_end_of_a_secret_is_hidden() -> None:
    secret = "abC8Q~" + "xYz1" * 8
    assert redact_text(f"near '{secret[:20]}'…", [secret]) == f"near '{HIDDEN}'…"
    assert redact_text(f"…{secret[20:]}.", [secret]) == f"…{HIDDEN}."
    assert redact_text(f"near {encoded(secret)[:24]}...", [secret]) == f"near {HIDDEN}..."
    assert redact_text(f"token {JWT[:30]}… refused") == f"token {HIDDEN}… refused"
    assert (
        redact_text("Commvault at /etc/cvops", ["Commvault-Backup-2026", "/etc/cvops/client1.pem"])
        == "Commvault at /etc/cvops"
    )


def test_sentences_are_no_credentials() -> None:
    said = (
        "Basic authentication is off; the SAML application and the bearer of it; Basic information: password: see below"
    )
    assert redact_text(said) == said


def test_long_and_hostile_texts_take_no_longer_than_they_are() -> None:
    """Twice the text takes about twice the time; a limit against growth with the square, far off what it takes."""
    secret = "abC8Q~" + "xYz1" * 8
    for part in (
        secret[:8],
        secret[:31],
        encoded(secret)[:40],
        "\\u00",
        "%25",
        "25",
        "&#38;",
        "\\\\",
        "eyJ",
        "Basic ",
        '"password": "',
        "<password>",
        "token=",
    ):
        began = time.process_time()
        redact_text("%" * (part == "25") + part * (300_000 // len(part)), [secret])
        assert time.process_time() - began < 20


def test_a_secret_that_is_repeated_without_end_is_one_hidden_text() -> None:
    """The time must not grow with the square of the length: this took hours."""
    secret = "Planted~4711-and-more"
    encoded = base64.b64encode(secret.encode()).decode()
    assert redact_text(encoded * 40_000, {secret}) == HIDDEN


@pytest.mark.parametrize(
    "name", ["Basic 30-days-retention", "SAML Commvault2024", "Near: 'Reset token', 'Ops'", "Basic authentication"]
)
def test_ordinary_names_stay(name: str) -> None:
    assert redact_text(name, {"Planted~4711"}) == name


CLIENT_SECRET = "abC8Q~" + "x.Y-z" * 6 + "~_89"
VAULT_TOKEN = "hvs." + "CAES-Ig_x" * 3


@pytest.mark.parametrize("token", [CLIENT_SECRET, CLIENT_SECRET[:-3], VAULT_TOKEN, VAULT_TOKEN.replace("hvs", "hvb")])
@pytest.mark.parametrize("said", ["{}", "the key is {}, ask Ada", '["{}"]', "at:{}"])
def test_what_is_a_token_by_its_form_is_hidden_and_found(token: str, said: str) -> None:
    assert redact_text(said.format(token)) == said.format(HIDDEN)
    assert redact_structure([said.format(token)], prose=False) == [said.format(HIDDEN)]
    assert list_credentials(said.format(token)) == {token}


@pytest.mark.parametrize(
    "name", [CLIENT_SECRET[:30], f"{CLIENT_SECRET}12345", f"a{CLIENT_SECRET}", "hvs.example.org", "shvs." + "a" * 30]
)
def test_what_only_begins_like_a_token_stays(name: str) -> None:
    assert redact_text(name) == name
    assert list_credentials(name) == set()


def test_names_of_a_plan_stay_and_known_secrets_do_not() -> None:
    plan = {"Pin=Admins": ["password=hunter2", "Basic dXNlcjpwYXNzd29yZDEyMzQ1Njc4OTA=", "x Planted~4711"]}
    assert redact_structure(plan, {"Planted~4711"}, prose=False) == {
        "Pin=Admins": [*plan["Pin=Admins"][:2], f"x {HIDDEN}"]
    }
    assert "hunter2" not in str(redact_structure(plan, {"Planted~4711"}))


class Interleaving(dict[str, t.Any]):
    """A mapping during whose reading somebody else uses the same matcher."""

    def items(self) -> t.Any:
        redact_structure({"other key": "pin=0426"}, {SECRET})
        return super().items()


def test_a_matcher_that_is_shared_keeps_the_calls_apart() -> None:
    plan = {"Pin=Admins": Interleaving({"password=hunter2": "password=hunter2"})}
    assert redact_structure(plan, {SECRET}, prose=False) == plan


def test_a_matcher_is_made_once_for_its_secrets() -> None:
    assert get_matcher(frozenset({"one-secret", "another"})) is get_matcher(frozenset({"another", "one-secret"}))


@pytest.mark.parametrize("name", ["password", "clientSecret", "client_secret", "access-token", "PIN"])
def test_names_of_secrets_are_known_in_any_spelling(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["pinned", "tokens", "secretName", "", 5, None])
def test_other_names_are_no_names_of_secrets(name: t.Any) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("at https://svc:pw@host.example/x", f"at https://{HIDDEN}@host.example/x"),
        ("socks5://u:p@h and http:\\/\\/u@h", f"socks5://{HIDDEN}@h and http:\\/\\/{HIDDEN}@h"),
        ("mail ada@host.example", "mail ada@host.example"),
        ("https://host.example/a@b", "https://host.example/a@b"),
        ("https://host.example", "https://host.example"),
        ("https://svc:p/w#1?@host.example/x", f"https://{HIDDEN}@host.example/x"),
        ("http:\\/\\/svc:p\\/w@host.example", f"http:\\/\\/{HIDDEN}@host.example"),
        *[
            (text, text)
            for text in ("https://h:8443/a@b", "https://h:/a@b", "https://[::1]:8443/a@b", "https://h/a:b@c")
        ],
    ],
)
def test_user_information_of_addresses_is_masked(said: str, seen: str) -> None:
    assert mask_user_information(said) == seen
    assert redact_text(said) == seen


@given(st.text())
def test_redacting_twice_changes_nothing_more(said: str) -> None:
    once = redact_text(f"x {said} {SECRET}", [SECRET])
    assert redact_text(once, [SECRET]) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://svc:planted1@proxy.example:8080", {"planted1"}),
        ("see http://svc:plan%40ted@a.example and ldap://x:another1@b.example", {"plan%40ted", "plan@ted", "another1"}),
        ("https://4a7b4a7b4a7b4a7b@a.example", {"4a7b4a7b4a7b4a7b"}),
        ("https://somebody@a.example", set()),
        ("https://svc:x@a.example", set()),
        ("Authorization: Bearer planted1token", {"planted1token"}),
        ("Basic c3ZjOnBsYW50ZWQxcGxhbnRlZDE=", {"c3ZjOnBsYW50ZWQxcGxhbnRlZDE=", "planted1planted1"}),
        ("Authorization: Basic c3ZjOnBsYW50ZWQx", {"c3ZjOnBsYW50ZWQx", "planted1"}),
        ("authorization: bearer planted1token", {"planted1token"}),
        ("X-API-Key: planted1, Authtoken: planted2", {"planted1", "planted2"}),
        ("https://x.example/c?sv=2022&sig=planted1%3D&se=2", {"planted1%3D"}),
        ("AccountName=a;AccountKey=planted1==;EndpointSuffix=b", {"planted1=="}),
        ("-----BEGIN RSA PRIVATE KEY-----\nplanted1\n-----END RSA PRIVATE KEY-----", {"planted1"}),
        ("-----BEGIN CERTIFICATE-----\npublic11\n-----END CERTIFICATE-----", set()),
        ("authorization: required; design=new1234; the bearer of bad news", set()),
        (f"the token {JWT}.", {JWT + "."}),
        ('{"client_secret": "planted1", "port": 8080, "name": "x"}', {"planted1"}),
        ("grant_type=x&PASSWORD=planted1&y=1", {"planted1"}),
        ("<password>planted1</password>", {"planted1"}),
        ("Bearer of the news = nobody, secret: none, pin=1234", set()),
        ("Backup Operator", set()),
        ("somebody@corp.example", set()),
    ],
)
def test_credentials_inside_a_text_are_found(text: str, expected: set[str]) -> None:
    assert list_credentials(text) == expected


@given(st.text(max_size=60))
def test_what_is_found_as_a_credential_is_hidden_as_one_too(text: str) -> None:
    for secret in list_credentials(text):
        assert secret not in redact_text(text) or secret not in text
