import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from entrypoints.http.server.worker_metrics import WorkerMetrics


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:  # tmp_path is too long for the name of a socket
        yield Path(name)


async def test_any_worker_answers_for_all(directory: Path) -> None:
    workers = [WorkerMetrics(directory, index, lambda index=index: b"hits %d\n" % 10**index) for index in range(3)]  # type: ignore[misc]
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        assert [await worker.collect() for worker in workers] == [b"hits 111.0\n"] * 3
    assert list(directory.iterdir()) == []


async def test_a_worker_without_others_answers_for_itself() -> None:
    async with WorkerMetrics(None, 0, lambda: b"hits 1\n") as worker:
        assert await worker.collect() == b"hits 1\n"


async def test_a_worker_that_died_is_left_out(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with WorkerMetrics(directory, 0, lambda: b"hits 1\n") as worker:
        (await asyncio.start_unix_server(lambda *_: None, directory / "1.sock")).close()
        (directory / "1.sock").touch()
        assert await worker.collect() == b"hits 1\n"
    assert "worker 1 does not tell its metrics" in caplog.text


async def test_a_worker_that_hangs_is_not_waited_for(
    directory: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.http.server.worker_metrics._PATIENCE", 0.05)
    done = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        done.set()

    server = await asyncio.start_unix_server(silent, directory / "1.sock")
    async with WorkerMetrics(directory, 0, lambda: b"hits 1\n") as worker:
        assert await asyncio.wait_for(worker.collect(), 5) == b"hits 1\n"
    await done.wait()
    server.close()
    assert "no answer in time" in caplog.text


async def test_a_worker_that_talks_nonsense_is_left_out(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with (
        WorkerMetrics(directory, 0, lambda: b"hits 1\n") as worker,
        WorkerMetrics(directory, 1, lambda: b"nonsense\n"),
    ):
        assert await worker.collect() == b"hits 1\n"
    assert "cannot be read" in caplog.text


async def test_a_worker_takes_over_the_place_of_one_that_died(directory: Path) -> None:
    (directory / "0.sock").touch()
    async with (
        WorkerMetrics(directory, 0, lambda: b"hits 1\n"),
        WorkerMetrics(directory, 1, lambda: b"hits 2\n") as other,
    ):
        assert await other.collect() == b"hits 3.0\n"
