import LLMstep.Protocol
import LLMstep.TrialOrder

/-!
# The resident checker

It elaborates a document up to a position, keeps the state, and checks candidates in it, each in
milliseconds. It speaks JSON, one object a line, on standard input and output. It is started by
`lean --run Checker.lean`, with the compiled `LLMstep` in `LEAN_PATH`, or, where this file is
compiled too, by `lean --run` of a file that imports it.

## Protocol

On start it says `{"ready":true,"protocol":1,"lean":"4.28.0"}`. Every request has a number `id` of
the client's choice, and every answer carries it. A number that cannot be guessed keeps what a document
prints, from whatever thread, from being taken for an answer.

* `{"id":1,"method":"open","before":"…","after":"…","milliseconds":60000}` opens a document at the
  position between the two texts. The answer is
  `{"id":1,"goals":["…"],"messages":[{"severity":"error","line":1,"column":0,"text":"…"}],`
  `"importMilliseconds":0,"elaborationMilliseconds":0,"declarationMilliseconds":0,`
  `"commandsReused":0}`
  or `{"id":1,"error":{"kind":"…","message":"…"}}`, where `kind` is `header` (imports), `no_goal`,
  `timeout`, `cancelled` or `internal`. The messages are those of the text before the position.
  Lines count from 1, columns from 0 in characters. The goals are all that the place is reached with:
  `constructor <;> sorry` has two. The position must be where a new tactic may begin: a client that
  has the beginning of a step (`sim`) opens the document before it. `after` is the text as it will be
  behind a step that closes the goals; where nothing parses with it, goals are shown, but nothing is
  `proved`. `declarationMilliseconds` is what the command at the place takes with `sorry` there. After
  a document that fails to open none is open. `#eval`, `run_cmd` and the like are passed over: no
  program of the document runs, except those in its own macros and tactics. Linters run where a
  warning about the command at the place is an error.
* `{"id":3,"method":"propose","milliseconds":1000}` asks for steps that are worth trying at the
  position that was opened last. The answer is
  `{"id":3,"complete":true,"proposals":[{"step":"omega","source":"automation"}]}`. `source` is `goal`,
  `automation` or `premise`, as in `LLMstep.ProposalSource`. The index of premises is made in the
  background when it is first asked for; until it is there, `complete` is false. `milliseconds` is how
  long to wait for it.
* `{"id":2,"method":"check","candidates":["omega"],"heartbeats":200000,"milliseconds":5000,`
  `"threads":1}` tries each candidate at the position that was opened last, as many at a time as it is
  to use threads. `heartbeats` are thousands, as in the option
  `maxHeartbeats`; `milliseconds` are for each candidate: for its trial on the goals, and again, with
  twice `declarationMilliseconds`, for the declaration with it. There is one answer a candidate, in
  order,
  `{"id":2,"index":0,"verdict":"proved","goals":[],"message":"","microseconds":1,"heartbeats":1}`,
  and then `{"id":2,"done":true,"cancelled":false}`. The verdicts are those of `LLMstep.Verdict`;
  what they mean is defined by `LLMstep.Place.check`. `message` says why a candidate is not `proved`
  although no goal is left, what error it ended with, what Lean remarked (`Try this`), or how many
  places of the declaration are still open. `progress` without goals means that the goal is closed
  but the declaration has an error, or the candidate uses a hypothesis that is not proved. The second
  and later lines of a candidate are relative to its first: whoever inserts it indents them by the
  column of the position.
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

/-- A piece of work for the request that is being answered, for the threads that may stop it. -/
structure RunningWork where
  /-- Which piece of work it is. -/
  key : Nat
  /-- The request. -/
  id : Nat
  cancelTk : IO.CancelToken
  /-- On the clock of `IO.monoMsNow`. -/
  deadline : Nat

/-- The state of a `RequestQueue`. -/
structure QueueState where
  requests : Array CheckerRequest := #[]
  running : Array RunningWork := #[]
  /-- The key of the next piece of work. -/
  nextKey : Nat := 0
  /-- The waiting or running requests that are not to be answered any more. -/
  cancelled : List Nat := []
  closed : Bool := false

/-- The requests that are to be answered, shared by the threads of the checker. -/
structure RequestQueue where
  state : Std.Mutex QueueState
  changed : Std.Condvar

/-- Changes the state, and wakes whoever waits for requests. -/
def RequestQueue.modify (queue : RequestQueue) (change : QueueState → QueueState) :
    BaseIO Unit := do
  queue.state.atomically (modifyGet fun state => ((), change state))
  queue.changed.notifyAll

/-- Writes a line of the protocol. -/
abbrev Send := Json → IO Unit

