"""What operators see of the gateway: log lines and metrics."""
