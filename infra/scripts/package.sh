#!/bin/sh
# Puts the package where azd takes it from: the released one that ROTATOR_PACKAGE names, or one that is built here.
set -eu

package=target/function-app/aml-key-rotator.zip

if [ -n "${ROTATOR_PACKAGE:-}" ]; then
  mkdir -p "$(dirname "$package")"
  cp "$ROTATOR_PACKAGE" "$package"
else
  cargo xtask dist
fi
