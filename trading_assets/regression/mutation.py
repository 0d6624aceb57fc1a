"""Mutation: change every parameter and every comparison of a rule, and see whether its signals change.

A change that no signal shows (a survivor) is a number or a comparison that the baselines do not hold.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from trading_assets.errors import StrategyError
from trading_assets.strategies.discovery import load_text
from trading_assets.strategies.signals import chain_signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from trading_assets.strategies.signal_rows import Describer
    from trading_assets.strategies.strategy import Parameters, Strategy

    Said = frozenset[tuple[object, ...]]

#: A parameter is moved by each of these, the near ones first; it is held when one of them shows.
NEAR, FAR = (0.5, 2.0), (0.0, 0.1, 10.0, 100.0)
#: Read by the choice of the leg, for every strategy.
_OF_LEGS = frozenset({"max_spread", "min_open_interest"})
_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_OTHER: Mapping[type[ast.operator], type[ast.operator]] = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}


@dataclass(frozen=True, eq=False)
class Mutant:
    """One change of a strategy.

    Args:
        strategy_id: The strategy.
        change: What was changed, in words.
        variants: The changed strategy with its parameters, in one or more ways; it is killed by any of them.
        near: How many of the variants, from the first on, are small changes.
    """

    strategy_id: str
    change: str
    variants: tuple[tuple[Strategy[Parameters], Parameters], ...]
    near: int = 1


@dataclass(frozen=True)
class MutationResult:
    """How many mutants there were, and which survived.

    Args:
        mutants: How many.
        survivors: Strategy and change of each that no signal showed, sorted.
        loose: Likewise those that only an extreme value showed, sorted: wired, but not held close.
    """

    mutants: int
    survivors: tuple[str, ...]
    loose: tuple[str, ...] = ()

    @property
    def killed_share(self) -> float:
        """Share of the mutants that a signal showed, 0 to 1; 0 without any mutant."""
        return 1.0 - len(self.survivors) / self.mutants if self.mutants else 0.0


def mutate(
    running: Sequence[tuple[Strategy[Parameters], Parameters]],
    sources: Mapping[str, str],
    describers: Sequence[Describer],
) -> MutationResult:
    """Make every mutant of some strategies and count those whose signals are the same on every chain.

    Args:
        running: Strategies with their parameters in force.
        sources: Source text of each strategy, by strategy_id.
        describers: The chains of the sessions; the more they hold, the more is killed.
    """
    count = 0
    survivors: list[str] = []
    loose: list[str] = []
    for strategy, params in running:
        plain = [(_said(one, strategy, params), one) for one in describers]
        plain.sort(key=lambda pair: -len(pair[0]))  # where much is said, a change shows soonest
        for mutant in mutants(strategy, params, sources[strategy.strategy_id]):
            count += 1
            shown = _first_shown(mutant, plain)
            if shown is None or shown >= mutant.near:
                told = survivors if shown is None else loose
                told.append(f"{mutant.strategy_id}: {mutant.change}")
    return MutationResult(count, tuple(sorted(survivors)), tuple(sorted(loose)))


def mutants(strategy: Strategy[Parameters], params: Parameters, source: str) -> Iterator[Mutant]:
    """Every mutant of a strategy: parameters that its rule or the choice of legs reads, then its comparisons.

    Args:
        strategy: The strategy.
        params: Its parameters in force.
        source: Text of its file.
    """
    tree = ast.parse(source)
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | _OF_LEGS
    for each in fields(params):
        now = float(getattr(params, each.name))
        near, far = (_moved(now, factors, each.metadata) for factors in (NEAR, FAR))
        moved = list(dict.fromkeys([*near, *far]))
        if each.name in read and moved:
            variants = tuple(
                (strategy, params.with_overrides({each.name: value}, strategy.strategy_id)) for value in moved
            )
            told = f"{each.name} {now:g} to {' or '.join(f'{value:g}' for value in moved)}"
            yield Mutant(strategy.strategy_id, told, variants, len(set(near)))
    for change, text in altered_sources(source):
        altered = load_text(f"{strategy.strategy_id}.py", text)
        own = altered.parameters.with_overrides(_values(params), strategy.strategy_id)
        yield Mutant(strategy.strategy_id, change, ((altered, own),))


def altered_sources(source: str) -> Iterator[tuple[str, str]]:
    """Every text that differs from a source in one comparison or in one `&` or `|`, each with the change in words."""
    count = sum(1 for _ in _places(ast.parse(source)))
    for number in range(count):
        tree = ast.parse(source)
        place = list(_places(tree))[number]
        was = ast.unparse(place)
        if isinstance(place, ast.Compare):
            place.ops = [_OPPOSITE[type(place.ops[0])]()]
        else:
            place.op = _OTHER[type(place.op)]()
        yield f"line {place.lineno}: `{was}` to `{ast.unparse(place)}`", ast.unparse(tree)


def _places(tree: ast.Module) -> Iterator[ast.Compare | ast.BinOp]:
    for function in tree.body:
        for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
            if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
                yield node
            if isinstance(node, ast.BinOp) and type(node.op) in _OTHER:
                yield node


def _moved(now: float, factors: Sequence[float], bounds: Mapping[str, float]) -> list[float]:
    """Other values within the bounds; a parameter of 0, which no factor moves, goes to the factors themselves."""
    wanted = [(now or 1.0) * factor for factor in factors]
    inside = [min(max(value, bounds["low"]), bounds["high"]) for value in wanted]
    return [value for value in inside if value != now]


def _values(params: Parameters) -> dict[str, float]:
    return {each.name: float(getattr(params, each.name)) for each in fields(params)}


def _first_shown(mutant: Mutant, plain: Sequence[tuple[Said | str, Describer]]) -> int | None:
    """Number of the first variant that says something else on some chain; None when no one does."""
    for number, variant in enumerate(mutant.variants):
        if any(_said(describer, *variant) != said for said, describer in plain):
            return number
    return None


def _said(describer: Describer, strategy: Strategy[Parameters], params: Parameters) -> Said | str:
    """What a baseline would keep of the signals on one chain and their exits; the error of a strategy that fails."""
    try:
        rows, _ = chain_signals(describer, strategy, params)
    except StrategyError as error:
        return str(error)
    return frozenset((row["signal_id"], row["content_hash"], row["exit_at"]) for row in rows)
