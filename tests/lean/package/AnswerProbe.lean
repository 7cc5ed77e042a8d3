import LLMstep.RequestJson
import Lean.Elab.Command

/-!
# The answers to other tactics, as Lean reads them

The shapes into which LeanCopilot and llmlean parse what the server answers, and commands that log
what arrives.
-/

open Lean Elab Command

namespace AnswerProbe

/-- An output of LeanCopilot's `/generate`. -/
structure Generation where
  output : String
  score : Float
  deriving FromJson

/-- The answer of LeanCopilot's `/generate`. -/
structure Generations where
  outputs : Array Generation
  deriving FromJson

/-- The answer of LeanCopilot's `/encode`. -/
structure Embedding where
  outputs : Array Float
  deriving FromJson

/-- A message of a chat. -/
structure Message where
  role : String
  content : String
  deriving FromJson

/-- One of the answers of a chat. -/
structure Choice where
  message : Message
  deriving FromJson

/-- The answer of a chat. -/
structure Chat where
  id : String
  choices : List Choice
  deriving FromJson

/-- The content of a file as an `α`. -/
def readAs (α : Type) [FromJson α] (file : String) : IO α := do
  let parsed : Except String α := Json.parse (← IO.FS.readFile file) >>= fromJson?
  IO.ofExcept parsed

/-- Each output with the bits of its score. -/
elab "#generations " file:str : command => do
  let found ← readAs Generations file.getString
  let pairs := found.outputs.map fun each => json% [$each.output, $(each.score.toBits.toNat)]
  logInfo (toJson pairs).compress

/-- The bits of each number. -/
elab "#embedding " file:str : command => do
  let found ← readAs Embedding file.getString
  logInfo (toJson (found.outputs.map (·.toBits.toNat))).compress

/-- What each message says. -/
elab "#chat " file:str : command => do
  let found ← readAs Chat file.getString
  logInfo (toJson (found.choices.map (·.message.content))).compress

end AnswerProbe
