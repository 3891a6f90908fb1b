"""From pictures and sequences to batches: headers, pixels, crops, augmentation, the loader."""
