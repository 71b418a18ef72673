"""Rules of `docker-compose.yml` but for its ports, volumes and devices."""

from spot_webcam.tools.extension.lint.finding import error, warning

MISSING = error(
    "compose-missing",
    "an extension with images has a `docker-compose.yml`",
    "nothing starts otherwise; without images it is an extension of static files",
    "add the file",
)
NAME = error(
    "compose-name",
    "the compose file is named `docker-compose.yml`, at the top level",
    "no other name is looked for",
    "rename it",
)
INVALID = error(
    "compose-invalid",
    "`docker-compose.yml` is one YAML document with a mapping `services`",
    "it cannot be read otherwise",
    "correct the YAML; docker-compose config shows where",
)
UNKNOWN_KEY = warning(
    "compose-v1-key",
    "keys are known to docker-compose 1.29",
    "the CORE I/O has the docker-compose of version 1, which refuses the file for another key"
    " (inferred)",
    "leave the key out, or correct its name",
)
VERSION = warning(
    "compose-version",
    "`version`, if there is one, is a string: `2`, `3`, or `3.5` and the like",
    "docker-compose 1.29 refuses the file for a number without quotes, and for 1 (inferred: the"
    " CORE I/O has the docker-compose of version 1)",
    'write version: "3.5"',
)
NO_IMAGE = error(
    "service-without-image",
    "services have an `image:` and no `build:`",
    "there is nothing to build from on the robot",
    "docker save the image into the extension, and name it",
)
UNKNOWN_SERVICE = error(
    "depends-on-unknown",
    "`depends_on` names services of the file",
    "docker-compose refuses it otherwise",
    "correct the name",
)
UNDEFINED_VARIABLE = warning(
    "variable-undefined",
    "variables (`${NAME}`) have a default, or a value in `.env` at the top level",
    "they are empty otherwise",
    "write ${NAME:-default}, or $$ for a dollar",
)
ENV_FILE = error(
    "env-file-missing",
    "files of `env_file` are in the archive, or kept by `files_to_save`",
    "docker-compose refuses to start otherwise",
    "pack the file",
)
HOST_NETWORK = warning(
    "network-host",
    "`network_mode` is `bridge`",
    "Boston Dynamics recommends against host: every port of the container is one of the CORE I/O",
    "write network_mode: bridge, and publish ports",
)
NETWORK_CONFLICT = error(
    "network-conflict",
    "`ports` and `networks` are not used with `network_mode: host`",
    "docker-compose of version 1 refuses it",
    "use network_mode: bridge with ports",
)
MEMORY_LIMIT = warning(
    "memory-limit",
    "services have a memory limit (`deploy.resources.limits.memory`)",
    "a leak would take memory from whatever else runs there",
    "add the limit, such as 512M",
)
OOM_SCORE = warning(
    "oom-score",
    "services have `oom_score_adj: 1000`",
    "the extension must be killed before anything that is critical to a mission",
    "add oom_score_adj: 1000",
)
RESTART = warning(
    "restart-policy",
    "services have `restart: unless-stopped` (or `always`)",
    "a service that ended, or was running at a reboot, stays stopped otherwise",
    "add restart: unless-stopped",
)
RESTART_FORM = error(
    "restart-form",
    "`restart` is no, always, on-failure or unless-stopped",
    "docker-compose refuses other words",
    "write restart: unless-stopped",
)
ROOT_USER = warning(
    "root-user",
    "services run as another user than root, by `user:` or by their image's `USER`",
    "an error in the program, or an attacker, could change the CORE I/O through the mounts",
    'add user: "1000:1000", and group_add for devices',
)
PRIVILEGED = warning(
    "privileged",
    "services are not `privileged`",
    "the container could do all that root can; devices need less",
    "mount /dev and give device_cgroup_rules, or cap_add for what is needed",
)
LOGGING = warning(
    "logging-driver",
    "logs go to journald, the default, or json-file",
    "the portal shows and downloads no others",
    "leave logging out",
)
SECRET = warning(
    "secret-in-file",
    "the payload's secret is not written in `docker-compose.yml`",
    "the file is in the archive, and is the same on every robot",
    "mount /opt/payload_credentials/payload_guid_and_secret:ro, and name that file",
)
HOST_IP = warning(
    "host-ip",
    "a service that is started with `--port` in a bridge network has `--host-ip 192.168.50.5`",
    "it would register the container's own address, which the robot does not reach",
    "add --host-ip 192.168.50.5 to the command",
)
RULES = (
    *(
        MISSING,
        NAME,
        INVALID,
        UNKNOWN_KEY,
        VERSION,
        NO_IMAGE,
        UNKNOWN_SERVICE,
        UNDEFINED_VARIABLE,
        ENV_FILE,
    ),
    *(HOST_NETWORK, NETWORK_CONFLICT, MEMORY_LIMIT, OOM_SCORE, RESTART, RESTART_FORM),
    *(ROOT_USER, PRIVILEGED, LOGGING, SECRET, HOST_IP),
)
