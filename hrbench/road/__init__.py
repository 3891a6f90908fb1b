"""The steps from a task's name to a record, which commands put together."""
