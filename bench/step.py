"""One part of a measurement in a process of its own: `python -m bench.step MODULE FUNCTION ARGUMENT …` prints what it returns."""

import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    module, function, *arguments = sys.argv[1:]
    print(getattr(import_module(f"bench.{module}"), function)(*arguments))
