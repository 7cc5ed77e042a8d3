import Lean.Elab.Tactic.Basic
import Lean.Parser.Tactic

/-!
# Reading a candidate

A candidate is text from a language model. Before any of it is run, it must read as one sequence of
tactics from its first to its last character, and it must not contain syntax that runs programs or
lifts limits.
-/

open Lean Parser

namespace LLMstep

/-- The longest candidate that is looked at, in characters. -/
def maxLength : Nat := 16384

/-- The deepest nesting of brackets that is looked at: the parser recurses on the machine stack. -/
def maxNesting : Nat := 200

/-- How deep the brackets of `text` are nested. Counts those in strings and comments, too. -/
def nesting (text : String) : Nat :=
  (text.foldl (init := (0, 0)) fun (depth, deepest) c =>
    if "([{⟨⟦".contains c then (depth + 1, max deepest (depth + 1))
    else if ")]}⟩⟧".contains c then (depth - 1, deepest)
    else (depth, deepest)).2

/-- Indents every line of `text` by `column` spaces. -/
def indent (text : String) (column : Nat) : String :=
  let margin := "".pushn ' ' column
  margin ++ text.replace "\n" ("\n" ++ margin)

/--
Reads `text` as a sequence of tactics that stands at `column`, with the parser of the current
environment. Later lines of `text` are relative to its first line. Nothing may be left over: what
closes the block and goes on (`omega)`, `omega\n#eval 1`) is an error.
-/
def parseCandidate (text : String) (column : Nat) : CoreM (Except String Syntax) := do
  if text.length > maxLength then return .error s!"longer than {maxLength} characters"
  if nesting text > maxNesting then return .error s!"nested deeper than {maxNesting} brackets"
  if text.all Char.isWhitespace then return .error "an empty step"
  let env ← getEnv
  let source := indent text column
  let input := mkInputContext source "<candidate>"
  let context := {
    env, options := ← getOptions, currNamespace := ← getCurrNamespace, openDecls := ← getOpenDecls }
  let parser := andthenFn whitespace Tactic.tacticSeq.fn
  let state := parser.run input context (getTokenTable env) (mkParserState source)
  if let some (_, _, error) := state.allErrors[0]? then return .error error.toString
  if state.pos < source.rawEndPos then
    let rest := (String.Pos.Raw.extract source state.pos source.rawEndPos).take 40
    return .error s!"the step ends before `{rest}`"
  return .ok state.stxStack.back

/-- Syntax that runs a program while it is elaborated, reads files, sleeps, or changes the rules. -/
def forbiddenKinds : List Name := [
  `Lean.Parser.Tactic.runTac, `Lean.byElab, `Lean.Parser.Tactic.sleep, `Lean.Parser.Term.includeStr,
  `Lean.includeStr, `Lean.Parser.Tactic.set_option, `Lean.Parser.Term.set_option,
  `Lean.Parser.Tactic.Conv.set_option,
  `Lean.Parser.Tactic.nativeDecide, `Lean.Parser.Term.unsafe, `Lean.Parser.Term.attributes,
  `Lean.Parser.Term.attrInstance]

/-- The atoms by which such syntax is recognised where its kind has another name. -/
def forbiddenAtoms : List String := [
  "run_tac", "by_elab", "run_conv", "eval%", "include_str", "include_bytes", "native_decide",
  "set_option", "unsafe", "sleep", "@["]

/-- Syntax that may stand in the value of a tactic's configuration: literals and names. -/
def configurationKinds : List Name := [
  `null, `ident, `num, `str, `Lean.Parser.Term.paren, `Lean.Parser.Term.structInst, `group,
  `Lean.Parser.Term.dotIdent, `Lean.Parser.Term.structInstFields, `Lean.Parser.Term.structInstField,
  `Lean.Parser.Term.structInstLVal, `Lean.Parser.Term.structInstFieldDef,
  `Lean.Parser.Term.structInstFieldAbbrev, `Lean.Parser.Term.optEllipsis]

/-- Whether `stx` consists of nodes of these kinds. -/
partial def madeOf (kinds : List Name) : Syntax → Bool
  | .node _ kind children => kinds.contains kind && children.all (madeOf kinds)
  | _ => true

/--
What must not be run, if there is any in `stx`. A tactic's configuration, `simp (config := …)`, is
evaluated as a program, unsafe functions included, so that only literals may stand in it.
-/
partial def forbidden? : Syntax → Option String
  | .atom _ text => if forbiddenAtoms.contains text then some s!"`{text}` is not run" else none
  | .node _ kind children =>
    if forbiddenKinds.contains kind then some s!"`{kind}` is not run"
    else if kind == `Lean.Parser.Tactic.posConfigItem && isNative children[1]? then some native
    else if kind == `Lean.Parser.Tactic.valConfigItem then
      if isNative children[1]? then some native
      else if madeOf configurationKinds (.node .none `null (children.extract 3 4)) then none
      else some "a configuration that is not a literal is not evaluated"
    else children.findSome? forbidden?
  | _ => none
where
  native := "`native` trusts the compiler"
  isNative (name? : Option Syntax) : Bool := name?.any fun name => name.getId == `native

end LLMstep
