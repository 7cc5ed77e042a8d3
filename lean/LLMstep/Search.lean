import LLMstep.CandidateChecker
import LLMstep.Client

/-!
# Search for a whole proof

Best-first search over tactic states, as in GPT-f (Polu and Sutskever, arXiv:2009.03393) and
ReProver (Yang et al., arXiv:2306.15626): the state whose steps the model finds likeliest together
is expanded next: the model proposes steps for its first goal, and each step that Lean accepts leads
to a further state. States with the same goals are one. When every state was expanded, all of them
are again, with twice as many proposals.
-/

open Lean Elab Tactic

namespace LLMstep

/-- What a search may use up. -/
structure SearchBudget where
  /-- When it ends, on the clock of `IO.monoMsNow`. -/
  deadline : Nat
  /-- How often the model is asked. -/
  requests : Nat

/-- A state of the search. -/
structure Node where
  /-- Checks steps in that state. -/
  checker : CandidateChecker
  /-- The steps that led to it. -/
  steps : Array String
  /-- The sum of the scores of these steps. -/
  score : Float
  /-- The steps that were tried here. -/
  tried : Array String := #[]

/-- Steps that prove the goals one after the other. -/
structure Proof where
  steps : Array String
  /-- The sum of their scores. -/
  score : Float

/-- Why a search ended without a proof. -/
inductive SearchEnd where
  /-- No accepted step leads to a state that was not expanded. -/
  | exhausted
  /-- The time was over. -/
  | time
  /-- The model was asked as often as allowed. -/
  | requests
  /-- The model could not be asked. -/
  | failed (error : ClientError)

/-- A search in progress. -/
structure Frontier where
  /-- The states to be expanded, the most promising last. -/
  nodes : Array Node
  /-- The states that were expanded. -/
  expanded : Array Node := #[]
  /-- The goals of all states that were ever among `nodes`. -/
  seen : Std.HashSet String := {}
  /-- How many proposals are asked for. -/
  count : Nat
  /-- How often the model was asked. -/
  asked : Nat := 0
  /-- How many steps Lean has tried. -/
  tried : Nat := 0

/-- How a search has ended, and what it took. -/
structure SearchResult where
  /-- A proof, or why there is none. -/
  proof : Except SearchEnd Proof
  frontier : Frontier

/-- The key by which states are told apart. -/
def stateKey (goals : Array String) : String :=
  "\n\n".intercalate goals.toList

/-- Puts a node where its score belongs, before those of the same score: they were found first. -/
def insertByScore (nodes : Array Node) (node : Node) : Array Node :=
  let i := (nodes.findIdx? (node.score ≤ ·.score)).getD nodes.size
  nodes.insertIdxIfInBounds i node

/-- The frontier with all states to be expanded again, if there can be more proposals for them. -/
def Frontier.widen? (frontier : Frontier) : Option Frontier :=
  if frontier.count < maxCount then
    some { frontier with
      nodes := frontier.expanded.foldl insertByScore #[], expanded := #[]
      count := min maxCount (2 * frontier.count) }
  else none

/-- Adds a state, unless there was one with the same goals. -/
def Frontier.add (frontier : Frontier) (node : Node) : Frontier :=
  let key := stateKey node.checker.goals
  if frontier.seen.contains key then frontier
  else { frontier with
    nodes := insertByScore frontier.nodes node, seen := frontier.seen.insert key }

/-- What gives the model's suggestions: for a goal, after some steps, so many. -/
abbrev Proposer := String → Array String → Nat → CoreM (Except ClientError (Array Suggestion))

/-- What a search asks others. -/
structure SearchOracles where
  propose : Proposer
  /-- Whether steps that close the goals are accepted by the declaration. -/
  accepts : Array String → BaseIO Bool

/-- Tries suggestions in the state of `node`. Returns a proof, if one is found. -/
def Frontier.expand (frontier : Frontier) (watchdog : Watchdog) (budget : SearchBudget)
    (oracles : SearchOracles) (node : Node) :
    List Suggestion → TacticM (Option Proof × Frontier)
  | [] => return (none, frontier)
  | suggestion :: rest => do
    Core.checkInterrupted
    if budget.deadline ≤ (← IO.monoMsNow) then return (none, frontier)
    let outcome ← node.checker.tryStep watchdog suggestion.text
    let frontier := { frontier with tried := frontier.tried + 1 }
    let steps := node.steps.push suggestion.text
    let score := node.score + suggestion.score
    if outcome.verdict == .proved && (← oracles.accepts steps) then
      return (some { steps, score }, frontier)
    let isNew := outcome.verdict == .progress && !outcome.goals.isEmpty &&
      !frontier.seen.contains (stateKey outcome.goals)
    let next? ← if isNew then node.checker.advance? watchdog suggestion.text else pure none
    let frontier := match next? with
      | some checker => frontier.add { checker, steps, score }
      | none => frontier
    frontier.expand watchdog budget oracles node rest

/-- Expands the most promising state, and goes on with the next. -/
partial def Frontier.search (frontier : Frontier) (watchdog : Watchdog) (budget : SearchBudget)
    (oracles : SearchOracles) : TacticM SearchResult := do
  Core.checkInterrupted
  if budget.deadline ≤ (← IO.monoMsNow) then return { proof := .error .time, frontier }
  if budget.requests ≤ frontier.asked then return { proof := .error .requests, frontier }
  match frontier.nodes.back?, frontier.widen? with
  | none, none => return { proof := .error .exhausted, frontier }
  | none, some wider => wider.search watchdog budget oracles
  | some node, _ =>
    match ← oracles.propose (node.checker.goals[0]?.getD "") node.steps frontier.count with
    | .error error => return { proof := .error (.failed error), frontier }
    | .ok suggestions =>
      let new := suggestions.filter (!node.tried.contains ·.text)
      let node := { node with tried := node.tried ++ new.map (·.text) }
      let frontier := { frontier with
        nodes := frontier.nodes.pop, expanded := frontier.expanded.push node
        asked := frontier.asked + 1 }
      match ← frontier.expand watchdog budget oracles node new.toList with
      | (some proof, frontier) => return { proof := .ok proof, frontier }
      | (none, frontier) => frontier.search watchdog budget oracles

/-- Searches for a proof of the checker's goals, beginning with `count` proposals a state. -/
def CandidateChecker.search (checker : CandidateChecker) (watchdog : Watchdog)
    (budget : SearchBudget) (count : Nat) (oracles : SearchOracles) : TacticM SearchResult :=
  (Frontier.add { nodes := #[], count } { checker, steps := #[], score := 0 }).search
    watchdog budget oracles

end LLMstep
