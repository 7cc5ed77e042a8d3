import LLMstep.Candidate
import LLMstep.ErrorText
import LLMstep.TacticSnapshot
import LLMstep.Trust
import Lean.Elab.SyntheticMVars

/-!
# Trying a candidate on a goal

The first half of a verdict: `tryCandidate` runs a candidate on the current goals, says what became of
them, and leaves no trace. It takes milliseconds. What it finds to close the goals is not yet proved:
the second half is the declaration with the candidate in it (`LLMstep.StepVerdict`).
-/

open Lean Meta Elab Tactic

namespace LLMstep

/-- What a candidate may use up, and what is known about the place where it is checked. -/
structure CheckSettings where
  /-- Heartbeats for one candidate, in thousands: the unit of the option `maxHeartbeats`. -/
  heartbeats : Nat := 200000
  /-- The column at which the candidate would stand. -/
  column : Nat
  /-- Whether text follows on the same line. -/
  followed : Bool := false

/-- Runs `x` with the heartbeats of one candidate. -/
def CheckSettings.withBudget (settings : CheckSettings) (x : TacticM α) : TacticM α :=
  withCurrHeartbeats <|
    withTheReader Core.Context (fun context => { context with
      maxHeartbeats := settings.heartbeats * 1000
      suppressElabErrors := false }) x

/-- The messages of one severity, so far. -/
def messages (severity : MessageSeverity) : CoreM (List Message) :=
  return (← Core.getMessageLog).toList.filter (·.severity == severity)

/-- The first error that was logged. -/
def firstError? : CoreM (Option String) := do
  match ← messages .error with
  | message :: _ => return some (← errorText message.data)
  | [] => return none

/-- What Lean says about a step that works, e.g. the suggestion of `simp?`. -/
def infoText : CoreM String := do
  let texts ← (← messages .information).mapM (·.data.toString)
  return shorten ("\n".intercalate texts)

/-- The outcome of a candidate that ended with an exception, on a goal with this target. -/
def outcomeOfException (settings : CheckSettings) (target : Expr) (e : Exception) :
    MetaM Outcome := do
  if e.isMaxHeartbeat then
    return {
      verdict := .timeout, message := s!"more than {settings.heartbeats} thousand heartbeats" }
  -- Elaborators that have already logged what is wrong abort with an internal exception.
  let logged? ← if e matches .internal .. then firstError? else pure none
  let message ← match logged? with
    | some message => pure message
    | none => errorText e.toMessageData
  return { verdict := .rejected, message := (← rflProblem? message target).getD message }

/-- Runs `tactics` without error recovery, in a fresh message log. -/
def runTactics (tactics : Syntax) : TacticM Unit := do
  Core.resetMessageLog
  withEnableInfoTree false <| Term.withoutErrToSorry <| Tactic.withoutRecover <|
    Term.withSynthesize <| evalTactic tactics

/-- The outcome of work that was to be done within so many milliseconds, and was interrupted. -/
def interruptedOutcome (e : Exception) (cancelTk : IO.CancelToken) (milliseconds : Nat) :
    BaseIO Outcome := do
  if ← cancelTk.isSet then
    return { verdict := .timeout, message := s!"more than {milliseconds} milliseconds" }
  return { verdict := .unknown, message := shorten (← e.toMessageData.toString) }

/-- A candidate that works, run in a state. -/
structure Replay where
  tactics : Syntax
  goals : List MVarId
  after : TacticSnapshot
  /-- What it took. -/
  heartbeats : Nat

/-- What became of goals on which a candidate was tried. -/
structure Trial where
  /-- What is known of the candidate: `proved` where it closes the goals, and nothing is missing. -/
  outcome : Outcome
  /--
  Whether it uses the declaration that it is part of, or defines a function that does: only the
  whole declaration shows whether that recursion ends.
  -/
  isRecursive : Bool := false
  /-- What it did to the state, if it works. -/
  replay? : Option Replay := none
  deriving Inhabited

/-- What is said of a step that closes its goals and yet proves nothing, or not all. -/
def closesOnly (reason : String) : Outcome :=
  { verdict := .progress, message := shorten s!"closes this goal; {reason}" }

/-- The goals before a candidate is tried, and what is known of them. -/
structure TrialStart where
  goals : List MVarId
  /-- The goals as text. -/
  texts : Array String
  /-- The hypotheses that nothing has proved; see `Declared.unprovedHypotheses`. -/
  unproved : FVarIdSet
  context : MetavarContext
  /-- How many recursive functions are yet to be compiled. -/
  recursions : Nat
  /-- Whether the candidate itself says `sorry`. -/
  mentionsSorry : Bool

/-- The local functions that a candidate has defined, and that are yet to be compiled. -/
def TrialStart.functions (start : TrialStart) : TacticM (List Term.LetRecToLift) := do
  let functions := (← getThe Term.State).letRecsToLift
  return functions.take (functions.length - start.recursions)

