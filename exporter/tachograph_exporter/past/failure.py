"""What can be wrong with reading the past, in one line that says where and what to do."""


class PastError(Exception):
    """The past could not be read; the message is for the user."""


class Unreachable(PastError):  # noqa: N818 - the message is for the user
    """Nobody answers at the address, or something else than was expected."""


class Refused(PastError):  # noqa: N818 - the message is for the user
    """The server understood, and said no: a query is too large, too slow or wrong."""


class NothingFound(PastError):  # noqa: N818 - the message is for the user
    """The server answers, but knows nothing of the window."""
