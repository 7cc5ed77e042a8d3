import LLMstep.CandidateChecker
import LLMstep.Client
import LLMstep.Display

/-!
# The tactics `llmstep` and `llmstep?`
-/

open Lean Meta Elab Tactic

namespace LLMstep

/-- The longest prefix, in characters: a suggestion could not be longer. -/
def maxPrefixLength : Nat := maxCandidateLength

/-- The different suggestions that begin with the prefix, ready to be checked. -/
def eligibleSuggestions (suggestions : Array Suggestion) (tacticPrefix : String) :
    Array Suggestion :=
  suggestions.foldl (init := #[]) fun kept suggestion =>
    let text := dedent suggestion.text
    if text.isEmpty || !text.startsWith tacticPrefix || kept.any (·.text == text) then kept
    else kept.push { suggestion with text }

/-- The last `number` characters of a text. -/
def lastCharacters (text : String) (number : Nat) : String :=
  (text.drop (text.length - number)).toString

/-- How many hypotheses that are the goal are suggested. -/
def maxHypotheses : Nat := 3

/-- The score of a step that does not come from the model: a hypothesis that is the goal is certain. -/
def certainScore : Float := 0

/-- Steps that prove the goal by a hypothesis that is the goal, if there is one. -/
def hypothesisSuggestions (goal : MVarId) : MetaM (Array Suggestion) := goal.withContext do
  let context ← getLCtx
  let target ← instantiateMVars (← goal.getType)
  let mut names := #[]
  for declaration? in context.decls.toArray.reverse do
    let some declaration := declaration? | continue
    let isNamed := !declaration.isImplementationDetail && !declaration.userName.hasMacroScopes &&
      (context.findFromUserName? declaration.userName).any (·.fvarId == declaration.fvarId)
    if isNamed && (← instantiateMVars declaration.type) == target then
      names := names.push declaration.userName
  if names.isEmpty then return #[]
  let texts := (names.extract 0 maxHypotheses).map (s!"exact {·}") |>.push "assumption"
  return texts.map fun text => { text, score := certainScore }

/-- Asks the model for steps after the text `before`, with the given prefix. -/
def askModel (configuration : Configuration) (before tacticPrefix : String) :
    TacticM (Array Suggestion) := do
  if tacticPrefix.length > maxPrefixLength then
    throwError "llmstep: the prefix is longer than {maxPrefixLength} characters"
  let goal ← goalText (← getMainGoal)
  let context := lastCharacters before configuration.context
  let request := { goal, tacticPrefix, context, count := configuration.count }
  match ← requestSuggestions configuration request with
  | .error e => throwError "llmstep: {toString e}"
  | .ok reply =>
    let known ← hypothesisSuggestions (← getMainGoal)
    let suggestions := eligibleSuggestions (known ++ reply.suggestions) (trim tacticPrefix)
    if suggestions.isEmpty then
      let condition := if tacticPrefix.isEmpty then "" else " that begins with the prefix"
      throwError "llmstep: `{reply.model}` suggests nothing{condition}"
    return suggestions

/--
Asks for suggestions, checks them, and shows those that are accepted. With `all`, the others are
listed, too.
-/
def suggestSteps (ref : Syntax) (tacticPrefix : String) (all : Bool) : TacticM Unit :=
  withMainContext do
    let some split ← SourceSplit.around? ref
      | throwError "llmstep: a macro cannot ask: there is no place in the file for its suggestions"
    let configuration ← Configuration.read
    let suggestions ← askModel configuration split.before tacticPrefix
    let (checker, checked) ← withWatchdog fun watchdog => do
      let checker ← CandidateChecker.prepare configuration split watchdog
      return (checker, rank (← checker.checkAll watchdog suggestions))
    let accepted := checked.filter (·.isAccepted)
    let others := checked.filter (!·.isAccepted)
    if accepted.isEmpty then
      let list := if all then s!"\n{listing others}" else "\n`llmstep?` lists them."
      throwError "llmstep: none of {counted suggestions.size "suggestion"} works here: \
        {failureSummary others}{list}"
    showSuggestions ref split.point checker.goals accepted
    if all && !others.isEmpty then
      logInfoAt ref m!"Not accepted:\n{listing others}"
    (← getMainGoal).admit (synthetic := false)

/--
`llmstep` asks a language model for the next step of the proof, lets Lean try each suggestion, and
shows those that work: click on one, or choose a code action, to replace the call by it.

* `llmstep "simp"` asks for steps that begin with `simp`.
* `llmstep?` also lists the suggestions that do not work, with the reasons.

Proofs (`✓ proved`) come first, then steps (`→`) with the goals that they leave. The call itself
proves nothing: like `apply?`, it closes the goal with `sorry` until it is replaced.

The model runs in a server (`stepcheck serve`); see the options `llmstep.url`, `llmstep.n`,
`llmstep.timeout`, `llmstep.candidateTimeout` and `llmstep.maxHeartbeats`.
-/
syntax (name := llmstepTactic) "llmstep" (ppSpace str)? : tactic

@[inherit_doc llmstepTactic]
syntax (name := llmstepAllTactic) "llmstep?" (ppSpace str)? : tactic

@[tactic llmstepTactic, tactic llmstepAllTactic, inherit_doc llmstepTactic]
def evalLLMstep : Tactic := fun stx => do
  let tacticPrefix := (stx[1][0].isStrLit?).getD ""
  suggestSteps stx tacticPrefix (all := stx.isOfKind ``llmstepAllTactic)

end LLMstep
