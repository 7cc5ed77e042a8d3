import LLMstep.RequestJson
import LLMstep.JsonText
import LLMstep.Deadline

/-!
# Asking through a folder

Where Lean has no network, `stepcheck bridge FOLDER` answers what lies in a folder. The protocol:

* `request-ID.json` is the body of `POST /v1/suggest`. `ID` is new for each request and consists of
  the characters `0-9a-f-`.
* The bridge takes the request away, and answers with `response-ID.json`:
  `{"status": 200, "body": …}`, with the status and the body that the server would answer with. It
  is removed by whoever asked.
* An empty file `cancel-ID` says that nobody waits for the answer any more.

Each file is written under another name, ending in `.tmp`, and renamed when it is complete.
-/

open Lean System

namespace LLMstep.Spool

/-- A request that nobody has taken after so many milliseconds will not be taken. -/
def pickupMilliseconds : Nat := 3000

/-- Two digits for each byte. -/
def hexadecimal (bytes : ByteArray) : String :=
  bytes.foldl (init := "") fun text byte =>
    (text.push (Nat.digitChar (byte.toNat / 16))).push (Nat.digitChar (byte.toNat % 16))

/-- A name that no other request has, of this or of another process. -/
def newId : IO String := do
  let clock := String.ofList (Nat.toDigits 16 (← IO.monoNanosNow))
  return s!"{clock}-{hexadecimal (← IO.getRandomBytes 8)}"

/-- Removes a file that may be gone already. -/
def removeIfThere (file : FilePath) : IO Unit := do
  try IO.FS.removeFile file
  catch error => if ← file.pathExists then throw error

/-- The bridge's answer: the status and the body that the model server would give. -/
def readResponse (bytes : ByteArray) : Except ClientError Reply := do
  let parsed : Except String (Nat × Json) := do
    let json ← JsonText.parse bytes
    return (← requiredField json "status", ← requiredField json "body")
  match parsed with
  | .ok (status, body) => readAnswer status body
  | .error error =>
    throw (unexpectedAnswer s!"is not one of a bridge: {error}" (lossyText (bytes.extract 0 200)))

/-- The error when nothing reads the folder. -/
def noBridge (folder : FilePath) : ClientError where
  problem := s!"No bridge reads the folder {folder}."
  remedy := s!"Start it: `stepcheck bridge {folder}`."

/--
The answer to the request if it is there, or an error if nobody has taken the request until `pickup`
on the clock of `IO.monoMsNow`.
-/
def pollResponse (request response folder : FilePath) (pickup : Nat) :
    IO (Option (Except ClientError ByteArray)) := do
  if ← response.pathExists then
    let size := (← response.metadata).byteSize
    let bytes ← if size ≤ maxAnswerBytes.toUInt64 then IO.FS.readBinFile response else pure .empty
    removeIfThere response
    return some (if size ≤ maxAnswerBytes.toUInt64 then .ok bytes else .error answerTooLarge)
  if (← IO.monoMsNow) > pickup then
    if ← request.pathExists then return some (.error (noBridge folder))
  return none

/-- Asks through `folder`. -/
def ask (folder : FilePath) (request : Request) (deadline : Deadline) :
    IO (Except ClientError Reply) := do
  unless ← folder.isDir do
    return .error {
      problem := s!"There is no folder {folder}."
      remedy := s!"Make it, start `stepcheck bridge {folder}`, or set `llmstep.spool` to another." }
  let id ← newId
  let temporary := folder / s!"request-{id}.tmp"
  let file := folder / s!"request-{id}.json"
  IO.FS.writeFile temporary request.body.compress
  IO.FS.rename temporary file
  let pickup := (← IO.monoMsNow) + pickupMilliseconds
  let response := folder / s!"response-{id}.json"
  match ← deadline.poll (pollResponse file response folder pickup) with
  | .ok (.ok bytes) => return readResponse bytes
  | .ok (.error error) | .error error =>
    removeIfThere file
    IO.FS.writeFile (folder / s!"cancel-{id}") ""
    return .error error

end LLMstep.Spool
