//! Every environment variable that the program reads, each declared once.

/// Whether anything is written: `observe` looks, decides and reports; `rotate` does it. Required.
pub(crate) const ROTATOR_MODE: &str = "ROTATOR_MODE";

/// The names of the key vaults whose secrets may be targets, separated by commas. Required; a secret of any other
/// vault is left alone, whatever its tags say.
pub(crate) const ROTATOR_VAULTS: &str = "ROTATOR_VAULTS";

/// The port on 127.0.0.1 at which the Functions host calls the handler. The host sets it.
pub(crate) const FUNCTIONS_CUSTOMHANDLER_PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// The Functions host's own storage, when it is reached by connection string; an account named here is never
/// rotated. By identity (`AzureWebJobsStorage__accountName`) it needs no key, and rotating is safe.
pub(crate) const AZURE_WEB_JOBS_STORAGE: &str = "AzureWebJobsStorage";

/// Where an app in Azure gets its tokens from. Azure sets it when the app has an identity.
pub(crate) const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";

/// What an app in Azure shows at [`IDENTITY_ENDPOINT`]. Azure sets it along with that.
pub(crate) const IDENTITY_HEADER: &str = "IDENTITY_HEADER";

/// Which instance of the app this is. Only Azure sets it.
pub(crate) const WEBSITE_INSTANCE_ID: &str = "WEBSITE_INSTANCE_ID";

/// The client id of the user-assigned identity, or of the application whose secret is given.
pub(crate) const AZURE_CLIENT_ID: &str = "AZURE_CLIENT_ID";

/// The tenant of the application whose secret is given; outside Azure.
pub(crate) const AZURE_TENANT_ID: &str = "AZURE_TENANT_ID";

/// A secret of the application; outside Azure.
pub(crate) const AZURE_CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";

/// The cloud to work in, as `az cloud list` names it: `AzureCloud` (unless set), `AzureUSGovernment`, `AzureChinaCloud`,
/// or one of those that [`ARM_CLOUD_METADATA_URL`] describes.
pub(crate) const AZURE_CLOUD: &str = "AZURE_CLOUD";

/// Where any other cloud describes itself: the https address of `/metadata/endpoints?api-version=2022-09-01` of its own
/// Azure Resource Manager. It is read once, at the start; when it cannot be used, the handler does not start.
pub(crate) const ARM_CLOUD_METADATA_URL: &str = "ARM_CLOUD_METADATA_URL";

/// How much is logged, as `tracing` spells it: `warn,aml_key_rotator=info` unless set.
pub(crate) const ROTATOR_LOG: &str = "ROTATOR_LOG";
