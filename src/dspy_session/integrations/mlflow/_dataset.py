"""Examples as an MLflow evaluation dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlflow.genai import datasets

from ..._as_text import as_plain
from ..._session import Session
from ...errors import ArgumentTypeError


def to_dataset(
    sessions: Session | Iterable[Session],
    *,
    name: str,
    tags: Mapping[str, str] | None = None,
    **options: Any,
) -> Any:
    """Put the examples of conversations into an evaluation dataset, made when there is none.

    A record has the turn's inputs and the history it saw (under the session's history field, a
    list of messages) as ``inputs``, and its outputs, as edited, as ``expectations``. Records with
    equal inputs are one; writing again updates it.

    Args:
        sessions: One conversation, or several.
        name: The dataset's name.
        tags: Tags for a new dataset.
        options: The arguments of ``Session.to_examples``, e.g. ``min_score``.

    Returns:
        The ``mlflow.genai.datasets.EvaluationDataset``.

    Raises:
        ArgumentTypeError: Something among them is no session.
        mlflow.exceptions.MlflowException: The tracking store keeps no datasets (a folder does not;
            SQLite and servers do).
    """
    several = [sessions] if isinstance(sessions, Session) else list(sessions)
    for one in several:
        if not isinstance(one, Session):
            msg = f"a dataset is made of sessions, got {type(one).__name__}"
            raise ArgumentTypeError(msg)
    records = [record for one in several for record in _records(one, options)]
    dataset = _named(name) or datasets.create_dataset(name=name, tags=dict(tags or {}))
    dataset.merge_records(records)
    return dataset


def _records(session: Session, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for example in session.to_examples(**options):
        inputs, labels = example.inputs(), example.labels()
        given = {name: _value(value) for name, value in inputs.items()}
        records.append(
            {
                "inputs": given,
                "expectations": {name: _value(value) for name, value in labels.items()},
                "tags": {"program": session.program_name},
            }
        )
    return records


def _value(value: Any) -> Any:
    messages = getattr(value, "messages", None)
    return as_plain(messages if messages is not None else value)


def _named(name: str) -> Any:
    found = datasets.search_datasets(filter_string=f"name = '{name.replace(chr(39), chr(39) * 2)}'")
    return next((one for one in found if one.name == name), None)
