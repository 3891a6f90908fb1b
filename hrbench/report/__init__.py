"""What a run leaves behind, and how it is set beside what was published."""
