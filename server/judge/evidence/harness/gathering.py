"""Evidence about code in other languages, of the same kinds as Python's.

Results are compared here. The process of the code gets arguments and returns results; the expected
ones are never there.
"""

import re
from collections.abc import Callable, Sequence

from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.harness import wire
from stepcheck.server.judge.evidence.harness.cases import (
    Case,
    find_cases,
    main_function,
    read_tests,
)
from stepcheck.server.judge.evidence.harness.program import (
    Answer,
    ProgramRun,
    Toolchain,
    build,
    run_calls,
    run_tests,
)
from stepcheck.server.judge.evidence.harness.results import (
    confirm_cases,
    example_evidence,
    expect_answers,
    reference_evidence,
    to_results,
)
from stepcheck.server.judge.evidence.rare_differences import INPUTS
from stepcheck.server.judge.languages.change import MODULE
from stepcheck.server.judge.languages.declarations import Function, normalize_name
from stepcheck.server.judge.languages.language import BuildError, Language
from stepcheck.server.judge.languages.table import HARNESS_LANGUAGES, tools_of
from stepcheck.server.judge.languages.types import can_hold, samples
from stepcheck.server.judge.question import Question
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
_SHARED_PROCESS = "the tests shared a process with the code, which could have forged their success"
_UNDEFINED = re.compile(
    r"was not declared|undeclared|undefined: |cannot find symbol|is not defined|not declared by",
    re.I,
)


def gather(
    question: Question, sandbox: Sandbox, is_cancelled: Callable[[], bool]
) -> list[Evidence]:
    """Gather all evidence about code of a harness language; raises what `Sandbox.run` does."""
    language = HARNESS_LANGUAGES[question.language]
    tools = tools_of(question.language)
    if tools is None:
        note = (
            f"nothing is run for {language.title}: its tools are missing. {language.install_hint}"
        )
        return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))]
    if reason := _unreadable_text(question):
        return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(reason,))]
    try:
        return _gather_all(Toolchain(language, tools, sandbox), question, is_cancelled)
    except RecursionError:
        note = "nested too deeply"
        return [Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,))]


def _unreadable_text(question: Question) -> str:
    """Return why a text of the question cannot be analysed, or nothing."""
    for text in (question.code, question.before or "", question.reference or "", question.tests):
        if len(text) > MAX_SOURCE_CHARACTERS:
            return f"longer than {MAX_SOURCE_CHARACTERS} characters"
        try:
            text.encode()
        except UnicodeEncodeError:
            return "a text that is no Unicode"
    return ""


def _gather_all(
    toolchain: Toolchain, question: Question, is_cancelled: Callable[[], bool]
) -> list[Evidence]:
    language = toolchain.language
    functions = language.functions(question.code)
    function = _function(language, question, functions)
    faults = list(_stubs(functions))
    if function is None:
        ran = build(toolchain, question.code, is_cancelled)
        faults += [*map(_to_fault, ran.errors), *_missing_function(language, question)]
        return [_static(faults, ran.problem or "the code defines no function to call")]
    return _gather(toolchain, question, function, faults, is_cancelled)


def _gather(
    toolchain: Toolchain,
    question: Question,
    function: Function,
    faults: list[Fault],
    is_cancelled: Callable[[], bool],
) -> list[Evidence]:
    language = toolchain.language
    shown, own = _examples(language, question, function)
    tested = read_tests(question.tests, function) if question.tests.strip() else []
    inputs = _inputs(shown, function) if question.reference is not None else []
    representable = [case for case in shown if _is_representable(language, function, case)]
    trials = [case for case in inputs if _is_representable(language, function, case)]
    asserted = [case for case in tested or [] if _is_representable(language, function, case)]
    notes: list[str] = []
    set_aside = len(shown) - len(representable)
    if question.reference is not None:
        answers, problem = _ask_reference(
            toolchain, question.reference, function, [*representable, *trials], is_cancelled
        )
        if problem:
            notes.append(problem)
            trials = []
        else:
            kept = confirm_cases(representable, answers[: len(representable)], function)
            set_aside += len(representable) - len(kept)
            representable = kept
            trials = expect_answers(trials, answers[len(answers) - len(trials) :])
    cases = [*representable, *asserted, *trials]
    ran = _run(toolchain, question.code, function, cases, is_cancelled)
    seen = _static(faults + [_to_fault(error) for error in ran.errors], ran.problem)
    if ran.errors:
        return [seen]
    results = to_results(cases, ran, function, language)
    gathered = [
        seen,
        example_evidence(results[: len(representable)], set_aside, own, notes, len(shown)),
    ]
    if question.reference is not None:
        compared = results[len(results) - len(trials) :] if trials else []
        gathered.append(reference_evidence(compared, len(inputs) - len(trials), notes))
    if tested:
        some = results[len(representable) : len(representable) + len(asserted)]
        gathered.append(to_evidence(EvidenceKind.TESTS, some, len(tested) - len(asserted)))
    elif question.tests.strip():
        gathered.append(_native_test_evidence(toolchain, question, is_cancelled))
    return gathered


def _function(
    language: Language, question: Question, functions: Sequence[Function]
) -> Function | None:
    """Return the function judged: as the question, the code before or the reference name it."""
    for declared in (question.before, question.reference):
        if _function_name(question) is None and declared:
            wanted = main_function(language.functions(declared), _text(question))
            if wanted is not None:
                return main_function(functions, _text(question), wanted.name)
    return main_function(functions, _text(question), _function_name(question))


