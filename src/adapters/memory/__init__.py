"""Adapters that keep every promise of their ports within one process: for tests, and for trying things out."""
