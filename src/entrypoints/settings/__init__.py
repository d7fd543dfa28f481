"""What the operator decides: defaults, then the file named by GATEWAY_CONFIG, then the environment."""
