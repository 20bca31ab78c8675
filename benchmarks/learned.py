"""What optimizers learn: does it reach the prompts of the compiled session?

Run once per environment, prints one JSON object: optimizer to ``yes``, ``lost``, or the error.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import warnings

import dspy
from dspy.lm15 import Message, Response, TextPart, Usage

from dspy_session import sessionify

LEARNED = "Speak of the tides, always."
LABEL = "the label"
VALUES = {
    "answer": "an answer",
    "proposed_instruction": LEARNED,
    "proposed_prefix_for_output_field": "Answer:",
    "natural_language_rules": LEARNED,
    "observations": "COMPLETE",
    "summary": "questions",
    "program_description": "answers",
    "module_description": "answers",
    "discussion": "fine",
    "reasoning": "because",
    "new_instruction": LEARNED,
}


class Knowing:
    """An engine that fills in every field it is asked for, and keeps what led to the question."""

    def __init__(self):
        self.prompt = ""

    def __deepcopy__(self, memo):
        return self

    def complete(self, request):
        said = [str(request.system), *(m.text or "" for m in request.messages)]
        self.prompt = "\n".join(said[:-1])
        wanted = (request.messages[-1].text or "").rpartition("Respond with")[2]
        fields = {n: v for n, v in VALUES.items() if f"[[ ## {n} ## ]]" in wanted}
        if "`[[ ## module_advice ## ]]`" in wanted:
            names = [n for n in ("module.ask", "ask", "module", "self") if n in said[-1]]
            fields["module_advice"] = json.dumps(dict.fromkeys(names[:1], LEARNED))
        text = "\n\n".join(f"[[ ## {name} ## ]]\n{value}" for name, value in fields.items())
        if "JSON object" in wanted:  # as GEPA asks
            text = json.dumps({n: v for n, v in VALUES.items() if f"`{n}`" in wanted})
        return Response(
            id=None,
            model="knowing",
            message=Message.assistant([TextPart(f"{text}\n\n[[ ## completed ## ]]")]),
            finish_reason="stop",
            usage=Usage(input_tokens=1, output_tokens=1),
        )

    def close(self):
        pass


class Program(dspy.Module):
    """As users write them: a module with a predictor in it."""

    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")

    def forward(self, question):
        return self.ask(question=question)


ENGINE = Knowing()


def learned():
    """Whether a labelled demo or the better instructions stand in the last prompt.

    A turn that was said while trying would not do: the model never says a label.
    """
    return LEARNED in ENGINE.prompt or LABEL in ENGINE.prompt


def metric(example, prediction, trace=None, *more):
    return 1.0 if learned() else 0.5


def reflected(gold, pred, trace=None, pred_name=None, pred_trace=None):
    return dspy.Prediction(score=metric(gold, pred), feedback="speak of tides")


class Unsteady:
    """Equal tries score differently, which SIMBA learns from."""

    number = 0

    def __call__(self, example, prediction, trace=None):
        self.number += 1
        demos = 0.5 * ("train" in ENGINE.prompt)
        return metric(example, prediction) + demos - 0.4 * (self.number % 2)


def optimizers(lm):
    few = {"max_bootstrapped_demos": 0, "max_labeled_demos": 0}
    search = {"num_candidate_programs": 1, "max_labeled_demos": 2, "num_threads": 1}
    steps = {"bsize": 4, "num_candidates": 2, "max_steps": 2, "num_threads": 1}
    return {
        "LabeledFewShot": (lambda: dspy.LabeledFewShot(k=2), {}),
        "BootstrapFewShot": (
            lambda: dspy.BootstrapFewShot(
                metric=metric, max_bootstrapped_demos=0, max_labeled_demos=2
            ),
            {},
        ),
        "BootstrapFewShotWithRandomSearch": (
            lambda: dspy.BootstrapFewShotWithRandomSearch(metric=metric, **search),
            {},
        ),
        "COPRO": (
            lambda: dspy.COPRO(metric=metric, breadth=2, depth=1),
            {"eval_kwargs": {"num_threads": 1}},
        ),
        "MIPROv2": (
            lambda: dspy.MIPROv2(metric=metric, auto=None, num_candidates=2, num_threads=1, **few),
            {"num_trials": 3, "minibatch": False},
        ),
        "GEPA": (
            lambda: dspy.GEPA(
                metric=reflected, max_metric_calls=30, reflection_lm=lm, num_threads=1
            ),
            {},
        ),
        "SIMBA": (
            lambda: dspy.SIMBA(metric=Unsteady(), **steps),
            {},
        ),
        "InferRules": (
            lambda: dspy.InferRules(metric=metric, num_candidates=1, num_rules=2, num_threads=1),
            {},
        ),
    }


def outcome(make, options):
    session = sessionify(Program())
    for number in range(4):
        session(question=f"hello {number}")
    try:
        compiled = make().compile(session, trainset=examples(), **options)
        compiled.reset()  # what is left of the questions of the trainset are demos
        compiled(question="And now?")
    except Exception as problem:  # noqa: BLE001  # whatever it is, it goes into the table
        return f"{type(problem).__name__}: {problem}"[:60]
    reached = learned() or "train" in ENGINE.prompt
    before = len(session.turns)
    session(question="And now?")
    if len(session.turns) != before + 1 or before != 4:
        return f"{'yes' if reached else 'lost'}; the conversation has {before} turns, not 4"
    return "yes" if reached else "lost"


def examples():
    """Not from the conversation, so that its history does not pass for what was learned."""
    return [
        dspy.Example(question=f"train {n}", answer=LABEL).with_inputs("question") for n in range(4)
    ]


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    lm = dspy.LM("knowing/model", engine=ENGINE, cache=False)
    dspy.configure(lm=lm)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = {name: outcome(*one) for name, one in optimizers(lm).items()}
    json.dump(found, sys.stdout)


main()
