import LLMstep.CommandState
import LLMstep.Configuration
import LLMstep.Rank
import LLMstep.Watchdog

/-!
# Checking candidates in the middle of a proof

All candidates are run in copies of the same state, each within its own limits. What closes the
goals is then judged by the declaration (`LLMstep.StepVerdict`). Nothing of them reaches the
proof: no goal, message, declaration or info tree, and none of the heartbeats.
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
  /-- The hypotheses of these goals that nothing has proved. -/
  unproved : FVarIdSet
  /-- How a candidate is written here. -/
  point : InsertionPoint
  /-- The declaration that is judged; none in a state within a search, or in an unknown command. -/
  place? : Option Place
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

/-- How long the declaration around a tactic may take, in milliseconds. -/
def declarationTimeout : Nat := 60000

/-- The place of a tactic in its declaration, if that can be elaborated. -/
def findTacticPlace? (split : SourceSplit) (watchdog : Watchdog) : CoreM (Option Place) := do
  let source := (← getFileMap).source
  let some declaration ← declarationAt? split.before split.after source | return none
  watchdog.runWithTimeout declarationTimeout fun cancelTk => do
    let { start, before, after } := declaration
    match ← (findPlace start before [after] cancelTk).toBaseIO with
    | .ok place => return some place
    | .error _ => return none

/-- The checker of candidates in the current state of the proof. -/
def CandidateChecker.prepare (configuration : Configuration) (split : SourceSplit)
    (watchdog : Watchdog) : TacticM CandidateChecker := do
  awaitEarlierDeclarations
  let goals ← (← getUnsolvedGoals).toArray.mapM (goalText ·)
  let place? ← findTacticPlace? split watchdog
  let snapshot ← TacticSnapshot.capture
  let options := snapshot.coreContext.options.setBool `Elab.async false
  return {
    -- A kernel that checks later, in a thread of its own, would report to nobody.
    snapshot := { snapshot with coreContext.options := options }
    goals, place?, point := split.point
    unproved := (place?.bind (·.reached.find? (·.texts == goals))).elim {} (·.unproved)
    milliseconds := configuration.candidateTimeout
    settings := {
      heartbeats := configuration.maxHeartbeats, column := split.point.column
      followed := split.point.followed } }

/-- The checker of the first goal alone, in a search for its proof. -/
def CandidateChecker.focus (checker : CandidateChecker) : CandidateChecker :=
  { checker with
    snapshot.tacticState.goals := checker.snapshot.tacticState.goals.take 1
    goals := checker.goals.take 1, place? := none }

/-- Runs `action` in the state, within the limits of a candidate. -/
def CandidateChecker.run? (checker : CandidateChecker) (watchdog : Watchdog) (action : TacticM α) :
    BaseIO (Except Outcome α) :=
  watchdog.runWithTimeout checker.milliseconds fun cancelTk => do
    match ← (checker.snapshot.run cancelTk action).toBaseIO with
    | .ok result => return .ok result
    | .error e => return .error (← interruptedOutcome e cancelTk checker.milliseconds)

/-- The checker with another time for one candidate. -/
def CandidateChecker.within (checker : CandidateChecker) (milliseconds : Nat) : CandidateChecker :=
  { checker with milliseconds }

/-- Runs one candidate on the goals. What closes them is `proved`, whatever the declaration says. -/
def CandidateChecker.run (checker : CandidateChecker) (watchdog : Watchdog) (text : String) :
    BaseIO Trial := do
  let action := tryCandidate checker.settings checker.goals checker.unproved text
  match ← checker.run? watchdog action with
  | .ok trial => return trial
  | .error outcome => return { outcome }

/-- What becomes of the goals by one candidate. -/
def CandidateChecker.tryStep (checker : CandidateChecker) (watchdog : Watchdog) (text : String) :
    BaseIO Outcome :=
  return (← checker.run watchdog text).outcome

/-- The checker in the state after a candidate that works. -/
def CandidateChecker.behind? (checker : CandidateChecker) (trial : Trial) :
    Option CandidateChecker := do
  let replay ← trial.replay?
  let options := checker.snapshot.coreContext.options
  return { checker with
    snapshot := { replay.after with coreContext.options := options }, goals := trial.outcome.goals }

/-- Checks one candidate. -/
def CandidateChecker.check (checker : CandidateChecker) (watchdog : Watchdog) (text : String) :
    BaseIO Outcome := do
  let some place := checker.place?
    | let outcome ← checker.tryStep watchdog text
      if outcome.verdict != .proved then return outcome
      return closesOnly "the command around it could not be elaborated again"
  match ← checker.run? watchdog (checker.point.formatStep text) with
  | .ok step =>
    place.check checker.settings text step watchdog.runWithTimeout checker.milliseconds
  | .error outcome => return outcome

/--
The checker in the state after a candidate. There is none if the candidate does not work, or not
within its limits.
-/
def CandidateChecker.advance? (checker : CandidateChecker) (watchdog : Watchdog) (text : String) :
    BaseIO (Option CandidateChecker) :=
  return checker.behind? (← checker.run watchdog text)

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
def CandidateChecker.checkAll (checker : CandidateChecker) (watchdog : Watchdog)
    (suggestions : Array Suggestion) : TacticM (Array CheckedSuggestion) :=
  suggestions.mapM fun suggestion => do
    let start ← IO.monoNanosNow
    let outcome ← checker.check watchdog suggestion.text
    let microseconds := ((← IO.monoNanosNow) - start) / 1000
    Core.checkInterrupted
    trace[llmstep] "{microseconds} µs, {outcome.verdict}: {suggestion.text}"
    return { suggestion, outcome }

end LLMstep
