"""Ship read-only data like code."""
