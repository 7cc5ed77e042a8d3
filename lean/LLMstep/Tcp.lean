import LLMstep.Http
import LLMstep.Deadline
import Std.Internal.UV.TCP

/-!
# Asking a server on this machine, over TCP
-/

open Std.Internal.UV.TCP Std.Net

namespace LLMstep.Tcp

/-- How much is received at a time, in bytes. -/
def receiveBytes : UInt64 := 65536

/-- The addresses of a loopback host, the likeliest first. -/
def addresses (url : Url) : List SocketAddress :=
  let v4 (a b c d : UInt8) : SocketAddress := .v4 { addr := .ofParts a b c d, port := url.port }
  let v6 : SocketAddress := .v6 { addr := .ofParts 0 0 0 0 0 0 0 1, port := url.port }
  match Url.ipv4? url.host with
  | some (a, b, c, d) => [v4 a b c d]
  | none => if url.host == "::1" then [v6] else [v4 127 0 0 1, v6]

/-- The error when nothing listens. -/
def noServer (url : Url) : ClientError where
  problem := s!"No model server answers at {url}."
  remedy := "Start it with `stepcheck serve`, or set `llmstep.url`."

/-- Waits for what the event loop promised. -/
def awaitPromise (deadline : Deadline) (promise : IO.Promise (Except IO.Error α)) :
    IO (Except ClientError (Except IO.Error α)) :=
  deadline.poll do
    if ← IO.hasFinished promise.result? then
      return some (promise.result?.get.getD (.error (.userError "the connection is gone")))
    else return none

/-- Connects to the first of the addresses where something listens. -/
def connect (url : Url) (deadline : Deadline) : List SocketAddress → IO (Except ClientError Socket)
  | [] => return .error (noServer url)
  | address :: others => do
    let socket ← Socket.new
    match ← awaitPromise deadline (← socket.connect address) with
    | .error error => return .error error
    | .ok (.ok ()) => return .ok socket
    | .ok (.error _) => connect url deadline others

/-- Receives until the answer is complete. -/
partial def receive (socket : Socket) (deadline : Deadline) (received : ByteArray) :
    IO (Except ClientError Reply) := do
  match ← awaitPromise deadline (← socket.recv? receiveBytes) with
  | .error error => return .error error
  | .ok result =>
    let (bytes, closed) := match result with
      | .ok (some bytes) => (received ++ bytes, false)
      | _ => (received, true)
    match Http.readResponse? bytes closed with
    | .error error => return .error error
    | .ok (some reply) => return .ok reply
    | .ok none => receive socket deadline bytes

/-- Sends all of `bytes`. Newer versions of Lean send several at once. -/
def send (socket : Socket) (bytes : ByteArray) : IO (IO.Promise (Except IO.Error Unit)) :=
  socket.send (by first | exact bytes | exact #[bytes])

/-- Sends a request and receives the answer. -/
def exchange (socket : Socket) (bytes : ByteArray) (deadline : Deadline) :
    IO (Except ClientError Reply) := do
  match ← awaitPromise deadline (← send socket bytes) with
  | .error error => return .error error
  -- A server that refuses a large request may answer before it has all of it.
  | .ok _ => receive socket deadline .empty

/--
Asks the server at `url`, which is on this machine. The socket is closed when it is dropped; but
while something is still to be received it is not, and its other end must hear that nobody waits.
-/
def ask (url : Url) (token? : Option Token) (request : Request) (deadline : Deadline) :
    IO (Except ClientError Reply) := do
  match ← connect url deadline (addresses url) with
  | .error error => return .error error
  | .ok socket =>
    let bytes := Http.requestBytes url token? request.body.compress.toUTF8
    let answer ← exchange socket bytes deadline
    if let .error _ := answer then
      try discard socket.shutdown catch _ => pure ()
    return answer

end LLMstep.Tcp
