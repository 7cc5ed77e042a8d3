"""Whether a server and this process say the same with one chat model, and how it is asked.

    pip install 'transformers[serving]' accelerate
    transformers serve --device cpu --port 8020
    python bench/chat_peer.py FOLDER http://127.0.0.1:8020/v1 FOLDER

Any OpenAI-compatible server will do that serves the weights of FOLDER under the name MODEL.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stepcheck.models.chat.interface import ChatError, ChatMessage, ChatModel, Sampling
from stepcheck.models.chat.local import load_chat
from stepcheck.models.chat.remote import RemoteChat

QUESTIONS = (
    "Which is better?",
    "Which is worse?",
    "Explain.",
    "Greet.",
    "Answer with one letter: A, B or C.",
)
OPTIONS = ("A", "B", "C")


def complete(chat: ChatModel, question: str) -> str:
    try:
        return chat.complete([ChatMessage("user", question)], Sampling(max_tokens=48)).strip()
    except ChatError as error:
        return f"{type(error).__name__}: {error}"


def choose(chat: ChatModel, question: str) -> str:
    try:
        found = chat.choose([ChatMessage("user", question)], OPTIONS)
    except ChatError as error:
        return type(error).__name__
    shown = " ".join(f"{option} {found.probabilities[option]:.3f}" for option in OPTIONS)
    return f"{shown} ({found.calls} samples)" if found.estimated else shown


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("url")
    parser.add_argument("model")
    given = parser.parse_args()
    local, remote = load_chat(given.folder, dtype="float32"), RemoteChat(given.url, given.model)
    table = Table("question", "same text", "options here", "options there")
    for question in QUESTIONS:
        same = complete(local, question) == complete(remote, question)
        table.add_row(question, f"{same}", choose(local, question), choose(remote, question))
    Console().print(table)


if __name__ == "__main__":
    main()
