"""Moments: all that squared loss needs to know of the rows, and how they are merged.

A merge uses the pairwise formulas of Chan, Golub and LeVeque (1983): with weights a and b, means m
and centred products C,

    m = m_a + (m_b - m_a) b/(a+b)        C = C_a + C_b + (m_b - m_a)(m_b - m_a)ᵀ ab/(a+b)

so blocks can be gathered on different days, in different places, and still be added.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats, principal
from steepest.errors import InputError, StorageError, listed, printable
from steepest.moments.block_products import Sums
from steepest.translation import joined, say

if TYPE_CHECKING:
    from steepest.storage.array_checks import Arrays

UNIT_ROUNDOFF = float(np.finfo(np.float64).eps) / 2


@dataclass(frozen=True, eq=False)
class CentredMoments:
    """Counts, means and centred products of q columns, the last of which is the target.

    Columns are kept as `z = (x - shift) * scale` with powers of two in `scale`:

    - `mean` (q,): weighted means of z
    - `products` (q, q): `Σ w (z_i - mean_i)(z_j - mean_j)`
    - `magnitude` (q,) and `roundings`: every entry of `products` is known to within
      `unit roundoff * roundings * sqrt(magnitude_i * magnitude_j)`
    """

    names: tuple[str, ...]
    rows: int
    weight: float
    shift: Floats
    scale: Floats
    mean: Floats
    products: Floats
    magnitude: Floats
    roundings: float

    @staticmethod
    def empty(names: Sequence[str], shift: Floats, scale: Floats) -> "CentredMoments":
        """Moments of no rows, about a given shift."""
        q = len(names)
        zeros = np.zeros(q)
        return CentredMoments(
            tuple(names), 0, 0.0, shift, scale, zeros, np.zeros((q, q)), zeros, 0.0
        )

    @staticmethod
    def of_blocks(
        names: Sequence[str],
        shift: Floats,
        scale: Floats,
        blocks: Sequence[tuple[int, float, Sums]],
        roundings: float,
    ) -> "CentredMoments":
        """Centre (rows, weight, sums) of blocks that were summed about one shift, and merge them.

        With products S and sums s of a block of weight w, its mean m = s / w and that of all, M,
        `C = Σ (S - s sᵀ / w) + Σ w (m - M)(m - M)ᵀ`.
        """
        rows = sum(block[0] for block in blocks)
        weighty = [block for block in blocks if block[1] > 0.0]
        if not weighty:
            return replace(CentredMoments.empty(names, shift, scale), rows=rows)
        weights = np.array([weight for _, weight, _ in weighty])
        about_shift = np.array([block_sums.sums for _, _, block_sums in weighty])
        total, roots = float(weights.sum()), np.sqrt(weights)[:, None]
        mean = about_shift.sum(axis=0) / total
        offsets, steps = about_shift / roots, (about_shift / weights[:, None] - mean) * roots
        uncentred = np.array([block_sums.products for _, _, block_sums in weighty]).sum(axis=0)
        within, between = uncentred - offsets.T @ offsets, steps.T @ steps
        np.fill_diagonal(within, np.maximum(within.diagonal(), 0.0))
        magnitude = uncentred.diagonal() + between.diagonal()
        merged = float(np.sqrt(roundings**2 + len(weighty) - 1))
        return CentredMoments(
            tuple(names), rows, total, shift, scale, mean, within + between, magnitude, merged
        )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns before the target."""
        return self.names[:-1]

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.names[-1]

    @property
    def means(self) -> dict[str, float]:
        """Weighted mean of every column, in its own units."""
        return dict(zip(self.names, (self.shift + self.mean / self.scale).tolist(), strict=True))

    @property
    def deviations(self) -> dict[str, float]:
        """Standard deviation of every column (divided by Σw), in its own units."""
        spread = np.sqrt(self.products.diagonal() / max(self.weight, np.finfo(float).tiny))
        return dict(zip(self.names, (spread / self.scale).tolist(), strict=True))

    @property
    def uncertainty(self) -> Floats:
        """A bound (q, q) on the rounding error of `products`, to first order."""
        root = np.sqrt(self.magnitude)
        bound: Floats = UNIT_ROUNDOFF * self.roundings * np.outer(root, root)
        return bound

    def select(self, columns: Sequence[int]) -> "CentredMoments":
        """Moments of some of the columns, by index; keep the target last."""
        index = np.asarray(columns, dtype=np.intp)
        return replace(
            self,
            names=tuple(self.names[i] for i in index),
            shift=self.shift[index],
            scale=self.scale[index],
            mean=self.mean[index],
            products=principal(self.products, index),
            magnitude=self.magnitude[index],
        )

    def about(self, shift: Floats, scale: Floats) -> "CentredMoments":
        """The same moments, kept about another shift and scale."""
        if np.array_equal(shift, self.shift) and np.array_equal(scale, self.scale):
            return self
        ratio = scale / self.scale
        mean = self.mean * ratio + (self.shift - shift) * scale
        return replace(
            self,
            shift=shift,
            scale=scale,
            mean=mean,
            products=self.products * np.outer(ratio, ratio),
            magnitude=self.magnitude * ratio**2,
        )

    def __add__(self, other: "CentredMoments") -> "CentredMoments":
        """Moments of both sets of rows together."""
        other = self._aligned(other)
        if other.weight == 0.0 or self.weight == 0.0:
            weighty = other if self.weight == 0.0 else self
            return replace(weighty, rows=self.rows + other.rows)
        weight = self.weight + other.weight
        step = other.mean - self.mean
        between = step[:, None] * step * (self.weight * (other.weight / weight))
        return replace(
            self,
            rows=self.rows + other.rows,
            weight=weight,
            mean=self.mean + step * (other.weight / weight),
            products=self.products + other.products + between,
            magnitude=self.magnitude + other.magnitude + between.diagonal(),
            roundings=_merged_roundings(self, other),
        )

    def __radd__(self, other: int) -> "CentredMoments":
        """`0 + moments`, so that `sum` adds a list of moments."""
        if other != 0:
            return NotImplemented
        return self

    def __sub__(self, other: "CentredMoments") -> "CentredMoments":
        """Moments of the rows that remain when those of `other` are taken away.

        Raises InputError where `other` cannot be a part of these rows.
        """
        other = self._aligned(other)
        rows, weight = self.rows - other.rows, self.weight - other.weight
        if rows < 0 or weight < 0.0:
            raise InputError(
                "cannot subtract moments of {rows: row} from moments of {rows_2: row}: they "
                "are not a part of them",
                rows=other.rows,
                rows_2=self.rows,
            )
        if rows == 0 or weight == 0.0:
            return replace(CentredMoments.empty(self.names, self.shift, self.scale), rows=rows)
        mean = self.mean + (self.mean - other.mean) * (other.weight / weight)
        step = other.mean - mean
        between = np.outer(step, step) * (weight * (other.weight / self.weight))
        products = self.products - other.products - between
        np.fill_diagonal(products, np.maximum(products.diagonal(), 0.0))
        return replace(
            self,
            rows=rows,
            weight=weight,
            mean=mean,
            products=products,
            magnitude=self.magnitude + other.magnitude + between.diagonal(),
            roundings=_merged_roundings(self, other),
        )

    def _aligned(self, other: "CentredMoments") -> "CentredMoments":
        if not isinstance(other, CentredMoments):
            raise TypeError(
                say("moments combine with moments, not with {name}", name=type(other).__name__)
            )
        if self.names != other.names:
            levels = {name for name in {*self.names} ^ {*other.names} if name.endswith("]")}
            if levels:
                raise InputError(
                    "moments whose columns of text have other levels do not combine ({levels} "
                    "stand in one only); declare the levels of text, levels={{'name': […]}}, or "
                    "hand on an encoding",
                    levels=listed(sorted(levels)),
                )
            raise InputError(
                "moments of columns {names} do not combine with moments of columns "
                "{names_2}: names and order must be the same",
                names=joined(self.names),
                names_2=joined(other.names),
            )
        if other.shift is self.shift and other.scale is self.scale:
            return other  # blocks of one pass
        return other.about(self.shift, self.scale)

    def save(self, path: str | Path) -> None:
        """Write the moments to a `.steepest` file (temporary name, then renamed)."""
        from steepest.storage.container import write_container

        write_container(path, self.arrays(), self.description(), kind="moments")

    @staticmethod
    def load(path: str | Path) -> "CentredMoments":
        """Read moments that `save` wrote. Raises StorageError for any other file."""
        from steepest.storage.container import read_container
        from steepest.storage.schema import restoring

        arrays, description = read_container(path, kind="moments")
        with restoring(path, "moments"):
            return CentredMoments.restore(arrays, description)

    def arrays(self) -> dict[str, Floats]:
        """The numbers of a saved file."""
        return {name: getattr(self, name) for name in (*_VECTORS, "products")}

    def description(self) -> dict[str, object]:
        """The rest of a saved file: names and counts."""
        return {
            "names": list(self.names),
            "rows": self.rows,
            "weight": self.weight,
            "roundings": self.roundings,
        }

    @staticmethod
    def restore(
        arrays: "Arrays", description: dict[str, object], under: str = ""
    ) -> "CentredMoments":
        """Moments from the two halves of a saved file. Raises StorageError where they are damaged.

        `under` is the field of the file that the description is.
        """
        from steepest.moments.file_schema import MomentsData
        from steepest.storage.array_checks import floats
        from steepest.storage.schema import checked

        fields = checked(description, MomentsData, under)
        q = len(fields["names"])
        parts = {name: floats(arrays, name, (q,), below=np.inf) for name in _VECTORS}
        parts["products"] = floats(arrays, "products", (q, q), below=np.inf)
        for name, sizes in (
            ("scale", parts["scale"] > 0.0),
            ("magnitude", parts["magnitude"] >= 0.0),
        ):
            if not sizes.all():
                raise StorageError("array {name} is damaged: expected sizes", name=name)
        if not q or (parts["products"].diagonal() < 0.0).any():
            raise StorageError("array products is damaged: expected squares on its diagonal")
        counts: dict[str, Any] = {**fields, "names": tuple(fields["names"])}
        return CentredMoments(**{**counts, **parts})

    def __repr__(self) -> str:
        return printable(f"Moments({self.rows} rows of {', '.join(self.names)})")


_VECTORS = ("shift", "scale", "mean", "magnitude")


def _merged_roundings(left: CentredMoments, right: CentredMoments) -> float:
    # Errors of separate blocks are independent and each is measured against its own magnitude, so
    # the larger factor covers the sum; every merge rounds the running total once more, and n such
    # roundings add up like the square root of n.
    return float(np.sqrt(max(left.roundings, right.roundings) ** 2 + 1.0))
