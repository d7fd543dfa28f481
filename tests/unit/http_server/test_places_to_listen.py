import os
import socket

import pytest

from entrypoints.http.server.cores import cpu_quota, worker_count
from entrypoints.http.server.listening import CannotListen, SharedAddress, bind, close, url_of
from entrypoints.http.server.worker_seat import WorkerSeat


def test_several_processes_may_listen_on_a_shared_address() -> None:
    address = SharedAddress("127.0.0.1", 0)
    sockets = [sock for _ in range(3) for sock in address.sockets()]
    assert {url_of(sock) for sock in sockets} == set(address.urls)
    for sock in sockets:
        sock.listen()
    close(sockets)
    address.close()


def test_a_shared_address_is_refused_where_another_program_shares_the_port_already() -> None:
    stranger = bind("127.0.0.1", 0, shared=True)
    stranger[0].listen()
    port = stranger[0].getsockname()[1]
    with pytest.raises(CannotListen, match="address already in use"):
        SharedAddress("127.0.0.1", port)
    close(stranger)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    sockets = bind("::1", 0)
    assert url_of(sockets[0]).startswith("http://[::1]:")
    close(sockets)


def test_a_number_of_workers_is_taken_as_it_is() -> None:
    assert worker_count(3) == 3


def test_auto_means_at_least_one_worker_and_no_more_than_there_are_cores() -> None:
    assert 1 <= worker_count("auto") <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("words", "cores"),
    [
        (["50000", "100000"], 0.5),
        (["400000", "100000"], 4.0),
        (["max", "100000"], None),
        (["-1", "100000"], None),
        ([], None),
    ],
)
def test_the_quota_of_a_container_counts_as_cores(words: list[str], cores: float | None) -> None:
    assert cpu_quota(words) == cores


def test_a_process_that_nobody_supervises_has_no_seat() -> None:
    assert WorkerSeat.take({}) is None
