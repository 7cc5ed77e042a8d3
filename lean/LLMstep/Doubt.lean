import Lean.Meta.Basic
import Lean.Util.Sorry

/-!
# Hypotheses that are not proved

A step is checked relative to the hypotheses of its goal. Some of them may have been introduced by
the same proof without being proved: by `have h : … := sorry`, or by the very theorem that is to be
proved. Lean does not say so in the goal, but in the proof term around it.
-/

open Lean Meta

namespace LLMstep

/-- Where a goal stands in the proof. -/
structure Parent where
  /-- The metavariable whose value mentions the goal. -/
  id : MVarId
  /-- The metavariable that stands for the goal in that value, applied to `hypotheses`. -/
  alias : MVarId
  hypotheses : Array Expr

/-- The metavariables in `e`, assigned ones included. -/
def mentioned (e : Expr) : Array MVarId :=
  (e.collectMVars {}).result

/-- The parents of all metavariables that have one. -/
def parents (context : MetavarContext) : Std.HashMap MVarId Parent :=
  context.eAssignment.foldl (init := {}) fun found id value =>
    (mentioned value).foldl (init := found) fun found alias =>
      match context.dAssignment.find? alias with
      | some { fvars, mvarIdPending } =>
        found.insert mvarIdPending { id, alias, hypotheses := fvars }
      | none => found.insert alias { id, alias, hypotheses := #[] }

/-- Whether `value` rests on `sorry`, on the declaration itself, or on a doubtful hypothesis. -/
def isDoubtful (doubtful : FVarIdSet) (value : Expr) : MetaM Bool := do
  let value ← instantiateMVars value
  let context ← getLCtx
  return value.hasSorry || value.hasAnyFVar fun id =>
    doubtful.contains id || (context.find? id).any (·.isAuxDecl)

/--
Walks down `e` to `alias`. Returns which of the arguments there are doubtful, and `doubtful` with
the variables bound on the way that stand for doubtful values. `values` says so of what `e` is
applied to.
-/
partial def descend (alias : MVarId) (doubtful : FVarIdSet) (e : Expr) (values : List Bool) :
    MetaM (Option (List Bool × FVarIdSet)) := do
  match e with
  | .mvar id => return if id == alias then some (values, doubtful) else none
  | .mdata _ e => descend alias doubtful e values
  | .proj _ _ e => descend alias doubtful e []
  | .lam _ _ body _ => enter body (values.headD false) values.tail
  | .letE _ _ value body _ =>
    if (mentioned value).contains alias then descend alias doubtful value []
    else enter body (← isDoubtful doubtful value) values
  | .app .. =>
    let arguments := e.getAppArgs.toList
    if (mentioned e.getAppFn).contains alias then
      let flags ← arguments.mapM (isDoubtful doubtful ·)
      descend alias doubtful e.getAppFn (flags ++ values)
    else
      -- What the goal's binders stand for comes from the other arguments, but not from other goals.
      let others := arguments.filter fun a =>
        !a.isLambda && !a.getAppFn.isMVar && !(mentioned a).contains alias
      let doubt ← others.anyM (isDoubtful doubtful ·)
      arguments.findSomeM? fun a => do
        if (mentioned a).contains alias then
          descend alias doubtful a (.replicate maxBinders doubt)
        else return none
  | _ => return none
where
  /-- More than a goal has binders: how many there are is not known on the way. -/
  maxBinders : Nat := 64
  enter (body : Expr) (doubt : Bool) (values : List Bool) := do
    let id ← mkFreshFVarId
    let doubtful := if doubt then doubtful.insert id else doubtful
    descend alias doubtful (body.instantiate1 (.fvar id)) values

/--
The doubtful hypotheses of a goal, found on the way from the whole proof down to it, and which of
the arguments that its proof is applied to are doubtful.
-/
partial def doubtfulAt (parents : Std.HashMap MVarId Parent) (goal : MVarId) :
    MetaM (FVarIdSet × List Bool) := do
  let some { id, alias, hypotheses } := parents[goal]? | return ({}, [])
  let (above, values) ← doubtfulAt (parents.erase goal) id
  let some value ← getExprMVarAssignment? id | return (above, [])
  let some (flags, doubtful) ← id.withContext (descend alias above value values)
    | return (above, [])
  let pairs := hypotheses.toList.zip flags
  let doubtful := pairs.foldl (init := doubtful) fun doubtful (hypothesis, doubt) =>
    if doubt then doubtful.insert hypothesis.fvarId! else doubtful
  return (doubtful, flags.drop hypotheses.size)

/-- The hypotheses of the goals that the proof so far has introduced without proving them. -/
def doubtfulHypotheses (goals : List MVarId) : MetaM FVarIdSet := do
  let parents := parents (← getMCtx)
  goals.foldlM (init := {}) fun found goal => return found.union (← doubtfulAt parents goal).1

/--
Whether Lean has gone on after an error in the proof so far. It marks the place of the error in the
proof; the message itself may have been passed on already.
-/
def hasRecoveredFromError : MetaM Bool :=
  return (← getMCtx).eAssignment.foldl (init := false) fun found _ value =>
    found || value.hasSyntheticSorry

end LLMstep
