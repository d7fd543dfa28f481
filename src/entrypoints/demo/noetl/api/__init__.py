"""The HTTP face of the simulated server, one file per group of routes."""
