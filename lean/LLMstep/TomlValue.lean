/-!
# Reading the values of settings files

The characters of TOML, and the strings, numbers, booleans and arrays that are made of them.
`LLMstep.Toml` reads the keys and tables around them.
-/

namespace LLMstep.Toml

/-- The value of a key. -/
inductive Value where
  | string (value : String)
  | integer (value : Int)
  | float (value : Float)
  | boolean (value : Bool)
  | array (values : Array Value)
  deriving Inhabited, Repr

/-- How a value is written. -/
partial def Value.text : Value → String
  | .string value => value.quote
  | .integer value => toString value
  | .float value => toString value
  | .boolean value => toString value
  | .array values => s!"[{", ".intercalate (values.map Value.text).toList}]"

/-! ## Characters -/

/-- Why a file cannot be read. -/
structure ParseError where
  /-- Counted from 1. -/
  line : Nat
  problem : String
  deriving Inhabited, Repr

/-- The rest of the file, which is not read yet. -/
structure Input where
  rest : List Char
  line : Nat := 1

/-- Reads from the front of the input. -/
abbrev Reader := EStateM ParseError Input

/-- Fails at the current line. -/
def fail (problem : String) : Reader α := do
  throw { line := (← get).line, problem }

/-- The next character, which stays. -/
def peek? : Reader (Option Char) :=
  return (← get).rest.head?

/-- Passes over one character. -/
def advance : Reader Unit :=
  modify fun input =>
    match input.rest with
    | [] => input
    | '\n' :: rest => { rest, line := input.line + 1 }
    | _ :: rest => { input with rest }

/-- How a character is shown in a message. -/
def describe : Option Char → String
  | none => "the end of the file"
  | some '\n' => "the end of the line"
  | some c => s!"`{c}`"

/-- Passes over `c`, which must come next. -/
def expect (c : Char) (purpose : String) : Reader Unit := do
  let found ← peek?
  if found == some c then advance else fail s!"expected `{c}` {purpose}, found {describe found}"

/-- Takes characters as long as they fit. -/
def takeWhile (fits : Char → Bool) : Reader String :=
  modifyGet fun input =>
    let (taken, rest) := input.rest.span fits
    (String.ofList taken, { input with rest })

/-- Passes over spaces and tabs. -/
def skipBlanks : Reader Unit :=
  discard <| takeWhile fun c => c == ' ' || c == '\t'

/-- Whether a character may not stand in a comment or string. -/
def isControl (c : Char) : Bool :=
  (c.toNat < 0x20 && c != '\t') || c.toNat == 0x7f

/-- Passes over a comment, if there is one, up to the end of its line. -/
def skipComment : Reader Unit := do
  if (← peek?) == some '#' then
    discard <| takeWhile (!isControl ·)

/-- Passes over the end of a line, with a comment before it. -/
def endLine : Reader Unit := do
  skipBlanks
  skipComment
  match ← peek? with
  | none => return
  | some '\n' => advance
  | found => fail s!"expected the end of the line, found {describe found}"

/-- Passes over blank lines and comments. -/
partial def skipLines : Reader Unit := do
  skipBlanks
  skipComment
  if (← peek?) == some '\n' then
    advance
    skipLines

/-! ## Strings -/

/-- The value of a hexadecimal digit. -/
def hexDigit? (c : Char) : Option Nat :=
  if c.isDigit then some (c.toNat - '0'.toNat)
  else if 'a' ≤ c && c ≤ 'f' then some (c.toNat - 'a'.toNat + 10)
  else if 'A' ≤ c && c ≤ 'F' then some (c.toNat - 'A'.toNat + 10)
  else none

/-- The character whose number is the next `count` hexadecimal digits. -/
def readCodePoint (count : Nat) (value : Nat := 0) : Reader Char := do
  match count with
  | 0 =>
    if h : value.isValidChar then return Char.ofNatAux value h
    else fail "the number after the backslash is that of no character"
  | count + 1 =>
    let found ← peek?
    let some digit := found >>= hexDigit?
      | fail s!"expected a hexadecimal digit, found {describe found}"
    advance
    readCodePoint count (16 * value + digit)

/-- What follows a backslash. -/
def readEscape : Reader Char := do
  let found ← peek?
  advance
  match found with
  | some 'b' => return '\x08'
  | some 't' => return '\t'
  | some 'n' => return '\n'
  | some 'f' => return '\x0c'
  | some 'r' => return '\r'
  | some '"' => return '"'
  | some '\\' => return '\\'
  | some 'u' => readCodePoint 4
  | some 'U' => readCodePoint 8
  | found => fail s!"there is no escape sequence of a backslash and {describe found}"

/-- The rest of a string up to `quote`. -/
partial def readQuoted (quote : Char) (read : String := "") : Reader String := do
  let read := read ++ (← takeWhile fun c => c != quote && c != '\\' && !isControl c)
  let found ← peek?
  if found == some quote then
    advance
    return read
  unless found == some '\\' do
    fail s!"a string does not end before {describe found}"
  advance
  if quote == '"' then readQuoted quote (read.push (← readEscape))
  else readQuoted quote (read.push '\\')

