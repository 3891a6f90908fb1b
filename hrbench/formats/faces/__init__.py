"""300-W, WFLW, AFLW and COFW."""
