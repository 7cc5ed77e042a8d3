"""Isolate the current process: namespaces, a file system of its own, resource limits.

Linux only: namespaces(7), mount_setattr(2), pivot_root(2), prctl(2), getrlimit(2).
Everything here is called once, in a fresh single-threaded process.
"""

import contextlib
import ctypes
import fcntl
import os
import platform
import resource
import signal
import socket
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUTS = 0x04000000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
_NEW_NAMESPACES = _CLONE_NEWNS | _CLONE_NEWUTS | _CLONE_NEWIPC | _CLONE_NEWPID | _CLONE_NEWNET

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT = 1, 2, 4, 32
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP = 1, 38, 24
_HIGHEST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522

_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

_ROOT_BYTES = 1 << 20
_PROC_OPTIONS = "subset=pid,hidepid=ptraceable"

_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1

_NOBODY = 65534
_FIRST_SANDBOX_USER = 0x70000000


class IsolationUnavailableError(Exception):
    """The kernel, or the machine's configuration, does not allow the isolation."""


class FileSystemView(NamedTuple):
    """What is seen of the host's files: the `readable` folders, read-only.

    In them, what is `hidden` is empty, and the files `replaced` have other content.
    """

    readable: Sequence[str]
    hidden: Sequence[str]
    replaced: Mapping[str, bytes]


def enter_namespaces(root: Path, view: FileSystemView, writable_bytes: int) -> None:
    """Unshare the host's file system, network, processes and (unless root) users.

    `root` is an empty directory. Afterwards `/` holds the `view` read-only, four devices, and an
    empty `/tmp` of at most `writable_bytes`; processes forked later are in the new process
    namespace: the first must call `detach_host_files`, those with judged code `drop_privileges`.
    Raises `IsolationUnavailableError`.
    """
    if platform.machine() not in _SYS_PIVOT_ROOT:
        raise IsolationUnavailableError(f"not known how on {platform.machine()}")
    user, group = os.getuid(), os.getgid()
    if user == 0:
        _call("unshare", _NEW_NAMESPACES)
    else:
        _call("unshare", _NEW_NAMESPACES | _CLONE_NEWUSER)
        _write_file("/proc/self/setgroups", "deny")
        _write_file("/proc/self/uid_map", f"{_NOBODY} {user} 1")
        _write_file("/proc/self/gid_map", f"{_NOBODY} {group} 1")
    _raise_loopback()
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _change_root(root, view, writable_bytes)


def _raise_loopback() -> None:
    """Let the processes of the new namespace talk to each other, by the only interface there is."""
    request = struct.pack("16sh14x", b"lo", _IFF_UP)
    # Code that needs it says so itself.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        fcntl.ioctl(opened, _SIOCSIFFLAGS, request)


def drop_privileges(*, switch_user: bool) -> None:
    """Drop every capability for good; with `switch_user`, become a user that nobody else is.

    The number of processes is limited per user, hence one of its own.
    """
    for capability in range(_HIGHEST_CAPABILITY + 1):
        # Those beyond the last that the kernel knows are refused.
        with contextlib.suppress(IsolationUnavailableError):
            _call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    if switch_user:
        _switch_user(_FIRST_SANDBOX_USER + _draw_user_offset())
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _system_call(_SYS_CAPSET[platform.machine()], header, (ctypes.c_uint32 * 6)())
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def detach_host_files(*, mount_proc: bool) -> None:
    """Unmount the host's file system, as the init process of the new namespace.

    With `mount_proc`, /proc shows the processes of this namespace that one may trace, and nothing
    else. Where the host's /proc is masked in part, as in many containers, there is none. Raises
    `IsolationUnavailableError`.
    """
    if mount_proc:
        # While the host's own is still there: without, users may not mount one.
        with contextlib.suppress(IsolationUnavailableError):
            _mount("proc", "/proc", "proc", _MS_RDONLY | _MS_NOSUID | _MS_NODEV, _PROC_OPTIONS)
    _call("umount2", b"/old", _MNT_DETACH)
    Path("/old").rmdir()
    _mount(None, "/", None, _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_BIND)
    os.chdir("/tmp")  # noqa: S108 - the sandbox's own


