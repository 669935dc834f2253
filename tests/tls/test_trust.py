"""Whom a client trusts: names, subjects, keys; good certificates, bad ones, and old ones."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from trio.abc import Stream
from trio.testing import memory_stream_pair

from spice_rs import _core
from spice_rs.errors import CertificateError, TlsError
from spice_rs.tls import ClientTls, TlsStream

from . import certificates as make
from .certificates import DAY, NOW, Extension, Maker, Pair
from .ends import weak_server

CA = Maker()
OTHER_CA = Maker(subject=(("O", "somebody else"), ("CN", "other CA")))
GOOD = CA.issue(names=["localhost", "*.example.org", "127.0.0.1"])
SUBJECT = "C=XX,O=lab,CN=localhost"
RSA_1024 = rsa.generate_private_key(65537, 1024)
RSA_2048 = rsa.generate_private_key(65537, 2048)

OLD_CA = Maker(key=RSA_2048, version=1, signature="sha1", subject=(("O", "old lab"), ("CN", "old CA")))
OLD = {
    "version 1": OLD_CA.issue(version=1, signature="sha256"),
    "no alternative names": OLD_CA.issue(signature="sha256"),
    "SHA-1": OLD_CA.issue(names=["localhost"], signature="sha1"),
    "1024 bits": OLD_CA.issue(names=["localhost"], key=RSA_1024, signature="sha256"),
    "everything": OLD_CA.issue(version=1, key=RSA_1024, signature="sha1"),
}


async def shown(pair: Pair, tls: ClientTls, host: str = "localhost", chain: tuple[bytes, ...] = ()) -> None:
    """Let a client with that trust meet a server that shows a certificate; raise what the client raises."""
    ours, theirs = memory_stream_pair()
    server = weak_server(theirs, pair) if pair.key is RSA_1024 else own_server(theirs, pair, chain)
    failure: list[Exception] = []

    async def come() -> None:
        try:
            async with await tls.secure(ours, host) as stream:
                await stream.send_all(b"hello")
        except TlsError as error:
            failure.append(error)

    async def serve() -> None:
        try:
            await server.do_handshake()
            assert await server.receive_some() in (b"hello", b"")
        except (TlsError, trio.BrokenResourceError):
            pass  # The client may go, as it likes.

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            nursery.start_soon(come)
    await trio.aclose_forcefully(server)
    if failure:
        raise failure[0]


def own_server(transport: Stream, pair: Pair, chain: tuple[bytes, ...] = ()) -> TlsStream:
    return TlsStream(
        transport, _core.TlsPipe.server(_core.TlsIdentity((pair.certificate, *chain), pair.key_der))
    )


async def refused(reason: str, pair: Pair, tls: ClientTls, host: str = "localhost", **more) -> str:
    """The text with which the client refuses the server, for that reason."""
    with pytest.raises(CertificateError) as caught:
        await shown(pair, tls, host, **more)
    assert caught.value.reason == reason, caught.value
    assert caught.value.certificate == pair.certificate
    return str(caught.value)


# By the host's name.


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "localhost.", "a.example.org", "127.0.0.1"])
async def test_a_name_of_the_certificate_is_enough(host: str) -> None:
    await shown(GOOD, ClientTls(ca=CA.pem), host)


@pytest.mark.parametrize(
    "host", ["example.org", "a.b.example.org", "127.0.0.2", "::1", "localhost.example.com", "pve:1:2::x"]
)
async def test_another_name_is_refused_and_the_right_ones_are_said(host: str) -> None:
    text = await refused("wrong name", GOOD, ClientTls(ca=CA.pem), host)
    # What is behind the :: of Proxmox's names is a secret.
    assert (
        host.replace("::x", "::...") in text
        and "localhost, *.example.org, 127.0.0.1" in text
        and SUBJECT in text
    )


async def test_another_name_than_that_of_the_address_can_be_asked_for() -> None:
    await shown(GOOD, ClientTls(ca=CA.pem, name="localhost"), "192.0.2.7")
    await refused("wrong name", GOOD, ClientTls(ca=CA.pem, name="nobody"), "localhost")


@pytest.mark.parametrize(
    ("common", "host", "fits"),
    [
        ("localhost", "localhost", True),
        ("LOCALHOST", "localhost", True),
        ("*.example.org", "a.example.org", True),
        ("*.example.org", "a.b.example.org", False),
        ("*.example.org", "example.org", False),
        ("*.org", "*.org", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("*.0.0.1", "127.0.0.1", False),
        ("*", "localhost", False),
        ("other", "localhost", False),
    ],
)
async def test_the_common_name_counts_where_there_is_no_other(common: str, host: str, fits: bool) -> None:
    pair = CA.issue([("O", "lab"), ("CN", common)])
    if fits:
        await shown(pair, ClientTls(ca=CA.pem), host)
    else:
        assert f"CN={common}" in await refused("wrong name", pair, ClientTls(ca=CA.pem), host)


async def test_the_common_name_does_not_count_beside_others() -> None:
    pair = CA.issue([("CN", "localhost")], names=["example.org"])
    await refused("wrong name", pair, ClientTls(ca=CA.pem))


async def test_another_authority_is_refused() -> None:
    text = await refused("unknown issuer", GOOD, ClientTls(ca=OTHER_CA.pem))
    assert "lab CA" in text and "--ca-file" in text
    text = await refused("unknown issuer", GOOD, ClientTls())
    assert "authorities of this system" in text


async def test_several_authorities_are_believed(tmp_path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(OTHER_CA.pem)
    for ca in ([OTHER_CA.pem, CA.pem], OTHER_CA.pem + CA.pem, [file, CA.pem.encode()]):
        await shown(GOOD, ClientTls(ca=ca))
    await refused("unknown issuer", GOOD, ClientTls(ca=str(file)))


@pytest.mark.parametrize("subject", [None, SUBJECT])
async def test_time_counts(subject: str | None) -> None:
    tls = ClientTls(ca=CA.pem, subject=subject)
    past = CA.issue(names=["localhost"], since=NOW - 3 * DAY, until=NOW - DAY)
    assert f"valid until {NOW - DAY:%Y-%m-%d %H:%M}" in await refused("expired", past, tls)
    future = CA.issue(names=["localhost"], since=NOW + DAY)
    assert "clock" in await refused("not yet valid", future, tls)


@pytest.mark.parametrize("subject", [None, SUBJECT])
async def test_what_an_authority_has_revoked_is_refused(subject: str | None) -> None:
    bad, good = (CA.issue(names=["localhost"], serial=serial) for serial in (666, 777))
    tls = ClientTls(ca=CA.pem + CA.revoke(5, 666), subject=subject)
    await refused("revoked", bad, tls)
    await shown(good, tls)
    # A list that is not the authority's own cannot be meant, and is not passed over.
    forged = Maker(subject=CA.subject).revoke(777)
    await refused("unusable", good, ClientTls(ca=CA.pem + forged, subject=subject))
    await shown(good, ClientTls(ca=CA.pem + OTHER_CA.revoke(777), subject=subject))


@pytest.mark.parametrize("subject", [None, SUBJECT])
async def test_purposes_count(subject: str | None) -> None:
    tls = ClientTls(ca=CA.pem, subject=subject)
    server, client = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
    await shown(CA.issue(names=["localhost"], extensions=[make.purpose(client, server)]), tls)
    await refused("wrong purpose", CA.issue(names=["localhost"], extensions=[make.purpose(client)]), tls)


@pytest.mark.parametrize("subject", [None, SUBJECT])
async def test_the_way_to_an_authority_may_be_long_and_its_rules_count(subject: str | None) -> None:
    tls = ClientTls(ca=CA.pem, subject=subject)

    def middle(above: Maker, *extensions: Extension) -> Maker:
        maker = Maker(subject=(("CN", "in between"), ("O", "lab")), extensions=extensions)
        pair = above.issue(maker.subject, key=maker.key, extensions=extensions)
        maker.own = pair
        return maker

    good = middle(CA, make.basic(ca=True, length=0), make.usage(5))
    leaf = good.issue(names=["localhost"])
    await shown(leaf, tls, chain=(good.own.certificate,))
    await refused("unknown issuer", leaf, tls)
    # One that may not issue, one that may not let others issue, one whose way is cut.
    # (The library behind names looks at the first two of these only.)
    refusing = [[], [make.basic(ca=False)], [make.basic(ca=True), make.usage(0)]][: 3 if subject else 2]
    for extensions in refusing:
        bad = middle(CA, *extensions)
        with pytest.raises(CertificateError):
            await shown(bad.issue(names=["localhost"]), tls, chain=(bad.own.certificate,))
    lower = middle(good, make.basic(ca=True))
    lower.subject = (("CN", "lower"),)
    lower.own = good.issue(lower.subject, key=lower.key, extensions=[make.basic(ca=True)])
    with pytest.raises(CertificateError):
        await shown(
            lower.issue(names=["localhost"]), tls, chain=(lower.own.certificate, good.own.certificate)
        )


@pytest.mark.parametrize("subject", [None, SUBJECT])
async def test_a_rule_that_is_not_understood_is_not_passed_over(subject: str | None) -> None:
    odd = Extension("1.2.3.4", make.tlv(0x05), critical=True)
    tls = ClientTls(ca=CA.pem, subject=subject)
    await refused("unusable", CA.issue(names=["localhost"], extensions=[odd]), tls)
    await shown(CA.issue(names=["localhost"], extensions=[Extension("1.2.3.4", make.tlv(0x05))]), tls)


# By the subject.


@pytest.mark.parametrize(
    "subject",
    [
        SUBJECT,
        "c=XX".replace("c", "C") + ", O=lab,  CN=localhost,",
        "countryName=xx,organizationName=LAB,commonName=LocalHost",
        "2.5.4.6=XX,O= lab ,CN=localhost",
    ],
)
async def test_the_subject_is_enough_however_it_is_written(subject: str) -> None:
    await shown(GOOD, ClientTls(ca=CA.pem, subject=subject), "192.0.2.7")


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        ("CN=localhost,O=lab,C=XX", "another order"),
        ("C=XX,CN=localhost", ""),
        ("C=XX,O=lab,CN=localhost,CN=localhost", ""),
        ("C=XX,O=lab,CN=otherhost", ""),
        ("C=XX,OU=lab,CN=localhost", ""),
        ("CN=localhost", ""),
    ],
)
async def test_another_subject_is_refused_and_both_are_said(subject: str, hint: str) -> None:
    text = await refused("wrong subject", GOOD, ClientTls(ca=CA.pem, subject=subject))
    assert f"'{SUBJECT}', not '{subject}'" in text and hint in text


async def test_odd_subjects_are_matched_as_they_are() -> None:
    odd = CA.issue([("O", "a, b\\c"), ("CN", "two   blanks "), ("DC", "org"), ("OU", "ümlaut Ü")])
    await shown(odd, ClientTls(ca=CA.pem, subject=r"O=a\, b\\c,CN= Two blanks,DC=ORG,OU=ümlaut Ü"))
    # Only ASCII letters have a case.
    await refused(
        "wrong subject", odd, ClientTls(ca=CA.pem, subject=r"O=a\, b\\c,CN=two blanks,DC=org,OU=ümlaut ü")
    )
    both = CA.issue([[("O", "lab"), ("CN", "localhost")]])
    await refused("wrong subject", both, ClientTls(ca=CA.pem, subject="O=lab,CN=localhost"))


async def test_the_subject_of_an_error_can_be_used_as_it_is() -> None:
    odd = CA.issue([("O", "a, b\\c"), ("CN", "x")])
    text = await refused("wrong subject", odd, ClientTls(ca=CA.pem, subject="CN=y"))
    found = text.split("its subject is '")[1].split("', not")[0]
    await shown(odd, ClientTls(ca=CA.pem, subject=found))


async def test_the_subject_is_worth_nothing_without_the_authority() -> None:
    mine = OTHER_CA.issue(names=["localhost"])
    await refused("unknown issuer", mine, ClientTls(ca=CA.pem, subject=SUBJECT))
    # Nor with one of the authority's name.
    twin = Maker(subject=CA.subject)
    await refused("unknown issuer", twin.issue(), ClientTls(ca=CA.pem, subject=SUBJECT))
    # And who has a certificate may not issue others.
    upstart = Maker(subject=GOOD.subject, extensions=[])
    upstart.key, upstart.own = GOOD.key, GOOD
    forged = upstart.issue((("C", "XX"), ("O", "lab"), ("CN", "victim")), names=["victim"])
    for tls in (ClientTls(ca=CA.pem, subject="C=XX,O=lab,CN=victim"), ClientTls(ca=CA.pem)):
        with pytest.raises(CertificateError):
            await shown(forged, tls, "victim", chain=(GOOD.certificate,))


# Old certificates.


@pytest.mark.parametrize("kind", OLD)
async def test_old_certificates_are_taken_by_their_subject(kind: str) -> None:
    await shown(OLD[kind], ClientTls(ca=OLD_CA.pem, subject=SUBJECT), "192.0.2.7")


@pytest.mark.parametrize("kind", [kind for kind in OLD if kind != "no alternative names"])
async def test_old_certificates_are_not_taken_by_a_name_and_the_way_out_is_said(kind: str) -> None:
    text = await refused("too old", OLD[kind], ClientTls(ca=OLD_CA.pem))
    assert ("1024 bits" if kind == "everything" else kind) in text
    assert f"'{SUBJECT}'" in text and "'localhost'" in text and "--host-subject" in text


async def test_an_old_authority_may_vouch_for_a_name() -> None:
    await shown(OLD["no alternative names"], ClientTls(ca=OLD_CA.pem))


async def test_what_is_broken_is_too_old_for_everything() -> None:
    md5 = OLD_CA.issue(signature="md5")
    await refused("unknown issuer", md5, ClientTls(ca=OLD_CA.pem, subject=SUBJECT))


async def test_a_certificate_that_is_its_own_authority_is_taken_by_its_subject() -> None:
    for extensions in ([], [make.basic(ca=True)]):
        own = make.make((("CN", "localhost"),), RSA_2048, signature="sha256", extensions=extensions)
        await shown(own, ClientTls(ca=own.pem, subject="CN=localhost"))
    # By today's rules an authority is no server.
    await refused("unusable", own, ClientTls(ca=own.pem))


# By the key.


@pytest.mark.parametrize(
    "key",
    [
        lambda pair: pair.spki,
        lambda pair: pair.pem,
        lambda pair: pair.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        lambda pair: "sha256//" + base64.b64encode(hashlib.sha256(pair.spki).digest()).decode(),
        lambda pair: [CA.own.spki, pair.spki],
    ],
)
async def test_the_key_is_enough_for_any_certificate(key: Callable[[Pair], bytes | str]) -> None:
    expired = OTHER_CA.issue(until=NOW - DAY, since=NOW - 2 * DAY)
    for pair in (GOOD, expired, *OLD.values()):
        await shown(pair, ClientTls(pubkey=key(pair)), "192.0.2.7")


async def test_another_key_is_refused() -> None:
    await refused("wrong key", GOOD, ClientTls(pubkey=CA.own.spki))


@pytest.mark.parametrize(
    "tls", [ClientTls(ca=CA.pem), ClientTls(ca=CA.pem, subject=SUBJECT), ClientTls(pubkey=GOOD.spki)]
)
async def test_a_certificate_without_its_key_is_no_proof(tls: ClientTls) -> None:
    thief = Pair(GOOD.certificate, ec.generate_private_key(ec.SECP256R1()), GOOD.subject)
    assert "does not own the key" in await refused("no proof", thief, tls)


@pytest.mark.parametrize(
    "key", [RSA_1024, RSA_2048, ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()]
)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
async def test_every_kind_of_key_can_prove_itself(key: make.Key, version: str) -> None:
    pair = CA.issue(names=["localhost"], key=key)
    await shown(pair, ClientTls(ca=CA.pem, subject=SUBJECT, versions=[version]))


# What cannot be meant.


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"subject": "CN=x", "pubkey": GOOD.spki}, "not both"),
        ({"subject": ""}, "it is empty"),
        ({"subject": "localhost"}, "'localhost' has no ="),
        ({"subject": "CN="}, "'CN' has no value"),
        ({"subject": "cn=x"}, "did you mean CN?"),
        ({"subject": r"CN=a\b"}, "backslash"),
        ({"subject": "CN=x\\"}, "backslash"),
        ({"ca": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "cannot be read"),
        ({"ca": b"no certificate at all"}, "no line in it says"),
        ({"ca": []}, "no authority is given"),
        ({"pubkey": b"junk"}, "no public key"),
        ({"pubkey": "sha256//AAAA"}, "44 characters"),
        ({"secure_channels": ["keyboard"]}, "no channel 'keyboard'"),
        ({"versions": ["1.1"]}, "there are 1.2 and 1.3"),
        ({"ciphers": ["RC4"]}, "no cipher"),
    ],
)
def test_what_cannot_be_meant_is_said_at_once(options: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("?", r"\?")):
        ClientTls(**options)  # type: ignore[arg-type]


def test_a_file_that_is_not_there_is_said_at_once(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        ClientTls(ca=tmp_path / "ca.pem")


def test_no_key_and_no_certificate_is_in_a_repr() -> None:
    text = repr(ClientTls(ca=CA.pem, subject=SUBJECT)) + repr(ClientTls(pubkey=GOOD.spki))
    assert "BEGIN" not in text and "\\x" not in text and SUBJECT in text
