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

/-- Numbers with more digits in a row than this are refused. A float has at most 17. -/
def maxDigits : Nat := 20

/-- Exponents with more digits than this are refused. A float's has at most 3. -/
def maxExponentDigits : Nat := 3

/-- Where a scan is. -/
inductive Place where
  | outside | string | escape | number | exponent
  deriving BEq

/-- A place, how deep it is nested, and how many digits came just before it. -/
structure Scan where
  place : Place := .outside
  depth : Nat := 0
  digits : Nat := 0
  refusal? : Option String := none

/-- The scan after one more byte outside of strings. -/
def Scan.stepOutside (scan : Scan) (byte : UInt8) : Scan :=
  if 0x30 ≤ byte && byte ≤ 0x39 then
    let place := if scan.place == .exponent then Place.exponent else .number
    let most := if place == .exponent then maxExponentDigits else maxDigits
    if scan.digits == most then { scan with refusal? := some "it has a number that is too long" }
    else { scan with place, digits := scan.digits + 1 }
  else if byte == 0x22 then { scan with place := .string, digits := 0 }
  else if byte == 0x5b || byte == 0x7b then
    if scan.depth == maxDepth then { scan with refusal? := some "it is nested too deep" }
    else { scan with place := .outside, depth := scan.depth + 1, digits := 0 }
  else if byte == 0x5d || byte == 0x7d then
    { scan with place := .outside, depth := scan.depth - 1, digits := 0 }
  else if scan.place == .number && (byte == 0x65 || byte == 0x45) then
    { scan with place := .exponent, digits := 0 }
  else if scan.place == .exponent && (byte == 0x2b || byte == 0x2d) then scan
  else if scan.place == .number && byte == 0x2e then { scan with digits := 0 }
  else { scan with place := .outside, digits := 0 }

/-- The scan after one more byte. -/
def Scan.step (scan : Scan) (byte : UInt8) : Scan :=
  match scan.place with
  | .string =>
    if byte == 0x22 then { scan with place := .outside }
    else if byte == 0x5c then { scan with place := .escape }
    else scan
  | .escape => { scan with place := .string }
  | _ => scan.stepOutside byte

/-- Scans from the byte number `i` on. -/
partial def scanFrom (bytes : ByteArray) (i : Nat) (scan : Scan) : Option String :=
  if i < bytes.size && scan.refusal?.isNone then scanFrom bytes (i + 1) (scan.step bytes[i]!)
  else scan.refusal?

/-- Reads JSON; the error says what is wrong with it, as the end of “it is wrong: …”. -/
def parse (bytes : ByteArray) : Except String Json := do
  let some text := String.fromUTF8? bytes | throw "it is not UTF-8"
  if let some refusal := scanFrom bytes 0 {} then throw refusal
  (Json.parse text).mapError fun error => s!"it is not JSON ({error})"

end LLMstep.JsonText
