"""What the support desk of Tidepool, a fictional planning app, knows: topics and what to try."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to ask or to try.

    ``mark`` are words that every wording holds, so that a transcript shows whether the step was
    offered; ``remedy`` is how a later reply refers back to it, for steps meant to help; ``fact``
    names the fact that a step asks for; ``tried`` finds a customer's word that it was done already.
    """

    mark: str
    wordings: tuple[str, ...]
    remedy: str = ""
    fact: str = ""
    tried: str = ""

    def offered(self, reply: str) -> bool:
        """Whether this reply of ours proposed the step."""
        return self.mark.lower() in reply.lower()

    def done(self, message: str) -> bool:
        """Whether the customer says, in this message, to have done it."""
        return bool(self.tried) and re.search(self.tried, message, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of trouble: the words that betray it, and the steps against it in order."""

    label: str
    words: str
    names: tuple[str, ...]
    steps: tuple[Step, ...]


ESCALATION = Step(
    "an engineer",
    (
        "I am handing this to an engineer, together with what you told me: {story}.",
        "This needs an engineer. I am passing on what you told me: {story}.",
    ),
)

TOPICS = (
    Topic(
        "billing",
        r"charged?\b|invoice|refund|bill(?:ed|ing)?\b|payment|pric(?:e|ing)|money",
        ("billing", "payment", "invoice", "refund", "money"),
        (
            Step(
                "invoice number",
                (
                    "Which invoice number is it? It stands at the top of the PDF.",
                    "Please tell me the invoice number; it stands at the top of the PDF.",
                ),
                fact="invoice",
            ),
            Step(
                "was charged twice",
                (
                    "I have found it: invoice {invoice} was charged twice. Shall I refund one?",
                    "Invoice {invoice} was charged twice, I see it here. Do you want one back?",
                ),
            ),
            Step(
                "refund is on its way",
                (
                    "Done, the refund is on its way. It takes three to five working days.",
                    "Your refund is on its way and takes three to five working days.",
                ),
            ),
        ),
    ),
    Topic(
        "signing in",
        r"log(?:ged|ging)? ?in\b|sign(?:ed|ing)?[ -]in\b|login|password|locked out|reset|\bspam\b",
        ("access", "login", "log_in", "sign_in", "account", "auth", "technical", "support"),
        (
            Step(
                "email address",
                (
                    "Which email address do you use for Tidepool? I will look at that account.",
                    "I can help with that. What is the email address of your account?",
                ),
                fact="email",
            ),
            Step(
                "reset link",
                (
                    "Please open the reset link on the sign-in page; it works for 30 minutes.",
                    "Try the reset link under the sign-in button; it works for 30 minutes.",
                ),
                remedy="the reset link",
                tried=r"reset",
            ),
            Step(
                "spam folder",
                (
                    "Please look in your spam folder for a mail from help@tidepool.example.",
                    "Check the spam folder, please: our mails come from help@tidepool.example.",
                ),
                remedy="the spam folder",
                tried=r"\bspam\b|\bjunk\b",
            ),
            Step(
                "sent a new mail",
                (
                    "I have just sent a new mail to {email}, through another mail server.",
                    "I have sent a new mail to {email}; it takes another route this time.",
                ),
                remedy="a second mail",
            ),
        ),
    ),
    Topic(
        "syncing",
        r"\bsync|not? updat|out of date|missing (?:tasks|changes)|offline",
        ("sync", "technical", "bug", "support", "problem"),
        (
            Step(
                "which device",
                (
                    "On which device does it happen?",
                    "Tell me first, please: which device shows the old data?",
                ),
                fact="device",
            ),
            Step(
                "sign out",
                (
                    "Please sign out on your {device} and sign in again; that starts a full sync.",
                    "Try this on your {device}: sign out, then sign in again. All data syncs anew.",
                ),
                remedy="signing out",
                tried=r"(?:sign|logg?)(?:ed|ing)? ?out",
            ),
            Step(
                "clear the cache",
                (
                    "Please clear the cache on your {device}, under Storage in the settings.",
                    "Next, clear the cache on your {device}; the settings have it under Storage.",
                ),
                remedy="the cache",
                tried=r"\bcache|re-?install",
            ),
        ),
    ),
    Topic(
        "exporting",
        r"\bexport|\bcsv\b|download|back ?up",
        ("export", "data", "how_to", "howto", "question", "technical"),
        (
            Step(
                "Settings, Data, Export",
                (
                    "Open Settings, Data, Export and choose CSV. The file comes by mail.",
                    "You find it under Settings, Data, Export; the file comes by mail.",
                ),
                remedy="the export page",
                tried=r"settings",
            ),
            Step(
                "one project at a time",
                (
                    "Please export one project at a time; large workspaces can time out.",
                    "Try one project at a time: large workspaces can time out.",
                ),
                remedy="single projects",
                tried=r"one by one|one project",
            ),
        ),
    ),
)


def topic_of(text: str) -> Topic | None:
    """The topic a text is about, or ``None``."""
    return next((t for t in TOPICS if re.search(t.words, text, re.IGNORECASE)), None)


def topic_named(text: str) -> Topic | None:
    """The topic that an intent label such as ``billing`` stands for, or ``None``."""
    return next((t for t in TOPICS if text.strip().lower() in t.names), None)
