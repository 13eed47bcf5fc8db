#!/bin/sh
# Prints the outputs of a deployment for a shell, one NAME='value' each: eval "$(infra/scripts/outputs.sh NAME)".
# Azure changes the letter case of their names, to azurE_RESOURCE_GROUP; they are printed as they were written.
# usage: outputs.sh DEPLOYMENT, its name; it is `environmentName`
set -eu

outputs=$(az deployment sub show --name "${1:?name the deployment}" --query properties.outputs --output json)
printf '%s\n' "$outputs" | jq --raw-output '
  to_entries[] | "\(.key | ascii_upcase)=\(.value.value | if type == "string" then . else tojson end | @sh)"'
