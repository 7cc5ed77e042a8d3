"""Evidence about code in other languages, of the same kinds as Python's.

What is compared is compared here. The process of the code is told arguments and says results;
what would be right is never there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.harness import wire
from stepcheck.server.judge.evidence.harness.cases import (
    Case,
    find_cases,
    main_function,
    read_tests,
)
from stepcheck.server.judge.evidence.harness.program import Answer, Ran, build, run_calls, run_tests
from stepcheck.server.judge.evidence.harness.results import (
    agreed,
    answered,
    of_examples,
    of_reference,
    to_results,
)
from stepcheck.server.judge.evidence.rare_differences import INPUTS
from stepcheck.server.judge.languages.declarations import Function, normal
from stepcheck.server.judge.languages.language import BuildError, Language, Tools
from stepcheck.server.judge.languages.table import LANGUAGES, tools_of
from stepcheck.server.judge.languages.types import can_hold, samples
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)
from stepcheck.server.sandbox.sandbox import Sandbox

MAX_SOURCE_CHARACTERS = 1_000_000
_SHARED = "the tests shared a process with the code, which could have forged their success"
_UNDEFINED = re.compile(
    r"was not declared|undeclared|undefined: |cannot find symbol|is not defined|not declared by",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known about what the code should do; see `Question`."""

    code: str
    text: str
    before: str | None = None
    tests: str = ""
    reference: str | None = None
    function: str | None = None


@dataclass(frozen=True, slots=True)
class _Means:
    language: Language
    tools: Tools
    sandbox: Sandbox
    is_cancelled: Callable[[], bool]


def gather(
    name: str, asked: Asked, sandbox: Sandbox, is_cancelled: Callable[[], bool]
) -> list[Evidence]:
    """Gather all evidence about code of the language `name`; raises what `Sandbox.run` does."""
    language = LANGUAGES[name]
    tools = tools_of(name)
    if tools is None:
        note = f"nothing is run for {language.title}: its tools are missing. {language.remedy}"
        return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))]
    if unfit := _unfit(asked):
        return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(unfit,))]
    try:
        return _gather_all(_Means(language, tools, sandbox, is_cancelled), asked)
    except RecursionError:
        note = "nested too deeply"
        return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))]


def _unfit(asked: Asked) -> str:
    """Return why a text cannot be looked at, or nothing."""
    for text in (asked.code, asked.before or "", asked.reference or "", asked.tests):
        if len(text) > MAX_SOURCE_CHARACTERS:
            return f"longer than {MAX_SOURCE_CHARACTERS} characters"
        try:
            text.encode()
        except UnicodeEncodeError:
            return "a text that is no Unicode"
    return ""


def _gather_all(means: _Means, asked: Asked) -> list[Evidence]:
    language = means.language
    functions = language.functions(asked.code)
    function = _function(language, asked, functions)
    faults = list(_stubs(functions))
    if function is None:
        ran = build(language, means.tools, asked.code, means.sandbox, means.is_cancelled)
        faults += [*map(_to_fault, ran.errors), *_gone(language, asked)]
        return [_static(faults, ran.trouble or "the code defines no function to call")]
    return _gather(means, asked, function, faults)


def _gather(means: _Means, asked: Asked, function: Function, faults: list[Fault]) -> list[Evidence]:
    shown, own = _examples(means.language, asked, function)
    tested = read_tests(asked.tests, function) if asked.tests.strip() else []
    inputs = _inputs(shown, function) if asked.reference is not None else []
    sayable = [case for case in shown if _is_sayable(means.language, function, case)]
    trials = [case for case in inputs if _is_sayable(means.language, function, case)]
    asserted = [case for case in tested or [] if _is_sayable(means.language, function, case)]
    notes: list[str] = []
    aside = len(shown) - len(sayable)
    if asked.reference is not None:
        answers, trouble = _ask_reference(means, asked.reference, function, [*sayable, *trials])
        if trouble:
            notes.append(trouble)
            trials = []
        else:
            kept = agreed(sayable, answers[: len(sayable)], function)
            aside += len(sayable) - len(kept)
            sayable = kept
            trials = answered(trials, answers[len(answers) - len(trials) :])
    cases = [*sayable, *asserted, *trials]
    ran = _run(means, asked.code, function, cases)
    seen = _static(faults + [_to_fault(error) for error in ran.errors], ran.trouble)
    if ran.errors:
        return [seen]
    results = to_results(cases, ran, function, means.language)
    gathered = [seen, of_examples(results[: len(sayable)], aside, own, notes, len(shown))]
    if asked.reference is not None:
        compared = results[len(results) - len(trials) :] if trials else []
        gathered.append(of_reference(compared, len(inputs) - len(trials), notes))
    if tested:
        some = results[len(sayable) : len(sayable) + len(asserted)]
        gathered.append(to_evidence(EvidenceKind.TESTS, some, len(tested) - len(asserted)))
    elif asked.tests.strip():
        gathered.append(_of_own_tests(means, asked))
    return gathered


