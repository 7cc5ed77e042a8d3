import LLMstep.Place
import LLMstep.Replay

/-!
# The verdict on a step

The one definition of a verdict. Lean accepts declarations, not steps: what closes a goal may still
leave a universe level open, need a `noncomputable`, not terminate, fail for another goal that the
same place is reached with, or run into an option of the file.

So a candidate is first tried on every goal that the place is reached with, which takes
milliseconds. Only where it closes them all, the declaration is elaborated with it, and compared with
the declaration with `sorry` in the place. `proved` means that no error is left.
-/

open Lean Elab

namespace LLMstep

/-- What became of all goals, given what became of those before and of these. -/
def Trial.and (earlier later : Trial) : Trial :=
  let goals := earlier.outcome.goals ++ later.outcome.goals
  let verdict := match earlier.outcome.verdict, later.outcome.verdict with
    | .proved, .proved => .proved
    | .noProgress, .noProgress => .noProgress
    | _, _ => .progress
  let message := [earlier, later].findSome? fun trial =>
    if trial.outcome.message.isEmpty then none else some trial.outcome.message
  { outcome := { verdict, goals, message := message.getD "" }
    isRecursive := earlier.isRecursive || later.isRecursive }

/-- Tries a candidate on every goal that the place is reached with. -/
def Place.tryCandidate (place : Place) (settings : CheckSettings) (candidate : String)
    (cancelTk : IO.CancelToken) : EIO Exception Trial := do
  let mut all? : Option Trial := none
  for h : i in [0:place.reached.size] do
    let { snapshot, texts, unproved } := place.reached[i]
    let action := LLMstep.tryCandidate settings texts unproved candidate
    let trial ← snapshot.run cancelTk action
    unless trial.outcome.verdict matches .proved | .progress | .noProgress do
      if i == 0 then return trial
      let message := s!"for goal {i + 1} of this place: {trial.outcome.message}"
      return { trial with outcome.message := shorten message }
    all? := some ((all?.map (·.and trial)).getD trial)
  return all?.getD default

/-- Errors that tell of the limits of this Lean, not of the step. -/
def limitMessages : List String := [
  "(kernel) deep recursion", "(kernel) excessive memory", "(kernel) deterministic timeout",
  "._redArg", "native implementation of external declaration"]

/-- The verdict by an error that the declaration has with the step only. -/
def outcomeOfNewError (trial : Trial) (error : String) : Outcome :=
  if limitMessages.any (mentionsText error) then
    let lean := if System.Platform.isEmscripten then "the embedded Lean" else "Lean"
    { verdict := .unknown
      message := shorten s!"{lean} {Lean.versionString} cannot tell: {error}" }
  else if trial.isRecursive then
    { verdict := .unsound, message := shorten s!"{recursionMessage}: {error}" }
  else { verdict := .rejected, message := error }

/-- Whether a declaration is `unsafe`: the kernel does not look at it. -/
partial def isUnsafe : Syntax → Bool
  | .node _ kind children => kind == ``Parser.Command.unsafe || children.any isUnsafe
  | _ => false

/-- Whether one of the declarations is a recursion of which a proof shows that it ends. -/
def Declared.usesWellFounded (declared : Declared) : Bool :=
  declared.names.any fun name =>
    (declared.env.find? name).any fun info =>
      info.getUsedConstantsAsSet.any fun used =>
        used == ``WellFounded.fix || used == ``WellFounded.Nat.fix

