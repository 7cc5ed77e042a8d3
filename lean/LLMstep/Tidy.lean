import LLMstep.Script
import LLMstep.Trial

/-!
# Making a found proof short and readable

Whatever is changed in a script is tried again, by the same rules as every suggestion.
-/

open Lean Elab Tactic

namespace LLMstep

/--
The trial in the state after a step that works. There is none if the step does not work, or not
within its limits.
-/
def Trial.advance? (trial : Trial) (watchdog : Watchdog) (text : String) :
    BaseIO (Option Trial) :=
  watchdog.guard trial.milliseconds fun token => do
    let action : TacticM (Option Trial) := do
      let .ok tactics ← parseCandidate text trial.settings.column | return none
      trial.settings.withBudget (run tactics)
      if (← firstError?).isSome then return none
      let goals ← (← getUnsolvedGoals).toArray.mapM (goalText ·)
      let options := trial.hole.coreContext.options
      return some { trial with
        hole := { ← Hole.capture with coreContext.options := options }, goals }
    match ← (trial.hole.run token action).toBaseIO with
    | .ok trial? => return trial?
    | .error _ => return none

/-- Whether a script proves the goals, and nothing is wrong with it. -/
def Trial.proves (trial : Trial) (watchdog : Watchdog) (script : String) : BaseIO Bool :=
  return (← trial.check watchdog script).verdict == .proved

/--
Leaves out the steps without which the others still prove the goals, the last ones first: a step
most often becomes superfluous by what comes after it.
-/
def Trial.dropSuperfluous (trial : Trial) (watchdog : Watchdog) (texts : Array String) :
    BaseIO (Array String) :=
  go texts texts.size
where
  go (texts : Array String) : Nat → BaseIO (Array String)
    | 0 => return texts
    | place + 1 => do
      let fewer := texts.eraseIdxIfInBounds place
      if !fewer.isEmpty && (← trial.proves watchdog (flatScript fewer)) then go fewer place
      else go texts place

/-- The steps with the numbers of goals around them, if they can be run one after the other. -/
def Trial.replay? (trial : Trial) (watchdog : Watchdog) (texts : List String) :
    BaseIO (Option (List Step)) := do
  match texts with
  | [] => return some []
  | text :: rest =>
    let some next ← trial.advance? watchdog text | return none
    let some steps ← next.replay? watchdog rest | return none
    return some ({ text, before := trial.goals.size, after := next.goals.size } :: steps)

/-- The shortest and most readable form of steps that prove the goals. -/
def Trial.tidy (trial : Trial) (watchdog : Watchdog) (texts : Array String) : BaseIO String := do
  let texts ← trial.dropSuperfluous watchdog texts
  if let some steps ← trial.replay? watchdog texts.toList then
    let script := structuredScript steps.toArray
    if ← trial.proves watchdog script then return script
  return flatScript texts

end LLMstep
