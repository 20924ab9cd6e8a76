"""The rooms are as docs/architecture.md and the design say, told from the imports."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from tests.rooms import MAY_IMPORT, PAGE, module_graph, page, room_graph, room_of

MOST_ARROWS = 70


def test_no_room_imports_what_it_may_not() -> None:
    wrong = [
        f"{module} imports {other}"
        for module, others in module_graph().items()
        for other in others
        if room_of(other) not in (room_of(module), *MAY_IMPORT[room_of(module)])
    ]
    assert not wrong, "\n".join(sorted(wrong))


def test_no_circle_among_rooms_and_none_among_modules() -> None:
    for graph in (room_graph(), module_graph()):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            raise AssertionError(" -> ".join(error.args[1])) from None


def test_the_house_has_few_arrows() -> None:
    graph = room_graph()
    assert set(graph) == set(MAY_IMPORT)
    assert sum(map(len, graph.values())) <= MOST_ARROWS


def test_the_drawing_is_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(room_graph()), "run: python -m tests.rooms"
