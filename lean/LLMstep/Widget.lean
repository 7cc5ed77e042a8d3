import Lean.Widget.UserWidget

/-!
# The panel with suggestions

In an editor with an infoview, suggestions also stand in a panel: proofs in green, a click applies
one. Everything in it is also said as text, for the editors that have none.
-/

open Lean

namespace LLMstep

/-- One suggestion in the panel. -/
structure PanelEntry where
  /-- What a click puts in the place of the call. -/
  text : String
  /-- Whether it proves everything. -/
  isProof : Bool
  /-- What becomes of the goals, in a few words. -/
  summary : String
  /-- The goals that it leaves and Lean's remarks; may be empty. -/
  details : String

/-- The entry as the panel reads it. -/
def PanelEntry.json (entry : PanelEntry) : Json :=
  .mkObj [
    ("text", entry.text), ("isProof", entry.isProof), ("summary", entry.summary),
    ("details", entry.details)]

/-- Its properties are `entries`, as `PanelEntry` says, and the `range` that they replace. -/
@[widget_module]
def suggestionPanel : Widget.Module where
  javascript := "
  import * as React from 'react'
  import { EditorContext } from '@leanprover/infoview'

  const element = React.createElement
  const green = { color: 'var(--vscode-testing-iconPassed, #388a34)' }
  const link = { color: 'var(--vscode-textLink-foreground)' }

  export default function SuggestionPanel({ pos, range, entries }) {
    const editor = React.useContext(EditorContext)
    const apply = newText =>
      editor.api.applyEdit({ changes: { [pos.uri]: [{ range, newText }] } })
    const item = ({ text, isProof, summary, details }, key) =>
      element('li', { key, className: 'font-code pre-wrap mb1' },
        element('a', {
          className: 'pointer dim',
          style: isProof ? green : link,
          title: 'Put it in the place of the call',
          onClick: () => apply(text)
        }, text),
        element('span', { style: isProof ? green : undefined }, '  ' + summary),
        details && element('div', { className: 'ml3 o-80' }, details))
    return element('details', { open: true },
      element('summary', { className: 'mv2 pointer' }, 'llmstep'),
      element('ul', { className: 'list pl2 mv0' }, entries.map(item)))
  }
"

/-- Shows the panel when the cursor is at `ref`, which the entries may replace. -/
def showPanel (ref : Syntax) (entries : Array PanelEntry) : CoreM Unit := do
  let some range := ref.getRange? | return
  let range := (← getFileMap).utf8RangeToLspRange range
  let properties :=
    Json.mkObj [("entries", .arr (entries.map (·.json))), ("range", toJson range)]
  Widget.savePanelWidgetInfo suggestionPanel.javascriptHash.val (return properties) ref

end LLMstep
