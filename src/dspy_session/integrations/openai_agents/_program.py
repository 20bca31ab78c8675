"""An agent of the SDK as a DSPy program, so that a session can hold its conversation."""

from __future__ import annotations

from typing import Any

import agents
import dspy
from dspy.signatures.signature import make_signature

from ..._calls.finished import finished
from ..._calls.frame import Frame, current_frame
from ...errors import ArgumentError, ArgumentTypeError
from ...session_memory import Item
from ._turns import ASSISTANT, USER, answer_of, asking_items, events_of, items_in, message_items


class AgentProgram(dspy.Module):
    """An agent of the SDK that is called like a DSPy program: ``user`` in, ``assistant`` out.

    It is what a session over an agent's conversation wraps: with it the inspector can run a turn
    again, and ``replay`` can try another agent.

    Args:
        agent: The agent; None: it can be looked at, and not be called.
        run_config: The SDK's settings of a run.

    Raises:
        ArgumentTypeError: It is no agent.
    """

    signature = make_signature(
        {
            USER: (str, dspy.InputField()),
            ASSISTANT: (str, dspy.OutputField()),
        },
        "A turn of an agent.",
    )

    def __init__(
        self,
        agent: agents.Agent[Any] | None = None,
        run_config: agents.RunConfig | None = None,
    ) -> None:
        super().__init__()
        if agent is not None and not isinstance(agent, agents.Agent):
            msg = f"the agent is an agents.Agent, got {type(agent).__name__}"
            raise ArgumentTypeError(msg)
        self.agent, self.run_config = agent, run_config

    def forward(self, user: Any, history: dspy.History | None = None) -> dspy.Prediction:
        """Run the agent; see :meth:`aforward`."""
        return finished(self.aforward(user, history))

    async def aforward(self, user: Any, history: dspy.History | None = None) -> dspy.Prediction:
        """Run the agent on what was said so far and what is asked now.

        Raises:
            ArgumentError: There is no agent.
        """
        if self.agent is None:
            msg = (
                "there is no agent to ask: open the conversation with one, "
                "AgentsSession(…, agent=agent), or run it with Runner.run(agent, …, session=…)"
            )
            raise ArgumentError(msg)
        frame = current_frame()
        before = _before(frame, history)
        options: dict[str, Any] = {}
        if self.run_config is not None:
            options["run_config"] = self.run_config
        given: Any = [*before, *asking_items(user)]
        result = await agents.Runner.run(self.agent, given, **options)
        done: Any = result.to_input_list()[len(given) :]
        if frame is not None:
            frame.leave_events(events_of(done))
        return dspy.Prediction(**{ASSISTANT: answer_of(done) or str(result.final_output)})


def _before(frame: Frame | None, history: dspy.History | None) -> list[Item]:
    """Return the items of the conversation so far, exactly where they are known."""
    messages = history.messages if history is not None else []
    if frame is not None and frame.seen.window.given is None:
        window = frame.seen.window
        if not window.fields.names:  # the conversation is the agent's own
            log = frame.branch.log.reaching_back_to(window.start)
            past = [item for message in window.seed for item in message_items(message)]
            for record in log.between(window.start, window.stop):
                past += items_in(frame.branch, record)
            return past
        messages = frame.seen.messages
    return [item for message in messages for item in message_items(message)]
