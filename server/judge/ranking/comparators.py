"""Ways to compare two candidates: by evidence, by a chat model, by evidence first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stepcheck.models.chat.interface import (
    ChatAnswerError,
    ChatCancelledError,
    ChatMessage,
    ChatModel,
    OptionProbabilities,
)
from stepcheck.server.judge.criteria import Criterion
from stepcheck.server.judge.model import prompts
from stepcheck.server.judge.ranking.pairs import TIE, Comparator, Preference
from stepcheck.server.judge.verdict import EvidenceKind, Finding, Judgement, Verdict
from stepcheck.server.sandbox.sandbox import CancelledError

_OPTIONS = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class EvidenceComparator:
    """Compares judgements: facts first, then how likely each candidate is to be right.

    A candidate that a fact refutes loses to one that none refutes. Of others, the first wins where
    it is right and the second wrong, taken to be independent of each other.
    """

    judgements: Sequence[Judgement]

    def compare(self, first: int, second: int) -> Preference | None:
        """Compare two candidates; None if nothing is known of either."""
        left, right = self.judgements[first], self.judgements[second]
        if is_refuted(left) != is_refuted(right):
            return Preference(0.0, 1.0) if is_refuted(left) else Preference(1.0, 0.0)
        if left.score != right.score:
            return _prefer_by_probability(left.score, right.score)
        if left.verdict is right.verdict is Verdict.UNKNOWN and not (_runs(left) or _runs(right)):
            return None
        return _prefer_by_probability(_share_passed(left), _share_passed(right))


def is_refuted(judgement: Judgement) -> bool:
    """Whether a fact, not a model, says that the candidate is wrong."""
    return any(
        evidence.finding is Finding.REFUTES and evidence.kind is not EvidenceKind.MODEL
        for evidence in judgement.evidence
    )


def _prefer_by_probability(left: float, right: float) -> Preference:
    if left == right:
        return TIE
    first, second = left * (1 - right), right * (1 - left)
    return Preference.of(first, second, 1 - first - second)


def _share_passed(judgement: Judgement) -> float:
    return sum(each.passed for each in judgement.evidence) / max(1, _runs(judgement))


def _runs(judgement: Judgement) -> int:
    return sum(each.run for each in judgement.evidence)


@dataclass(frozen=True, slots=True)
class PreferenceQuestion:
    """Which of two programs for a task is the better by a criterion, or with `worse` the worse."""

    task: str
    criterion: Criterion
    worse: bool = False


class ChatComparator:
    """Asks a chat model a preference question about two candidates.

    The probabilities are those of the letters that stand for the first, the second, and neither.
    """

    def __init__(
        self,
        chat: ChatModel,
        candidates: Sequence[str],
        question: PreferenceQuestion,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._chat = chat
        self._candidates = candidates
        self._question = question
        self._is_cancelled = is_cancelled
        self.estimated = False
        """Whether probabilities were estimated from samples, as the server gives none."""

    def compare(self, first: int, second: int) -> Preference | None:
        """Compare two candidates; None if the model answers neither letter.

        Raises other `ChatError`s and `CancelledError`.
        """
        if self._candidates[first] == self._candidates[second]:
            return TIE
        messages = ask_preference(self._question, self._candidates[first], self._candidates[second])
        try:
            found: OptionProbabilities = self._chat.choose(messages, _OPTIONS, self._is_cancelled)
        except ChatAnswerError:
            return None
        except ChatCancelledError:
            raise CancelledError from None
        self.estimated |= found.estimated
        weights = [found.probabilities[option] for option in _OPTIONS]
        return Preference.of(*weights) if any(weights) else None


def ask_preference(question: PreferenceQuestion, first: str, second: str) -> list[ChatMessage]:
    """Return the messages that ask to compare two programs."""
    wanted = "worse" if question.worse else "better"
    instructions = (
        "You compare two programs for the same task, A and B, by one criterion: a good program "
        f"{question.criterion.meaning}. Decide which of them is the {wanted} by this "
        "criterion. Judge by nothing else, and not by the order in which they are shown. "
        f"Answer with one letter: A, B, or C if neither is. {prompts.DATA}"
    )
    parts = (
        prompts.fence("Task", question.task),
        prompts.fence("Program A", first),
        prompts.fence("Program B", second),
    )
    return [ChatMessage("system", instructions), ChatMessage("user", "\n\n".join(parts))]


@dataclass(frozen=True, slots=True)
class FactsFirst:
    """Compares by facts where exactly one candidate is refuted, else as `model` does.

    With `worse` both are asked which is the worse.
    """

    judgements: Sequence[Judgement]
    model: Comparator
    worse: bool = False

    def compare(self, first: int, second: int) -> Preference | None:
        """Compare two candidates; raises what the model's comparator does."""
        refuted = is_refuted(self.judgements[first])
        if refuted != is_refuted(self.judgements[second]):
            return Preference(1.0, 0.0) if refuted == self.worse else Preference(0.0, 1.0)
        return self.model.compare(first, second)
