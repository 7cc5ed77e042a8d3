import Lean.Meta.Basic
import Lean.Util.Sorry

/-!
# Hypotheses that are not proved

A step is checked relative to the hypotheses of its goal. Some of them may have been introduced by the
same proof without being proved: by `have h : … := sorry`, or by the very theorem that is to be proved.
Lean does not say so in the goal, but in the proof term around it.
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
Walks down `e` to the application of `alias`. Returns its arguments, and `doubtful` with the variables
bound on the way that stand for doubtful values. `values` are what the next binders are applied to.
-/
partial def descend (alias : MVarId) (doubtful : FVarIdSet) (e : Expr) (values : List Bool) :
    MetaM (Option (Array Expr × FVarIdSet)) := do
  match e with
  | .mdata _ e | .proj _ _ e => descend alias doubtful e values
  | .lam _ _ body _ => open' body (values.headD false) values.tail
  | .letE _ _ value body _ =>
    if (mentioned value).contains alias then descend alias doubtful value []
    else open' body (← isDoubtful doubtful value) []
  | .app .. =>
    let arguments := e.getAppArgs
    if e.getAppFn == .mvar alias then return some (arguments, doubtful)
    if e.getAppFn.isLambda && (mentioned e.getAppFn).contains alias then
      descend alias doubtful e.getAppFn (← arguments.toList.mapM (isDoubtful doubtful ·))
    else
      -- What the goal's binders stand for comes from the other arguments, but not from other goals.
      let others := arguments.filter fun a => !a.isLambda && !a.getAppFn.isMVar
      let doubt ← others.anyM fun a => do
        if (mentioned a).contains alias then return false else isDoubtful doubtful a
      arguments.findSomeM? fun a => do
        if (mentioned a).contains alias then descend alias doubtful a (.replicate 100 doubt)
        else return none
  | _ => return if e == .mvar alias then some (#[], doubtful) else none
where
  open' (body : Expr) (doubt : Bool) (values : List Bool) := do
    let id ← mkFreshFVarId
    let doubtful := if doubt then doubtful.insert id else doubtful
    descend alias doubtful (body.instantiate1 (.fvar id)) values

/-- The doubtful hypotheses of a goal, found on the way from the whole proof down to it. -/
partial def doubtfulAt (parents : Std.HashMap MVarId Parent) (goal : MVarId) : MetaM FVarIdSet := do
  let some { id, alias, hypotheses } := parents[goal]? | return {}
  let above ← doubtfulAt (parents.erase goal) id
  let some value ← getExprMVarAssignment? id | return above
  let some (arguments, doubtful) ← id.withContext (descend alias above value []) | return above
  let pairs := hypotheses.zip arguments
  pairs.foldlM (init := doubtful) fun doubtful (hypothesis, argument) => do
    return if ← isDoubtful doubtful argument then doubtful.insert hypothesis.fvarId! else doubtful

/-- The hypotheses of the goals that the proof so far has introduced without proving them. -/
def doubtfulHypotheses (goals : List MVarId) : MetaM FVarIdSet := do
  let parents := parents (← getMCtx)
  goals.foldlM (init := {}) fun found goal => return found.union (← doubtfulAt parents goal)

end LLMstep
