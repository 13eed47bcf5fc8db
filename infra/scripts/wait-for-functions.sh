#!/bin/sh
# Waits until the functions of the pushed code are there, for ten minutes at most: event subscriptions need them.
# usage: wait-for-functions.sh RESOURCE_GROUP FUNCTION_APP
set -eu

group=${1:?name the resource group}
app=${2:?name the function app}
function=SecretNearExpiry

# azd says in which subscription; otherwise it is the one that is selected.
az() { command az "$@" ${AZURE_SUBSCRIPTION_ID:+--subscription "$AZURE_SUBSCRIPTION_ID"}; }

echo "Waiting for the function $function of $app."
attempts=40
while ! said=$(az functionapp function show --resource-group "$group" --name "$app" --function-name "$function" \
  --query name --output tsv 2>&1); do
  attempts=$((attempts - 1))
  if [ "$attempts" -eq 0 ]; then
    cat >&2 <<END
$app has no function $function, ten minutes after its code was pushed. The last answer was:
$said
If that is about the login or about rights, mend it. Else see whether the code has arrived, and why it does not start:
  az functionapp function list --resource-group $group --name $app --output table
  az functionapp restart --resource-group $group --name $app
Push the code again if nothing is listed; then run this again:
  infra/scripts/wait-for-functions.sh $group $app
END
    exit 1
  fi
  sleep 15
done
echo "It is there."
