"""The algorithm of llmstep's reference server, to measure ours beside it.

One request at a time, ten samples by transformers' `generate` with the prompt repeated ten
times, no batching across requests (Welleck and Saha, "LLMSTEP: LLM proofstep suggestions in
Lean", 2023, section 3). Only the algorithm is the same; the code is ours, and so is the model.
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import torch
import typer
from transformers import AutoModelForCausalLM, AutoTokenizer

from stepcheck.models.generation.device import choose_threads

SAMPLES = 10
TEMPERATURE = 1.0
MAX_NEW_TOKENS = 64


class ReferenceModel:
    """A decoder in transformers, asked once per request."""

    def __init__(self, path: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self.model = AutoModelForCausalLM.from_pretrained(
            path, local_files_only=True, dtype=torch.float32
        ).eval()

    @torch.inference_mode()
    def suggest(self, goal: str, prefix: str) -> list[str]:
        """Sample ten completions of one prompt and return the distinct ones."""
        prompt = f"[GOAL]{goal}[PROOFSTEP]{prefix}"
        inputs = self.tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
        inputs.pop("token_type_ids", None)
        limit = self.model.config.max_position_embeddings - MAX_NEW_TOKENS
        inputs = {name: tensor[:, -limit:] for name, tensor in inputs.items()}
        output = self.model.generate(
            **inputs,
            do_sample=True,
            temperature=TEMPERATURE,
            num_return_sequences=SAMPLES,
            max_new_tokens=MAX_NEW_TOKENS,
            pad_token_id=self.tokenizer.pad_token_id or self.tokenizer.eos_token_id,
        )
        start = inputs["input_ids"].shape[1]
        texts = self.tokenizer.batch_decode(output[:, start:], skip_special_tokens=True)
        return list(dict.fromkeys(prefix + text for text in texts))


def serve(model: Path, port: int = 0) -> None:
    """Answer llmstep's `POST /` on loopback, one request at a time; prints the port first."""
    torch.set_num_threads(choose_threads())
    reference = ReferenceModel(model)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps(
                {"suggestions": reference.suggest(request["tactic_state"], request["prefix"])}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keep the terminal for the figures."""

    server = HTTPServer(("127.0.0.1", port), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    typer.run(serve)
