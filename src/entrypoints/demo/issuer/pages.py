"""The pages that people see. Nothing in them runs, and everything that came from outside is escaped."""

from collections.abc import Iterable
from html import escape

from entrypoints.demo.asgi.response import Response
from entrypoints.demo.issuer.authorization_request import AuthorizationRequest
from entrypoints.demo.issuer.redirects import origin_of
from entrypoints.demo.issuer.users import DemoUser

STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; color: #1b1f24; background: #f2f4f7; }
main { max-width: 28rem; margin: 10vh auto 0; padding: 2rem; background: #fff; border-radius: .75rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
fieldset { border: 0; margin: 1.5rem 0 0; padding: 0; }
legend { padding: 0; font-weight: 600; }
button { display: block; width: 100%; margin-top: .5rem; padding: .75rem 1rem; text-align: left; font: inherit;
  color: inherit; background: #fff; border: 1px solid #8a94a3; border-radius: .5rem; cursor: pointer; }
button:hover, button:focus-visible { background: #e7f0ff; border-color: #1455c0; }
button:focus-visible { outline: 3px solid #1455c0; outline-offset: 2px; }
button span { display: block; color: #4a5361; }
"""


def style_sheet() -> Response:
    return Response(headers=(("content-type", "text/css; charset=utf-8"),), body=STYLE.encode())


def login_page(request: AuthorizationRequest, users: Iterable[DemoUser]) -> Response:
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
        for name, value in request.fields().items()
    )
    buttons = "\n".join(_button(user) for user in users)
    body = f"""<h1>Log in to the demo</h1>
<p>This page stands in for Auth0. It asks for no password: choose who you are.</p>
<form method="post" action="/authorize">
{hidden}
<fieldset>
<legend>Continue as</legend>
{buttons}
</fieldset>
</form>"""
    # Browsers hold the redirect that answers a form against form-action, too.
    return _page("Log in", body, form_targets=f"'self' {origin_of(request.redirect_uri)}")


def message_page(title: str, message: str, *, status: int = 200) -> Response:
    return _page(title, f"<h1>{escape(title)}</h1>\n<p>{escape(message)}</p>", status=status)


def _button(user: DemoUser) -> str:
    note = f" ({escape(user.note)})" if user.note else ""
    return (
        f'<button type="submit" name="email" value="{escape(user.email)}">{escape(user.name)}'
        f"<span>{escape(user.email)}{note}</span></button>"
    )


def _page(title: str, body: str, *, status: int = 200, form_targets: str = "'none'") -> Response:
    document = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - NoETL Gateway demo</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
    policy = (
        f"default-src 'none'; style-src 'self'; form-action {form_targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    )
    return Response(status=status, headers=headers, body=document.encode())
