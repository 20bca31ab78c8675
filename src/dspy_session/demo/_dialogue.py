"""Answers one customer from what was said before: facts remembered, steps not yet taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ._tidepool import ESCALATION, Step, Topic, topic_named, topic_of

_FACTS = {
    "name": re.compile(
        r"\b(?:[Mm]y name is|[Nn]ame is|[Nn]ame:|[Cc]all me|called|[Tt]his is|I am|I'm)"
        r" ([A-Z][a-zà-ÿ]+)\b"
    ),
    "email": re.compile(r"([\w.+-]+@[\w-]+\.[\w.-]*\w)"),
    "plan": re.compile(r"\b([Ff]ree|[Tt]eam|[Pp]ro|[Bb]usiness|[Ee]nterprise) plan\b"),
    "device": re.compile(r"\b(iPhone|iPad|Android|Mac|Windows|Linux|Safari|Chrome|Firefox)\b"),
    "invoice": re.compile(r"(?:\b[Ii]nvoice (?:number )?|#)#?([A-Z]*-?\d{3,})"),
}
_DEFAULTS = {"email": "you", "device": "device", "invoice": "you mean"}
_RECALLED = {
    "name": r"my name|who am i",
    "email": r"my (?:e-?mail|address)",
    "plan": r"(?:my|which) plan",
    "device": r"(?:my|which) device",
    "invoice": r"(?:my|which) invoice",
}
_ASKS_TRIED = re.compile(r"what (?:have|did|has) (?:i|we) .*tr(?:y|ied)|tried so far", re.I)
_ASKS_STORY = re.compile(
    r"what (?:did|have) i (?:say|said|tell|told|ask)|what (?:is|was) my (?:problem|issue|question)"
    r"|summar(?:y|i[sz]e)|remind me|do you remember",
    re.I,
)
_CLOSES = re.compile(
    r"\bthank|\bsolved\b|(?:it|that|now) work(?:s|ed)\b|\bperfect\b|found it", re.I
)
_GREETS = re.compile(r"^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening))\b", re.I)
_YOUR = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "i'm": "you are", "i've": "you have",
    "i'll": "you will", "i'd": "you would", "am": "are", "myself": "yourself",
}  # fmt: skip


@dataclass(frozen=True)
class Dialogue:
    """What was said, oldest first. The last of ``messages`` waits for its answer.

    ``notes`` is whatever else the prompt told: a memory text, an intent found by another predictor.
    ``variant`` picks another wording of the same answer.
    """

    messages: Sequence[str]
    replies: Sequence[str] = ()
    notes: Sequence[str] = ()
    variant: int = 0

    @cached_property
    def facts(self) -> dict[str, str]:
        """What the customer told about themselves; the latest word counts."""
        return {
            name: found[-1]
            for name, pattern in _FACTS.items()
            if (found := pattern.findall("\n".join([*self.notes, *self.messages])))
        }

    @property
    def now(self) -> str:
        """The message to answer."""
        return self.messages[-1]

    @cached_property
    def topic(self) -> Topic | None:
        """What this is about: the latest topic mentioned, else what the notes say."""
        spoken = (topic_of(message) for message in reversed(self.messages))
        noted = (topic_named(note) or topic_of(note) for note in self.notes)
        return next((topic for topic in (*spoken, *noted) if topic), None)

    @cached_property
    def taken(self) -> list[Step]:
        """The topic's steps that were offered or tried already, in their order."""
        steps = (*self.topic.steps, ESCALATION) if self.topic else ()
        return [step for step in steps if self._is_taken(step)]

    @property
    def remedies(self) -> list[str]:
        """The names of the steps that were meant to help and were taken."""
        return [step.remedy for step in self.taken if step.remedy]

    def _is_taken(self, step: Step) -> bool:
        if step.fact:
            return step.fact in self.facts
        return any(map(step.offered, self.replies)) or any(map(step.done, self.messages))

    @property
    def mood(self) -> str:
        """What the message does: ``recall``, ``closing``, ``trouble``, ``greeting``, ``other``."""
        if self._recalled() is not None:
            return "recall"
        if _CLOSES.search(self.now) and self.replies:
            return "closing"
        if self.topic:
            return "trouble"
        introduced = bool(_FACTS["name"].search(self.now))
        return "greeting" if introduced or _GREETS.search(self.now) else "other"

    def reply(self) -> str:
        """The answer to the last message."""
        if self.mood == "trouble":
            return self._help()
        return {
            "recall": self._recalled,
            "closing": self._close,
            "greeting": self._greet,
            "other": self._ask,
        }[self.mood]() or ""

    def thought(self) -> str:
        """One line of reasoning towards the answer."""
        about = f"about {self.topic.label}" if self.topic else "about nothing I have steps for"
        tried = _listed(self.remedies) or "nothing"
        return f"Message {len(self.messages)} is {about}; so far we tried {tried}."

    def story(self) -> str:
        """What the customer told, message by message, seen from our side."""
        told = (your(m) for m in self.messages if "?" not in m or topic_of(m))
        return "; then ".join(t for t in told if " " in t) or "nothing yet"

    def _recalled(self) -> str | None:
        asked = self.now.lower()
        if not re.search(r"\?|^(?:tell|remind|summar|list)", asked):
            return None
        for fact, words in _RECALLED.items():
            if re.search(rf"(?:what|which|who|know|remember|tell).*(?:{words})|who am i", asked):
                return self._recall_fact(fact if "who am i" not in asked else "name")
        if _ASKS_TRIED.search(asked):
            tried = _listed(self.remedies)
            return f"So far we have tried {tried}." if tried else "We have not tried anything yet."
        if _ASKS_STORY.search(asked):
            earlier = Dialogue(self.messages[:-1]).story()
            return f"You told me: {earlier}." if self.messages[1:] else "This is where we began."
        return None

    def _recall_fact(self, fact: str) -> str:
        if fact not in self.facts:
            return f"You have not told me your {fact} yet."
        return self._pick(f"Your {fact} is {self.facts[fact]}.", f"It is {self.facts[fact]}.")

    def _help(self) -> str:
        steps = (*self.topic.steps, ESCALATION) if self.topic else ()
        step = next((step for step in steps if step not in self.taken), None)
        if step is None:
            return f"Your case is with the engineer{self._name()}. You will hear from us tomorrow."
        values = {**_DEFAULTS, **self.facts, "story": self.story()}
        return self._opening() + self._pick(*step.wordings).format_map(values)

    def _opening(self) -> str:
        told = {name for name, pattern in _FACTS.items() if pattern.search(self.now)}
        if "name" in told:
            return f"Hi {self.facts['name']}! "
        asked = {step.fact for step in self.topic.steps} if self.topic else set[str]()
        if told & asked:
            return self._pick("Thank you, I have noted that. ", "Thanks, that helps. ")
        if not self.remedies:
            return ""
        return self._pick(
            f"So {self.remedies[-1]} did not help{self._name()}. ",
            f"Then it was not {self.remedies[-1]}{self._name()}. ",
        )

    def _close(self) -> str:
        about = f" with {self.topic.label}" if self.topic else ""
        return self._pick(
            f"Glad I could help{about}{self._name()}! Write again any time.",
            f"You are welcome{self._name()}. Write again any time.",
        )

    def _greet(self) -> str:
        name = self.facts.get("name")
        hello = f"Hi {name}! Nice to meet you." if name else "Hello!"
        return f"{hello} {self._pick('How can I help you today?', 'What can I do for you?')}"

    def _ask(self) -> str:
        quote = self.now.strip().splitlines()[0][:60] if self.now.strip() else ""
        return self._pick(
            f"Could you tell me more about “{quote}”{self._name()}? I know about signing in, "
            "billing, syncing and exporting.",
            f"I am not sure what you mean by “{quote}”{self._name()}. Is it about signing in, "
            "billing, syncing or exporting?",
        )

    def _name(self) -> str:
        return f", {self.facts['name']}" if "name" in self.facts else ""

    def _pick(self, *wordings: str) -> str:
        return wordings[self.variant % len(wordings)]


def your(message: str) -> str:
    """A message as we tell it back: *Hi! I can't log in.* becomes *you can't log in*."""
    sentences = re.split(r"(?<=[.!?])\s+", message.strip().replace("’", "'"))
    kept = [s for s in sentences if not (_GREETS.search(s) or _FACTS["name"].search(s))]
    words = ", ".join(s.rstrip(".!?") for s in kept).split()
    told = " ".join(_YOUR.get(word.lower(), word) for word in words)
    return told[:1].lower() + told[1:]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
