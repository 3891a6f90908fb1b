"""Every picture that a command leaves behind."""
