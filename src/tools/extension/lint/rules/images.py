"""Rules of the image archives, and of what the compose file and the manifest say of them."""

from spot_webcam.tools.extension.lint.finding import error, warning

ARCHIVE_MISSING = error(
    "image-archive-missing",
    "each archive that `images` names is in the extension",
    "the image cannot be loaded",
    "pack the archive, or correct its name",
)
ARCHIVE_NOT_NAMED = error(
    "image-archive-not-named",
    "`images` names each image archive of the extension",
    "an archive that is not named is not loaded",
    "add it to images in manifest.json",
)
ARCHIVE_INVALID = error(
    "image-archive-invalid",
    "image archives are written by `docker save`, and complete",
    "docker load refuses them otherwise",
    "write it again: docker save NAME:TAG | gzip > FILE.tar.gz",
)
ARCHIVE_NOT_COMPRESSED = warning(
    "image-archive-not-gzipped",
    "image archives are gzipped",
    "Boston Dynamics documents gzipped ones only",
    "docker save NAME:TAG | gzip > FILE.tar.gz",
)
UNTAGGED = error(
    "image-untagged",
    "images have a name and a tag",
    "the compose file cannot name them; `docker save ID` writes none",
    "docker save NAME:TAG, not its ID",
)
ARCHITECTURE = error(
    "image-architecture",
    "images are for Linux on the computer's processor: arm64 on a CORE I/O",
    "programs of another one end with 'exec format error'",
    "build with --platform linux/arm64, or lint with --arch for another computer",
)
NOT_PACKED = error(
    "image-not-packed",
    "the `image:` of each service is in an archive of the extension, with this tag",
    "Docker would pull it from a registry, and a robot has no internet",
    "docker save the name and tag that docker-compose.yml names",
)
NOT_USED = warning(
    "image-not-used",
    "each image of the archives is the `image:` of a service",
    "it takes room, and often the tag in docker-compose.yml is another one",
    "leave it out, or correct the tag",
)
RULES = (
    *(ARCHIVE_MISSING, ARCHIVE_NOT_NAMED, ARCHIVE_INVALID, ARCHIVE_NOT_COMPRESSED),
    *(UNTAGGED, ARCHITECTURE, NOT_PACKED, NOT_USED),
)
