import asyncio
import os
import signal
from pathlib import Path

from tests.integration.http_server.processes import Running, served, spawned
from tests.unit.http_server.heads import get
from tests.unit.http_server.raw_client import ask, connected


async def pids(process: Running) -> set[int]:
    answers = [await ask(process.port, get()) for _ in range(40)]
    assert {answer.status for answer in answers} == {200}
    return {int(answer.body) for answer in answers}


def alive(pid: int) -> bool:
    """Not so is one that has ended and that nobody has asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_workers_share_the_port_and_the_work_and_end_together() -> None:
    async with served(WORKERS="2") as process:
        workers = await pids(process)
        assert len(workers) == 2
        assert process.process.pid not in workers
        process.terminate()
        assert await process.exit_code() == 0
        assert not any(alive(pid) for pid in workers)
        assert sum("application ended" in line for line in process.lines) == 2


async def test_any_worker_tells_the_metrics_of_all() -> None:
    async with served(WORKERS="2") as process:
        await pids(process)
        assert (await ask(process.port, get(b"/metrics_text"))).body == b"served_total 41.0\n"
        assert (await ask(process.port, get(b"/metrics_text"))).body == b"served_total 42.0\n"


async def test_a_worker_that_dies_is_replaced_and_the_others_go_on() -> None:
    async with served(WORKERS="2") as process:
        before = await pids(process)
        async with connected(process.port) as client:
            await client.send(get(b"/crash"))
            assert await client.rest() == b""
        await process.says("(ended) with exit code 3")
        survivors = await pids(process)
        assert len(survivors) == 1
        await process.says(r"(worker) \d+ is ready", 3)
        after = await pids(process)
        assert len(after) == 2
        assert survivors < after
        assert len(before | after) == 3


async def test_workers_do_not_outlive_a_supervisor_that_was_killed() -> None:
    async with served(WORKERS="2") as process:
        workers = await pids(process)
        os.kill(process.process.pid, signal.SIGKILL)
        assert await process.exit_code() == -signal.SIGKILL
        assert any("the supervisor is gone" in line for line in process.lines)
        async with asyncio.timeout(5):
            while any(alive(pid) for pid in workers):
                await asyncio.sleep(0.02)


async def test_workers_finish_what_they_do_when_the_supervisor_is_told_to_end() -> None:
    async with served(WORKERS="2") as process, connected(process.port) as client:
        await client.send(get(b"/slow"))
        await asyncio.sleep(0.05)
        process.terminate()
        assert (await client.answer()).body == b"slow"
        client.writer.close()
        assert await process.exit_code() == 0


async def test_a_second_signal_ends_all_workers_at_once() -> None:
    async with served(WORKERS="2", DRAIN_SECS="3600") as process, connected(process.port) as client:
        await client.send(get(b"/stubborn"))
        await client.head()
        process.terminate()
        await process.says("(shutting down)", 2)
        process.terminate()
        assert await process.exit_code() == 0


async def test_workers_that_cannot_start_end_the_supervisor() -> None:
    async with spawned(WORKERS="2", BROKEN="1") as process:
        assert await process.exit_code() == 1
        assert any("did not start (exit code 1)" in line for line in process.lines)
