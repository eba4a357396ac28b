"""What the stand-ins for the actions of artifacts share: the service that the runner names."""

from __future__ import annotations

import base64
import json
import os
import urllib.request
from typing import Any

SERVICE = "twirp/github.actions.results.api.v1.ArtifactService"


def call(method: str, **request: object) -> dict[str, Any]:
    """Ask the service about this run, and return its answer."""
    url = f"{os.environ['ACTIONS_RESULTS_URL'].rstrip('/')}/{SERVICE}/{method}"
    headers = {
        "Authorization": f"Bearer {os.environ['ACTIONS_RUNTIME_TOKEN']}",
        "Content-Type": "application/json",
    }
    body = json.dumps({**_this_run(), **request}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:  # noqa: S310  # the runner's own
        found: dict[str, Any] = json.load(answer)
    return found


def _this_run() -> dict[str, str]:
    # The token is a JWT whose scope names the run and the job.
    claims = os.environ["ACTIONS_RUNTIME_TOKEN"].split(".")[1]
    scopes = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["scp"].split()
    _, run, job = next(scope for scope in scopes if scope.startswith("Actions.Results:")).split(":")
    return {"workflow_run_backend_id": run, "workflow_job_run_backend_id": job}
