#!/bin/sh
# Print a Python of 3.11 or newer that really runs: a pyenv shim may be on PATH and still fail.
for candidate in python3.13 python3.12 python3.11 python3.14 python3 "$HOME"/.pyenv/versions/3.1[1-4].*/bin/python3; do
  found=$("$candidate" -c 'import sys; assert sys.version_info >= (3, 11); print(sys.executable)' 2>/dev/null) || continue
  printf '%s\n' "$found"
  exit 0
done
echo "no Python of 3.11 or newer was found (a python3 on PATH, or below ~/.pyenv/versions)" >&2
exit 1
