module
public meta import Lean
public meta import Lean.Compiler.LCNF.Passes
public meta import Lean.Compiler.IR.Boxing
public meta import Std.Internal.UV.TCP
public import Lean
public meta section

/-!
# Compiling ordinary Lean with the embedded Lean

The embedded Lean ships the exported half of each of its modules. Code that is compiled there must
not call what only the other half or the `.ir` files have:

* bodies of library functions, once inlined or specialised, call private functions that nobody can
  find;
* `f._boxed`, which a partial application of `f` needs, is not exported.

Two compiler passes keep such calls from arising, and `#save_olean` writes the result as a module
that this Lean can import and run. A file that is to be compiled imports this one; neither its
source nor its users know of it. What such a file calls must be imported here, too.
-/

open Lean Compiler LCNF

/- The compiler would call these specialisations, of which only the native code is exported. -/
@[extern "l_Lean_EnvExtension_modifyState___redArg"]
opaque Lean.EnvExtension.modifyState._redArg
  (extension environment update mode declaration : NonScalar) : NonScalar

@[extern "l_Array_append___redArg"]
opaque Array.append._redArg (first second : NonScalar) : NonScalar

namespace PrecompileShim

/-!
## Next to nothing imported is inlined or specialised

The monads of `IO` are: their code calls nothing private, and without it each turn of a loop in `IO`
would stand on the stack of the one before.
-/

/-- Whether the code of a module may be inlined. -/
def isInlined (module : Name) : Bool :=
  module == `Init.Prelude || module == `Init.System.ST || module == `Init.System.IO ||
    Name.isPrefixOf `Init.Control module

/-- The entries of the modules that may be inlined, and none of the others. -/
def keepInlined (entries : Array (Array Decl)) (modules : Array Name) (i : Nat)
    (kept : Array (Array Decl)) : Array (Array Decl) :=
  if h : i < entries.size then
    let entry := if isInlined (modules.getD i .anonymous) then entries[i] else #[]
    keepInlined entries modules (i + 1) (kept.push entry)
  else kept
termination_by entries.size - i

/--
Removes the code of imported declarations, except of these modules, from a table of the compiler.
-/
def withoutImported (table : DeclExt) (modules : Array Name) (env : Environment) : Environment :=
  table.toEnvExtension.modifyState env
    (fun s => { s with importedEntries := keepInlined s.importedEntries modules 0 #[] })
    table.toEnvExtension.asyncMode .anonymous

/--
Of the later phase nothing is kept: there functions have been split into ones that are not exported.
-/
def forgetImported (decls : Array Decl) : CompilerM (Array Decl) := do
  let modules := (← getEnv).header.moduleNames
  modifyEnv (withoutImported baseExt modules)
  modifyEnv (withoutImported monoExt #[])
  return decls

@[cpass] def installForgetting : PassInstaller where
  phase := .base
  install passes := fun _ _ =>
    pure (#[{ phase := .base, name := `forgetImported, run := forgetImported }] ++ passes)

/-! ## Partial applications of imported functions become local functions -/

/-- How many arguments an application of `f` lacks, if its lacking them would call `f._boxed`. -/
def missingArguments (env : Environment) (f : Name) (given : Nat) : Nat := Id.run do
  if (env.getModuleIdxFor? f).isNone then return 0
  let some decl := IR.findEnvDecl env f | return 0
  if IR.ExplicitBoxing.requiresBoxedVersion env decl then decl.params.size - given else 0

/- These are fully applied, so that this file itself compiles without the passes. -/

def newParam : CompilerM Param :=
  fun config state context core => LCNF.mkParam `x anyExpr false config state context core

def newResult (value : LetValue) : CompilerM LetDecl :=
  fun config state context core => LCNF.mkLetDecl `r anyExpr value config state context core

def addFunction (decl : FunDecl) : CompilerM Unit :=
  fun config state context core =>
    modifyLCtx (fun lctx => lctx.addFunDecl decl) config state context core

def withBody (decl : FunDecl) (body : Code) : CompilerM FunDecl :=
  fun config state context core => decl.updateValue body config state context core

/-- The function `fun xs => f arguments xs`, under the name of the variable of `decl`. -/
def etaExpand (decl : LetDecl) (f : Name) (arguments : Array Arg) (missing : Nat) :
    CompilerM FunDecl := do
  let mut params := #[]
  let mut type := anyExpr
  for _ in [0:missing] do
    params := params.push (← newParam)
    type := .forallE `x anyExpr type .default
  let result ← newResult (.const f [] (arguments ++ params.map fun p => .fvar p.fvarId))
  let function : FunDecl :=
    ⟨decl.fvarId, decl.binderName, params, type, .let result (.return result.fvarId)⟩
  addFunction function
  return function

partial def etaExpandCode (code : Code) : CompilerM Code := do
  match code with
  | .let decl rest =>
    let rest ← etaExpandCode rest
    let .const f _ arguments := decl.value | return .let decl rest
    match missingArguments (← getEnv) f arguments.size with
    | 0 => return .let decl rest
    | missing => return .fun (← etaExpand decl f arguments missing) rest
  | .fun decl rest =>
    return .fun (← withBody decl (← etaExpandCode decl.value)) (← etaExpandCode rest)
  | .jp decl rest =>
    return .jp (← withBody decl (← etaExpandCode decl.value)) (← etaExpandCode rest)
  | .cases cases =>
    let alternatives ← cases.alts.mapM fun
      | .alt constructor params body => return .alt constructor params (← etaExpandCode body)
      | .default body => return .default (← etaExpandCode body)
    return .cases { cases with alts := alternatives }
  | _ => return code

def etaExpandDecls (decls : Array Decl) : CompilerM (Array Decl) :=
  decls.mapM fun decl => do
    let .code code := decl.value | return decl
    return { decl with value := .code (← etaExpandCode code) }

@[cpass] def installEtaExpansion : PassInstaller where
  phase := .mono
  install passes := do
    let i := (passes.findIdx? (·.name == `lambdaLifting)).getD passes.size
    let pass : Pass := { phase := .mono, name := `etaExpandDecls, run := etaExpandDecls }
    return (passes.extract 0 i).push pass ++ passes.extract i passes.size

/-! ## Writing the module -/

/--
Writes what has been compiled as an `.olean`, as the last command of a file. The names of auxiliary
functions (`_lam_0`, `_boxed`, …) are written as constants, because Lean would look for them in an
`.ir` file, which the embedded Lean does not read. The import of this file is left out.
-/
elab "#save_olean " path:str : command => do
  let env ← getEnv
  let data ← mkModuleData env .exported
  let auxiliary := data.extraConstNames.filter fun name => !data.constNames.contains name
  let placeholder (name : Name) : ConstantInfo :=
    .axiomInfo { name, levelParams := [], type := mkConst ``True, isUnsafe := true }
  saveModuleData path.getString env.mainModule { data with
    imports := data.imports.filter fun i => i.module != `PrecompileShim
    constNames := data.constNames ++ auxiliary
    constants := data.constants ++ auxiliary.map placeholder }

end PrecompileShim
