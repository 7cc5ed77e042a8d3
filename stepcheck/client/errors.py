"""The errors of the client of the model server."""


class ClientError(Exception):
    """A request to the server failed; `str()` says why, `remedy` what to do.

    `status` and `kind` tell programs the same: those of the server's answer if it was one of its
    errors, else the HTTP status and a name of what went wrong on the way.
    """

    status = 502
    kind = "no_suggestions"

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class ServerUnreachableError(ClientError):
    """Nothing answers at the server's address, or the connection broke."""

    status = 503
    kind = "server_unreachable"


class ServerBusyError(ClientError):
    """The server is full, or still loading its model, for longer than the client may wait."""

    status = 503
    kind = "server_busy"


class RequestTimeoutError(ClientError):
    """The answer did not come in time."""

    status = 504
    kind = "deadline_exceeded"


class RequestRefusedError(ClientError):
    """The server refused the request: a wrong token, a limit, an unknown model."""


class ServerFailedError(ClientError):
    """The server met an error of its own."""


class ModelUnusableError(ClientError):
    """A server that was to be started cannot load its model."""

    kind = "model_unusable"


class ForeignServerError(ClientError):
    """What answers is not a model server of stepcheck."""

    kind = "foreign_server"
