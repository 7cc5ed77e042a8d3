import Lean.Elab.Tactic.Basic
import Lean.Parser.Tactic

/-!
# Parsing a candidate

A candidate is text from a language model. Before any of it is run, it must parse as one sequence of
tactics from its first to its last character, and it must not contain syntax that runs programs or
lifts limits.
-/

open Lean Parser

namespace LLMstep

/-- The longest candidate that is parsed, in characters. -/
def maxCandidateLength : Nat := 16384

/-- The deepest nesting of brackets that is parsed: the parser recurses on the machine stack. -/
def maxBracketDepth : Nat := 200

/-- How deep the brackets of `text` are nested. Counts those in strings and comments, too. -/
def bracketDepth (text : String) : Nat :=
  go text.toList 0 0
where
  go : List Char → Nat → Nat → Nat
    | [], _, deepest => deepest
    | c :: rest, depth, deepest =>
      match c with
      | '(' | '[' | '{' | '⟨' | '⟦' => go rest (depth + 1) (max deepest (depth + 1))
      | ')' | ']' | '}' | '⟩' | '⟧' => go rest (depth - 1) deepest
      | _ => go rest depth deepest

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
  if text.length > maxCandidateLength then
    return .error s!"longer than {maxCandidateLength} characters"
  if bracketDepth text > maxBracketDepth then
    return .error s!"nested deeper than {maxBracketDepth} brackets"
  if text.trimAscii.isEmpty then return .error "an empty step"
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

/--
Syntax that runs programs while it is elaborated, reads files, sleeps, changes the rules, or proves
by compiled code, by its kinds. Names that one version of Lean does not have do no harm.
-/
def forbiddenKinds : NameSet := .ofList [
  `Lean.Parser.Tactic.runTac, `Lean.byElab, `Lean.Parser.Term.unsafe, `Lean.includeStr,
  `Lean.Parser.Tactic.set_option, `Lean.Parser.Term.set_option, `Lean.Parser.Tactic.Conv.set_option,
  `Lean.Parser.Tactic.nativeDecide, `Lean.Parser.Tactic.bvDecide, `Lean.Parser.Tactic.bvDecideTrace,
  `Lean.Parser.Tactic.bvCheck, `Lean.Parser.Term.attributes]

/--
The words by which such syntax is recognised where its kind has another name, and those of the
tactics that ask the model: a step that asks again would never end.
-/
def forbiddenWords : Std.HashSet String := .ofList [
  "run_tac", "run_conv", "by_elab", "eval%", "include_str", "include_bytes", "set_option", "unsafe",
  "native_decide", "bv_decide", "bv_decide?", "bv_check", "sleep", "@[",
  "llmstep", "llmstep?", "llmqed", "try?"]

/-- What may stand in the value of a tactic's configuration: literals and names, and lists of them. -/
def configurationKinds : List Name := [
  `null, `num, `str, `group, `Lean.Parser.Term.paren, `Lean.Parser.Term.dotIdent,
  `Lean.Parser.Term.structInst, `Lean.Parser.Term.structInstFields,
  `Lean.Parser.Term.structInstField, `Lean.Parser.Term.structInstLVal,
  `Lean.Parser.Term.structInstFieldDef, `Lean.Parser.Term.optEllipsis,
  `Lean.Parser.Term.anonymousCtor, `Lean.Parser.Term.tuple, `«term[_]», `«term#[_,]»]

/--
Whether the value of a configuration item is evaluated without running a program. What is applied
must be a constructor of the expected type, as in `.pos [1]`.
-/
partial def isLiteral : Syntax → Bool
  | .node _ `Lean.Parser.Term.app children =>
    children.size == 2 && children[0]!.isOfKind `Lean.Parser.Term.dotIdent &&
      isLiteral children[1]!
  | .node _ kind children => configurationKinds.contains kind && children.all isLiteral
  | .ident _ _ name _ => name != `native
  | _ => true

/--
What must not be run, if there is any in `stx`. A tactic's configuration (`simp (config := …)`) is
evaluated as a program, unsafe functions included: only literals may stand in it.
-/
partial def forbidden? (stx : Syntax) : Option String :=
  match stx with
  | .atom _ word => if forbiddenWords.contains word then some s!"`{word}` is not run" else none
  | .node _ kind children =>
    if forbiddenKinds.contains kind then some s!"`{kind}` is not run"
    else if kind == `Lean.Parser.Tactic.posConfigItem then
      if children.any (·.getId == `native) then some "`native` trusts compiled code" else none
    else if kind == `Lean.Parser.Tactic.valConfigItem then
      if children.all isLiteral then none
      else some "a configuration that is not a literal is not evaluated"
    else children.findSome? forbidden?
  | _ => none

/--
Whether the white space and comments of a text end within a comment of one line, which would swallow
what follows. Comments between `/-` and `-/` nest.
-/
def endsInLineComment (text : String) : Bool :=
  go text.toList 0 false
where
  go : List Char → Nat → Bool → Bool
    | [], _, inLine => inLine
    | '\n' :: rest, depth, _ => go rest depth false
    | '/' :: '-' :: rest, depth, false => go rest (depth + 1) false
    | '-' :: '/' :: rest, depth + 1, false => go rest depth false
    | '-' :: '-' :: rest, 0, _ => go rest 0 true
    | _ :: rest, depth, inLine => go rest depth inLine

/-- Whether the step ends in a comment that would swallow what follows it on the line. -/
def endsInComment (stx : Syntax) : Bool :=
  endsInLineComment ((stx.getTrailing?.map (·.toString)).getD "")

/-- How often `sorry` is used in the syntax. -/
partial def openPlaces : Syntax → Nat
  | .node _ kind children =>
    if [``Parser.Tactic.tacticSorry, ``Parser.Tactic.tacticAdmit, ``Parser.Term.sorry].contains kind
    then 1
    else children.foldl (fun number child => number + openPlaces child) 0
  | _ => 0

end LLMstep
