import LLMstep.Display
import LLMstep.StepTrials

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

/-- So many suggestions are shown, or as many as the model is asked for. -/
def mostShown : Nat := 10

/-- How many hypotheses that are the goal are suggested. -/
def maxHypotheses : Nat := 3

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
  return texts.map fun text => { text, score := certainScore, source := .goal }

/-- The question to the model for steps after the text `before`, with the given prefix. -/
def modelRequest (configuration : Configuration) (before tacticPrefix : String) :
    TacticM Request := do
  if tacticPrefix.length > maxPrefixLength then
    throwError "llmstep: the prefix is longer than {maxPrefixLength} characters"
  let goal ← goalText (← getMainGoal)
  let context := lastCharacters before configuration.context
  return { goal, tacticPrefix, context, count := configuration.count }

/-- What is tried before the model has answered: hypotheses that are the goal, and Lean's proposals. -/
def ownSuggestions (configuration : Configuration) (checker : CandidateChecker)
    (watchdog : Watchdog) (tacticPrefix : String) : TacticM (Array Suggestion) := do
  let known ← hypothesisSuggestions (← getMainGoal)
  let proposed ← if configuration.proposalTimeout == 0 then pure #[] else checker.propose watchdog
  return eligibleSuggestions (known ++ proposed) tacticPrefix

/-- Tries what Lean and the model suggest. The model is asked first, and works meanwhile. -/
def trySteps (configuration : Configuration) (split : SourceSplit) (tacticPrefix : String) :
    TacticM (CandidateChecker × StepTrials) := do
  let request ← modelRequest configuration split.before tacticPrefix
  let tacticPrefix := trim tacticPrefix
  withModelThread configuration fun thread => do
    let pending ← thread.ask request
    try withWatchdog fun watchdog => do
      let checker ← CandidateChecker.prepare configuration split watchdog
      let own ← ownSuggestions configuration checker watchdog tacticPrefix
      let goal := RankedGoal.read ("\n\n".intercalate checker.goals.toList)
      let (certain, proposed) := own.partition (·.score == certainScore)
      let waiting := { goal : WaitingSteps }.add proposed
      let waiting := certain.foldr (init := waiting) fun step waiting => waiting.putFirst step
      let context := {
        checker, watchdog, pending, select := (eligibleSuggestions · tacticPrefix)
        deadline := (← IO.monoMsNow) + configuration.proposalTimeout }
      return (checker, ← StepTrials.run { waiting } context)
    finally pending.cancel

/-- Why nothing was suggested at all. -/
def explainNothing (answer? : Option (Except ClientError Reply)) (tacticPrefix : String) : String :=
  let condition := if tacticPrefix.isEmpty then "" else " that begins with the prefix"
  match answer? with
  | some (.error error) => toString error
  | some (.ok reply) => s!"`{reply.model}` suggests nothing{condition}"
  | none => s!"nothing is suggested{condition}"

/--
Asks for suggestions, checks them, and shows those that are accepted. With `all`, the others are
listed, too.
-/
def suggestSteps (ref : Syntax) (tacticPrefix : String) (all : Bool) : TacticM Unit :=
  withMainContext do
    let some split ← SourceSplit.around? ref
      | throwError "llmstep: a macro cannot ask: there is no place in the file for its suggestions"
    let configuration ← Configuration.read
    let (checker, trials) ← trySteps configuration split tacticPrefix
    let failure? := match trials.answer? with
      | some (.error error) => some error
      | _ => none
    if trials.checked.isEmpty then
      throwError "llmstep: {explainNothing trials.answer? tacticPrefix}"
    let checked := rank trials.checked
    let accepted := checked.filter (·.isAccepted)
    let others := checked.filter (!·.isAccepted)
    if accepted.isEmpty then
      let list := if all then s!"\n{listing others}" else "\n`llmstep?` lists them."
      let failure := failure?.elim "" fun error => s!"\nThe model did not answer. {error}"
      throwError "llmstep: none of {counted others.size "suggestion"} works here: \
        {failureSummary others}{list}{failure}"
    let shown := shownOf accepted (max mostShown configuration.count)
    showSuggestions ref split.point checker.goals shown
    if all && !others.isEmpty then
      logInfoAt ref m!"Not accepted:\n{listing others}"
    if let some error := failure? then
      logInfoAt ref m!"llmstep: The model did not answer; these steps are Lean's own. {error}"
    if 0 < configuration.proposalTimeout then startIndex
    (← getMainGoal).admit (synthetic := false)

/--
`llmstep` asks a language model for the next step of the proof, has Lean propose steps of its own,
lets Lean try them, and shows those that work: click on one, or choose a code action, to replace the
call by it.

* `llmstep "simp"` asks for steps that begin with `simp`.
* `llmstep?` also lists the suggestions that do not work, with the reasons.

Proofs (`✓ proved`) come first, then steps (`→`) with the goals that they leave. The call itself
proves nothing: like `apply?`, it closes the goal with `sorry` until it is replaced.

The model runs in a server (`stepcheck serve`); where none answers, Lean's proposals are shown alone.
See the options `llmstep.url`, `llmstep.n`, `llmstep.timeout`, `llmstep.proposalTimeout`,
`llmstep.candidateTimeout` and `llmstep.maxHeartbeats`.
-/
syntax (name := llmstepTactic) "llmstep" (ppSpace str)? : tactic

@[inherit_doc llmstepTactic]
syntax (name := llmstepAllTactic) "llmstep?" (ppSpace str)? : tactic

@[tactic llmstepTactic, tactic llmstepAllTactic, inherit_doc llmstepTactic]
def evalLLMstep : Tactic := fun stx => do
  let tacticPrefix := (stx[1][0].isStrLit?).getD ""
  suggestSteps stx tacticPrefix (all := stx.isOfKind ``llmstepAllTactic)

end LLMstep
