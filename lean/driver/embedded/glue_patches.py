"""Changes to the JavaScript that Emscripten generated around the WebAssembly of Lean.

Each patch says why it is there. Its anchor must occur exactly once, so that a different build of
the package is refused rather than half changed.
"""

from dataclasses import dataclass

from stepcheck.lean.embedded.glue_functions import FUNCTIONS
from stepcheck.lean.embedded.launch import THREAD_STACK_VARIABLE


class GluePatchError(Exception):
    """A patch does not fit: this is not the build of Lean it was written for."""


@dataclass(frozen=True, slots=True)
class GluePatch:
    """A replacement of one piece of text by another."""

    name: str
    why: str
    anchor: str
    replacement: str

    def apply(self, text: str) -> str:
        """Return the text with this patch. Raises `GluePatchError` unless it fits exactly once."""
        count = text.count(self.anchor)
        if count != 1:
            raise GluePatchError(f"patch {self.name}: its anchor occurs {count} times, expected 1")
        return text.replace(self.anchor, self.replacement)


def apply_patches(glue: str) -> str:
    """Return the glue with all patches and the functions they call."""
    for patch in PATCHES:
        glue = patch.apply(glue)
    return FUNCTIONS + glue


PATCHES = (
    GluePatch(
        "symbols_from_list",
        "The names are no longer exports; and the original searched all of them one by one.",
        "newSymIndex=Object.keys(lib.exports).indexOf(symbol);",
        "var address=leanSymbolAddress(symbol);if(address!==undefined)return address;"
        "newSymIndex=-1;",
    ),
    GluePatch(
        "no_offsets_for_exports",
        "Nothing in the module refers to an export through the global offset table.",
        "for(var symName in exports){if(isInternalSym(symName)){continue}",
        "for(var symName in exports)"
        "{if(isInternalSym(symName)||!(replace||symName in GOT)){continue}",
    ),
    GluePatch(
        "no_table_scan",
        "Only JavaScript functions are added, which are not in the table before.",
        "functionsInTableMap=new WeakMap;updateTableMap(0,wasmTable.length)",
        "functionsInTableMap=new WeakMap",
    ),
    GluePatch(
        "functions_in_array",
        "Of 200,000 functions in the table few are called from here. An array that begins empty "
        "and gets those few becomes a dictionary, and each call of a function a search in it.",
        "var wasmTableMirror=[];",
        "var wasmTableMirror=new Array(1<<18);",
    ),
    GluePatch(
        "invoke_imports",
        "Calls that may throw are made by a module of their own, which needs the same table.",
        '"GOT.func":GOTProxyHandler};return imports}',
        '"GOT.func":GOTProxyHandler};importInvoke(wasmImports);return imports}',
    ),
    GluePatch(
        "invoke_stack",
        "The other end of invoke_imports.",
        "wasmExports=instance.exports;var origExports=wasmExports;",
        "wasmExports=instance.exports;connectInvoke(wasmExports);var origExports=wasmExports;",
    ),
    GluePatch(
        "machine_code",
        "What Node.js has compiled well before need not be compiled, and run slowly, again.",
        "var instance=await WebAssembly.instantiate(binary,imports);return instance}",
        "return await instantiateLean(binary,imports)}",
    ),
    GluePatch(
        "no_graphics",
        "Each of some 250 functions for graphics became a WebAssembly module in every thread.",
        "if(!value&&!entry.required){entry.value=0;continue}",
        "if(!value&&!entry.required||/^emscripten_(gl|al)[A-Z]/.test(symName))"
        "{entry.value=0;continue}",
    ),
    GluePatch(
        "thread_stack",
        "The 4 MB that Node.js gives a thread are too little for Lean's deep recursion.",
        'worker=new Worker(pthreadMainJs,{workerData:"em-pthread",name:"em-pthread"})',
        'worker=new Worker(pthreadMainJs,{workerData:"em-pthread",name:"em-pthread",'
        f"resourceLimits:{{stackSizeMb:+process.env.{THREAD_STACK_VARIABLE}}}}})",
    ),
    GluePatch(
        "environment",
        "Lean reads LEAN_PATH and the like; and profiling, compiled in, must write no files.",
        "var ENV={};",
        'var ENV={LLVM_PROFILE_FILE:"/dev/null"};'
        "for(var name in process.env)"
        "if(/^(LEAN|MIMALLOC)_/.test(name))ENV[name]=process.env[name];",
    ),
    GluePatch(
        "exit_status",
        "Lean's main runs in a thread; the process has to end when it does, with its status.",
        "quit_=(status,toThrow)=>{process.exitCode=status;throw toThrow}",
        "quit_=(status,toThrow)=>{process.exit(status)}",
    ),
    GluePatch(
        "main_in_thread",
        "The first thread of Node.js must stay free: the others' file operations run there.",
        'function callMain(args=[]){var entryFunction=resolveGlobalSymbol("main").sym;'
        "if(!entryFunction)return;args.unshift(thisProgram);",
        "function callMain(args=[]){return startLean(args);",
    ),
    GluePatch(
        "main_in_thread_entry",
        "The other end of main_in_thread.",
        "runtimeKeepaliveCounter=0;noExitRuntime=0;__emscripten_dlsync_self();"
        "var result=getWasmTableEntry(ptr)(arg);",
        "runtimeKeepaliveCounter=0;noExitRuntime=0;__emscripten_dlsync_self();"
        "if(ptr===LEAN_MAIN)return runLeanMain(arg);var result=getWasmTableEntry(ptr)(arg);",
    ),
    GluePatch(
        "direct_input",
        "Waiting for input in the first thread would stop all others.",
        "function _fd_read(fd,iov,iovcnt,pnum){",
        "function _fd_read(fd,iov,iovcnt,pnum){"
        "if(fd===0)return transfer(readInput,iov,iovcnt,pnum);",
    ),
    GluePatch(
        "direct_output",
        "Emscripten's terminal holds text back until a newline, and an answer with it.",
        "function _fd_write(fd,iov,iovcnt,pnum){",
        "function _fd_write(fd,iov,iovcnt,pnum){"
        "if(fd===1)return transfer(writeOutput,iov,iovcnt,pnum);"
        "if(fd===2)return transfer(writeErrors,iov,iovcnt,pnum);",
    ),
    GluePatch(
        "no_terminal_output",
        "A document that writes to /dev/stdout must not reach the checker's protocol.",
        "defaultPrint=(...args)=>fs.writeSync(1,",
        "defaultPrint=()=>{};var discarded=(...args)=>(",
    ),
    GluePatch(
        "no_default_mounts",
        "The build gave Lean /home and /tmp, to write to. It is to see what it needs.",
        'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");'
        'var cwd=process.cwd();if(cwd.startsWith("/private/tmp/"))'
        '{cwd=cwd.replace("/private/tmp/","/tmp/")}else if(cwd==="/private/tmp"){cwd="/tmp"}'
        "FS.chdir(cwd)",
        "",
    ),
    GluePatch(
        "read_only_mounts",
        "A document's #eval must not change files of the host.",
        "var FS_createDataFile=(...args)=>FS.createDataFile(...args);",
        "makeMountsReadOnly();var FS_createDataFile=(...args)=>FS.createDataFile(...args);",
    ),
    GluePatch(
        "no_child_processes",
        "A document must not start programs of the host.",
        "var __emscripten_system=command=>{if(ENVIRONMENT_IS_NODE){",
        "var __emscripten_system=command=>{if(false){",
    ),
    GluePatch(
        "public_constants",
        "process.binding is deprecated, and refused under the permission model of Node.js.",
        'process.binding("constants")["fs"]',
        "fs.constants",
    ),
)
