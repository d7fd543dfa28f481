"""Why a token is refused: a stable word for logs and metrics, a sentence for the bearer."""

from enum import Enum


class Reason(Enum):
    TOO_LARGE = ("token_too_large", "the token is too large")
    MALFORMED = ("token_malformed", "the token is not a well-formed signed JWT")
    ALGORITHM = ("algorithm_refused", "the token must be signed with RS256")
    HEADER = ("header_refused", "the token's header holds something that is not accepted here")
    KEY_ID = ("key_id_missing", "the token does not say which key signed it")
    DOMAIN = ("domain_not_allowed", "this login domain is not allowed here")
    ISSUER = ("issuer_not_allowed", "the token comes from an issuer that is not allowed here")
    UNKNOWN_KEY = ("key_unknown", "the token was signed with a key that its issuer does not publish")
    SIGNATURE = ("signature_wrong", "the signature is wrong")
    TIME_MALFORMED = ("time_malformed", "the token's times are missing or not numbers")
    EXPIRED = ("token_expired", "the token has expired")
    NOT_YET_VALID = ("token_not_yet_valid", "the token is not valid yet")
    AUDIENCE = ("audience_wrong", "the token was issued for another application")
    AUTHORIZED_PARTY = ("authorized_party_wrong", "the token was issued to another application")
    SUBJECT = ("subject_missing", "the token does not say whom it is about")
    EMAIL_MALFORMED = ("email_malformed", "the token's e-mail address is not readable")
    EMAIL_UNVERIFIED = ("email_unverified", "the e-mail address is not verified")

    def __init__(self, word: str, text: str) -> None:
        self.word = word
        self.text = text


class TokenRefused(Exception):
    """`str(refusal)` may be shown to the bearer; it holds nothing of the token."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"Token validation failed: {reason.text}.")
        self.reason = reason
