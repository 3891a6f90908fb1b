"""Objects of several classes: ImageNet."""
