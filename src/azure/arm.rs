//! Azure Resource Manager: how it is asked, paged through and waited for.

mod allowance;
mod call;
mod operation;
mod pacing;
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

use self::allowance::Allowance;
pub(crate) use self::allowance::Room;
pub(super) use self::call::Call;
use self::operation::Watched;
use self::pacing::{Pacing, Taken};
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
    allowance: Arc<Allowance>,
    watched: Watched,
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
        let allowance = Arc::new(Allowance::default());
        let pacing: Arc<dyn Policy> = Arc::new(Pacing::new(Arc::clone(&allowance)));
        let pipeline = |retry: RetryOptions| {
            let options =
                ClientOptions { transport: Some(transport.clone()), retry, ..ClientOptions::default() };
            Pipeline::new(
                option_env!("CARGO_PKG_NAME"),
                option_env!("CARGO_PKG_VERSION"),
                options,
                Vec::new(),
                vec![Arc::clone(&authorization), Arc::clone(&pacing)],
                None,
            )
        };
        let (resending, once) = (pipeline(retry::a_few_times()), pipeline(retry::never()));
        Ok(Self { endpoint, resending, once, allowance, watched: Watched::default() })
    }

    /// Makes a call that may be sent again.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T, Cause> {
        let mut request = call.into_request(&self.endpoint)?;
        self.exchange(&self.resending, &Context::new(), &mut request).await?.json()
    }

    /// Waits until so many writes of what is at `path` may be sent, and puts them by: whoever must not wait between two
    /// calls waits before the first.
    pub(super) async fn room_to_write(&self, path: &str, calls: usize) -> Result<Room, Cause> {
        let url = self.endpoint.join(path).map_err(|error| Cause::Unsendable(error.to_string()))?;
        Ok(self.allowance.take(Method::Put, &url, calls).await)
    }

    /// Makes a call that reaches the service once at most, at once, for which there is `room`. What the service did not decide is
    /// [`Cause::Unanswered`].
    pub(super) async fn send_once<T: DeserializeOwned>(
        &self,
        call: Call,
        room: &mut Room,
    ) -> Result<T, Cause> {
        let mut request = call.into_request(&self.endpoint)?;
        let context = Context::new().with_value(Taken::new(room.one()));
        let answer = self.exchange(&self.once, &context, &mut request).await;
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
        self.exchange(&self.resending, &Context::new(), &mut request).await
    }

    async fn exchange(
        &self,
        pipeline: &Pipeline,
        context: &Context<'_>,
        request: &mut Request,
    ) -> Result<Answer, Cause> {
        // The SDK's own check would put texts of the service into its errors as they are.
        let options = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let response =
            pipeline.send(context, request, Some(options)).await.map_err(|error| Cause::of_sdk(&error))?;
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
