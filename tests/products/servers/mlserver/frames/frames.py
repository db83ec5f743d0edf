"""How many frames sounds have, which come in base64, marked so, by MLServer's own codec."""

import io
import wave

from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Frames(MLModel):
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        counts = []
        for sound in self.decode(payload.inputs[0]):
            with wave.open(io.BytesIO(sound)) as file:
                counts.append(str(file.getnframes()))
        return InferenceResponse(
            model_name=self.name, outputs=[StringCodec.encode_output("frames", counts, use_bytes=False)]
        )
