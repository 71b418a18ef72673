"""What can be measured, by the names that `--only` takes."""

JPEG = "jpeg"
RAW_GREY = "raw-grey"
RAW_RGB = "raw-rgb"
PACED = "paced"
MIXED = "mixed"
LATENCY = "latency"
IDLE_RAW = "idle-raw"
IDLE_MJPEG = "idle-mjpeg"
MEMORY = "memory"
SCALING = "scaling"

KEYS = (*(JPEG, RAW_GREY, RAW_RGB, PACED, MIXED, LATENCY, IDLE_RAW, IDLE_MJPEG, MEMORY, SCALING),)
