import LLMstep.Check
import LLMstep.Doubt
import LLMstep.Session
