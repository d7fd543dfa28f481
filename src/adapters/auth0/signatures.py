from adapters.auth0.refusals import Reason, TokenRefused
from adapters.auth0.tokens import UnverifiedToken
from adapters.signed_tokens.published_keys import PublishedKeys
from adapters.signed_tokens.signatures import is_signed_with


async def check_signature(token: UnverifiedToken, published: PublishedKeys) -> None:
    """Raises TokenRefused (UNKNOWN_KEY, SIGNATURE) or IdentityKeysUnavailable."""
    keys = await published.for_token_of(token.key_id)
    key = keys.get(token.key_id)
    if key is None:
        raise TokenRefused(Reason.UNKNOWN_KEY)
    if not is_signed_with(key, token.text):
        raise TokenRefused(Reason.SIGNATURE)
