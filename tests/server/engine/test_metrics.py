from prometheus_client.parser import text_string_to_metric_families


def read(server):
    with server.client() as client:
        response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_counts_requests_by_endpoint_and_status(start_server, fake_generator):
    server = start_server(fake_generator())
    server.suggest(n=3)
    server.suggest(n=0)
    with server.client() as client:
        client.get("/nowhere/1")
        client.get("/nowhere/2")

    metrics = read(server)

    def requests(endpoint, status):
        return metrics["stepcheck_requests_total", ("endpoint", endpoint), ("status", status)]

    assert requests("/v1/suggest", "200") == 1
    assert requests("/v1/suggest", "422") == 1
    # One series for all unknown paths, or a stranger could make as many as they like.
    assert requests("unknown", "404") == 2


def test_counts_what_was_generated(start_server, fake_generator):
    server = start_server(fake_generator())
    server.suggest(n=3)

    metrics = read(server)

    assert metrics["stepcheck_completions_total",] == 3
    assert metrics["stepcheck_tokens_total",] == 9
    assert metrics["stepcheck_batch_rows_sum",] == 3
    assert metrics["stepcheck_generation_seconds_count",] == 1
    assert metrics["stepcheck_queue_length",] == 0
    assert metrics["stepcheck_request_seconds_count", ("endpoint", "/v1/suggest")] == 1


def test_each_server_counts_for_itself(start_server, fake_generator):
    first, second = start_server(fake_generator()), start_server(fake_generator())
    first.suggest()

    assert first.metric("stepcheck_completions_total") == 10
    assert second.metric("stepcheck_completions_total") == 0


def test_goals_are_not_logged(start_server, fake_generator, caplog):
    with caplog.at_level("INFO"):
        server = start_server(
            fake_generator(failure=lambda _: ValueError("no")),
        )
        server.suggest(goal="a_secret_lemma", prefix="a_secret_tactic")

    assert "/v1/suggest 500" in caplog.text
    assert "a_secret" not in caplog.text
