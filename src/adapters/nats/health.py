from adapters.nats.connection import NatsConnection


class NatsHealth:
    name = "nats"

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection

    def trouble(self) -> str | None:
        return self._connection.trouble()
