import LLMstep.Placeholder
import LLMstep.Trust
import Lean.Elab.App

/-!
# Unproved hypotheses

A step is checked relative to the hypotheses of its goal. Some of them may have been introduced by
the same declaration without being proved: by `have h : … := sorry`, by a lemma that rests on
`sorry`, by a case distinction over either. What is unproved follows values, not names: through
`let` and application, through the eliminator of which a case is an argument, through the auxiliary
lemmas into which Lean divides a proof.

So this is read off the finished proof term, in which the placeholder is applied to its hypotheses,
or to what these have become.
-/

open Lean

namespace LLMstep

/-- The declarations that a command has added, and the environment with them. -/
structure Declared where
  env : Environment
  names : Array Name
  /-- Those of `names` that mention a placeholder, or one that does. -/
  marked : NameSet := {}

/-- Whether one of the declarations is unsafe: the kernel does not look at it. -/
def Declared.hasUnsafe (declared : Declared) : Bool :=
  declared.names.any fun name => (declared.env.find? name).any (·.isUnsafe)

/-- The expression without placeholders and their hypotheses. -/
def withoutPlaceholders (e : Expr) : Expr :=
  e.replace fun e => if (readMark? e).isSome then some (mkConst ``True.intro) else none

/-- The constants that a declaration uses otherwise than for a placeholder. -/
def usedConstants (info : ConstantInfo) : NameSet :=
  match info.value? (allowOpaque := true) with
  | some value =>
    let used := (withoutPlaceholders value).getUsedConstants ++ info.type.getUsedConstants
    .ofArray used
  | none => info.getUsedConstantsAsSet

/-- The value of a constant, also of one that does not unfold. -/
def Declared.value? (declared : Declared) (name : Name) : Option Expr :=
  (declared.env.find? name).bind (·.value? (allowOpaque := true))

/-- Whether one of the constants rests on something unproved other than the placeholder. -/
def Declared.areUnproved (declared : Declared) (names : Array Name) : Bool :=
  (untrusted? declared.env names usedConstants).isSome

/-- Whether `e` mentions the placeholder, itself or through an auxiliary declaration. -/
def Declared.mentionsPlace (declared : Declared) (e : Expr) : Bool :=
  (e.find? fun e => match e with
    | .const name _ => declared.marked.contains name
    | .app .. => (readMark? e).isSome
    | _ => false).isSome

