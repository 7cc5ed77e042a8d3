"""`python -m stepcheck.models.training --data FOLDER --out FOLDER`: make the bundled model."""

import argparse
import logging
import sys
from pathlib import Path

import torch

from stepcheck.models.training.corpus import DataError
from stepcheck.models.training.pipeline import TrainingData, train
from stepcheck.models.training.recipe import Recipe, RecipeError

_HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Run the command; return its exit status: 0, or 1 when stopped before the recipe's end."""
    parser = argparse.ArgumentParser(
        prog="python -m stepcheck.models.training",
        description="Train a model by a recipe; a run that was interrupted is continued.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the *.jsonl.xz files")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and model")
    parser.add_argument("--recipe", type=Path, default=_HERE / "recipe.toml")
    parser.add_argument(
        "--checked",
        type=Path,
        default=_HERE / "data" / "checked-steps.jsonl.xz",
        help="goals with Lean's verdicts",
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--stop-after-updates", type=int, help="stop early, to be continued later")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    torch.set_num_threads(options.threads)
    try:
        done = train(
            Recipe.load(options.recipe),
            TrainingData.load(options.data, options.checked),
            options.out,
            device=options.device,
            stop_after_updates=options.stop_after_updates,
        )
    except (DataError, RecipeError) as error:
        parser.exit(2, f"{error}\n")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
