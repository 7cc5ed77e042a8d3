"""Requests in OpenAI's form, as llmlean sends them, and what is expected of answers."""

import json
import socket

from stepcheck.server.api.compatibility.openai_schemas import OpenAiErrorBody

GOAL = "p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q"
CONTEXT = "theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  "


def write_prompt(tag="TAC", prefix="", goal=GOAL, context=CONTEXT):
    return (
        "/- The state is inside [STATE]...[/STATE]. Put the answer inside "
        f"[{tag}]...[/{tag}].\n[CTX]\n{context}\n[/CTX]\n[STATE]\n{goal}\n[/STATE]\n"
        + (f"[THOUGHTS]\n{prefix}" if tag == "TAC" else "")
    )


def write_request(prompt, **fields):
    """`OpenAIGenerationRequest` with llmlean's defaults."""
    return {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": prompt}],
        "n": 32,
        "temperature": 0.7,
        "max_tokens": 1024,
        "stream": False,
        "stop": ["[/TAC]"],
    } | fields


def write_completion_request(prompt, **fields):
    """The request of its first versions to Together."""
    chat = write_request(prompt, n=10, max_tokens=100, stop=["\n", "[/TAC]"]) | fields
    del chat["messages"]
    return chat | {"prompt": prompt}


def post(server, body, path="/v1/chat/completions", **headers):
    key = headers.pop("key", "none")
    with server.client() as client:
        return client.post(
            path,
            content=json.dumps(body, ensure_ascii=False).encode(),
            headers={
                "accept": "application/json",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {key}",
                "x-api-key": key,
                "anthropic-version": "2023-06-01",
            }
            | headers,
        )


def expect_openai_error(response, status, code):
    assert response.status_code == status, response.text
    error = OpenAiErrorBody.model_validate_json(response.content).error
    assert error.code == code
    assert error.type in ("invalid_request_error", "rate_limit_error", "server_error")
    return error


def contents(response):
    assert response.status_code == 200, response.text
    return [choice["message"]["content"] for choice in response.json()["choices"]]


def leave_waiting(server):
    body = json.dumps(write_request(write_prompt())).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    return connection
