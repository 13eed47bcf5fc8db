#!/bin/sh
# azd runs this after it has pushed the code: event subscriptions and alert rules need its functions, so the templates are
# deployed once more.
set -eu

folder=$(dirname "$0")
"$folder/wait-for-functions.sh" "${AZURE_RESOURCE_GROUP:?}" "${ROTATOR_FUNCTION_APP_NAME:?}"

# Each is a process of its own, which reads what was set. azd itself, in the midst of its work, may not have read it
# (github.com/Azure/azure-dev/issues/3973); so whether it was done is asked at the end.
azd env set DEPLOY_CODE_IS_DEPLOYED true --environment "${AZURE_ENV_NAME:?}"
azd provision --no-prompt --environment "$AZURE_ENV_NAME"
deployed=$(azd env get-value ROTATOR_EVENTS_ARE_DEPLOYED --environment "$AZURE_ENV_NAME")
if [ "$deployed" != true ]; then
  cat >&2 <<END
The code is there, and event subscriptions and alert rules are not. Bring them with
  azd env set DEPLOY_CODE_IS_DEPLOYED true && azd provision
END
  exit 1
fi
