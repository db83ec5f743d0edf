"""An OpenAI-compatible service for tests: it holds each request, and each of its own answers, to the published schema.

The schemas beside it were written from the public API reference; nothing may be sent that they do not know.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parent / "openai"
SCHEMAS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
MODELS = ("diagnosis-1", "whisper-1", "embedding-1")


def refuse(status: int, message: str, param: str | None = None, **headers: str) -> Any:
    """Return an error as the API words it."""
    said = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}
    return status, {"content-type": "application/json", **headers}, json.dumps(said).encode()


def complaint(name: str, value: Any) -> str:
    """Return what of a value the schema does not allow; nothing where it allows all."""
    return "; ".join(
        f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(SCHEMAS[name]).iter_errors(value)
    )


class Conforming:
    """Answers as told: ``chat`` gets the user's content and returns text, or a whole choice, or a refusal."""

    def __init__(
        self,
        chat: Callable[[Any], Any] = lambda content: content,
        hear: Callable[[int], str] = str,
        embed: Callable[[str], list[float]] = lambda text: [float(len(text)), 0.5],
        first: Callable[[int], Any] = lambda _: None,
    ) -> None:
        self.chat, self.hear, self.embed, self.first = chat, hear, embed, first
        self.complaints: list[str] = []
        """Of requests; tests hold it to be empty."""
        self.count = 0

    def __call__(self, asked: Any) -> Any:
        self.count += asked.method == "POST"
        special = self.first(self.count) if asked.method == "POST" else None
        if special is not None:
            return special
        routes: dict[str, Any] = {
            "/v1/chat/completions": self._chat,
            "/v1/audio/transcriptions": self._transcription,
            "/v1/embeddings": self._embedding,
        }
        if asked.path == "/v1/models":
            data = [{"id": name, "object": "model", "created": 0, "owned_by": "tests"} for name in MODELS]
            return self._said("models", {"object": "list", "data": data})
        if asked.path not in routes:
            return refuse(404, f"Unknown request URL: {asked.method} {asked.path}.")
        return routes[asked.path](asked)

    def _wrong(self, name: str, value: Any) -> Any:
        found = complaint(f"{name}.request", value)
        if found:
            self.complaints.append(found)
            return refuse(400, found)
        if value["model"] not in MODELS:
            return refuse(404, f"The model `{value['model']}` does not exist", "model")
        return None

    def _said(self, name: str, value: Any) -> Any:
        found = complaint(f"{name}.response", value)
        assert not found, found
        return value

    def _chat(self, asked: Any) -> Any:
        if wrong := self._wrong("chat", asked.json):
            return wrong
        said = self.chat(asked.json["messages"][-1]["content"])
        if isinstance(said, tuple):
            return said
        choice = said if isinstance(said, dict) else {"message": {"content": said}}
        message = {"role": "assistant", "content": None, "refusal": None} | choice.pop("message", {})
        return self._said(
            "chat",
            {
                "id": f"chatcmpl-{self.count}",
                "object": "chat.completion",
                "created": 0,
                "model": "diagnosis-1-2026-11",
                "system_fingerprint": "fp_1",
                "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None, "message": message} | choice],
                "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
            },
        )

    def _transcription(self, asked: Any) -> Any:
        form = asked.form
        name, kind, data = form.pop("file")
        if wrong := self._wrong("transcription", {key: value[2].decode() for key, value in form.items()}):
            return wrong
        assert (name, kind) == ("input.wav", "audio/wav")
        with wave.open(io.BytesIO(data)) as file:
            frames = file.getnframes()
        usage = {"type": "duration", "seconds": 1.5}
        return self._said("transcription", {"text": self.hear(frames), "usage": usage})

    def _embedding(self, asked: Any) -> Any:
        if wrong := self._wrong("embedding", asked.json):
            return wrong
        vector = self.embed(asked.json["input"])
        data = [{"object": "embedding", "index": 0, "embedding": vector}]
        usage = {"prompt_tokens": 3, "total_tokens": 3}
        return self._said("embedding", {"object": "list", "data": data, "model": "embedding-1", "usage": usage})
