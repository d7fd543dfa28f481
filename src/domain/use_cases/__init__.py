"""One thing that somebody wants from the gateway per file."""
