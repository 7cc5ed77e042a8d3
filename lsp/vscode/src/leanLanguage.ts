/** What the editor knows of Lean's syntax where no Lean extension tells it. */

import * as vscode from "vscode";

const LEAN_EXTENSION = "leanprover.lean4";

/** Configure comments and brackets, and leave that to the Lean extension if it is there. */
export function configureLean(): vscode.Disposable {
  if (vscode.extensions.getExtension(LEAN_EXTENSION) !== undefined) {
    return new vscode.Disposable(() => undefined);
  }
  return vscode.languages.setLanguageConfiguration("lean4", {
    comments: { lineComment: "--", blockComment: ["/-", "-/"] },
    brackets: [
      ["(", ")"],
      ["[", "]"],
      ["{", "}"],
      ["⟨", "⟩"],
      ["⟪", "⟫"],
    ],
    autoClosingPairs: [
      { open: "(", close: ")" },
      { open: "[", close: "]" },
      { open: "{", close: "}" },
      { open: "⟨", close: "⟩" },
      { open: "/-", close: " -/", notIn: [vscode.SyntaxTokenType.String] },
      { open: '"', close: '"', notIn: [vscode.SyntaxTokenType.String] },
    ],
    indentationRules: {
      increaseIndentPattern: /(\bby|:=|=>|\bwith|\bwhere|\bdo)\s*$/,
      decreaseIndentPattern: /^\s*[)\]}⟩]/,
    },
  });
}
