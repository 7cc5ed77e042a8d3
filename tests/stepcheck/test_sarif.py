"""The log against an excerpt of the SARIF 2.1.0 schema: what we write, without anything else."""

from pathlib import Path

import jsonschema

from stepcheck.sarif import JudgedFile, to_sarif
from stepcheck.server.judge.edits import JudgedFunction
from stepcheck.server.judge.languages.change import ChangeKind
from stepcheck.server.judge.verdict import Fault, FaultKind, Judgement, Range, Severity, Verdict


def an_object(*required, **properties):
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def some(items):
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
MESSAGE = an_object("text", text=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LINE = {"type": "integer", "minimum": 1}
LOCATION = an_object(
    physicalLocation=an_object(
        artifactLocation=an_object(uri=TEXT | {"pattern": "^[^ /][^ ]*$"}, uriBaseId=TEXT),
        region=an_object(startLine=LINE, endLine=LINE),
    ),
    logicalLocations=some(an_object(fullyQualifiedName=TEXT)),
)
SCHEMA = an_object(
    "version",
    "runs",
    **{"$schema": TEXT},
    version={"enum": ["2.1.0"]},
    runs=some(
        an_object(
            "tool",
            tool=an_object(
                "driver",
                driver=an_object(
                    "name",
                    name=TEXT,
                    semanticVersion=TEXT,
                    rules=some(an_object("id", id=TEXT, name=TEXT, shortDescription=MESSAGE)),
                ),
            ),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            results=some(
                an_object(
                    "message",
                    ruleId=TEXT,
                    ruleIndex={"type": "integer", "minimum": 0},
                    level=LEVEL,
                    message=MESSAGE,
                    locations=some(LOCATION),
                    partialFingerprints={"type": "object", "additionalProperties": TEXT},
                )
            ),
            invocations=some(
                an_object(
                    "executionSuccessful",
                    executionSuccessful={"type": "boolean"},
                    toolExecutionNotifications=some(
                        an_object("message", level=LEVEL, message=MESSAGE, locations=some(LOCATION))
                    ),
                )
            ),
        )
    ),
)
WRONG = Fault(None, Severity.MAJOR, FaultKind.WRONG_RESULT, "f(1) gives 2, not 1")
SLIGHT = Fault(Range(3, 3), Severity.SMALL, FaultKind.CHANGED_SIGNATURE, "f takes (x)")


def judged(name, *faults, first_line=1):
    judgement = Judgement(Verdict.INCORRECT, 0.1, 0.9, faults, ())
    return JudgedFunction(name, Range(first_line, first_line + 3), judgement, ChangeKind.CHANGED)


def run_of(*files):
    log = to_sarif(files)
    jsonschema.validate(log, SCHEMA)
    [run] = log["runs"]
    return run


def test_every_fault_is_a_result_of_a_rule_with_a_place():
    run = run_of(JudgedFile(Path("a b/f.py"), (judged("f", WRONG, SLIGHT),)))

    wrong, slight = run["results"]
    assert (wrong["level"], slight["level"]) == ("error", "warning")
    assert (wrong["ruleId"], slight["ruleId"]) == ("wrong_result", "changed_signature")
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/f.py"
    regions = [r["locations"][0]["physicalLocation"]["region"] for r in run["results"]]
    assert regions == [{"startLine": 1, "endLine": 4}, {"startLine": 3, "endLine": 3}]


def test_every_kind_of_fault_and_severity_fits_the_schema():
    faults = [Fault(None, severity, kind, "bad") for kind in FaultKind for severity in Severity]

    assert len(run_of(JudgedFile(Path("f.py"), (judged("f", *faults),)))["results"]) == len(faults)


def test_a_fingerprint_stays_when_code_moves_and_differs_between_faults():
    def fingerprints(*functions):
        run = run_of(JudgedFile(Path("f.py"), functions))
        return [result["partialFingerprints"]["stepcheckFault/v1"] for result in run["results"]]

    moved = fingerprints(judged("f", WRONG, SLIGHT, first_line=50))

    assert fingerprints(judged("f", WRONG, SLIGHT)) == moved
    assert len(set(moved)) == 2


def test_a_fault_of_several_functions_is_one_result():
    assert (
        len(run_of(JudgedFile(Path("f.py"), (judged("f", WRONG), judged("g", WRONG))))["results"])
        == 1
    )


def test_a_skipped_file_is_told_of_and_an_empty_log_is_valid():
    run = run_of(JudgedFile(Path("f.py"), skipped="is binary"))
    [notification] = run["invocations"][0]["toolExecutionNotifications"]

    assert notification["message"]["text"] == "f.py is binary"
    assert run_of()["results"] == []
