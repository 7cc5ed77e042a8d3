"""The results of an experiment: kept in a file after every run, and told as a table."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, stdev

from pydantic import BaseModel, ConfigDict, ValidationError

from stepcheck.models.learning.arms import CONTROL
from stepcheck.models.learning.errors import FolderError
from stepcheck.models.learning.evaluation import Ranking
from stepcheck.models.learning.run_folder import write_whole


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Run(_Model):
    """One arm with one seed: what it was trained by, and how it ranks.

    `recipe` is empty for the control. Of a run that an alarm stopped there is no `ranking`, but
    why it was `stopped`.
    """

    arm: str
    seed: int
    recipe: str = ""
    rows: int = 0
    steps: int = 0
    seconds: float = 0.0
    ranking: Ranking | None = None
    stopped: str = ""
    notes: tuple[str, ...] = ()


class Results(_Model):
    """What was done so far, of the experiment that `identity` tells from others."""

    identity: str
    runs: tuple[Run, ...] = ()

    def find(self, arm: str, seed: int) -> Run | None:
        """Return a run if it was done."""
        return next((run for run in self.runs if (run.arm, run.seed) == (arm, seed)), None)

    def with_run(self, run: Run) -> "Results":
        """Return these results and one more."""
        return self.model_copy(update={"runs": (*self.runs, run)})


Figure = Callable[[Ranking], float]
FIGURES: dict[str, Figure] = {
    "pairs": lambda of: of.pair_accuracy,
    "log p of accepted": lambda of: of.accepted_log_probability,
    "best is accepted": lambda of: of.best_accepted,
}
"""What a table tells of a ranking, by the heads of its columns."""


def read_results(path: Path, identity: str) -> Results:
    """Read what was done, nothing if there is no file.

    Raises FolderError for a damaged file, and for one of another experiment.
    """
    try:
        results = Results.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Results(identity=identity)
    except OSError as error:
        raise FolderError(f"cannot read {path} ({error.strerror}): name another --out") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise FolderError(
            f"{path} is damaged: remove it, which does all runs again, or name another --out"
        ) from error
    if results.identity != identity:
        raise FolderError(
            f"{path} is of other rows, another model or another share of goals held back: go on "
            "with these, or name another --out"
        )
    return results


def write_results(path: Path, results: Results) -> None:
    """Write results so that the file is whole whenever this ends; raises FolderError."""
    write_whole(path, results.model_dump_json(indent=1) + "\n")


def differences(results: Results, arm: str, figure: Figure) -> list[float]:
    """Return for every seed by how much an arm is above the control with the same seed."""
    found = []
    for run in results.runs:
        control = results.find(CONTROL, run.seed)
        if run.arm == arm and run.ranking and control and control.ranking:
            found.append(figure(run.ranking) - figure(control.ranking))
    return found


def table(results: Results) -> list[str]:
    """Return the lines of a Markdown table: mean ± standard deviation over the seeds.

    Below an arm's figures stand the differences to the control with the same seed.
    """
    lines = [
        "| | " + " | ".join(FIGURES) + " |",
        "|---" * (len(FIGURES) + 1) + "|",
    ]
    for arm in dict.fromkeys(run.arm for run in results.runs):
        of_arm = [run for run in results.runs if run.arm == arm]
        done = [run.ranking for run in of_arm if run.ranking is not None]
        stopped = len(of_arm) - len(done)
        name = f"{arm} ({stopped} of {len(of_arm)} stopped)" if stopped else arm
        cells = [_told([figure(each) for each in done], "") for figure in FIGURES.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        if arm != CONTROL:
            cells = [_told(differences(results, arm, each), "+") for each in FIGURES.values()]
            lines.append("| … against untuned | " + " | ".join(cells) + " |")
    return lines


def _told(values: Sequence[float], sign: str) -> str:
    if not values:
        return "–"
    spread = stdev(values) if len(values) > 1 else 0.0
    return f"{fmean(values):{sign}.3f} ± {spread:.3f}"
