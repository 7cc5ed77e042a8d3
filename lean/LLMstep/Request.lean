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

/-- Where a step comes from. -/
inductive ProposalSource where
  /-- The language model. -/
  | model
  /-- Read off the goal and its hypotheses. -/
  | goal
  /-- A tactic of Lean that searches by itself. -/
  | automation
  /-- Names a declaration of the library or of the file. -/
  | premise
  deriving BEq, Inhabited, Repr

/-- The name of a source in the protocol, and where it is shown. -/
def ProposalSource.name : ProposalSource → String
  | .model => "model"
  | .goal => "goal"
  | .automation => "automation"
  | .premise => "premise"

/-- A step that somebody suggests: Lean has not seen it yet. -/
structure Suggestion where
  text : String
  /--
  The mean log-probability of the model's tokens, in nats: the higher, the likelier. Of steps that
  others suggest, what stands for it.
  -/
  score : Float
  source : ProposalSource := .model
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