def _function(language: Language, asked: Asked, functions: Sequence[Function]) -> Function | None:
    """Return the function judged: as the question, the code before or the reference name it."""
    for declared in (asked.before, asked.reference):
        if asked.function is None and declared:
            wanted = main_function(language.functions(declared), asked.text)
            if wanted is not None:
                return main_function(functions, asked.text, wanted.name)
    return main_function(functions, asked.text, asked.function)


def _gone(language: Language, asked: Asked) -> list[Fault]:
    for declared in (asked.before, asked.reference):
        wanted = main_function(language.functions(declared), asked.text) if declared else None
        if wanted is not None:
            message = f"{wanted.name} is gone"
            return [Fault(None, Severity.MAJOR, FaultKind.CHANGED_SIGNATURE, message)]
    return []


def _stubs(functions: Sequence[Function]) -> list[Fault]:
    return [
        Fault(
            Range(function.first_line, function.last_line),
            Severity.FATAL,
            FaultKind.STUB,
            f"{function.name} has no body",
        )
        for function in functions
        if function.is_stub
    ]


def _static(faults: Sequence[Fault], trouble: str) -> Evidence:
    finding = Finding.REFUTES if faults else Finding.NOTHING
    notes = (trouble,) if trouble else ()
    return Evidence(
        EvidenceKind.STATIC, finding, faults=tuple(faults), notes=notes, unfinished=len(notes)
    )


def _to_fault(error: BuildError) -> Fault:
    kind = FaultKind.UNDEFINED_NAME if _UNDEFINED.search(error.message) else FaultKind.SYNTAX
    return Fault(Range(error.line, error.line), Severity.FATAL, kind, error.message)


def _examples(language: Language, asked: Asked, function: Function) -> tuple[list[Case], bool]:
    """Return the cases of the texts, and whether they are the code's own."""
    documented = language.comments(asked.before, function.name) if asked.before else ""
    if cases := find_cases(f"{asked.text}\n\n{documented}", function):
        return cases, False
    return find_cases(language.comments(asked.code, function.name), function), True


def _inputs(shown: Sequence[Case], function: Function) -> list[Case]:
    """Return inputs like those of the examples, or if there are none, of the declared types."""
    # Hypothesis takes long to import, which a server should not wait for when it starts.
    from stepcheck.server.judge.evidence.input_search import vary

    examples = [case.arguments for case in shown if case.arguments] or list(
        zip(*(samples(parameter.type) for parameter in function.parameters), strict=False)
    )
    return [Case(made, None) for made in vary(examples, INPUTS)] if examples else []


def _is_sayable(language: Language, function: Function, case: Case) -> bool:
    """Whether the declared parameters have such values."""
    count = len(function.parameters)
    if len(case.arguments) != count and not function.takes_more:
        return False
    if language.has_own_types:
        given = zip(case.arguments, function.parameters, strict=False)
        if any(can_hold(parameter.type, value) is False for value, parameter in given):
            return False
    elif not all(_is_exact(value, language.exact_integer_bits) for value in case.arguments):
        return False
    try:
        wire.encode(case.arguments, with_sets=language.has_sets)
    except wire.UnsayableError:
        return False
    return True


def _is_exact(value: object, bits: int) -> bool:
    match value:
        case int():
            return abs(value) < 1 << bits - 1
        case list() | tuple():
            return all(_is_exact(item, bits) for item in value)
    return True


def _run(means: _Means, code: str, function: Function, cases: Sequence[Case]) -> Ran:
    lines = [wire.encode(case.arguments, with_sets=means.language.has_sets) for case in cases]
    return run_calls(
        means.language, means.tools, code, function, lines, means.sandbox, means.is_cancelled
    )


def _ask_reference(
    means: _Means, reference: str, function: Function, cases: Sequence[Case]
) -> tuple[list[Answer | None], str]:
    """Return the reference's answers, and why there are none."""
    declared = means.language.functions(reference)
    known = next((one for one in declared if normal(one.name) == normal(function.name)), None)
    if known is None:
        return [], f"the reference defines no {function.name}"
    ran = _run(means, reference, known, cases)
    if ran.errors:
        return [], f"the reference does not compile: {ran.errors[0].message}"
    if ran.trouble:
        return [], f"the reference could not be run: {ran.trouble}"
    return [ran.answers.get(number) for number in range(len(cases))], ""


def _of_own_tests(means: _Means, asked: Asked) -> Evidence:
    ended_well, ran = run_tests(
        means.language,
        means.tools,
        asked.code,
        asked.tests,
        means.sandbox,
        means.is_cancelled,
    )
    if ended_well:
        return Evidence(EvidenceKind.TESTS, Finding.SUPPORTS, 1, 1, notes=(_SHARED,))
    if ran.trouble or ran.errors or not ran.its_own:
        reason = ran.trouble or ran.ending or "; ".join(error.message for error in ran.errors)
        note = f"the tests: {reason}"
        return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,), unfinished=1)
    fault = Fault(None, Severity.MAJOR, FaultKind.WRONG_RESULT, f"the tests fail: {ran.ending}")
    return Evidence(EvidenceKind.TESTS, Finding.REFUTES, 0, 1, faults=(fault,))
