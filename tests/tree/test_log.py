"""The append-only log, beside plain lists."""

from __future__ import annotations

import copy
import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dspy_session._tree.log import Log


class Item:
    """Something that a weak reference can watch."""


def test_an_append_leaves_every_older_version_alone():
    one = Log(["a"])
    two, other = one.append("b"), one.append("c")
    assert (list(one), list(two), list(other)) == (["a"], ["a", "b"], ["a", "c"])


def test_an_empty_log_has_nothing_last():
    log = Log()
    assert len(log) == 0
    assert log.last is None
    assert list(log) == []


@pytest.mark.parametrize("position", [-1, 2, 7])
def test_positions_outside_the_log_are_refused(position):
    with pytest.raises(IndexError, match=f"{position} is outside 0..1"):
        Log("ab")[position]


@pytest.mark.parametrize("length", [-1, 3])
def test_a_log_cannot_go_back_to_a_length_it_never_had(length):
    with pytest.raises(IndexError, match="outside 0..2"):
        Log("ab").before(length)


def test_positions_survive_forgetting():
    log = Log("abcdef").forget_before(4)
    assert (len(log), log.first, list(log)) == (6, 4, ["e", "f"])
    assert log[4] == "e"
    assert list(log.append("g")) == ["e", "f", "g"]
    with pytest.raises(IndexError, match="outside 4..5"):
        log[3]
    with pytest.raises(IndexError, match="outside 4..6"):
        log.before(3)


def test_what_is_kept_behind_the_first_item_can_be_seen_again():
    log = Log("abcdef").forget_before(4, keep_from=3)
    assert list(log.reaching_back_to(0)) == ["d", "e", "f"]
    assert list(log.reaching_back_to(5)) == ["f"]


def test_forgotten_items_leave_memory():
    items = [Item() for _ in range(10)]
    watched = weakref.ref(items[0])
    log = Log(items)
    del items
    log = log.forget_before(8)
    gc.collect()
    assert watched() is None
    assert len(list(log)) == 2


def test_a_rolling_window_keeps_memory_bounded():
    log = Log()
    for number in range(1000):
        log = log.append(number).forget_before(max(0, number - 9))
        assert len(log._run.items) <= 21
    assert list(log) == list(range(990, 1000))


def test_logs_that_share_no_turn_share_nothing():
    assert Log("ab").shared_with(Log("ab")) == 0


def test_a_fork_shares_what_came_before_it():
    trunk = Log("abcd")
    fork = trunk.before(2).append("x")
    assert fork.shared_with(trunk) == trunk.shared_with(fork) == 2
    assert fork.append("y").before(1).shared_with(trunk) == 1
    assert trunk.append("e").shared_with(trunk) == 4


def test_look_up_finds_only_what_this_version_holds():
    log = Log("abc")
    longer, other = log.append("d"), log.before(2).append("x")
    assert longer.position_of("d", str) == 3
    assert log.position_of("d", str) is None
    assert other.position_of("c", str) is None
    assert other.position_of("x", str) == 2
    assert longer.forget_before(2).position_of("a", str) is None


def test_logs_are_equal_by_what_they_show():
    assert Log("ab") == Log("a").append("b")
    assert Log("ab") != Log("ba")
    assert Log("ab") != Log("ab").forget_before(1)
    assert Log("ab") != ["a", "b"]


def test_a_copy_is_the_log_itself():
    log = Log("ab")
    assert copy.deepcopy(log) is log


def test_appending_ten_thousand_times_keeps_one_run():
    log = Log()
    for number in range(10_000):
        log = log.append(number)
    assert sys.getsizeof(log._run.items) < 200_000
    assert log.before(5000).last == 4999


def test_threads_that_append_to_one_version_get_logs_of_their_own():
    base, made, start = Log("ab"), [], threading.Barrier(8)

    def work(number):
        start.wait()
        log = base
        for step in range(200):
            log = log.append((number, step))
        made.append((number, log))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, log in made:
        assert list(log) == ["a", "b", *((number, step) for step in range(200))]


