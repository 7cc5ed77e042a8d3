import Lean.Data.Json.Parser

/-!
# Reading JSON that anybody may have written

Lean's reader recurses on the machine stack for each nested value, and computes `1e999999999`. Both
end the process, so texts that ask for it are refused before they are read.
-/

open Lean

namespace LLMstep.JsonText

/-- Values nested deeper than this are refused. -/
def maxDepth : Nat := 100

/-- Numbers with more digits in a row than this are refused. A float has at most 17 and zeros. -/
def maxDigits : Nat := 40

/-- Exponents with more digits than this are refused. A float's has at most 3. -/
def maxExponentDigits : Nat := 3

/-- What a scan knows of the text before. -/
structure Scan where
  /-- How many brackets are open. -/
  depth : Nat := 0
  /-- How many digits have come in a row. -/
  digits : Nat := 0
  /-- Whether they are those of an exponent. -/
  exponent : Bool := false

/-- The scan after one more character outside of strings. -/
def Scan.step (scan : Scan) (c : Char) : Except String Scan :=
  if c.isDigit then
    let most := if scan.exponent then maxExponentDigits else maxDigits
    if scan.digits == most then throw "it has a number that is too long"
    else return { scan with digits := scan.digits + 1 }
  else if c == '[' || c == '{' then
    if scan.depth == maxDepth then throw "it is nested too deep"
    else return { depth := scan.depth + 1 }
  else if c == ']' || c == '}' then return { depth := scan.depth - 1 }
  else if c == '+' || c == '-' then return scan
  else return { scan with digits := 0, exponent := scan.digits > 0 && (c == 'e' || c == 'E') }

/-- Scans text outside of strings. -/
def Scan.run (scan : Scan) : List Char → Except String Scan
  | [] => return scan
  | c :: rest =>
    match scan.step c with
    | .ok scan => scan.run rest
    | .error refusal => throw refusal

/-- Scans every other part, from the part number `i` on: those between are strings. -/
partial def scanParts (parts : Array String) (i depth : Nat) : Option String :=
  if i < parts.size then
    match Scan.run { depth } parts[i]!.toList with
    | .ok scan => scanParts parts (i + 2) scan.depth
    | .error refusal => some refusal
  else none

/--
Refuses text that is not to be read as JSON. Strings are passed over by library functions, which are
compiled, while this code is usually interpreted. Where there are backslashes outside of strings the
parts are wrong, but there reading stops anyway.
-/
def refuse (text : String) : Except String Unit := do
  let withoutBackslashes := String.join (text.splitOn "\\\\")
  let withoutEscapes := String.join (withoutBackslashes.splitOn "\\\"")
  if let some refusal := scanParts (withoutEscapes.splitOn "\"").toArray 0 0 then throw refusal

/-- Reads JSON; the error says what is wrong with it, as the end of “it is wrong: …”. -/
def parse (bytes : ByteArray) : Except String Json := do
  let some text := String.fromUTF8? bytes | throw "it is not UTF-8"
  refuse text
  (Json.parse text).mapError fun error => s!"it is not JSON ({error})"

end LLMstep.JsonText
