"""Stations without a past of their own borrow it: from their commune, else from the nearest stations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from isoloir.stats.history import Bools, Floats, History, Round

NEAREST = 8


def filled(history: History) -> History:
    """The same history with the figures that single stations lack, in every round that most stations have.

    A missing figure is the mean of the known stations of the commune, else of the 8
    nearest known ones; it stays nan where there is neither.
    """
    places = np.asarray(np.unique(history.commune, return_inverse=True)[1], np.int64)
    places = np.where(history.commune == "", -1, places)
    registered = _borrowed(history.registered[:, None], np.isfinite(history.registered), places, history.position)
    rounds = tuple(_filled(r, places, history.position) for r in history.rounds)
    return replace(history, registered=registered[:, 0], rounds=rounds)


def _filled(round_: Round, places: NDArray[np.int64], position: Floats) -> Round:
    turned, told = np.isfinite(round_.abstention), round_.known
    parts: dict[str, Any] = {}
    if 0.5 < turned.mean() < 1:
        known = turned & np.isfinite(round_.registered)
        both = np.column_stack([round_.registered, round_.abstention])
        parts["registered"], parts["abstention"] = _borrowed(both, known, places, position).T
    if 0.5 < told.mean() < 1:
        width = round_.shares.shape[1]
        columns = [round_.shares, round_.stood.astype(float)]
        if round_.option_shares is not None and round_.option_stood is not None:
            columns += [round_.option_shares.astype(float), round_.option_stood.astype(float)]
        whole = _borrowed(np.column_stack(columns), told, places, position)
        parts["shares"], parts["stood"] = whole[:, :width], whole[:, width : 2 * width] > 0.5
        if len(columns) == 4:
            options = len(round_.options)
            parts["option_shares"] = whole[:, 2 * width : 2 * width + options].astype(np.float32)
            parts["option_stood"] = np.rint(np.nan_to_num(whole[:, 2 * width + options :])).astype(np.int8)
    return replace(round_, **parts)


def _borrowed(values: Floats, known: Bools, places: NDArray[np.int64], position: Floats) -> Floats:
    """Values (S, C) with the rows that are not known filled from others."""
    missing = np.flatnonzero(~known)
    if not len(missing) or not known.any():
        return values
    out = values.copy()
    out[missing] = np.nan
    here = np.isin(places, places[missing]) & known & (places >= 0)
    if here.any():
        size = np.bincount(places[here], minlength=places.max() + 1)
        for column in range(values.shape[1]):
            total = np.bincount(places[here], np.nan_to_num(values[here, column]), len(size))
            with np.errstate(invalid="ignore", divide="ignore"):
                out[missing, column] = np.where(places[missing] >= 0, (total / size)[places[missing]], np.nan)
    rest = missing[~np.isfinite(out[missing]).any(axis=1) & np.isfinite(position[missing]).all(axis=1)]
    near = np.flatnonzero(known & np.isfinite(position).all(axis=1))
    if len(rest) and len(near):
        count = min(NEAREST, len(near))
        found = cKDTree(position[near]).query(position[rest], k=count)[1].reshape(len(rest), count)
        out[rest] = np.nan_to_num(values)[near][found].mean(axis=1)
    return out
