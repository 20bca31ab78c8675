"""A conversation as a versioned document, and back.

A document is JSON: ``{"format": "dspy-session", "version": 3, "key": …, "config": {…}, …}``, with
these tables, in which everything stands once and is found by its number:

=============  ===================================================================================
``branches``   name, place in the family, memory, and the log of each branch
``records``    turns and nested calls: id, inputs, outputs, window, time, requests …
``runs``       logs of records as ``[base, start, items]``: items that follow the first ``start``
               items of another run; a log is a place in them, ``[run, length, first]``
``nodes``      where nested nodes stood, each entry the difference to the one before
``edits``      edited outputs by record id, each version the difference to the one before
``marks``      scores, labels, notes and exclusions, in the same way
``filters``    which fields entered the history
``histories``  seeds and given histories: how much is as in the last one, then numbers in ``said``
``prompts``    runs of ``messages``: ``[role, *parts]``, see ``document_texts``
``pieces``     text that messages repeat
=============  ===================================================================================

A number that is missing in a record's ``window`` is 0. Older versions are read by
:mod:`dspy_session._files.document_old`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .._tree.branch import Branch
from .._tree.conversation import Conversation
from ..errors import DspySessionError, FileFormatError
from .document_item import Item
from .document_old import OLD_VERSIONS, is_old, old_branch
from .document_reader import Reader
from .document_writer import Writer
from .known_types import Types
from .tagged_json import decode, encode
from .tags import Undecodable, path_text

FORMAT: Final = "dspy-session"
VERSION: Final = 3


def document_of(conversation: Conversation, key: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a conversation, all branches, as JSON-ready data that shares nothing with it.

    Args:
        conversation: What to write. Calls that are running and the list of undone actions are
            not part of it.
        key: Key of the branch that the session stands on.
        config: How the session was set up.

    Raises:
        BranchNotFoundError: The branch was pruned.
        EncodeError: A value cannot be written; the message names its place.
    """
    branches = conversation.branches
    if not any(branch.key == key for branch in branches):
        _ = conversation[key]  # says why
    return {
        "format": FORMAT,
        "version": VERSION,
        "key": encode(key),
        "config": encode(dict(config), at=("config",)),
        "made": conversation._made,  # pyright: ignore[reportPrivateUsage]
        **Writer().tables(branches),
    }


def conversation_from(
    document: Any, types: Types, source: str = "the document"
) -> tuple[Conversation, str, dict[str, Any]]:
    """Return the conversation in a document, the key of its branch, and the configuration.

    Args:
        document: What ``document_of`` returned, or what an older version saved.
        types: The classes that may be rebuilt, beside those that were registered.
        source: Name of the file, for errors.

    Raises:
        FileFormatError: The document is damaged, foreign, or of a newer version.
    """
    version = _version(document, source)
    try:
        if version in OLD_VERSIONS:
            branch, settings = old_branch(Item(document))
            return Conversation(branch), branch.key, settings
        return _read(Item(document), types)
    except Undecodable as problem:
        what = f"{path_text(problem.path[::-1]) or 'the document'}: {problem.reason}"
    except FileFormatError as problem:
        what = str(problem)
    except DspySessionError:
        raise
    # What slips through the checks is damage all the same; nothing here runs foreign code.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        what = f"it is damaged ({type(problem).__name__}: {problem!s:.200})"
    except RecursionError:
        what = "it is nested too deeply"
    msg = f"cannot read {source} (format version {version}): {what}"
    raise FileFormatError(msg)


def is_conversation(document: Any) -> bool:
    """Whether JSON data is a document of ours, of whatever version and however damaged."""
    return isinstance(document, Mapping) and (document.get("format") == FORMAT or is_old(document))


def _version(document: Any, source: str) -> int:
    if not isinstance(document, Mapping):
        msg = f"{source} is no saved session: it holds a {type(document).__name__}, not an object"
        raise FileFormatError(msg)
    version = document.get("version")
    if is_old(document):
        return 1 if version is None else version
    if document.get("format") != FORMAT:
        msg = f"{source} is no saved session: its format is {document.get('format')!r:.80}"
        raise FileFormatError(msg)
    if type(version) is int and version > VERSION:
        msg = (
            f"{source} has format version {version}, and this dspy-session reads up to {VERSION}; "
            f"install a newer one to open it"
        )
        raise FileFormatError(msg)
    if type(version) is not int or version != VERSION:
        msg = f"{source} has format version {version!r:.80}, which never was; it is damaged"
        raise FileFormatError(msg)
    return version


def _read(document: Item, types: Types) -> tuple[Conversation, str, dict[str, Any]]:
    key = document.text("key")
    config = decode(document.data.get("config"), types, at=("config",))
    if type(config) is not dict:
        raise document.damaged("an object belongs here", "config")
    conversation = _conversation_of(Reader(document, types).branches, document.count("made", 0))
    if key not in conversation:
        raise document.damaged(f"there is no branch with the key {key!r:.40}", "key")
    return conversation, key, config


def _conversation_of(branches: Sequence[Branch], made: int) -> Conversation:
    conversation = Conversation(branches[0])
    made = max(made, 1 + max(branch.order for branch in branches))
    conversation._branches = {branch.key: branch for branch in branches}  # pyright: ignore[reportPrivateUsage]
    conversation._made = made  # pyright: ignore[reportPrivateUsage]
    return conversation
