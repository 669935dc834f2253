"""The ticket: a password under a key of 1024 bits."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spice_rs import auth

KEY = auth._make_key()
PUBLIC = auth.public_bytes(KEY)

passwords = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(
    lambda text: len(text.encode()) <= auth.PASSWORD_MAX
)


def test_the_public_key_has_the_size_of_its_field() -> None:
    assert len(PUBLIC) == auth.PUBLIC_KEY_SIZE


def test_keys_are_sound_and_each_is_another() -> None:
    keys = [KEY, *(auth._make_key() for _ in range(5))]
    for key in keys:
        assert key.key_size == 1024
        with warnings.catch_warnings(action="ignore"):  # a key of this size is none to be proud of
            key.private_numbers().private_key()  # looks for everything that can be wrong with a key
    assert len({key.private_numbers().p for key in keys}) == len(keys)


@given(passwords)
def test_a_ticket_carries_a_password(password: str) -> None:
    ticket = auth.encrypt_ticket(PUBLIC, password)
    assert len(ticket) == auth.TICKET_SIZE
    assert auth.decrypt_ticket(KEY, ticket) == password.encode()


def test_no_password_is_an_empty_one() -> None:
    assert auth.decrypt_ticket(KEY, auth.encrypt_ticket(PUBLIC, None)) == b""


def test_a_ticket_without_the_final_nul_fits_too() -> None:
    key = KEY.public_key()
    assert auth.decrypt_ticket(KEY, key.encrypt(b"secret", auth.OAEP)) == b"secret"


@given(st.binary(min_size=128, max_size=128))
def test_noise_is_no_ticket(noise: bytes) -> None:
    assert auth.decrypt_ticket(KEY, noise) is None


def test_two_tickets_for_one_password_differ() -> None:
    assert auth.encrypt_ticket(PUBLIC, "x") != auth.encrypt_ticket(PUBLIC, "x")


@pytest.mark.parametrize("side", [auth.ClientSide("secret", PUBLIC), auth.ServerSide("secret", KEY)])
def test_no_secret_is_shown(side: object) -> None:
    assert "secret" not in repr(side)
