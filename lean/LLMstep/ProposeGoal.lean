import LLMstep.Proposal
import Lean.Meta.Tactic.Ext
import Lean.Meta.Eqns

/-!
# What a goal proposes

Steps that are read off the goal: its hypotheses, the connectives of its target, the inductive types
of its variables, the conditions and the functions that occur in it. Most of them are wrong; they cost
little to try.
-/

open Lean Meta

namespace LLMstep

/-- The most variables, and the most hypotheses, that steps are made for: the last ones. -/
def maxNamed : Nat := 5

/-- The most conditions, and the most functions, that steps are made for: the first ones. -/
def maxTerms : Nat := 3

/-- How a goal is ended after it was split. -/
def finishers : List String := ["simp_all", "grind", "simp", "omega", "rfl"]

/-- The last ones of an array. -/
def lastOf (items : Array α) (count : Nat) : List α :=
  (items.extract (items.size - count) items.size).toList

/-- The hypotheses and variables that can be named, the outermost first. -/
def namedDeclarations : MetaM (Array LocalDecl) := do
  let context ← getLCtx
  return context.foldl (init := #[]) fun found declaration =>
    let name := declaration.userName
    let isShown := (context.findFromUserName? name).any (·.fvarId == declaration.fvarId)
    if declaration.isImplementationDetail || name.hasMacroScopes || !isShown then found
    else found.push declaration

/-- The inductive type that a type is an application of. -/
def inductiveOf? (type : Expr) : MetaM (Option InductiveVal) := do
  let .const name _ := (← whnfR type).getAppFn | return none
  let some (.inductInfo info) := (← getEnv).find? name | return none
  return info

/-- The conclusion of a statement, with variables for what it is about. -/
def conclusionOf (type : Expr) : MetaM Expr := do
  let (_, _, conclusion) ← forallMetaTelescopeReducing type
  whnfR conclusion

/-- The text of a term, on one line. -/
def termText (term : Expr) : MetaM String := do
  return ((← ppExpr term).pretty (width := 1000)).replace "\n" " "

/-- Whether a term is an `if`. -/
def isConditional (term : Expr) : Bool := term.isAppOf ``ite || term.isAppOf ``dite

/-- Steps for a hypothesis that says something. -/
def proposeHypothesis (target : Expr) (declaration : LocalDecl) : ProposalM Unit := do
  let h := nameText declaration.userName
  let type ← instantiateMVars declaration.type
  let conclusion ← conclusionOf type
  let isRule := type.isForall
  if ← withReducible (isDefEq type target) then propose .goal [s!"exact {h}"]
  else if (← conclusionOf target).getAppFn == conclusion.getAppFn then
    propose .goal <| if isRule then [s!"apply {h}", s!"exact {h} .."] else [s!"simpa using {h}"]
  if conclusion.isAppOf ``Eq || conclusion.isAppOf ``Iff then
    propose .goal [s!"rw [{h}]", s!"rw [← {h}]", s!"simp [{h}]"]
    if !isRule && conclusion.isAppOf ``Eq then
      if (← whnfR conclusion.appArg!).isFVar || (← whnfR conclusion.appFn!.appArg!).isFVar then
        propose .goal [s!"subst {h}", s!"subst {h}; simp", s!"subst {h}; grind"]
      propose .goal [s!"cases {h}", s!"injection {h}"]
  else if isRule then propose .goal [s!"simp [{h}]", s!"have := {h} _; simp_all"]
  if conclusion.isAppOf ``And then
    propose .goal [s!"obtain ⟨h₁, h₂⟩ := {h}", s!"exact {h}.1", s!"exact {h}.2"]
  if conclusion.isAppOf ``Exists && !isRule then propose .goal [s!"obtain ⟨x, hx⟩ := {h}"]
  if conclusion.isAppOf ``Or && !isRule then
    propose .goal ([s!"rcases {h} with h | h"] ++ finishers.map (s!"cases {h} <;> {·}"))
  if conclusion.isFalse || conclusion.isAppOf ``Not then
    propose .goal [s!"exact absurd ‹_› {h}", s!"exact {h}.elim"]
  propose .goal [s!"simp at {h}", s!"simp_all [{h}]"]
  if (type.find? isConditional).isSome then
    propose .goal [s!"split at {h} <;> simp_all", s!"split at {h} <;> grind"]
  if let some info ← inductiveOf? type then
    unless [``Eq, ``And, ``Or, ``Exists, ``Iff, ``Not, ``LE.le, ``LT.lt].contains info.name do
      propose .goal <| if info.isRec
        then [s!"induction {h} <;> simp_all", s!"induction {h} <;> grind", s!"induction {h}"]
        else []
      propose .goal [s!"cases {h}", s!"cases {h} <;> simp_all", s!"cases {h} <;> grind"]

/-- Whether all constructors of the type are constants. -/
def isEnumeration (info : InductiveVal) : MetaM Bool :=
  return info.numIndices == 0 && info.numParams == 0 && info.ctors.length > 1 &&
    (← info.ctors.allM fun name => return (← getConstInfoCtor name).numFields == 0)

/-- Steps for variables: cases and induction. -/
def proposeVariables (declarations : Array LocalDecl) : ProposalM Unit := do
  let mut enumerated := #[]
  let mut splittable := #[]
  for declaration in declarations do
    if let some info ← inductiveOf? (← instantiateMVars declaration.type) then
      unless isClass (← getEnv) info.name || info.name matches ``Fin | ``BitVec | ``Subtype do
        if ← isEnumeration info then enumerated := enumerated.push declaration
        splittable := splittable.push (declaration, info)
  if enumerated.size > 1 then
    let all := (lastOf enumerated maxNamed).map fun declaration =>
      s!"cases {nameText declaration.userName}"
    propose .goal (["rfl", "simp", "simp_all", "grind"].map fun ending =>
      " <;> ".intercalate (all ++ [ending]))
  for (declaration, info) in (lastOf splittable maxNamed).reverse do
    let x := nameText declaration.userName
    if info.isRec then
      let others := splittable.filter fun (other, _) => other.fvarId != declaration.fvarId
      propose .goal (["simp_all", "grind", "simp_all; omega"].map (s!"induction {x} <;> {·}"))
      if let some (other, _) := others.back? then
        let y := nameText other.userName
        propose .goal (["simp_all", "grind"].map (s!"induction {x} generalizing {y} <;> {·}"))
        propose .goal [s!"induction {x} generalizing {y}"]
        propose .goal (["simp_all", "grind"].map (s!"cases {x} <;> cases {y} <;> {·}"))
      propose .goal [s!"induction {x}"]
    propose .goal (finishers.map (s!"cases {x} <;> {·}") ++ [s!"cases {x}"])

/-- Steps for the outermost connective of the target. -/
def proposeConnective (target : Expr) : ProposalM Unit := do
  let target ← whnfR target
  if target.isForall then
    let x := if target.isArrow then "h" else
      let name := target.bindingName!
      if name.hasMacroScopes then "x" else nameText name
    propose .goal ([s!"intro {x}", "intros"] ++ finishers.map (s!"intros; {·}"))
    propose .goal [s!"rintro rfl", s!"rintro rfl; simp"]
  if target.isAppOf ``And then
    propose .goal (finishers.map (s!"constructor <;> {·}") ++ ["constructor", "refine ⟨?_, ?_⟩"])
  if target.isAppOf ``Iff then
    propose .goal (finishers.map (s!"constructor <;> {·}") ++
      ["constructor", "constructor <;> intro h <;> simp_all", "constructor <;> intro h <;> grind",
       "constructor <;> intro h"])
  if target.isAppOf ``Or then
    propose .goal (["left", "right"] ++ finishers.flatMap fun e => [s!"left; {e}", s!"right; {e}"])
  if target.isAppOf ``Not || target.isAppOf ``Ne then
    propose .goal ["intro h", "intro h; simp_all", "intro h; grind", "rintro ⟨⟩", "intro h; cases h"]
  if target.isAppOf ``Exists then
    propose .goal ["exact ⟨_, rfl⟩", "exact ⟨_, ‹_›⟩", "refine ⟨_, rfl, ?_⟩"]
    let domain := target.appFn!.appArg!
    for declaration in (lastOf (← namedDeclarations) maxNamed).reverse do
      if ← isDefEq declaration.type domain then
        let x := nameText declaration.userName
        propose .goal [s!"exact ⟨{x}, by simp_all⟩", s!"exact ⟨{x}, by grind⟩", s!"refine ⟨{x}, ?_⟩"]
    if ← isDefEq domain (.const ``Nat []) then
      propose .goal ["exact ⟨0, by simp_all⟩", "exact ⟨_, by omega⟩"]
  if target.isFalse then propose .goal ["exfalso; grind", "contradiction"]
  if target.isAppOf ``Eq then
    let type ← whnfR (← inferType target.appArg!)
    if type.isForall then
      propose .goal (["funext x"] ++ finishers.map (s!"funext x; {·}"))
    else if !(← Ext.getExtTheorems type).isEmpty then
      propose .goal ["ext", "ext i", "ext; simp", "ext; grind", "ext <;> simp", "ext <;> grind",
        "ext i; simp; omega", "ext i; by_cases h : i < 1 <;> simp_all"]
      if type.isAppOf ``List then propose .goal (["simp", "grind"].map
        (s!"apply List.ext_getElem <;> {·}"))
      if type.isAppOf ``BitVec then propose .goal ["apply BitVec.eq_of_toNat_eq; simp",
        "apply BitVec.eq_of_getLsbD_eq; simp", "apply BitVec.eq_of_toNat_eq"]
    propose .goal ["congr 1", "congr", "symm", "apply Eq.symm"]

/-- The applications that occur in a term, without those that hold bound variables. -/
def applicationsIn (term : Expr) : MetaM (Array Expr) := do
  let found ← IO.mkRef #[]
  term.forEach (m := MetaM) fun subterm => do
    if subterm.isApp && !subterm.hasLooseBVars then found.modify (·.push subterm)
  found.get

/-- The conditions and the matched terms that occur in a term. -/
def conditionsIn (term : Expr) : MetaM (List Expr × List Expr) := do
  let mut conditions := #[]
  let mut matched := #[]
  for application in ← applicationsIn term do
    if isConditional application then
      if let some condition := application.getAppArgs[1]? then conditions := conditions.push condition
    else if let some matcher ← matchMatcherApp? application then
      matched := matched ++ matcher.discrs
  return (conditions.toList.eraseDups, matched.toList.eraseDups)

/-- Steps for the conditions in the target. -/
def proposeConditions (target : Expr) : ProposalM Unit := do
  let (conditions, matched) ← conditionsIn target
  if !matched.isEmpty || (target.find? isConditional).isSome then
    propose .goal (finishers.map (s!"split <;> {·}") ++ ["split"])
  for condition in conditions.take maxTerms do
    let text ← termText condition
    propose .goal (["simp [h]", "simp_all", "grind"].map (s!"by_cases h : {text} <;> {·}"))
  for term in matched.take maxTerms do
    unless term.isFVar do
      propose .goal (["simp_all", "grind"].map (s!"cases h : {← termText term} <;> {·}"))

/-- The functions of a term that are worth unfolding, those of the same file first. -/
def functionsIn (term : Expr) : MetaM (List Name) := do
  let env ← getEnv
  let mut own := #[]
  let mut others := #[]
  for name in term.getUsedConstants do
    let some (.defnInfo _) := env.find? name | continue
    if (privateToUserName name).isInternalDetail || isInstanceCore env name || env.isProjectionFn name then continue
    if (← isReducible name) || isMatcherCore env name then continue
    if (env.getModuleIdxFor? name).isNone then own := own.push name else others := others.push name
  return (own ++ others).toList.take (own.size + maxTerms)

/-- Steps that unfold functions. -/
def proposeUnfolding (target : Expr) : ProposalM Unit := do
  let functions ← functionsIn target
  let names ← functions.mapM (constantText ·)
  if names.length > 1 then
    let all := ", ".intercalate names
    propose .goal [s!"simp [{all}]", s!"grind [{all}]", s!"simp_all [{all}]"]
  for (function, name) in functions.zip names do
    propose .goal [s!"simp [{name}]", s!"grind [{name}]", s!"simp_all [{name}]", s!"unfold {name}",
      s!"rw [{name}]", s!"simp only [{name}]"]
    if ← isRecursiveDefinition function then
      propose .goal [s!"fun_induction {name} <;> simp_all", s!"fun_induction {name} <;> grind",
        s!"fun_induction {name} <;> simp_all [{name}]", s!"fun_cases {name} <;> simp_all"]

/-- Everything that the goal proposes. -/
def proposeGoal (goal : MVarId) : ProposalM Unit := goal.withContext do
  let target ← instantiateMVars (← goal.getType)
  let declarations ← namedDeclarations
  let (hypotheses, variables) ← declarations.foldlM (init := (#[], #[])) fun (h, v) declaration => do
    let type ← instantiateMVars declaration.type
    if ← isProp type then return (h.push declaration, v) else return (h, v.push declaration)
  for hypothesis in (lastOf hypotheses maxNamed).reverse do
    attempt (proposeHypothesis target hypothesis)
  attempt (proposeConnective target)
  attempt (proposeConditions target)
  attempt (proposeUnfolding target)
  attempt (proposeVariables variables)
  unless hypotheses.isEmpty do
    let all := ", ".intercalate <| (lastOf hypotheses maxNamed).map (nameText ·.userName)
    propose .goal [s!"simp [{all}]", s!"simp_all [{all}]", "subst_vars; simp"]
  unless (← getLCtx).isEmpty do propose .goal ["assumption"]

end LLMstep
