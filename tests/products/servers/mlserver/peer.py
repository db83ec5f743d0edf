"""A request as Triton's own client makes it, for comparison: ``python peer.py``, arrays as JSON on standard input."""

import base64
import json
import sys

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput

inputs = []
for name, datatype, shape, data in json.load(sys.stdin):
    kind = {"FP32": np.float32, "FP64": np.float64, "UINT8": np.uint8, "INT64": np.int64, "BOOL": bool, "BYTES": object}
    values = [base64.b64decode(each) for each in data] if datatype == "BYTES" else data
    array = np.empty(len(values), dtype=object) if datatype == "BYTES" else np.array(values, dtype=kind[datatype])
    array[:] = values
    made = InferInput(name, shape, datatype)
    made.set_data_from_numpy(array.reshape(shape), binary_data=True)
    inputs.append(made)
body, size = InferenceServerClient.generate_request_body(inputs)
print(json.dumps({"size": size, "body": base64.b64encode(body).decode()}))
