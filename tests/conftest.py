"""What every test may rely on: DSPy without caches, and with its settings as they came."""

from __future__ import annotations

import copy
import importlib
import os
from collections.abc import Iterator
from pathlib import Path

import dspy
import pytest
from hypothesis import HealthCheck, settings

# One slow run on a busy machine says nothing about the code.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# A cached answer would hide that a prompt was never sent.
dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)

# The package shows the settings object under the module's own name.
dspy_settings = importlib.import_module("dspy.dsp.utils.settings")

pytest_plugins = ["support.servers", "support.stores"]

CONVERSATIONS = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _dspy_as_it_came(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test configures DSPy for itself, from whatever thread or task it runs in."""
    monkeypatch.delenv("DSPY_SESSION_LM", raising=False)
    _reset()
    yield
    _reset()


def _reset() -> None:
    dspy_settings.main_thread_config.clear()
    dspy_settings.main_thread_config.update(copy.deepcopy(dspy_settings.DEFAULT_CONFIG))
    dspy_settings.config_owner_thread_id = None
    dspy_settings.config_owner_async_task = None


@pytest.fixture(scope="session")
def conversations() -> Path:
    """The folder of recorded conversations, which lies beside the repository."""
    if not CONVERSATIONS.is_dir():
        reason = f"the recorded conversations are not at {CONVERSATIONS}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return CONVERSATIONS
