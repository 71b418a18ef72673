"""Runs a program of the SDK, unchanged, against a robot on another port with another CA.

python sdk_runner.py PORT CA_FILE MODULE_OR_FILE [ARGUMENT]...
"""

import functools
import runpy
import sys

import bosdyn.client
import bosdyn.client.robot

port, ca_file, program, *arguments = sys.argv[1:]
bosdyn.client.robot._DEFAULT_SECURE_CHANNEL_PORT = int(port)
bosdyn.client.create_standard_sdk = functools.partial(
    bosdyn.client.create_standard_sdk, cert_resource_glob=ca_file
)
sys.argv = [program, *arguments]
if program.endswith(".py"):
    runpy.run_path(program, run_name="__main__")
else:
    runpy.run_module(program, run_name="__main__", alter_sys=True)