/-- Stops the request `id`. -/
def RequestQueue.cancel (queue : RequestQueue) (id : Nat) : BaseIO Unit := do
  let running ← queue.state.atomically do
    let state ← get
    if state.requests.any (·.id == id) || state.running.any (·.id == id) then
      set { state with cancelled := id :: state.cancelled }
    return state.running
  for work in running do
    if work.id == id then work.cancelTk.set

/-- Ends the wait for requests and stops the running one. -/
def RequestQueue.close (queue : RequestQueue) : BaseIO Unit := do
  queue.modify fun state => { state with closed := true }
  for work in (← queue.state.atomically get).running do work.cancelTk.set

/--
Ends the process after its input has ended. Whoever asked is gone: a step that does not obey its
cancellation must not outlive them.
-/
def RequestQueue.endProcess (queue : RequestQueue) : IO Unit := do
  queue.close
  IO.sleep 2000
  IO.Process.exit 0

/-- Whether the request `id` was cancelled. -/
def RequestQueue.isCancelled (queue : RequestQueue) (id : Nat) : BaseIO Bool := do
  return (← queue.state.atomically get).cancelled.contains id

/-- Reads requests until the input ends. -/
partial def readRequests (queue : RequestQueue) (send : Send) (input : IO.FS.Stream) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then return
  let request : Except String CheckerRequest := Json.parse line >>= fromJson?
  match request with
  | .ok { id, method := .cancel } => queue.cancel id
  | .ok request =>
    queue.modify fun state => { state with requests := state.requests.push request }
  | .error message =>
    let id? := (Json.parse line >>= (·.getObjValAs? Nat "id")).toOption
    send (CheckerError.json { kind := "request", message } id?)
  readRequests queue send input

/-- Waits for the next request; there is none when the input has ended. -/
def RequestQueue.next? (queue : RequestQueue) : BaseIO (Option CheckerRequest) :=
  queue.state.atomicallyOnce queue.changed
    (return (← get).closed || !(← get).requests.isEmpty)
    (modifyGet fun state =>
      (state.requests[0]?, { state with requests := state.requests.extract 1 state.requests.size }))

/-- Begins a piece of work for a request: from now on it may be stopped. -/
def RequestQueue.begin (queue : RequestQueue) (id deadline : Nat) (cancelTk : IO.CancelToken) :
    BaseIO Nat :=
  queue.state.atomically <| modifyGet fun state =>
    let key := state.nextKey
    (key, { state with
      nextKey := key + 1, running := state.running.push { key, id, cancelTk, deadline } })

/-- Runs `work`, for the answer to a request, until its time is over or the request is cancelled. -/
def RequestQueue.runWithTimeout (queue : RequestQueue) (id milliseconds : Nat)
    (work : IO.CancelToken → BaseIO α) : BaseIO α := do
  let cancelTk ← IO.CancelToken.new
  let key ← queue.begin id ((← IO.monoMsNow) + milliseconds) cancelTk
  if ← queue.isCancelled id then cancelTk.set
  let result ← work cancelTk
  queue.modify fun state => { state with running := state.running.filter (·.key != key) }
  return result

/-- Cancels work whose time is over. -/
partial def enforceDeadlines (queue : RequestQueue) : BaseIO Unit := do
  for work in (← queue.state.atomically get).running do
    if work.deadline ≤ (← IO.monoMsNow) then work.cancelTk.set
  IO.sleep 10
  enforceDeadlines queue

/-- Answers `open`. -/
def answerOpen (queue : RequestQueue) (session : Session) (send : Send) (id : Nat)
    (before after : String) (milliseconds : Nat) : IO (Option OpenedDocument) := do
  let result ← queue.runWithTimeout id milliseconds fun cancelTk =>
    (session.openAt before after cancelTk).toBaseIO
  match result with
  | .ok opened =>
    send (← opened.json id)
    return some opened
  | .error problem =>
    let cancelled ← queue.isCancelled id
    send <| (if cancelled then { problem with kind := "cancelled" } else problem).json id
    return none

/-- Waits for the index of premises, so many milliseconds at most. -/
partial def awaitIndex (index : Task PremiseIndex) (milliseconds : Nat) :
    BaseIO (Option PremiseIndex) := do
  if ← IO.hasFinished index then return some index.get
  if milliseconds == 0 then return none
  IO.sleep 10
  awaitIndex index (milliseconds - 10)

/-- Answers `propose`. -/
def answerPropose (queue : RequestQueue) (session : Session) (send : Send) (id milliseconds : Nat)
    (opened : OpenedDocument) : IO Unit := do
  let index ← session.premises opened.place
  let index? ← awaitIndex index milliseconds
  let result ← queue.runWithTimeout id (milliseconds + 1000) fun cancelTk =>
    (opened.place.propose index? cancelTk).toBaseIO
  match result with
  | .ok proposals => send (proposals.json id)
  | .error e =>
    send <| CheckerError.json { kind := "timeout", message := ← e.toMessageData.toString } id

