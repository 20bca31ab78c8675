"""Conversations in MLflow: traces that carry the session, evaluation datasets, models.

::

    import mlflow
    from dspy_session.integrations.mlflow import log_model, log_session, to_dataset

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    log_session(chat)                        # a trace for each turn, scores, the conversation
    to_dataset(chat, name="support-cases")   # its examples, for mlflow.genai.evaluate
    log_model(chat, name="support")          # the program, loaded again with load_model

It needs the extra ``mlflow``. Where things go is MLflow's own affair: set the tracking URI and the
experiment as for everything else.
"""

from ...errors import MissingExtraError

try:
    import mlflow as _mlflow  # noqa: F401  # pyright: ignore[reportUnusedImport]
except ImportError as missing:
    _msg = "MLflow is not installed; install it with pip install 'dspy-session[mlflow]'"
    raise MissingExtraError(_msg) from missing

from ._dataset import to_dataset
from ._logging import LoggedSession, TurnLogger, log_session
from ._model import SessionModel, load_model, log_model, save_model

__all__ = [
    "LoggedSession",
    "SessionModel",
    "TurnLogger",
    "load_model",
    "log_model",
    "log_session",
    "save_model",
    "to_dataset",
]
