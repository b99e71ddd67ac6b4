"""Limits of what is read as a knowledge base."""

MAX_BYTES = 20_000_000
"""Of all files of a knowledge base."""
