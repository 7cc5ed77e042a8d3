import Init.System.IO

/-!
# A bound on the time that a piece of work takes

Lean looks at a token while it works. Another thread sets it when time is over, or when whoever
asked for the work has lost interest.
-/

namespace LLMstep

/-- A thread that sets the token of what has used up its time. -/
structure Watchdog where
  /-- The running piece of work: its token, and when its time is over, by `IO.monoMsNow`. -/
  work : IO.Ref (Option (IO.CancelToken × Nat))
  /-- Set when the thread is to end. -/
  ended : IO.CancelToken
  /-- Set from outside when all work is to stop. -/
  outer? : Option IO.CancelToken

/-- How often the thread looks, in milliseconds. -/
def watchPeriod : UInt32 := 5

/-- Whether all work is to stop. -/
def Watchdog.isCancelled (watchdog : Watchdog) : BaseIO Bool :=
  match watchdog.outer? with
  | some token => token.isSet
  | none => return false

/-- What the thread does. -/
partial def Watchdog.watch (watchdog : Watchdog) : BaseIO Unit := do
  if ← watchdog.ended.isSet then return
  if let some (token, deadline) ← watchdog.work.get then
    if deadline ≤ (← IO.monoMsNow) || (← watchdog.isCancelled) then token.set
  IO.sleep watchPeriod
  watchdog.watch

/-- Starts the thread. It runs until `stop`. -/
def Watchdog.start (outer? : Option IO.CancelToken) : BaseIO Watchdog := do
  let watchdog : Watchdog :=
    { work := ← IO.mkRef none, ended := ← IO.CancelToken.new, outer? }
  discard <| BaseIO.asTask (prio := .dedicated) watchdog.watch
  return watchdog

/-- Ends the thread. -/
def Watchdog.stop (watchdog : Watchdog) : BaseIO Unit := watchdog.ended.set

/-- Runs `work` with a token that is set when its time is over. -/
def Watchdog.guard (watchdog : Watchdog) (milliseconds : Nat) (work : IO.CancelToken → BaseIO α) :
    BaseIO α := do
  let token ← IO.CancelToken.new
  watchdog.work.set (some (token, (← IO.monoMsNow) + milliseconds))
  let result ← work token
  watchdog.work.set none
  return result

end LLMstep
