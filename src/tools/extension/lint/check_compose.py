"""Checks of `docker-compose.yml` but for ports, volumes and devices."""

import posixpath
import re
import shlex
from collections.abc import Iterator

from spot_webcam.tools.extension.lint.check_images import with_tag
from spot_webcam.tools.extension.lint.document import Entry
from spot_webcam.tools.extension.lint.extension import Extension
from spot_webcam.tools.extension.lint.finding import COMPOSE, Finding, Place
from spot_webcam.tools.extension.lint.rules import compose as rules

_OTHER_NAMES = {"docker-compose.yaml", "compose.yaml", "compose.yml"}
# What docker-compose 1.29.2 knows.
_TOP_KEYS = {"configs", "networks", "secrets", "services", "version", "volumes"}
_SERVICE_KEYS = {
    *("blkio_config", "build", "cap_add", "cap_drop", "cgroup_parent", "command", "configs"),
    *("container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period"),
    *("cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "credential_spec", "depends_on"),
    *("deploy", "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname"),
    *("entrypoint", "env_file", "environment", "expose", "extends", "external_links"),
    *("extra_hosts", "group_add", "healthcheck", "hostname", "image", "init", "ipc"),
    *("isolation", "labels", "links", "logging", "mac_address", "mem_limit", "mem_reservation"),
    *("mem_swappiness", "memswap_limit", "network_mode", "networks", "oom_kill_disable"),
    *("oom_score_adj", "pid", "pids_limit", "platform", "ports", "privileged", "profiles"),
    *("pull_policy", "read_only", "restart", "runtime", "scale", "secrets", "security_opt"),
    *("shm_size", "stdin_open", "stop_grace_period", "stop_signal", "storage_opt", "sysctls"),
    *("tmpfs", "tty", "ulimits", "user", "userns_mode", "volumes", "volumes_from"),
    *("working_dir"),
}
_VERSION = re.compile(r"[23](\.\d+)?")
_RESTART_WORDS = re.compile(r"no|always|unless-stopped|on-failure(:\d+)?")
_LOG_DRIVERS = {"journald", "json-file"}
_SECRET_NAME = re.compile(r"(?i)(^|_)secret$")
_OOM_SCORE = 1000


def check_compose(extension: Extension) -> Iterator[Finding]:
    """Check the compose file, or that an extension with images has one."""
    if extension.compose is None:
        yield from _check_missing(extension)
        return
    yield from _check_top(extension, extension.compose)
    names = {name for name, _ in extension.services()}
    for _, service in extension.services():
        yield from _check_keys(service)
        yield from _check_depends(service, names)
        yield from _check_restart(service)
        yield from _check_network(service)
        yield from _check_limits(service)
        yield from _check_user(extension, service)
        yield from _check_secrets(service)
        yield from _check_env_files(extension, service)


def _check_missing(extension: Extension) -> Iterator[Finding]:
    contents = extension.contents
    if COMPOSE in contents.texts:  # that it is invalid was said
        return
    for path in sorted(contents.files):
        folder, name = posixpath.split(path)
        if name in (_OTHER_NAMES if not folder else {COMPOSE}):
            yield rules.NAME.at(Place(path), "this file is not looked for")
    listed = extension.manifest.get("images") if extension.manifest else None
    if ((listed and listed.value) or contents.images) and contents.complete:
        yield rules.MISSING.at(Place(COMPOSE), "the archive has images, but not this file")


def _check_top(extension: Extension, compose: Entry) -> Iterator[Finding]:
    services = compose.get("services")
    if services is None or not isinstance(services.value, dict) or not services.value:
        yield rules.INVALID.at(compose.document.place(("services",)), "it has no services")
    for key, entry in compose.items():
        if key not in _TOP_KEYS and not key.startswith("x-"):
            yield rules.UNKNOWN_KEY.at(entry.place, f"docker-compose 1.29 does not know {key}")
    version = compose.get("version")
    if version is not None and version.value is not None:
        if not isinstance(version.value, str):
            yield rules.VERSION.at(version.place, f"it is {version.text or 'no string'}, unquoted")
        elif not _VERSION.fullmatch(version.value):
            yield rules.VERSION.at(version.place, f"it is {version.value!r}")
    for where in sorted(extension.undefined, key=str):
        yield rules.UNDEFINED_VARIABLE.at(compose.document.place(where), "a variable has no value")
    for _, entry in services.items() if services else ():
        if not isinstance(entry.value, dict):
            yield rules.INVALID.at(entry.place, "a service is a mapping of keys to values")


def words(service: Entry, key: str) -> list[str]:
    """Return the words of a command, as the shell form or the list form has them."""
    entry = service.get(key)
    if entry is None or isinstance(entry.value, list):
        return [one.text for one in _elements(service, key)]
    try:
        return shlex.split(entry.text)
    except ValueError:  # a quote that is not closed
        return entry.text.split()


def _elements(service: Entry, key: str) -> Iterator[Entry]:
    entry = service.get(key)
    if entry is not None:
        yield from entry.elements()


def _check_keys(service: Entry) -> Iterator[Finding]:
    for key, entry in service.items():
        if key not in _SERVICE_KEYS and not key.startswith("x-"):
            yield rules.UNKNOWN_KEY.at(entry.place, f"docker-compose 1.29 does not know {key}")
    image, build = service.get("image"), service.get("build")
    if build is not None:
        yield rules.NO_IMAGE.at(build.place, "it is to be built")
    elif image is None or not image.text:
        yield rules.NO_IMAGE.at(service.place, "the service has no image")
    driver = service.get("logging", "driver")
    if driver is not None and driver.text not in _LOG_DRIVERS:
        yield rules.LOGGING.at(driver.place, f"the driver is {driver.text!r}")


def _check_depends(service: Entry, names: set[str]) -> Iterator[Finding]:
    depends = service.get("depends_on")
    needed = [*depends.items()] if depends else []
    needed += [(entry.text, entry) for entry in _elements(service, "depends_on")]
    for name, entry in needed:
        if name not in names:
            yield rules.UNKNOWN_SERVICE.at(entry.place, f"there is no service {name!r}")


def _check_restart(service: Entry) -> Iterator[Finding]:
    restart = service.get("restart")
    # YAML reads a bare no as false.
    word = "no" if restart is None or restart.value is False else restart.text
    place = restart.place if restart else service.place
    if not _RESTART_WORDS.fullmatch(word):
        yield rules.RESTART_FORM.at(place, f"it is {word!r}")
    elif word not in {"always", "unless-stopped"}:
        yield rules.RESTART.at(place, f"it is {word}" if restart else "it has no restart policy")


def _check_network(service: Entry) -> Iterator[Finding]:
    mode = service.get("network_mode")
    if mode is not None and mode.text == "host":
        yield rules.HOST_NETWORK.at(mode.place, "it is host")
        for key in ("ports", "networks"):
            entry = service.get(key)
            if entry is not None and entry.value:
                yield rules.NETWORK_CONFLICT.at(entry.place, f"{key} with network_mode: host")
        return
    command = words(service, "entrypoint") + words(service, "command")
    flags = {word.split("=", 1)[0] for word in command}
    if "--port" in flags and "--host-ip" not in flags:
        entry = service.get("command") or service.get("entrypoint")
        if entry is not None:
            yield rules.HOST_IP.at(entry.place, "the command has --port and no --host-ip")


def _check_limits(service: Entry) -> Iterator[Finding]:
    limits = (service.get("deploy", "resources", "limits", "memory"), service.get("mem_limit"))
    if not any(limit is not None and limit.text not in {"", "0"} for limit in limits):
        yield rules.MEMORY_LIMIT.at(service.place, "it has no memory limit")
    score = service.get("oom_score_adj")
    if score is None or score.text != str(_OOM_SCORE):
        place = service.place if score is None else score.place
        yield rules.OOM_SCORE.at(
            place, "it has no oom_score_adj" if score is None else f"it is {score.text}"
        )


def _check_user(extension: Extension, service: Entry) -> Iterator[Finding]:
    user, image = service.get("user"), service.get("image")
    place = (user or service).place
    if user is not None:
        name = user.text
    else:
        images = {with_tag(tag): one.user for tag, one in extension.images().items()}
        known = images.get(with_tag(image.text)) if image else None
        if known is None:  # that the image is not packed was said
            return
        name = known
    if name.split(":")[0] in {"", "0", "root"}:
        yield rules.ROOT_USER.at(place, f"it runs as {name or 'root'}")
    privileged = service.get("privileged")
    if privileged is not None and privileged.value is True:
        yield rules.PRIVILEGED.at(privileged.place, "it is privileged")


def _check_secrets(service: Entry) -> Iterator[Finding]:
    command = words(service, "command")
    entry = service.get("command")
    flags = [word for word in command if word == "--secret" or word.startswith("--secret=")]
    if flags and entry is not None:
        yield rules.SECRET.at(entry.place, "the command has --secret")
    environment = service.get("environment")
    if environment is None:
        return
    pairs = [(name, one.text, one) for name, one in environment.items()]
    pairs += [(*one.text.partition("=")[::2], one) for one in environment.elements()]
    for name, value, one in pairs:
        if _SECRET_NAME.search(name) and value:
            yield rules.SECRET.at(one.place, f"{name} has a value")


def _check_env_files(extension: Extension, service: Entry) -> Iterator[Finding]:
    contents = extension.contents
    for entry in _elements(service, "env_file"):
        path = posixpath.normpath(entry.text)
        if not (path in contents.files or path in extension.saved() or not contents.complete):
            yield rules.ENV_FILE.at(entry.place, f"the archive has no {entry.text!r}")
