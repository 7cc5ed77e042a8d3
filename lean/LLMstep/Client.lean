import LLMstep.Configuration
import LLMstep.Curl
import LLMstep.Spool
import LLMstep.Tcp

/-!
# The client of the model server

Through a folder if one is set, over TCP if the server is on this machine, else through curl.
-/

open Lean

namespace LLMstep

/-- Why a Lean in WebAssembly cannot ask a server. -/
def noNetwork : ClientError where
  problem := "This Lean has no network."
  remedy := "Set `llmstep.spool` to a folder and start `stepcheck bridge` with the same folder."

/-- Asks in the way that the configuration says. -/
def transport (configuration : Configuration) (request : Request) (deadline : Deadline) :
    IO (Except ClientError Reply) :=
  let { url, token?, spool?, .. } := configuration
  match spool? with
  | some folder => Spool.ask folder request deadline
  | none =>
    if System.Platform.isEmscripten then return .error noNetwork
    else if url.isLoopback && !url.secure then Tcp.ask url token? request deadline
    else Curl.ask url token? request deadline

/-- Asks the model server, or the bridge to it, until the deadline. -/
def ask (configuration : Configuration) (request : Request) (deadline : Deadline) :
    BaseIO (Except ClientError Reply) := do
  match ← (transport configuration request deadline).toBaseIO with
  | .ok answer => return answer
  | .error error =>
    let address := (configuration.spool?.map toString).getD (toString configuration.url)
    return .error {
      problem := s!"The model cannot be asked through {address}: {excerpt (toString error)}."
      remedy := "See `llmstep.url` and `llmstep.spool`." }

/--
Asks the model server, or the bridge to it. Waits at most as long as the configuration says; only
Lean's interruption is thrown.
-/
def requestSuggestions (configuration : Configuration) (request : Request) :
    CoreM (Except ClientError Reply) := do
  let deadline ← Deadline.fromNow configuration.timeout
  let answer ← ask configuration request deadline
  Core.checkInterrupted
  return answer

end LLMstep
