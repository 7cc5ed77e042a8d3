import LLMstep.Protocol
import Std.Sync.Mutex

/-!
# The resident checker

It elaborates a document up to a position, keeps the state, and tries candidates in it, each in
milliseconds. It speaks JSON, one object a line, on standard input and output. It is started by
`lean --run Checker.lean`, with the compiled `LLMstep` in `LEAN_PATH`, or, where this file is
compiled too, by `lean --run` of a file that imports it.

## Protocol

On start it says `{"ready":true,"protocol":1,"lean":"4.28.0"}`. Every request has a number `id` of
the client's choice, and every answer carries it.

* `{"id":1,"method":"open","before":"…","after":"…","milliseconds":60000}` opens a document at the
  position between the two texts. The answer is
  `{"id":1,"goals":["…"],"messages":[{"severity":"error","line":1,"column":0,"text":"…"}],`
  `"importMilliseconds":0,"elaborationMilliseconds":0,"commandsReused":0}`
  or `{"id":1,"error":{"kind":"…","message":"…"}}`, where `kind` is `header` (imports), `no_goal`,
  `timeout`, `cancelled` or `internal`. The messages are those of the text before the position.
  Lines count from 1, columns from 0 in characters. The position must be where a new tactic may
  begin: a client that has the beginning of a step (`sim`) opens the document before it. `after` may
  be text that stays, or that the step will replace; a hole is tried before it, and else in its
  place. After a document that fails to open none is open. `#eval`, `run_cmd` and the
  like are passed over: no program of the document runs, except those in its own macros and tactics.
  Linters are off.
* `{"id":2,"method":"check","candidates":["omega"],"heartbeats":200000,"milliseconds":5000}` tries
  each candidate at the position that was opened last. `heartbeats` are thousands, as in the option
  `maxHeartbeats`; `milliseconds` are for each candidate. There is one answer a candidate, in order,
  `{"id":2,"index":0,"verdict":"proved","goals":[],"message":"","microseconds":1,"heartbeats":1}`,
  and then `{"id":2,"done":true,"cancelled":false}`. The verdicts are those of `LLMstep.Verdict`;
  what they mean is defined by `LLMstep.check`. `message` says why a candidate is not `proved`
  although no goal is left, what error it ended with, or what Lean remarked (`Try this`). `progress`
  without goals means that the goal is closed but the declaration is not proved: it has an earlier
  error, or the candidate uses a hypothesis that was introduced with `sorry`. The second and later
  lines of a candidate are relative to its first: whoever inserts it indents them by the column of
  the position.
* `{"id":2,"method":"cancel"}` stops the request with that number, whether it is running or waiting.
  Candidates that were not tried get no answer; a cancelled `open` fails with the kind `cancelled`.
  It has no answer of its own.

What cannot be read as a request is answered with an `error` of the kind `request`; the `id` is
`null` if it has none. The checker ends soon after its input ends. Requests are answered in order,
one at a time. Lean looks at the clock and at `cancel` often, but not everywhere: a client that
hears nothing long after the time limit must kill the process.
-/

open Lean LLMstep

namespace Checker

/-- What is being done, for the threads that may stop it. -/
structure Job where
  id : Nat
  token : IO.CancelToken
  /-- On the clock of `IO.monoMsNow`. -/
  deadline : Nat

/-- What the threads share. -/
structure Inbox where
  requests : Array CheckerRequest := #[]
  job? : Option Job := none
  /-- The waiting or running requests that are not to be answered any more. -/
  cancelled : List Nat := []
  closed : Bool := false

/-- The threads of the checker talk through this. -/
structure Mailbox where
  inbox : Std.Mutex Inbox
  changed : Std.Condvar

/-- Changes the inbox. -/
def Mailbox.modify (mailbox : Mailbox) (change : Inbox → Inbox) : BaseIO Unit := do
  mailbox.inbox.atomically (modifyGet fun inbox => ((), change inbox))
  mailbox.changed.notifyAll

/-- Standard output, and what Lean is told about it. -/
abbrev Say := Json → IO Unit

/-- Stops the request `id`. -/
def Mailbox.cancel (mailbox : Mailbox) (id : Nat) : BaseIO Unit := do
  let job? ← mailbox.inbox.atomically do
    let inbox ← get
    if inbox.requests.any (·.id == id) || inbox.job?.any (·.id == id) then
      set { inbox with cancelled := id :: inbox.cancelled }
    return inbox.job?
  if let some job := job? then
    if job.id == id then job.token.set

/-- Ends the waiting for requests and stops the running one. -/
def Mailbox.close (mailbox : Mailbox) : BaseIO Unit := do
  mailbox.modify fun inbox => { inbox with closed := true }
  if let some job := (← mailbox.inbox.atomically get).job? then job.token.set

/--
Ends the process after its input has ended. Whoever asked is gone: a step that does not hear its
token must not outlive them.
-/
def Mailbox.endProcess (mailbox : Mailbox) : IO Unit := do
  mailbox.close
  IO.sleep 2000
  IO.Process.exit 0

/-- Whether the request `id` was cancelled. -/
def Mailbox.isCancelled (mailbox : Mailbox) (id : Nat) : BaseIO Bool := do
  return (← mailbox.inbox.atomically get).cancelled.contains id

