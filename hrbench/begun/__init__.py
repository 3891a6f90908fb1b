"""A run as it was begun: what was asked for, its folder, where its weights come from."""
