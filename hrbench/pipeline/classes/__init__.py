"""Classes of whole pictures, from a split's files to their figures."""
