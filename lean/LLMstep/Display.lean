import LLMstep.Check
import LLMstep.InsertionPoint
import LLMstep.Rank
import LLMstep.Widget
import Lean.Meta.Tactic.TryThis

/-!
# Showing suggestions

Suggestions are shown by Lean's own Try-this mechanism: as text, as links in the infoview, and as
code actions; and in a panel of their own.
-/

open Lean Meta Elab Tactic

namespace LLMstep

/-- How many goals are printed under a suggestion. -/
def maxGoalsShown : Nat := 4

/-- A score, to two decimals. -/
def scoreText (score : Float) : String :=
  let hundredths := (score.abs * 100).round.toUInt64.toNat
  let fraction := hundredths % 100
  let sign := if score < 0 && hundredths > 0 then "-" else ""
  s!"{sign}{hundredths / 100}.{if fraction < 10 then "0" else ""}{fraction}"

/-- Where a suggestion comes from: its score, if it is the model's. -/
def Suggestion.origin (suggestion : Suggestion) : String :=
  match suggestion.source with
  | .model => s!"score {scoreText suggestion.score}"
  | source => s!"from {source.name}"

/-- The outcome of a suggestion, in a few words after a symbol. -/
def Outcome.summary (outcome : Outcome) : String :=
  match outcome.verdict with
  | .proved => "✓ proved"
  | .progress =>
    if outcome.goals.isEmpty then s!"→ {outcome.message}"
    else s!"→ {counted outcome.goals.size "goal"}"
  | .noProgress => "= no progress"
  | .rejected => s!"✗ rejected: {outcome.message}"
  | .unsound => s!"✗ unsound: {outcome.message}"
  | .timeout => s!"? timeout: {outcome.message}"
  | .unknown => s!"? unknown: {outcome.message}"

/-- The text with all its lines indented. -/
def indentLines (text : String) : String :=
  "\n".intercalate ((text.splitOn "\n").map ("    " ++ ·))

/-- A goal without the hypotheses that `known` goals have, too. -/
def newPartOfGoal (known : Array String) (goal : String) : String :=
  let old := known.toList.flatMap (·.splitOn "\n")
  let lines := goal.splitOn "\n"
  let hypotheses := lines.takeWhile (!·.startsWith "⊢")
  let target := lines.dropWhile (!·.startsWith "⊢")
  "\n".intercalate (hypotheses.filter (!old.contains ·) ++ target)

/-- What is printed under a suggestion: what is new in the goals it leaves, and Lean's remarks. -/
def Outcome.details (outcome : Outcome) (known : Array String) : String :=
  let goals := (outcome.goals.toList.take maxGoalsShown).map (newPartOfGoal known)
  let more := outcome.goals.size - goals.length
  let rest := if more > 0 then [s!"… and {counted more "more goal"}"] else []
  -- The message of what closes the goal, but not the proof, is part of the summary.
  let isInSummary := outcome.goals.isEmpty && outcome.verdict == .progress
  let remarks := if isInSummary || outcome.message.isEmpty then [] else [outcome.message]
  String.join ((goals ++ rest ++ remarks).map ("\n" ++ indentLines ·))

/-- A suggestion as it is shown, where the goals are `known`. -/
def CheckedSuggestion.toEntry (checked : CheckedSuggestion) (point : InsertionPoint)
    (known : Array String) : CoreM PanelEntry := do
  return {
    text := ← point.formatStep checked.suggestion.text
    isProof := checked.outcome.verdict == .proved
    summary := s!"{checked.outcome.summary}, {checked.suggestion.origin}"
    details := checked.outcome.details known }

/-- A suggestion as Lean's Try-this mechanism takes it. -/
def PanelEntry.toTryThis (entry : PanelEntry) : TryThis.Suggestion where
  suggestion := .string entry.text
  postInfo? := some s!"  -- {entry.summary}{entry.details}"
  toCodeActionTitle? := some fun text => s!"{if entry.isProof then "✓" else "→"} {text}"

/-- Shows suggestions that may replace `ref`, where the goals are `known`; there must be some. -/
def showSuggestions (ref : Syntax) (point : InsertionPoint) (known : Array String)
    (accepted : Array CheckedSuggestion) : CoreM Unit := do
  let entries ← accepted.mapM (·.toEntry point known)
  let header := if accepted.size == 1 then "Try this:" else "Try these:"
  TryThis.addSuggestions ref (entries.map (·.toTryThis)) (header := header)
  showPanel ref entries

/-- A step on one line, shortened. -/
def onOneLine (text : String) : String :=
  let line := text.replace "\n" " ⏎ "
  if line.length ≤ 80 then line else (line.take 80).toString ++ " …"

/-- The suggestions that are not shown and their outcomes, one a line. -/
def listing (others : Array CheckedSuggestion) : String :=
  "\n".intercalate <| others.toList.map fun checked =>
    let reason := checked.outcome.summary.replace "\n" " "
    s!"  {onOneLine checked.suggestion.text}  -- {reason}"

/-- The commonest of some texts; of equally common ones the first. -/
def mostCommon? (texts : List String) : Option String := Id.run do
  let mut best := none
  let mut most := 0
  for text in texts do
    let number := texts.countP (· == text)
    if number > most then
      best := some text
      most := number
  return best

/-- The outcomes of suggestions none of which is accepted. -/
def failureSummary (others : Array CheckedSuggestion) : String :=
  let verdicts := others.toList.map (toString ·.outcome.verdict)
  let counts := verdicts.eraseDups.map fun verdict =>
    s!"{verdicts.countP (· == verdict)} {verdict.replace "_" " "}"
  let reasons := (others.toList.map (firstLine ·.outcome.message)).filter (!·.isEmpty)
  let reason := match mostCommon? reasons with
    | some reason => s!"\nMost often: {reason}"
    | none => ""
  s!"{", ".intercalate counts}.{reason}"

end LLMstep
