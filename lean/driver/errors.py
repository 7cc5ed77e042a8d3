"""What goes wrong around Lean, each with what a person can do about it."""


class LeanError(Exception):
    """Lean could not do what it was asked.

    `problem` says what is wrong, `remedy` what to do about it; `str()` joins them.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n{remedy}")
        self.problem = problem
        self.remedy = remedy


class LeanSetupError(LeanError):
    """Lean cannot be found, installed or started."""


class LeanUnavailableError(LeanError):
    """Lean is there but does not answer: it does not get ready, or it keeps dying."""


class DocumentError(LeanError):
    """The document cannot be elaborated up to the position."""


class NoGoalError(DocumentError):
    """Nothing is to be proved at the position."""
