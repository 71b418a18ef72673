"""Rules of the archive: a gzipped tar with its members at the top level."""

from spot_webcam.tools.extension.lint.finding import error, warning

FILE_SUFFIX = warning(
    "file-suffix",
    "the file's name ends in `.spx`",
    "the portal offers files of this name only",
    "rename the file",
)
NOT_GZIP = error(
    "not-gzip",
    "the file is a gzipped tar",
    "the CORE I/O unpacks nothing else",
    "pack it with tar -czf FILE.spx -C FOLDER .",
)
DAMAGED = error(
    "damaged-archive",
    "the archive can be read to its end",
    "a truncated copy cannot be installed",
    "build or copy the file again",
)
TOO_LARGE = error(
    "archive-bomb",
    "the archive unpacks to no more than 200 times its size, 64 GiB and 20,000 members, also within"
    " its image archives",
    "it could fill the disk; no more of it is read here",
    "leave out what is not needed",
)
UNSAFE_PATH = error(
    "path-outside",
    "names of members are relative and without `..`",
    "unpacking would write outside of the extension's folder",
    "pack from within the folder: tar -czf FILE.spx -C FOLDER .",
)
LINK_OUTSIDE = error(
    "link-outside",
    "links point to members of the archive",
    "what is written or read through the link belongs to the computer, or is missing",
    "pack the file itself (tar --dereference)",
)
SPECIAL_FILE = error(
    "special-file",
    "members are files, folders and links",
    "devices, pipes and the like are not for an extension to bring",
    "leave the member out; mount devices in docker-compose.yml",
)
DUPLICATE_MEMBER = error(
    "duplicate-member",
    "each member exists once",
    "which one is used depends on who unpacks",
    "pack the files in one go, without appending",
)
RULES = (
    *(FILE_SUFFIX, NOT_GZIP, DAMAGED, TOO_LARGE),
    *(UNSAFE_PATH, LINK_OUTSIDE, SPECIAL_FILE, DUPLICATE_MEMBER),
)
