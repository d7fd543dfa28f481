import pytest
from tests.unit.demo.issuer_client import CALLBACK, ISSUER_URL, IssuerClient, connect

from entrypoints.demo.issuer.server import DemoIssuer


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example.com/callback",
        "http://localhost:3000@evil.example.com/",
        "http://user@localhost:3000/",
        "http://localhost.evil.example.com/",
        "javascript:alert(1)",
        "http://localhost:3000/#here",
        "http://localhost:port/",
        "http://localhost:3000/\r\nset-cookie: a=b",
        "//localhost/",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_off_this_machine_is_refused(
    issuer_client: IssuerClient, redirect_uri: str, method: str
) -> None:
    request = issuer_client.implicit_request(redirect_uri=redirect_uri)
    if method == "GET":
        reply = await issuer_client.http.get("/authorize", params=request)
    else:
        reply = await issuer_client.http.post("/authorize", data={**request, "email": "alice@example.com"})
    assert reply.status_code == 400
    assert "location" not in reply.headers


async def test_an_allow_list_narrows_the_addresses() -> None:
    issuer = DemoIssuer(url=ISSUER_URL, redirect_uris=[CALLBACK])
    async with connect(issuer) as http:
        issuer_client = IssuerClient(http, issuer)
        assert (await issuer_client.choose(issuer_client.implicit_request())).startswith(CALLBACK)
        other = issuer_client.implicit_request(redirect_uri="http://localhost:3000/other")
        assert (await http.get("/authorize", params=other)).status_code == 400


async def test_an_unknown_client_or_user_gets_a_page(issuer_client: IssuerClient) -> None:
    unknown = issuer_client.implicit_request(client_id="other")
    assert (await issuer_client.http.get("/authorize", params=unknown)).status_code == 400
    nobody = {**issuer_client.implicit_request(), "email": "nobody@example.com"}
    assert (await issuer_client.http.post("/authorize", data=nobody)).status_code == 400


async def test_the_login_page_is_escaped_and_runs_nothing(issuer_client: IssuerClient) -> None:
    attack = '"><script>alert(1)</script>'
    page = await issuer_client.http.get("/authorize", params=issuer_client.implicit_request(state=attack))
    assert "<script" not in page.text
    assert "&quot;&gt;&lt;script&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://localhost:3000;" in policy


async def test_the_login_page_is_labelled_for_everybody(issuer_client: IssuerClient) -> None:
    page = (await issuer_client.http.get("/authorize", params=issuer_client.implicit_request())).text
    assert '<html lang="en">' in page
    assert "<title>Log in" in page
    assert "<legend>Continue as</legend>" in page
    assert page.count('<button type="submit" name="email"') == 5
    assert "style=" not in page
    assert (await issuer_client.http.get("/style.css")).headers["content-type"].startswith("text/css")


async def test_logging_out_leads_back_to_loopback_only(issuer_client: IssuerClient) -> None:
    back = await issuer_client.http.get("/v2/logout", params={"returnTo": "http://localhost:3000/"})
    assert (back.status_code, back.headers["location"]) == (302, "http://localhost:3000/")
    away = await issuer_client.http.get("/v2/logout", params={"returnTo": "https://evil.example.com/"})
    assert away.status_code == 400
    assert (await issuer_client.http.get("/v2/logout")).status_code == 200
