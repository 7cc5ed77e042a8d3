import LLMstep.PendingRequest
import LLMstep.SearchNode

/-!
# Search for a whole proof

Best-first search over proof states, as in GPT-f (Polu and Sutskever, arXiv:2009.03393) and ReProver
(Yang et al., arXiv:2306.15626), with steps of Lean beside those of the model. What a state is worth
is how likely its goals are proved by a single tactic each, by a learned estimate, and how likely the
steps were that led there. The first visit to a state tries some tactics that prove much, the second
has Lean propose; each tries what gains most for its time, and leaves the rest for the next one. The
model is asked about one state at a time, and Lean tries other steps meanwhile. States with the same
goals are one.
-/

open Lean Elab Tactic

namespace LLMstep

/-- What a search may use up. -/
structure SearchBudget where
  /-- When it ends, on the clock of `IO.monoMsNow`. -/
  deadline : Nat
  /-- How often the model is asked. -/
  requests : Nat

/-- Steps that prove the goals one after the other. -/
structure Proof where
  steps : Array Suggestion
  /-- The sum of their scores. -/
  score : Float

/-- Why a search ended without a proof. -/
inductive SearchEnd where
  /-- Everything that is proposed was tried, in every state. -/
  | exhausted
  /-- The time was over. -/
  | time
  /-- So was everything, and the model may not be asked for more. -/
  | requests

/-- What a search asks others. -/
structure SearchOracles where
  /-- Asks the model: for a goal, after some steps, for so many suggestions. -/
  ask : String → Array Suggestion → Nat → BaseIO PendingRequest
  /-- Which of the model's suggestions are tried, and how they are written. -/
  select : Array Suggestion → Array Suggestion
  /-- Whether steps that close the goals are accepted by the declaration. -/
  accepts : Array Suggestion → BaseIO Bool

/-- What does not change during a search. -/
structure SearchContext where
  watchdog : Watchdog
  budget : SearchBudget
  oracles : SearchOracles
  /-- How many suggestions the model is first asked for. -/
  count : Nat
  /-- Whether Lean proposes steps, too. -/
  hasProposals : Bool

/-- A search in progress. -/
structure Frontier where
  /-- The states that were reached, in order. -/
  nodes : Array Node := #[]
  /-- The keys of these states. -/
  seen : Std.HashSet String := {}
  /-- How likely single goals are proved by a single tactic: as a logarithm. -/
  promises : Std.HashMap String Float := {}
  /-- What the model is asked, and about which of the nodes. -/
  pending? : Option (Nat × PendingRequest) := none
  /-- Why the model is not asked any more. -/
  modelError? : Option ClientError := none
  /-- How often the model was asked. -/
  asked : Nat := 0
  /-- How many steps Lean has tried. -/
  tried : Nat := 0
  /-- How long the steps took that were in time, in milliseconds, and how long was expected. -/
  spent : Float := 0
  expected : Float := 0

/-- How a search has ended, and what it took. -/
structure SearchResult where
  /-- A proof, or why there is none. -/
  proof : Except SearchEnd Proof
  frontier : Frontier

/-- A search. -/
abbrev SearchM := ReaderT SearchContext <| StateRefT Frontier TacticM

/-- How long a first visit may take, in milliseconds; the second twice as long, and so on. -/
def visitMilliseconds : Nat := 150

/-- The longest visit, as a multiple of the first. -/
def maxVisit : Nat := 16

/-- How long a step may take in an early visit, in milliseconds. -/
def earlyMilliseconds : Nat := 300

/-- A Lean that is much slower than expected is waited for so many times as long. -/
def maxSlowness : Float := 6

/-- After so many steps the index of premises is made: most goals that are proved soon need none. -/
def stepsBeforeIndex : Nat := 30

/-- How much Lean knows when it has its index of premises. -/
def fullKnowledge : Nat := 2

/-- How long the search sleeps where there is nothing to do, in milliseconds. -/
def idleMilliseconds : UInt32 := 5

/-- Whether the time is over. -/
def isTimeOver : SearchM Bool :=
  return (← read).budget.deadline ≤ (← IO.monoMsNow)

/--
How many times longer steps take than where the ranker has learned: the processors may be busy, and a
Lean that was just started is slow.
-/
def slowness : SearchM Float := do
  let { spent, expected, .. } ← get
  return max 1 (min maxSlowness ((spent + 200) / (expected + 100)))

