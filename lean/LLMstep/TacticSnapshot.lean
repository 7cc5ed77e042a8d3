import Lean.Elab.Tactic.Basic

/-!
# Snapshots of tactic states

A snapshot is all that a tactic can see at one place of a proof. Tactics are run in it, as often as
wanted, without a trace in the proof that it was taken from.
-/

open Lean Elab

namespace LLMstep

/-- All that is needed to run a `TacticM` action in the state in which the snapshot was taken. -/
structure TacticSnapshot where
  coreContext : Core.Context
  coreState : Core.State
  metaContext : Meta.Context
  metaState : Meta.State
  termContext : Term.Context
  termState : Term.State
  tacticContext : Tactic.Context
  tacticState : Tactic.State

/-- A snapshot of the current state. -/
def TacticSnapshot.capture : Tactic.TacticM TacticSnapshot := do
  return {
    coreContext := ← readThe Core.Context
    coreState := ← getThe Core.State
    metaContext := ← readThe Meta.Context
    metaState := ← getThe Meta.State
    termContext := ← readThe Term.Context
    termState := ← getThe Term.State
    tacticContext := ← read
    tacticState := ← get }

/--
What Lean has found out in a state and may use again there: Lean itself keeps its caches when it goes
back on a step. Names go on, because the caches may know of those that were made.
-/
structure TacticCaches where
  core : Core.Cache
  meta' : Meta.Cache
  names : NameGenerator
  /-- How often they were used. -/
  uses : Nat := 0

/-- How often caches are used before they are made anew: they only grow. -/
def maxCacheUses : Nat := 200

/-- The caches that the snapshot was taken with. -/
def TacticSnapshot.caches (snapshot : TacticSnapshot) : TacticCaches where
  core := snapshot.coreState.cache
  meta' := snapshot.metaState.cache
  names := snapshot.coreState.ngen

/--
Runs `x` in the state of the snapshot. What it does to the state is forgotten, but for what it leaves
in `caches?`.
-/
def TacticSnapshot.run (snapshot : TacticSnapshot) (cancelTk : IO.CancelToken)
    (x : Tactic.TacticM α) (caches? : Option (IO.Ref TacticCaches) := none) : EIO Exception α := do
  let caches ← match caches? with
    | some caches => caches.get
    | none => pure snapshot.caches
  let core ← IO.mkRef { snapshot.coreState with
    infoState := { enabled := false }, snapshotTasks := #[], traceState := {}
    cache := caches.core, ngen := caches.names }
  let meta' ← IO.mkRef { snapshot.metaState with cache := caches.meta' }
  let term ← IO.mkRef snapshot.termState
  let tactic ← IO.mkRef snapshot.tacticState
  try
    x snapshot.tacticContext tactic snapshot.termContext term snapshot.metaContext meta'
      { snapshot.coreContext with cancelTk? := some cancelTk } core
  finally
    if let some ref := caches? then
      let core ← core.get
      if maxCacheUses ≤ caches.uses then ref.set { snapshot.caches with names := core.ngen }
      else
        -- What was found about metavariables holds for these only.
        let meta' := { (← meta'.get).cache with defEqTrans := {} }
        ref.set { core := core.cache, meta', names := core.ngen, uses := caches.uses + 1 }

end LLMstep
