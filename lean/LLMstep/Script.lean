/-!
# Tactic scripts

A proof that was found step by step, as a person would write it: the goals that one step leaves
beside each other get a `·` each.
-/

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

end LLMstep
