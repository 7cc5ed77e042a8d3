import LLMstep.Prove
import LLMstep.Tactic
import LLMstep.TrySuggestion

/-!
# Language-model suggestions for Lean proofs

What a mathematician imports: the tactics `llmstep`, `llmstep?` and `llmqed`, and suggestions for
`try?`. Nothing is shown before Lean has checked it.
-/
