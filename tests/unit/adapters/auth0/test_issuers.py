import pytest

from adapters.auth0.issuers import AllowedIssuer


@pytest.mark.parametrize(
    ("text", "url", "domain"),
    [
        ("tenant.eu.auth0.com", "https://tenant.eu.auth0.com/", "tenant.eu.auth0.com"),
        ("Tenant.Auth0.COM", "https://tenant.auth0.com/", "tenant.auth0.com"),
        ("login.example.org:8443", "https://login.example.org:8443/", "login.example.org:8443"),
        ("xn--bcher-kva.example", "https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("localhost", "https://localhost/", "localhost"),
        ("http://localhost:5000", "http://localhost:5000/", "localhost:5000"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/", "127.0.0.1:5000"),
        ("http://127.8.9.10", "http://127.8.9.10/", "127.8.9.10"),
        ("http://[::1]:65535", "http://[::1]:65535/", "[::1]:65535"),
    ],
)
def test_a_domain_or_a_loopback_url_names_an_issuer(text: str, url: str, domain: str) -> None:
    issuer = AllowedIssuer.parse(text)
    assert (issuer.url, issuer.domain) == (url, domain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "-",
        " tenant.auth0.com",
        "tenant.auth0.com ",
        "tenant.auth0.com\n",
        "tenant.auth0.com.",
        ".tenant.auth0.com",
        "tenant..auth0.com",
        "-tenant.auth0.com",
        "tenant-.auth0.com",
        "tenant_a.auth0.com",
        "*.auth0.com",
        "tenant.auth0.com/",
        "tenant.auth0.com/path",
        "tenant.auth0.com?a=b",
        "tenant.auth0.com#a",
        "tenant.auth0.com\\evil.example",
        "tenant.auth0.com%2eevil.example",
        "user@tenant.auth0.com",
        "user:secret@tenant.auth0.com",
        "https://tenant.auth0.com",
        "http://tenant.auth0.com",
        "//tenant.auth0.com",
        "ftp://localhost",
        "tenant.auth0.com:",
        "tenant.auth0.com:0",
        "tenant.auth0.com:0443",
        "tenant.auth0.com:65536",
        "tenant.auth0.com:99999",
        "tenant.auth0.com:-1",
        "tenant.auth0.com:44\uff13",
        "tenant.auth0.com:443:443",
        "tenant.auth0\u3002com",
        "tenant.auth0\uff0ecom",
        "t\u0435nant.auth0.com",  # a Cyrillic letter
        "tenant.auth0.\u212aom",
        "tenant\u200b.auth0.com",
        "10.0.0.1",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.0x1",
        "[::1]",
        "a" * 64 + ".com",
        ".".join(["a" * 60] * 5),
        "http://localhost/",
        "http://localhost:5000/",
        "http://localhost:5000/path",
        "http://localhost:5000?a",
        "http://localhost:5000#a",
        "http://user@localhost:5000",
        "http://localhost@evil.example",
        "http://localhost:5000@evil.example",
        "http://localhost.evil.example",
        "http://evil.localhost",
        "http://localhost:0",
        "http://localhost:65536",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.256",
        "http://127.0.0.01",
        "http://127.1",
        "http://128.0.0.1",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://0.0.0.0:80",
        "http://[::1%25eth0]",
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://::1",
        "http://",
        "http:localhost",
        "http:/localhost",
    ],
)
def test_anything_else_names_none_and_the_error_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write a bare domain such as"):
        AllowedIssuer.parse(text)


@pytest.mark.parametrize(
    ("issuer", "claim", "named"),
    [
        ("tenant.auth0.com", "tenant.auth0.com", True),
        ("tenant.auth0.com", "TENANT.auth0.com", True),
        ("tenant.auth0.com", "https://tenant.auth0.com", False),
        ("tenant.auth0.com", "https://tenant.auth0.com/", False),
        ("tenant.auth0.com", "tenant.auth0.com:443", False),
        ("tenant.auth0.com", "tenant.auth0.com.", False),
        ("tenant.auth0.com", "auth0.com", False),
        ("tenant.auth0.com", "tenant.auth0.com.evil.example", False),
        ("tenant.auth0.com", "tenant.auth0.com/", False),
        ("kelvin.example", "\u212aelvin.example", False),
        ("http://localhost:5000", "localhost:5000", True),
        ("http://localhost:5000", "http://LOCALHOST:5000", True),
        ("http://localhost:5000", "localhost", False),
        ("http://localhost:5000", "localhost:50000", False),
        ("http://localhost:5000", "https://localhost:5000", False),
    ],
)
def test_a_caller_names_an_issuer_by_its_exact_host_and_port(issuer: str, claim: str, named: bool) -> None:
    assert AllowedIssuer.parse(issuer).is_named(claim) is named
