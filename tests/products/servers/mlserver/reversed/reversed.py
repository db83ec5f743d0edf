"""Texts from back to front, by MLServer's own codec."""

from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Reversed(MLModel):
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        texts = self.decode(payload.inputs[0], default_codec=StringCodec)
        said = StringCodec.encode_output("text", [text[::-1] for text in texts], use_bytes=False)
        return InferenceResponse(model_name=self.name, outputs=[said])
