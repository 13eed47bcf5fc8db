//! Lists that come in pages.

use azure_core::http::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ArmClient, Call};
use crate::azure::bounded::{Extent, for_a_while};
use crate::azure::error::Cause;

/// One page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    /// Required: an answer without it says nothing, and must not be taken for "there are none".
    value: Vec<T>,
    next_link: Option<String>,
}

impl ArmClient {
    /// Reads a list to its end.
    pub(in crate::azure) async fn list<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>, Cause> {
        for_a_while(self.read_to_the_end(call)).await
    }

    async fn read_to_the_end<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>, Cause> {
        let mut request = call.into_request(&self.endpoint)?;
        let mut answer = self.exchange(&self.resending, &Context::new(), &mut request).await?;
        let (mut items, mut extent) = (Vec::new(), Extent::default());
        loop {
            let Page { mut value, next_link } = answer.json()?;
            let link = next_link.filter(|link| !link.is_empty());
            extent.admit(answer.body.len(), link.as_deref())?;
            items.append(&mut value);
            let Some(link) = link else { return Ok(items) };
            answer = self.follow(&link).await?;
        }
    }
}
