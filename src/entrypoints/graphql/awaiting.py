from collections.abc import Awaitable
from inspect import isawaitable
from typing import TypeVar

T = TypeVar("T")


async def awaited(value: T | Awaitable[T]) -> T:
    """graphql-core awaits only what needs it."""
    return await value if isawaitable(value) else value
