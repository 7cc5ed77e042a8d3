"""Descriptions of values as text for people, much as Python would show them."""

from typing import Any

_BRACKETS = {
    **dict.fromkeys(("list", "iterator", "range"), ("[", "]")),
    "tuple": ("(", ")"),
    "set": ("{", "}"),
}


def render(description: Any) -> str:
    """Return the value described (see `sandbox.child.description`) as text."""
    if not isinstance(description, list):
        return repr(description)
    match description:
        case [("list" | "tuple" | "set" | "iterator" | "range") as kind, items]:
            opening, closing = _BRACKETS[kind]
            inner = ", ".join(map(render, items))
            if kind == "set" and not items:
                return "set()"
            comma = "," if kind == "tuple" and len(items) == 1 else ""
            return f"{opening}{inner}{comma}{closing}"
        case ["dict", pairs]:
            return "{" + ", ".join(f"{render(key)}: {render(item)}" for key, item in pairs) + "}"
        case ["array", _, items]:
            return f"array([{', '.join(map(render, items))}])"
        case ["series", name, index, items]:
            pairs = ", ".join(
                f"{render(k)}: {render(v)}" for k, v in zip(index, items, strict=True)
            )
            return f"Series({{{pairs}}}, name={render(name)})"
        case ["frame", names, _, columns]:
            pairs = ", ".join(
                f"{render(name)}: [{', '.join(map(render, column))}]"
                for name, column in zip(names, columns, strict=True)
            )
            return f"DataFrame({{{pairs}}})"
        case ["record", name, pairs]:
            fields = ", ".join(f"{key}={render(item)}" for key, item in pairs)
            return f"{name}({fields})"
        case ["bytes", digits]:
            return repr(bytes.fromhex(digits))
        case ["complex", real, imaginary]:
            return repr(complex(real, imaginary))
        case ["axes", aspects]:
            shown = (f"{name} {render(value)}" for name, value in aspects if _is_set(value))
            return f"axes with {', '.join(shown)}"
        case ["figure", _, parts]:
            return f"a figure of {' and '.join(map(render, parts)) or 'nothing'}"
    inner = ", ".join(part if isinstance(part, str) else render(part) for part in description[1:])
    return f"{description[0]} {inner}".strip()


def _is_set(value: Any) -> bool:
    return value not in ("", ["list", []])
