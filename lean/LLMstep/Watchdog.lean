import Init.System.IO

/-!
# Time limits

Lean looks at a cancellation token while it works. Another thread sets it when the time is over, or
when the work is cancelled from outside.
-/

namespace LLMstep

/-- A thread that cancels work which has used up its time. -/
structure Watchdog where
  /-- The running piece of work: its cancellation token, and its deadline by `IO.monoMsNow`. -/
  work : IO.Ref (Option (IO.CancelToken × Nat))
  /-- Set to end the thread. -/
  ended : IO.CancelToken
  /-- Set from outside to cancel all work. -/
  outerCancelTk? : Option IO.CancelToken

/-- How often the thread looks at the clock, in milliseconds. -/
def pollPeriod : UInt32 := 5

/-- Whether all work is cancelled. -/
def Watchdog.isCancelled (watchdog : Watchdog) : BaseIO Bool :=
  match watchdog.outerCancelTk? with
  | some cancelTk => cancelTk.isSet
  | none => return false

/-- The loop of the thread. -/
partial def Watchdog.watch (watchdog : Watchdog) : BaseIO Unit := do
  if ← watchdog.ended.isSet then return
  if let some (cancelTk, deadline) ← watchdog.work.get then
    if deadline ≤ (← IO.monoMsNow) || (← watchdog.isCancelled) then cancelTk.set
  IO.sleep pollPeriod
  watchdog.watch

/-- Starts the thread. It runs until `stop`. -/
def Watchdog.start (outerCancelTk? : Option IO.CancelToken) : BaseIO Watchdog := do
  let watchdog : Watchdog :=
    { work := ← IO.mkRef none, ended := ← IO.CancelToken.new, outerCancelTk? }
  discard <| BaseIO.asTask (prio := .dedicated) watchdog.watch
  return watchdog

/-- Ends the thread. -/
def Watchdog.stop (watchdog : Watchdog) : BaseIO Unit := watchdog.ended.set

/-- Runs `work` with a cancellation token that is set after so many milliseconds. -/
def Watchdog.runWithTimeout (watchdog : Watchdog) (milliseconds : Nat)
    (work : IO.CancelToken → BaseIO α) : BaseIO α := do
  let cancelTk ← IO.CancelToken.new
  watchdog.work.set (some (cancelTk, (← IO.monoMsNow) + milliseconds))
  let result ← work cancelTk
  watchdog.work.set none
  return result

end LLMstep
