import json

import pytest
from tests.unit.adapters.auth0.forge import b64, claims, header, signing_key, token

from adapters.auth0.refusals import Reason, TokenRefused
from adapters.auth0.tokens import read_token, unverified_claims
from adapters.signed_tokens.compact_form import MAX_TOKEN_LENGTH

KEY = signing_key("first")
GOOD = token(KEY)
HEAD, BODY, SIGNATURE = GOOD.split(".")


def refusal_of(text: str) -> Reason:
    with pytest.raises(TokenRefused) as caught:
        read_token(text)
    return caught.value.reason


def test_a_good_token_is_read() -> None:
    read = read_token(GOOD)
    assert (read.key_id, read.claims) == (KEY.kid, claims())
    assert GOOD not in repr(read) and "ada@" not in repr(read)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "none ", "\u200bnone", "", None, 0, False, [], {}])
def test_no_spelling_of_none_is_an_algorithm(alg: object) -> None:
    unsigned = token(KEY, head=header(KEY) | {"alg": alg})
    assert refusal_of(unsigned) is Reason.ALGORITHM


@pytest.mark.parametrize(
    "alg",
    [
        *("HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "PS512", "ES256", "ES256K", "EdDSA", "RSA-OAEP"),
        *("rs256", "Rs256", "RS256 ", " RS256", "RS256\x00", "RS256\n", "RS2\uff156"),
        *(["RS256"], {"RS256": 1}),
    ],
)
def test_only_rs256_is_an_algorithm(alg: object) -> None:
    assert refusal_of(token(KEY, head=header(KEY, alg=alg))) is Reason.ALGORITHM


def test_a_header_without_algorithm_is_refused() -> None:
    assert refusal_of(token(KEY, head=header(KEY, alg=None))) is Reason.ALGORITHM


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": KEY.jwk()},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["MIIB"]},
        {"zip": "DEF"},
        {"b64": False},
        {"b64": True},
        {"crit": []},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": True},  # GHSA-752w-5fwx-jx9f: understood or not, it is refused
        {"crit": ["x-must-understand"], "x-must-understand": True},
        {"crit": False},
        {"typ": "logout+jwt"},
        {"typ": "JWE"},
        {"typ": ""},
        {"typ": 1},
        {"typ": ["JWT"]},
    ],
    ids=json.dumps,
)
def test_headers_that_bring_keys_or_change_the_rules_are_refused(extra: dict[str, object]) -> None:
    assert refusal_of(token(KEY, head=header(KEY) | extra)) is Reason.HEADER


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "zip", "b64", "crit", "typ"])
def test_such_a_header_is_refused_even_when_it_is_null(name: str) -> None:
    assert refusal_of(token(KEY, head=header(KEY) | {name: None})) is Reason.HEADER


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT", None])
def test_the_usual_types_and_none_at_all_are_taken(typ: str | None) -> None:
    assert read_token(token(KEY, head=header(KEY, typ=typ))).key_id == KEY.kid


@pytest.mark.parametrize("kid", [None, "", 7, True, ["first"], {"first": 1}, "k" * 257])
def test_the_key_id_is_a_short_text(kid: object) -> None:
    assert refusal_of(token(KEY, head=header(KEY, kid=kid))) is Reason.KEY_ID


def test_the_size_of_a_token_is_bounded() -> None:
    room = MAX_TOKEN_LENGTH - len(GOOD)
    assert read_token(token(KEY, claims(filler="x" * (room // 2))))
    assert refusal_of(token(KEY, claims(filler="x" * room))) is Reason.TOO_LARGE
    assert refusal_of("é" * (MAX_TOKEN_LENGTH + 1)) is Reason.TOO_LARGE
    assert refusal_of("." * 50_000_000) is Reason.TOO_LARGE


def _other_trailing_bits(segment: str) -> str:
    """Another spelling of the same bytes for a decoder that overlooks unused bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        HEAD,
        f"{HEAD}.{BODY}",
        f"{HEAD}.{BODY}.",
        f".{BODY}.{SIGNATURE}",
        f"{HEAD}..{SIGNATURE}",
        f"{GOOD}.",
        f".{GOOD}",
        f"{GOOD}.{SIGNATURE}.{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE}==",
        f"{HEAD}==.{BODY}.{SIGNATURE}",
        f"{HEAD}.{BODY}==.{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE}AAA",
        f"{HEAD}.{BODY}.{_other_trailing_bits(SIGNATURE)}",
        f"{HEAD}.{BODY}.{SIGNATURE[:-4]}+/+/",
        f"{HEAD}.{BODY}.!!!!{SIGNATURE[4:]}",
        f"{HEAD}.{BODY}.{SIGNATURE}\n",
        f"{HEAD}.{BODY}.{SIGNATURE} ",
        f" {GOOD}",
        f"Bearer {GOOD}",
        f"{HEAD}\n.{BODY}.{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE[:-1]}\u0410",
        f"{HEAD}.{BODY}.\uff21{SIGNATURE[1:]}",
        f"{HEAD}.{BODY}.\ud800",
        f"{HEAD}.{BODY}.\x00",
        "é.é.é",
    ],
)
def test_a_token_has_three_segments_in_their_one_spelling(text: str) -> None:
    assert refusal_of(text) is Reason.MALFORMED


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"{}{}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"a":"\xff"}',
        b'{"a":"\xc0\x80"}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":[{"b":1,"b":2}]}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":"\n"}',
        b"[" * 5000,
        b'{"a":' * 2000,
    ],
)
def test_header_and_claims_are_strict_json_objects(document: bytes) -> None:
    assert refusal_of(token(KEY, head=document)) is Reason.MALFORMED
    assert refusal_of(token(KEY, document)) is Reason.MALFORMED
    assert unverified_claims(token(KEY, document)) == {}


def test_repeated_names_in_the_header_are_refused_whichever_comes_first() -> None:
    for pair in (b'"alg":"RS256","alg":"none"', b'"alg":"none","alg":"RS256"'):
        assert refusal_of(token(KEY, head=b'{"kid":"first",' + pair + b"}")) is Reason.MALFORMED


def test_repeated_claims_are_refused_whichever_comes_first() -> None:
    issuer = b'"iss":"https://tenant.auth0.com/"'
    for pair in (issuer + b',"iss":"https://evil.example/"', b'"iss":"https://evil.example/",' + issuer):
        assert refusal_of(token(KEY, b"{" + pair + b"}")) is Reason.MALFORMED


def test_an_encrypted_token_is_not_a_signed_one() -> None:
    assert refusal_of(f"{b64(b'{}')}.{BODY}.{BODY}.{BODY}.{BODY}") is Reason.MALFORMED


def test_claims_are_readable_without_a_good_header() -> None:
    assert unverified_claims(token(KEY, head=header(KEY, alg="none"))) == claims()
    assert unverified_claims("x" * (MAX_TOKEN_LENGTH + 1)) == {}