/-- Reads requests until the input ends. -/
partial def readRequests (mailbox : Mailbox) (say : Say) (input : IO.FS.Stream) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then return
  let request : Except String CheckerRequest := Json.parse line >>= fromJson?
  match request with
  | .ok { id, method := .cancel } => mailbox.cancel id
  | .ok request =>
    mailbox.modify fun inbox => { inbox with requests := inbox.requests.push request }
  | .error message =>
    let id? := (Json.parse line >>= (·.getObjValAs? Nat "id")).toOption
    say (Failure.json { kind := "request", message } id?)
  readRequests mailbox say input

/-- Waits for the next request; there is none when the input has ended. -/
def Mailbox.next? (mailbox : Mailbox) : BaseIO (Option CheckerRequest) :=
  mailbox.inbox.atomicallyOnce mailbox.changed
    (return (← get).closed || !(← get).requests.isEmpty)
    (modifyGet fun inbox =>
      (inbox.requests[0]?, { inbox with requests := inbox.requests.extract 1 inbox.requests.size }))

/-- Runs `work` with a token that is set when its time is over or when the request is cancelled. -/
def Mailbox.timed (mailbox : Mailbox) (id milliseconds : Nat) (work : IO.CancelToken → IO α) :
    IO α := do
  let token ← IO.CancelToken.new
  let deadline := (← IO.monoMsNow) + milliseconds
  mailbox.modify fun inbox => { inbox with job? := some { id, token, deadline } }
  if ← mailbox.isCancelled id then token.set
  try
    work token
  finally
    mailbox.modify fun inbox => { inbox with job? := none }

/-- Sets the token of whatever has used up its time. -/
partial def watch (mailbox : Mailbox) : BaseIO Unit := do
  if let some job := (← mailbox.inbox.atomically get).job? then
    if job.deadline ≤ (← IO.monoMsNow) then job.token.set
  IO.sleep 10
  watch mailbox

/-- Opens a document. -/
def answerOpen (mailbox : Mailbox) (session : Session) (say : Say) (id : Nat)
    (before after : String) (milliseconds : Nat) : IO (Option Opened) := do
  let result ← mailbox.timed id milliseconds fun token =>
    (session.openAt before after token).toBaseIO
  match result with
  | .ok opened =>
    say (← opened.json id)
    return some opened
  | .error problem =>
    let cancelled ← mailbox.isCancelled id
    say <| (if cancelled then { problem with kind := "cancelled" } else problem).json id
    return none

/-- Tries one candidate. -/
def tryCandidate (opened : Opened) (settings : Settings) (candidate : String)
    (milliseconds : Nat) (token : IO.CancelToken) : BaseIO Outcome := do
  match ← (opened.check settings candidate token).toBaseIO with
  | .ok outcome =>
    if outcome.isRecursive then opened.checkCommand candidate token else return outcome
  | .error e =>
    if ← token.isSet then
      return { verdict := .timeout, message := s!"more than {milliseconds} milliseconds" }
    return { verdict := .unknown, message := shorten (← e.toMessageData.toString) }

/-- Tries candidates until they are done or cancelled. -/
def answerCheck (mailbox : Mailbox) (say : Say) (opened : Opened) (id : Nat)
    (candidates : Array String) (settings : Settings) (milliseconds : Nat) : IO Unit := do
  for h : index in [0:candidates.size] do
    if ← mailbox.isCancelled id then break
    let start ← IO.monoNanosNow
    let heartbeats ← IO.getNumHeartbeats
    let outcome ← mailbox.timed id milliseconds fun token =>
      tryCandidate opened settings candidates[index] milliseconds token
    if ← mailbox.isCancelled id then break
    let microseconds := ((← IO.monoNanosNow) - start) / 1000
    say (outcome.json id index microseconds (((← IO.getNumHeartbeats) - heartbeats) / 1000))
  say (doneJson id (← mailbox.isCancelled id))

/-- Answers requests until there are no more. -/
partial def serve (mailbox : Mailbox) (session : Session) (say : Say) (opened? : Option Opened) :
    IO Unit := do
  let some request ← mailbox.next? | return
  let id := request.id
  let opened? ← try
    match request.method with
    | .open before after milliseconds =>
      answerOpen mailbox session say id before after milliseconds
    | .check candidates heartbeats milliseconds =>
      match opened? with
      | none => say (Failure.json { kind := "request", message := "no document is open" } id)
      | some opened =>
        let settings := { opened.settings with heartbeats }
        answerCheck mailbox say opened id candidates settings milliseconds
      pure opened?
    | .cancel => pure opened?
  catch e =>
    say (Failure.json { kind := "internal", message := toString e } id)
    pure opened?
  mailbox.modify fun inbox => { inbox with cancelled := inbox.cancelled.filter (· != id) }
  serve mailbox session say opened?

/-- The checker. -/
def run : IO UInt32 := do
  let output ← IO.getStdout
  let input ← IO.getStdin
  -- What a document prints must not end up among the answers.
  discard <| IO.setStdout (← IO.getStderr)
  let writing ← Std.Mutex.new ()
  let say (json : Json) : IO Unit := writing.atomically do
    output.putStr (json.compress ++ "\n")
    output.flush
  let mailbox := { inbox := ← Std.Mutex.new {}, changed := ← Std.Condvar.new }
  let session ← Session.new
  discard <| IO.asTask (prio := .dedicated) do
    try readRequests mailbox say input
    finally mailbox.endProcess
  discard <| BaseIO.asTask (prio := .dedicated) (watch mailbox)
  say (json% { ready: true, protocol: 1, lean: $Lean.versionStringCore })
  serve mailbox session say none
  IO.Process.exit 0

end Checker

/-- Serves requests on standard input until it ends. -/
def main : IO UInt32 := Checker.run
