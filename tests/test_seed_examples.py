"""The thirteen numbered examples of the published README, with a local model in place of theirs."""

# ruff: noqa: T201  # the examples print, and what they print was promised

from __future__ import annotations

import ast

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import Session, sessionify


@pytest.fixture
def model():
    """Configure DSPy with a scripted model, as the examples do with a remote one."""

    def configure(*answers):
        lm = scripted_lm(*answers)
        dspy.configure(lm=lm)
        return lm

    return configure


def printed(capsys):
    return capsys.readouterr().out.splitlines()


# --- 1. Multi-turn coding agent ------------------------------------------------------------------


def exec_code(code_str):
    """Execute arbitrary Python code string and return the result."""
    return ast.literal_eval(code_str)


def finish(call):
    """An agent that knows a name once it was told: it thinks, finishes, and answers."""
    told = any("My name is Max" in message["content"] for message in call.turns)
    said = "Your name is Max." if told else "Hi Max! Nice to meet you. How can I help you today?"
    return {
        "next_thought": "no tool needed",
        "next_tool_name": "finish",
        "next_tool_args": {},
        "reasoning": "it was said before",
        "assistant": said,
    }


def test_01_a_coding_agent_remembers_the_name(model, capsys):
    model(finish)
    agent_program = dspy.ReAct("user -> assistant", tools=[exec_code])
    chat = sessionify(agent_program)

    assert chat(user="Hi! My name is Max").assistant.startswith("Hi Max!")
    assert chat(user="What is my name?").assistant == "Your name is Max."
    hello = "Hi Max! Nice to meet you. How can I help you today?"
    first, second = chat.turns
    assert (first.index, first.inputs) == (0, {"user": "Hi! My name is Max"})
    assert first.outputs == {"assistant": hello}
    assert first.history_snapshot == dspy.History(messages=[])
    assert first.score is None
    assert (second.index, second.inputs) == (1, {"user": "What is my name?"})
    assert second.history_snapshot.messages == [{"user": "Hi! My name is Max", "assistant": hello}]
    assert repr(first) == (
        "Turn(index=0, inputs={'user': 'Hi! My name is Max'}, "
        f"outputs={{'assistant': '{hello}'}}, "
        "history_snapshot=History(messages=[]), score=None)"
    )
    print(chat.session_history)
    assert printed(capsys) == [
        "messages=["
        f"{{'user': 'Hi! My name is Max', 'assistant': '{hello}'}}, "
        "{'user': 'What is my name?', 'assistant': 'Your name is Max.'}]"
    ]
    assert "history" not in agent_program.signature.fields  # a copy was wrapped


# --- 2. Composed programs ------------------------------------------------------------------------


def test_02_a_composed_program_needs_no_change(model):
    lm = model({"travel_advice": "Book early."}, {"travel_advice": "Pack layers."})
    sig = dspy.Signature("question -> travel_advice")
    sig.instructions = "Give helpful and extremely brief travel advice."

    class TravelAgent(dspy.Module):
        def __init__(self):
            super().__init__()
            self.advisor = dspy.Predict(sig)

        def forward(self, question):
            return self.advisor(question=question).travel_advice

    travel = sessionify(TravelAgent())
    assert repr(travel) == "Session(TravelAgent, turns=0, history_field='history')"
    assert travel(question="I'm planning a 2-week trip to Japan in April.") == "Book early."
    assert travel(question="What should I pack for the weather?") == "Pack layers."
    assert travel.turns[0].outputs == {"output": "Book early."}
    assert travel.turns[1].history_snapshot.messages == [
        {"question": "I'm planning a 2-week trip to Japan in April.", "output": "Book early."}
    ]
    assert "Japan" in lm.calls[1].turns[0]["content"]
    assert "Book early." in lm.calls[1].turns[1]["content"]


# --- 3. RAG with exclude_fields ------------------------------------------------------------------


class RAGAnswer(dspy.Signature):
    """Answer the question using the provided context."""

    question: str = dspy.InputField()
    context: str = dspy.InputField(desc="Retrieved documents")
    answer: str = dspy.OutputField()


def ask_twice(session):
    session(question="What are Python decorators?", context="[PEP 318] A decorator is …")
    session(question="Can you show me a real-world example?", context="[RealPython] @login")


