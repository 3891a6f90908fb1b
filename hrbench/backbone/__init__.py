"""The HRNet backbone in all published widths, and the layouts its checkpoints come in."""
