"""Examining small candidates in the real sandbox."""

import pytest

from stepcheck.server.sandbox.sandbox import Check, Limits, Sandbox, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
QUICK = Limits(seconds=60, seconds_per_call=1)
IS_TWO = (Check("f(1)", "2"), Check("assert f(1) == 2"))


def examine(source, checks=IS_TWO, functions=("f",)):
    return Sandbox(QUICK).examine(source, functions, checks)


def statuses(source, checks=IS_TWO):
    return {result.status for result in examine(source, checks).results}
