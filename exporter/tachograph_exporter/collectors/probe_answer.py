"""An HTTP answer to a probe, while it arrives."""

import httptools

_BODY_BYTES = 1 << 20
_FINAL = 200  # what is less only announces an answer (RFC 9110, section 15.2)


class BadAnswer(Exception):  # noqa: N818 - what an answer is
    """What arrived is no HTTP, or not all of it."""


class Answer:
    """Takes an answer's bytes; its callbacks are httptools'."""

    def __init__(self, *, bodiless: bool) -> None:
        self.status = 0
        self.body = b""
        self.complete = False
        self._bodiless = bodiless
        self._delimited = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what arrived next, nothing at the end of the connection; raise BadAnswer."""
        if not data:
            if self._delimited or self.status < _FINAL:
                raise BadAnswer("it ended early")
            self.complete = True
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self.complete:
                raise BadAnswer(str(error)) from error

    def on_message_begin(self) -> None:
        """Begin anew: an announcement came before."""
        self.body, self._delimited = b"", False

    def on_header(self, name: bytes, _value: bytes) -> None:
        """Note whether the body tells its own end."""
        self._delimited = self._delimited or name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        """Take the status."""
        self.status = self._parser.get_status_code()
        self.complete = self._bodiless and self.status >= _FINAL

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body; a MiB is enough to look for something in it."""
        self.body += data
        self.complete = self.complete or len(self.body) >= _BODY_BYTES

    def on_message_complete(self) -> None:
        """Note that all is there."""
        self.complete = self.status >= _FINAL
