import LLMstep.Premises

/-!
# The index of premises, made in the background

What finds theorems of the library needs an index of them, which takes seconds: no step waits for it.
It is made once for the imports of a file, in a thread of its own, and used from then on.
-/

open Lean

namespace LLMstep

/--
The index of the file that is being elaborated, by the modules that it imports: a process of Lean
elaborates one file, as often as it changes, and Lean's own indexes live as long.
-/
initialize keptIndex : IO.Ref (Option (Array Name × Task PremiseIndex)) ← IO.mkRef none

/-- The modules that the file imports. -/
def importedModules : CoreM (Array Name) := return (← getEnv).header.imports.map (·.module)

/-- The index, if somebody has begun to make it. -/
def keptIndex? : CoreM (Option (Task PremiseIndex)) := do
  let some (modules, index) ← keptIndex.get | return none
  return if modules == (← importedModules) then some index else none

/-- Begins to make the index, unless that was begun before. -/
def startIndex : CoreM Unit := do
  if (← keptIndex?).isSome then return
  let env ← getEnv
  let index := Task.spawn (prio := .dedicated) fun _ => PremiseIndex.make env
  keptIndex.set (some (← importedModules, index))

/-- The index, if it is ready. -/
def premiseIndex? : CoreM (Option PremiseIndex) := do
  let some index ← keptIndex? | return none
  if ← IO.hasFinished index then return some index.get
  return none

end LLMstep
