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

/-- Runs `x` in the state of the snapshot. What it does to the state is forgotten. -/
def TacticSnapshot.run (snapshot : TacticSnapshot) (cancelTk : IO.CancelToken)
    (x : Tactic.TacticM α) : EIO Exception α := do
  let core ← IO.mkRef { snapshot.coreState with
    infoState := { enabled := false }, snapshotTasks := #[], traceState := {} }
  let meta' ← IO.mkRef snapshot.metaState
  let term ← IO.mkRef snapshot.termState
  let tactic ← IO.mkRef snapshot.tacticState
  x snapshot.tacticContext tactic snapshot.termContext term snapshot.metaContext meta'
    { snapshot.coreContext with cancelTk? := some cancelTk } core

end LLMstep
