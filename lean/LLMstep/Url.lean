/-!
# Addresses of model servers, and the tokens they ask for

Both can only be made by reading them, so that whatever is written into a request's head cannot end
its line.
-/

namespace LLMstep

/-- An `http` or `https` address: no query, no user, only what a request's head can carry. -/
structure Url where
  private mk ::
  /-- Whether it is `https`. -/
  secure : Bool
  /-- A name or an IPv4 address; an IPv6 address without its brackets. -/
  host : String
  port : UInt16
  /-- Empty, or begins with `/` and does not end with it. -/
  path : String
  deriving BEq

namespace Url

/-- Whether a character may stand in a path: RFC 3986, section 3.3. -/
def isPathCharacter (c : Char) : Bool :=
  c.isAlphanum || "-._~!$&'()*+,;=:@%/".toList.contains c

/-- Whether a character may stand in a name or IPv4 address. -/
def isHostCharacter (c : Char) : Bool :=
  c.isAlphanum || c == '-' || c == '.' || c == '_'

/-- Whether a character may stand in an IPv6 address. -/
def isIPv6Character (c : Char) : Bool :=
  c.isDigit || "abcdefABCDEF:.".toList.contains c

/-- What follows `prefix`, whose letters are small, in `text`, where they need not be. -/
def dropPrefix? : List Char → List Char → Option (List Char)
  | [], text => some text
  | c :: start, d :: text => if c == d.toLower then dropPrefix? start text else none
  | _, [] => none

/-- The port after `:`, or the default. -/
def readPort (default : UInt16) : List Char → Except String UInt16
  | [] => return default
  | ':' :: digits => do
    let port := if digits.length ≤ 5 then (String.ofList digits).toNat? else none
    match port with
    | some port =>
      if 0 < port && port < 65536 then return port.toUInt16
      else throw "its port is not between 1 and 65535"
    | none => throw "its port is not a number from 1 to 65535"
  | _ => throw "there is something between its host and its path"

/-- The host, and what follows it: the port, if one is named. -/
def readHost : List Char → Except String (String × List Char)
  | '[' :: text => do
    let (host, rest) := text.span isIPv6Character
    let ']' :: rest := rest | throw "its IPv6 address does not end with `]`"
    if host.isEmpty then throw "it has no host"
    return (String.ofList host, rest)
  | text => do
    let (host, rest) := text.span isHostCharacter
    if host.isEmpty then throw "it has no host"
    return (String.ofList host, rest)

/-- Reads an address; the error says what is wrong with it, as the end of “it is wrong: …”. -/
def parse (text : String) : Except String Url := do
  let characters := text.toList
  let (secure, rest) ← match dropPrefix? "http://".toList characters with
    | some rest => pure (false, rest)
    | none => match dropPrefix? "https://".toList characters with
      | some rest => pure (true, rest)
      | none => throw "it does not begin with http:// or https://"
  let (authority, path) := rest.span (· != '/')
  if authority.contains '@' then throw "it names a user; set the token by itself"
  unless path.all isPathCharacter && !authority.contains '?' && !authority.contains '#' do
    throw "its path has a character that does not belong there"
  let (host, port) ← readHost authority
  let port ← readPort (if secure then 443 else 80) port
  let path := (path.reverse.dropWhile (· == '/')).reverse
  return { secure, host, port, path := String.ofList path }

/-- The four numbers of an IPv4 address. -/
def ipv4? (host : String) : Option (UInt8 × UInt8 × UInt8 × UInt8) := do
  let parts := host.splitOn "."
  let [a, b, c, d] ← parts.mapM fun part => do
    let value ← if part.length ≤ 3 then part.toNat? else none
    if value < 256 then some value.toUInt8 else none
    | none
  return (a, b, c, d)

/-- Whether the address is one of this machine. -/
def isLoopback (url : Url) : Bool :=
  url.host.toLower == "localhost" || url.host == "::1" ||
    (ipv4? url.host).any fun (first, _) => first == 127

/-- The host as it is written in an address. -/
def bracketed (url : Url) : String :=
  if url.host.contains ':' then s!"[{url.host}]" else url.host

/-- The host and port as a request names them. -/
def authority (url : Url) : String :=
  if url.port == (if url.secure then 443 else 80) then url.bracketed
  else s!"{url.bracketed}:{url.port}"

instance : ToString Url where
  toString url :=
    s!"{if url.secure then "https" else "http"}://{url.authority}{url.path}"

/-- Where the server listens unless it is told otherwise. -/
def default : Url where
  secure := false
  host := "127.0.0.1"
  port := 8010
  path := ""

instance : Inhabited Url := ⟨default⟩

end Url

/-- A bearer token: ASCII without spaces and control characters. -/
structure Token where
  private mk ::
  text : String
  deriving BEq

/-- Reads a token. -/
def Token.parse? (text : String) : Option Token :=
  if !text.isEmpty && text.all fun c => 0x20 < c.toNat && c.toNat < 0x7f then some ⟨text⟩ else none

end LLMstep
