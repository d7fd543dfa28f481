from hypothesis import given
from hypothesis import strategies as st

from adapters.nats.near_cache import NearCache
from domain.identity import Session, SessionToken, User


def session(text: str = "token", user_id: int = 1) -> Session:
    token = SessionToken.parse(text)
    assert token is not None
    return Session(token=token, user=User(user_id=user_id, email="a@example.com", display_name="A"))


def test_what_is_kept_is_found_until_its_end() -> None:
    cache = NearCache(10)
    cache.keep("token", session(), 1, until=100.0)

    assert cache.get("token", 99.9) == session()
    assert cache.get("token", 100.0) is None
    assert len(cache) == 0


def test_the_least_recently_used_goes_first() -> None:
    cache = NearCache(2)
    for name in ("a", "b"):
        cache.keep(name, session(name), 1, until=100.0)
    cache.get("a", 0.0)
    cache.keep("c", session("c"), 1, until=100.0)

    assert cache.get("b", 0.0) is None
    assert cache.get("a", 0.0) is not None and cache.get("c", 0.0) is not None


def test_a_change_drops_what_is_older() -> None:
    cache = NearCache(10)
    cache.keep("token", session(), 5, until=100.0)
    cache.changed("token", 6)

    assert cache.get("token", 0.0) is None


def test_a_change_that_is_older_changes_nothing() -> None:
    cache = NearCache(10)
    cache.keep("token", session(), 5, until=100.0)
    cache.changed("token", 5)

    assert cache.get("token", 0.0) is not None


def test_a_read_that_was_overtaken_by_a_deletion_is_not_believed() -> None:
    cache = NearCache(10)
    cache.changed("token", 6)  # while revision 5 was being read
    cache.keep("token", session(), 5, until=100.0)

    assert cache.get("token", 0.0) is None


def test_an_older_read_does_not_replace_a_newer_write() -> None:
    cache = NearCache(10)
    cache.keep("token", session(user_id=2), 6, until=100.0)
    cache.keep("token", session(user_id=1), 5, until=100.0)

    found = cache.get("token", 0.0)
    assert found is not None and found.user.user_id == 2


@given(st.permutations([("keep", 1), ("keep", 2), ("changed", 3), ("keep", 3), ("changed", 4)]))
def test_in_whatever_order_news_come_an_old_word_never_stands(news: list[tuple[str, int]]) -> None:
    """Revision 4 is a deletion: once it is known, nothing may be served."""
    cache = NearCache(10)
    for kind, revision in news:
        if kind == "keep":
            cache.keep("token", session(user_id=revision), revision, until=100.0)
        else:
            cache.changed("token", revision)

    assert cache.get("token", 0.0) is None


@given(st.lists(st.integers(0, 50), max_size=200))
def test_it_never_holds_more_than_its_capacity(keys: list[int]) -> None:
    cache = NearCache(8)
    for number, key in enumerate(keys):
        cache.keep(str(key), session(f"t{key}"), number + 1, until=1.0)
        cache.changed(str(key + 1), number + 1)

    assert len(cache) <= 8
