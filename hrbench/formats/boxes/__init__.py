"""Files of boxes."""