@pytest.mark.parametrize(
    "settings",
    [{"exclude_fields": {"context"}, "max_turns": 10}, {"history_input_fields": {"question"}}],
)
def test_03_excluded_fields_stay_out_of_the_history(model, capsys, settings):
    lm = model(lambda call: {"answer": "so"})
    session = sessionify(dspy.Predict(RAGAnswer), **settings)
    ask_twice(session)
    for msg in session.session_history.messages:
        print(msg.keys())
    print(session.turns[0].inputs.keys())
    assert printed(capsys) == [
        "dict_keys(['question', 'answer'])",
        "dict_keys(['question', 'answer'])",
        "dict_keys(['question', 'context'])",
    ]
    assert "PEP 318" not in str(lm.prompts[1])


# --- 4. Training data ----------------------------------------------------------------------------


class MathTutor(dspy.Signature):
    """You are a patient math tutor. Explain step by step."""

    question: str = dspy.InputField()
    explanation: str = dspy.OutputField()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_04_turns_become_training_data_and_reach_the_prompt(model, capsys):
    lm = model(lambda call: {"explanation": f"explained in call {len(lm.calls)}"})
    session = sessionify(dspy.Predict(MathTutor))
    session(question="What is a derivative?")
    session(question="Can you give me an example with f(x) = x²?")
    session(question="What about the chain rule?")
    session(question="Apply the chain rule to f(x) = sin(x²)")

    examples = session.to_examples()
    print(f"Generated {len(examples)} training examples")
    ex0, ex2 = examples[0], examples[2]
    print(f"  Input: {ex0.question}")
    print(f"  History length: {len(ex0.history.messages)}")
    print(f"  Label: {ex0.explanation[:60]}...")
    print(f"  Input: {ex2.question}")
    print(f"  History length: {len(ex2.history.messages)}")
    assert printed(capsys) == [
        "Generated 4 training examples",
        "  Input: What is a derivative?",
        "  History length: 0",
        "  Label: explained in call 1...",
        "  Input: What about the chain rule?",
        "  History length: 2",
    ]
    assert ex2.inputs().keys() == ["question", "history"]

    optimized = dspy.BootstrapFewShot().compile(session, trainset=examples)
    out = optimized(question="What's the derivative of x³?")
    assert out.explanation.startswith("explained in call")
    demos = optimized.named_predictors()[0][1].demos
    assert len(demos) == 4
    assert "What is a derivative?" in str(lm.prompts[-1])
    # The session that was compiled is as it was.
    assert len(session.turns) == 4
    assert session.named_predictors()[0][1].demos == []


# --- 5. Quality filtering ------------------------------------------------------------------------


class CodeHelp(dspy.Signature):
    """Help the user with their coding question. Include a code example."""

    question: str = dspy.InputField()
    answer: str = dspy.OutputField()


def has_code_example(example, pred, trace=None):
    """Score 1.0 if the answer contains a code block, 0.0 otherwise."""
    return 1.0 if "```" in pred.answer or "import " in pred.answer else 0.0


def test_05_metrics_filter_what_is_kept(model, capsys):
    model(lambda call: {"answer": "Hi!" if "Hello" in call.last else "```import csv```"})
    session = sessionify(dspy.Predict(CodeHelp))
    session(question="Hello")
    session(question="How do I read a CSV file in Python?")
    session(question="What if the file is really large?")
    session(question="How do I filter rows where age > 30?")

    good_examples = session.to_examples(metric=has_code_example, min_score=0.5)
    print(f"Kept {len(good_examples)} of {len(session.turns)} turns")
    strict_examples = session.to_examples(
        metric=has_code_example, min_score=0.5, strict_trajectory=True
    )
    print(f"Strict kept: {len(strict_examples)} turns")
    assert printed(capsys) == ["Kept 3 of 4 turns", "Strict kept: 0 turns"]


def test_05_sessions_merge_into_one_training_set(model, capsys):
    model(lambda call: {"answer": "so"})
    session_alice = sessionify(dspy.Predict(CodeHelp))
    session_alice(question="How do I sort a list?")
    session_alice(question="What about sorting by a custom key?")
    session_bob = sessionify(dspy.Predict(CodeHelp))
    session_bob(question="How do I connect to a Postgres database?")
    session_bob(question="How do I run a parameterized query?")

    trainset = Session.merge_examples(session_alice, session_bob)
    print(f"Total training examples: {len(trainset)}")
    assert printed(capsys) == ["Total training examples: 4"]


