"""What code may name without being able to reach what runs in one process with it.

Each entry was looked at for ways to frames, modules, attributes by name, memory, and classes that
are equal to anything. What is missing here is not known to be harmful: it was not looked at.
"""

import importlib
import sys
from functools import cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALL = frozenset("*")
"""All public names of a module, but those denied."""

_WHOLE_MODULES = """
    __future__ abc argparse array asyncio base64 binascii bisect bz2 calendar cmath collections
    collections.abc colorsys concurrent.futures configparser contextlib copy csv dataclasses
    datetime decimal difflib email.utils enum errno fnmatch fractions functools getpass glob
    graphlib gzip hashlib heapq hmac html html.parser http http.client http.server io ipaddress
    itertools json keyword locale logging lzma math numbers os.path pathlib platform pprint
    queue random re secrets shlex shutil socketserver sqlite3 statistics string struct tempfile
    textwrap time typing typing_extensions unicodedata urllib.error urllib.parse urllib.request
    uuid warnings xml.dom.minidom xml.etree.ElementTree zipfile zlib zoneinfo numpy numpy.linalg
    numpy.random pandas
"""

MODULES: dict[str, frozenset[str]] = dict.fromkeys(_words(_WHOLE_MODULES), ALL) | {
    "os": _words(
        """
        PathLike cpu_count curdir environ extsep fspath getcwd getenv getpid linesep listdir
        makedirs mkdir pardir path pathsep remove rename replace rmdir scandir sep stat unlink
        urandom walk
        """
    ),
    "sys": _words(
        """
        argv byteorder exit float_info getrecursionlimit getsizeof hash_info int_info intern maxsize
        maxunicode platform setrecursionlimit stderr stdin stdout version version_info
        """
    ),
    "threading": _words(
        """
        Barrier BoundedSemaphore Condition Event Lock RLock Semaphore Thread Timer active_count
        current_thread get_ident local
        """
    ),
    "operator": _words(
        """
        abs add and_ concat contains countOf eq floordiv ge getitem gt iadd imul index indexOf inv
        invert is_ is_not isub itemgetter le length_hint lshift lt matmul mod mul ne neg not_ or_
        pos pow rshift setitem sub truediv truth xor
        """
    ),
    "socket": _words(
        """
        AF_INET AF_INET6 SOCK_DGRAM SOCK_STREAM SOL_SOCKET SO_REUSEADDR create_connection
        create_server error gaierror getaddrinfo gethostbyname gethostname herror htons inet_aton
        inet_ntoa ntohs socket timeout
        """
    ),
    "types": _words("GeneratorType MappingProxyType NoneType SimpleNamespace"),
}
"""Modules that may be imported, and their names that may be used."""

FILE_MODULES = _words(
    """
    bz2 configparser glob gzip io logging lzma numpy os os.path pandas pathlib shutil sqlite3
    tempfile zipfile
    """
)
"""Modules that read and write files: where /proc is there, that is memory too."""

DENIED = (
    # attributes by name, and types as values: what calls and classes can be made of
    _words("Formatter get_field attrgetter methodcaller update_wrapper")
    | _words("Type get_origin get_args get_type_hints ForwardRef evaluate_forward_ref fields")
    | _words("make_dataclass EnumMeta EnumType func default_factory mro")
    # what swallows exceptions, such as those of a check
    | _words("ExitStack AsyncExitStack")
    # processes, frames, memory, and text that is run
    | _words(
        "create_subprocess_exec create_subprocess_shell ProcessPoolExecutor get_stack settrace"
    )
    | _words(
        "setprofile ctypes ctypeslib as_strided ndarray memmap frombuffer f2py lib core testing"
    )
    | _words("load_extension enable_load_extension read_pickle eval query pipe currentframe")
    # what arithmetic and logging of others rest on
    | _words("getcontext setcontext getLoggerClass setLoggerClass setLogRecordFactory")
    | _words("set_event_loop set_event_loop_policy set_task_factory set_exception_handler")
    | _words("set_printoptions seterr setbufsize set_array_function")
    # of frames, tracebacks, generators, coroutines and code
    | _words("tb_frame tb_next tb_lineno tb_lasti f_back f_builtins f_code f_globals f_lasti")
    | _words(
        "f_lineno f_locals f_trace f_trace_lines f_trace_opcodes gi_frame gi_code gi_yieldfrom"
    )
    | _words("cr_frame cr_code cr_await cr_origin ag_frame ag_code ag_await")
    | _words("co_code co_consts co_names co_varnames")
)
"""Names that are never harmless, wherever they come from."""

