"""Who can log in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUser:
    email: str
    name: str
    note: str = ""
    email_verified: bool = True

    @property
    def subject(self) -> str:
        return f"auth0|demo-{self.email.partition('@')[0]}"


DEMO_USERS = (
    DemoUser(email="alice@example.com", name="Alice Example", note="administrator"),
    DemoUser(email="dev@example.com", name="Devon Example", note="developer"),
    DemoUser(email="viewer@example.com", name="Vera Example", note="may run demo/quick only"),
    DemoUser(email="inactive@example.com", name="Ines Example", note="account switched off"),
    DemoUser(
        email="unverified@example.com",
        name="Umar Example",
        note="e-mail address not verified",
        email_verified=False,
    ),
)
