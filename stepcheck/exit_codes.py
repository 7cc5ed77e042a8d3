"""What the exit status of every `stepcheck` command means, in one place."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of a command."""

    OK = 0
    NEGATIVE = 1
    """The command ran and the answer is no: a step was refused, no suggestion survived."""
    USAGE = 2
    """A flag, a setting or an input file is wrong, or an address cannot be used."""
    SERVER_UNREACHABLE = 3
    """The model server is down, not ready in time, or answers with an error."""
    LEAN_UNAVAILABLE = 4
    """No Lean could be found, installed or started."""
    NO_GOAL = 5
    """No goal at the position asked about."""
    MODEL_UNAVAILABLE = 6
    """A model is unknown, damaged or cannot be loaded."""
    FOLDER_UNUSABLE = 7
    """A folder that the command works in is missing, full, or may not be written."""
    UNDECIDED = 8
    """Nothing decided whether the code is right."""
    INTERRUPTED = 130
    """Interrupted from the keyboard."""
