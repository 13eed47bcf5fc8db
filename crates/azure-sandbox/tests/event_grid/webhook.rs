//! A webhook that keeps what it gets.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response};
use serde_json::{Value, json};

/// A webhook on loopback, for the length of a test.
pub(crate) struct Webhook {
    address: String,
    inner: Arc<Inner>,
}

struct Inner {
    requests: Mutex<Vec<Received>>,
    /// The answers to notifications; the last one goes on, and 0 is none at all.
    answers: Vec<u16>,
    agrees: bool,
}

#[derive(Clone)]
pub(crate) struct Received {
    headers: HeaderMap,
    pub(crate) body: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn is_notification(&self) -> bool {
        self.headers.get("aeg-event-type").is_some_and(|kind| kind == "Notification")
    }
}

impl Webhook {
    pub(crate) async fn start(answers: &[u16]) -> Self {
        Self::serve(answers, true).await
    }

    /// Does not send the validation code back.
    pub(crate) async fn start_refusing() -> Self {
        Self::serve(&[202], false).await
    }

    async fn serve(answers: &[u16], agrees: bool) -> Self {
        let inner = Arc::new(Inner { requests: Mutex::default(), answers: answers.to_vec(), agrees });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(receive).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhook?code=KEY", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.inner.requests.lock().unwrap().clone()
    }
}

async fn receive(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    if head.method == Method::OPTIONS {
        let allowed = if inner.agrees {
            head.headers["webhook-request-origin"].clone()
        } else {
            "elsewhere".parse().unwrap()
        };
        inner.requests.lock().unwrap().push(Received { headers: head.headers, body: Value::Null });
        return Response::builder().header("webhook-allowed-origin", allowed).body(Body::empty()).unwrap();
    }
    let body: Value = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    let notifications = {
        let mut requests = inner.requests.lock().unwrap();
        requests.push(Received { headers: head.headers.clone(), body: body.clone() });
        requests.iter().filter(|request| request.is_notification()).count()
    };
    if head.headers["aeg-event-type"] == "SubscriptionValidation" {
        let code = if inner.agrees { &body[0]["data"]["validationCode"] } else { &Value::Null };
        return Response::new(Body::from(json!({ "validationResponse": code }).to_string()));
    }
    let answer = *inner.answers.get(notifications - 1).or(inner.answers.last()).unwrap();
    if answer == 0 {
        std::future::pending::<()>().await;
    }
    Response::builder().status(answer).header("location", "/elsewhere").body(Body::empty()).unwrap()
}
