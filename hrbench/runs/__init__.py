"""A run: what was asked for, its folder, where its weights come from."""
