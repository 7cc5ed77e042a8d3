"""Small edits of a program, of the kinds by which programs go wrong.

The operators of mutation testing (Offutt et al., "An experimental determination of sufficient
mutant operators", 1996) and what DebugBench (arXiv:2401.04621) and HumanEvalFix (arXiv:2308.07124)
count among bugs, read backwards.
"""

from collections.abc import Iterator

from stepcheck.server.repair.expressions import mutate_expressions
from stepcheck.server.repair.mutation import Mutation
from stepcheck.server.repair.names import mutate_names
from stepcheck.server.repair.omissions import mutate_omissions
from stepcheck.server.repair.program import Program
from stepcheck.server.repair.statements import mutate_statements


def mutate(program: Program) -> Iterator[Mutation]:
    """Yield the edits, each of a different text, in the order of kinds."""
    seen = set()
    for generate in (mutate_expressions, mutate_names, mutate_statements, mutate_omissions):
        for mutation in generate(program):
            if mutation.edits not in seen:
                seen.add(mutation.edits)
                yield mutation
