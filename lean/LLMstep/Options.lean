import Lean.Data.Options

/-!
# Options

What can be set in a Lean file or in the `leanOptions` of a Lake file. An option that is not set is
taken from the settings that the other parts of stepcheck read: see `LLMstep.Configuration`.
-/

open Lean

register_option llmstep.url : String := {
  defValue := "http://127.0.0.1:8010"
  descr := "(llmstep) where the model server is: `http://…` or `https://…`"
}

register_option llmstep.token : String := {
  defValue := ""
  descr := "(llmstep) the model server's bearer token. Rather set it where others do not read it: \
    in your own `stepcheck.toml` or in STEPCHECK_CLIENT_TOKEN"
}

register_option llmstep.spool : String := {
  defValue := ""
  descr := "(llmstep) a folder through which `stepcheck bridge FOLDER` answers, where Lean has no \
    network; then `llmstep.url` and `llmstep.token` are not used. Empty: none"
}

register_option llmstep.n : Nat := {
  defValue := 10
  descr := "(llmstep) how many suggestions to ask for, 1 to 64"
}

register_option llmstep.timeout : Nat := {
  defValue := 30000
  descr := "(llmstep) how long to wait for the suggestions, in milliseconds"
}

register_option llmstep.proposalTimeout : Nat := {
  defValue := 400
  descr := "(llmstep) how long steps that Lean proposes are tried, in milliseconds; 0: Lean \
    proposes none"
}

register_option llmstep.maxHeartbeats : Nat := {
  defValue := 200000
  descr := "(llmstep) what trying one suggestion may cost, in thousands of heartbeats (the unit of \
    `maxHeartbeats`)"
}

register_option llmstep.candidateTimeout : Nat := {
  defValue := 2000
  descr := "(llmstep) how long trying one suggestion may take, in milliseconds"
}

register_option llmstep.context : Nat := {
  defValue := 20000
  descr := "(llmstep) how much of the file's text before the call the model is shown, in \
    characters counted back from the call; 0 for none"
}
