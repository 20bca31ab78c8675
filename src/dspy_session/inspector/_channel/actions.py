"""Answers to the requests that change something, or begin to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..._tree.amend import UNSET
from ..._tree.amendments import HAND
from .._changes.commands import Target
from .._desk import Desk
from .._protocol.long_actions import ReplayArgs, RerunArgs, RescoreArgs, SendArgs, StopArgs
from .._protocol.messages import (
    Acted,
    AnnotateArgs,
    EditArgs,
    ForkArgs,
    PruneArgs,
    RenameArgs,
    RevertArgs,
    ScoreArgs,
    StarArgs,
    Started,
)
from .._view.fields import parsed_inputs
from .._view.text import one_line


def target_of(args: Mapping[str, Any]) -> Target:
    """Return the turn or nested call that a request is meant for."""
    return Target(args["branch"], args["turn_id"], args["version"], args.get("call_id"))


def acted(desk: Desk, message: str, **more: Any) -> Acted:
    """Return the answer to an action that was done."""
    return Acted(revision=desk.conversation.revision, message=message, **more)


# --- amendments ----------------------------------------------------------------------------------


def edit(desk: Desk, args: EditArgs) -> Acted:
    """Set an output field to what was typed."""
    return acted(desk, desk.hand.edit_text(target_of(args), args["field"], args["text"]))


def revert(desk: Desk, args: RevertArgs) -> Acted:
    """Take an edit back."""
    return acted(desk, desk.hand.revert(target_of(args), [args["field"]]))


def score(desk: Desk, args: ScoreArgs) -> Acted:
    """Give a score by hand, or take it away."""
    message = desk.hand.score(
        target_of(args),
        args["value"],
        name=args.get("name", HAND),
        feedback=args.get("feedback", UNSET),
    )
    return acted(desk, message)


def annotate(desk: Desk, args: AnnotateArgs) -> Acted:
    """Set label, note or exclusion."""
    asked = cast("Mapping[str, Any]", args)
    changes = {name: asked[name] for name in ("label", "note", "excluded") if name in asked}
    return acted(desk, desk.hand.mark(target_of(args), changes))


# --- branches ------------------------------------------------------------------------------------


def fork(desk: Desk, args: ForkArgs) -> Acted:
    """Make a branch and go there."""
    new = desk.hand.fork(args["branch"], args["turn_id"], args.get("name"))
    message = f"{new.name!r} is there, with {len(new.log) - new.log.first} turns"
    return acted(desk, message, branch=new.key)


def rename(desk: Desk, args: RenameArgs) -> Acted:
    """Give a branch another name."""
    branch = desk.hand.rename(args["branch"], args["name"])
    return acted(desk, f"This branch is called {branch.name!r} now")


def star(desk: Desk, args: StarArgs) -> Acted:
    """Star a branch, or take its star away."""
    return acted(desk, desk.hand.star(args["branch"], starred=args["starred"]))


def prune(desk: Desk, args: PruneArgs) -> Acted:
    """Take a branch away and go to the one it came from."""
    message, instead = desk.hand.prune(args["branch"])
    return acted(desk, message, branch=instead)


def undo(desk: Desk, _args: Any) -> Acted:
    """Take the last change back."""
    return acted(desk, f"Undid: {desk.hand.undo()}")


def redo(desk: Desk, _args: Any) -> Acted:
    """Do the change again that was taken back last."""
    return acted(desk, f"Did again: {desk.hand.redo()}")


# --- long actions --------------------------------------------------------------------------------


def send(desk: Desk, args: SendArgs) -> Started:
    """Begin to say something on a branch."""
    key = desk.branch(args["branch"]).key
    inputs = parsed_inputs(args["inputs"], desk.source.fields().inputs)
    hand = desk.hand
    label = f"Send {one_line(next(iter(args['inputs'].values()), ''), 40)}"
    work = desk.start("send", label, key, lambda work: hand.send(key, inputs, work))
    return Started(job=work.view)


def rerun(desk: Desk, args: RerunArgs) -> Started:
    """Begin to run a turn again, on a new branch."""
    branch = desk.branch(args["branch"])
    position = branch.position(args["turn_id"])
    changed = parsed_inputs(args.get("inputs", {}), desk.source.fields().inputs)
    hand, turn_id = desk.hand, args["turn_id"]
    work = desk.start(
        "rerun",
        f"Run turn {position} again",
        branch.key,
        lambda work: hand.rerun(branch.key, turn_id, changed, work),
    )
    return Started(job=work.view)


def rescore(desk: Desk, args: RescoreArgs) -> Started:
    """Begin to score every turn of a branch."""
    branch = desk.branch(args["branch"])
    metric = desk.metric(args["metric"])
    hand = desk.hand
    work = desk.start(
        "rescore",
        f"Score {branch.name} by {args['metric']}",
        branch.key,
        lambda work: hand.rescore(branch.key, metric, work),
    )
    return Started(job=work.view)


def replay(desk: Desk, args: ReplayArgs) -> Started:
    """Begin to ask every input of a branch again, on a new branch."""
    branch = desk.branch(args["branch"])
    hand, name = desk.hand, args.get("name")
    work = desk.start(
        "replay",
        f"Replay {branch.name}",
        branch.key,
        lambda work: hand.replay(branch.key, name, work),
    )
    return Started(job=work.view)


def stop(desk: Desk, args: StopArgs) -> Acted:
    """Ask a job to stop."""
    work = desk.jobs.stop(args["job"])
    return acted(desk, stopping(work.view["kind"]))


def stopping(kind: str) -> str:
    """Return what a job that was asked to stop will do."""
    if kind == "rescore":
        return "Stopping after the turn that is being scored"
    if kind == "replay":
        return "Stopping with the turn that is being asked again"
    return "Stopping: the answer that is on its way will be discarded"
