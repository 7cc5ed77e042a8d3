import LLMstep.RequestJson
import LLMstep.JsonText
import LLMstep.Url

/-!
# HTTP/1.1, as far as one request needs it

The bytes of the request, and what the bytes of a response mean (RFC 9112). Sending and receiving
them is the business of `LLMstep.Tcp` and `LLMstep.Curl`.
-/

open Lean

namespace LLMstep.Http

/-- The path of the service. -/
def servicePath : String := "/v1/suggest"

/-- The header of a request about `body`, apart from `Host` and `Connection`. -/
def headers (token? : Option Token) : List (String × String) :=
  [("Content-Type", "application/json"), ("Accept", "application/json")] ++
    (token?.map fun token => ("Authorization", s!"Bearer {token.text}")).toList

/-- A request with everything before its body. -/
def requestBytes (url : Url) (token? : Option Token) (body : ByteArray) : ByteArray :=
  let fields := [("Host", url.authority), ("Content-Length", toString body.size),
    ("Connection", "close")] ++ headers token?
  let lines := fields.map fun (name, value) => s!"{name}: {value}\r\n"
  s!"POST {url.path}{servicePath} HTTP/1.1\r\n{String.join lines}\r\n".toUTF8 ++ body

/-! ## Responses -/

/-- The largest head of a response, in bytes. -/
def maxHeadBytes : Nat := 65536

/-- How the end of a body is recognised. -/
inductive Framing where
  | length (bytes : Nat)
  | chunked
  | untilClosed
  deriving BEq, Repr

/-- What a response says before its body. -/
structure Head where
  status : Nat
  framing : Framing
  /-- Where a redirect leads. -/
  location? : Option String
  /-- Where the body begins, in bytes. -/
  start : Nat
  deriving Repr

/-- The position after the first empty line from `i` on, if it comes before `stop`. -/
partial def headEnd? (bytes : ByteArray) (i stop : Nat) : Option Nat :=
  if i + 4 > min bytes.size stop then none
  else if bytes[i + 3]! != 0x0a then headEnd? bytes (i + 1) stop
  else if bytes[i]! == 0x0d && bytes[i + 1]! == 0x0a && bytes[i + 2]! == 0x0d then some (i + 4)
  else headEnd? bytes (i + 1) stop

/-- The name, in small letters, and the value of a header line. -/
def splitField? (line : String) : Option (String × String) :=
  match line.splitOn ":" with
  | name :: value@(_ :: _) => some (name.toLower, (":".intercalate value).trimAscii.toString)
  | _ => none

/-- The status in the first line. -/
def readStatus (line : String) : Except ClientError Nat := do
  let wrong := malformedAnswer s!"it begins with {(excerpt line).quote}"
  unless line.startsWith "HTTP/1." || line.startsWith "HTTP/2" do throw wrong
  let _ :: code :: _ := line.splitOn " " | throw wrong
  let some status := if code.length == 3 then code.toNat? else none | throw wrong
  return status

/-- How the body ends. -/
def readFraming (fields : List (String × String)) : Except ClientError Framing := do
  let values (name : String) := (fields.filter (·.1 == name)).map (·.2)
  match values "transfer-encoding", (values "content-length").eraseDups with
  | [], [] => return .untilClosed
  | [], [text] =>
    let some length := if text.length ≤ 12 && text.all Char.isDigit then text.toNat? else none
      | throw (malformedAnswer s!"its length is {(excerpt text).quote}")
    if length > maxAnswerBytes then throw answerTooLarge
    return .length length
  | [], _ => throw (malformedAnswer "it has several lengths")
  | [coding], _ =>
    if coding.toLower == "chunked" then return .chunked
    else throw (malformedAnswer s!"it is encoded as {(excerpt coding).quote}")
  | _, _ => throw (malformedAnswer "it is encoded several times")

/-- Reads the head of the response, from the byte `start` on; none if it has not all come. -/
partial def readHead? (bytes : ByteArray) (start : Nat := 0) :
    Except ClientError (Option Head) := do
  let stop := start + maxHeadBytes
  let some body := headEnd? bytes start stop
    | if bytes.size ≥ stop then throw (malformedAnswer "its head does not end") else return none
  let lines := (lossyText (bytes.extract start (body - 4))).splitOn "\r\n"
  let status ← readStatus (lines.headD "")
  if 100 ≤ status && status < 200 then return ← readHead? bytes body
  let fields := lines.tail.filterMap splitField?
  let framing ← if status == 204 || status == 304 then pure (.length 0) else readFraming fields
  return some { status, framing, location? := fields.lookup "location", start := body }

