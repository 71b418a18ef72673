"""`python -m spot_webcam` is the `spot-webcam` command."""

from spot_webcam.app.cli.entry import main

main()
