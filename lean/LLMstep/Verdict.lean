import Lean.Data.Json

/-!
# Verdicts on candidates

The seven verdicts have the same names in the checker's protocol, the Python driver and the editor.
-/

open Lean

namespace LLMstep

/-- What Lean says about one suggested proof step. -/
inductive Verdict where
  /-- No goal is left, and nothing is missing from the proof. -/
  | proved
  /-- The step works and leaves goals. -/
  | progress
  /-- The step works, and the goals look as before. -/
  | noProgress
  /-- Lean reports an error. -/
  | rejected
  /-- The step ends without an error, but what it proves cannot be trusted. -/
  | unsound
  /-- The budget of heartbeats or time was used up. -/
  | timeout
  /-- Nothing is known. -/
  | unknown
  deriving Inhabited, BEq

/-- The name of a verdict in the protocol. -/
def Verdict.toString : Verdict → String
  | proved => "proved"
  | progress => "progress"
  | noProgress => "no_progress"
  | rejected => "rejected"
  | unsound => "unsound"
  | timeout => "timeout"
  | unknown => "unknown"

instance : ToString Verdict := ⟨Verdict.toString⟩

instance : ToJson Verdict := ⟨fun v => .str v.toString⟩

/-- The result of checking a candidate: a verdict, and what it rests on. -/
structure Outcome where
  verdict : Verdict
  /-- The goals after the step, pretty-printed, in Lean's order. -/
  goals : Array String := #[]
  /--
  Why the step is not accepted; for an accepted step, what Lean told about it, e.g. `Try this`.
  -/
  message : String := ""
  deriving Inhabited

end LLMstep