/-- A string with its quotes, if there is one. -/
def readString? : Reader (Option String) := do
  match (← get).rest with
  | '"' :: '"' :: '"' :: _ | '\'' :: '\'' :: '\'' :: _ =>
    fail "strings over several lines are not read here: write it on one line"
  | '"' :: _ => advance; some <$> readQuoted '"'
  | '\'' :: _ => advance; some <$> readQuoted '\''
  | _ => return none

/-! ## Numbers -/

/-- The digits of a number without the `_` between them, if each stands between digits. -/
def digits? (isDigit : Char → Bool) (text : List Char) : Option (List Char) :=
  match text with
  | [] => none
  | [c] => if isDigit c then some [c] else none
  | c :: '_' :: rest => if isDigit c then (c :: ·) <$> digits? isDigit rest else none
  | c :: rest => if isDigit c then (c :: ·) <$> digits? isDigit rest else none

/-- A natural number with digits of `base`. -/
def natural? (base : Nat) (text : List Char) : Option Nat := do
  let value? c := (hexDigit? c).filter (· < base)
  let digits ← digits? (fun c => (value? c).isSome) text
  return digits.foldl (fun sum c => sum * base + (value? c).getD 0) 0

/-- A natural number as TOML writes it in base ten, with no zero in front. -/
def decimal? (text : List Char) : Option Nat := do
  if text.length > 1 && text.head? == some '0' then none
  natural? 10 text

/-- Its sign, and what follows. -/
def splitSign : List Char → Bool × List Char
  | '-' :: rest => (true, rest)
  | '+' :: rest => (false, rest)
  | text => (false, text)

/-- An integer. -/
def integer? (text : List Char) : Option Int :=
  match text with
  | '0' :: 'x' :: rest => natural? 16 rest
  | '0' :: 'o' :: rest => natural? 8 rest
  | '0' :: 'b' :: rest => natural? 2 rest
  | _ => do
    let (negative, rest) := splitSign text
    let value ← decimal? rest
    return if negative then -value else value

/-- The exponents beyond which every float is zero or infinite are not computed. -/
def maxExponent : Nat := 9999

/-- A float without its sign. -/
def magnitude? (text : List Char) : Option Float := do
  if text == "inf".toList then return 1.0 / 0.0
  if text == "nan".toList then return 0.0 / 0.0
  let (mantissa, exponent) := text.span fun c => c != 'e' && c != 'E'
  let (whole, fraction) := mantissa.span (· != '.')
  if fraction.isEmpty && exponent.isEmpty then none
  let mut value ← decimal? whole
  let mut decimals : Int := 0
  if let _ :: fraction := fraction then
    let digits ← digits? (·.isDigit) fraction
    value := digits.foldl (fun sum c => 10 * sum + (c.toNat - '0'.toNat)) value
    decimals := digits.length
  if let _ :: exponent := exponent then
    let (negative, digits) := splitSign exponent
    let power ← natural? 10 digits
    if power > maxExponent then none
    decimals := if negative then decimals + power else decimals - power
  return Float.ofScientific value (decimals ≥ 0) decimals.natAbs

/-- A float. -/
def float? (text : List Char) : Option Float := do
  let (negative, rest) := splitSign text
  let value ← magnitude? rest
  return if negative then -value else value

/-- The longest number that is read, in characters. -/
def maxNumberLength : Nat := 400

/-- A value that is not a string or array, from its text. -/
def scalar? (text : String) : Option Value :=
  let characters := text.toList
  if characters.length > maxNumberLength then none
  else if text == "true" then some (.boolean true)
  else if text == "false" then some (.boolean false)
  else (.integer <$> integer? characters) <|> (.float <$> float? characters)

/-! ## Values -/

/-- Arrays nested deeper than this are refused: reading them takes stack. -/
def maxDepth : Nat := 100

/-- Whether a character may stand in a bare key, or in a number or boolean. -/
def isBare (c : Char) : Bool :=
  c.isAlphanum || c == '_' || c == '-'

mutual

/-- A value. -/
partial def readValue (depth : Nat) : Reader Value := do
  if let some text ← readString? then return .string text
  match ← peek? with
  | some '[' =>
    advance
    if depth == 0 then fail s!"arrays are nested deeper than {maxDepth}"
    readArray (depth - 1) #[]
  | some '{' => fail "inline tables are not read here: write a table of its own, `[name]`"
  | found =>
    let text ← takeWhile fun c => isBare c || c == '+' || c == '.' || c == ':'
    if text.isEmpty then fail s!"expected a value, found {describe found}"
    match scalar? text with
    | some value => return value
    | none => fail s!"`{text}` is no string, number or boolean; text needs quotes"

/-- The rest of an array. -/
partial def readArray (depth : Nat) (values : Array Value) : Reader Value := do
  skipLines
  if (← peek?) == some ']' then
    advance
    return .array values
  let values := values.push (← readValue depth)
  skipLines
  if (← peek?) == some ',' then
    advance
    readArray depth values
  else
    expect ']' "or `,` in an array"
    return .array values

end

end LLMstep.Toml
