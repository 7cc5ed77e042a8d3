import LLMstep.Request
import Lean.Data.Json.FromToJson

/-!
# The JSON of the request and of its answer

The schemas are `SuggestRequest`, `SuggestResponse` and `ErrorBody` of the model server.
-/

open Lean

namespace LLMstep

/-- The body of `POST /v1/suggest`. -/
def Request.body (request : Request) : Json := json% {
  "goal": $request.goal, "prefix": $request.tacticPrefix, "context": $request.context,
  "n": $request.count }

/-- A field that must be there. -/
def requiredField [FromJson α] (json : Json) (name : String) : Except String α := do
  (fromJson? (← json.getObjVal? name)).mapError (s!"{name}: {·}")

/-- One suggestion; a server that scores nothing may leave the score out. -/
def readSuggestion (json : Json) : Except String Suggestion := do
  let text ← requiredField json "text"
  match json.getObjValD "score" with
  | .null => return { text, score := 0 }
  | _ => return { text, score := ← requiredField json "score" }

/-- The body of an answer with status 200. -/
def readReply (json : Json) : Except String Reply := do
  let suggestions : Array Json ← requiredField json "suggestions"
  let model := (json.getObjValAs? String "model").toOption.getD ""
  return { suggestions := ← suggestions.mapM readSuggestion, model }

/-- What a server says of its own error, if it is a model server of stepcheck. -/
def readServerError? (json : Json) : Option ClientError := do
  let problem ← (json.getObjValAs? String "message").toOption
  let remedy := (json.getObjValAs? String "remedy").toOption.getD ""
  return { problem, remedy }

/-- Bytes as text: ASCII alone, with replacement characters, if they are not UTF-8. -/
def lossyText (bytes : ByteArray) : String :=
  (String.fromUTF8? bytes).getD <|
    String.ofList (bytes.toList.map fun b => if b < 0x80 then Char.ofNat b.toNat else '\uFFFD')

/-- The beginning of a text, on one line, for an error message. -/
def excerpt (text : String) : String :=
  let line := text.map fun c => if c.isWhitespace then ' ' else c
  if line.length ≤ 80 then line.trimAscii.toString else (line.take 80).toString ++ "…"

/-- The error about an answer that no model server of stepcheck gives. -/
def unexpectedAnswer (what shown : String) : ClientError where
  problem := s!"The answer {what}: {(excerpt shown).quote}."
  remedy := "See whether a `stepcheck serve` of the same version listens at `llmstep.url`."

/-- The largest answer that is read, in bytes: thrice that of 64 suggestions of 16384 characters. -/
def maxAnswerBytes : Nat := 4194304

/-- The error about an answer that cannot be understood. -/
def malformedAnswer (what : String) : ClientError where
  problem := s!"The answer at the model server's address is not a proper one: {what}."
  remedy := "See whether a `stepcheck serve` listens at `llmstep.url`."

/-- The error about an answer that is larger than is read. -/
def answerTooLarge : ClientError :=
  malformedAnswer s!"it has more than {maxAnswerBytes} bytes"

/-- The reply in an answer with `status` and `body`. -/
def readAnswer (status : Nat) (body : Json) : Except ClientError Reply :=
  if status == 200 then
    (readReply body).mapError fun error =>
      unexpectedAnswer s!"is not one of a model server ({error})" body.compress
  else
    throw <| (readServerError? body).getD <|
      unexpectedAnswer s!"has status {status}" body.compress

end LLMstep
