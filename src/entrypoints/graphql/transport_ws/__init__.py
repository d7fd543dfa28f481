"""The WebSocket subprotocol `graphql-transport-ws`, as the library graphql-ws specifies it."""
