"""A task's network put to work on anyone's pictures, by the functions that a run predicts with."""