/-- What became of the goals, from the state after the candidate. -/
def TrialStart.finish (start : TrialStart) : TacticM Trial := do
  if let some message ← firstError? then return { outcome := { verdict := .rejected, message } }
  let functions ← start.functions
  let proofs ← (start.goals.toArray.map Expr.mvar).mapM (instantiateMVars ·)
  let values ← (functions.toArray.map (·.val)).mapM (instantiateMVars ·)
  let all := proofs ++ values
  let remaining ← getUnsolvedGoals
  if let some name := untrusted? (← getEnv) (all.flatMap (·.getUsedConstants)) then
    if name == ``sorryAx && remaining.isEmpty && !start.mentionsSorry then
      if ← start.goals.anyM fun goal => return (← instantiateMVars (← goal.getType)).hasSorry then
        return { outcome := closesOnly "the goal itself contains `sorry`" }
    return { outcome := { verdict := .unsound, message := untrustedMessage name } }
  if ← losesMVar start.context proofs remaining (functions.map (·.mvarId)) then
    return { outcome := {
      verdict := .rejected, message := "leaves a metavariable that is not a goal" } }
  if remaining.isEmpty then
    if all.any (·.hasAnyFVar start.unproved.contains) then
      return { outcome := closesOnly "uses a hypothesis that is not proved" }
    closed proofs (isRecursive := !functions.isEmpty)
  else
    let after ← remaining.toArray.mapM (goalText ·)
    let verdict := if after == start.texts then .noProgress else .progress
    return { outcome := { verdict, goals := after, message := ← infoText } }
where
  closed (proofs : Array Expr) (isRecursive : Bool) : TacticM Trial := do
    let callsItself ← (start.goals.toArray.zip proofs).anyM fun (goal, proof) =>
      goal.withContext (callsItself proof)
    return {
      outcome := { verdict := .proved, message := ← infoText }
      isRecursive := isRecursive || callsItself }

/-- The most alternatives whose failures are all told. -/
def maxAlternatives : Nat := 6

/-- The alternatives of a candidate that is nothing but `first | … | …`. -/
def alternativesOf (tactics : Syntax) : Array Syntax :=
  let steps := tactics[0][0].getArgs
  if steps.size == 1 && steps[0]!.isOfKind ``Parser.Tactic.first then
    let alternatives := steps[0]![1].getArgs.map (·[1])
    if alternatives.size ≤ maxAlternatives then alternatives else #[]
  else #[]

/-- The first line of a text. -/
def firstLine (text : String) : String := (text.splitOn "\n").headD ""

/--
Tries `candidate` on the current goals, of which `texts` are the texts. The state stays as it is.
An interruption is passed on to the caller; every other exception ends in a verdict.
-/
def tryCandidate (settings : CheckSettings) (texts : Array String) (unproved : FVarIdSet)
    (candidate : String) : TacticM Trial := do
  match ← parseCandidate candidate settings.column with
  | .error message =>
    return { outcome := { verdict := .rejected, message := readableText message } }
  | .ok tactics =>
    if let some message := forbidden? tactics then
      return { outcome := { verdict := .unsound, message } }
    if settings.followed && endsInComment tactics then
      return { outcome := {
        verdict := .rejected, message := "the comment swallows the rest of the line" } }
    let trial ← run tactics
    let alternatives := alternativesOf tactics
    if trial.outcome.verdict != .rejected || alternatives.isEmpty then return trial
    -- Lean tells only why the last alternative fails.
    let reasons ← alternatives.mapM fun tactics => return (← run tactics).outcome.message
    let message := "\n".intercalate (reasons.toList.eraseDups.map firstLine)
    return { trial with outcome.message := shorten message }
where
  run (tactics : Syntax) : TacticM Trial := do
    let saved ← saveState
    try
      let target ← (← getMainGoal).getType
      tryCatchRuntimeEx (settings.withBudget (attempt tactics)) fun e => do
        saved.restore (restoreInfo := true)
        return { outcome := ← outcomeOfException settings target e }
    finally
      saved.restore (restoreInfo := true)
  attempt (tactics : Syntax) : TacticM Trial := do
    let start : TrialStart := {
      goals := ← getUnsolvedGoals, texts, unproved, context := ← getMCtx
      recursions := (← getThe Term.State).letRecsToLift.length
      mentionsSorry := openPlaces tactics > 0 }
    let heartbeats ← IO.getNumHeartbeats
    runTactics tactics
    let replay : Replay := {
      tactics, goals := start.goals, after := ← TacticSnapshot.capture
      heartbeats := (← IO.getNumHeartbeats) - heartbeats }
    let trial ← start.finish
    let works := trial.outcome.verdict matches .proved | .progress
    return if works then { trial with replay? := replay } else trial

end LLMstep