/-- Candidates that are checked at the same place, by several threads. -/
structure CandidateList where
  id : Nat
  opened : OpenedDocument
  settings : CheckSettings
  milliseconds : Nat
  candidates : Array String
  /-- The answers: none, if the request was cancelled before. -/
  answers : Array (IO.Promise (Option Json))
  waiting : WaitingCandidates
  costs : TrialCosts

/-- The answer to one candidate, unless the request is cancelled. -/
def CandidateList.answer? (list : CandidateList) (queue : RequestQueue) (index : Nat) :
    BaseIO (Option Json) := do
  let { id, opened, settings, milliseconds, candidates, .. } := list
  if ← queue.isCancelled id then return none
  let start ← IO.monoNanosNow
  let heartbeats ← IO.getNumHeartbeats
  let candidate := candidates[index]!
  let step := opened.stepText candidate
  let outcome ← opened.place.check settings candidate step (queue.runWithTimeout id) milliseconds
  if ← queue.isCancelled id then return none
  let microseconds := ((← IO.monoNanosNow) - start) / 1000
  list.costs.learn candidate microseconds
  return outcome.json id index microseconds (((← IO.getNumHeartbeats) - heartbeats) / 1000)

/-- Has what is printed in the running thread go among the errors, not among the answers. -/
def keepOutputApart : BaseIO Unit := do
  discard <| IO.setStdout (← IO.getStderr)

/--
What each thread does: it takes the next candidate, or that which is likely to take longest, as long
as there is one.
-/
partial def CandidateList.work (list : CandidateList) (queue : RequestQueue) (longest : Bool) :
    BaseIO Unit := do
  let some index ← list.waiting.take? longest | return
  if let some answer := list.answers[index]? then answer.resolve (← list.answer? queue index)
  list.work queue longest

/--
Answers `check`: checks candidates, so many at once, until they are done or cancelled. One of several
threads begins with the slowest; the first that has no answer yet is always being tried.
-/
def CandidateList.check (list : CandidateList) (queue : RequestQueue) (send : Send)
    (threads : Nat) : IO Unit := do
  let workers ← (List.range (min threads list.candidates.size)).mapM fun number =>
    BaseIO.asTask do
      keepOutputApart
      list.work queue (longest := number == 1)
  for answer in list.answers do
    if let some (some answer) ← IO.wait answer.result? then send answer
  for worker in workers do IO.wait worker
  send (doneJson list.id (← queue.isCancelled list.id))

/-- The answer where nothing was opened. -/
def noDocument (id : Nat) : Json :=
  CheckerError.json { kind := "request", message := "no document is open" } id

/-- Answers requests until there are no more. -/
partial def serve (queue : RequestQueue) (session : Session) (costs : TrialCosts) (send : Send)
    (opened? : Option OpenedDocument) : IO Unit := do
  let some request ← queue.next? | return
  let id := request.id
  let opened? ← try
    match request.method with
    | .open before after milliseconds =>
      answerOpen queue session send id before after milliseconds
    | .propose milliseconds =>
      match opened? with
      | none => send (noDocument id)
      | some opened => answerPropose queue session send id milliseconds opened
      pure opened?
    | .check candidates heartbeats milliseconds threads =>
      match opened? with
      | none => send (noDocument id)
      | some opened =>
        let list : CandidateList := {
          id, opened, milliseconds, candidates, settings := { opened.settings with heartbeats }
          answers := ← candidates.mapM fun _ => IO.Promise.new
          waiting := ← costs.waiting candidates, costs }
        list.check queue send (max 1 threads)
      pure opened?
    | .cancel => pure opened?
  catch e =>
    send (CheckerError.json { kind := "internal", message := toString e } id)
    pure opened?
  queue.modify fun state => { state with cancelled := state.cancelled.filter (· != id) }
  serve queue session costs send opened?

/-- Runs the checker until its input ends. -/
def run : IO UInt32 := do
  let output ← IO.getStdout
  let input ← IO.getStdin
  keepOutputApart
  let writing ← Std.Mutex.new ()
  let send (json : Json) : IO Unit := writing.atomically do
    output.putStr (json.compress ++ "\n")
    output.flush
  let queue := { state := ← Std.Mutex.new {}, changed := ← Std.Condvar.new }
  let session ← Session.new
  discard <| IO.asTask (prio := .dedicated) do
    try readRequests queue send input
    finally queue.endProcess
  discard <| BaseIO.asTask (prio := .dedicated) (enforceDeadlines queue)
  send (json% { ready: true, protocol: 1, lean: $Lean.versionStringCore })
  serve queue session (← TrialCosts.new) send none
  IO.Process.exit 0

end Checker

/-- Serves requests on standard input until it ends. -/
def main : IO UInt32 := Checker.run
