import LLMstep.Premises
import Lean.Meta.Tactic.LibrarySearch

/-!
# Indexes that are made in the background

What finds theorems of the library needs an index of them, which takes seconds: no step waits for it.
It is made once for the imports of a file, in a thread of its own, and used from then on. The same
holds for the index that Lean's `exact?` makes when it is first used.
-/

open Lean Meta

namespace LLMstep

/-- The indexes of what a file imports. -/
structure BackgroundIndexes where
  premises : Task PremiseIndex
  /-- Done when `exact?` has its index. -/
  librarySearch : Task Unit

/--
The indexes of the file that is being elaborated, by the modules that it imports: a process of Lean
elaborates one file, as often as it changes, and Lean's own indexes live as long.
-/
initialize keptIndexes : IO.Ref (Option (Array Name × BackgroundIndexes)) ← IO.mkRef none

/-- The modules that the file imports. -/
def importedModules : CoreM (Array Name) := return (← getEnv).header.imports.map (·.module)

/-- The indexes, if somebody has begun to make them. -/
def backgroundIndexes? : CoreM (Option BackgroundIndexes) := do
  let some (modules, indexes) ← keptIndexes.get | return none
  return if modules == (← importedModules) then some indexes else none

/-- Has `exact?` make its index. -/
def makeLibrarySearchIndex (context : Core.Context) (state : Core.State) : BaseIO Unit := do
  let find : MetaM Unit := discard <| LibrarySearch.libSearchFindDecls (.const ``True [])
  let context := { context with maxHeartbeats := 0, cancelTk? := none }
  let state := { state with
    infoState := { enabled := false }, messages := {}, snapshotTasks := #[], traceState := {} }
  discard <| (find.run'.toIO context state).toBaseIO

/-- Begins to make the indexes, unless that was begun before. -/
def startIndexes : CoreM Unit := do
  if (← backgroundIndexes?).isSome then return
  let context ← read
  let state ← get
  let env := state.env
  let premises := Task.spawn (prio := .dedicated) fun _ => PremiseIndex.make env
  let librarySearch ← BaseIO.mapTask (prio := .dedicated) (t := premises) fun _ =>
    makeLibrarySearchIndex context state
  keptIndexes.set (some (← importedModules, { premises, librarySearch }))

/-- The index of premises, if it is ready. -/
def premiseIndex? : CoreM (Option PremiseIndex) := do
  let some indexes ← backgroundIndexes? | return none
  if ← IO.hasFinished indexes.premises then return some indexes.premises.get
  return none

/-- Whether `exact?` has its index: making it takes seconds, and cannot be interrupted. -/
def canSearchLibrary : CoreM Bool := do
  let some indexes ← backgroundIndexes? | return false
  IO.hasFinished indexes.librarySearch

end LLMstep
