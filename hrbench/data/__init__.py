"""From files to batches: layouts, readers, augmentation, the loader."""