# --- 6. Save, load, resume -----------------------------------------------------------------------


class Therapist(dspy.Signature):
    """You are a supportive therapist. Be empathetic and ask follow-up questions."""

    message: str = dspy.InputField()
    response: str = dspy.OutputField()


def test_06_a_conversation_goes_on_after_saving_and_loading(model, capsys, tmp_path):
    lm = model(lambda call: {"response": f"I hear you ({len(call.turns)})."})
    session = sessionify(dspy.Predict(Therapist))
    session(message="I've been feeling overwhelmed at work lately.")
    session(message="My manager keeps adding tasks without checking my bandwidth.")
    session.save(str(tmp_path / "therapy_session.json"))
    print(f"Saved {len(session.turns)} turns to disk")

    fresh_module = dspy.Predict(Therapist)
    restored = Session.load_from(str(tmp_path / "therapy_session.json"), fresh_module)
    print(f"Restored {len(restored.turns)} turns")
    out = restored(message="I tried setting boundaries like you suggested.")
    print(out.response)
    assert printed(capsys) == [
        "Saved 2 turns to disk",
        "Restored 2 turns",
        "I hear you (4).",
    ]
    assert "overwhelmed" in lm.calls[-1].turns[0]["content"]


def test_06_seed_messages_are_seen_and_are_no_turns(model, capsys):
    lm = model({"response": "Good to hear."})
    seed = dspy.History(
        messages=[
            {"message": "I have anxiety.", "response": "That's very common..."},
            {"message": "I have a presentation.", "response": "Let's work on strategies..."},
        ]
    )
    session = sessionify(dspy.Predict(Therapist), initial_history=seed)
    session(message="I tried the breathing exercises. They helped a little.")
    print(len(session.turns))
    print(len(session.session_history.messages))
    assert printed(capsys) == ["1", "3"]
    assert len(lm.calls[0].turns) == 4


# --- 7. Forks ------------------------------------------------------------------------------------


class StoryWriter(dspy.Signature):
    """Continue the collaborative story."""

    prompt: str = dspy.InputField()
    continuation: str = dspy.OutputField()


def test_07_branches_are_independent(model, capsys):
    model(lambda call: {"continuation": f"and then… ({len(call.turns)})"})
    session = sessionify(dspy.Predict(StoryWriter))
    session(prompt="A detective arrives at an abandoned mansion on a rainy night.")
    session(prompt="She finds a locked room on the second floor.")
    branch_a = session.fork()
    branch_b = session.fork()
    branch_a(prompt="She picks the lock and finds a hidden laboratory.")
    branch_b(prompt="She hears footsteps coming from inside the room.")
    print(f"Original: {len(session.turns)} turns")
    print(f"Branch A: {len(branch_a.turns)} turns")
    print(f"Branch B: {len(branch_b.turns)} turns")
    assert printed(capsys) == [
        "Original: 2 turns",
        "Branch A: 3 turns",
        "Branch B: 3 turns",
    ]


# --- 8. Manual editing ---------------------------------------------------------------------------


class QA(dspy.Signature):
    question: str = dspy.InputField()
    answer: str = dspy.OutputField()


def test_08_turns_are_added_and_taken_back_by_hand(model, capsys):
    lm = model({"answer": "The capital of Germany is Berlin."})
    session = sessionify(dspy.Predict(QA))
    session.add_turn(
        inputs={"question": "What is the capital of France?"},
        outputs={"answer": "The capital of France is Paris."},
    )
    out = session(question="What about Germany?")
    print(out.answer)
    session.pop_turn()
    print(f"Turns after pop: {len(session.turns)}")
    session.undo(steps=1)
    print(f"Turns after undo: {len(session.turns)}")
    assert printed(capsys) == [
        "The capital of Germany is Berlin.",
        "Turns after pop: 1",
        "Turns after undo: 0",
    ]
    assert "is Paris" in lm.calls[0].turns[1]["content"]
