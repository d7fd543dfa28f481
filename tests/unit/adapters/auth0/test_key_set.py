import json
import logging

import pytest
from tests.unit.adapters.auth0.forge import Json, b64_int, key_set, signing_key

from adapters.auth0.key_set import parse_key_set

KEY = signing_key("first")
OTHER = signing_key("second")
WEAK = signing_key("weak", bits=1024)
NEARLY = signing_key("nearly", bits=2047)
OCT: Json = {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}
EC: Json = {"kty": "EC", "crv": "P-256", "kid": "curve", "x": "AA", "y": "AA"}


def test_rsa_signing_keys_are_used() -> None:
    assert set(parse_key_set(key_set(KEY.jwk(), OTHER.jwk()))) == {"first", "second"}


@pytest.mark.parametrize("name", ["use", "alg"])
def test_a_key_need_not_say_what_it_is_for(name: str) -> None:
    assert set(parse_key_set(key_set(KEY.jwk(**{name: None})))) == {"first"}


def test_certificates_and_unknown_members_of_a_key_do_not_matter() -> None:
    assert parse_key_set(key_set(KEY.jwk(x5c=["MIIC"], x5t="abc", key_ops=["verify"], note=1)))


REFUSED_KEYS: dict[str, Json] = {
    "for encryption": KEY.jwk(use="enc"),
    "use in another spelling": KEY.jwk(use="SIG"),
    "use of null": KEY.jwk() | {"use": None},
    "only signs": KEY.jwk(key_ops=["sign"]),
    "only encrypts": KEY.jwk(key_ops=["encrypt", "wrapKey"]),
    "no operation": KEY.jwk(key_ops=[]),
    "operations as text": KEY.jwk(key_ops="verify"),
    "operations of null": KEY.jwk() | {"key_ops": None},
    "another algorithm": KEY.jwk(alg="RS512"),
    "PSS": KEY.jwk(alg="PS256"),
    "encryption algorithm": KEY.jwk(alg="RSA-OAEP"),
    "HMAC with an RSA key": KEY.jwk(alg="HS256"),
    "no algorithm": KEY.jwk(alg="none"),
    "algorithm of null": KEY.jwk() | {"alg": None},
    "curve": EC,
    "no type": KEY.jwk(kty=None),
    "type in another spelling": KEY.jwk(kty="rsa"),
    "no id": KEY.jwk(kid=None),
    "empty id": KEY.jwk(kid=""),
    "number as id": KEY.jwk(kid=1),
    "private": KEY.jwk(d="AQAB"),
    "1024 bits": WEAK.jwk(),
    "2047 bits": NEARLY.jwk(),
    "zero-padded to 2048 bits": WEAK.jwk(n="A" * 172 + str(WEAK.jwk()["n"])),
    "8193 bits": KEY.jwk(n=b64_int((1 << 8192) | 1)),
    "even modulus": KEY.jwk(n=b64_int(1 << 2047)),
    "exponent 1": KEY.jwk(e=b64_int(1)),
    "exponent 0": KEY.jwk(e="AA"),
    "even exponent": KEY.jwk(e=b64_int(65536)),
    "huge exponent": KEY.jwk(e=b64_int((1 << 33) | 1)),
    "no exponent": KEY.jwk(e=None),
    "exponent as number": KEY.jwk(e=65537),
    "no modulus": KEY.jwk(n=None),
    "padded": KEY.jwk(e="AQAB===="),
    "plain base64": KEY.jwk(n="+/" * 200),
}


@pytest.mark.parametrize("bad", REFUSED_KEYS.values(), ids=REFUSED_KEYS)
def test_a_key_against_the_policy_is_left_out_and_reported(bad: Json, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert set(parse_key_set(key_set(bad, OTHER.jwk()))) == {"second"}
    assert len(caplog.records) == 1
    with pytest.raises(ValueError, match="no usable key"):
        parse_key_set(key_set(bad))


@pytest.mark.parametrize("name", ["exponent 1", "exponent 0", "even exponent", "huge exponent"])
def test_the_policy_refuses_exponents_before_any_library_sees_them(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    parse_key_set(key_set(REFUSED_KEYS[name], OTHER.jwk()))
    assert "its exponent is weak or oversized" in caplog.text


def test_an_exponent_of_three_is_odd_but_allowed() -> None:
    assert parse_key_set(key_set(KEY.jwk(e=b64_int(3))))


REFUSED_SETS: dict[str, bytes] = {
    "one id for two keys": key_set(KEY.jwk(), OTHER.jwk(kid="first")),
    "the same key twice": key_set(KEY.jwk(), KEY.jwk()),
    "one id for a signing and an encryption key": key_set(KEY.jwk(), OTHER.jwk(kid="first", use="enc")),
    "a symmetric key": key_set(KEY.jwk(), OCT),
    "a symmetric key under another type": key_set(KEY.jwk(), OTHER.jwk(k="c2VjcmV0")),
    "only a symmetric key": key_set(OCT),
    "65 keys": key_set(*(KEY.jwk(kid=str(number)) for number in range(65))),
    "no key": key_set(),
    "keys is an object": json.dumps({"keys": {"first": KEY.jwk()}}).encode(),
    "keys is missing": json.dumps(KEY.jwk()).encode(),
    "a key is a text": json.dumps({"keys": [KEY.jwk(), "first"]}).encode(),
    "a bare list": json.dumps([KEY.jwk()]).encode(),
    "keys twice": b'{"keys":[],"keys":' + json.dumps([KEY.jwk()]).encode() + b"}",
    "a member of a key twice": key_set(KEY.jwk()).replace(b'"use"', b'"use":"enc","use"'),
    "not JSON": b"<html>",
    "nothing": b"",
    "UTF-16": key_set(KEY.jwk()).decode().encode("utf-16"),
}


@pytest.mark.parametrize("body", REFUSED_SETS.values(), ids=REFUSED_SETS)
def test_a_set_that_is_not_to_be_trusted_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_key_set(body)


def test_64_keys_are_not_too_many() -> None:
    assert len(parse_key_set(key_set(*(KEY.jwk(kid=str(number)) for number in range(64))))) == 64


def test_a_key_is_bound_to_its_algorithm() -> None:
    (key,) = parse_key_set(key_set(KEY.jwk(alg=None))).values()
    assert key is not None
    assert key.algorithm_name == "RS256"
