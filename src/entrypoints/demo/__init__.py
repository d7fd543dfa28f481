"""What the demo and the tests run beside the gateway: a simulated NoETL server, an issuer, a real NATS."""
