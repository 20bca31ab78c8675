"""Files of the first package of this name still open."""

from __future__ import annotations

import pytest
from support.trees import through_a_file

from dspy_session._files.document import conversation_from, document_of
from dspy_session.errors import FileFormatError

SEEDED = {
    "version": 2,
    "history_field": "history",
    "max_turns": 2,
    "max_stored_turns": None,
    "copy_mode": "deep",
    "exclude_fields": ["history", "context"],
    "history_input_fields": None,
    "history_policy": "override",
    "turns": [
        {
            "index": number,
            "inputs": {"message": f"m{number}", "context": "long"},
            "outputs": {"response": f"r{number}"},
            "score": None if number else 0.5,
        }
        for number in range(4)
    ],
    "initial_history": {"messages": [{"message": "seed", "response": "seeded"}]},
}


def test_version_2_is_read_with_the_snapshots_its_settings_imply():
    conversation, key, config = conversation_from(through_a_file(SEEDED), {})
    branch = conversation[key]
    assert [dict(record.inputs) for record in branch.log] == [
        turn["inputs"] for turn in SEEDED["turns"]
    ]
    seen = [branch.messages_seen(branch.log[i], i) for i in range(4)]
    said = [{"message": f"m{n}", "response": f"r{n}"} for n in range(4)]
    seed = {"message": "seed", "response": "seeded"}
    assert seen == [[seed], [seed, said[0]], said[:2], said[1:3]]
    assert branch.mark(branch.log[0]).score.value == 0.5
    assert branch.mark(branch.log[1]).score is None
    assert config["max_turns"] == 2
    assert config["exclude_fields"] == {"history", "context"}
    assert conversation_from(document_of(conversation, key, config), {})[2] == config


def test_version_1_called_the_allow_list_by_another_name():
    old = {key: value for key, value in SEEDED.items() if key != "history_input_fields"}
    for version in ({"version": 1}, {}):
        document = {**old, "input_field_override": ["message"], "max_turns": None, **version}
        if not version:
            del document["version"]
        conversation, key, config = conversation_from(document, {})
        branch = conversation[key]
        assert config["history_input_fields"] == {"message"}
        assert branch.messages_seen(branch.log[1], 1)[1] == {"message": "m0", "response": "r0"}


def test_what_the_user_said_in_an_old_file_is_no_tag():
    turn = {"index": 0, "inputs": {"q": {"$type": "set", "items": []}}, "outputs": {}}
    conversation, key, _ = conversation_from({"version": 2, "turns": [turn]}, {})
    assert conversation[key].log[0].inputs == turn["inputs"]


@pytest.mark.parametrize(
    "damage",
    [
        {"turns": {}},
        {"turns": [1]},
        {"turns": [{"inputs": {}}]},
        {"turns": [{"inputs": {}, "outputs": [], "score": None}]},
        {"turns": [{"inputs": {}, "outputs": {}, "score": "high"}]},
        {"max_turns": "2"},
        {"max_turns": -1},
        {"exclude_fields": "context"},
        {"exclude_fields": [1]},
        {"initial_history": []},
        {"initial_history": {"messages": ["hi"]}},
        {"history_field": 3},
    ],
)
def test_a_damaged_old_file_is_refused(damage):
    with pytest.raises(FileFormatError, match=r"old\.json \(format version 2\)"):
        conversation_from({**SEEDED, **damage}, {}, "old.json")