DENIED_BUILTINS = _words(
    """
    eval exec compile globals locals vars setattr delattr breakpoint help memoryview __import__
    __build_class__ __loader__ __spec__ __builtins__ __package__ __path__
    """
)

NOT_CALLED = _words("ABCMeta Enum IntEnum StrEnum Flag IntFlag ReprEnum")
"""Classes that make classes from a mapping when they are called."""

NOT_SET = _words(
    "run_until_complete run_forever create_task call_soon call_later run_in_executor setUp tearDown"
)
"""Methods of loops, which checks run in, and of test cases."""

SPECIAL_METHODS = frozenset(
    f"__{name}__"
    for name in _words(
        """
        aenter aexit aiter anext await bool bytes call ceil complex copy deepcopy delete delitem
        enter exit float floor format fspath get getitem hash index init int invert iter len
        length_hint missing neg new next abs pos post_init repr reversed set set_name setitem str
        trunc
        """
    )
)
"""Those that are told nothing of what a result is compared with."""

SPECIAL_NAMES = _words(
    "__all__ __author__ __doc__ __file__ __match_args__ __name__ __slots__ __test__ __version__"
)
"""Names with two underscores that may be read, or bound."""

SPECIAL_ATTRIBUTES = _words(
    "__cause__ __doc__ __init__ __iter__ __len__ __name__ __new__ __next__ __post_init__ __repr__"
)

TAKES_CALLABLE_FIRST = _words("map filter reduce starmap partial defaultdict takewhile dropwhile")
TAKES_CLASS_LAST = _words("isinstance issubclass accumulate groupby")
CALLABLE_KEYWORDS = _words("key default_factory object_hook cls metaclass")
"""Where a class or function of a module may be handed to what only calls it."""

_STANDARD = sys.stdlib_module_names
_CONSTANTS = (int, float, complex, str, bytes, bool, tuple, frozenset, type(None))
_STREAMS = (
    *(("sys", name) for name in ("stdin", "stdout", "stderr", "argv", "float_info", "int_info")),
    *(("sys", "version_info"), ("sys", "hash_info"), ("os", "environ")),
)


def is_offered(module: str, name: str) -> bool:
    """Tell whether a name of a module may be used."""
    offered = MODULES.get(module, frozenset())
    if offered is ALL:
        return not name.startswith("_") and (name not in _STANDARD or name in _own_names(module))
    return name in offered


@cache
def _own_names(module: str) -> frozenset[str]:
    """Return the names of a module that are no modules, such as `datetime.time`."""
    found = importlib.import_module(module) if module.partition(".")[0] in _STANDARD else None
    return (
        frozenset(name for name, value in vars(found).items() if type(value).__name__ != "module")
        if found
        else frozenset()
    )


@cache
def is_constant(module: str, name: str) -> bool:
    """Tell whether a name of a module of the standard library stands for plain data."""
    if module.partition(".")[0] not in _STANDARD:
        return name in ("nan", "inf", "pi", "e", "newaxis", "NaT", "NA")
    value = getattr(importlib.import_module(module), name, len)
    return isinstance(value, _CONSTANTS) or (module, name) in _STREAMS


@cache
def public_names(module: str) -> tuple[str, ...]:
    """Return what `from module import *` gives, of the standard library."""
    if module.partition(".")[0] not in _STANDARD:
        return ()
    found = importlib.import_module(module)
    names = getattr(found, "__all__", None) or [n for n in vars(found) if not n.startswith("_")]
    return tuple(names)