@given(st.lists(st.integers()), st.integers(-3, 12), st.integers(-3, 12))
def test_between_is_a_slice_of_what_is_kept(items, start, stop):
    log = Log(items[: len(items) // 2]).extend(items[len(items) // 2 :])
    assert log.between(start, stop) == items[max(start, 0) : max(stop, 0)]


class LogMachine(RuleBasedStateMachine):
    """Versions of logs beside lists that are copied whole: (first, items)."""

    @initialize(items=st.lists(st.integers(), max_size=3))
    def begin(self, items):
        numbered = list(enumerate(items))
        self.versions = [(Log(numbered), 0, numbered)]
        self.next = 100

    def put(self, log, first, items):
        self.versions.append((log, first, items))

    @rule(number=st.integers(0, 50))
    def append(self, number):
        log, first, items = self.versions[number % len(self.versions)]
        self.next += 1
        item = (self.next, None)
        self.put(log.append(item), first, [*items, item])

    @rule(number=st.integers(0, 50), at=st.integers(0, 9))
    def go_back(self, number, at):
        log, first, items = self.versions[number % len(self.versions)]
        length = first + at % (len(items) - first + 1)
        self.put(log.before(length), first, items[:length])

    @rule(number=st.integers(0, 50), at=st.integers(0, 9), kept=st.integers(0, 3))
    def forget(self, number, at, kept):
        log, first, items = self.versions[number % len(self.versions)]
        new = first + at % (len(items) - first + 1)
        self.put(log.forget_before(new, keep_from=new - kept), new, items)

    @rule(one=st.integers(0, 50), other=st.integers(0, 50))
    def compare(self, one, other):
        log, _, items = self.versions[one % len(self.versions)]
        log2, _, items2 = self.versions[other % len(self.versions)]
        common = 0
        for left, right in zip(items, items2, strict=False):
            if left != right:
                break
            common += 1
        # Forgetting copies what it keeps, so less may be known to be shared, never more.
        assert log.shared_with(log2) <= common
        if log._oldest_position() == log2._oldest_position() == 0:
            assert log.shared_with(log2) == common

    @invariant()
    def every_version_still_reads_as_it_did(self):
        for log, first, items in self.versions:
            assert (len(log), log.first) == (len(items), first)
            assert list(log) == items[first:]
            assert log.last == (items[-1] if len(items) > first else None)
            for position in range(first, len(items)):
                assert log[position] == items[position]
                assert log.position_of(items[position][0], lambda item: item[0]) == position


TestLogMachine = LogMachine.TestCase
TestLogMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


# --- mappings ------------------------------------------------------------------------------------


def test_what_was_made_of_items_is_made_once_and_shared_by_all_versions():
    made = []

    def double(item):
        made.append(item)
        return [item, item]

    log = Log(range(4))
    fork = log.before(2).append(20)
    longer = log.append(4)
    assert longer.mapped(1, 5, "double", double) == [[n, n] for n in (1, 2, 3, 4)]
    first = longer.mapped(0, 9, "double", double)
    assert fork.mapped(0, 3, "double", double) == [[0, 0], [1, 1], [20, 20]]
    assert fork.mapped(0, 3, "double", double)[1] is first[1]
    assert sorted(made) == [0, 1, 2, 3, 4, 20]
    assert log.mapped(3, 3, "double", double) == []


def test_a_mapping_reaches_what_is_out_of_sight_and_no_further():
    log = Log(range(10)).forget_before(6, keep_from=4)
    assert log.mapped(0, 8, "same", lambda item: item) == list(
        log.reaching_back_to(0).between(0, 8)
    )


def test_what_is_returned_can_be_changed():
    log = Log(range(3))
    log.mapped(0, 3, "same", lambda item: item)[0] = "spoilt"
    assert log.mapped(0, 3, "same", lambda item: item) == [0, 1, 2]


def test_only_some_mappings_are_kept():
    log = Log(range(3))
    for number in range(50):
        assert log.mapped(0, 3, number, lambda item, n=number: item * n) == [0, number, 2 * number]
    assert len(log._run.mapped) < 10


def test_threads_that_map_and_append_at_once_agree():
    log, names = Log[int](), [0, 1]
    versions = [log := log.append(number) for number in range(300)]

    def read(thread):
        return all(
            version.mapped(0, len(version), names[thread % 2], str)
            == [str(n) for n in range(len(version))]
            for version in versions
        )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(8))) == [True] * 8
