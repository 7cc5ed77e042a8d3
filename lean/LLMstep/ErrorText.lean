import Lean.Meta.Basic
import Lean.Meta.Tactic.Rfl

/-!
# Lean's messages as text

They are read by people who want to know what is wrong with a step: without goals and traces, without
the numbers of metavariables, and without what only an editor can show.
-/

open Lean Meta

namespace LLMstep

/-- The longest message that is passed on, in characters. -/
def maxMessageLength : Nat := 600

/-- The beginning of a message. -/
def shorten (text : String) : String :=
  let text := text.trimAscii.toString
  if text.length ≤ maxMessageLength then text else (text.take maxMessageLength).toString ++ " …"

/-- `1 goal`, `2 goals`. -/
def counted (number : Nat) (noun : String) : String :=
  if number == 1 then s!"1 {noun}" else s!"{number} {noun}s"

/-- Options under which Lean's texts do not tell how many names were given before. -/
def withoutNumbers (options : Options) : Options :=
  pp.mvars.anonymous.set (pp.mvars.levels.set options false) false

/-- A goal with its hypotheses, as the infoview shows it. -/
def goalText (goal : MVarId) : MetaM String :=
  withOptions withoutNumbers do return (← ppGoal goal).pretty

/--
A message without the goals and the traces in it: printing them takes longer than most steps, and
they would not fit into what is passed on.
-/
partial def withoutDetails : MessageData → MessageData
  | .ofGoal _ => .nil
  | .withContext context data =>
    .withContext { context with opts := withoutNumbers context.opts } (withoutDetails data)
  | .withNamingContext context data => .withNamingContext context (withoutDetails data)
  | .nest indentation data => .nest indentation (withoutDetails data)
  | .group data => .group (withoutDetails data)
  | .compose first second => .compose (withoutDetails first) (withoutDetails second)
  | .tagged tag data => .tagged tag (withoutDetails data)
  | .trace _ data _ => withoutDetails data
  | data => data

/--
The text without what a hint strikes through, and without the marks of what it adds: Lean puts
U+0335 behind each letter of the one, U+0332 behind each of the other.
-/
def applyHints (text : String) : String :=
  (go text.toList).foldl String.push ""
where
  go : List Char → List Char
    | c :: mark :: rest =>
      if mark.toNat == 0x335 then go rest
      else if mark.toNat == 0x332 then c :: go rest
      else c :: go (mark :: rest)
    | rest => rest

/-- Beginnings of paragraphs about options of Lean, which a step cannot set. -/
def adviceBeginnings : List String := [
  "Hint: Additional diagnostic information", "Note: This linter can be disabled"]

/-- What Lean says of an editor, and what it means for a step. -/
def plainWords (text : String) : String :=
  text.replace "tabs are not allowed; please configure your editor to expand them"
    "there is a tab, and Lean reads only spaces"

/-- Whether a text contains another; quicker than to go through its letters. -/
def mentionsText (text part : String) : Bool := (text.splitOn part).length > 1

/-- An error message as it is passed on. -/
def readableText (text : String) : String :=
  let text := if mentionsText text "tabs are not" then plainWords text else text
  let isHint := ["\u0335", "\u0332"].any (mentionsText text)
  let text := if isHint then applyHints text else text
  let kept := if !adviceBeginnings.any (mentionsText text) then text
    else "\n\n".intercalate <| (text.splitOn "\n\n").filter fun paragraph =>
      !adviceBeginnings.any (paragraph.trimAscii.toString.startsWith ·)
  shorten kept

/-- The beginning of an error message. -/
def errorText (data : MessageData) : BaseIO String :=
  return readableText (← (withoutDetails data).toString)

/-- The texts of the errors among the messages. -/
def errorTexts (messages : List Message) : BaseIO (Array String) :=
  (messages.toArray.filter (·.severity == .error)).mapM (errorText ·.data)

/-- Whether the proposition is a relation that `rfl` can prove. -/
def isReflexive (target : Expr) : MetaM Bool := do
  let target ← instantiateMVars target
  if target.isAppOf ``Eq || target.isAppOf ``HEq || target.isAppOf ``Iff then return true
  return !(← (Rfl.reflExt.getState (← getEnv)).getMatch target).isEmpty

/--
What is wrong with `rfl` on a goal that is no relation at all; Lean speaks of the sides that it
would have.
-/
def rflProblem? (text : String) (target : Expr) : MetaM (Option String) := do
  if !text.startsWith "Tactic `rfl` failed: The left-hand side" then return none
  if ← isReflexive (← whnfR target) then return none
  return some "`rfl` proves equations and other reflexive relations; the goal is none of them"

end LLMstep
