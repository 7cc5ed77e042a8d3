import LLMstep.Minimize
import LLMstep.Search
import LLMstep.Tactic

/-!
# The tactic `llmqed`
-/

open Lean Meta Elab Tactic

register_option llmstep.qed.timeout : Nat := {
  defValue := 60000
  descr := "(llmstep) how long `llmqed` may search, in milliseconds"
}

register_option llmstep.qed.requests : Nat := {
  defValue := 100
  descr := "(llmstep) how often `llmqed` asks the model"
}

namespace LLMstep

/-- The budget that the options give, from now on. -/
def SearchBudget.read : CoreM SearchBudget := do
  let options ← getOptions
  return {
    deadline := (← IO.monoMsNow) + llmstep.qed.timeout.get options
    requests := llmstep.qed.requests.get options }

/-- What a search has tried. -/
def Frontier.summary (frontier : Frontier) : String :=
  s!"{counted frontier.tried "step"} tried in {counted frontier.seen.size "state"}"

/-- Why there is no proof, and what could help. -/
def SearchEnd.explain : SearchEnd → String
  | .exhausted => "nothing new is suggested"
  | .time => "the time is over; see `llmstep.qed.timeout`"
  | .requests => "the model was asked often enough; see `llmstep.qed.requests`"

/-- What is to be said of a model that could not be asked. -/
def Frontier.modelRemark (frontier : Frontier) : String :=
  frontier.modelError?.elim "" fun error => s!"\nThe model did not answer. {error}"

/-- Asks the model for steps that go on after the text before the call. -/
def askAfter (thread : ModelThread) (split : SourceSplit) (goal : String)
    (steps : Array Suggestion) (count : Nat) : BaseIO PendingRequest := do
  let margin := "\n".pushn ' ' split.point.column
  let script := String.join (steps.toList.map (·.text.replace "\n" margin ++ margin))
  let context := lastCharacters (split.before ++ script) thread.configuration.context
  thread.ask { goal, context, count }

/-- The checker with the limits of so many steps together. -/
def CandidateChecker.forScript (checker : CandidateChecker) (steps : Nat) : CandidateChecker :=
  { checker with
    milliseconds := checker.milliseconds * steps
    settings.heartbeats := checker.settings.heartbeats * steps }

/-- Where a proof comes from: the model if it suggested one of the steps. -/
def Proof.source (proof : Proof) : ProposalSource :=
  let sources := proof.steps.map (·.source)
  if sources.contains .model then .model else sources[0]?.getD .model

/-- Searches for a proof of the main goal, and shows it as a replacement of `ref`. -/
def searchProof (ref : Syntax) : TacticM Unit := withMainContext do
  let some split ← SourceSplit.around? ref
    | throwError "llmqed: a macro cannot ask: there is no place in the file for its suggestion"
  let configuration ← Configuration.read
  let budget ← SearchBudget.read
  let hasProposals := 0 < configuration.proposalTimeout
  withModelThread configuration fun thread => withWatchdog fun watchdog => do
    let whole ← CandidateChecker.prepare configuration split watchdog
    let checker := whole.focus
    let judge (steps : Nat) (text : String) : BaseIO Outcome :=
      (whole.forScript steps).check watchdog text
    let oracles : SearchOracles := {
      ask := askAfter thread split
      select := (eligibleSuggestions · "")
      accepts := fun steps => do
        let outcome ← judge steps.size (flatScript (steps.map (·.text)))
        return outcome.verdict matches .proved | .progress }
    let { proof, frontier } ← checker.search {
      watchdog, budget, oracles, count := configuration.count, hasProposals }
    match proof with
    | .error reason =>
      throwError "llmqed: no proof found, {frontier.summary}: {reason.explain}\
        {frontier.modelRemark}"
    | .ok proof =>
      let { steps, score } := proof
      let text ← (checker.forScript steps.size).minimize watchdog (steps.map (·.text))
      let outcome ← judge steps.size text
      let suggestion := { text, score, source := proof.source }
      let found := { suggestion, outcome : CheckedSuggestion }
      unless found.isAccepted do
        throwError "llmqed: the steps found do not prove the goal together\n{listing #[found]}"
      showSuggestions ref split.point whole.goals #[found]
      logInfoAt ref m!"llmqed: {counted steps.size "step"} found, {frontier.summary}\
        {frontier.modelRemark}"
  (← getMainGoal).admit (synthetic := false)

/--
`llmqed` searches for a whole proof of the main goal: a language model and Lean itself suggest steps,
Lean tries each, and the search goes on from those that work, the most promising first. A proof is
made as short as its steps allow, and shown as one suggestion that replaces the call. Where no model
answers, Lean searches alone.

The call itself proves nothing: like `apply?`, it closes the goal with `sorry` until it is replaced.
The options `llmstep.qed.timeout` and `llmstep.qed.requests` bound the search; those of `llmstep`
apply to each step.
-/
syntax (name := llmqedTactic) "llmqed" : tactic

@[tactic llmqedTactic, inherit_doc llmqedTactic]
def evalLlmqed : Tactic := fun stx => searchProof stx

end LLMstep
