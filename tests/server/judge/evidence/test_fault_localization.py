from stepcheck.server.judge.evidence.fault_localization import Run, rank_lines, suspect


def test_what_runs_only_for_failing_checks_is_most_suspicious():
    runs = [Run(True, frozenset({1, 2, 5})), Run(False, frozenset({1, 3, 5}))]

    suspicion = suspect(runs)

    assert max(suspicion, key=suspicion.__getitem__) == 3
    assert 2 not in suspicion
    assert suspicion[3] == 1.0
    assert suspicion[1] == suspicion[5] < 1.0


def test_where_an_error_was_raised_counts_more():
    suspicion = suspect([Run(False, frozenset({1, 2, 3}), (1, 2))])

    assert suspicion[2] > suspicion[1] > suspicion[3]


def test_nothing_failed_nothing_is_suspicious():
    assert suspect([Run(True, frozenset({1}))]) == {}


def test_of_lines_that_all_ran_the_one_that_an_edit_changed_comes_first():
    source = "def f(x):\n    y = x // 2\n    if y % 2 == 0:\n        return y\n    return -y\n"
    runs = [Run(passed=False, lines=frozenset({2, 3, 4}))]

    for line in (2, 3, 4):
        assert rank_lines(source, runs, frozenset({line}))[0] == line
