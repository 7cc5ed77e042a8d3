import LLMstep.Candidate

/-!
# Where a step is inserted into the text

What stands around a step decides how it must be written there: how far its lines are indented, and
whether several steps need brackets to stay together.
-/

open Lean

namespace LLMstep

/-- The column of the end of `text`, in characters. -/
def endColumn (text : String) : Nat :=
  (text.toFileMap.toPosition text.rawEndPos).column

/-- Whether something follows on the same line. -/
def followsOnLine (after : String) : Bool :=
  (after.takeWhile (· != '\n')).any (!·.isWhitespace)

/-- The place in a file where a step is inserted. -/
structure InsertionPoint where
  /-- The column of its first character, in characters. -/
  column : Nat
  /-- Whether text follows on the same line. -/
  followed : Bool
  /-- Whether it is joined to something before or after it, as by `<;>`. -/
  isJoined : Bool
  deriving Inhabited, Repr, BEq

/-- The words after which a sequence of steps may begin in the middle of a line. -/
def openingWords : List String :=
  ["by", "try", "repeat", "repeat'", "repeat1'", "any_goals", "all_goals", "focus", "then", "else"]

/-- The symbols after which a sequence of steps may begin in the middle of a line. -/
def openingSymbols : List String := ["·", ".", "=>", "(", "{", "|"]

/-- The symbols before which a sequence of steps may end in the middle of a line. -/
def closingSymbols : List String := [")", "]", "}", "⟩", ",", "--", "/-"]

/-- The word that a text ends with. -/
def lastWord (text : String) : String :=
  let isPart (c : Char) := c.isAlphanum || c == '_' || c == '\''
  .ofList (text.toList.reverse.takeWhile isPart).reverse

/-- The text without white space at both ends. -/
def trim (text : String) : String := text.trimAscii.toString

/-- The last line of a text. -/
def lastLine (text : String) : String := (text.splitOn "\n").getLastD ""

/-- Whether a step after `before` would be joined to it. -/
def isJoinedBefore (before : String) : Bool :=
  let line := trim (lastLine before)
  if line.isEmpty then ["<;>", ";"].any ((trim before).endsWith ·)
  else !(openingWords.contains (lastWord line) || openingSymbols.any (line.endsWith ·))

/-- Whether a step before `after` would be joined to it. -/
def isJoinedAfter (after : String) : Bool :=
  if followsOnLine after then !closingSymbols.any ((trim after).startsWith ·)
  else (trim after).startsWith "<;>"

/-- The insertion point between two texts. -/
def InsertionPoint.between (before after : String) : InsertionPoint where
  column := endColumn before
  followed := followsOnLine after
  isJoined := isJoinedBefore before || isJoinedAfter after

/-- The text of a file around something that a step is to replace. -/
structure SourceSplit where
  before : String
  after : String

/-- The file around `ref`; there is none around what a macro has made. -/
def SourceSplit.around? (ref : Syntax) : CoreM (Option SourceSplit) := do
  let some range := ref.getRange? | return none
  let source := (← getFileMap).source
  return some {
    before := String.Pos.Raw.extract source 0 range.start
    after := String.Pos.Raw.extract source range.stop source.rawEndPos }

/-- The insertion point there. -/
def SourceSplit.point (split : SourceSplit) : InsertionPoint :=
  .between split.before split.after

/--
The lines of a step without empty lines around them and without the margin of the first, so that the
later lines are relative to it.
-/
def dedent (text : String) : String :=
  let lines := ((text.replace "\r\n" "\n").splitOn "\n").dropWhile (trim · |>.isEmpty)
  let margin := ((lines.headD "").toList.takeWhile (· == ' ')).length
  let shift (line : String) : String :=
    let spaces := (line.toList.takeWhile (· == ' ')).length
    (line.drop (min margin spaces)).toString
  let text := "\n".intercalate (lines.map shift)
  .ofList (text.toList.reverse.dropWhile Char.isWhitespace).reverse

/-- Whether `stx` can be joined to other steps as it is. -/
partial def isAtomic (stx : Syntax) : Bool :=
  match stx with
  | .atom _ word => !["by", "=>", "↦", "<;>", ";", "fun", "λ", "|"].contains word
  | .node _ _ children => children.all isAtomic
  | _ => true

/-- The step as it is to be inserted: indented, in brackets if it would fall apart without. -/
def InsertionPoint.formatStep (point : InsertionPoint) (text : String) : CoreM String := do
  let inBrackets ← pure point.isJoined <&&> do
    if text.contains '\n' then return true
    match ← parseCandidate text point.column with
    | .ok stx => return !isAtomic stx
    | .error _ => return false
  let indentLater (column : Nat) := text.replace "\n" ("\n" ++ "".pushn ' ' column)
  return if inBrackets then s!"({indentLater (point.column + 1)})" else indentLater point.column

end LLMstep
