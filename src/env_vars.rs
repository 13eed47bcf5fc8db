//! Every environment variable that the program reads, each declared once. `docs/configuration.md` is made from this.

/// A variable, as it is documented.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    /// What it is called here.
    pub(crate) constant: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is for, in Markdown.
    pub(crate) meaning: &'static str,
    /// What counts when it is not set, if that is a value.
    pub(crate) unless_set: Option<&'static str>,
}

/// Variables that belong together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    /// What they have in common.
    pub(crate) title: &'static str,
    /// The variables.
    pub(crate) variables: &'static [Variable],
}

macro_rules! variables {
    ($($title:literal { $($(#[doc = $line:literal])+ $name:ident = $text:literal $(unless_set $unset:literal)?;)+ })+) => {
        $($($(#[doc = $line])+ pub(crate) const $name: &str = $text;)+)+

        /// All variables.
        pub(crate) const ALL: &[Group] = &[$(Group {
            title: $title,
            variables: &[$(Variable {
                constant: stringify!($name),
                name: $text,
                meaning: concat!($($line),+),
                unless_set: variables!(@unless_set $($unset)?),
            }),+],
        }),+];
    };
    (@unless_set) => { None };
    (@unless_set $unset:literal) => { Some($unset) };
}

variables! {
    "What is wanted" {
        /// Whether anything is written: `observe` looks, decides and reports; `rotate` does it. Required.
        ROTATOR_MODE = "ROTATOR_MODE";
        /// The names of the key vaults whose secrets may be targets, separated by commas. Required; a secret of any other
        /// vault is left alone, whatever its tags say.
        ROTATOR_VAULTS = "ROTATOR_VAULTS";
        /// The targets that are declared, whatever the tags on their secrets say: a JSON array of objects with `vault`, `secret`,
        /// `account` (the resource id of the storage account) and `validityDays`; `mode` (as `ROTATOR_MODE`, for this target) and
        /// `ignoreHolders` (an array of `workspace/name`) may follow. A declared secret need not exist yet.
        ROTATOR_TARGETS = "ROTATOR_TARGETS";
        /// Where holders of a key are looked for: resource ids of subscriptions, resource groups or workspaces, separated by
        /// commas. The subscription of each account unless set; if it is set, that subscription has to be named as well.
        ROTATOR_SCOPES = "ROTATOR_SCOPES";
        /// How long both keys work after a new version is published, for whoever read the version before; an hour or more.
        ROTATOR_OVERLAP = "ROTATOR_OVERLAP" unless_set "24h";
        /// How long a key rests after the last holder was moved off it, before it is regenerated.
        ROTATOR_DRAIN = "ROTATOR_DRAIN" unless_set "24h";
        /// How long before its expiry a version is near it. Key Vault says so 30 days before, which cannot be set there.
        ROTATOR_NEAR_EXPIRY = "ROTATOR_NEAR_EXPIRY" unless_set "30d";
        /// Whether the key before is made useless once nobody can need it any more: `true` or `false`.
        ROTATOR_RETIRE = "ROTATOR_RETIRE" unless_set "false";
        /// How long after the publish, and after the last write of any holder, that happens; a week or more, because running jobs
        /// keep what they mounted.
        ROTATOR_RETIRE_AFTER = "ROTATOR_RETIRE_AFTER" unless_set "7d";
        /// How much is logged, as the crate `tracing` spells it.
        ROTATOR_LOG = "ROTATOR_LOG" unless_set "warn,aml_key_rotator=info";
    }
    "Read by the commands alone" {
        /// Set to anything, it keeps colours out of what commands print. There are none either where that is no terminal.
        NO_COLOR = "NO_COLOR";
        /// The deployed function app that `rotate` asks, unless `--function-app` names it: its resource id, or its https address.
        ROTATOR_FUNCTION_APP = "ROTATOR_FUNCTION_APP";
        /// A function key of that app, for `rotate`. Unless set it is read from Azure, where the app is named by its resource id.
        ROTATOR_FUNCTION_KEY = "ROTATOR_FUNCTION_KEY";
        /// Who is signed in on this machine: who asked, to the audit, where Azure does not say it.
        USER = "USER";
    }
    "The cloud, and who acts there" {
        /// The cloud to work in, as `az cloud list` names it: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`,
        /// or one of those that [`ARM_CLOUD_METADATA_URL`] describes.
        AZURE_CLOUD = "AZURE_CLOUD" unless_set "AzureCloud";
        /// Where any other cloud describes itself: the https address of `/metadata/endpoints?api-version=2022-09-01` of its own
        /// Azure Resource Manager. It is read once, at the start; when it cannot be used, the handler does not start.
        ARM_CLOUD_METADATA_URL = "ARM_CLOUD_METADATA_URL";
        /// The client id of the user-assigned identity, or of the application whose secret is given.
        AZURE_CLIENT_ID = "AZURE_CLIENT_ID";
        /// The tenant of the application whose secret is given; outside Azure.
        AZURE_TENANT_ID = "AZURE_TENANT_ID";
        /// A secret of the application; outside Azure.
        AZURE_CLIENT_SECRET = "AZURE_CLIENT_SECRET";
    }
    "The Functions host's own storage" {
        /// The name of the account of the Functions host's own storage, which is entered by an identity. The leases that let one
        /// rotation go on at a time are there. Required, unless the storage is named by its address or by a connection string.
        AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME = "AzureWebJobsStorage__accountName";
        /// The https address of the blob service of that storage, instead of [`AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME`]. The host
        /// wants those of its queues and tables as well.
        AZURE_WEB_JOBS_STORAGE_BLOB_SERVICE_URI = "AzureWebJobsStorage__blobServiceUri";
        /// `managedidentity`, if that storage is entered by the identity of [`AZURE_WEB_JOBS_STORAGE_CLIENT_ID`], or by the
        /// system-assigned one where that is not set. Without both, it is entered by the identity that does the rest of the work.
        AZURE_WEB_JOBS_STORAGE_CREDENTIAL = "AzureWebJobsStorage__credential";
        /// The client id of the user-assigned identity that enters that storage. It may be another than [`AZURE_CLIENT_ID`].
        AZURE_WEB_JOBS_STORAGE_CLIENT_ID = "AzureWebJobsStorage__clientId";
        /// The same identity by its resource id, by which App Service gives no tokens. It is refused.
        AZURE_WEB_JOBS_STORAGE_MANAGED_IDENTITY_RESOURCE_ID = "AzureWebJobsStorage__managedIdentityResourceId";
        /// The same storage by connection string, with an account key or `UseDevelopmentStorage=true`, instead of all that. It
        /// comes first. The account that it names is never rotated; by identity none of its keys is needed, and rotating is safe.
        AZURE_WEB_JOBS_STORAGE = "AzureWebJobsStorage";
    }
    "Set by the platform" {
        /// The port on 127.0.0.1 at which the Functions host calls the handler. The host sets it.
        FUNCTIONS_CUSTOMHANDLER_PORT = "FUNCTIONS_CUSTOMHANDLER_PORT";
        /// Where an app in Azure gets its tokens from. Azure sets it when the app has an identity.
        IDENTITY_ENDPOINT = "IDENTITY_ENDPOINT";
        /// What an app in Azure shows at [`IDENTITY_ENDPOINT`]. Azure sets it along with that.
        IDENTITY_HEADER = "IDENTITY_HEADER";
        /// Which instance of the app this is. Only Azure sets it.
        WEBSITE_INSTANCE_ID = "WEBSITE_INSTANCE_ID";
    }
}
