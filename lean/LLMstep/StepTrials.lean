import LLMstep.PendingRequest
import LLMstep.Proposer
import LLMstep.Rank

/-!
# Trying steps at one place

Lean's own proposals are tried while the model is at work, the most promising first, for a short time.
What the model suggests is always tried.
-/

open Lean Elab Tactic

namespace LLMstep

/-- So many ways to prove a goal are a choice; more are a list. -/
def enoughProofs : Nat := 3

/-- How long a step that Lean proposes may take at first, in milliseconds. -/
def firstMilliseconds : Nat := 250

/-- What was tried at one place, and what waits to be. -/
structure StepTrials where
  waiting : WaitingSteps
  checked : Array CheckedSuggestion := #[]
  /-- What the model has answered. -/
  answer? : Option (Except ClientError Reply) := none

/-- Whether there are proofs enough. -/
def StepTrials.areEnough (trials : StepTrials) : Bool :=
  enoughProofs ≤ trials.checked.countP (·.outcome.verdict == .proved)

/-- What the trials at one place need. -/
structure StepTrialContext where
  checker : CandidateChecker
  watchdog : Watchdog
  /-- The model's answer, on its way. -/
  pending : PendingRequest
  /-- Which of the model's suggestions are tried, and how they are written. -/
  select : Array Suggestion → Array Suggestion
  /-- Until when steps that Lean proposes are tried, on the clock of `IO.monoMsNow`. -/
  deadline : Nat

/-- How long a step may take: a step of Lean's no longer than there is time for these. -/
def StepTrialContext.milliseconds (context : StepTrialContext) (step : WaitingStep) : BaseIO Nat := do
  let most := context.checker.milliseconds
  if step.suggestion.source == .model then return most
  let most := if step.isSlow then most else min most firstMilliseconds
  return max 1 (min most (context.deadline - (← IO.monoMsNow)))

/-- Tries a step; a step that was too slow is tried again later. -/
def StepTrials.try (trials : StepTrials) (context : StepTrialContext) (step : WaitingStep) :
    TacticM StepTrials := do
  let { suggestion, estimate, .. } := step
  let isModels := suggestion.source == .model
  let milliseconds ← context.milliseconds step
  let start ← IO.monoNanosNow
  let outcome ← (context.checker.within milliseconds).check context.watchdog suggestion.text
  let microseconds := ((← IO.monoNanosNow) - start) / 1000
  Core.checkInterrupted
  trace[llmstep] "{microseconds} µs, {outcome.verdict}: {suggestion.text}"
  if outcome.verdict == .timeout && !isModels && !step.isSlow then
    return { trials with waiting := trials.waiting.putBack step }
  let checked := { suggestion, outcome, promise := estimate.probability : CheckedSuggestion }
  return { trials with checked := trials.checked.push checked }

/-- Lets the model's suggestions wait, once they are there. -/
def StepTrials.receive (trials : StepTrials) (context : StepTrialContext) : BaseIO StepTrials := do
  if trials.answer?.isSome then return trials
  let some answer ← context.pending.answer? | return trials
  let trials := { trials with answer? := some answer }
  match answer with
  | .error _ => return trials
  | .ok reply =>
    let suggestions := (context.select reply.suggestions).filter fun suggestion =>
      !trials.checked.any (·.suggestion.text == suggestion.text)
    -- What Lean proposes, too, is now the model's.
    let texts := suggestions.map (·.text)
    let waiting := { trials.waiting with
      waiting := trials.waiting.waiting.filter (!texts.contains ·.suggestion.text)
      known := texts.foldl (·.erase ·) trials.waiting.known }
    return { trials with waiting := waiting.add suggestions }

/--
Tries what waits and what the model suggests. Lean's proposals end with their time, or with proofs
enough; the model is waited for as long as the goal has no such proofs.
-/
partial def StepTrials.run (trials : StepTrials) (context : StepTrialContext) :
    TacticM StepTrials := do
  Core.checkInterrupted
  let trials ← trials.receive context
  let isOver := trials.areEnough || context.deadline ≤ (← IO.monoMsNow)
  let isAllowed (step : WaitingStep) : Bool :=
    !isOver || step.suggestion.source == .model || step.estimate.probability == 1
  match trials.waiting.take? isAllowed with
  | some (step, waiting) =>
    (← { trials with waiting }.try context step).run context
  | none =>
    if trials.answer?.isSome || trials.areEnough && context.deadline ≤ (← IO.monoMsNow) then
      return trials
    IO.sleep 5
    trials.run context

end LLMstep
