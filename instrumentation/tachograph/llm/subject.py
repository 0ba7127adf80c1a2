"""The subject of calls of models: what is measured of each."""

from .. import names
from ..model import Subject
from .chain import note
from .metrics import DURATION, FIRST_CHUNK, PER_CHUNK

LLM = Subject(
    "llm",
    DURATION,
    (
        names.GEN_AI_OPERATION_NAME,
        names.GEN_AI_PROVIDER_NAME,
        names.GEN_AI_REQUEST_MODEL,
        names.SERVER_ADDRESS,
        names.SERVER_PORT,
    ),
    first_chunk=FIRST_CHUNK,
    per_chunk=PER_CHUNK,
    target=(names.GEN_AI_PROVIDER_NAME, names.GEN_AI_REQUEST_MODEL, names.SERVER_ADDRESS, names.SERVER_PORT),
    ended=note,
)
