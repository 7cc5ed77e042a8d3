import LLMstep.TacticSnapshot

/-!
# The placeholder for candidates in a command

The placeholder is a tactic without a text form. It stands where candidates are tried: it takes a
snapshot of the state in which it is run, and ends the elaboration of its command, because nothing
after it matters.
-/

open Lean Elab

namespace LLMstep

/-- The kind of the placeholder's syntax node. No text parses as one. -/
def placeholderKind : SyntaxNodeKind := `LLMstep.placeholder

/--
Replaces the tactic `skip` that starts at `position` by the placeholder. Returns `none` if there is
no such tactic: then none can stand there.
-/
partial def insertPlaceholder? (position : String.Pos.Raw) (stx : Syntax) : Option Syntax :=
  match stx with
  | .node info kind children =>
    if kind == ``Lean.Parser.Tactic.skip && stx.getPos? == some position then
      some (.node info placeholderKind #[])
    else Id.run do
      for h : i in [0:children.size] do
        if let some child := insertPlaceholder? position children[i] then
          return some (.node info kind (children.set i child))
      return none
  | _ => none

/--
Makes Lean elaborate placeholders: each puts its snapshot into the reference that is returned and
ends its command, in a way that no tactic catches. To be called once, before any environment is
made.
-/
def registerPlaceholder : IO (IO.Ref (Option TacticSnapshot)) := do
  let captured ← IO.mkRef none
  Tactic.tacticElabAttribute.addBuiltin placeholderKind placeholderKind fun _ => do
    let snapshot ← TacticSnapshot.capture
    captured.set (some snapshot)
    throw (.internal interruptExceptionId)
  return captured

end LLMstep
