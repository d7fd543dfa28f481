"""What browsers load from the gateway itself."""
