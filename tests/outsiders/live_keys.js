// Lets the keys of Azurite's accounts change while it runs: whoever started it writes them to its standard input, a line
// at a time and in the form of AZURITE_ACCOUNTS, and is answered when they are in force.
const path = require("path");
const readline = require("readline");

const azurite = path.join(process.cwd(), "node_modules/azurite/dist/src");
const { default: AccountDataStore } = require(path.join(azurite, "common/AccountDataStore.js"));

const stores = [];
const init = AccountDataStore.prototype.init;
AccountDataStore.prototype.init = function () {
  stores.push(this);
  return init.call(this);
};

readline.createInterface({ input: process.stdin }).on("line", (accounts) => {
  process.env.AZURITE_ACCOUNTS = accounts;
  stores.forEach((store) => store.refresh());
  console.log("keys in force");
});
