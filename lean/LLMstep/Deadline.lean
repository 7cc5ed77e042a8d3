import LLMstep.Request
import Lean.CoreM

/-!
# Waiting with a deadline

Whatever waits for an answer looks at the clock and at Lean's cancellation, and gives up with a
`ClientError`. When it was Lean that cancelled, `Core.checkInterrupted` says so afterwards; until
then there is time to clean up.
-/

open Lean

namespace LLMstep

/-- What ends a wait: a time, or Lean's cancellation. -/
structure Deadline where
  /-- When the wait ends, on the clock of `IO.monoMsNow`. -/
  time : Nat
  /-- How long it was to be when it began, for the message. -/
  milliseconds : Nat
  /-- Set by Lean when nobody needs the answer any more. -/
  cancelTk? : Option IO.CancelToken

/-- The deadline so many milliseconds from now. -/
def Deadline.fromNow (milliseconds : Nat) : CoreM Deadline := do
  return { time := (← IO.monoMsNow) + milliseconds, milliseconds, cancelTk? := (← read).cancelTk? }

/-- How many milliseconds are left. -/
def Deadline.remaining (deadline : Deadline) : BaseIO Nat := do
  return deadline.time - (← IO.monoMsNow)

/-- Whether Lean has cancelled. -/
def Deadline.isCancelled (deadline : Deadline) : BaseIO Bool := do
  match deadline.cancelTk? with
  | none => return false
  | some cancelTk => cancelTk.isSet

/-- Why the wait is over, if it is. -/
def Deadline.error? (deadline : Deadline) : BaseIO (Option ClientError) := do
  if ← deadline.isCancelled then
    return some { problem := "The request was cancelled.", remedy := "" }
  if (← deadline.remaining) == 0 then
    return some {
      problem := s!"No suggestions came within {deadline.milliseconds} ms."
      remedy := "Ask for fewer (`llmstep.n`), or wait longer (`llmstep.timeout`)." }
  return none

/-- The longest time between two polls, in milliseconds. -/
def maxPollInterval : Nat := 30

/--
Runs `action` ever less often until it has a result or the wait is over, and once more after that.
-/
partial def Deadline.poll (deadline : Deadline) (action : IO (Option α)) (interval : Nat := 5) :
    IO (Except ClientError α) := do
  let error? ← deadline.error?
  if let some result ← action then return .ok result
  if let some error := error? then return .error error
  IO.sleep (min interval (← deadline.remaining)).toUInt32
  deadline.poll action (min maxPollInterval (interval + interval / 4 + 1))

end LLMstep
