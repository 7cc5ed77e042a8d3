import LLMstep.Options
import Lean.CoreM

/-!
# Settings of the tactics
-/

open Lean System

namespace LLMstep

/-- What the tactics are set to. -/
structure Configuration where
  /-- Where the model server is. -/
  url : String := llmstep.url.defValue
  /-- The server's bearer token. -/
  token? : Option String := none
  /-- A folder that `stepcheck bridge` answers in, in place of a server. -/
  spool? : Option FilePath := none
  /-- How many suggestions are asked for. -/
  count : Nat := llmstep.n.defValue
  /-- How long the suggestions are waited for, in milliseconds. -/
  timeout : Nat := llmstep.timeout.defValue
  /-- What trying one suggestion may cost, in thousands of heartbeats. -/
  maxHeartbeats : Nat := llmstep.maxHeartbeats.defValue
  /-- How long trying one suggestion may take, in milliseconds. -/
  candidateTimeout : Nat := llmstep.candidateTimeout.defValue
  /-- How much of the file before the call the model is shown, in characters. -/
  context : Nat := llmstep.context.defValue

/-- The text, unless it is empty. -/
def nonempty? (text : String) : Option String :=
  if text.isEmpty then none else some text

/-- The settings in force here. -/
def Configuration.read : CoreM Configuration := do
  let options ← getOptions
  return {
    url := llmstep.url.get options
    token? := nonempty? (llmstep.token.get options)
    spool? := (nonempty? (llmstep.spool.get options)).map FilePath.mk
    count := llmstep.n.get options
    timeout := llmstep.timeout.get options
    maxHeartbeats := llmstep.maxHeartbeats.get options
    candidateTimeout := llmstep.candidateTimeout.get options
    context := llmstep.context.get options }

end LLMstep