/-- What the command that led from `old` to `env` has declared. -/
def Declared.between (old env : Environment) : Declared := Id.run do
  let names := env.constants.foldStage2 (s := #[]) fun names name _ =>
    if old.contains name then names else names.push name
  let mut declared : Declared := { env, names }
  -- An auxiliary declaration may mention another one: as many rounds as it takes.
  for _ in names do
    let marked := names.filter fun name => (declared.value? name).any declared.mentionsPlace
    if marked.size == declared.marked.size then break
    declared := { declared with marked := .ofArray marked }
  return declared

/-- A parameter of a function: which other parameters its type speaks of. -/
structure Parameter where
  /-- The parameters in what it ends in, once it has been applied. -/
  conclusion : Array Nat
  /-- The parameters in the types of the variables that it takes, in order. -/
  binders : Array (Array Nat)
  /-- Whether it ends in the variable that the result of the function ends in. -/
  isCase : Bool
  deriving Inhabited

/-- The parameters that are mentioned below `depth` binders of a type that comes after `count`. -/
def mentionedParameters (count depth : Nat) (e : Expr) : Array Nat :=
  (Array.range count).filter fun i => e.hasLooseBVar (count - 1 - i + depth)

/--
The parameters with those that an instance relates to one of them, as `ForIn` relates a collection to
its elements.
-/
def withRelated (related : Array (Array Nat)) (parameters : Array Nat) : Array Nat :=
  related.foldl (init := parameters) fun known group =>
    if group.any known.contains then known ++ group.filter (!known.contains ·) else known

/-- The parameters of a function, from its type. -/
def parametersOf (type : Expr) : Array Parameter := Id.run do
  let mut types := #[]
  let mut related := #[]
  let mut result := type
  while result.isForall do
    if result.bindingInfo!.isInstImplicit then
      related := related.push (mentionedParameters types.size 0 result.bindingDomain!)
    types := types.push result.bindingDomain!
    result := result.bindingBody!
  let motive? := match result.getAppFn with
    | .bvar k => if k < types.size then some (types.size - 1 - k) else none
    | _ => none
  return types.mapIdx fun i type => Id.run do
    let mut binders := #[]
    let mut conclusion := type
    while conclusion.isForall do
      let mentioned := mentionedParameters i binders.size conclusion.bindingDomain!
      binders := binders.push (withRelated related mentioned)
      conclusion := conclusion.bindingBody!
    let isCase := match motive?, conclusion.getAppFn with
      | some motive, .bvar k => motive < i && k == i - 1 - motive + binders.size
      | _, _ => false
    return { conclusion := mentionedParameters i binders.size conclusion, binders, isCase }

/--
Whether the function distinguishes cases: what a case binds does not come from the others, but for
the hypotheses of an induction.
-/
def isEliminator (env : Environment) (name : Name) : Bool :=
  isRecCore env name || isAuxRecursor env name || Meta.isMatcherCore env name ||
    Elab.Term.elabAsElim.hasTag env name

/--
Whether an argument can reach a variable in whose type these parameters are mentioned: if they speak
of something common. A closed proposition, such as a false one, reaches everything.
-/
def Parameter.reaches (parameter : Parameter) (index : Nat) (mentioned : Array Nat) : Bool :=
  parameter.conclusion.isEmpty || mentioned.contains index ||
    parameter.conclusion.any mentioned.contains

/-- The state of the walk: which hypotheses of each reach are unproved, and where it was. -/
structure FlowState where
  found : Std.HashMap Nat (Array Bool) := {}
  unproved : Std.HashMap Name Bool := {}
  /-- How many auxiliary declarations may still be entered. -/
  fuel : Nat := 200
  /-- Whether there were more: then nothing is known. -/
  isExhausted : Bool := false

/-- The monad of the walk. -/
abbrev FlowM := ReaderT Declared (StateM FlowState)

/-- Whether a constant rests on something unproved, found once. -/
def isUnprovedConstant (name : Name) : FlowM Bool := do
  if let some known := (← get).unproved[name]? then return known
  let isUnproved := (← read).areUnproved #[name]
  modify fun state => { state with unproved := state.unproved.insert name isUnproved }
  return isUnproved

/--
Whether a value is unproved, where `context` says it of the variables that are bound around it, the
innermost last.
-/
def isUnprovedValue (context : Array Bool) (e : Expr) : FlowM Bool := do
  let own := withoutPlaceholders e
  for i in [0:context.size] do
    if context[context.size - 1 - i]! && own.hasLooseBVar i then return true
  own.getUsedConstants.anyM isUnprovedConstant

/-- More than a case binds variables: how many there are is not always known. -/
def maxBinders : Nat := 64

/--
Walks through `e` to the placeholders. `context` is as for `isUnprovedValue`; `values` says which of
the arguments that `e` is applied to are unproved.
-/
partial def walk (context : Array Bool) (values : List Bool) (e : Expr) : FlowM Unit := do
  unless (← read).mentionsPlace e do return
  match e with
  | .mdata _ e => walk context values e
  | .proj _ _ e => walk context [] e
  | .lam _ type body _ =>
    walk context [] type
    walk (context.push (values.headD false)) values.tail body
  | .forallE _ type body _ =>
    walk context [] type
    walk (context.push false) [] body
  | .letE _ _ value body _ =>
    walk context [] value
    walk (context.push (← isUnprovedValue context value)) values body
  | .const name _ => enter name values
  | .app .. =>
    if let some (index, hypotheses) := readMark? e then
      let flags ← hypotheses.mapM (isUnprovedValue context ·)
      let known := ((← get).found[index]?).getD (flags.map fun _ => false)
      let both := known.zipWith (· || ·) flags
      modify fun state => { state with found := state.found.insert index both }
      hypotheses.forM (walk context [] ·)
    else
      walkApplication e.getAppFn e.getAppArgs
  | _ => return
where
  /-- Goes on in an auxiliary declaration. -/
  enter (name : Name) (values : List Bool) : FlowM Unit := do
    let some value := (← read).value? name | return
    if (← get).fuel == 0 then
      modify fun state => { state with isExhausted := true }
      return
    modify fun state => { state with fuel := state.fuel - 1 }
    walk #[] values value
  walkApplication (function : Expr) (arguments : Array Expr) : FlowM Unit := do
    let flags ← arguments.mapM fun a => do
      -- What mentions the placeholder is what the walk goes into, and no source.
      if (← read).mentionsPlace a then return false else isUnprovedValue context a
    walk context (flags.toList ++ values) function
    let env := (← read).env
    let parameters := (function.constName?.bind env.find?).elim #[] (parametersOf ·.type)
    let further := flags.toList.drop parameters.size ++ values
    let isFunctionUnproved ← isUnprovedValue context function
    let sources := (Array.range parameters.size).filter fun i => flags[i]?.getD false
    let isElimination := function.constName?.any (isEliminator env)
    for h : i in [0:arguments.size] do
      let values := match parameters[i]? with
        | none => .replicate maxBinders (isFunctionUnproved || flags.any id || further.any id)
        | some parameter =>
          if isElimination && parameter.isCase then
            let isFed := isFunctionUnproved || sources.any fun j => !parameters[j]!.isCase
            -- The further arguments are what the case makes of them: `Eq.rec` casts them.
            .replicate parameter.binders.size isFed ++ further.map (· || isFed)
          else
            let isFed (mentioned : Array Nat) : Bool :=
              isFunctionUnproved || sources.any fun j => parameters[j]!.reaches j mentioned
            let all := parameter.binders.foldl (· ++ ·) parameter.conclusion
            parameter.binders.toList.map isFed ++
              .replicate maxBinders (isFed all || further.any id)
      walk context values arguments[i]

/--
The unproved hypotheses of each of the reaches. What was not found in the proof term has none: it
does not matter to the declaration.
-/
def Declared.unprovedHypotheses (declared : Declared) (reaches : Array Reach) :
    Array FVarIdSet := Id.run do
  let walkAll : FlowM Unit := do
    -- Where an auxiliary declaration is used, the walk enters it, and knows what it is applied to.
    let used := declared.names.foldl (init := ({} : NameSet)) fun used name =>
      match declared.value? name with
      | some value => value.getUsedConstants.foldl (fun used constant =>
          if constant == name then used else used.insert constant) used
      | none => used
    for name in declared.marked do
      unless used.contains name do walk #[] [] (mkConst name)
    -- Declarations that use each other have no first.
    if (← get).found.isEmpty then
      for name in declared.marked do walk #[] [] (mkConst name)
  let (_, { found, isExhausted, .. }) := walkAll.run declared |>.run {}
  return reaches.mapIdx fun index reach =>
    let flags := found[index]?.getD #[]
    let hypotheses := (reach.hypotheses.zip flags).foldl (init := {}) fun set (id, isUnproved) =>
      if isUnproved || isExhausted then set.insert id else set
    reach.siblings.foldl (init := hypotheses) fun set (id, name) =>
      if declared.areUnproved #[name] then set.insert id else set

end LLMstep
