"""The machine: processes, git, folders. Nothing else starts a program or looks at a disk."""

from covgate.system.cache import find_cache, make_cache
from covgate.system.folders import (
    DataFolder,
    ReportFolder,
    copy_files,
    find_checkout,
    make_report_folder,
    read_foreign,
    read_text,
    read_text_if_there,
    scratch_folder,
    shown_path,
)
from covgate.system.git import REGULAR_FILE, ChangedPath, Files, GitCommand
from covgate.system.git_call import GitCall, user_settings
from covgate.system.git_remote import Access, GitRemote
from covgate.system.isolation import USER_VARIABLE, Isolation, find_user, in_image
from covgate.system.lending import lent, take_back
from covgate.system.process import LiveRun, child_environment, close_own_memory, run_live
from covgate.system.quiet import Completed, QuietProcess, run_quiet, start_quiet
from covgate.system.relay import relayed
from covgate.system.screen import Screen, open_console, styled
from covgate.system.streams import forgiving_streams, one_stream

__all__ = [
    "REGULAR_FILE", "USER_VARIABLE", "Access", "ChangedPath", "Completed", "DataFolder", "Files", "GitCall",
    "GitCommand", "GitRemote", "Isolation", "LiveRun", "QuietProcess", "ReportFolder", "Screen", "child_environment",
    "close_own_memory", "copy_files", "find_cache", "find_checkout", "find_user", "forgiving_streams", "in_image",
    "lent", "make_cache", "make_report_folder", "one_stream", "open_console", "read_foreign", "read_text",
    "read_text_if_there", "relayed", "run_live", "run_quiet", "scratch_folder", "shown_path", "start_quiet", "styled",
    "take_back", "user_settings",
]  # fmt: skip
