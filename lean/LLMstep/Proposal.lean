import LLMstep.Request
import Lean.Meta.Basic
import Lean.Parser.Extension

/-!
# Proposals

A proposal is a step that somebody other than the model thinks worth trying. It is text, like what a
model writes, and is checked like it: a bad proposal costs milliseconds, nothing else.
-/

open Lean Meta

namespace LLMstep

/-- A step to try. -/
structure Proposal where
  text : String
  source : ProposalSource

/-- Collects proposals, in the order in which they are to be tried where nothing better is known. -/
abbrev ProposalM := StateT (Array Proposal) MetaM

/-- Adds steps. -/
def propose (source : ProposalSource) (texts : List String) : ProposalM Unit :=
  modify (· ++ (texts.map ({ text := ·, source })).toArray)

/-- Runs a proposer; where it fails, it has proposed nothing. -/
def attempt (proposer : ProposalM Unit) : ProposalM Unit := do
  try proposer
  catch e =>
    if e.isInterrupt then throw e

/-- The name as it is written in a step. -/
def nameText (name : Name) : String := name.toString (escape := true)

/-- A constant as it is written here: as short as the namespaces that are open allow. -/
def constantText (name : Name) : MetaM String :=
  return nameText (privateToUserName (← unresolveNameGlobal name))

/-- Whether the text is a tactic in the current environment, whatever becomes of it. -/
def isTactic (text : String) : CoreM Bool :=
  return (Parser.runParserCategory (← getEnv) `tactic text).toBool

end LLMstep
