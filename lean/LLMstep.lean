import LLMstep.Check
import LLMstep.Client
import LLMstep.Doubt
import LLMstep.Prove
import LLMstep.Session
import LLMstep.Tactic
import LLMstep.TrySuggestion
