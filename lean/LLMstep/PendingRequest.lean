import LLMstep.Client

/-!
# Asking the model while Lean does something else

A thread of its own asks, one request after the other: threads are dear where Lean runs in WebAssembly.
-/

open Lean

namespace LLMstep

/-- A request to the model that is under way. -/
structure PendingRequest where
  answer : IO.Promise (Except ClientError Reply)
  /-- Set when nobody needs the answer any more. -/
  cancelTk : IO.CancelToken

/-- The answer, if it is there. -/
def PendingRequest.answer? (pending : PendingRequest) :
    BaseIO (Option (Except ClientError Reply)) := do
  let answer := pending.answer.result?
  if ← IO.hasFinished answer then return answer.get
  return none

/-- Tells the model that nobody waits for the answer any more. -/
def PendingRequest.cancel (pending : PendingRequest) : BaseIO Unit := pending.cancelTk.set

/-- A thread that asks the model. -/
structure ModelThread where
  configuration : Configuration
  /-- What is to be asked next. -/
  next : IO.Ref (Option (Request × PendingRequest))
  /-- Set to end the thread. -/
  ended : IO.CancelToken

/-- The loop of the thread. -/
partial def ModelThread.serve (thread : ModelThread) : BaseIO Unit := do
  if ← thread.ended.isSet then return
  match ← thread.next.swap none with
  | none => IO.sleep 5
  | some (request, pending) =>
    let milliseconds := thread.configuration.timeout
    let deadline : Deadline := {
      time := (← IO.monoMsNow) + milliseconds, milliseconds, cancelTk? := some pending.cancelTk }
    pending.answer.resolve (← ask thread.configuration request deadline)
  thread.serve

/-- Starts the thread. It runs until `stop`. -/
def ModelThread.start (configuration : Configuration) : BaseIO ModelThread := do
  let thread := {
    configuration, next := ← IO.mkRef none, ended := ← IO.CancelToken.new : ModelThread }
  discard <| BaseIO.asTask (prio := .dedicated) thread.serve
  return thread

/-- Asks the model. Who asks again has cancelled what was asked before, or has its answer. -/
def ModelThread.ask (thread : ModelThread) (request : Request) : BaseIO PendingRequest := do
  let pending := { answer := ← IO.Promise.new, cancelTk := ← IO.CancelToken.new : PendingRequest }
  thread.next.set (some (request, pending))
  return pending

/-- Ends the thread, once it has its answer. -/
def ModelThread.stop (thread : ModelThread) : BaseIO Unit := thread.ended.set

/-- Runs `work` with a thread that asks the model. -/
def withModelThread [Monad m] [MonadFinally m] [MonadLiftT BaseIO m] (configuration : Configuration)
    (work : ModelThread → m α) : m α := do
  let thread ← (ModelThread.start configuration : BaseIO _)
  try work thread
  finally (thread.stop : BaseIO Unit)

end LLMstep
