import LLMstep.StepVerdict

/-!
# The state before the command that a tactic stands in

A tactic sees its goals, and not what its command began with: the variables and options of the
section, the environment without the declaration. So every declaration that Lean elaborates leaves
that state here first.
-/

open Lean Elab Command

namespace LLMstep

/-- A command that is being elaborated, and the state before it. -/
structure RunningCommand where
  /-- The text of the file. -/
  source : String
  range : Lean.Syntax.Range
  state : Command.State

/-- How many commands are remembered: proofs go on in threads while later commands are read. -/
def maxRunningCommands : Nat := 32

/-- The commands that were begun last, the last one first. -/
initialize runningCommands : IO.Ref (List RunningCommand) ← IO.mkRef []

/-- The declaration around a place between two texts of the file, if it is known. -/
def declarationAt? (before after : String) (source : String) : BaseIO (Option Declaration) := do
  let position := before.rawEndPos
  let found := (← runningCommands.get).find? fun command =>
    command.range.contains position && command.source == source
  return found.map fun { range, state, .. } =>
    { start := { parser := { pos := range.start }, state }, before, after }

/-- Remembers the state before a declaration, and leaves the declaration to Lean. -/
def rememberCommand : CommandElab := fun stx => do
  -- What is elaborated to check a step is no command of the file.
  if (← read).fileName != documentName then
    if let some range := stx.getRange? then
      let source := (← getFileMap).source
      let state := { (← get) with messages := {}, infoState := {}, snapshotTasks := #[] }
      runningCommands.modify fun known =>
        { source, range, state } :: known.take (maxRunningCommands - 1)
  throwUnsupportedSyntax

-- The last command of this module: what it refers to is there in modules that import this one.
attribute [command_elab Lean.Parser.Command.declaration, command_elab Lean.Parser.Command.mutual]
  rememberCommand

end LLMstep