/-- Whether the kernel accepts what was declared, whatever options it was declared with. -/
def Declared.isAcceptedByKernel (declared : Declared) : Bool :=
  declared.names.all fun name => Id.run do
    let some info := declared.env.find? name | return true
    let some value := declared.value? name | return true
    let declaration : Lean.Declaration := .defnDecl {
      name := `LLMstep.again ++ name, levelParams := info.levelParams, type := info.type, value
      hints := .opaque, safety := if info.isUnsafe then .unsafe else .safe }
    return (declared.env.addDeclCore 0 declaration none).toOption.isSome

/-- The outcome of the trial, with what is still missing from the declaration as a remark. -/
def Trial.accepted (trial : Trial) (openPlaces : Nat) (untrusted? : Option Name) : Outcome :=
  let remark (text : String) : Outcome :=
    { trial.outcome with message := s!"closes this goal; the declaration {text}" }
  match openPlaces, untrusted? with
  | 0, none => trial.outcome
  | 0, some name => remark (untrustedMessage name)
  | number, _ => remark s!"still has {counted number "open place"}"

/-- The verdict by what was declared with the step in it, without an error. -/
def Place.accept (place : Place) (trial : Trial) (command : ParsedCommand) (declared : Declared) :
    Outcome :=
  let isUnsafe := command.mentionsAny ["unsafe"] && isUnsafe command.stx
  let untrusted? := untrusted? declared.env declared.names
  if !place.isExact then closesOnly "the rest of the declaration does not parse"
  else if place.mentionsKernel && !declared.isAcceptedByKernel then
    { verdict := .unsound, message := "the kernel refuses it" }
  else if isUnsafe || trial.isRecursive && declared.hasUnsafe then
    closesOnly "an unsafe or partial definition proves nothing"
  else match untrusted?, place.restsOnUnproved with
    | some name, false => { verdict := .unsound, message := untrustedMessage name }
    | some _, true =>
      if trial.isRecursive && declared.usesWellFounded then
        closesOnly s!"{recursionMessage}, and it is not proved that this ends"
      else trial.accepted command.openPlaces untrusted?
    | none, _ => trial.accepted command.openPlaces none

/-- What the command declares with the step in it; an example, if its recursion is to be looked at. -/
def Place.declare (place : Place) (trial : Trial) (command : ParsedCommand)
    (elaborated : ElaboratedCommand) (cancelTk : IO.CancelToken) : BaseIO Declared := do
  let { start, .. } := place.declaration
  let declared := Declared.between start.state.env elaborated.state.env
  if !declared.names.isEmpty || !trial.isRecursive then return declared
  let stx := examplesAsDefinitions command.stx
  let elaborated ← { command with stx }.elaborate start cancelTk
  return Declared.between start.state.env elaborated.state.env

/--
Elaborates the declaration with a step in it. Where the place is reached once, what the trial did
there need not be done again.
-/
def Place.elaborate (place : Place) (command : ParsedCommand) (trial : Trial) (step : String)
    (cancelTk : IO.CancelToken) : BaseIO ElaboratedCommand := do
  let { start, before, .. } := place.declaration
  let range : Lean.Syntax.Range := ⟨before.rawEndPos, (before ++ step).rawEndPos⟩
  if let (#[{ snapshot, .. }], some replay) := (place.reached, trial.replay?) then
    if let some elaborated ←
        command.elaborateReplaying? start range snapshot replay cancelTk then
      return elaborated
  command.elaborate start cancelTk

/-- Judges a step that closes the goals, written as `step`, by the declaration with it. -/
def Place.conclude (place : Place) (trial : Trial) (step : String) (cancelTk : IO.CancelToken) :
    BaseIO Outcome := do
  if !place.isComplete then
    return { verdict := .timeout, message := "the whole declaration takes too long" }
  let command := place.declaration.parse step
  if command.stop < (place.declaration.before ++ step).rawEndPos then
    return { verdict := .rejected, message := "the declaration ends before the step does" }
  let elaborated ← place.elaborate command trial step cancelTk
  if ← cancelTk.isSet then
    return { verdict := .timeout, message := "checking the whole declaration" }
  let new := place.errors.foldl (init := elaborated.errors) fun errors error => errors.erase error
  if let some error := new[0]? then return outcomeOfNewError trial error
  if let some error := elaborated.errors[0]? then
    return closesOnly s!"the declaration has an error: {error}"
  return place.accept trial command (← place.declare trial command elaborated cancelTk)

/-- Runs work for so many milliseconds: then its token is set. -/
abbrev TimeLimit := {α : Type} → Nat → (IO.CancelToken → BaseIO α) → BaseIO α

/--
The verdict on a candidate, which is written as `step`. The trial may take so many milliseconds, the
declaration as many and what it needs without the step.
-/
def Place.check (place : Place) (settings : CheckSettings) (candidate step : String)
    (within : TimeLimit) (milliseconds : Nat) : BaseIO Outcome := do
  let trial ← within milliseconds fun cancelTk => do
    match ← (place.tryCandidate settings candidate cancelTk).toBaseIO with
    | .ok trial => return trial
    | .error e => return { outcome := ← interruptedOutcome e cancelTk milliseconds }
  if trial.outcome.verdict != .proved then return trial.outcome
  within (milliseconds + 2 * place.milliseconds) (place.conclude trial step)

end LLMstep
