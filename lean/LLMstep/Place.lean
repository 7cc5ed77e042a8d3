import LLMstep.Declaration
import LLMstep.InsertionPoint
import LLMstep.Replay
import LLMstep.UnprovedHypotheses

/-!
# A place in a declaration, and the verdict on a step there

The one definition of a verdict. Lean accepts declarations, not steps: what closes a goal may still
leave a universe level open, need a `noncomputable`, not terminate, fail for another goal that the
same place is reached with, or run into an option of the file.

So a candidate is first tried on every goal that the place is reached with, which takes
milliseconds. Only where it closes them all, the declaration is elaborated with it, and compared with
the declaration with `sorry` in the place. `proved` means that no error is left.
-/

open Lean Elab

namespace LLMstep

/-- A goal state that the place is reached with. -/
structure PlaceGoals where
  snapshot : TacticSnapshot
  /-- The goals as text. -/
  texts : Array String
  /-- The hypotheses that the declaration introduces without proving them. -/
  unproved : FVarIdSet
  caches : IO.Ref TacticCaches

/-- A place in a declaration, and what the declaration is with `sorry` there. -/
structure Place where
  declaration : Declaration
  /-- One for every time that the place is reached; there is at least one. -/
  reached : Array PlaceGoals
  /-- The errors of the declaration with `sorry` in the place. -/
  errors : Array String
  /-- The messages about the declaration up to the place. -/
  messages : List Message
  /-- Whether the declaration rests on something unproved other than the place. -/
  restsOnUnproved : Bool
  /-- Whether the text after the place is that of the document. -/
  isExact : Bool
  /-- Whether the document speaks of the option that switches the kernel off. -/
  mentionsKernel : Bool
  /-- Whether there was time for the whole declaration. -/
  isComplete : Bool
  /-- How long the declaration with `sorry` takes, in milliseconds. -/
  milliseconds : Nat

/-- That there is nothing to prove at the position, and the first error, which may be the reason. -/
def noGoal (reason : String) (messages : List Message := []) : BaseIO CheckerError := do
  let error := (← errorTexts messages)[0]?.getD ""
  return { kind := "no_goal", message := s!"{reason}\n{error}".trimAscii.toString }

