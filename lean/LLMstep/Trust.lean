import LLMstep.Verdict
import Lean.Elab.Term

/-!
# Whether a proof can be trusted: axioms, metavariables

A tactic that ends without an error may still have proved nothing: by `sorry`, by an axiom, by the
theorem itself, by a metavariable that nobody will ever assign.
-/

open Lean Meta

namespace LLMstep

/-- The axioms that Lean's library rests on. -/
def standardAxioms : List Name := [``propext, ``Quot.sound, ``Classical.choice]

/-- Opaque constants which the kernel evaluates with compiled code. -/
def compiledReductions : List Name := [`Lean.reduceBool, `Lean.reduceNat]

/-- Whether the constant is an axiom, and not a theorem of which only the statement was imported. -/
def isAxiom (env : Environment) (name : Name) : Bool :=
  match getOriginalConstKind? env name with
  | some kind => (kind matches .axiom)
  | none => (env.find? name).any (· matches .axiomInfo _)

/--
A constant that a proof made of `names` must not rest on, if there is one. The walk goes through the
constants of the document; an imported constant is trusted unless it is itself an axiom. `used` are
the constants that one of them uses.
-/
partial def untrusted? (env : Environment) (names : Array Name)
    (used : ConstantInfo → NameSet := ConstantInfo.getUsedConstantsAsSet) : Option Name :=
  go names.toList {}
where
  go : List Name → NameSet → Option Name
    | [], _ => none
    | name :: rest, seen =>
      if seen.contains name || standardAxioms.contains name then go rest seen
      else if compiledReductions.contains name || isAxiom env name then some name
      else if (env.getModuleIdxFor? name).isSome then go rest (seen.insert name)
      else match env.find? name with
        | some info => go ((used info).toList ++ rest) (seen.insert name)
        | none => some name

/-- What is wrong with an untrusted constant. -/
def untrustedMessage (name : Name) : String :=
  if name == ``sorryAx then "uses `sorry`" else s!"rests on the axiom `{privateToUserName name}`"

/-- Whether `proof` calls the declaration that is being elaborated, or one that is with it. -/
def callsItself (proof : Expr) : MetaM Bool := do
  let context ← getLCtx
  return proof.hasAnyFVar fun id => (context.find? id).any (·.isAuxDecl)

/-- What is wrong with such a proof, as far as can be seen from it. -/
def recursionMessage : String := "uses the declaration that it is part of"

/-- The metavariables of `e` that did not exist in `old`. -/
def newMVars (old : MetavarContext) (e : Expr) : MetaM (Array MVarId) :=
  return (← getMVarsNoDelayed e).filter fun id => (old.findDecl? id).isNone

/--
Whether a new metavariable of the proofs is neither a goal nor determined by one. Those in `pending`
stand for functions that are yet to be compiled.
-/
def losesMVar (old : MetavarContext) (proofs : Array Expr) (goals pending : List MVarId) :
    MetaM Bool := do
  let mut known : Std.HashSet MVarId := .ofList pending
  for goal in goals do
    known := known.insert goal
    known := known.insertMany (← getMVarsNoDelayed (← instantiateMVars (← goal.getType)))
  for proof in proofs do
    if (← newMVars old proof).any (!known.contains ·) then return true
  return false

end LLMstep
