"""Fills the fields that a prompt asks for, each by its name and its type."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from ._dialogue import Dialogue
from ._prompt import OutputField, Prompt
from ._values import example_value, kind, options, write

_MESSAGE_FIELDS = ("question", "message", "user", "query", "request", "input", "text")
# Labels that a closed choice may use for what a message does.
_MOODS = {
    "recall": ("memory", "recall", "question", "smalltalk", "general", "other"),
    "closing": ("closing", "thanks", "resolved", "positive", "smalltalk", "feedback", "other"),
    "greeting": ("greeting", "smalltalk", "chitchat", "general", "other"),
    "other": ("other", "unknown", "general", "question", "smalltalk"),
    "trouble": ("problem", "complaint", "negative", "support", "other"),
}
_DONE = re.compile(r"resolved|solved|done|finished|satisfied|complete", re.I)
_THOUGHT = re.compile(r"reason|thought|rationale|analysis|explanation", re.I)
_STORY = re.compile(r"summary|memory|notes|recap|context", re.I)


class Wordings:
    """Tells how to word an answer: anew when the same is asked again above temperature 0."""

    def __init__(self) -> None:
        # DSPy strips rollout ids before the engine, so a fresh rollout shows only as the same
        # prompt sent again. A race between threads costs a wording, nothing else.
        self._asked: Counter[int] = Counter()

    def variant(self, prompt: Prompt, temperature: float | None, seed: int | None) -> int:
        """Return the number of the wording."""
        if not temperature:
            return 0
        if seed is not None:
            return seed
        key = hash(repr(prompt))
        self._asked[key] += 1
        return self._asked[key]


def answer(prompt: Prompt, *, variant: int = 0) -> str:
    """The text that answers a prompt, in the form that its adapter reads."""
    dialogue = _dialogue(prompt, variant)
    return write(prompt.style, {field: _value(field, dialogue) for field in prompt.outputs})


def _dialogue(prompt: Prompt, variant: int) -> Dialogue:
    name = _message_field(prompt.inputs)
    spoken = [*(turn.inputs for turn in prompt.past), prompt.inputs]
    messages = [fields[name] for fields in spoken if fields.get(name)]
    notes = [text for field, text in prompt.inputs.items() if field != name]
    replies = [" ".join(turn.outputs.values()) for turn in prompt.past]
    return Dialogue(messages or [""], replies, notes, variant)


def _message_field(inputs: dict[str, str]) -> str:
    known = (name for name in _MESSAGE_FIELDS if name in inputs)
    return next(known, next(iter(inputs), ""))


def _value(field: OutputField, dialogue: Dialogue) -> Any:
    if choices := options(field):
        return choose(choices, dialogue)
    wanted = kind(field)
    if wanted == "bool":
        return (dialogue.mood == "closing") if _DONE.search(field.name) else True
    if wanted == "int":
        return len(dialogue.messages)
    if wanted == "float":
        return 0.9 if dialogue.topic else 0.5
    return example_value(field, _text(field.name, dialogue))


def _text(name: str, dialogue: Dialogue) -> str:
    if _THOUGHT.search(name):
        return dialogue.thought()
    if _STORY.search(name):
        facts = [f"{fact}: {value}" for fact, value in dialogue.facts.items()]
        return "; ".join([*facts, f"told us: {dialogue.story()}"])
    return dialogue.reply()


def choose(choices: list[str], dialogue: Dialogue) -> str:
    """The choice that fits the dialogue: by its topic, by what the message does, by its words."""
    labels = {choice.lower().replace(" ", "_").replace("-", "_"): choice for choice in choices}
    topical = dialogue.topic.names if dialogue.topic and dialogue.mood == "trouble" else ()
    wanted = ("finish", *topical, *_MOODS[dialogue.mood])
    spoken = (label for label in labels if label.replace("_", " ") in dialogue.now.lower())
    return next(
        (labels[label] for label in wanted if label in labels),
        labels[next(spoken, next(iter(labels)))],
    )
