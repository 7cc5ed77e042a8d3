import LLMstep.Check
import LLMstep.Configuration
import LLMstep.Doubt
import LLMstep.Hole
import LLMstep.Place
import LLMstep.Rank
import LLMstep.Watchdog

/-!
# Trying suggestions in the middle of a proof

All suggestions are tried in copies of the same state, each within its own limits. Nothing of them
reaches the proof: no goal, message, declaration or info tree, and none of the heartbeats.
-/

open Lean Elab Tactic

/-- With `set_option trace.llmstep true` it is told how long each suggestion took. -/
initialize registerTraceClass `llmstep

namespace LLMstep

/-- What is needed to try suggestions at the current place, as often as wanted. -/
structure Trial where
  hole : Hole
  settings : Settings
  /-- The open goals, as text; the main one first. -/
  goals : Array String
  /-- How long one suggestion may take. -/
  milliseconds : Nat

/--
Waits until the kernel has seen all that comes before the current declaration. A trial asks it, and
the time for which it would wait there is not the suggestion's.
-/
partial def awaitEarlierDeclarations : CoreM Unit := do
  unless ← IO.hasFinished (← getEnv).checked do
    Core.checkInterrupted
    IO.sleep 10
    awaitEarlierDeclarations

/-- The trial of steps at the current place of the proof. -/
def Trial.prepare (configuration : Configuration) (place : Place) : TacticM Trial := do
  awaitEarlierDeclarations
  let goals ← getUnsolvedGoals
  let hole ← Hole.capture
  let afterError ← pure hole.coreState.messages.hasErrors <||> hasRecoveredFromError
  return {
    -- A kernel that checks later, in a thread of its own, would report to nobody.
    hole := { hole with coreContext.options := hole.coreContext.options.setBool `Elab.async false }
    goals := ← goals.toArray.mapM (goalText ·)
    milliseconds := configuration.candidateTimeout
    settings := {
      heartbeats := configuration.maxHeartbeats, column := place.column, followed := place.followed
      afterError, doubtful := ← doubtfulHypotheses goals } }

/-- Why a suggestion that uses the declaration it is part of is not shown. -/
def recursionRemark : String :=
  "uses the declaration that it is part of: whether that recursion ends is seen only when the \
    whole declaration is elaborated"

/-- Tries a step. -/
def Trial.check (trial : Trial) (watchdog : Watchdog) (text : String) : BaseIO Outcome :=
  watchdog.guard trial.milliseconds fun token => do
    match ← (trial.hole.run token (LLMstep.check trial.settings trial.goals text)).toBaseIO with
    | .ok outcome =>
      if outcome.isRecursive then return { verdict := .unknown, message := recursionRemark }
      else return outcome
    | .error e =>
      if ← token.isSet then
        return { verdict := .timeout, message := s!"more than {trial.milliseconds} milliseconds" }
      return { verdict := .unknown, message := shorten (← e.toMessageData.toString) }

/-- Does `work` with a watchdog that hears of the cancellation of the current elaboration. -/
def withWatchdog (work : Watchdog → TacticM α) : TacticM α := do
  let watchdog ← Watchdog.start (← readThe Core.Context).cancelTk?
  let heartbeats ← IO.getNumHeartbeats
  try
    work watchdog
  finally
    watchdog.stop
    IO.setNumHeartbeats heartbeats

/-- Tries suggestions, in order. An interruption is passed on. -/
def Trial.checkAll (trial : Trial) (suggestions : Array Suggestion) : TacticM (Array Checked) :=
  withWatchdog fun watchdog =>
    suggestions.mapM fun suggestion => do
      let start ← IO.monoNanosNow
      let outcome ← trial.check watchdog suggestion.text
      let microseconds := ((← IO.monoNanosNow) - start) / 1000
      Core.checkInterrupted
      trace[llmstep] "{microseconds} µs, {outcome.verdict}: {suggestion.text}"
      return { suggestion, outcome }

end LLMstep
