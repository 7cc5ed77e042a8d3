import LLMstep.Request
import Lean.CoreM

/-!
# Waiting for an answer

Whatever waits looks at the clock and at Lean's cancellation, and gives up by a `ClientError`. When
it was Lean that cancelled, `Core.checkInterrupted` says so afterwards; until then there is time to
tidy up.
-/

open Lean

namespace LLMstep

/-- What ends a wait. -/
structure Patience where
  /-- When it ends, on the clock of `IO.monoMsNow`. -/
  deadline : Nat
  /-- For the message. -/
  milliseconds : Nat
  /-- Set by Lean when nobody needs the answer any more. -/
  token? : Option IO.CancelToken

/-- Waits for `milliseconds` from now, or until Lean cancels. -/
def Patience.start (milliseconds : Nat) : CoreM Patience := do
  return { deadline := (← IO.monoMsNow) + milliseconds, milliseconds, token? := (← read).cancelTk? }

/-- How many milliseconds are left. -/
def Patience.left (patience : Patience) : BaseIO Nat := do
  return patience.deadline - (← IO.monoMsNow)

/-- Whether Lean has cancelled. -/
def Patience.isCancelled (patience : Patience) : BaseIO Bool := do
  match patience.token? with
  | none => return false
  | some token => token.isSet

/-- Why nobody waits any longer, if so. -/
def Patience.isOver? (patience : Patience) : BaseIO (Option ClientError) := do
  if ← patience.isCancelled then
    return some { problem := "The request was cancelled.", remedy := "" }
  if (← patience.left) == 0 then
    return some {
      problem := s!"No suggestions came within {patience.milliseconds} ms."
      remedy := "Ask for fewer (`llmstep.n`), or wait longer (`llmstep.timeout`)." }
  return none

/-- The longest time between two looks, in milliseconds. -/
def longestPause : Nat := 30

/--
Looks for something, ever less often, until it is there or the wait is over. Looks once more after
the end.
-/
partial def Patience.await (patience : Patience) (look : IO (Option α)) (pause : Nat := 5) :
    IO (Except ClientError α) := do
  let over? ← patience.isOver?
  if let some found ← look then return .ok found
  if let some error := over? then return .error error
  IO.sleep (min pause (← patience.left)).toUInt32
  patience.await look (min longestPause (pause + pause / 4 + 1))

end LLMstep
