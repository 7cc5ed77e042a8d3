import pytest

from stepcheck.lean.embedded.glue import make_glue
from stepcheck.lean.embedded.glue_patches import PATCHES, GluePatch, GluePatchError, apply_patches


def miniature_glue() -> str:
    """Text of the shape of the published glue: declarations, assignments, every anchor."""
    anchors = "\n".join(patch.anchor for patch in PATCHES)
    return (
        "var Module={};var _main,_unused,_free,wasmTable;"
        'function assignWasmExports(wasmExports){_unused=wasmExports["unused"];'
        '_free=Module["_free"]=wasmExports["free"];_malloc=wasmExports["malloc"];'
        'wasmTable=wasmExports["table"]}'
        f'{anchors};_free(1);wasmExports["__wasm_call_ctors"]();resolveGlobalSymbol("main")'
    )


def test_every_patch_is_applied() -> None:
    patched = apply_patches(miniature_glue())
    for patch in PATCHES:
        assert patch.replacement in patched, patch.name


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_a_missing_anchor_is_an_error_that_names_the_patch(patch: GluePatch) -> None:
    with pytest.raises(GluePatchError, match=rf"patch {patch.name}: .* 0 times"):
        apply_patches(miniature_glue().replace(patch.anchor, "changed"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_an_anchor_that_occurs_twice_is_an_error(patch: GluePatch) -> None:
    with pytest.raises(GluePatchError, match=rf"patch {patch.name}: .* 2 times"):
        apply_patches(miniature_glue() + "\n" + patch.anchor)


def test_variables_that_nothing_uses_are_dropped() -> None:
    glue = make_glue(miniature_glue())
    assert "unused" not in glue.text
    assert '_free=Module["_free"]=wasmExports["free"]' in glue.text


def test_exports_are_those_of_the_glue_and_of_the_patches() -> None:
    # malloc is called by what the patches add, the others by the glue itself.
    expected = {"free", "malloc", "table", "__wasm_call_ctors", "main"}
    assert make_glue(miniature_glue()).exports == expected


def test_glue_of_another_shape_is_refused() -> None:
    with pytest.raises(GluePatchError, match="assignWasmExports"):
        make_glue(miniature_glue().replace("assignWasmExports", "other"))
