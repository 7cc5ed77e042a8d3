"""Answers of OpenAI-compatible servers, in the shape that each of them gives.

Those of vLLM 0.10, ollama 0.12 and llama.cpp's server of 2025.
"""


def position(token, logprob, others):
    entries = [{"token": t, "logprob": p, "bytes": list(t.encode())} for t, p in others.items()]
    own = {"token": token, "logprob": logprob, "bytes": list(token.encode())}
    return own | {"top_logprobs": entries}


def with_logprobs(*positions, **further):
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "".join(p["token"] for p in positions)},
        "logprobs": {"content": list(positions)},
        "finish_reason": "stop",
    }
    return {"id": "x", "object": "chat.completion", "choices": [choice]} | further


VLLM = with_logprobs(
    position("A", -0.2, {"A": -0.2, "B": -1.9, " A": -4.0, "C": -5.5, "Both": -9999.0}),
    position("", 0.0, {"": 0.0}),
    usage={"prompt_tokens": 31, "total_tokens": 33, "completion_tokens": 2},
    prompt_logprobs=None,
    kv_transfer_params=None,
) | {"service_tier": None, "system_fingerprint": None}
LLAMA_CPP = with_logprobs(
    position("\n", -0.1, {"\n": -0.1, "A": -2.5}),
    position(" B", -0.3, {" B": -0.3, "B": -2.0, "A": -1.6, " A": -3.0}),
    timings={"prompt_n": 12, "predicted_n": 3},
    usage={"completion_tokens": 3, "prompt_tokens": 12, "total_tokens": 15},
)
LLAMA_CPP["choices"][0]["logprobs"]["content"][0]["id"] = 198
OLLAMA = {
    "id": "chatcmpl-512",
    "object": "chat.completion",
    "created": 1760000000,
    "model": "qwen2.5-coder:7b",
    "system_fingerprint": "fp_ollama",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "A"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 26, "completion_tokens": 2, "total_tokens": 28},
}