/-! ## Chunks -/

/-- The number in hexadecimal digits from the byte `i` on, and where they end. -/
partial def chunkSize (bytes : ByteArray) (i : Nat) (value : Nat) : Nat × Nat :=
  let digit? := if h : i < bytes.size then
      let byte := bytes[i]
      if 0x30 ≤ byte && byte ≤ 0x39 then some (byte - 0x30)
      else if 0x41 ≤ byte && byte ≤ 0x46 then some (byte - 0x37)
      else if 0x61 ≤ byte && byte ≤ 0x66 then some (byte - 0x57)
      else none
    else none
  match digit? with
  | some digit =>
    if value > maxAnswerBytes then (value, i)
    else chunkSize bytes (i + 1) (16 * value + digit.toNat)
  | none => (value, i)

/-- The position after the end of the line that `i` is in. -/
partial def lineEnd? (bytes : ByteArray) (i : Nat) : Option Nat :=
  if i + 1 < bytes.size then
    if bytes[i]! == 0x0d && bytes[i + 1]! == 0x0a then some (i + 2) else lineEnd? bytes (i + 1)
  else none

/-- The content of the chunks from the byte `i` on; none if the last one has not come. -/
partial def joinChunks? (bytes : ByteArray) (i : Nat) (content : ByteArray) :
    Except ClientError (Option ByteArray) := do
  let some line := lineEnd? bytes i | return none
  let (size, digitsEnd) := chunkSize bytes i 0
  if size > maxAnswerBytes then throw answerTooLarge
  if digitsEnd == i then throw (malformedAnswer "a chunk has no size")
  if size == 0 then return some content
  let stop := line + size
  if bytes.size < stop + 2 then return none
  unless bytes[stop]! == 0x0d && bytes[stop + 1]! == 0x0a do
    throw (malformedAnswer "a chunk has another size than it says")
  joinChunks? bytes (stop + 2) (content ++ bytes.extract line stop)

/-- Whether `bytes` ends in the line after the last chunk, unless a chunk just looks like that. -/
def mayEndChunks (bytes : ByteArray) : Bool :=
  bytes.size ≥ 5 && (bytes.extract (bytes.size - 5) bytes.size).toList == [0x30, 13, 10, 13, 10]

/-- The body, if all of it has come. `closed` says that nothing more will come. -/
def Head.body? (head : Head) (bytes : ByteArray) (closed : Bool) :
    Except ClientError (Option ByteArray) :=
  match head.framing with
  | .length length =>
    if bytes.size < head.start + length then return none
    else return some (bytes.extract head.start (head.start + length))
  | .untilClosed => return if closed then some (bytes.extract head.start bytes.size) else none
  | .chunked =>
    if closed || mayEndChunks bytes then joinChunks? bytes head.start .empty else return none

/-! ## Answers -/

/-- What a complete response says. -/
def interpret (head : Head) (body : ByteArray) : Except ClientError Reply := do
  if 300 ≤ head.status && head.status < 400 then
    let target := (head.location?.map fun location => s!" to {(excerpt location).quote}").getD ""
    throw {
      problem := s!"What answers at the model server's address redirects{target}."
      remedy := "If that is your model server, set `llmstep.url` to it." }
  match JsonText.parse body with
  | .ok json => readAnswer head.status json
  | .error error =>
    let status := if head.status == 200 then "" else s!"has status {head.status}, and "
    throw (unexpectedAnswer s!"{status}is not one of a model server: {error}" (lossyText
      (body.extract 0 200)))

/--
The meaning of what has been received; none if more must come. `closed` says that nothing more will.
-/
def readResponse? (bytes : ByteArray) (closed : Bool) : Except ClientError (Option Reply) := do
  if bytes.size > maxAnswerBytes then throw answerTooLarge
  let some head ← readHead? bytes
    | if closed then throw (unfinished bytes) else return none
  let some body ← head.body? bytes closed
    | if closed then throw (unfinished bytes) else return none
  return some (← interpret head body)
where
  unfinished (bytes : ByteArray) : ClientError :=
    if bytes.isEmpty then {
      problem := "The model server closed the connection without an answer."
      remedy := "See whether it still runs; start it with `stepcheck serve`." }
    else malformedAnswer s!"it ends too early, after {bytes.size} bytes"

end LLMstep.Http
