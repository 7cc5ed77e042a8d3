import LLMstep.Client
import Lean.Elab.Command

/-!
# The client, for the tests

Commands that call the client's functions and log what comes back.
-/

open Lean Elab Command LLMstep

namespace ClientProbe

/-- What a request came to. -/
def outcome : Except ClientError Reply → Json
  | .ok reply => json% {
      "suggestions": $(reply.suggestions.map fun s => json% { text: $s.text, score: $s.score }),
      "model": $reply.model }
  | .error error => json% { "problem": $error.problem, "remedy": $error.remedy }

/-- `#suggest N "goal" "prefix"` asks with the settings in force here. -/
elab "#suggest " count:num goal:str tacticPrefix:str : command => do
  let result ← liftCoreM do
    let configuration ← Configuration.read
    requestSuggestions configuration {
      goal := goal.getString, tacticPrefix := tacticPrefix.getString, count := count.getNat }
  logInfo (outcome result).compress

end ClientProbe
