import LLMstep.Propose

/-! # The checker's requests and answers, as JSON -/

open Lean

namespace LLMstep

/-- What a client asks for. -/
inductive CheckerMethod where
  | open (before after : String) (milliseconds : Nat)
  | propose (milliseconds : Nat)
  | check (candidates : Array String) (heartbeats milliseconds threads : Nat)
  | cancel

/-- A request, and the number by which its answers are recognised. -/
structure CheckerRequest where
  id : Nat
  method : CheckerMethod

/-- A field that may be missing. -/
def field? [FromJson α] (json : Json) (name : String) (default : α) : Except String α :=
  match json.getObjVal? name with
  | .ok value => (fromJson? value).mapError (s!"{name}: {·}")
  | .error _ => .ok default

/-- A field that must be there. -/
def field [FromJson α] (json : Json) (name : String) : Except String α := do
  (fromJson? (← json.getObjVal? name)).mapError (s!"{name}: {·}")

/-- Reads the method and its parameters. -/
def readMethod (json : Json) : Except String CheckerMethod := do
  let name : String ← field json "method"
  match name with
  | "open" =>
    return .open (← field json "before") (← field? json "after" "")
      (← field? json "milliseconds" 60000)
  | "propose" => return .propose (← field? json "milliseconds" 1000)
  | "check" =>
    return .check (← field json "candidates") (← field? json "heartbeats" 200000)
      (← field? json "milliseconds" 5000) (← field? json "threads" 1)
  | "cancel" => return .cancel
  | _ => throw s!"method: `{name}` is not one of open, propose, check, cancel"

instance : FromJson CheckerRequest where
  fromJson? json := do
    return { id := ← field json "id", method := ← readMethod json }

/-- The name of a severity. -/
def severityName : MessageSeverity → String
  | .error => "error"
  | .warning => "warning"
  | .information => "information"

/-- A message with its position: lines from 1, columns from 0, in characters. -/
def messageJson (message : Message) : BaseIO Json := do
  return json% {
    severity: $(severityName message.severity), line: $message.pos.line,
    column: $message.pos.column, text: $(applyHints (← message.data.toString)) }

/-- The answer to a document that was opened. -/
def OpenedDocument.json (opened : OpenedDocument) (id : Nat) : BaseIO Json := do
  return json% {
    id: $id, goals: $opened.place.goals, messages: $(← opened.messages.toArray.mapM (messageJson ·)),
    importMilliseconds: $opened.importMilliseconds,
    elaborationMilliseconds: $opened.elaborationMilliseconds,
    declarationMilliseconds: $opened.place.milliseconds,
    commandsReused: $opened.commandsReused }

/-- What is proposed at a place, and whether nothing is missing. -/
def Proposals.json (proposals : Proposals) (id : Nat) : Json :=
  json% {
    id: $id, complete: $proposals.complete,
    proposals: $(proposals.steps.map fun step =>
      json% { step: $step.text, source: $step.source.name }) }

/-- The answer to a request that cannot be met. -/
def CheckerError.json (failure : CheckerError) (id? : Option Nat) : Json :=
  json% { id: $id?, error: { kind: $failure.kind, message: $failure.message } }

/-- One line about one candidate. -/
def Outcome.json (outcome : Outcome) (id index microseconds heartbeats : Nat) : Json :=
  json% {
    id: $id, index: $index, verdict: $outcome.verdict, goals: $outcome.goals,
    message: $outcome.message, microseconds: $microseconds, heartbeats: $heartbeats }

/-- The end of the answers to `check`. -/
def doneJson (id : Nat) (cancelled : Bool) : Json :=
  json% { id: $id, done: true, cancelled: $cancelled }

end LLMstep
