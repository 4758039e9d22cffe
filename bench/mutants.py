"""The mutants of a module: one small change of its syntax tree each, of the kind that a slip of a programmer makes.

Pure: source text in, changes and changed trees out. What only words a message, a log line or an annotation is left
alone: a test of results does not hold it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

_Comparison = type[ast.cmpop]
_COMPARISONS: dict[_Comparison, tuple[_Comparison, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
_UNMUTATED_FIELDS = frozenset({"annotation", "returns", "decorator_list", "bases"})
_LOGGERS = frozenset({"log", "_log", "logger"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """``place`` and ``variant`` find the change again in a fresh tree of the same source."""

    place: int
    variant: int
    line: int
    change: str


Change = tuple[int, str, Callable[[], object]]


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    found = [
        Mutant(place=place, variant=variant, line=line, change=change)
        for place, node in enumerate(_nodes(ast.parse(source)))
        for variant, (line, change, _) in enumerate(_changes(node))
    ]
    return sorted(found, key=lambda mutant: (mutant.line, mutant.place, mutant.variant))


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The module with this one change."""
    tree = ast.parse(source)
    node = next(node for place, node in enumerate(_nodes(tree)) if place == mutant.place)
    _, _, change = _changes(node)[mutant.variant]
    change()
    return ast.fix_missing_locations(tree)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may be changed, parents first."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in _UNMUTATED_FIELDS:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _only_words(child):
                yield from _nodes(child)


def _only_words(node: ast.AST) -> bool:
    """An f-string, a log call, what is raised, a type alias, what only a type checker reads, and whether a field is in
    the repr: changes there are not seen by what the code does."""
    match node:
        case ast.JoinedStr() | ast.Raise() | ast.Import() | ast.ImportFrom():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.keyword(arg="repr"):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
            return name in _LOGGERS
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(op=ast.BitOr()) | ast.Subscript()):
            return name.lstrip("_")[:1].isupper() and not name.isupper()
        case _:
            return False


def _changes(node: ast.AST) -> list[Change]:
    """What may be changed at one node: in which line, in words, and a function that does it."""
    line = getattr(node, "lineno", 0)
    found: list[Change] = []
    match node:
        case ast.Compare(ops=ops):
            for at, old in enumerate(map(type, ops)):
                for new in _COMPARISONS[old]:
                    words = f"{_text(node)}: {old.__name__} → {new.__name__}"
                    found.append((line, words, partial(ops.__setitem__, at, new())))
        case ast.BoolOp():
            swapped = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            found.append((line, f"{_text(node)}: and ↔ or", partial(setattr, node, "op", swapped)))
        case ast.UnaryOp(op=ast.Not()):
            both = _negated(node.operand)
            found.append((line, f"{_text(node)}: without not", partial(setattr, node, "operand", both)))
        case ast.BinOp() | ast.AugAssign() if type(node.op) in _OPERATORS and not _is_text(node):
            operator = _OPERATORS[type(node.op)]
            found.append((line, f"{_text(node)}: {operator.__name__}", partial(setattr, node, "op", operator())))
        case ast.Constant(value=bool(value)):
            found.append((line, f"{value} → {not value}", partial(setattr, node, "value", not value)))
        case ast.Constant(value=int(number) | float(number)):
            found.append((line, f"{number} → {number + 1}", partial(setattr, node, "value", number + 1)))
        case ast.Call(func=ast.Name(id=name) as called) if name in _SWAPPED:
            other = _SWAPPED[name]
            found.append((line, f"{_text(node)}: {other}", partial(setattr, called, "id", other)))
        case ast.Return(value=ast.expr() as answer) if not isinstance(answer, ast.Constant):
            nothing = ast.Constant(value=None)
            found.append((line, f"{_text(node)}: None", partial(setattr, node, "value", nothing)))
    test = getattr(node, "test", None)
    if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
        found.append((line, f"{_text(test)}: negated", partial(setattr, node, "test", _negated(test))))
    for part in ("body", "orelse", "finalbody"):
        body = getattr(node, part, None)
        if isinstance(body, list):
            for at, statement in enumerate(body):
                if _has_effect(statement):
                    gone = partial(body.__setitem__, at, ast.Pass())
                    found.append((statement.lineno, f"{_text(statement)}: deleted", gone))
    return found


def _has_effect(statement: ast.stmt) -> bool:
    """A statement that can go without a name missing afterwards."""
    match statement:
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield() | ast.YieldFrom()):
            return not _only_words(statement)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.AugAssign() | ast.Delete():
            return True
        case ast.Raise() | ast.Continue() | ast.Break():
            return True
        case _:
            return False


def _is_text(node: ast.BinOp | ast.AugAssign) -> bool:
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
    return any(
        isinstance(s, ast.JoinedStr) or (isinstance(s, ast.Constant) and isinstance(s.value, str)) for s in sides
    )


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(op=ast.Not(), operand=test)


def _text(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else f"{text[:67]}…"
