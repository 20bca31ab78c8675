"""Scoring on executors: threads, processes, a real local Dask cluster; cancelling it."""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import dspy
import pytest
from support.metrics import characters, fails_on_the_second, who
from support.scripted import scripted_lm

from dspy_session import errors, sessionify


def chat(turns=3, **settings):
    session = sessionify(dspy.Predict("question -> answer"), **settings)
    session.set_lm(scripted_lm(lambda call: {"answer": "a" * (len(call.turns) // 2)}))
    for number in range(turns):
        session(question=f"q{number}")
    return session


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with (
        distributed.LocalCluster(**options, dashboard_address=None) as local,
        distributed.Client(local) as client,
    ):
        yield client


# --- other processes ------------------------------------------------------------------------------


def test_processes_score_with_all_that_a_turn_is(processes):
    session = chat()
    assert session.score(who, executor=processes) == [0.0, 1.0, 2.0]
    (process,) = {turn.feedback["who"] for turn in session.turns}
    assert int(process) != os.getpid()


def test_errors_come_back_from_processes(processes):
    session = chat()
    assert session.score(fails_on_the_second, executor=processes) == [1.0, 0.0, 1.0]
    assert (
        "raised ValueError on turn 1: no idea" in session.turns[1].feedback["fails_on_the_second"]
    )
    with pytest.raises(errors.MetricError, match="turn 1: no idea"):
        session.score(
            fails_on_the_second, name="strict", executor=processes, on_metric_error="raise"
        )
    assert "strict" not in session.turns[0].scores


def test_a_metric_that_cannot_be_sent_is_refused(processes):
    with pytest.raises(errors.ArgumentError, match="define it at the top of a module"):
        chat().score(lambda example, prediction: 1, executor=processes)


def test_a_dask_cluster_scores(cluster):
    session, told = chat(4), []
    here = "a word of the notebook's"

    def worded(example, prediction):  # sent by value, with what it refers to
        return {"score": len(prediction.answer), "feedback": f"{here} {os.getpid()}"}

    scores = session.score(
        worded, executor=cluster.get_executor(), progress=lambda *now: told.append(now)
    )
    assert scores == [0.0, 1.0, 2.0, 3.0]
    assert told[-1] == (4, 4)
    texts = {turn.feedback["worded"] for turn in session.turns}
    assert all(text.startswith(here) and not text.endswith(str(os.getpid())) for text in texts)


def test_errors_come_back_from_a_dask_cluster(cluster):
    session = chat()
    executor = cluster.get_executor(pure=False)
    assert session.score(fails_on_the_second, executor=executor) == [1.0, 0.0, 1.0]
    with pytest.raises(errors.MetricError, match="no idea"):
        session.score(fails_on_the_second, executor=executor, on_metric_error="raise")


# --- threads ------------------------------------------------------------------------------------


def test_threads_see_the_callers_settings():
    session, judge = chat(2), dspy.Predict("answer -> verdict: bool")
    with (
        dspy.context(lm=scripted_lm(lambda call: {"verdict": "True"})),
        ThreadPoolExecutor(2) as pool,
    ):
        scores = session.score(lambda e, p: judge(answer=p.answer).verdict, executor=pool)
    assert scores == [1.0, 1.0]


def test_more_turns_than_are_sent_at_once_are_all_scored(monkeypatch):
    monkeypatch.setattr("dspy_session._score_runs._AT_WORK", 2)
    with ThreadPoolExecutor(3) as pool:
        assert chat(7).score(characters, executor=pool) == [0, 1, 2, 3, 4, 5, 6]


# --- stopping -----------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [None, 1])
def test_cancelling_keeps_the_scores_there_are(threads):
    session, cancel = chat(5), threading.Event()

    def metric(example, prediction):
        if example.question == "q2":
            cancel.set()
            if threads:
                started.wait(30)
        return 1.0

    started = threading.Event()
    pool = ThreadPoolExecutor(threads) if threads else None
    scores = session.score(metric, executor=pool, cancel=cancel)
    started.set()
    kept = [score for score in scores if not math.isnan(score)]
    assert 2 <= len(kept) <= 3
    assert [turn.scores for turn in session.turns] == [
        {} if math.isnan(score) else {"metric": 1.0} for score in scores
    ]
    if pool:
        pool.shutdown()


def test_an_interrupt_keeps_the_scores_there_are():
    session = chat(3)

    def metric(example, prediction):
        if example.question == "q2":
            raise KeyboardInterrupt
        return 1.0

    with pytest.raises(KeyboardInterrupt):
        session.score(metric)
    assert [turn.score for turn in session.turns] == [1.0, 1.0, None]


def test_an_executors_own_error_is_raised_as_it_is():
    class Breaks(Executor):
        def submit(self, fn, /, *args, **kwargs):
            if args[1].index == 1:
                raise RuntimeError("the cluster went away")
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(fn, *args, **kwargs)

    session = chat(3)
    with pytest.raises(RuntimeError, match="went away"):
        session.score(characters, executor=Breaks())
    assert [turn.score for turn in session.turns] == [None, None, None]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"executor": "threads"}, errors.ArgumentTypeError, "an? concurrent.futures.Executor"),
        ({"on_metric_error": "ignore"}, errors.ArgumentError, "'zero', 'raise'"),
        ({"progress": "bar"}, errors.ArgumentTypeError, "progress is True"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, match):
    session = chat(1)
    with pytest.raises(error, match=match):
        session.score(characters, **options)
    assert session.turns[0].scores == {}
