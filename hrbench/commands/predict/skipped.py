"""Files of pictures that cannot be read: passed over and named, or a reason to stop."""

from hrbench.errors import DataError


class Skipped:
    """The files that cannot be read, each in a sentence.

    Args:
        strict: stop at the first.
        sentences: those that are known.

    Raises:
        DataError: there is one, and that is what to stop at.
    """

    def __init__(self, strict: bool, sentences: list[str]) -> None:
        self.strict, self.sentences = strict, sentences
        if strict and sentences:
            raise DataError(sentences[0])

    def __call__(self, error: DataError) -> None:
        """Note a file that a reader refuses."""
        if self.strict:
            raise error
        self.sentences.append(str(error))

    def require_some(self, read: int) -> None:
        """Refuse to go on where nothing else is there.

        Raises:
            DataError: it is so.
        """
        if not read and self.sentences:
            more = f" (and {len(self.sentences) - 1} more)" * (len(self.sentences) > 1)
            raise DataError(f"{self.sentences[0]}{more}")
