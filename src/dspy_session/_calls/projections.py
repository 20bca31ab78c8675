"""What code inside a call can ask about it: histories, memories, ledgers, and who runs.

For ``forward`` methods, tools and adapters. Outside a call all of it is empty.
"""

from __future__ import annotations

import dspy

from .._tree.record import ROOT
from .._tree.values import thawed
from .frame import RUNNING_KEY, Frame, Seen, current_frame
from .node_call import NodeCall
from .standing import Standing
from .transcript import records_text
from .walk import is_within


def get_current_history() -> dspy.History:
    """Return the history that the running node sees; empty outside a call.

    In a program's ``forward`` that is the conversation, in a nested module's its own ledger, in an
    adapter that of the predictor that asks. The messages are copies.
    """
    frame, running = current_frame(), _running()
    if frame is None:
        return _history(None)
    return _history(frame.seen if running is None else running.seen)


def get_outer_history() -> dspy.History:
    """Return the conversation as the running call of the program sees it; empty outside a call."""
    frame = current_frame()
    return _history(None if frame is None else frame.root.seen)


def get_node_memory() -> str:
    """Return the consolidated memory of the running node; "" outside a call.

    A node without one of its own reads that of the module it is part of, or the program's.
    """
    frame, running = current_frame(), _running()
    if frame is None:
        return ""
    return frame.standing.memory(frame.node if running is None else running.path)


def get_child_l1_ledger(path: str) -> str:
    """Return what a nested node has done so far, as text; "" outside a call or for unknown paths.

    Args:
        path: The node's path, such as ``planner`` or ``steps[0]``. That of a module stands for
            the one node in it; ``self`` for the program.

    Returns:
        Three lines a call: its number, its inputs and its outputs as JSON. Calls of the running
        turn are among them; those of ended episodes are not.
    """
    frame = current_frame()
    if frame is None:
        return ""
    if path == ROOT:
        log = frame.root.branch.log
    else:
        node = only_node(path, known_nodes(frame.standing))
        log = frame.standing.node(node or path).open
    return records_text(log.first, list(log), frame.root.branch.edits)


def get_execution_trace() -> str:
    """Return who has done how much, and who runs now, as text; "" outside a call.

    Returns:
        A line for the program and for each node: calls in its ledger and characters of memory;
        last the running nodes, outermost first.
    """
    frame = current_frame()
    if frame is None:
        return ""
    branch, standing = frame.root.branch, frame.standing
    kept = len(branch.log) - branch.log.first
    lines = [f"{ROOT}: turns={kept} l2_chars={len(branch.memory)}"]
    for path in known_nodes(standing):
        node = standing.node(path)
        turns = len(node.open) - node.open.first
        lines.append(f"{path}: turns={turns} l2_chars={len(node.memory)}")
    return "\n".join([*lines, f"active: {' > '.join(_active(frame))}"])


def known_nodes(standing: Standing) -> list[str]:
    """Return the paths of the nodes that have a policy, or that have done something."""
    named = [path for path, policy in standing.policies.nodes.items() if policy.enabled]
    return [path for path in dict.fromkeys([*named, *standing.now()]) if path != ROOT]


def only_node(path: str, known: list[str]) -> str | None:
    """Return a node's path; that of a module stands for the one node in it."""
    inside = [one for one in known if is_within(one, path)]
    return path if path in inside else inside[0] if len(inside) == 1 else None


def _active(frame: Frame) -> list[str]:
    running = _running()
    active = [] if running is None or running.path == frame.node else [running.path]
    around: Frame | None = frame
    while around is not None:
        active.insert(0, around.node)
        around = around.around
    return active


def _running() -> NodeCall | None:
    return dspy.settings.get(RUNNING_KEY)


def _history(seen: Seen | None) -> dspy.History:
    messages = [] if seen is None else [thawed(message) for message in seen.messages]
    return dspy.History(messages=messages)
