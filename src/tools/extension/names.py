"""Names, ports and folders that the parts of an extension agree on."""

import re

EXTENSION = "spot_webcam"
# Mounted by the other extension: what Boston Dynamics advises for settings without SSH.
SETTINGS_EXTENSION = f"{EXTENSION}_config"
EXTENSIONS_FOLDER = "/data/.extensions"
# In the container: the settings of an extension of their own, and the folder of the extension.
SETTINGS_MOUNT, OWN_MOUNT = "/config", "/extension"
SETTINGS_FILE = "spot-webcam.toml"
# Of an extension, beside the files of the settings.
MANIFEST, COMPOSE, ICON = "manifest.json", "docker-compose.yml", "icon.png"
RULES, IMAGE_FILE = "70-spot-webcam.rules", "spot-webcam.tar.gz"
MEMBERS = frozenset({MANIFEST, COMPOSE, ICON, RULES, IMAGE_FILE, SETTINGS_FILE})

CREDENTIALS_FOLDER = "/opt/payload_credentials"
CREDENTIALS_FILE = "payload_guid_and_secret"
ROBOT, CORE_IO = "192.168.50.3", "192.168.50.5"
# The firewall of a CORE I/O lets 21000 to 22000 pass, except for 21443.
IMAGE_PORT, PAGE_PORT = 21000, 21080

# Versions that a CORE I/O accepts.
RELEASE = re.compile(r"\d+\.\d+\.\d+")
