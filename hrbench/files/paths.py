"""Names of files as other systems write them."""


def with_slashes(name: str) -> str:
    r"""Return an image's name with / between its folders, where Windows wrote \."""
    return name.replace("\\", "/")
