import LLMstep.Request
import LLMstep.StepFeatures
import Std.Data.HashMap

/-!
# What is to be expected of a step

Two linear models, learned in Python (`models/step_ranker/`): how likely a step proves the goal, and
how long trying it takes. What gains most for its time is tried first.
-/

namespace LLMstep

/-- The weights of a feature, in hundredths. -/
structure FeatureWeights where
  /-- For the logarithm of the odds of a proof. -/
  proof : Int := 0
  /-- For the logarithm of the milliseconds. -/
  time : Int := 0

instance : Add FeatureWeights where
  add a b := { proof := a.proof + b.proof, time := a.time + b.time }

/-- The weights of a feature of a step, alone and together with symbols of the goal. -/
structure StepFeature where
  alone : FeatureWeights
  together : Std.HashMap String FeatureWeights

/-- Reads a feature of the table. -/
def readStepFeature (line : String) : String × StepFeature :=
  let number (text : String) : Int := text.toInt?.getD 0
  match line.splitOn "\t" with
  | name :: alone :: together =>
    let alone := match alone.splitOn " " with
      | [proof, time] => { proof := number proof, time := number time : FeatureWeights }
      | _ => {}
    let together := together.foldl (init := {}) fun found entry =>
      match entry.splitOn " " with
      | [symbol, proof, time] =>
        found.insert symbol { proof := number proof, time := number time }
      | _ => found
    (name, { alone, together })
  | _ => (line, { alone := {}, together := {} })

/-- The weights of all features; that without a name is the constant. -/
def stepFeatures : Std.HashMap String StepFeature :=
  .ofList ((stepWeightsText.splitOn "\n").map readStepFeature)

/-- What is to be expected of trying a step. -/
structure Estimate where
  /-- How likely it proves the goal, from 0 to 1. -/
  probability : Float
  /-- How long that may take. -/
  milliseconds : Float
  deriving Inhabited

/-- A goal as the ranker sees it. -/
structure RankedGoal where
  symbols : Array String
  /-- The last components of those that have several. -/
  components : Array String
  /-- The weights that every step has for this goal. -/
  common : FeatureWeights

/-- The weights of a feature for a goal with these symbols. -/
def weightsOf (feature : String) (symbols : Array String) : FeatureWeights :=
  match stepFeatures[feature]? with
  | none => {}
  | some { alone, together } =>
    if together.isEmpty then alone
    else symbols.foldl (init := alone) fun sum symbol =>
      match together[symbol]? with
      | some weights => sum + weights
      | none => sum

/-- Reads a goal, pretty-printed. -/
def RankedGoal.read (goal : String) : RankedGoal :=
  let symbols := goalSymbolsOf goal
  { symbols, common := weightsOf "" #[] + weightsOf "g:" symbols
    components := symbols.filterMap fun symbol =>
      if ((symbol.drop 2).startsWith ".") then some (symbol.drop 3).toString else none }

/-- The weights of features that were looked up before. -/
abbrev KnownWeights := Std.HashMap String FeatureWeights

/-- The weights of a feature of steps that is likely to be looked up again. -/
def RankedGoal.lookUp (goal : RankedGoal) (feature : String) : StateM KnownWeights FeatureWeights :=
  fun known => match known[feature]? with
    | some weights => (weights, known)
    | none =>
      let weights := weightsOf feature goal.symbols
      (weights, known.insert feature weights)

/-- The bounds of an estimated time, in milliseconds. -/
def leastMilliseconds : Float := 0.5

@[inherit_doc leastMilliseconds]
def mostMilliseconds : Float := 5000

/-- The estimate that a sum of weights stands for. -/
def FeatureWeights.estimate (weights : FeatureWeights) : Estimate :=
  let logOdds := max (-30) (min 30 (.ofInt weights.proof / 100))
  let logTime := max (-1) (min 9 (.ofInt weights.time / 100))
  { probability := 1 / (1 + Float.exp (-logOdds))
    milliseconds := max leastMilliseconds (min mostMilliseconds (Float.exp logTime)) }

/-- The feature of a model's score. -/
def scoreFeature (score : Float) : String :=
  let bucket := (max (-8) (min 8 (2 * score))).round
  s!"l:{if bucket < 0 then "-" else ""}{bucket.abs.toUInt64}"

/-- What is to be expected of steps for a goal. -/
def RankedGoal.estimates (goal : RankedGoal) (steps : Array Suggestion) : Array Estimate :=
  ((steps.mapM estimate).run {}).1
where
  estimate (step : Suggestion) : StateM KnownWeights Estimate := do
    let template ← goal.lookUp s!"k:{templateOf step.text}"
    let ending ← goal.lookUp s!"e:{closingTactic step.text}"
    let mentioned := goal.components.countP (containsText step.text ·)
    let source := weightsOf s!"s:{step.source.name}" #[] +
      weightsOf s!"m:{min 3 mentioned}:{step.source.name}" #[]
    let score := if step.source == .model then weightsOf (scoreFeature step.score) #[] else {}
    return (goal.common + template + ending + source + score).estimate

end LLMstep
