"""Every error a person may meet. The docstring of a class is its message when none is given."""


class IncidentbotError(Exception):
    """Something went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    @property
    def message(self) -> str:
        return str(self.args[0])


class ConfigError(IncidentbotError):
    """The configuration cannot be used."""


class Refused(IncidentbotError):
    """Not done; nothing was changed."""


class NotFound(Refused):
    """There is no such thing."""


class Temporary(IncidentbotError):
    """It did not happen now; the same call may work later.

    `retry_after` is in seconds, None when the other side named no time.
    """

    def __init__(self, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(IncidentbotError):
    """It will not work however often it is tried."""


class InDoubt(IncidentbotError):
    """The call may have taken effect; only looking can tell."""