/--
The syntax with definitions in the place of examples: these are elaborated alike, but an example
leaves nothing behind that could be looked at.
-/
partial def examplesAsDefinitions : Syntax → Syntax
  | .node info kind children =>
    if kind == ``Parser.Command.example then
      let name := mkIdentFrom children[0]! `_example
      .node info ``Parser.Command.definition #[
        .atom (SourceInfo.fromRef children[0]!) "def",
        .node .none ``Parser.Command.declId #[name, mkNullNode],
        children[1]!, children[2]!, mkNullNode]
    else .node info kind (children.map examplesAsDefinitions)
  | stx => stx

/-- The goals of a snapshot, as text. -/
def TacticSnapshot.goalTexts (snapshot : TacticSnapshot) (cancelTk : IO.CancelToken) :
    DocumentM (Array String) := do
  let action : Tactic.TacticM (Array String) := withCurrHeartbeats do
    (← Tactic.getUnsolvedGoals).toArray.mapM (goalText ·)
  match ← (snapshot.run cancelTk action).toBaseIO with
  | .ok texts => return texts
  | .error e => throw (← noGoal (← e.toMessageData.toString))

/-- A declaration that has been parsed with a placeholder in the place. -/
structure DeclarationWithPlaceholder where
  declaration : Declaration
  command : ParsedCommand
  /-- The syntax of the command, with the placeholder. -/
  stx : Syntax

/-- The text that stands for the placeholder while the command is parsed. -/
def placeholderText : String := "skip"

/-- Parses the declaration with a placeholder in the place. There is none where no tactic can stand. -/
def Declaration.withPlaceholder? (declaration : Declaration) :
    Option DeclarationWithPlaceholder := do
  let command := declaration.parse placeholderText
  let stx ← insertPlaceholder? declaration.before.rawEndPos command.stx
  return { declaration, command, stx }

/--
Elaborates the declaration. `isExact` says whether the text after the place is that of the document.

Throws `no_goal` where Lean does not get, and `timeout`.
-/
def DeclarationWithPlaceholder.place (parsed : DeclarationWithPlaceholder) (isExact : Bool)
    (cancelTk : IO.CancelToken) : DocumentM Place := do
  let { declaration, command, stx } := parsed
  let { start, before, after } := declaration
  if evaluates command.stx then
    throw (← noGoal "the command runs what stands here, and proves nothing")
  let began ← IO.monoMsNow
  let reaches ← IO.mkRef #[]
  let env := withPlaceholder start.state.env (runPlaceholder reaches)
  let elaborated ← { command with stx := examplesAsDefinitions stx }.elaborate
    { start with state.env := env } cancelTk
  let reaches ← reaches.get
  let isComplete := !(← cancelTk.isSet)
  let messages := command.messages ++ elaborated.state.messages.toList
  if reaches.isEmpty then
    if isComplete then throw (← noGoal "Lean does not get here" messages)
    else throw { kind := "timeout", message := "the command at the position" }
  let kept := if isComplete then markedMessages elaborated.state.messages
    else Array.range reaches.size
  if kept.isEmpty then throw (← noGoal "Lean tries what stands here, and does not keep it" messages)
  let declared := Declared.between start.state.env elaborated.state.env
  let restsOnUnproved := declared.names.any declared.isUnproved
  let unproved := if restsOnUnproved then declared.unprovedHypotheses reaches else #[]
  let reached ← (reaches.zipIdx.filter (kept.contains ·.2)).mapM fun ({ snapshot, .. }, i) => do
    let texts ← snapshot.goalTexts (← IO.CancelToken.new)
    let caches ← IO.mkRef snapshot.caches
    return { snapshot, texts, unproved := unproved[i]?.getD {}, caches }
  let stop := command.stop.byteIdx - (before ++ placeholderText).utf8ByteSize
  return {
    declaration := declaration.focus (min stop after.utf8ByteSize), reached
    errors := elaborated.errors
    messages := messages.filter fun message =>
      (markIndex? message.kind).isNone &&
        command.input.fileMap.ofPosition message.pos < before.rawEndPos
    restsOnUnproved, isExact, isComplete
    mentionsKernel := (command.input.inputString.splitOn "skipKernelTC").length > 1
    milliseconds := (← IO.monoMsNow) - began }

/--
The place between `before` and the first of the continuations with which the command parses; if it
parses with none, the first with which a tactic can stand there.
-/
def findPlace (start : Checkpoint) (before : String) (continuations : List String)
    (cancelTk : IO.CancelToken) : DocumentM Place := do
  let declarations := continuations.map fun after => { start, before, after : Declaration }
  let parsed := declarations.filterMap (·.withPlaceholder?)
  match parsed.find? (!hasError ·.command.messages) <|> parsed.head? with
  | some first => first.place (first.declaration.after == continuations.headD "") cancelTk
  | none =>
    let own := (declarations.head?.map (·.parse placeholderText |>.messages)).getD []
    throw (← noGoal "no tactic can stand here" (own ++ start.messages.toList))

/-- All goals that a step at the place has to close, as text; the main one first. -/
def Place.goals (place : Place) : Array String :=
  place.reached.foldl (init := #[]) fun goals reached =>
    goals ++ reached.texts.filter (!goals.contains ·)

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
    let { snapshot, texts, unproved, caches } := place.reached[i]
    let action := LLMstep.tryCandidate settings texts unproved candidate
    let trial ← snapshot.run cancelTk action caches
    unless trial.outcome.verdict matches .proved | .progress | .noProgress do
      if i == 0 then return trial
      let message := s!"for goal {i + 1} of this place: {trial.outcome.message}"
      return { trial with outcome.message := shorten message }
    all? := some ((all?.map (·.and trial)).getD trial)
  return all?.getD default

/-- `1 open place`, `2 open places`. -/
def openPlacesText (number : Nat) : String :=
  if number == 1 then "1 open place" else s!"{number} open places"

/-- Errors that tell of the limits of this Lean, not of the step. -/
def limitMessages : List String := [
  "(kernel) deep recursion", "(kernel) excessive memory", "(kernel) deterministic timeout",
  "._redArg", "native implementation of external declaration"]

/-- The verdict by an error that the declaration has with the step only. -/
def outcomeOfNewError (trial : Trial) (error : String) : Outcome :=
  if limitMessages.any fun limit => (error.splitOn limit).length > 1 then
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
    let some value := info.value? (allowOpaque := true) | return true
    let declaration : Lean.Declaration := .defnDecl {
      name := `LLMstep.again ++ name, levelParams := info.levelParams, type := info.type, value
      hints := .opaque, safety := if info.isUnsafe then .unsafe else .safe }
    return (declared.env.addDeclCore 0 declaration none).toOption.isSome

/-- The verdict by what was declared with the step in it, without an error. -/
def Place.accept (place : Place) (trial : Trial) (stx : Syntax) (declared : Declared) : Outcome :=
  let number := openPlaces stx
  let remark (reason : String) := s!"closes this goal; the declaration {reason}"
  if !place.isExact then closesOnly "the rest of the declaration does not parse"
  else if place.mentionsKernel && !declared.isAcceptedByKernel then
    { verdict := .unsound, message := "the kernel refuses it" }
  else if isUnsafe stx || trial.isRecursive && declared.hasUnsafe then
    closesOnly "an unsafe or partial definition proves nothing"
  else
    match untrusted? declared.env declared.names with
    | some name =>
      if !place.restsOnUnproved then
        { verdict := .unsound, message := untrustedMessage name }
      else if trial.isRecursive && declared.usesWellFounded then
        closesOnly s!"{recursionMessage}, and it is not proved that this ends"
      else if number == 0 then
        { trial.outcome with message := remark (untrustedMessage name) }
      else { trial.outcome with message := remark s!"still has {openPlacesText number}" }
    | none =>
      if number == 0 then trial.outcome
      else { trial.outcome with message := remark s!"still has {openPlacesText number}" }

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
  return place.accept trial command.stx (← place.declare trial command elaborated cancelTk)

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
    | .error e =>
      if ← cancelTk.isSet then
        let message := s!"more than {milliseconds} milliseconds"
        return { outcome := { verdict := .timeout, message } }
      return { outcome := {
        verdict := .unknown, message := shorten (← e.toMessageData.toString) } }
  if trial.outcome.verdict != .proved then return trial.outcome
  within (milliseconds + 2 * place.milliseconds) (place.conclude trial step)

end LLMstep
