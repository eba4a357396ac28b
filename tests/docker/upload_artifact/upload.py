"""Uploads one file as actions/upload-artifact@v4 and later do: a zip, through the service that the runner names."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import urllib.request
import zipfile
from pathlib import Path

SERVICE = "twirp/github.actions.results.api.v1.ArtifactService"


def call(method: str, **request: object) -> dict[str, object]:
    url = f"{os.environ['ACTIONS_RESULTS_URL'].rstrip('/')}/{SERVICE}/{method}"
    headers = {
        "Authorization": f"Bearer {os.environ['ACTIONS_RUNTIME_TOKEN']}",
        "Content-Type": "application/json",
    }
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(request).encode(), headers)) as answer:  # noqa: S310  # the runner's own
        found: dict[str, object] = json.load(answer)
    return found


def main() -> None:
    """Upload what the environment names; nothing where there is no such file."""
    path = Path(os.environ["FILE"])
    hidden = any(part.startswith(".") for part in path.parts)
    if not path.is_file() or (hidden and os.environ["HIDDEN"] != "true"):
        sys.stdout.write("No files were found\n")
        return
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    # The token is a JWT whose scope names the run and the job.
    claims = os.environ["ACTIONS_RUNTIME_TOKEN"].split(".")[1]
    scopes = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["scp"].split()
    _, run, job = next(scope for scope in scopes if scope.startswith("Actions.Results:")).split(":")
    about = {"workflow_run_backend_id": run, "workflow_job_run_backend_id": job, "name": os.environ["NAME"]}
    place = call("CreateArtifact", version=4, **about)
    url = str(place.get("signed_upload_url") or place["signedUploadUrl"])
    put = urllib.request.Request(f"{url}&comp=block", packed.getvalue(), method="PUT")  # noqa: S310  # the runner's own
    urllib.request.urlopen(put).close()  # noqa: S310  # the runner's own
    call("FinalizeArtifact", size=str(len(packed.getvalue())), **about)
    sys.stdout.write(f"uploaded {len(packed.getvalue())} bytes\n")


main()
