"""One folder or module for each command, called as the command; none knows a kind of task."""
