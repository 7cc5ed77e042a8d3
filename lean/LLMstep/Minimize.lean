import LLMstep.CandidateChecker
import LLMstep.Script

/-!
# Minimizing a found proof

Steps that are not needed are left out, and the others are structured. Whatever is changed in a
script is tried again; the declaration judges what remains.
-/

open Lean Elab Tactic

namespace LLMstep

/-- Whether a script proves the goals, and nothing is wrong with it. -/
def CandidateChecker.proves (checker : CandidateChecker) (watchdog : Watchdog) (script : String) :
    BaseIO Bool :=
  return (← checker.tryStep watchdog script).verdict == .proved

/--
Leaves out the steps without which the others still prove the goals, the last ones first: a step
most often becomes redundant by what comes after it.
-/
def CandidateChecker.dropRedundantSteps (checker : CandidateChecker) (watchdog : Watchdog)
    (texts : Array String) : BaseIO (Array String) :=
  go texts texts.size
where
  go (texts : Array String) : Nat → BaseIO (Array String)
    | 0 => return texts
    | i + 1 => do
      let fewer := texts.eraseIdxIfInBounds i
      if !fewer.isEmpty && (← checker.proves watchdog (flatScript fewer)) then go fewer i
      else go texts i

/-- The steps with the numbers of goals around them, if they can be run one after the other. -/
def CandidateChecker.replay? (checker : CandidateChecker) (watchdog : Watchdog)
    (texts : List String) : BaseIO (Option (List Step)) := do
  match texts with
  | [] => return some []
  | text :: rest =>
    let some next ← checker.advance? watchdog text | return none
    let some steps ← next.replay? watchdog rest | return none
    return some ({ text, before := checker.goals.size, after := next.goals.size } :: steps)

/-- The shortest and most readable form of steps that prove the goals. -/
def CandidateChecker.minimize (checker : CandidateChecker) (watchdog : Watchdog)
    (texts : Array String) : BaseIO String := do
  let texts ← checker.dropRedundantSteps watchdog texts
  if let some steps ← checker.replay? watchdog texts.toList then
    let script := structuredScript steps.toArray
    if ← checker.proves watchdog script then return script
  return flatScript texts

end LLMstep