/-- So many milliseconds, or longer where Lean is slow. -/
def stretched (milliseconds : Nat) : SearchM Nat :=
  return (milliseconds.toFloat * (← slowness)).toUInt64.toNat

/-- The logarithm of how likely a goal is proved by the best of the finishing tactics. -/
def promiseOf (text : String) (goal : RankedGoal) : SearchM Float := do
  if let some promise := (← get).promises[text]? then return promise
  let best := (goal.estimates finishingTactics).foldl (init := 1e-6) fun best estimate =>
    max best estimate.probability
  let promise := best.log
  modify fun frontier => { frontier with promises := frontier.promises.insert text promise }
  return promise

/-- Adds a state, unless there was one with the same goals. -/
def addNode (checker : CandidateChecker) (steps : Array Suggestion) (score : Float) :
    SearchM Unit := do
  let key := stateKey checker.goals
  if (← get).seen.contains key then return
  let goals := checker.goals.map fun text => (text, RankedGoal.read text)
  let promise ← goals.foldlM (init := 0) fun sum (text, goal) =>
    return sum + (← promiseOf text goal)
  let some (_, goal) := goals[0]? | return
  let node := { checker, steps, score, promise, waiting := { goal } : Node }
  let node := if (← read).hasProposals then node.add finishingTactics else node
  modify fun frontier => { frontier with
    nodes := frontier.nodes.push node, seen := frontier.seen.insert key }

/-- Changes a node. -/
def modifyNode (index : Nat) (change : Node → Node) : SearchM Unit :=
  modify fun frontier => { frontier with nodes := frontier.nodes.modify index change }

/-- How much Lean knows when it proposes: more when it has its index of premises. -/
def knowledge : SearchM Nat := do
  if !(← read).hasProposals then return 0
  return if (← premiseIndex?).isSome then fullKnowledge else 1

/-- Whether the model may be asked about a state now. -/
def canAsk (node : Node) : SearchM Bool := do
  let frontier ← get
  return frontier.pending?.isNone && frontier.modelError?.isNone &&
    frontier.asked < (← read).budget.requests && node.requested < maxCount &&
    !(0 < node.requested && !node.waiting.waiting.isEmpty)

/-- Asks the model about a state: for more than the last time. -/
def askAbout (index : Nat) (node : Node) : SearchM Unit := do
  let context ← read
  let count := min maxCount (if node.requested == 0 then context.count else 2 * node.requested)
  let pending ← context.oracles.ask (node.checker.goals[0]?.getD "") node.steps count
  modifyNode index ({ · with requested := count })
  modify fun frontier => { frontier with
    pending? := some (index, pending), asked := frontier.asked + 1 }

/-- Takes the model's answer, if it is there. -/
def receive : SearchM Unit := do
  let some (index, pending) := (← get).pending? | return
  let some answer ← pending.answer? | return
  modify ({ · with pending? := none })
  match answer with
  | .error error => modify ({ · with modelError? := some error })
  | .ok reply =>
    let suggestions := (← read).oracles.select reply.suggestions
    modifyNode index fun node => if node.isClosed then node else node.add suggestions

/-- The most promising state where there is something to do. -/
def next? : SearchM (Option Nat) := do
  let knowledge ← knowledge
  let mut best? : Option (Nat × Float) := none
  let nodes := (← get).nodes
  for h : index in [0:nodes.size] do
    let node := nodes[index]
    if node.isClosed || best?.any (node.priority ≤ ·.2) then continue
    if !node.waiting.waiting.isEmpty || node.knowledge < knowledge || (← canAsk node) then
      best? := some (index, node.priority)
  return best?.map (·.1)

/-- A search that proved a goal, with what it has found in its place where that is accepted. -/
def withoutSearch (node : Node) (suggestion : Suggestion) (message : String) :
    SearchM Suggestion := do
  if !searchesLibrary suggestion.text then return suggestion
  let context ← read
  for text in foundSteps message do
    let found := { suggestion with text }
    if (← node.checker.tryStep context.watchdog text).verdict == .proved &&
        (← context.oracles.accepts (node.steps.push found)) then return found
  return suggestion

