import LLMstep.Check
import LLMstep.Configuration
import LLMstep.InsertionPoint
import LLMstep.Rank
import LLMstep.TacticSnapshot
import LLMstep.UnprovedHypotheses
import LLMstep.Watchdog

/-!
# Checking candidates in the middle of a proof

All candidates are run in copies of the same state, each within its own limits. Nothing of them
reaches the proof: no goal, message, declaration or info tree, and none of the heartbeats.
-/

open Lean Elab Tactic

/-- With `set_option trace.llmstep true` it is told how long each suggestion took. -/
initialize registerTraceClass `llmstep

namespace LLMstep

/-- What is needed to check candidates in one state of a proof, as often as wanted. -/
structure CandidateChecker where
  snapshot : TacticSnapshot
  settings : CheckSettings
  /-- The open goals, as text; the main one first. -/
  goals : Array String
  /-- How long one candidate may take. -/
  milliseconds : Nat

/--
Waits until the kernel has checked all that comes before the current declaration. A candidate's
proof goes to the kernel, too, and the time for which it would wait there is not the candidate's.
-/
partial def awaitEarlierDeclarations : CoreM Unit := do
  unless ← IO.hasFinished (← getEnv).checked do
    Core.checkInterrupted
    IO.sleep 10
    awaitEarlierDeclarations

/-- The checker of candidates in the current state of the proof. -/
def CandidateChecker.prepare (configuration : Configuration) (point : InsertionPoint) :
    TacticM CandidateChecker := do
  awaitEarlierDeclarations
  let goals ← getUnsolvedGoals
  let snapshot ← TacticSnapshot.capture
  let afterError ← pure snapshot.coreState.messages.hasErrors <||> hasRecoveredFromError
  let options := snapshot.coreContext.options.setBool `Elab.async false
  return {
    -- A kernel that checks later, in a thread of its own, would report to nobody.
    snapshot := { snapshot with coreContext.options := options }
    goals := ← goals.toArray.mapM (goalText ·)
    milliseconds := configuration.candidateTimeout
    settings := {
      heartbeats := configuration.maxHeartbeats, column := point.column, followed := point.followed
      afterError, unproved := ← unprovedHypotheses goals } }

/-- Why a candidate that uses the declaration it is part of is not accepted. -/
def recursionRemark : String :=
  "uses the declaration that it is part of: whether that recursion ends is seen only when the \
    whole declaration is elaborated"

/-- Checks one candidate. -/
def CandidateChecker.check (checker : CandidateChecker) (watchdog : Watchdog) (text : String) :
    BaseIO Outcome :=
  watchdog.runWithTimeout checker.milliseconds fun cancelTk => do
    let action := LLMstep.check checker.settings checker.goals text
    match ← (checker.snapshot.run cancelTk action).toBaseIO with
    | .ok outcome =>
      if outcome.isRecursive then return { verdict := .unknown, message := recursionRemark }
      else return outcome
    | .error e =>
      if ← cancelTk.isSet then
        return { verdict := .timeout, message := s!"more than {checker.milliseconds} milliseconds" }
      return { verdict := .unknown, message := shorten (← e.toMessageData.toString) }

/--
The checker in the state after a candidate. There is none if the candidate does not work, or not
within its limits.
-/
def CandidateChecker.advance? (checker : CandidateChecker) (watchdog : Watchdog) (text : String) :
    BaseIO (Option CandidateChecker) :=
  watchdog.runWithTimeout checker.milliseconds fun cancelTk => do
    let action : TacticM (Option CandidateChecker) := do
      let .ok tactics ← parseCandidate text checker.settings.column | return none
      checker.settings.withBudget (runTactics tactics)
      if (← firstError?).isSome then return none
      let goals ← (← getUnsolvedGoals).toArray.mapM (goalText ·)
      let options := checker.snapshot.coreContext.options
      return some { checker with
        snapshot := { ← TacticSnapshot.capture with coreContext.options := options }, goals }
    match ← (checker.snapshot.run cancelTk action).toBaseIO with
    | .ok checker? => return checker?
    | .error _ => return none

/-- Runs `work` with a watchdog that obeys the cancellation of the current elaboration. -/
def withWatchdog (work : Watchdog → TacticM α) : TacticM α := do
  let watchdog ← Watchdog.start (← readThe Core.Context).cancelTk?
  let heartbeats ← IO.getNumHeartbeats
  try
    work watchdog
  finally
    watchdog.stop
    IO.setNumHeartbeats heartbeats

/-- Checks suggestions, in order. An interruption is passed on. -/
def CandidateChecker.checkAll (checker : CandidateChecker) (suggestions : Array Suggestion) :
    TacticM (Array CheckedSuggestion) :=
  withWatchdog fun watchdog =>
    suggestions.mapM fun suggestion => do
      let start ← IO.monoNanosNow
      let outcome ← checker.check watchdog suggestion.text
      let microseconds := ((← IO.monoNanosNow) - start) / 1000
      Core.checkInterrupted
      trace[llmstep] "{microseconds} µs, {outcome.verdict}: {suggestion.text}"
      return { suggestion, outcome }

end LLMstep
