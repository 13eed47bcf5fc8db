//! The names under which an Azure stands.
//!
//! Source: what Azure Resource Manager says of its clouds (`/metadata/endpoints`), "Compare Azure Government and global
//! Azure", "Azure operated by 21Vianet developer guide"; for the origins, the Event Grid extension of the Functions host.

/// One Azure cloud: the names of its services, and whom its tokens are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cloud {
    pub(crate) name: &'static str,
    pub(crate) resource_manager: &'static str,
    /// What a token for Azure Resource Manager is for, each without a trailing slash; the first is the usual one.
    pub(crate) resource_manager_audiences: &'static [&'static str],
    pub(crate) login: &'static str,
    /// Who its tokens say that they are from.
    pub(crate) issuer: &'static str,
    pub(crate) storage_suffix: &'static str,
    pub(crate) vault_suffix: &'static str,
    pub(crate) function_app_suffix: &'static str,
    pub(crate) machine_learning_suffix: &'static str,
    pub(crate) event_grid: &'static str,
    /// A region of it.
    pub(crate) region: &'static str,
}

/// What a token for a storage account is for, in every cloud.
pub(crate) const STORAGE_AUDIENCE: &str = "https://storage.azure.com";

const PUBLIC: Cloud = Cloud {
    name: "AzureCloud",
    resource_manager: "management.azure.com",
    resource_manager_audiences: &["https://management.core.windows.net", "https://management.azure.com"],
    login: "login.microsoftonline.com",
    issuer: "sts.windows.net",
    storage_suffix: "core.windows.net",
    vault_suffix: "vault.azure.net",
    function_app_suffix: "azurewebsites.net",
    machine_learning_suffix: "api.azureml.ms",
    event_grid: "eventgrid.azure.net",
    region: "westeurope",
};

const US_GOVERNMENT: Cloud = Cloud {
    name: "AzureUSGovernment",
    resource_manager: "management.usgovcloudapi.net",
    resource_manager_audiences: &[
        "https://management.core.usgovcloudapi.net",
        "https://management.usgovcloudapi.net",
    ],
    login: "login.microsoftonline.us",
    issuer: "sts.windows.net",
    storage_suffix: "core.usgovcloudapi.net",
    vault_suffix: "vault.usgovcloudapi.net",
    function_app_suffix: "azurewebsites.us",
    machine_learning_suffix: "api.ml.azure.us",
    event_grid: "eventgrid.azure.us",
    region: "usgovvirginia",
};

const CHINA: Cloud = Cloud {
    name: "AzureChinaCloud",
    resource_manager: "management.chinacloudapi.cn",
    resource_manager_audiences: &[
        "https://management.core.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
    ],
    login: "login.chinacloudapi.cn",
    issuer: "sts.chinacloudapi.cn",
    storage_suffix: "core.chinacloudapi.cn",
    vault_suffix: "vault.azure.cn",
    function_app_suffix: "chinacloudsites.cn",
    machine_learning_suffix: "api.ml.azure.cn",
    event_grid: "eventgrid.azure.cn",
    region: "chinanorth3",
};

const EXAMPLE: Cloud = Cloud {
    name: "AzureExampleCloud",
    resource_manager: "management.azure.example",
    resource_manager_audiences: &["https://management.example.onmicrosoft.com/5ca1ab1e"],
    login: "login.azure.example",
    issuer: "sts.azure.example",
    storage_suffix: "core.azure.example",
    vault_suffix: "vault.azure.example",
    function_app_suffix: "azurewebsites.example",
    machine_learning_suffix: "api.ml.azure.example",
    event_grid: "eventgrid.azure.example",
    region: "example1",
};

impl Cloud {
    /// The public cloud.
    #[must_use]
    pub const fn public() -> Self {
        PUBLIC
    }

    /// The cloud of the government of the United States.
    #[must_use]
    pub const fn us_government() -> Self {
        US_GOVERNMENT
    }

    /// The cloud in China.
    #[must_use]
    pub const fn china() -> Self {
        CHINA
    }

    /// A made-up cloud that nobody knows before it describes itself. As in a stack of one's own, a token for its
    /// Azure Resource Manager is for something else than its address.
    #[must_use]
    pub const fn example() -> Self {
        EXAMPLE
    }

    /// Those that a program may know by name.
    pub(crate) const WELL_KNOWN: [Self; 3] = [PUBLIC, US_GOVERNMENT, CHINA];

    /// Its name, as `az cloud list` prints it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Where it describes itself.
    #[must_use]
    pub fn metadata_url(&self, api_version: &str) -> String {
        format!("https://{}/metadata/endpoints?api-version={api_version}", self.resource_manager)
    }

    /// The host of a vault.
    #[must_use]
    pub fn vault_host(&self, vault: &str) -> String {
        format!("{vault}.{}", self.vault_suffix)
    }

    /// How its Event Grid introduces itself; see [`EventGridOptions`](crate::event_grid::EventGridOptions).
    #[must_use]
    pub const fn event_grid_origin(&self) -> &'static str {
        self.event_grid
    }

    /// What a token for its vaults is for.
    pub(crate) fn vault_audience(&self) -> String {
        format!("https://{}", self.vault_suffix)
    }

    /// Whether its tokens can be for this.
    pub(crate) fn has_audience(&self, resource: &str) -> bool {
        let resource = resource.trim_end_matches('/');
        resource == STORAGE_AUDIENCE
            || resource == self.vault_audience()
            || self.resource_manager_audiences.contains(&resource)
    }
}

impl Default for Cloud {
    fn default() -> Self {
        Self::public()
    }
}
