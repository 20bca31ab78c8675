"""A session's program as an MLflow model, with the conversation beside it."""

from __future__ import annotations

import importlib.metadata
import json
import math
import tempfile
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import dspy
import mlflow
from mlflow.artifacts import download_artifacts
from mlflow.pyfunc.model import PythonModel

from ..._as_text import as_plain
from ..._session import Session
from ...errors import ArgumentError, ArgumentTypeError

_PROGRAM, _CONVERSATION = "program", "conversation"


class SessionModel(PythonModel):  # type: ignore[misc]
    """The program behind MLflow's ``predict``: one row in, one dict of outputs out.

    A row holds the program's inputs, and, under the session's history field, the messages of the
    conversation so far (a list of dicts, or its JSON); without them the row begins a conversation.
    Nothing is remembered between rows: who calls keeps the conversation.
    """

    def __init__(self) -> None:
        self.session: Session | None = None

    def load_context(self, context: Any) -> None:
        """Load the program, once, when MLflow loads the model."""
        self.session = _loaded(Path(context.artifacts["session"])).stateless()

    def predict(  # pyright: ignore[reportIncompatibleMethodOverride]  # it has no annotation
        self,
        context: Any,  # noqa: ARG002  # MLflow's signature
        model_input: Any,
        params: Any = None,  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        """Answer each row.

        Raises:
            ArgumentError: A row's history is no list of messages.
        """
        if self.session is None:
            msg = "the model was not loaded; use mlflow.pyfunc.load_model(uri)"
            raise ArgumentError(msg)
        return [self._answer(self.session, row) for row in _rows(model_input)]

    @staticmethod
    def _answer(session: Session, row: Mapping[str, Any]) -> dict[str, Any]:
        inputs = {str(name): value for name, value in row.items()}
        past = _messages(inputs.pop(session.history_field, None), session.history_field)
        result = session(**inputs, **{session.history_field: dspy.History(messages=past)})
        return as_plain(session._program.outputs_of(result))


def save_model(session: Session, path: str | Path, **options: Any) -> None:
    """Write the program, its settings and the conversation as an MLflow model in a folder.

    Args:
        session: The session.
        path: A folder that is not there yet.
        options: Further arguments of ``mlflow.pyfunc.save_model``.

    Raises:
        ArgumentTypeError: It is no session.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = _arguments(session, Path(folder), options)
        mlflow.pyfunc.save_model(str(path), **arguments)


def log_model(session: Session, *, name: str, **options: Any) -> Any:
    """Log the program, its settings and the conversation as an MLflow model.

    Args:
        session: The session.
        name: The model's name.
        options: Further arguments of ``mlflow.pyfunc.log_model``, e.g. ``registered_model_name``.

    Returns:
        MLflow's ``ModelInfo``; its ``model_uri`` is what :func:`load_model` takes.

    Raises:
        ArgumentTypeError: It is no session.
    """
    with tempfile.TemporaryDirectory() as folder:
        return mlflow.pyfunc.log_model(name=name, **_arguments(session, Path(folder), options))


def load_model(uri: str) -> Session:
    """Return the session that was saved or logged: the program, the conversation, the settings.

    The program is unpickled, which runs code: load only models that you trust, as everywhere in
    MLflow.

    Args:
        uri: A model URI or a folder.

    Raises:
        ArgumentError: There is a model, and it holds no session.
    """
    folder = Path(download_artifacts(uri)) / "artifacts" / "session"
    if not (folder / _PROGRAM).exists():
        msg = f"the model {uri!r} holds no session; mlflow.pyfunc.load_model reads other models"
        raise ArgumentError(msg)
    return _loaded(folder)


def _arguments(session: object, folder: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(session, Session):
        msg = f"a Session is saved, got {type(session).__name__}; sessionify(program) makes one"
        raise ArgumentTypeError(msg)
    kept = folder / "session"
    kept.mkdir()
    program: Any = session.module.deepcopy()
    program.save(str(kept / _PROGRAM), save_program=True)
    session.save(kept / f"{_CONVERSATION}.json")
    return {
        "python_model": SessionModel(),
        "artifacts": {"session": str(kept)},
        "pip_requirements": [_pinned("dspy-session"), _pinned("dspy"), _pinned("mlflow")],
        **options,
    }


def _pinned(package: str) -> str:
    return f"{package}=={importlib.metadata.version(package)}"


def _loaded(folder: Path) -> Session:
    leave = {"allow_pickle": True} if "allow_pickle" in signature(dspy.load).parameters else {}
    program: Any = dspy.load(str(folder / _PROGRAM), **leave)  # asks for leave since DSPy 3.1
    return Session.load_from(folder / f"{_CONVERSATION}.json", program)


def _rows(model_input: Any) -> list[Mapping[str, Any]]:
    if hasattr(model_input, "to_dict"):  # a DataFrame
        return model_input.to_dict(orient="records")
    return [model_input] if isinstance(model_input, Mapping) else list(model_input)


def _messages(given: Any, field: str) -> list[dict[str, Any]]:
    if given is None or (isinstance(given, float) and math.isnan(given)):  # no cell in this row
        return []
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        msg = f"{field} is a list of messages, each a dict of fields, or the JSON of one"
        raise ArgumentError(msg)
    return [dict(one) for one in given]
