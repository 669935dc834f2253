from hypothesis import given
from hypothesis import strategies as st

from spice_rs.channels._motion import BUNCH, WINDOW, Move, Moves, Place


def test_each_motion_is_sent_while_the_window_is_open() -> None:
    moves = Moves()
    for x in range(WINDOW):
        ticket = moves.add(Place(x, 0, 0))
        assert not moves.is_sent(ticket)
        assert moves.take() == Place(x, 0, 0)
        assert moves.is_sent(ticket)
    assert not moves.open


def closed() -> Moves:
    moves = Moves()
    for x in range(WINDOW):
        moves.add(Place(x, 0, 0))
        moves.take()
    return moves


def test_the_newest_place_wins_while_the_window_is_closed() -> None:
    moves = closed()
    first, second = moves.add(Place(1, 2, 0)), moves.add(Place(3, 4, 1))
    assert moves.take() is None
    moves.acknowledge()
    assert moves.take() == Place(3, 4, 1)
    assert moves.is_sent(first) and moves.is_sent(second)
    assert moves.take() is None


def test_distances_add_up_while_the_window_is_closed() -> None:
    moves = closed()
    moves.add(Move(1, -2))
    moves.add(Move(10, 20))
    moves.acknowledge()
    assert moves.take() == Move(11, 18)


def test_a_button_sends_what_waits_whatever_the_window() -> None:
    moves = closed()
    moves.add(Place(7, 8, 0))
    assert moves.take(whatever_the_window=True) == Place(7, 8, 0)
    assert moves.take(whatever_the_window=True) is None
    moves.acknowledge()
    assert moves.open  # Nine were on their way; five are.


def test_one_answer_is_room_for_four() -> None:
    moves = closed()
    moves.acknowledge()
    sent = 0
    while moves.open:
        moves.add(Move(1, 1))
        assert moves.take() == Move(1, 1)
        sent += 1
    assert sent == BUNCH


def test_answers_to_nothing_do_not_widen_the_window() -> None:
    moves = Moves()
    for _ in range(10):
        moves.acknowledge()
    sent = 0
    while moves.open:
        moves.add(Move(1, 1))
        moves.take()
        sent += 1
    assert sent == WINDOW


@given(st.lists(st.sampled_from(["move", "take", "button", "acknowledge"])))
def test_no_distance_is_lost_or_sent_twice(steps: list[str]) -> None:
    moves = Moves()
    asked = sent = 0
    for step in [*steps, "button"]:
        if step == "move":
            asked += 1
            moves.add(Move(1, 2))
        elif step == "acknowledge":
            moves.acknowledge()
        else:
            motion = moves.take(whatever_the_window=step == "button")
            assert motion is None or isinstance(motion, Move)
            sent += motion.dx if motion else 0
    assert sent == asked
