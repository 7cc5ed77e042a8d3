"""The client's settings: read when it is ready, and again when they change."""

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from stepcheck.lsp.configuration import SECTION
from stepcheck.lsp.features.learning_from_use import learn_when_idle
from stepcheck.lsp.language_server import StepcheckLanguageServer


def register(server: StepcheckLanguageServer) -> None:
    """Begin the session with the client's settings; end it when the client is done."""

    @server.feature(types.INITIALIZE)
    async def initialize(params: types.InitializeParams) -> None:
        server.remember_initialization(params)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        server.run_in_background(learn_when_idle(server))
        await server.begin_session()
        await _ask_for_changes(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(_params: types.DidChangeConfigurationParams) -> None:
        await server.begin_session()

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: None) -> None:
        await server.end_session()


async def _ask_for_changes(server: StepcheckLanguageServer) -> None:
    workspace = server.client_capabilities.workspace
    changes = workspace.did_change_configuration if workspace else None
    if not (changes and changes.dynamic_registration):
        return
    options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
    method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
    registration = types.Registration(f"{SECTION}-configuration", method, options)
    try:
        await server.client_register_capability_async(types.RegistrationParams([registration]))
    except JsonRpcException:
        return
