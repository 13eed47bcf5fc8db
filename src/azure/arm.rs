//! Azure Resource Manager: how it is asked, paged through and waited for.

mod call;
mod operation;
mod page;

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::headers::Headers;
use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{
    ClientOptions, Context, Method, Pipeline, PipelineSendOptions, Request, RetryOptions, StatusCode,
    Transport, Url,
};
use serde::de::DeserializeOwned;

pub(super) use self::call::Call;
use super::cloud::Cloud;
use super::error::Cause;
use super::retry;

/// A client of Azure Resource Manager. Cloning it is cheap.
#[derive(Debug, Clone)]
pub(super) struct ArmClient {
    endpoint: Url,
    /// Sends a request again after what passes by itself.
    resending: Pipeline,
    /// Sends a request once, whatever comes of it.
    once: Pipeline,
}

/// An answer, with whatever status.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: Headers,
    body: Vec<u8>,
}

impl ArmClient {
    /// A client that asks for its tokens at `credential`.
    pub(super) fn new(
        cloud: &Cloud,
        transport: &Transport,
        credential: Arc<dyn TokenCredential>,
    ) -> Result<Self, Cause> {
        let endpoint =
            Url::parse(&cloud.resource_manager).map_err(|error| Cause::Unsendable(error.to_string()))?;
        // One policy in both pipelines, so that they share its token.
        let authorization: Arc<dyn Policy> =
            Arc::new(BearerTokenAuthorizationPolicy::new(credential, [cloud.resource_manager_scope()]));
        let pipeline = |retry: RetryOptions| {
            let options =
                ClientOptions { transport: Some(transport.clone()), retry, ..ClientOptions::default() };
            Pipeline::new(
                option_env!("CARGO_PKG_NAME"),
                option_env!("CARGO_PKG_VERSION"),
                options,
                Vec::new(),
                vec![Arc::clone(&authorization)],
                None,
            )
        };
        Ok(Self { endpoint, resending: pipeline(retry::a_few_times()), once: pipeline(retry::never()) })
    }

    /// Makes a call that may be sent again.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T, Cause> {
        self.exchange(&self.resending, &mut call.into_request(&self.endpoint)?).await?.json()
    }

    /// Makes a call that reaches the service once at most. What the service did not decide is
    /// [`Cause::Unanswered`].
    pub(super) async fn send_once<T: DeserializeOwned>(&self, call: Call) -> Result<T, Cause> {
        let mut request = call.into_request(&self.endpoint)?;
        let answer = self.exchange(&self.once, &mut request).await;
        answer.and_then(|answer| answer.json()).map_err(Cause::of_write)
    }

    /// Reads what another answer pointed to. A token is sent to Azure Resource Manager and to nobody else.
    async fn follow(&self, link: &str) -> Result<Answer, Cause> {
        let url = self.endpoint.join(link).map_err(|error| Cause::Malformed(error.to_string()))?;
        if url.origin() != self.endpoint.origin() {
            let host = url.host_str().unwrap_or_default();
            return Err(Cause::Malformed(format!("a link leads to another host, `{host}`")));
        }
        let mut request = Request::new(url, Method::Get);
        request.insert_header("accept", "application/json");
        self.exchange(&self.resending, &mut request).await
    }

    async fn exchange(&self, pipeline: &Pipeline, request: &mut Request) -> Result<Answer, Cause> {
        // The SDK's own check would put texts of the service into its errors as they are.
        let options = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let response = pipeline
            .send(&Context::new(), request, Some(options))
            .await
            .map_err(|error| Cause::of_sdk(&error))?;
        let (status, headers, body) = response.deconstruct();
        if !status.is_success() {
            return Err(Cause::of_answer(status, &headers, &body));
        }
        Ok(Answer { status, headers, body: body.to_vec() })
    }
}

impl Answer {
    fn json<T: DeserializeOwned>(&self) -> Result<T, Cause> {
        serde_json::from_slice(&self.body).map_err(|error| Cause::of_json(&error))
    }
}

#[cfg(test)]
mod tests;
