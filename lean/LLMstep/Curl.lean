import LLMstep.Http
import LLMstep.Deadline

/-!
# Asking a server through curl

For servers on other machines, and for `https`. The token, the address and the request go to curl in
files that only their owner can read: anybody can read a command line. curl writes the response as
it came, so that `LLMstep.Http` reads it like any other.
-/

open IO System

namespace LLMstep.Curl

/-- A value in a configuration file of curl. -/
def quote (text : String) : String :=
  let escape : Char → String
    | '"' => "\\\""
    | '\\' => "\\\\"
    | c => c.toString
  s!"\"{String.join (text.toList.map escape)}\""

/-- Milliseconds as the decimal seconds that curl reads. -/
def seconds (milliseconds : Nat) : String :=
  let fraction := toString (1000 + milliseconds % 1000)
  s!"{milliseconds / 1000}.{(fraction.drop 1).toString}"

/-- The configuration file of curl, for the request whose body is in `bodyFile`. -/
def configuration (url : Url) (token? : Option Token) (bodyFile : FilePath) (milliseconds : Nat) :
    String :=
  let headers := Http.headers token?
  let lines := [
    "silent", "show-error", "include", "raw", "http1.1", "suppress-connect-headers",
    s!"url = {quote s!"{url}{Http.servicePath}"}",
    s!"data-binary = {quote s!"@{bodyFile}"}",
    s!"max-time = {seconds milliseconds}",
    -- Without this curl sends a large body only when the server has asked for it.
    s!"header = {quote "Expect:"}"] ++
    headers.map (fun (name, value) => s!"header = {quote s!"{name}: {value}"}") ++
    if url.isLoopback then [s!"noproxy = {quote "*"}"] else []
  "\n".intercalate lines ++ "\n"

/-- The arguments of curl: `-q`, which keeps it from the user's own configuration, must be first. -/
def arguments (configurationFile : FilePath) : Array String :=
  #["-q", "--config", configurationFile.toString]

/-- The error when curl fails with a message. -/
def unreachable (url : Url) (message : String) : ClientError where
  problem := s!"The model server at {url} cannot be reached: {excerpt message}."
  remedy := "See whether it runs, or set `llmstep.url`."

/-- Everything that comes from `stream`, up to a little more than `maxBytes`. -/
partial def readAll (stream : FS.Handle) (maxBytes : Nat) (read : ByteArray) : IO ByteArray := do
  let bytes ← stream.read 65536
  if bytes.isEmpty || read.size > maxBytes then return read ++ bytes
  readAll stream maxBytes (read ++ bytes)

/-- Ends a process and waits for it to be gone. -/
def stop {configuration : Process.StdioConfig} (child : Process.Child configuration) : IO Unit := do
  try child.kill catch _ => pure ()
  discard child.wait

/-- Runs curl with its files in `folder`. -/
def askIn (folder : FilePath) (url : Url) (token? : Option Token) (request : Request)
    (deadline : Deadline) : IO (Except ClientError Reply) := do
  let bodyFile := folder / "body.json"
  let configurationFile := folder / "curl.conf"
  FS.writeFile bodyFile request.body.compress
  FS.writeFile configurationFile (configuration url token? bodyFile (max 1 (← deadline.remaining)))
  let child ← Process.spawn {
    cmd := "curl", args := arguments configurationFile
    stdin := .null, stdout := .piped, stderr := .piped }
  let output ← asTask (prio := .dedicated) (readAll child.stdout maxAnswerBytes .empty)
  let errors ← asTask (prio := .dedicated) (readAll child.stderr 4096 .empty)
  let received ← deadline.poll do
    if ← hasFinished output then return some output.get else return none
  match received with
  | .error error =>
    stop child
    return .error error
  | .ok (.error error) =>
    stop child
    return .error (unreachable url (toString error))
  | .ok (.ok bytes) =>
    stop child
    let message := lossyText (errors.get.toOption.getD .empty)
    match Http.readResponse? bytes true with
    | .ok (some reply) => return .ok reply
    | .ok none => return .error (unreachable url message)
    | .error error =>
      return .error (if bytes.isEmpty && !message.isEmpty then unreachable url message else error)

/-- Asks the server at `url`. -/
def ask (url : Url) (token? : Option Token) (request : Request) (deadline : Deadline) :
    IO (Except ClientError Reply) :=
  FS.withTempDir fun folder => askIn folder url token? request deadline

end LLMstep.Curl
