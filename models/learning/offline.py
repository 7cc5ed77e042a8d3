"""What TRL's trainers do over the network, left out, and what they draw on the terminal."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import datasets
from transformers.utils import logging as transformers_logging


class Offline:
    """Goes before a trainer among the bases of a class.

    TRL tells its makers of every trainer that is made, and writes a page for a hub of models
    beside every checkpoint (trl 1.16).
    """

    def _send_telemetry(self) -> None:
        """Tell nobody."""

    def create_model_card(self, *_: object, **__: object) -> None:
        """Write no page."""


@contextmanager
def quietly() -> Iterator[None]:
    """Keep the libraries' own bars and their warnings to each other off the terminal."""
    transformers_bars = transformers_logging.is_progress_bar_enabled()
    datasets_bars = datasets.are_progress_bars_disabled()
    transformers_logging.disable_progress_bar()
    datasets.disable_progress_bars()
    disabled = os.environ.get("TQDM_DISABLE")
    os.environ["TQDM_DISABLE"] = "1"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        os.environ.pop("TQDM_DISABLE")
        if disabled is not None:
            os.environ["TQDM_DISABLE"] = disabled
        if transformers_bars:
            transformers_logging.enable_progress_bar()
        if not datasets_bars:
            datasets.enable_progress_bars()
