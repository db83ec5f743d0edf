"""Signs folders with OpenSSF's own model-signing, and says by which digest: run in a Python that has it."""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from pathlib import Path


def main() -> None:
    import model_signing
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    written = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        key, signature = Path(folder) / "key.pem", Path(folder) / "model.sig"
        key.write_bytes(written)
        config = model_signing.signing.Config().use_elliptic_key_signer(private_key=key)
        for model in sys.argv[1:]:
            config.sign(model, signature)
            statement = json.loads(base64.b64decode(json.loads(signature.read_text())["dsseEnvelope"]["payload"]))
            (subject,) = statement["subject"]
            print(json.dumps([subject["name"], subject["digest"]["sha256"], len(statement["predicate"]["resources"])]))


if __name__ == "__main__":
    main()
