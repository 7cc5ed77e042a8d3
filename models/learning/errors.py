"""What can go wrong while learning; every message names the remedy."""


class LearningError(Exception):
    """The data, the recipe or the base model cannot be used, or the run had to stop."""


class LearningStoppedError(LearningError):
    """An alarm stopped the run; its last checkpoint is whole."""


class FolderError(LearningError):
    """The output folder is full, may not be written, or holds something else."""
