"""A model that needs neither key nor network, and a program to hold a conversation with.

The model plays the support desk of Tidepool, a fictional planning app. It knows nothing but the
prompt: what it remembers is what the history told it.
"""

from ._lm import demo_lm
from ._programs import (
    DOUBLE_CHARGE,
    LOGIN_TROUBLE,
    Support,
    SupportAgent,
    concise,
    helpful,
    helpful_with_feedback,
)

__all__ = [
    "DOUBLE_CHARGE",
    "LOGIN_TROUBLE",
    "Support",
    "SupportAgent",
    "concise",
    "demo_lm",
    "helpful",
    "helpful_with_feedback",
]
