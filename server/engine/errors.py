"""Why a request was not admitted, or did not come to its end."""

import re

_OUT_OF_MEMORY = re.compile(r"out of memory|not enough memory|can't allocate memory", re.I)


class EngineError(Exception):
    """A request was not admitted, or did not come to its end; the message says why."""


class NotReadyError(EngineError):
    """The model is still being loaded."""


class ModelUnavailableError(EngineError):
    """The model cannot be used: it could not be loaded, or the engine broke down."""


class NoModelError(EngineError):
    """The server was started without a language model."""


class UnknownModelError(EngineError):
    """No model of that name is served."""


class NoEncoderError(EngineError):
    """The model generates but does not embed texts."""


class QueueFullError(EngineError):
    """As many requests as allowed are waiting or running."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class DeadlineExceededError(EngineError):
    """The time limit passed before there was anything to answer with."""


class ClientLeftError(EngineError):
    """The client closed its connection."""


class StoppingError(EngineError):
    """The server is being stopped."""


class GenerationFailedError(EngineError):
    """The model raised an error."""


class OutOfMemoryError(GenerationFailedError):
    """The model ran out of memory."""


def describe_failure(error: Exception) -> GenerationFailedError:
    """Turn a model's error into one without traceback."""
    # Torch's own class is not named, so that the engine does not import torch; on the CPU it
    # raises a plain RuntimeError.
    ran_out = isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and _OUT_OF_MEMORY.search(str(error))
    )
    if ran_out:
        return OutOfMemoryError("The model ran out of memory.")
    return GenerationFailedError(f"The model failed ({type(error).__name__}).")
