"""Things of several classes: ImageNet."""
