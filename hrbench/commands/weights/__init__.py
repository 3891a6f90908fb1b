"""What a checkpoint is, and the same under other names."""
