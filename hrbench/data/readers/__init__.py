"""One module per file format; each converts to the columns of `data.sample`."""
