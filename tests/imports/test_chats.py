"""Chat files of every usual shape become conversations; bad rows are named and the rest is read."""

from __future__ import annotations

import json

import dspy
import pytest
from support.scripted import scripted_lm

from dspy_session import imports
from dspy_session.errors import ArgumentError, ArgumentTypeError, FileFormatError

TALK = [
    {"role": "user", "content": "Where is Oslo?"},
    {"role": "assistant", "content": "In Norway."},
    {"role": "user", "content": "And Bergen?"},
    {"role": "assistant", "content": "There too."},
]
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def written(tmp_path, *rows, name="chats.jsonl"):
    path = tmp_path / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def said(conversation):
    return [(dict(turn.inputs), dict(turn.outputs)) for turn in conversation.turns]


def role_and_content(conversation):
    return [(one["role"], one["content"]) for one in conversation.messages]


# --- shapes --------------------------------------------------------------------------------------


def test_openai_messages_become_turns():
    (chat,) = imports.read([{"messages": TALK}])
    assert said(chat) == [
        ({"question": "Where is Oslo?"}, {"answer": "In Norway."}),
        ({"question": "And Bergen?"}, {"answer": "There too."}),
    ]
    assert chat.metadata == {}
    assert list(chat.messages) == TALK


def test_a_program_goes_on_with_an_imported_conversation():
    (chat,) = imports.read([{"messages": TALK}])
    session = chat.session(dspy.Predict("question -> answer"))
    lm = scripted_lm({"answer": "A city."})
    session.set_lm(lm)
    assert session(question="What is it?").answer == "A city."
    sent = [one["content"] for one in lm.calls[0].turns]
    assert ["Where is Oslo?" in sent[0], "In Norway." in sent[1]] == [True, True]
    assert [turn.source for turn in session.turns] == ["import", "import", "call"]
    assert session.turns[1].history_snapshot.messages == [
        {"question": "Where is Oslo?", "answer": "In Norway."}
    ]


def test_system_texts_tool_calls_and_unanswered_questions_are_kept_beside_the_turns():
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "First"},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "assistant", "content": "Sunny."},
        {"role": "assistant", "content": "Anything else?"},
        {"role": "user", "content": "No."},
    ]
    (chat,) = imports.read([{"messages": messages, "tools": [{"type": "function"}]}])
    assert said(chat) == [
        ({"question": "Weather?"}, {"answer": "Sunny."}),
        ({}, {"answer": "Anything else?"}),
    ]
    assert list(chat.messages) == messages
    assert chat.metadata == {"tools": [{"type": "function"}]}


def test_what_is_more_than_text_is_in_the_metadata():
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
    ]
    messages = [
        {"role": "user", "content": parts, "name": "mia"},
        {"role": "assistant", "content": "A fish.", "refusal": None, "weight": 0},
    ]
    (chat,) = imports.read([{"messages": messages, "id": "t-9"}])
    assert said(chat) == [({"question": "What is this?"}, {"answer": "A fish."})]
    assert chat.turns[0].excluded
    assert chat.id == "t-9"
    assert chat.metadata["messages"] == [
        {"turn": 0, "role": "user", "name": "mia", "content": parts}
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": TALK[:3], "chosen": [TALK[3]], "rejected": [{**TALK[3], "content": "No."}]},
        {"chosen": TALK, "rejected": [*TALK[:3], {**TALK[3], "content": "No."}]},
        {
            "input": {"messages": TALK[:3]},
            "preferred_output": [TALK[3]],
            "non_preferred_output": [{**TALK[3], "content": "No."}],
        },
    ],
    ids=["trl", "trl, prompt within", "openai"],
)
def test_a_preference_is_a_recorded_answer_and_its_correction(row):
    (chat,) = imports.read([row])
    session = chat.session(dspy.Predict("question -> answer"))
    assert session.turns[1].recorded == {"answer": "No."}
    assert session.turns[1].outputs == {"answer": "There too."}
    assert session.to_preferences() == [
        {
            "prompt": TALK[:3],
            "chosen": [TALK[3]],
            "rejected": [{"role": "assistant", "content": "No."}],
        }
    ]


def test_trl_texts_and_labels():
    rows = [
        {"prompt": "The sky is", "completion": " blue.", "label": True},
        {"prompt": [{"role": "user", "content": "2+2?"}], "completion": TALK[3:], "label": False},
        {"prompt": "Hi", "chosen": "Hello!", "rejected": "What?"},
    ]
    first, second, third = imports.read(rows)
    assert said(first) == [({"question": "The sky is"}, {"answer": " blue."})]
    assert [one.turns[0].scores["label"][0] for one in (first, second)] == [1.0, 0.0]
    assert third.turns[0].outputs == {"answer": "What?"}
    assert third.turns[0].edits == {"answer": "Hello!"}


def test_sharegpt_speakers():
    row = {
        "id": "sg_0",
        "system": "Be brief.",
        "model": "x-1",
        "conversations": [
            {"from": "human", "value": "Hi"},
            {"from": "gpt", "value": "Hello"},
            {"from": "human", "value": "Look it up"},
            {"from": "function_call", "value": "{}"},
            {"from": "observation", "value": "found"},
            {"from": "gpt", "value": "Found."},
        ],
    }
    (chat,) = imports.read([row])
    assert said(chat) == [
        ({"question": "Hi"}, {"answer": "Hello"}),
        ({"question": "Look it up"}, {"answer": "Found."}),
    ]
    assert role_and_content(chat) == [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Look it up"),
        ("function_call", "{}"),
        ("tool", "found"),
        ("assistant", "Found."),
    ]
    assert (chat.id, chat.metadata) == ("sg_0", {"id": "sg_0", "model": "x-1"})


