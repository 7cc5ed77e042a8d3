"""A request's id, its time in the metrics, and its line in the log (never its content)."""

import logging
import re
import secrets
import time

from flask import Flask, Response, g, request

from stepcheck.server.http.request_metrics import RequestMetrics

logger = logging.getLogger(__name__)

ID_HEADER = "X-Request-Id"

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def log_requests(app: Flask, metrics: RequestMetrics) -> None:
    """Give every request of `app` an id, count it and log it."""

    @app.before_request
    def _begin() -> None:
        given = request.headers.get(ID_HEADER, "")
        g.request_id = given if _ACCEPTABLE_ID.fullmatch(given) else secrets.token_hex(8)
        g.started = time.monotonic()

    @app.after_request
    def _end(response: Response) -> Response:
        seconds = time.monotonic() - g.started
        # The rule and not the path: a stranger's paths would each become a time series.
        endpoint = request.url_rule.rule if request.url_rule else "unknown"
        metrics.requests.labels(endpoint, str(response.status_code)).inc()
        metrics.request_seconds.labels(endpoint).observe(seconds)
        if response.status_code == 429 or response.status_code == 503:
            metrics.rejected.labels(str(response.status_code)).inc()
        response.headers[ID_HEADER] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        logger.info(
            "%s %s %d %.0f ms %s",
            request.method,
            endpoint,
            response.status_code,
            1000 * seconds,
            g.request_id,
        )
        return response
