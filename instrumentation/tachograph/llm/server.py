"""The server behind a client: who provides the model, where, and the shapes of the calls that go there."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .. import call as calls
from .. import names
from ..model import AttributeValue, Call, Shape
from ..settings import LlmSettings
from ..telemetry.hub import HUB
from .prices import PRICES
from .subject import LLM

UNKNOWN = "openai_compatible"
"""The provider where nothing tells who it is: anybody who speaks OpenAI's interface."""
_SHAPES_LIMIT = 1000
_SERVERS_LIMIT = 1000
_LOOKS = 10
_NO_SETTINGS = LlmSettings()

# Well-known values of gen_ai.provider.name, and names in their style for those that have none; by the host's end.
_HOSTS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "models.inference.ai.azure.com": "azure.ai.inference",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "amazonaws.com": "aws.bedrock",
    "api.aws": "aws.bedrock",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.mistral.ai": "mistral_ai",
    "api.x.ai": "x_ai",
    "api.perplexity.ai": "perplexity",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "cloud.ibm.com": "ibm.watsonx.ai",
    "openrouter.ai": "openrouter",
    "api.together.xyz": "together_ai",
    "api.together.ai": "together_ai",
    "api.fireworks.ai": "fireworks_ai",
    "api.cerebras.ai": "cerebras",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "api.novita.ai": "novita_ai",
    "router.huggingface.co": "hugging_face",
    "ollama.com": "ollama",
}
# What people run themselves, by a word in the host's name, as in http://vllm:8000 of a compose file.
_WORDS = ("ollama", "vllm", "sglang", "litellm", "lmstudio", "llamacpp", "tgi")
_PORTS = {11434: "ollama", 1234: "lmstudio"}


class Server:
    """A provider's server, with the shapes of the calls that go to it."""

    __slots__ = ("_looks", "_shapes", "address", "port", "provider", "settings")

    def __init__(self, provider: str, address: str | None, port: int | None, settings: object = None) -> None:
        self.provider = provider
        self.address = address
        self.port = port
        self.settings = settings
        self._shapes: dict[tuple[str, str], Shape] = {}
        self._looks = _LOOKS if provider == UNKNOWN else 0

    def shape(self, operation: str, model: str) -> Shape:
        """Return the shape of all calls of this operation to this model."""
        shape = self._shapes.get((operation, model))
        if shape is None:
            if len(self._shapes) >= _SHAPES_LIMIT:
                self._shapes.clear()
            PRICES.expect()
            name = f"{operation} {model}".strip()
            shape = self._shapes[operation, model] = Shape(LLM, name, self._told(operation, model))
            if self._looks:
                shape.bound[Server] = self
        return shape

    def looked_at(self, call: Call, provider: str | None) -> None:
        """Take the provider that an answer gave away; its call, and all that follow, are that provider's."""
        if provider is None:
            self._looks -= 1
            if self._looks <= 0:
                self._looks = 0
                for shape in list(self._shapes.values()):
                    shape.bound.pop(Server, None)
            return
        if self._looks:
            self.provider, self._looks = provider, 0
            for shape in list(self._shapes.values()):
                if shape.failures is not None and shape.failures.last:
                    shape.failures.last = 0  # nobody would end a row of failures that bears the old name
            self._shapes.clear()
        attributes = call.shape.attributes
        operation, model = attributes[names.GEN_AI_OPERATION_NAME], attributes.get(names.GEN_AI_REQUEST_MODEL, "")
        call.shape = calls.bound(self.shape(str(operation), str(model)))

    def _told(self, operation: str, model: str) -> Mapping[str, AttributeValue]:
        told: dict[str, AttributeValue | None] = {
            names.GEN_AI_OPERATION_NAME: operation,
            names.GEN_AI_PROVIDER_NAME: self.provider,
            names.GEN_AI_REQUEST_MODEL: model or None,
            names.SERVER_ADDRESS: self.address,
            names.SERVER_PORT: self.port,
        }
        return {key: value for key, value in told.items() if value is not None}


_servers: dict[tuple[str, str], Server] = {}
# By the URL object itself, which is kept here so that its id stays its own: hashing it would take longer than all else.
_by_object: dict[int, tuple[Any, str, Server]] = {}


def server_at(base_url: Any, default: str) -> Server:
    """Return the server of a base URL: text, or the HTTP library's object.

    `default` is the provider where the URL does not tell, such as "openai_compatible", which is anybody.
    """
    settings = HUB.settings
    known = _by_object.get(id(base_url))
    if known is not None and known[0] is base_url and known[1] == default and known[2].settings is settings:
        return known[2]
    key = (str(base_url), default)
    server = _servers.get(key)
    if server is None or server.settings is not settings:
        if len(_servers) >= _SERVERS_LIMIT:
            _servers.clear()
        server = _servers[key] = _look_up(key[0], default, settings)
    if len(_by_object) >= _SERVERS_LIMIT:
        _by_object.clear()
    _by_object[id(base_url)] = (base_url, default, server)
    return server


def unknown_server(call: Call) -> Server | None:
    """Return the server of a call whose answer may give its provider away, as nothing has told it yet."""
    server: Server | None = call.shape.bound.get(Server)
    return server


def server_of(provider: str) -> Server:
    """Return the server of a provider whose address the library keeps to itself."""
    key = ("", provider)
    if key not in _servers:
        _servers[key] = Server(provider, None, None)
    return _servers[key]


def llm_settings() -> LlmSettings:
    """Return the settings that concern calls of models."""
    settings = HUB.settings
    return _NO_SETTINGS if settings is None else settings.llm


def _look_up(url: str, default: str, settings: object) -> Server:
    parts = urlsplit(url if "://" in url else f"//{url}")
    host = parts.hostname or ""
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return Server(_provider(host, port, default), host or None, port, settings)


def _provider(host: str, port: int, default: str) -> str:
    own = llm_settings().providers
    if named := own.get(f"{host}:{port}") or own.get(host):
        return named
    for end, provider in _HOSTS.items():
        if host == end or host.endswith(f".{end}"):
            return provider
    for word in _WORDS:
        if word in host:
            return word
    return _PORTS.get(port, default)