def _missing_function(language: Language, question: Question) -> list[Fault]:
    for declared in (question.before, question.reference):
        wanted = main_function(language.functions(declared), _text(question)) if declared else None
        if wanted is not None:
            message = f"{wanted.name} is gone"
            return [Fault(None, Severity.MAJOR, FaultKind.CHANGED_SIGNATURE, message)]
    return []


def _text(question: Question) -> str:
    return "\n\n".join((question.examples, question.intent))


def _function_name(question: Question) -> str | None:
    """Return the function that is judged, None for the main one."""
    return None if question.function == MODULE else question.function


def _stubs(functions: Sequence[Function]) -> list[Fault]:
    return [
        Fault(
            function.range,
            Severity.FATAL,
            FaultKind.STUB,
            f"{function.name} has no body",
        )
        for function in functions
        if function.is_stub
    ]


def _static(faults: Sequence[Fault], problem: str) -> Evidence:
    finding = Finding.REFUTES if faults else Finding.NOTHING
    notes = (problem,) if problem else ()
    return Evidence(
        EvidenceKind.STATIC, finding, faults=tuple(faults), notes=notes, unfinished=len(notes)
    )


def _to_fault(error: BuildError) -> Fault:
    kind = FaultKind.UNDEFINED_NAME if _UNDEFINED.search(error.message) else FaultKind.SYNTAX
    return Fault(Range(error.line, error.line), Severity.FATAL, kind, error.message)


def _examples(
    language: Language, question: Question, function: Function
) -> tuple[list[Case], bool]:
    """Return the cases of the texts, and whether they are the code's own."""
    documented = language.comments(question.before, function.name) if question.before else ""
    if cases := find_cases(f"{_text(question)}\n\n{documented}", function):
        return cases, False
    return find_cases(language.comments(question.code, function.name), function), True


def _inputs(shown: Sequence[Case], function: Function) -> list[Case]:
    """Return inputs like those of the examples, or if there are none, of the declared types."""
    # Hypothesis takes long to import, which a server should not wait for when it starts.
    from stepcheck.server.judge.evidence.input_search import vary

    examples = [case.arguments for case in shown if case.arguments] or list(
        zip(*(samples(parameter.type) for parameter in function.parameters), strict=False)
    )
    return [Case(made, None) for made in vary(examples, INPUTS)] if examples else []


def _is_representable(language: Language, function: Function, case: Case) -> bool:
    """Whether the declared parameters have such values."""
    count = len(function.parameters)
    if len(case.arguments) != count and not function.is_variadic:
        return False
    if language.has_own_types:
        given = zip(case.arguments, function.parameters, strict=False)
        if any(can_hold(parameter.type, value) is False for value, parameter in given):
            return False
    elif not all(_is_exact(value, language.exact_integer_bits) for value in case.arguments):
        return False
    try:
        wire.encode(case.arguments, with_sets=language.has_sets)
    except wire.UnrepresentableError:
        return False
    return True


def _is_exact(value: object, bits: int) -> bool:
    match value:
        case int():
            return abs(value) < 1 << bits - 1
        case list() | tuple():
            return all(_is_exact(item, bits) for item in value)
    return True


def _run(
    toolchain: Toolchain,
    code: str,
    function: Function,
    cases: Sequence[Case],
    is_cancelled: Callable[[], bool],
) -> ProgramRun:
    with_sets = toolchain.language.has_sets
    lines = [wire.encode(case.arguments, with_sets=with_sets) for case in cases]
    return run_calls(toolchain, code, function, lines, is_cancelled)


def _ask_reference(
    toolchain: Toolchain,
    reference: str,
    function: Function,
    cases: Sequence[Case],
    is_cancelled: Callable[[], bool],
) -> tuple[list[Answer | None], str]:
    """Return the reference's answers, and why there are none."""
    declared = toolchain.language.functions(reference)
    known = next(
        (one for one in declared if normalize_name(one.name) == normalize_name(function.name)), None
    )
    if known is None:
        return [], f"the reference defines no {function.name}"
    ran = _run(toolchain, reference, known, cases, is_cancelled)
    if ran.errors:
        return [], f"the reference does not compile: {ran.errors[0].message}"
    if ran.problem:
        return [], f"the reference could not be run: {ran.problem}"
    return [ran.answers.get(number) for number in range(len(cases))], ""


def _native_test_evidence(
    toolchain: Toolchain, question: Question, is_cancelled: Callable[[], bool]
) -> Evidence:
    ended_well, ran = run_tests(toolchain, question.code, question.tests, is_cancelled)
    if ended_well:
        return Evidence(EvidenceKind.TESTS, Finding.SUPPORTS, 1, 1, notes=(_SHARED_PROCESS,))
    if ran.problem or ran.errors or not ran.is_own_fault:
        reason = ran.problem or ran.ending or "; ".join(error.message for error in ran.errors)
        note = f"the tests: {reason}"
        return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,), unfinished=1)
    fault = Fault(None, Severity.MAJOR, FaultKind.WRONG_RESULT, f"the tests fail: {ran.ending}")
    return Evidence(EvidenceKind.TESTS, Finding.REFUTES, 0, 1, faults=(fault,))
