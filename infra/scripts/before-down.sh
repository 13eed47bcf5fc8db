#!/bin/sh
# azd runs this before `azd down`, which must not happen: azd 1.22.4 to 1.23.15 deletes every resource group that something
# was deployed into, those of your storage accounts and vaults with them (github.com/Azure/azure-dev/pull/7698 mends it), and
# no azd takes the roles and event subscriptions outside of the app's own group.
set -eu

cat >&2 <<END
\`azd down\` is refused: it leaves roles and event subscriptions behind, and some releases of azd delete the resource groups
of your storage accounts and key vaults as well. "Uninstall" in docs/deploy.md has the commands.
END
exit 1
