import LLMstep.Candidate
import LLMstep.Trust
import Lean.Elab.SyntheticMVars

/-!
# Checking a candidate

The one definition of what a verdict means: `check` runs a candidate on the current goals, says what
became of it, and leaves no trace. The resident checker and the `llmstep` tactic both call it.
-/

open Lean Meta Elab Tactic

namespace LLMstep

/-- The longest message that is passed on, in characters. -/
def maxMessageLength : Nat := 600

/-- The beginning of a message. -/
def shorten (text : String) : String :=
  let text := text.trimAscii.toString
  if text.length ≤ maxMessageLength then text else (text.take maxMessageLength).toString ++ " …"

/-- A goal with its hypotheses, as the infoview shows it. -/
def goalText (goal : MVarId) : MetaM String :=
  return (← ppGoal goal).pretty

/-- What a candidate may use up, and what is known about the place where it is checked. -/
structure CheckSettings where
  /-- Heartbeats for one candidate, in thousands: the unit of the option `maxHeartbeats`. -/
  heartbeats : Nat := 200000
  /-- The column at which the candidate would stand. -/
  column : Nat
  /-- Whether text follows on the same line. -/
  followed : Bool := false
  /-- Whether the declaration has an error before this place, so that no step can complete it. -/
  afterError : Bool := false
  /-- The hypotheses whose own proofs are not to be relied on; see `unprovedHypotheses`. -/
  unproved : FVarIdSet := {}

/--
Runs `x` with the heartbeats of one candidate. The kernel is asked in it, whatever the document's
options say.
-/
def CheckSettings.withBudget (settings : CheckSettings) (x : TacticM α) : TacticM α :=
  withCurrHeartbeats <|
    withTheReader Core.Context (fun context => { context with
      maxHeartbeats := settings.heartbeats * 1000
      suppressElabErrors := false
      options := debug.skipKernelTC.set context.options false }) x

/-- The messages of one severity, so far. -/
def messages (severity : MessageSeverity) : CoreM (List Message) :=
  return (← Core.getMessageLog).toList.filter (·.severity == severity)

/--
A message without the goals and the traces in it: printing them takes longer than most steps, and
they would not fit into what is passed on.
-/
partial def withoutDetails : MessageData → MessageData
  | .ofGoal _ => .nil
  | .withContext context data => .withContext context (withoutDetails data)
  | .withNamingContext context data => .withNamingContext context (withoutDetails data)
  | .nest indentation data => .nest indentation (withoutDetails data)
  | .group data => .group (withoutDetails data)
  | .compose first second => .compose (withoutDetails first) (withoutDetails second)
  | .tagged tag data => .tagged tag (withoutDetails data)
  | .trace _ data _ => withoutDetails data
  | data => data

/-- The beginning of an error message. -/
def errorText (data : MessageData) : CoreM String :=
  return shorten (← (withoutDetails data).toString)

/-- The first error that was logged. -/
def firstError? : CoreM (Option String) := do
  match ← messages .error with
  | message :: _ => return some (← errorText message.data)
  | [] => return none

/-- What Lean says about a step that works, e.g. the suggestion of `simp?`. -/
def infoText : CoreM String := do
  let texts ← (← messages .information).mapM (·.data.toString)
  return shorten ("\n".intercalate texts)

/-- The outcome of a candidate that ended with an exception. -/
def outcomeOfException (settings : CheckSettings) (e : Exception) : CoreM Outcome := do
  if e.isMaxHeartbeat then
    return {
      verdict := .timeout, message := s!"more than {settings.heartbeats} thousand heartbeats" }
  -- Elaborators that have already logged what is wrong abort with an internal exception.
  let logged? ← if e matches .internal .. then firstError? else pure none
  return { verdict := .rejected, message := logged?.getD (← errorText e.toMessageData) }

/-- Runs `tactics` without error recovery, in a fresh message log. -/
def runTactics (tactics : Syntax) : TacticM Unit := do
  Core.resetMessageLog
  withEnableInfoTree false <| Term.withoutErrToSorry <| Tactic.withoutRecover <|
    Term.withSynthesize <| evalTactic tactics

/--
The outcome of a candidate, from the state after it. The candidate began with `goals`, whose texts
are `before`, in the context `old`, below so many recursive functions that were yet to be compiled.
-/
def outcomeOfState (settings : CheckSettings) (goals : List MVarId) (before : Array String)
    (old : MetavarContext) (recursions : Nat) : TacticM Outcome := do
  if let some message ← firstError? then return { verdict := .rejected, message }
  let proofs ← goals.toArray.mapM fun goal => return (goal, ← instantiateMVars (.mvar goal))
  let used := proofs.flatMap (·.2.getUsedConstants)
  if let some name := untrusted? (← getEnv) used then
    return { verdict := .unsound, message := untrustedMessage name }
  let remaining ← getUnsolvedGoals
  if (← getThe Term.State).letRecsToLift.length > recursions && remaining.isEmpty then
    return { verdict := .unsound, message := "defines a recursive function", isRecursive := true }
  if ← losesMVar old (proofs.map (·.2)) remaining then
    return { verdict := .rejected, message := "leaves a metavariable that is not a goal" }
  if remaining.isEmpty then
    proved proofs
  else
    let after ← remaining.toArray.mapM (goalText ·)
    let verdict := if after == before then .noProgress else .progress
    return { verdict, goals := after, message := ← infoText }
where
  proved (proofs : Array (MVarId × Expr)) : TacticM Outcome := do
    for (goal, proof) in proofs do
      if let some outcome ← kernelRefusal? goal proof then
        return { outcome with message := shorten outcome.message }
    if ← proofs.anyM fun (goal, proof) => goal.withContext (callsItself proof) then
      return { verdict := .unsound, message := recursionMessage, isRecursive := true }
    if settings.afterError then
      return { verdict := .progress, message := "an earlier error in this declaration" }
    if proofs.any (·.2.hasAnyFVar settings.unproved.contains) then
      return { verdict := .progress, message := "uses a hypothesis that is not proved" }
    if ← proofs.anyM fun (goal, _) => return (← instantiateMVars (← goal.getType)).hasSorry then
      return { verdict := .progress, message := "the goal itself contains `sorry`" }
    return { verdict := .proved, message := ← infoText }

/--
Tries `candidate` on the current goals, of which `before` are the texts. The state stays as it is.
An interruption is passed on to the caller; every other exception ends in a verdict.
-/
def check (settings : CheckSettings) (before : Array String) (candidate : String) :
    TacticM Outcome := do
  match ← parseCandidate candidate settings.column with
  | .error message => return { verdict := .rejected, message := shorten message }
  | .ok tactics =>
    if let some message := forbidden? tactics then return { verdict := .unsound, message }
    if settings.followed && endsInComment tactics then
      return { verdict := .rejected, message := "the comment swallows the rest of the line" }
    let saved ← saveState
    try
      tryCatchRuntimeEx (settings.withBudget (attempt tactics)) fun e =>
        outcomeOfException settings e
    finally
      saved.restore (restoreInfo := true)
where
  attempt (tactics : Syntax) : TacticM Outcome := do
    let goals ← getUnsolvedGoals
    let old ← getMCtx
    let recursions := (← getThe Term.State).letRecsToLift.length
    runTactics tactics
    outcomeOfState settings goals before old recursions

end LLMstep
