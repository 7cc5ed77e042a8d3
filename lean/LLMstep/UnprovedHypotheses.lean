import Lean.Meta.Basic
import Lean.Util.Sorry

/-!
# Unproved hypotheses

A step is checked relative to the hypotheses of its goal. Some of them may have been introduced by
the same proof without being proved: by `have h : … := sorry`, or by the very theorem that is to be
proved. Lean does not say so in the goal, but in the proof term around it.
-/

open Lean Meta

namespace LLMstep

/-- Where a goal occurs in the proof term. -/
structure Parent where
  /-- The metavariable whose value mentions the goal. -/
  id : MVarId
  /-- The metavariable that stands for the goal in that value, applied to `hypotheses`. -/
  alias : MVarId
  hypotheses : Array Expr

/-- The metavariables in `e`, assigned ones included. -/
def mvarsIn (e : Expr) : Array MVarId :=
  (e.collectMVars {}).result

/-- The parents of all metavariables that have one. -/
def parents (context : MetavarContext) : Std.HashMap MVarId Parent :=
  context.eAssignment.foldl (init := {}) fun found id value =>
    (mvarsIn value).foldl (init := found) fun found alias =>
      match context.dAssignment.find? alias with
      | some { fvars, mvarIdPending } =>
        found.insert mvarIdPending { id, alias, hypotheses := fvars }
      | none => found.insert alias { id, alias, hypotheses := #[] }

/-- Whether `value` rests on `sorry`, on the declaration itself, or on an unproved hypothesis. -/
def isUnproved (unproved : FVarIdSet) (value : Expr) : MetaM Bool := do
  let value ← instantiateMVars value
  let context ← getLCtx
  return value.hasSorry || value.hasAnyFVar fun id =>
    unproved.contains id || (context.find? id).any (·.isAuxDecl)

/--
Descends in `e` to `alias`. Returns which of its arguments there are unproved, and `unproved` with
the variables bound on the way that stand for unproved values. `values` says which of the arguments
of `e` are unproved.
-/
partial def descend (alias : MVarId) (unproved : FVarIdSet) (e : Expr) (values : List Bool) :
    MetaM (Option (List Bool × FVarIdSet)) := do
  match e with
  | .mvar id => return if id == alias then some (values, unproved) else none
  | .mdata _ e => descend alias unproved e values
  | .proj _ _ e => descend alias unproved e []
  | .lam _ _ body _ => enterBinder body (values.headD false) values.tail
  | .letE _ _ value body _ =>
    if (mvarsIn value).contains alias then descend alias unproved value []
    else enterBinder body (← isUnproved unproved value) values
  | .app .. =>
    let arguments := e.getAppArgs.toList
    if (mvarsIn e.getAppFn).contains alias then
      let flags ← arguments.mapM (isUnproved unproved ·)
      descend alias unproved e.getAppFn (flags ++ values)
    else
      -- What the goal's binders stand for comes from the other arguments, but not from other goals.
      let others := arguments.filter fun a =>
        !a.isLambda && !a.getAppFn.isMVar && !(mvarsIn a).contains alias
      let anyUnproved ← others.anyM (isUnproved unproved ·)
      arguments.findSomeM? fun a => do
        if (mvarsIn a).contains alias then
          descend alias unproved a (.replicate maxBinders anyUnproved)
        else return none
  | _ => return none
where
  /-- More than a goal has binders: how many there are is not known on the way. -/
  maxBinders : Nat := 64
  enterBinder (body : Expr) (valueIsUnproved : Bool) (values : List Bool) := do
    let id ← mkFreshFVarId
    let unproved := if valueIsUnproved then unproved.insert id else unproved
    descend alias unproved (body.instantiate1 (.fvar id)) values

/--
The unproved hypotheses of `goal`, found on the way from the whole proof down to it, and which of
the arguments that its proof is applied to are unproved.
-/
partial def unprovedAt (parents : Std.HashMap MVarId Parent) (goal : MVarId) :
    MetaM (FVarIdSet × List Bool) := do
  let some { id, alias, hypotheses } := parents[goal]? | return ({}, [])
  let (above, values) ← unprovedAt (parents.erase goal) id
  let some value ← getExprMVarAssignment? id | return (above, [])
  let some (flags, unproved) ← id.withContext (descend alias above value values)
    | return (above, [])
  let pairs := hypotheses.toList.zip flags
  let unproved := pairs.foldl (init := unproved) fun unproved (hypothesis, flag) =>
    if flag then unproved.insert hypothesis.fvarId! else unproved
  return (unproved, flags.drop hypotheses.size)

/-- The hypotheses of the goals that the proof so far has introduced without proving them. -/
def unprovedHypotheses (goals : List MVarId) : MetaM FVarIdSet := do
  let parents := parents (← getMCtx)
  goals.foldlM (init := {}) fun found goal => return found.union (← unprovedAt parents goal).1

/--
Whether Lean has gone on after an error in the proof so far. It marks the place of the error in the
proof; the message itself may have been passed on already.
-/
def hasRecoveredFromError : MetaM Bool :=
  return (← getMCtx).eAssignment.foldl (init := false) fun found _ value =>
    found || value.hasSyntheticSorry

end LLMstep
