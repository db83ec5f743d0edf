"""Checks sets whole, whatever was found before: all rows, recorded answers, inputs, and where a part belongs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from steelyard.core.card import Card
from steelyard.core.errors import CallError, MalformedValue, SetError
from steelyard.core.words import Words
from steelyard.library import recipe, store
from steelyard.library.card_file import CARD, read_card
from steelyard.library.sealed.sealing import check_sealed, is_sealed
from steelyard.library.stored_set import StoredSet, wrong_digest
from steelyard.library.subsets import Membership, check_proof


class Verified(NamedTuple):
    """What was found to be so."""

    card: Card
    folder: Path
    sealed: bool
    """Whether only its files could be checked: the rows are for those who hold a key."""
    membership: Membership | None
    """The whole set that it was proved to belong to, where it says that it is a part."""


def verify(address: str, *, deep: bool = False) -> Verified:
    """Check a set that is here; nothing is fetched.

    Parameters
    ----------
    address : str
        A recipe's name, ``NAME@VERSION``, or a folder.
    deep : bool
        Whether recorded answers are checked and inputs are decoded as well.

    Raises
    ------
    UnknownName, CallError
        Where there is no such set, or it was not pulled yet.
    SetError
        Where it is not what its card, its recipe or its proof says.
    """
    card = store.card(address)
    folder = Path(address)
    if not (("/" in address or address.startswith(".")) and (folder / CARD).is_file()):
        folder = store.place_of(card.label)
    if not folder.is_dir():
        raise CallError(
            Words(f"{card.label} is not in the store yet.", f"{card.label} 尚不在本地库中。"),
            Words(f"Fetch it: steelyard sets pull {address}", f"请先获取：steelyard sets pull {address}"),
        )
    verified = check_folder(folder, deep=deep)
    if folder == store.place_of(card.label) and card.name in recipe.names() and verified.card.digest != card.digest:
        raise wrong_digest(folder, card.digest, verified.card.digest)
    return verified


def check_folder(folder: Path, *, deep: bool = False) -> Verified:
    """Check the set in a folder; `verify` says how."""
    card = read_card(folder)
    if is_sealed(folder):
        check_sealed(folder, card)
        return Verified(card, folder, True, None)
    stored = StoredSet(card, folder)
    stored.verify()
    if deep:
        for name in card.answers:
            stored.answers(name)
        _check_inputs(stored)
    return Verified(card, folder, False, check_proof(stored))


def _check_inputs(stored: StoredSet) -> None:
    """Raise `SetError` unless every input is one of the type that the card says."""
    import pyarrow as pa

    if stored.input is None:
        return
    start = 0
    for batch in stored.batches(["input"]):
        wrong = stored.input.first_wrong(pa.chunked_array([batch.column(0)]))
        if wrong is not None:
            row, fault = wrong
            what = fault.what if isinstance(fault, MalformedValue) else Words(str(fault), str(fault))
            where = f"{stored.card.label}: row {start + row}", f"{stored.card.label}：第 {start + row} 行"
            raise SetError(Words(f"{where[0]}: {what.en}", f"{where[1]}：{what.zh}"))
        start += batch.num_rows
