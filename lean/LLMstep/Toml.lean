import LLMstep.TomlValue

/-!
# Reading settings files

The part of TOML 1.0 (<https://toml.io/en/v1.0.0>) that settings need: tables; bare, quoted and
dotted keys; basic and literal strings on one line; integers, floats, booleans, and arrays of all
these; comments. Dates, strings over several lines, inline tables and arrays of tables are refused,
like whatever is not TOML, with the number of the line.

Lake has a full reader, but its native code is not part of the `lean` executable.
-/

namespace LLMstep.Toml

/-- The names of the tables that a key or table is in, from the outermost, and its own. -/
abbrev Path := List String

/-- The content of a file. -/
structure Document where
  /-- The keys with values, in the order of the file. -/
  entries : Array (Path × Value) := #[]
  /-- The tables that have a line `[…]`. -/
  tables : Array Path := #[]
  deriving Inhabited

/-- The value at `path`. -/
def Document.find? (document : Document) (path : Path) : Option Value :=
  (document.entries.find? (·.1 == path)).map (·.2)

/-! ## Keys -/

/-- A key with its tables: `a."b c".d`. -/
partial def readPath (before : Path := []) : Reader Path := do
  skipBlanks
  let name ← match ← readString? with
    | some name => pure name
    | none =>
      let name ← takeWhile isBare
      if name.isEmpty then fail s!"expected a key, found {describe (← peek?)}"
      pure name
  skipBlanks
  let path := name :: before
  if (← peek?) == some '.' then
    advance
    readPath path
  else return path.reverse

/-! ## Tables and entries -/

/-- How a path is written. -/
def Path.text (path : Path) : String :=
  ".".intercalate path

/-- Whether `path` has a value. -/
def Document.hasValue (document : Document) (path : Path) : Bool :=
  document.entries.any (·.1 == path)

/-- The prefixes of `path` with at least `least` names, except the whole path. -/
def Path.properPrefixes (path : Path) (least : Nat) : List Path :=
  ((List.range path.length).filter (least ≤ ·)).map path.take

/-- A line `[…]`. `dotted` are the tables that dotted keys have made. -/
def readTable (document : Document) (dotted : List Path) : Reader (Document × Path) := do
  advance
  if (← peek?) == some '[' then fail "arrays of tables, `[[…]]`, are not read here"
  let path ← readPath
  expect ']' "after the name of a table"
  if document.tables.contains path || dotted.contains path then
    fail s!"the table [{path.text}] is there a second time"
  if let some taken := (path :: path.properPrefixes 1).find? document.hasValue then
    fail s!"`{taken.text}` is there already, and not a table"
  return ({ document with tables := document.tables.push path }, path)

/-- A line `key = value` in `table`, and the tables that a dotted key has made. -/
def readEntry (document : Document) (table : Path) : Reader (Document × List Path) := do
  let path := table ++ (← readPath)
  expect '=' "after a key"
  skipBlanks
  let made := path.properPrefixes (table.length + 1)
  if let some taken := made.find? fun p => document.hasValue p || document.tables.contains p then
    fail s!"`{taken.text}` is there already, and cannot be added to here"
  if document.hasValue path || document.tables.any path.isPrefixOf ||
      document.entries.any (path.isPrefixOf ·.1) then
    fail s!"`{path.text}` is there a second time"
  let value ← readValue maxDepth
  return ({ document with entries := document.entries.push (path, value) }, made)

/-- The rest of the lines. -/
partial def readLines (document : Document) (table : Path) (dotted : List Path) :
    Reader Document := do
  skipLines
  match ← peek? with
  | none => return document
  | some '[' =>
    let (document, table) ← readTable document dotted
    endLine
    readLines document table dotted
  | some _ =>
    let (document, made) ← readEntry document table
    endLine
    readLines document table (made ++ dotted)

/-- Reads a file. -/
def parse (text : String) : Except ParseError Document :=
  match readLines {} [] [] |>.run { rest := (text.replace "\r\n" "\n").toList } with
  | .ok document _ => .ok document
  | .error error _ => .error error

end LLMstep.Toml
