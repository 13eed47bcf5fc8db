#!/bin/sh
# Has the sweep look at every target now, and prints what is known of each of them and what would be done about it.
# usage: first-look.sh [RESOURCE_GROUP FUNCTION_APP]; azd gives both by the outputs of the deployment.
set -eu

group=${1:-${AZURE_RESOURCE_GROUP:?name the resource group}}
app=${2:-${ROTATOR_FUNCTION_APP_NAME:?name the function app}}

for tool in az curl jq; do
  command -v "$tool" >/dev/null || { echo "first-look.sh needs $tool" >&2; exit 2; }
done

# azd says in which subscription; otherwise it is the one that is selected.
az() { command az "$@" ${AZURE_SUBSCRIPTION_ID:+--subscription "$AZURE_SUBSCRIPTION_ID"}; }

host=$(az functionapp show --resource-group "$group" --name "$app" --query defaultHostName --output tsv)
key=$(az functionapp keys list --resource-group "$group" --name "$app" --query masterKey --output tsv)

# The key goes to curl by its standard input: arguments and addresses are seen by others.
call() {
  printf 'header = "x-functions-key: %s"\n' "$key" |
    curl --config - --silent --show-error --fail-with-body --retry 5 --retry-delay 10 --retry-all-errors \
      --max-time 200 "$@"
}

# The program may be here as well, installed or out of the package; then it checks what the app is told, with the login of
# whoever deploys. The app's own identity cannot be borrowed: what that lacks, the looks below say.
program=$(command -v aml-key-rotator || command -v ./aml-key-rotator || true)
if [ -n "$program" ]; then
  echo "check, with your login: what you may do and reach, and not what the app may."
  settings=$(az functionapp config appsettings list --resource-group "$group" --name "$app" --output json |
    jq --raw-output '.[] | select(.name | test("^(ROTATOR_.*|AZURE_CLOUD|AzureWebJobsStorage__blobServiceUri)$")) |
      "\(.name)=\(.value | @sh)"')
  (set -a && eval "$settings" && exec "$program" check) || echo "check found something: see above" >&2
else
  echo "check is left out, for aml-key-rotator is not here. On Linux: unzip aml-key-rotator.zip aml-key-rotator"
fi

echo "The sweep starts."
call --request POST --header 'content-type: application/json' --data '{}' "https://$host/admin/functions/Sweep"

echo "What is known of the targets:"
overview=$(call "https://$host/api/status")
printf '%s\n' "$overview" | jq .

echo "What a look at each of them finds and would do, with the rights of the app:"
printf '%s\n' "$overview" | jq --raw-output '.targets[].target' | while read -r target; do
  if found=$(call --get --data-urlencode "target=$target" "https://$host/api/status"); then
    printf '%s\n' "$found" | jq .
  else
    printf 'no look at %s: %s\n' "$target" "$found" >&2
  fi
done

echo "From now on the log tells: docs/log.md says how to read it."
