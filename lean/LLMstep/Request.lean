/-!
# What the model is asked and what it answers
-/

namespace LLMstep

/-- A question to the model: how could this proof go on? -/
structure Request where
  /-- The pretty-printed goals, with their hypotheses. -/
  goal : String
  /-- Every suggestion is to begin with this text. -/
  tacticPrefix : String := ""
  /-- The file's text before the tactic block. -/
  context : String := ""
  /-- How many suggestions at most. -/
  count : Nat
  deriving Inhabited, Repr, BEq

/-- A proposed step, as the model wrote it: Lean has not seen it yet. -/
structure Suggestion where
  text : String
  /-- Mean log-probability of its tokens, in nats: the higher, the likelier. -/
  score : Float
  deriving Inhabited, Repr

/-- The answer to a `Request`, best suggestion first. -/
structure Reply where
  suggestions : Array Suggestion
  /-- The name of the model. -/
  model : String
  deriving Inhabited, Repr

/-- Why there is no answer. -/
structure ClientError where
  /-- What went wrong, one sentence. -/
  problem : String
  /-- What to do about it, one sentence; empty if there is nothing to do. -/
  remedy : String
  deriving Inhabited, Repr, BEq

instance : ToString ClientError where
  toString error :=
    if error.remedy.isEmpty then error.problem else s!"{error.problem} {error.remedy}"

end LLMstep
