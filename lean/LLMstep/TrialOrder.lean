import Std.Data.HashMap
import Std.Sync.Mutex

/-!
# In which order candidates are tried

Where several are tried at once, the slowest should not be the last to begin. Which tactics are slow
is learned: what each took, on the average, in this process.
-/

namespace LLMstep

/-- The word that a candidate begins with: most often the name of its tactic. -/
def headWord (candidate : String) : String :=
  (candidate.trimAscii.takeWhile fun (c : Char) => c.isAlphanum || "_.?!'".contains c).toString

/-- What candidates took, by the words that they begin with. -/
structure TrialCosts where
  /-- A running mean, in microseconds. -/
  means : Std.Mutex (Std.HashMap String Nat)

/-- How many words are remembered. -/
def maxHeadWords : Nat := 1000

/-- Nothing is known yet. -/
def TrialCosts.new : BaseIO TrialCosts := return { means := ← Std.Mutex.new {} }

/-- What a candidate is likely to take, in microseconds: 0 if nothing is known. -/
def TrialCosts.expected (costs : TrialCosts) (candidate : String) : BaseIO Nat :=
  costs.means.atomically do return (← get).getD (headWord candidate) 0

/-- Learns from what a candidate took. -/
def TrialCosts.learn (costs : TrialCosts) (candidate : String) (microseconds : Nat) : BaseIO Unit :=
  costs.means.atomically do
    let word := headWord candidate
    let means ← get
    match means[word]? with
    | some mean => set (means.insert word ((3 * mean + microseconds) / 4))
    | none => if means.size < maxHeadWords then set (means.insert word microseconds)

/-- The candidates of a list that nobody has begun with, by their indices, in order. -/
structure WaitingCandidates where
  indices : Std.Mutex (Array Nat)
  /-- What each is likely to take. -/
  expected : Array Nat

/-- The candidates of a list, all of them waiting. -/
def TrialCosts.waiting (costs : TrialCosts) (candidates : Array String) :
    BaseIO WaitingCandidates := do
  return {
    indices := ← Std.Mutex.new (Array.range candidates.size)
    expected := ← candidates.mapM (costs.expected ·) }

/-- Takes the first that waits, or the first of those that are likely to take longest. -/
def WaitingCandidates.take? (waiting : WaitingCandidates) (longest : Bool) : BaseIO (Option Nat) :=
  waiting.indices.atomically do
    let indices ← get
    let cost (index : Nat) : Nat := if longest then waiting.expected[index]?.getD 0 else 0
    let best? := indices.foldl (init := none) fun best? index =>
      if best?.any fun best => cost index ≤ cost best then best? else some index
    if let some best := best? then set (indices.erase best)
    return best?

end LLMstep
