from jwt import PyJWK, PyJWS, PyJWTError

_RS256 = ["RS256"]


def is_signed_with(key: PyJWK, token: str) -> bool:
    """False, too, for a token whose header names another algorithm than RS256. Claims are not looked at."""
    try:
        PyJWS(algorithms=_RS256).decode_complete(token, key=key, algorithms=_RS256)
    except PyJWTError:
        return False
    return True
