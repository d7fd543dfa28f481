"""Load, measured: `make bench`."""
