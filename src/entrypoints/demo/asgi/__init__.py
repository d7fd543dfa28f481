"""A small ASGI layer for the stand-ins: raw paths, raw bytes, and every reply byte in our own hand."""
