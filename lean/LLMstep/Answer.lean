import LLMstep.Request
import Lean.Data.Json.FromToJson

/-!
# The request and its answer as JSON

The schemas are `SuggestRequest`, `SuggestResponse` and `ErrorBody` of the model server.
-/

open Lean

namespace LLMstep

/-- The body of `POST /v1/suggest`. -/
def Request.body (request : Request) : Json := json% {
  "goal": $request.goal, "prefix": $request.tacticPrefix, "context": $request.context,
  "n": $request.count }

/-- One suggestion; a server that scores nothing may leave the score out. -/
def readSuggestion (json : Json) : Except String Suggestion := do
  let text ← json.getObjValAs? String "text"
  match json.getObjValD "score" with
  | .null => return { text, score := 0 }
  | score => return { text, score := ← fromJson? score }

/-- The body of an answer with status 200. -/
def readReply (json : Json) : Except String Reply := do
  let suggestions ← (← json.getObjValAs? (Array Json) "suggestions").mapM readSuggestion
  let model := (json.getObjValAs? String "model").toOption.getD ""
  return { suggestions, model }

/-- What a server says of its own error, if it is a model server of stepcheck. -/
def readServerError? (json : Json) : Option ClientError := do
  let problem ← (json.getObjValAs? String "message").toOption
  let remedy := (json.getObjValAs? String "remedy").toOption.getD ""
  return { problem, remedy }

/-- The beginning of a text that nobody expected, on one line. -/
def excerpt (text : String) : String :=
  let line := text.map fun c => if c.isWhitespace then ' ' else c
  if line.length ≤ 80 then line.trimAscii.toString else (line.take 80).toString ++ "…"

/-- An answer that no model server of stepcheck gives. -/
def foreignAnswer (what shown : String) : ClientError where
  problem := s!"The answer {what}: {(excerpt shown).quote}."
  remedy := "See whether a `stepcheck serve` of the same version listens at `llmstep.url`."

/-- The reply in an answer with `status` and `body`. -/
def readAnswer (status : Nat) (body : Json) : Except ClientError Reply :=
  if status == 200 then
    (readReply body).mapError fun error =>
      foreignAnswer s!"is not one of a model server ({error})" body.compress
  else
    throw <| (readServerError? body).getD <|
      foreignAnswer s!"has status {status}" body.compress

end LLMstep
