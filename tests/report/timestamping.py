"""A timestamping authority for tests: OpenSSL's, behind a server on the loopback, with certificates made here."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPENSSL = shutil.which("openssl")
DAY = timedelta(days=1)
CONFIGURATION = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/{name}.pem
signer_key = {folder}/{name}.key
certs = {folder}/{above}.pem
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
signer_digest = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """Certificates and keys in a folder: a root, a good authority, one that has expired, one for other uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "serial").write_text("01\n")
        now = datetime.now(UTC)
        root = ec.generate_private_key(ec.SECP256R1())
        name = _name("Root of a test")
        self._write("ca", _certificate(name, name, root, root, now - 900 * DAY, now + 900 * DAY, None), root)
        stamping, server = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH
        between = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(_name("Between"), name, between, root, now - DAY, now + 9 * DAY, None)
        self._write("between", made, between)
        below = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(_name("Clock below"), _name("Between"), below, between, now - DAY, now + 9 * DAY, stamping)
        self._write("below", made, below)
        for each, start, end, use in (
            ("tsa", now - DAY, now + 9 * DAY, stamping),
            ("expired", now - 90 * DAY, now - DAY, stamping),
            ("server", now - DAY, now + 9 * DAY, server),
        ):
            key = ec.generate_private_key(ec.SECP256R1())
            made = _certificate(_name(f"Clock {each}"), name, key, root, start, end, use)
            self._write(each, made, key)

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{name}.key").write_bytes(private)

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def reply(self, query: bytes, name: str = "tsa") -> bytes:
        """What OpenSSL answers to a request, signed with one of the certificates."""
        (self.folder / "query.tsq").write_bytes(query)
        (self.folder / "tsa.cnf").write_text(
            CONFIGURATION.format(folder=self.folder, name=name, above="between" if name == "below" else "ca")
        )
        self.openssl("ts -reply -config tsa.cnf -section one -queryfile query.tsq -out reply.tsr")
        return (self.folder / "reply.tsr").read_bytes()

    def signed_by_a_server(self, reply: bytes) -> bytes:
        """The same answer signed with a certificate that is not for timestamps, which OpenSSL itself refuses to do."""
        (self.folder / "good.tsr").write_bytes(reply)
        self.openssl("ts -reply -in good.tsr -token_out -out good.p7")
        self.openssl("cms -verify -noverify -inform DER -in good.p7 -out info.der")
        self.openssl(
            "cms -sign -binary -nodetach -outform DER -econtent_type id-smime-ct-TSTInfo "
            "-in info.der -signer server.pem -inkey server.key -out other.p7"
        )
        self.openssl("ts -reply -in other.p7 -token_in -out other.tsr")
        return (self.folder / "other.tsr").read_bytes()

    def openssl(self, arguments: str) -> str:
        assert OPENSSL is not None
        ran = subprocess.run(
            [OPENSSL, *arguments.split()], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    @contextmanager
    def served(self) -> Iterator[str]:
        """The authority's address; ``/expired`` answers with the expired certificate, others with what is wrong."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                what = self.path.strip("/")
                if what == "gone":
                    self.send_error(503)
                    return
                if what == "refuses":
                    answer = authority.reply(b"0\x030\x01\x02")
                elif what == "chatters":
                    answer = b"<html>not here</html>" * 9000
                elif what == "replays":
                    answer = (authority.folder / "replay.tsr").read_bytes()
                else:
                    answer = authority.reply(query, what or "tsa")
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            running = threading.Thread(target=server.serve_forever, args=(0.05,))
            running.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                running.join()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    start: datetime,
    end: datetime,
    use: x509.ObjectIdentifier | None,
) -> x509.Certificate:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    made = made.add_extension(x509.BasicConstraints(ca=use is None, path_length=None), critical=True)
    if use is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=True)
    return made.sign(signer, hashes.SHA256())
