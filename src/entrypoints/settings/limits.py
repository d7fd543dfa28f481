"""How much of anything is too much."""

from typing import Annotated

from pydantic import Field

from entrypoints.settings.kinds import BaseUrl, Seconds, Section
from entrypoints.settings.variables import variables


class Limits(Section):
    rate_limit_auth: Annotated[
        float,
        Field(ge=0),
        variables("Requests per second and address on unauthenticated routes; 0 is off", "GATEWAY_RATE_LIMIT_AUTH"),
    ] = 20
    max_result_bytes: Annotated[
        int, Field(ge=1024), variables("Largest callback body", "GATEWAY_MAX_RESULT_BYTES")
    ] = 16_777_216
    max_body_bytes: Annotated[
        int, Field(ge=1024), variables("Largest body of the other JSON routes", "GATEWAY_MAX_BODY_BYTES")
    ] = 2_097_152
    max_proxy_body_bytes: Annotated[
        int, Field(ge=1024), variables("Largest proxied request body", "GATEWAY_MAX_PROXY_BODY_BYTES")
    ] = 10_485_760
    request_receipt_secs: Annotated[
        Seconds, variables("Time in which a request head must arrive", "GATEWAY_REQUEST_RECEIPT_SECS")
    ] = 10
    ingress_replay_window_secs: Annotated[
        Seconds,
        variables("Greatest age of a timestamped webhook signature", "GATEWAY_INGRESS_REPLAY_WINDOW_SECS"),
    ] = 300
    pubsub_jwks_url: Annotated[BaseUrl, variables("Keys of Pub/Sub push tokens", "GATEWAY_PUBSUB_JWKS_URL")] = (
        "https://www.googleapis.com/oauth2/v3/certs"
    )
    graphql_introspection: Annotated[
        bool, variables("Answer GraphQL introspection", "GATEWAY_GRAPHQL_INTROSPECTION")
    ] = True
    graphql_depth: Annotated[int, Field(ge=1), variables("Depth of a GraphQL document", "GATEWAY_GRAPHQL_DEPTH")] = 10
    graphql_aliases: Annotated[
        int, Field(ge=0), variables("Aliases of a GraphQL document", "GATEWAY_GRAPHQL_ALIASES")
    ] = 15
    graphql_batch: Annotated[
        int, Field(ge=1), variables("Operations of a GraphQL batch", "GATEWAY_GRAPHQL_BATCH")
    ] = 10
