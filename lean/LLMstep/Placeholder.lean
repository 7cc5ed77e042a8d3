import LLMstep.TacticSnapshot

/-!
# The placeholder for candidates in a command

The placeholder is a tactic without a text form. It stands where candidates are tried, and does what
`sorry` does there. Each time it is run it takes a snapshot, and leaves its mark in the two things
that show later what became of it: a message, which is lost where Lean goes back on what it did, and
the proof term, in which the mark is applied to the hypotheses that the goal had there.
-/

open Lean Meta Elab Tactic

namespace LLMstep

/-- The kind of the placeholder's syntax node. No text parses as one. -/
def placeholderKind : SyntaxNodeKind := `LLMstep.placeholder

/-- The placeholder as syntax, in the place of `stx`. -/
def placeholderAt (stx : Syntax) : Syntax :=
  .node (SourceInfo.fromRef stx) placeholderKind #[]

/--
Replaces the tactic `skip` that starts at `position` by the placeholder. Returns `none` if there is
no such tactic: then none can stand there.
-/
partial def insertPlaceholder? (position : String.Pos.Raw) (stx : Syntax) : Option Syntax :=
  match stx with
  | .node info kind children =>
    if kind == ``Lean.Parser.Tactic.skip && stx.getPos? == some position then
      some (placeholderAt stx)
    else Id.run do
      for h : i in [0:children.size] do
        if let some child := insertPlaceholder? position children[i] then
          return some (.node info kind (children.set i child))
      return none
  | _ => none

/-- One of the goal states in which the place is reached. -/
structure Reach where
  snapshot : TacticSnapshot
  /-- The hypotheses that the mark in the proof term is applied to, in order. -/
  hypotheses : Array FVarId
  /--
  The functions that are defined together with the one that holds the place, without itself, and
  their names.
  -/
  siblings : Array (FVarId × Name)

/-- The mark of the reach number `index`, as the kind of a message. -/
def markName (index : Nat) : Name := .num placeholderKind index

/-- The number of the reach of which the name is the mark. -/
def markIndex? : Name → Option Nat
  | .num kind index => if kind == placeholderKind then some index else none
  | _ => none

/-- What the marks in proof terms begin with. -/
def markPrefix : String := s!"{placeholderKind} "

/--
A `sorry` of the given type that carries the mark of a reach and mentions `hypotheses`. In the
finished proof term they have become whatever they stood for.
-/
def markedSorry (type : Expr) (index : Nat) (hypotheses : Array Expr) : MetaM Expr := do
  let mut markedType := type
  for hypothesis in hypotheses.reverse do
    markedType := mkForall `h .default (← inferType hypothesis) markedType
  let value ← mkSorry (mkForall `mark .default (mkConst ``String) markedType) (synthetic := false)
  return mkAppN (mkApp value (mkStrLit s!"{markPrefix}{index}")) hypotheses

/-- The text of a literal. -/
def stringLiteral? : Expr → Option String
  | .lit (.strVal text) => some text
  | _ => none

/-- The number of the reach and what its hypotheses stand for, if `e` is a marked `sorry`. -/
def readMark? (e : Expr) : Option (Nat × Array Expr) := do
  guard <| e.getAppFn.isConstOf ``sorryAx
  let arguments := e.getAppArgs
  let mark ← stringLiteral? (← arguments[2]?)
  guard <| mark.startsWith markPrefix
  return (← (mark.drop markPrefix.length).toString.toNat?, arguments.extract 3 arguments.size)

/-- The numbers of the reaches whose messages are in the log: those that Lean did not go back on. -/
def markedMessages (log : MessageLog) : Array Nat :=
  log.toArray.filterMap (markIndex? ·.kind)

/-- Runs the placeholder: closes the main goal as `sorry` does, and adds to `reaches`. -/
def runPlaceholder (reaches : IO.Ref (Array Reach)) : TacticM Unit := withMainContext do
  let goal ← getMainGoal
  let context ← getLCtx
  let own? := (← readThe Term.Context).declName?
  let hypotheses := context.foldl (init := #[]) fun found declaration =>
    if declaration.isAuxDecl then found else found.push declaration.fvarId
  let siblings := context.auxDeclToFullName.foldl (init := #[]) fun found id name =>
    if some name == own? then found else found.push (id, name)
  let snapshot ← TacticSnapshot.capture
  let index ← reaches.modifyGet fun known =>
    (known.size, known.push { snapshot, hypotheses, siblings })
  logInfo (.tagged (markName index) m!"reached")
  goal.assign (← markedSorry (← goal.getType) index (hypotheses.map .fvar))
  replaceMainGoal []

/-- The environment in which a placeholder is elaborated by `run`. -/
def withPlaceholder (env : Environment) (run : TacticM Unit) : Environment :=
  tacticElabAttribute.ext.addEntry env {
    key := placeholderKind, declName := placeholderKind, isBuiltin := false, value := fun _ => run }

end LLMstep
