import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from infra.audit import Pin, is_allowed, main, read_pins, undeclared, vulnerabilities

_HASH = "--hash=sha256:" + "a" * 64


def test_pins_with_hashes_are_taken_whatever_their_markers() -> None:
    text = f"# why\nA_b.c==1.0 \\\n    {_HASH} \\\n    {_HASH}\nd[x]==2 ; sys_platform == 'win32' \\\n    {_HASH}\n"
    problems: list[str] = []
    assert read_pins(text, problems) == [Pin("a-b-c", "1.0"), Pin("d", "2")]
    assert problems == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (f"a>=1 {_HASH}", "not pinned"),
        (f"a {_HASH}", "not pinned"),
        (f"a==1.* {_HASH}", "not pinned"),
        ("a==1", "without a sha256 hash"),
        ("a==1 --hash=md5:abc", "without a sha256 hash"),
        (f"a==1 {_HASH} --hash=sha256:short", "without a sha256 hash"),
        (f"a @ https://example.test/a.whl {_HASH}", "an address"),
        ("--index-url https://example.test/simple", "an option"),
        ("-r other.txt", "an option"),
        ("-e .", "an option"),
    ],
)
def test_everything_else_is_a_problem(line: str, problem: str) -> None:
    problems: list[str] = []
    assert read_pins(line, problems) == []
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_dependency_without_a_pin_is_found() -> None:
    declared = ["py_jwt[crypto]>=2,<3", "uvloop>=0.2; sys_platform != 'win32'", "msgspec"]
    assert undeclared(declared, [Pin("py-jwt", "2"), Pin("msgspec", "1")]) == ["uvloop"]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("LicenseRef-Proprietary", False),
        ("(MIT OR GPL-2.0-only) AND GPL-3.0-only", False),
    ],
)
def test_licence_expressions(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


@pytest.mark.parametrize(
    ("text", "classifiers", "allowed"),
    [
        ("", ["License :: OSI Approved :: BSD License"], True),
        ("", ["License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"], False),
        ("MIT License\n\nCopyright", (), True),
        ("GPLv3", (), False),
        ("permit nothing", (), False),
        ("", (), False),
    ],
)
def test_licences_of_older_metadata(text: str, classifiers: list[str], allowed: bool) -> None:
    assert is_allowed("", classifiers, text) is allowed


class _Osv(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        queries = json.loads(self.rfile.read(int(self.headers["content-length"])))["queries"]
        bad = [{"vulns": [{"id": "GHSA-x"}]} if query["package"]["name"] == "bad" else {} for query in queries]
        content = json.dumps({"results": bad}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """The test run has a log of its own."""


@pytest.fixture
def osv() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Osv) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_known_vulnerabilities_are_named(osv: str) -> None:
    assert vulnerabilities([Pin("good", "1"), Pin("bad", "2")], osv) == ["bad 2: GHSA-x"]


def test_the_pinned_set_is_in_order(osv: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSV_URL", osv)
    assert main([]) == 0


def test_a_service_that_is_away_is_said_and_is_not_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OSV_URL", "http://127.0.0.1:1")
    assert main([]) == 0
    assert "KNOWN VULNERABILITIES NOT CHECKED" in capsys.readouterr().out
