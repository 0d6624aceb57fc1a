"""What a rule is: a named measure of one table with limits, so one evaluation gives every severity and a history.

A measure takes numpy arrays and says how bad each row, snapshot or session is; it never decides. Limits decide, and
limits are settings. `NaN` means the measure could not be judged, which is neither good nor broken.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from trading_assets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from trading_assets.settings import Limits, QualitySettings

Per = Literal["row", "snapshot", "session"]
Category = Literal["stale_data", "strike_filtering", "feed_health", "missing_data", "consistency"]

#: Severity of a value as a number, so that the worst is the maximum.
NONE, INFO, WARNING, CRITICAL = 0, 1, 2, 3
SEVERITY_NAMES = ("none", "info", "warning", "critical")


@dataclass(frozen=True)
class Rule:
    """One rule: how bad something is, and from where on that matters.

    Args:
        name: Name of the rule in settings, reports and reasons.
        table: Table it guards.
        category: One of the five categories.
        measure: Function of numpy arrays of equal length; its parameter names are the columns and facts it reads.
            Returns float64 of that length, larger is worse, NaN where it cannot be judged.
        per: What one value stands for.
        unit: Unit of the measure.
        limits: A value strictly above one reaches that severity.
        message: Sentence with the fields `value`, `limit`.
        ceiling: Which of `glance.CEILINGS` the measure of no row or snapshot exceeds; None where it is always measured.
            Only what it costs to find nothing depends on it.
    """

    name: str
    table: str
    category: Category
    measure: Callable[..., NDArray[np.float64]]
    per: Per
    unit: str
    limits: Limits
    message: str
    ceiling: str | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns and facts the measure reads."""
        return tuple(inspect.signature(self.measure).parameters)

    @cached_property
    def lowest_limit(self) -> float:
        """The limit that is passed first; infinite without limits, which no value passes."""
        known = (self.limits.info, self.limits.warning, self.limits.critical)
        return min((limit for limit in known if limit is not None), default=np.inf)

    @property
    def meaning(self) -> str:
        """First line of the measure's docstring."""
        return (inspect.getdoc(self.measure) or "").split("\n", 1)[0]

    def limits_in_force(self, settings: QualitySettings) -> Limits:
        """Return the rule's own limits with those that the settings give for it laid over them.

        A severity that the settings do not mention keeps its limit: who moves the warning does not lose the critical.
        """
        given = settings.limits.get(self.name)
        if given is None:
            return self.limits
        return self.limits.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})

    def judge(self, values: Mapping[str, NDArray[np.generic]], limits: Limits) -> Finding:
        """Measure and grade.

        Args:
            values: Arrays by name, at least `columns`, of equal length n ≥ 0.
            limits: The limits in force.

        Returns:
            Value and severity of each of the n rows, snapshots or sessions.
        """
        return Finding(self.with_limits(limits), self.measure(*(values[name] for name in self.columns)))

    def with_limits(self, limits: Limits) -> Rule:
        """Return the rule with the limits in force."""
        return self if limits is self.limits else replace(self, limits=limits)


@dataclass(frozen=True)
class Finding:
    """What one rule measured; `rule.limits` are the limits in force.

    Args:
        rule: The rule.
        measured: What it measured, shape (n,); NaN where it could not be judged.
    """

    rule: Rule
    measured: NDArray[np.float64]

    @cached_property
    def severity(self) -> NDArray[np.int8]:
        """Severity per value, 0 none to 3 critical, shape (n,)."""
        grades = np.zeros(len(self.measured), dtype=np.int8)
        if self.breaks:
            limits = self.rule.limits
            for grade, limit in ((INFO, limits.info), (WARNING, limits.warning), (CRITICAL, limits.critical)):
                if limit is not None:
                    grades[self.measured > limit] = grade
        return grades

    @cached_property
    def breaks(self) -> bool:
        """Whether any value passes any limit; asked before `severity`, which costs three times as much."""
        return bool((self.measured > self.rule.lowest_limit).any())

    @cached_property
    def unjudged(self) -> NDArray[np.bool_]:
        """Where the measure could not be judged, shape (n,)."""
        return np.isnan(self.measured)

    def limit_of(self, severity: int) -> float:
        """Return the limit that was passed to reach a severity."""
        limits = self.rule.limits
        limit = (None, limits.info, limits.warning, limits.critical)[severity]
        if limit is None:
            msg = f"rule {self.rule.name} has no limit for {SEVERITY_NAMES[severity]}."
            raise UsageError(msg)
        return limit

    def sentence(self, at: int) -> str:
        """Say in words what was found at one place, with the value and the limit it passed."""
        severity = int(self.severity[at])
        return f"{self.rule.name}: " + self.rule.message.format(
            value=float(self.measured[at]), limit=self.limit_of(severity)
        )


@dataclass(frozen=True)
class Guard:
    """Makes rules of one table and grain; see `rule`.

    Args:
        table: Table that is guarded.
        per: What one value stands for.
    """

    table: str
    per: Per

    def rule(
        self,
        category: Category,
        unit: str,
        limits: Limits,
        message: str,
        *,
        ceiling: str | None = None,
    ) -> Callable[[Callable[..., NDArray[np.float64]]], Rule]:
        """Turn a measure into a rule that carries the function's name.

        Args:
            category: One of the five categories.
            unit: Unit of the measure.
            limits: Its own limits; settings override them by name.
            message: Sentence with the fields `value` and `limit`.
            ceiling: See `Rule`.
        """

        def wrap(measure: Callable[..., NDArray[np.float64]]) -> Rule:
            return Rule(
                name=measure.__name__,
                table=self.table,
                category=category,
                measure=measure,
                per=self.per,
                unit=unit,
                limits=limits,
                message=message,
                ceiling=ceiling,
            )

        return wrap