/-- Tries a step in a state. Returns a proof, if that is one. -/
def tryIn (index : Nat) (node : Node) (step : WaitingStep) : SearchM (Option Proof) := do
  let { watchdog, budget, oracles, .. } ← read
  let { suggestion, .. } := step
  let most := node.checker.milliseconds
  let most ← if node.isEarly then pure (min (← stretched earlyMilliseconds) most) else pure most
  let start ← IO.monoMsNow
  let milliseconds := max 1 (min most (budget.deadline - start))
  let trial ← (node.checker.within milliseconds).run watchdog suggestion.text
  Core.checkInterrupted
  let spent := (← IO.monoMsNow) - start
  let { outcome, .. } := trial
  trace[llmstep] "{spent} ms of {step.estimate.milliseconds}, state {index}, {outcome.verdict}: \
    {suggestion.text}"
  modify fun frontier =>
    let frontier := { frontier with tried := frontier.tried + 1 }
    if outcome.verdict == .timeout then frontier
    else { frontier with
      spent := frontier.spent + spent.toFloat
      expected := frontier.expected + step.estimate.milliseconds }
  let steps := node.steps.push suggestion
  let score := node.score + suggestion.score
  match outcome.verdict with
  | .proved =>
    if ← oracles.accepts steps then
      return some { score, steps := node.steps.push (← withoutSearch node suggestion outcome.message) }
  | .timeout =>
    if node.isEarly then modifyNode index fun node =>
      { node with waiting := node.waiting.putBack step }
  | .progress =>
    if let some checker := node.checker.behind? trial then
      addNode (checker.within node.checker.milliseconds) steps score
      -- One goal is proved and the others are what they were: that is settled.
      if outcome.goals == node.checker.goals.extract 1 node.checker.goals.size then
        modifyNode index ({ · with isClosed := true })
  | _ => pure ()
  return none

/-- Tries what is most worth it in a state, until a time on the clock of `IO.monoMsNow`. -/
partial def tryUntil (time index : Nat) : SearchM (Option Proof) := do
  receive
  let now ← IO.monoMsNow
  if time ≤ now || (← isTimeOver) then return none
  let some node := (← get).nodes[index]? | return none
  if node.isClosed then return none
  let some (step, node) := node.take? | return none
  modifyNode index fun _ => node
  if let some proof ← tryIn index node step then return some proof
  tryUntil time index

/-- Visits a state: asks about it, and tries steps there for a while. -/
def visit (index : Nat) : SearchM (Option Proof) := do
  modifyNode index fun node => { node with visits := node.visits + 1 }
  let some node := (← get).nodes[index]? | return none
  if ← canAsk node then askAbout index node
  let knowledge ← knowledge
  if node.knowledge < knowledge && (node.visits > 1 || node.waiting.waiting.isEmpty) then
    let start ← IO.monoMsNow
    let proposals ← node.checker.propose (← read).watchdog
    trace[llmstep] "{(← IO.monoMsNow) - start} ms, state {index}: {proposals.size} proposals"
    modifyNode index fun node => { node.add proposals with knowledge }
  tryUntil ((← IO.monoMsNow) + (← stretched (visitMilliseconds * min node.visits maxVisit))) index

/-- Visits the most promising state, and goes on with the next. -/
partial def search : SearchM (Except SearchEnd Proof) := do
  Core.checkInterrupted
  if ← isTimeOver then return .error .time
  receive
  let next? ← next?
  if (← read).hasProposals && (next?.isNone || stepsBeforeIndex ≤ (← get).tried) then startIndex
  match next? with
  | some index =>
    match ← visit index with
    | some proof => return .ok proof
    | none => search
  | none =>
    let knowledge ← knowledge
    if (← get).pending?.isSome || 0 < knowledge && knowledge < fullKnowledge then
      IO.sleep idleMilliseconds
      search
    else if (← get).asked < (← read).budget.requests then return .error .exhausted
    else return .error .requests

/-- Searches for a proof of the checker's goals. -/
def CandidateChecker.search (checker : CandidateChecker) (context : SearchContext) :
    TacticM SearchResult := do
  let frontier ← IO.mkRef ({} : Frontier)
  try
    let proof ← (addNode checker #[] 0 *> LLMstep.search) context frontier
    return { proof, frontier := ← frontier.get }
  finally
    if let some (_, pending) := (← frontier.get).pending? then pending.cancel

end LLMstep