def _draw_user_offset() -> int:
    """Return a number under 2^24 that no other sandbox is likely to draw."""
    return int.from_bytes(os.urandom(3))


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_resources(
    *,
    memory_bytes: int | None,
    cpu_seconds: int,
    file_bytes: int,
    processes: int,
    open_files: int,
) -> None:
    """Set the limits of this process and its children; none can raise them again."""
    for which, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        if most is None:
            continue
        _, allowed = resource.getrlimit(which)
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(which, (most, most))


def _change_root(root: Path, view: FileSystemView, writable_bytes: int) -> None:
    size = _ROOT_BYTES + sum(map(len, view.replaced.values()))
    _mount("tmpfs", str(root), "tmpfs", _MS_NOSUID | _MS_NODEV, f"size={size},mode=755")
    (root / "tmp").mkdir()
    options = f"size={writable_bytes},nr_inodes=4096,mode=1777"
    _mount("tmpfs", str(root / "tmp"), "tmpfs", _MS_NOSUID | _MS_NODEV, options)
    for name in view.readable:
        _bind_read_only(Path(name), root)
    _mask(view, root)
    (root / "proc").mkdir()
    (root / "dev").mkdir()
    for name in ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"):
        place = root / name[1:]
        place.touch()
        _mount(name, str(place), None, _MS_BIND)
    (root / "old").mkdir()
    os.chdir(root)
    _system_call(_SYS_PIVOT_ROOT[platform.machine()], b".", b"old")
    os.chdir("/")


def _bind_read_only(path: Path, root: Path) -> None:
    """Make `path` visible below `root`, read-only."""
    place = root / str(path)[1:]
    if place.exists():
        # Below another that is shown.
        return
    if path.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(path.readlink())
        return
    if not path.is_dir():
        return
    place.mkdir(parents=True, exist_ok=True)
    _mount(str(path), str(place), None, _MS_BIND | _MS_REC)
    read_only = (ctypes.c_uint64 * 4)(_MS_RDONLY | _MS_NOSUID | _MS_NODEV, 0, 0, 0)
    _system_call(
        _SYS_MOUNT_SETATTR,
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(place),
        ctypes.c_uint(_AT_RECURSIVE),
        read_only,
        ctypes.c_size_t(ctypes.sizeof(read_only)),
    )


def _mask(view: FileSystemView, root: Path) -> None:
    """Mount empty folders and files over what is hidden, other content over what is replaced."""
    masks = root / ".masks"
    empty_folder, empty_file = masks / "folder", masks / "file"
    empty_folder.mkdir(parents=True)
    empty_file.touch(0o444)
    for name in view.hidden:
        place = root / name[1:]
        if place.exists():
            _mount(str(empty_folder if place.is_dir() else empty_file), str(place), None, _MS_BIND)
    for number, (name, content) in enumerate(view.replaced.items()):
        mask = masks / str(number)
        mask.write_bytes(content)
        _mount(str(mask), str(root / name[1:]), None, _MS_BIND)


def _switch_user(user: int) -> None:
    try:
        os.setgroups([])
        for candidate in (user, _NOBODY):
            try:
                os.setresgid(candidate, candidate, candidate)
                os.setresuid(candidate, candidate, candidate)
            except OSError:
                continue
            return
    except OSError as error:
        raise IsolationUnavailableError(f"cannot leave root: {error.strerror}") from error
    raise IsolationUnavailableError("cannot leave root: no other user exists")


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str = ""
) -> None:
    _call(
        "mount",
        os.fsencode(source) if source else None,
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )


def _system_call(number: int, *arguments: object) -> None:
    _call("syscall", ctypes.c_long(number), *arguments)


def _call(function: str, *arguments: object) -> None:
    if getattr(_c_library(), function)(*arguments) < 0:
        reason = os.strerror(ctypes.get_errno())
        raise IsolationUnavailableError(f"{function}: {reason}")


@cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _write_file(path: str, text: str) -> None:
    try:
        Path(path).write_text(text)
    except OSError as error:
        raise IsolationUnavailableError(f"{path}: {error.strerror}") from error
