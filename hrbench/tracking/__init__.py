"""Programs that people look at their runs with: each one's store of curves, figures, pictures."""
