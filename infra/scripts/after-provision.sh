#!/bin/sh
# azd runs this after each deployment of the templates, with their outputs in the environment.
set -eu

if [ "${ROTATOR_EVENTS_ARE_DEPLOYED:-}" != true ]; then
  echo "There are no event subscriptions and no alert rules yet: they need the code. \`azd deploy\` brings both."
fi
