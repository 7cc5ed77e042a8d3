"""The results of an experiment as a picture."""

from pathlib import Path
from statistics import fmean

import matplotlib as mpl
from matplotlib.figure import Figure

from stepcheck.models.learning.arms import CONTROL
from stepcheck.models.learning.errors import FolderError
from stepcheck.models.learning.results import FIGURES, Results, differences


def draw(results: Results, path: Path) -> None:
    """Draw for every arm and figure the differences to the control, a point for every seed (SVG).

    A stroke is their mean. Raises FolderError if the file cannot be written.
    """
    arms = [each for each in dict.fromkeys(run.arm for run in results.runs) if each != CONTROL]
    with mpl.rc_context({"svg.hashsalt": "stepcheck", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 0.8 + 0.35 * len(arms)), layout="constrained")
        panels = figure.subplots(1, len(FIGURES), sharey=True)
        for panel, (name, of) in zip(panels, FIGURES.items(), strict=True):
            for height, arm in enumerate(reversed(arms)):
                points = differences(results, arm, of)
                panel.plot(points, [height] * len(points), "o", color="tab:blue", alpha=0.5)
                if points:
                    panel.plot([fmean(points)], [height], "|", color="black", markersize=14)
            panel.axvline(0.0, color="gray", linewidth=0.8)
            panel.set_title(name)
            panel.set_yticks(range(len(arms)), list(reversed(arms)))
            panel.set_ylim(-0.5, len(arms) - 0.5)
        figure.supxlabel("against the untuned model with the same goals held back")
        try:
            figure.savefig(path, format="svg", metadata={"Date": None})
        except OSError as error:
            raise FolderError(f"cannot write {path} ({error.strerror}): make room") from error
