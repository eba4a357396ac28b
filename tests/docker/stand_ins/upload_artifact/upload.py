"""Uploads files as actions/upload-artifact@v4 and later do: a zip, through the service that the runner names."""

from __future__ import annotations

import io
import os
import sys
import urllib.request
import zipfile
from pathlib import Path

from artifacts import call  # type: ignore[import-not-found]  # put beside it for the run


def main() -> None:
    """Upload what the environment names; nothing where there is no such file."""
    pattern = os.environ["FILES"].rstrip("/")
    hidden = any(part.startswith(".") for part in Path(pattern).parts)
    named = [] if hidden and os.environ["HIDDEN"] != "true" else list(Path().glob(pattern))
    files = [file for path in named for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    if not files:
        sys.stdout.write("No files were found\n")
        sys.exit(os.environ["IF_NONE"] == "error")
    # What all have in common is left out of their names.
    top = named[0] if named[0].is_dir() else named[0].parent
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(top))
    about = {"name": os.environ["NAME"]}
    place = call("CreateArtifact", version=4, **about)
    url = str(place.get("signed_upload_url") or place["signedUploadUrl"])
    put = urllib.request.Request(f"{url}&comp=block", packed.getvalue(), method="PUT")  # noqa: S310  # the runner's own
    urllib.request.urlopen(put).close()  # noqa: S310  # the runner's own
    call("FinalizeArtifact", size=str(len(packed.getvalue())), **about)
    sys.stdout.write(f"uploaded {len(files)} files\n")


main()
