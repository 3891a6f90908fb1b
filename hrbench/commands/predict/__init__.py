"""One's own pictures and videos."""
