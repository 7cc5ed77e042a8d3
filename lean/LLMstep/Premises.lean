import LLMstep.Proposal
import Lean.Linter.Deprecated
import Lean.AddDecl

/-!
# Premises

Which theorems may help with a goal: those that share symbols with it, rare symbols counting most, as
in MePo (Meng and Paulson, *Lightweight relevance filtering for machine-generated resolution
problems*, J. Applied Logic 2009). A symbol is a constant that is no instance. The index is made once
for each list of imports; theorems of the file itself are added for each question.
-/

open Lean Meta

namespace LLMstep

/-- A theorem that may be used, by the symbols of its statement. -/
structure Premise where
  name : Name
  symbols : Array Name

/-- The theorems of an environment, by their symbols. -/
structure PremiseIndex where
  premises : Array Premise := #[]
  /-- For each symbol the numbers of the premises that have it. -/
  bySymbol : Std.HashMap Name (Array Nat) := {}
  /-- For each premise the length of the vector of its symbols' weights. -/
  lengths : Array Float := #[]

/-- How the names end that Lean makes for every type and function. -/
def generatedSuffixes : Std.HashSet String := .ofList [
  "injEq", "inj", "sizeOf_spec", "eq_def", "congr_simp", "hcongr", "induct", "induct_unfolding",
  "fun_cases", "fun_cases_unfolding"]

/-- Whether a name is one that nobody would write in a proof. -/
def isGenerated (name : Name) : Bool :=
  let name := privateToUserName name
  name.isInternalDetail || match name with
    | .str _ last => generatedSuffixes.contains last
    | _ => true

/-- Whether a module is one whose theorems are about Lean itself. -/
def isAboutLean (module : Name) : Bool := module.getRoot matches `Lean | `Lake | `LLMstep

/-- The symbols of a statement. -/
def symbolsOf (env : Environment) (type : Expr) : Array Name :=
  type.getUsedConstants.filter fun name =>
    !isInstanceCore env name && !(name matches ``OfNat.ofNat | ``Eq)

/-- The theorem as a premise, if it is one. -/
def premise? (env : Environment) (name : Name) (info : ConstantInfo) : Option Premise := do
  guard (info matches .thmInfo _ | .axiomInfo _ | .opaqueInfo _)
  guard (!isGenerated name && wasOriginallyTheorem env name && !Linter.isDeprecated env name)
  if let some i := env.getModuleIdxFor? name then
    guard (!isPrivateName name && !((env.header.moduleNames[i]?).any isAboutLean))
  return { name, symbols := symbolsOf env info.type }

/-- Adds a premise to the index. -/
def PremiseIndex.add (index : PremiseIndex) (premise : Premise) : PremiseIndex :=
  let { premises, bySymbol, lengths } := index
  let number := premises.size
  { lengths, premises := premises.push premise
    bySymbol := premise.symbols.foldl (init := bySymbol) fun map symbol =>
      map.alter symbol fun numbers? => some ((numbers?.getD #[]).push number) }

/-- How much it says that a symbol occurs: the logarithm of how rare it is. -/
def PremiseIndex.weight (index : PremiseIndex) (symbol : Name) : Float :=
  let count := ((index.bySymbol[symbol]?).elim 0 Array.size).toFloat
  (index.premises.size.toFloat / (count + 1)).log

/-- The length of the vector of the weights of symbols. -/
def PremiseIndex.lengthOf (index : PremiseIndex) (symbols : Array Name) : Float :=
  (symbols.foldl (init := 0) fun sum symbol => sum + (index.weight symbol) ^ 2).sqrt

/-- The index of what an environment has imported. -/
def PremiseIndex.make (env : Environment) : PremiseIndex :=
  let modules := env.header.moduleNames.zip env.header.moduleData
  let index : PremiseIndex := modules.foldl (init := {}) fun index (module, data) =>
    -- Most constants of a file with tactics of its own are Lean's.
    if isAboutLean module then index
    else data.constants.foldl (init := index) fun index info =>
      match premise? env info.name info with
      | some premise => index.add premise
      | none => index
  { index with lengths := index.premises.map (index.lengthOf ·.symbols) }

/-- The index with the theorems of the file itself. -/
def PremiseIndex.withFile (index : PremiseIndex) (env : Environment) : PremiseIndex :=
  env.constants.map₂.foldl (init := index) fun index name info =>
    match premise? env name info with
    | some premise =>
      let index := index.add premise
      { index with lengths := index.lengths.push (index.lengthOf premise.symbols) }
    | none => index

/-- At most so many premises are compared with a goal, those with its rarest symbols. -/
def maxCompared : Nat := 2000

/-- The premises nearest to the symbols of a goal: by the cosine of their weighted symbols. -/
def PremiseIndex.select (index : PremiseIndex) (symbols : Array Name) (count : Nat) : Array Name :=
  let found := symbols.map fun symbol => ((index.bySymbol[symbol]?).getD #[], index.weight symbol)
  let rarest := found.qsort fun a b => a.1.size < b.1.size
  let (shared, _) := rarest.foldl (init := (({} : Std.HashMap Nat Float), 0))
    fun (shared, compared) (numbers, weight) =>
      if compared + numbers.size > maxCompared then (shared, maxCompared)
      else
        let shared := numbers.foldl (init := shared) fun shared number =>
          shared.alter number fun sum? => some (sum?.getD 0 + weight * weight)
        (shared, compared + numbers.size)
  let scored := shared.fold (init := #[]) fun scored number sum =>
    scored.push (number, sum / (index.lengths[number]?).getD 1)
  let best := (scored.qsort fun a b => a.2 > b.2).extract 0 count
  best.filterMap fun (number, _) => (index.premises[number]?).map (·.name)

/-- The symbols of a goal and its hypotheses. -/
def goalSymbols (goal : MVarId) : MetaM (Array Name) := goal.withContext do
  let env ← getEnv
  let mut symbols := symbolsOf env (← instantiateMVars (← goal.getType))
  for declaration in ← getLCtx do
    if !declaration.isImplementationDetail then
      symbols := symbols ++ symbolsOf env (← instantiateMVars declaration.type)
  return symbols.toList.eraseDups.toArray

/-- The most premises that are proposed for a goal. -/
def maxPremises : Nat := 12

/-- Steps that use premises. -/
def proposePremises (index : PremiseIndex) (goal : MVarId) : ProposalM Unit := goal.withContext do
  let index := index.withFile (← getEnv)
  let selected := (index.select (← goalSymbols goal) maxPremises).toList
  let names ← selected.mapM (constantText ·)
  for (name, number) in names.zipIdx do
    propose .premise [s!"rw [{name}]", s!"simp [{name}]"]
    if number < maxPremises / 2 then
      propose .premise [s!"grind [{name}]", s!"apply {name}", s!"rw [← {name}]"]
  unless names.isEmpty do
    let few := ", ".intercalate (names.take 4)
    let all := ", ".intercalate names
    propose .premise [s!"simp [{few}]", s!"simp_all [{few}]", s!"grind [{few}]", s!"grind [{all}]",
      s!"simp_all [{all}]", s!"simp [{all}]; omega"]

end LLMstep
