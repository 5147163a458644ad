"""The hub of Hugging Face: what a machine has already comes first, and what cannot be had is one line."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from xaiplug.errors import DataError, ModelError, XaiplugError, one_line

Had = TypeVar("Had")

SECONDS = 10
"""How long the hub may take to say whether it has something."""


def is_folder(name: str) -> bool:
    """Whether a name is a folder of this machine, which stands before one of the hub.

    Raises:
        DataError: it can only be a folder, and there is none.
    """
    if Path(name).is_dir():
        return True
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise DataError(f"hf:{name}: no such folder, and no name of the hub, which is owner/name")
    return False


def reached(name: str, revision: str, kind: str, load: Callable[..., Had]) -> Had:
    """What `load` gives from a folder or the cache (`local_files_only=True`), else from the hub.

    Args:
        kind: `model` or `dataset`.

    Raises:
        ModelError, DataError: neither has it, or the hub cannot be asked.
    """
    if is_folder(name):
        return load(local_files_only=True)
    try:
        return load(local_files_only=True)
    except OSError:
        ask(name, revision, kind)
    return load(local_files_only=False)


def ask(name: str, revision: str, kind: str) -> None:
    """Whether the hub has something, asked once, without the retries of a download.

    Raises:
        ModelError, DataError: it has not, or cannot be asked.
    """
    hub = import_module("huggingface_hub")
    errors = hub.errors
    wrong = ModelError if kind == "model" else DataError
    api = hub.HfApi()
    try:
        (api.model_info if kind == "model" else api.dataset_info)(name, revision=revision, timeout=SECONDS)
    except errors.GatedRepoError as error:
        raise wrong(
            f"hf:{name} is given only to those who asked for it; ask on its page, then `hf auth login`"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise wrong(f"hf:{name} has no revision '{revision}'") from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise wrong(f"hf:{name}: the hub has no such {kind}, or shows it only to those who `hf auth login`") from error
    except Exception as error:
        raise wrong(
            f"hf:{name} is no folder here, is not in the cache of this machine, and the hub cannot be asked "
            f"({one_line(error)}); `hf download {name}` where there is a network, or give a folder"
        ) from error


@contextlib.contextmanager
def told_as(name: str, wrong: type[XaiplugError]) -> Iterator[None]:
    """What libraries raise inside, as one of our errors."""
    try:
        yield
    except XaiplugError:
        raise
    except Exception as error:
        raise wrong(f"hf:{name}: {one_line(error)}") from error


@contextlib.contextmanager
def quiet(library: Any) -> Iterator[None]:
    """Without the library's log lines and progress bars, which come back as they were."""
    logging = library.logging if hasattr(library, "logging") else library.utils.logging
    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
