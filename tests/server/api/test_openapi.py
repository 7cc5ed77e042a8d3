import jsonschema
import pytest

from stepcheck.server.api import openapi
from stepcheck.server.api.suggest_schemas import SuggestRequest
from stepcheck.server.http.schema import ErrorBody


@pytest.fixture
def document(start_server, fake_generator):
    with start_server(fake_generator()).client() as client:
        return client.get("/openapi.json").json()


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def schema_of(document, name):
    """One of the document's schemas, with the others at hand for its references."""
    return document["components"]["schemas"][name] | {"components": document["components"]}


def test_every_schema_is_valid_json_schema(document):
    schemas = document["components"]["schemas"]

    assert schemas
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(document):
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    found = set(references(document))

    assert found
    assert found <= known


def test_it_describes_exactly_the_routes_that_exist(document, start_server, fake_generator):
    from prometheus_client import CollectorRegistry

    from stepcheck.server.app import create_app
    from stepcheck.server.engine.metrics import EngineMetrics
    from stepcheck.server.engine.queue import Engine
    from stepcheck.settings.schema import Settings

    settings, registry = Settings(), CollectorRegistry()
    engine = Engine(list, settings.server, EngineMetrics(registry))
    app = create_app(settings, engine, registry)

    routes = {
        (method.lower(), rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    described = {
        (method, path) for path, operations in document["paths"].items() for method in operations
    }
    assert described == routes


def test_answers_and_errors_are_as_described(document, start_server, fake_generator):
    server = start_server(fake_generator())

    jsonschema.validate(server.suggest().json(), schema_of(document, "SuggestResponse"))
    jsonschema.validate(server.suggest(n=0).json(), schema_of(document, "ErrorBody"))
    with server.client() as client:
        jsonschema.validate(client.get("/info").json(), schema_of(document, "ServerInfo"))


@pytest.mark.parametrize(
    "request_fields",
    [{"goal": "g"}, {"goal": "g", "n": 64, "temperature": 4, "method": "beam", "model": None}],
)
def test_what_the_document_accepts_the_server_accepts(document, request_fields):
    jsonschema.validate(request_fields, schema_of(document, "SuggestRequest"))
    SuggestRequest.model_validate(request_fields)


@pytest.mark.parametrize(
    "request_fields", [{}, {"goal": 1}, {"goal": "g", "n": 0}, {"goal": "g", "unknown": 1}]
)
def test_what_the_document_refuses_the_server_refuses(document, request_fields):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(request_fields, schema_of(document, "SuggestRequest"))
    with pytest.raises(ValueError, match="validation error"):
        SuggestRequest.model_validate(request_fields)


def test_the_token_is_described_where_it_is_required():
    paths = openapi.build_document(requires_token=True)["paths"]

    assert paths["/v1/suggest"]["post"]["security"] == [{"token": []}]
    assert "401" in paths["/v1/suggest"]["post"]["responses"]
    assert "security" not in paths["/health"]["get"]


def test_every_error_is_described_by_its_body(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status != "200":
                    [content] = answer["content"].values()
                    assert content["schema"]["$ref"].endswith(ErrorBody.__name__)
