"""The one exception of this package that a person is meant to read."""


class StackFailure(Exception):
    """The stack cannot go on; the message is a sentence that says why and what to do."""
