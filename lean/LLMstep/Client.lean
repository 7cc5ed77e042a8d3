import LLMstep.Configuration
import LLMstep.Spool

/-!
# Asking the model
-/

open Lean

namespace LLMstep

/--
Asks the model server, or the bridge to it. Waits at most as long as the configuration says; only
Lean's interruption is thrown.
-/
def requestSuggestions (configuration : Configuration) (request : Request) :
    CoreM (Except ClientError Reply) := do
  let patience ← Patience.start configuration.timeout
  let some folder := configuration.spool?
    | return .error { problem := "No spool folder is set.", remedy := "Set `llmstep.spool`." }
  let answer ← (Spool.ask folder request patience).toBaseIO
  Core.checkInterrupted
  match answer with
  | .ok answer => return answer
  | .error error =>
    return .error { problem := s!"The files in {folder} cannot be used: {error}.", remedy := "" }

end LLMstep
