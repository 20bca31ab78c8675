"""Tables become conversations: a row a message, or a row a turn."""

from __future__ import annotations

import datetime

import dspy
import numpy as np
import pandas as pd
import pytest

from dspy_session import imports
from dspy_session.errors import ArgumentError, FileFormatError

TICKETS = """ticket,at,sender,text,channel
7,2,assistant,Which address?,web
7,1,user,I can't log in,web
8,1,user,"Twice, charged",mail
7,3,user,mia@reef.example,web
8,2,assistant,Sorry!,mail
"""
MESSAGES = {"conversation": "ticket", "order": "at", "role": "sender", "content": "text"}


def csv_file(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("utf-8"))
    return path


def test_a_row_a_message(tmp_path):
    imported = imports.read(csv_file(tmp_path, TICKETS), columns=MESSAGES)
    assert [one.id for one in imported] == ["7", "8"]
    first = imported[0]
    assert [(one["role"], one["content"]) for one in first.messages] == [
        ("user", "I can't log in"),
        ("assistant", "Which address?"),
        ("user", "mia@reef.example"),
    ]
    assert first.turns[0].inputs == {"question": "I can't log in"}
    assert first.metadata["messages"][0] == {"turn": 0, "role": "user", "channel": "web"}


def test_a_row_a_turn_with_what_was_added_to_it():
    frame = pd.DataFrame(
        {
            "thread": ["a", "a", "b"],
            "who": ["u1", "u1", "u2"],
            "q": ["one?", "two?", "three?"],
            "a": ["1", "zwei", "3"],
            "said": [None, "two", None],
            "stars": [np.float64(0.5), np.nan, 1],
            "tag": ["good", None, None],
            "lang": ["en", "de", "en"],
            "at": pd.to_datetime(["2026-01-01", "2026-01-02", None], utc=True),
        }
    )
    imported = imports.read(
        frame,
        columns={
            "conversation": "thread",
            "user": "who",
            "input.question": "q",
            "output.answer": "a",
            "recorded.answer": "said",
            "score.stars": "stars",
            "label": "tag",
            "created_at": "at",
        },
    )
    assert [(one.id, one.user_id, len(one.turns)) for one in imported] == [
        ("a", "u1", 2),
        ("b", "u2", 1),
    ]
    session = imported[0].session(dspy.Predict("question -> answer"))
    first, second = session.turns
    assert (first.score, first.label, second.score) == (0.5, "good", None)
    assert first.created_at == datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    assert (second.recorded, second.outputs) == ({"answer": "two"}, {"answer": "zwei"})
    assert imported[0].metadata == {"rows": [{"turn": 0, "lang": "en"}, {"turn": 1, "lang": "de"}]}


def test_bad_rows_are_named_and_the_rest_is_read(tmp_path):
    text = (
        "conversation,role,content\n1,user,hi\n1,assistant\n,user,x\n1,,x\n1,assistant,\n"
        '1,"as"sistant,x\n1,assistant,hello\n'
    )
    imported = imports.read(csv_file(tmp_path, text))
    assert [str(one) for one in imported.problems] == [
        "row 1: it has 2 cells for 3 columns",
        "row 2: the column 'conversation' is empty",
        "row 5: this is no CSV: ',' expected after '\"'",
        "row 3: the role is empty",
        "row 4: the content is empty",
    ]
    assert imported[0].turns[0].outputs == {"answer": "hello"}


def test_bad_turns_are_named_too():
    rows = pd.DataFrame(
        {
            "input.question": ["a", "", "c", "d"],
            "output.answer": ["1", "", "3", "4"],
            "score": [1, 1, "much", None],
            "created_at": [None, None, None, "yesterday"],
        }
    )
    imported = imports.read(rows)
    assert [str(one) for one in imported.problems] == [
        "row 1: it has neither input nor output",
        "row 2: the score 'hand' is no number: 'much'",
        "row 3: created_at is no time: 'yesterday'",
    ]
    (chat,) = imported
    assert chat.state().turns[0].scores == {"hand": 1.0}


def test_columns_that_say_nothing_are_an_error_that_shows_how_to_say_it(tmp_path):
    path = csv_file(tmp_path, TICKETS)
    with pytest.raises(ArgumentError, match=r"no column tells what was said.*'ticket', 'at'"):
        imports.read(path)
    with pytest.raises(ArgumentError, match=r"columns\['role'\] is 'speaker', but the columns"):
        imports.read(path, columns={**MESSAGES, "role": "speaker"})
    with pytest.raises(ArgumentError, match="there is no 'speaker'"):
        imports.read(path, columns={**MESSAGES, "speaker": "sender"})
    with pytest.raises(FileFormatError, match="two columns 'a'"):
        imports.read(csv_file(tmp_path, "a,a\n1,2\n"))
    with pytest.raises(FileFormatError, match="is empty"):
        imports.read(csv_file(tmp_path, ""))
    path.write_bytes(b"a,b\n\xff,1\n")
    with pytest.raises(FileFormatError, match="no UTF-8"):
        imports.read(path)


def test_cells_may_hold_line_ends_and_much_text(tmp_path):
    long = "x" * 300_000
    text = f'role,content\r\nuser,"one\r\ntwo"\r\nassistant,{long}\u2028y\r\n'
    (chat,) = imports.read(csv_file(tmp_path, text))
    assert chat.turns[0].inputs == {"question": "one\r\ntwo"}
    assert chat.turns[0].outputs == {"answer": f"{long}\u2028y"}
