import LLMstep.Check
import LLMstep.Client
import LLMstep.Doubt
import LLMstep.Session
import LLMstep.Tactic
