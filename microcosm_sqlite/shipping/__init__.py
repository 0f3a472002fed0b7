"""Move artifacts from the builder to the reader."""
