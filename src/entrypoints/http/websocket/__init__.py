"""`GET /ws`: the same job as GraphQL and /events, over one WebSocket that speaks JSON-RPC 2.0."""
