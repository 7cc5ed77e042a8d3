import LLMstep.Check

/-!
# Scripts

A proof found step by step, made readable: steps that it does not need are left out, and the goals
that one step leaves beside each other get a `·` each.
-/

open Lean Elab Tactic

namespace LLMstep

/-- A step of a script, and how many goals there were before and after it. -/
structure Step where
  text : String
  before : Nat
  after : Nat
  deriving Inhabited, Repr, BEq

/-- The steps one below the other. -/
def flatScript (texts : Array String) : String :=
  "\n".intercalate texts.toList

/-- The lines of a proof of one goal as an item of a list of proofs. -/
def bulleted (lines : List String) : List String :=
  match lines with
  | [] => []
  | first :: rest => s!"· {first}" :: rest.map ("  " ++ ·)

mutual

/-- The lines that prove one goal, and the steps that are left for the goals after it. -/
partial def proofLines : List Step → List String × List Step
  | [] => ([], [])
  | step :: rest =>
    let lines := step.text.splitOn "\n"
    match step.after + 1 - step.before with
    | 0 => (lines, rest)
    | 1 =>
      let (further, rest) := proofLines rest
      (lines ++ further, rest)
    | goals =>
      let (further, rest) := proofList goals rest
      (lines ++ further, rest)

/-- The lines that prove so many goals, one after the other. -/
partial def proofList (goals : Nat) (steps : List Step) : List String × List Step :=
  if goals == 0 then ([], steps)
  else
    let (lines, steps) := proofLines steps
    let (further, steps) := proofList (goals - 1) steps
    (bulleted lines ++ further, steps)

end

/-- The script with a `·` for each of the goals that one of its steps leaves beside others. -/
def structuredScript (steps : Array Step) : String :=
  let (lines, rest) := proofLines steps.toList
  "\n".intercalate (lines ++ rest.map (·.text))

/-- Whether the script closes the current goals, by the rules of `check`. -/
def proves (settings : Settings) (before : Array String) (script : String) : TacticM Bool :=
  return (← check settings before script).verdict == .proved

/--
Leaves out the steps without which the others still prove the goals, the last ones first: what comes
late is most often made superfluous by what comes after it.
-/
partial def dropSuperfluous (proves : String → TacticM Bool) (texts : Array String) :
    TacticM (Array String) :=
  go texts texts.size
where
  go (texts : Array String) (place : Nat) : TacticM (Array String) := do
    match place with
    | 0 => return texts
    | index + 1 =>
      Core.checkInterrupted
      let fewer := texts.eraseIdxIfInBounds index
      if !fewer.isEmpty && (← proves (flatScript fewer)) then go fewer index else go texts index

/--
Runs a step for good, of which `check` has said that it works. The state is then that after it.
Returns whether it does work; if not, the state is undefined.
-/
def advance (settings : Settings) (text : String) : TacticM Bool := do
  match ← parseCandidate text settings.column with
  | .error _ => return false
  | .ok tactics =>
    tryCatchRuntimeEx
      (settings.withBudget do
        run tactics
        return (← firstError?).isNone)
      fun e => if e.isInterrupt then throw e else return false

/-- The steps with the numbers of goals around them, if they can be run one after the other. -/
def replay? (settings : Settings) (texts : Array String) : TacticM (Option (Array Step)) := do
  let saved ← saveState
  try
    let mut steps := #[]
    for text in texts do
      let before := (← getUnsolvedGoals).length
      unless ← advance settings text do return none
      steps := steps.push { text, before, after := (← getUnsolvedGoals).length }
    return some steps
  finally
    saved.restore (restoreInfo := true)

/-- The shortest and most readable form of a script that proves the current goals. -/
def tidy (settings : Settings) (before : Array String) (texts : Array String) : TacticM String := do
  let texts ← dropSuperfluous (proves settings before) texts
  if let some steps ← replay? settings texts then
    let script := structuredScript steps
    if ← proves settings before script then return script
  return flatScript texts

end LLMstep
