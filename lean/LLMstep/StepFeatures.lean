import LLMstep.StepWeights
import Std.Data.HashSet
import Init.Meta

/-!
# What is looked at in a goal and a step

The features of the step ranker, as `models/step_ranker/features.py` defines them: a test compares the
two.
-/

namespace LLMstep

/-- The words of steps that are not names. -/
def tacticWords : Std.HashSet String := .ofList (tacticWordsText.splitOn " ")

/-- The most symbols that are looked at in a target, and in the hypotheses. -/
def maxSymbols : Nat := 24

/-- The longest template of a step, in characters. -/
def maxTemplateLength : Nat := 80

/-- Whether a character is a letter, a digit, or the like of them. -/
def isWordChar (c : Char) : Bool :=
  c.isAlphanum || c == '_' || 0x80 ≤ c.val &&
    (Lean.isLetterLike c || Lean.isSubScriptAlnum c || "λΠΣªº²³¹⁰⁴⁵⁶⁷⁸⁹".contains c ||
      0xc0 ≤ c.val && c.val < 0x250 && c != '×' && c != '÷')

/-- Whether a word may go on with a character. -/
def isWordPart (c : Char) : Bool := isWordChar c || c == '\'' || c == '!' || c == '?'

/-- A word and its further components, and what follows them. -/
partial def takeWord (chars : List Char) : List Char × List Char :=
  let (word, rest) := chars.span isWordPart
  match rest with
  | '.' :: next :: more =>
    if isWordPart next then
      let (further, rest) := takeWord (next :: more)
      (word ++ '.' :: further, rest)
    else (word, rest)
  | _ => (word, rest)

/-- The words, numbers and runs of other characters in a text. -/
def tokensOf (text : String) : Array String :=
  -- Every token has at least one character.
  go text.length text.toList #[]
where
  go : Nat → List Char → Array String → Array String
    | 0, _, found | _, [], found => found
    | most + 1, c :: rest, found =>
      if c.isWhitespace then go most rest found
      else
        let (token, rest) :=
          if c.isDigit then (c :: rest).span Char.isDigit
          else if isWordChar c then takeWord (c :: rest)
          else (c :: rest).span fun c => !isWordChar c && !c.isWhitespace
        go most rest (found.push (.ofList token))

/-- Whether a text contains another. -/
def containsText (text part : String) : Bool := (text.splitOn part).length > 1

/-- The text with `[_]` for every innermost list in brackets, but for `[*]`. -/
def withoutLists (text : String) : String :=
  match text.splitOn "[" with
  | [] => text
  | first :: pieces => pieces.foldl (init := first) fun done piece =>
    match piece.splitOn "]" with
    | inside :: rest@(_ :: _) =>
      done ++ (if inside == "*" then "[*" else "[_") ++ "]" ++ "]".intercalate rest
    | _ => done ++ "[" ++ piece

/-- A token as it stands in a template: names are `_`. -/
def generalToken (token : String) : String :=
  let c := token.front
  if !(isWordChar c && (c.val < 0x80 || Lean.isLetterLike c)) then token
  else
    let isTactic := tacticWords.contains token ||
      tacticWords.contains (token.dropEndWhile (· == '?')).toString
    if isTactic then token else "_"

/-- A step without the names in it: `induction _ <;> grind`, `simp [ _ ]`. -/
def templateOf (step : String) : String :=
  let tokens := (tokensOf (withoutLists step)).map generalToken
  let tokens := tokens.foldl (init := #[]) fun kept token =>
    if token == "_" && kept.back? == some "_" then kept else kept.push token
  ((" ".intercalate tokens.toList).take maxTemplateLength).toString

/-- What follows the last `by` that is a word, or the whole text. -/
def afterLastBy (text : String) : String :=
  go [] (text.splitOn "by").reverse
where
  isCut (before after : String) : Bool :=
    !isWordChar before.back && !isWordChar after.front
  go (later : List String) : List String → String
    | before :: rest@(_ :: _) => match rest with
      | earlier :: _ =>
        let after := "by".intercalate (before :: later)
        if isCut (if earlier.isEmpty then " " else earlier) (if after.isEmpty then " " else after)
        then after else go (before :: later) rest
      | [] => "by".intercalate (before :: later)
    | rest => "by".intercalate (rest ++ later)

/-- The tactic that a step ends with: that of `induction n <;> simp_all` is `simp_all`. -/
def closingTactic (step : String) : String :=
  let pieces := ((step.replace "<;>" "\n").replace ";" "\n").splitOn "\n"
  let last := afterLastBy (pieces.getLastD "")
  ((last.split Char.isWhitespace).toList.map (·.toString)).find? (!·.isEmpty) |>.getD ""

/-- The different items of an array, in order. -/
def distinct (items : Array String) : Array String :=
  (items.foldl (init := (#[], ({} : Std.HashSet String))) fun (kept, seen) item =>
    if seen.contains item then (kept, seen) else (kept.push item, seen.insert item)).1

/-- Whether a character is a digit, of an index or an exponent, too. -/
def isAnyDigit (c : Char) : Bool := c.isDigit || "¹²³⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉".contains c

/-- The symbols in a text that are not local names. -/
def symbolsIn (text : String) (locals : Std.HashSet String) : Array String :=
  let words := (distinct (tokensOf text)).filter fun word =>
    !locals.contains word && !containsText "(),.:[]{}" word
  let general (word : String) : String :=
    let inner := ((word.drop 1).dropEnd 1).toString
    let part := if inner.contains '.' then "." ++ (word.splitOn ".").getLastD "" else word
    if part.all isAnyDigit && !containsText "012" part then "0" else part
  (distinct (words.map general)).extract 0 maxSymbols

/-- The names that the hypotheses of a goal introduce. -/
def localNames (hypotheses : String) : Std.HashSet String :=
  (hypotheses.splitOn "\n").foldl (init := {}) fun names line =>
    match line.splitOn " :" with
    | first :: _ :: _ =>
      if line.startsWith " " then names
      else (first.splitOn " ").foldl (init := names) fun names name =>
        if name.isEmpty || name.startsWith ":" then names else names.insert name
    | _ => names

/-- The symbols of a goal as text: `t:` in the target, `h:` in the hypotheses. -/
def goalSymbolsOf (goal : String) : Array String :=
  let parts := goal.splitOn "⊢"
  let hypotheses := parts.headD ""
  let target := "⊢".intercalate (parts.drop 1)
  let locals := localNames hypotheses
  let symbols := (symbolsIn target locals).map ("t:" ++ ·) ++
    (symbolsIn hypotheses locals).map ("h:" ++ ·)
  let symbols := if parts.length > 2 then symbols.push "several" else symbols
  symbols.push s!"size:{min 4 (goal.length * 4 / 400)}"

end LLMstep
