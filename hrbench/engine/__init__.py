"""Training and prediction: loops over batches that know no task."""
