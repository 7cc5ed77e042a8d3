import LLMstep.Tactic
import Lean.Elab.Tactic.Try

/-!
# Suggestions for `try?`

When nothing else that `try?` tries proves the goal, those of the model's suggestions that do are
offered.
-/

open Lean Meta Elab Tactic

namespace LLMstep

/-- `try?` waits at most so long for the model, in milliseconds: nobody has asked for it. -/
def tryTimeout : Nat := 5000

/-- The syntax as if Lean had made it itself: it has no place in the file. -/
partial def withoutPositions : Syntax → Syntax
  | .node _ kind children => .node .none kind (children.map withoutPositions)
  | .atom _ word => .atom .none word
  | .ident _ text name resolved => .ident .none text name resolved
  | .missing => .missing

/-- A sequence of tactics as one tactic. -/
def asTactic (sequence : Syntax) : CoreM (TSyntax `tactic) := do
  let steps : TSyntax ``Parser.Tactic.tacticSeq := ⟨withoutPositions sequence⟩
  match steps with
  | `(Parser.Tactic.tacticSeq| $step:tactic) => return step
  | _ => `(tactic| ($steps))

/-- The model's suggestions that prove the goal, best first. -/
def proofsFor (goal : MVarId) (ref : Syntax) : TermElabM (Array (TSyntax `tactic)) := do
  let proofs ← IO.mkRef #[]
  discard <| Tactic.run goal do
    let some split ← SourceSplit.around? ref | return
    let configuration ← Configuration.read
    let configuration := { configuration with
      timeout := min tryTimeout configuration.timeout, proposalTimeout := 0 }
    let (_, trials) ← trySteps configuration split ""
    for checked in rank trials.checked do
      if checked.outcome.verdict == .proved then
        let text := checked.suggestion.text
        if let .ok sequence ← parseCandidate text split.point.column then
          proofs.modify (·.push sequence)
  (← proofs.get).mapM (asTactic ·)

/-- What `try?` asks. Without a model it gets nothing; what is wrong then, `llmstep` says. -/
@[try_suggestion 100]
def suggestToTry (goal : MVarId) (_ : Try.Info) : MetaM (Array (TSyntax `tactic)) := do
  let ref ← getRef
  try
    (proofsFor goal ref).run'
  catch e =>
    if e.isInterrupt then throw e
    return #[]

end LLMstep