# --- files and bad rows --------------------------------------------------------------------------


def test_bad_rows_are_named_and_the_others_are_read(tmp_path):
    path = written(
        tmp_path,
        {"messages": TALK},
        "{not json",
        "[1, 2]",
        {"text": "a whole text"},
        {"messages": []},
        {"messages": [{"role": "user"}]},
        {"messages": [{"content": "x"}]},
        {"messages": "hello"},
        {"messages": [{"role": "user", "content": 3}]},
        {"conversations": [{"from": "human", "value": None}]},
        '{"messages": NaN}',
        {"prompt": "a", "chosen": [], "rejected": []},
        {"prompt": "a", "completion": "b", "label": "yes"},
        "",
        {"messages": TALK},
    )
    imported = imports.read(path)
    assert [one.where for one in imported] == ["line 1", "line 15"]
    told = [str(one) for one in imported.problems]
    assert [one.partition(":")[0] for one in told] == [f"line {n}" for n in range(2, 14)]
    for line, text in zip(
        told,
        [
            "no JSON",
            "a row is a JSON object, this is a list",
            "its keys are 'text'",
            "there is no message",
            "messages[0] has no 'content'",
            "messages[0] has no 'role'",
            "a list of messages, this is a text",
            "content is a text or a list of parts, this is int",
            "conversations[0] has no text",
            "NaN is no JSON",
            "a preference needs an assistant's answer on both sides",
            "'label' says true or false",
        ],
        strict=True,
    ):
        assert text in line
    assert repr(imported) == "Imported(2 conversations, 4 turns, 12 problems)"


def test_bytes_that_are_no_text_spoil_one_line_only(tmp_path):
    path = tmp_path / "chats.jsonl"
    good = json.dumps({"messages": TALK}, ensure_ascii=False).encode()
    path.write_bytes(b"\xef\xbb\xbf" + good + b'\r\n{"messages": "\xff"}\n' + good)
    imported = imports.read(path)
    assert (len(imported), [one.where for one in imported.problems]) == (2, ["line 2"])


def test_a_row_that_is_nested_beyond_reason_is_a_problem(tmp_path):
    path = written(tmp_path, "[" * 100_000, {"messages": TALK}, name="a.jsonl")
    path.write_text("{}\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert [one.where for one in imports.read(path).problems] == ["line 1", "line 2"]


def test_a_json_list_is_read_too(tmp_path):
    path = tmp_path / "chats.json"
    path.write_text(json.dumps([{"messages": TALK}, 3]), encoding="utf-8")
    imported = imports.read(path)
    assert (len(imported), [one.where for one in imported.problems]) == (1, ["row 1"])


def test_a_line_separator_inside_a_text_ends_no_row(tmp_path):
    row = {"messages": [{"role": "user", "content": "a\u2028b\x85c"}, TALK[1]]}
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    (chat,) = imports.read(path)
    assert chat.turns[0].inputs == {"question": "a\u2028b\x85c"}


def test_wrong_arguments_are_refused(tmp_path):
    path = written(tmp_path, {"messages": TALK})
    with pytest.raises(ArgumentError, match="no format 'chatml'; the formats are"):
        imports.read(path, "chatml")
    with pytest.raises(ArgumentError, match=r"suffix '\.xlsx' names no format"):
        imports.read(tmp_path / "book.xlsx")
    with pytest.raises(ArgumentError, match="columns is for tables"):
        imports.read(path, columns={"role": "a"})
    with pytest.raises(ArgumentError, match="input_field is a field name"):
        imports.read(path, input_field="my question")
    with pytest.raises(ArgumentTypeError, match="got int"):
        imports.read(3)
    with pytest.raises(FileFormatError, match="there is no file"):
        imports.read(tmp_path / "none.jsonl")


def test_a_named_format_is_the_only_one_that_counts(tmp_path):
    path = written(tmp_path, {"messages": TALK}, {"conversations": [{"from": "gpt", "value": "a"}]})
    imported = imports.read(path, "sharegpt")
    assert (len(imported), imported.problems[0].where) == (1, "line 1")


# --- what comes after ----------------------------------------------------------------------------


def test_fields_get_the_names_of_the_program():
    imported = imports.read([{"messages": TALK}])
    program = dspy.Predict("message -> reply")
    with pytest.raises(ArgumentError, match=r"renamed\(\{'question': 'message'\}\)"):
        imported.sessions(program)
    (session,) = imported.renamed({"question": "message", "answer": "reply"}).sessions(program)
    assert session.turns[0].outputs == {"reply": "In Norway."}
    (same,) = imports.read([{"messages": TALK}], input_field="message", output_field="reply")
    assert same.turns[0].inputs == session.turns[0].inputs


def test_beginnings_of_other_conversations_can_be_left_out():
    rows = [{"messages": TALK[:2]}, {"messages": TALK}, {"messages": TALK[2:]}]
    imported = imports.read(rows).without_beginnings()
    assert [one.where for one in imported] == ["row 1", "row 2"]


def test_hostile_text_stays_text():
    text = "<img src=x onerror=alert(1)> \u202e \x00 =SUM(A1) ../../etc '; DROP TABLE turns; --"
    (chat,) = imports.read([{"messages": [{"role": "user", "content": text}, TALK[1]]}])
    session = chat.session(dspy.Predict("question -> answer"))
    assert session.turns[0].inputs == {"question": text}
