"""`python -m spot_webcam` is the `spot-webcam` command."""

import sys

from spot_webcam.app.cli import main

sys.exit(main())
