"""Offer what the package does on the command line, as `microcosm-sqlite`."""

from microcosm_sqlite.cmd.program import main

__all__ = ["main"]
