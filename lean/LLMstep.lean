import LLMstep.Check
import LLMstep.Document
