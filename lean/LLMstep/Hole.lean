import Lean.Elab.Tactic.Basic

/-!
# The place where candidates are tried

A hole is a tactic that remembers the state in which it is run, and ends the elaboration of its
command: nothing after it matters. Candidates are run in the remembered state, as often as wanted.
-/

open Lean Elab

namespace LLMstep

/-- All that is needed to run a `TacticM` action in the state in which the hole was reached. -/
structure Hole where
  coreContext : Core.Context
  coreState : Core.State
  metaContext : Meta.Context
  metaState : Meta.State
  termContext : Term.Context
  termState : Term.State
  tacticContext : Tactic.Context
  tacticState : Tactic.State

/-- The current state as a hole. -/
def Hole.capture : Tactic.TacticM Hole := do
  return {
    coreContext := ← readThe Core.Context
    coreState := ← getThe Core.State
    metaContext := ← readThe Meta.Context
    metaState := ← getThe Meta.State
    termContext := ← readThe Term.Context
    termState := ← getThe Term.State
    tacticContext := ← read
    tacticState := ← get }

/-- Runs `x` in the hole. What it does to the state is forgotten. -/
def Hole.run (hole : Hole) (token : IO.CancelToken) (x : Tactic.TacticM α) : EIO Exception α := do
  let core ← IO.mkRef { hole.coreState with
    infoState := { enabled := false }, snapshotTasks := #[], traceState := {} }
  let meta' ← IO.mkRef hole.metaState
  let term ← IO.mkRef hole.termState
  let tactic ← IO.mkRef hole.tacticState
  x hole.tacticContext tactic hole.termContext term hole.metaContext meta'
    { hole.coreContext with cancelTk? := some token } core

/-- The hole with messages before those of the elaboration that led to it. -/
def Hole.afterMessages (hole : Hole) (earlier : List Message) : Hole :=
  let log : MessageLog := earlier.foldl (init := {}) (·.add ·)
  { hole with coreState.messages := log ++ hole.coreState.messages }

/-- The kind of the syntax node that stands for the hole. No text parses as one. -/
def holeKind : SyntaxNodeKind := `LLMstep.hole

/--
Replaces the tactic `skip` that starts at `position` by the hole. Returns `none` if there is none:
then no tactic can stand there.
-/
partial def placeHole (position : String.Pos.Raw) (stx : Syntax) : Option Syntax :=
  match stx with
  | .node info kind children =>
    if kind == ``Lean.Parser.Tactic.skip && stx.getPos? == some position then
      some (.node info holeKind #[])
    else Id.run do
      for h : i in [0:children.size] do
        if let some child := placeHole position children[i] then
          return some (.node info kind (children.set i child))
      return none
  | _ => none

/--
Makes Lean elaborate holes: each remembers its state in the reference that is returned and ends its
command, in a way that no tactic catches. To be called once, before any environment is made.
-/
def registerHole : IO (IO.Ref (Option Hole)) := do
  let reached ← IO.mkRef none
  Tactic.tacticElabAttribute.addBuiltin holeKind holeKind fun _ => do
    let hole ← Hole.capture
    reached.set (some hole)
    throw (.internal interruptExceptionId)
  return reached

end LLMstep
