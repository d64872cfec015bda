//! The one door to a forge: HTTP with limits. A call ends in time or not at all, an answer has a largest size, and the token goes to the API's own
//! origin: a redirect to another one is refused, and so is a next page elsewhere.
//!
//! A forge that asks to wait is waited for, within the time that the whole collection has. The runtime starts with the door and ends with it.

use std::cell::Cell;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

/// What one collection may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for all calls.
    pub total: Duration,
    /// Time for one call.
    pub call: Duration,
    /// The largest answer, in bytes.
    pub bytes: usize,
    /// The largest number of calls.
    pub calls: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { total: Duration::from_secs(90), call: Duration::from_secs(20), bytes: 16 << 20, calls: 60 }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 401: the token is not good.
    Token,
    /// 403: the token may not.
    Forbidden(String),
    /// 404: not there, or hidden from this token.
    Hidden,
    /// The rate limit, or the time for it, is used up.
    Limited(String),
    /// Anything else, in words.
    Failed(String),
}

/// One answer.
pub struct Answer {
    /// Its JSON.
    pub body: Value,
    next: Option<Url>,
}

/// The door.
pub struct Door {
    runtime: tokio::runtime::Runtime,
    client: Client,
    base: Url,
    limits: Limits,
    until: Instant,
    calls: Cell<u32>,
}

/// Redirects followed within the API's origin.
const MOST_REDIRECTS: u32 = 3;
/// How often a call is tried.
const MOST_TRIES: u32 = 3;

impl Door {
    /// Opens the door to an API.
    ///
    /// # Errors
    /// An address that is no place for a token, or a client that cannot be made, in words.
    pub fn open(api: &str, headers: &[(&str, String)], limits: Limits) -> Result<Door, String> {
        let base = Url::parse(api).map_err(|error| format!("{api} is not an address: {error}"))?;
        let local = matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if base.scheme() != "https" && !local {
            return Err(format!("{api} is not https: nothing is asked over an open line"));
        }
        // Whoever was first is as good: there is one provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| "the token has a character that no token has".to_owned())?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        let client = Client::builder()
            .user_agent(concat!("prod-audit/", env!("CARGO_PKG_VERSION")))
            .default_headers(all)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(limits.call)
            .build()
            .map_err(|error| format!("no HTTP client: {error}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        Ok(Door { runtime, client, base, limits, until: Instant::now() + limits.total, calls: Cell::new(0) })
    }

    /// One answer to a path below the API's address.
    ///
    /// # Errors
    /// Why there is none.
    pub fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.call(Method::GET, self.below(path)?, None).map(|answer| answer.body)
    }

    /// The items of a list, over at most this many pages; `field` names the list inside an answer that is no list itself. What came before a page
    /// that failed is lost with it: half a list would be taken for the whole.
    ///
    /// # Errors
    /// Why there are none.
    pub fn list(&self, path: &str, field: Option<&str>, pages: u32) -> Result<Value, Refusal> {
        let mut all = Vec::new();
        let mut next = Some(self.below(path)?);
        for _ in 0..pages {
            let Some(url) = next.take() else { break };
            let mut answer = self.call(Method::GET, url, None)?;
            let items = match field {
                Some(field) => answer.body.get_mut(field).map(Value::take).unwrap_or_default(),
                None => answer.body,
            };
            let Value::Array(items) = items else { return Err(Refusal::Failed("the answer is not a list".into())) };
            all.extend(items);
            next = answer.next;
        }
        Ok(Value::Array(all))
    }

    /// The `data` of a GraphQL answer.
    ///
    /// # Errors
    /// Why there is none, its own errors included.
    pub fn graphql(&self, address: &str, query: &str, variables: &Value) -> Result<Value, Refusal> {
        let url = Url::parse(address).map_err(|error| Refusal::Failed(error.to_string()))?;
        let body = serde_json::json!({ "query": query, "variables": variables });
        let mut answer = self.call(Method::POST, url, Some(&body))?.body;
        if let Some(error) = answer.pointer("/errors/0/message").and_then(Value::as_str) {
            return Err(Refusal::Failed(super::super::one_line(error)));
        }
        Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
    }

    fn below(&self, path: &str) -> Result<Url, Refusal> {
        let base = self.base.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{}", path.trim_start_matches('/'))).map_err(|error| Refusal::Failed(error.to_string()))
    }

    fn call(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Answer, Refusal> {
        let mut waited = Refusal::Failed("no answer".into());
        for attempt in 1..=MOST_TRIES {
            match self.runtime.block_on(self.once(method.clone(), url.clone(), body)) {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Final(refusal)) => return Err(refusal),
                Err(Trouble::Wait(pause, refusal)) => {
                    let pause = pause.unwrap_or(Duration::from_secs(u64::from(attempt)));
                    if attempt == MOST_TRIES || pause >= self.until.saturating_duration_since(Instant::now()) {
                        return Err(refusal);
                    }
                    std::thread::sleep(pause);
                    waited = refusal;
                }
            }
        }
        Err(waited)
    }

    async fn once(&self, method: Method, mut url: Url, body: Option<&Value>) -> Result<Answer, Trouble> {
        for _ in 0..=MOST_REDIRECTS {
            if url.origin() != self.base.origin() {
                return Err(Trouble::Final(Refusal::Failed(format!(
                    "it points to another host, {}, which is not asked",
                    url.host_str().unwrap_or("?")
                ))));
            }
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.calls.get() >= self.limits.calls {
                return Err(Trouble::Final(Refusal::Limited("the time or number of calls for the forge is used up".into())));
            }
            self.calls.set(self.calls.get() + 1);
            let mut request = self.client.request(method.clone(), url.clone()).timeout(left.min(self.limits.call));
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await.map_err(|error| broken(&error))?;
            if response.status().is_redirection() {
                let to = response.headers().get("location").and_then(|to| to.to_str().ok()).and_then(|to| url.join(to).ok());
                url = to.ok_or_else(|| Trouble::Final(Refusal::Failed("a redirect to nowhere".into())))?;
                continue;
            }
            return self.read(response).await;
        }
        Err(Trouble::Final(Refusal::Failed("too many redirects".into())))
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Answer, Trouble> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            if bytes.len() + chunk.len() > self.limits.bytes {
                return Err(Trouble::Final(Refusal::Failed(format!("the answer is larger than {} MB", self.limits.bytes >> 20))));
            }
            bytes.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(refused(status, &headers, &bytes));
        }
        let body = serde_json::from_slice(&bytes).map_err(|_| Trouble::Final(Refusal::Failed("the answer is not whole JSON".into())))?;
        Ok(Answer { body, next: next_page(&headers) })
    }
}

enum Trouble {
    Final(Refusal),
    /// It may go better after a while, if the forge says how long.
    Wait(Option<Duration>, Refusal),
}

fn broken(error: &reqwest::Error) -> Trouble {
    let words = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        super::super::one_line(&error.to_string())
    };
    Trouble::Wait(None, Refusal::Failed(words)).settled(error.is_timeout())
}

impl Trouble {
    /// What took all its time once is not tried again.
    fn settled(self, is_final: bool) -> Trouble {
        match self {
            Trouble::Wait(_, refusal) if is_final => Trouble::Final(refusal),
            trouble => trouble,
        }
    }
}

fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Trouble {
    let said = serde_json::from_slice::<Value>(body).ok();
    let said = said.as_ref().and_then(|body| body.get("message").or_else(|| body.get("error"))?.as_str()).unwrap_or_default();
    let said = super::super::one_line(said);
    let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).and_then(|value| value.parse::<i64>().ok());
    let used_up = number("x-ratelimit-remaining") == Some(0) || number("ratelimit-remaining") == Some(0);
    let limited = status == StatusCode::TOO_MANY_REQUESTS
        || (status == StatusCode::FORBIDDEN
            && (used_up || headers.contains_key("retry-after") || said.to_ascii_lowercase().contains("rate limit")));
    if limited {
        let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"));
        let until = reset.map(|reset| reset.saturating_sub(jiff::Timestamp::now().as_second()).max(1));
        let seconds = number("retry-after").or(until.filter(|_| used_up));
        let pause = seconds.and_then(|seconds| u64::try_from(seconds.max(0)).ok()).map(Duration::from_secs);
        let wait = pause.map(|pause| format!(", again in {} s", pause.as_secs())).unwrap_or_default();
        return Trouble::Wait(pause.or(Some(Duration::from_secs(5))), Refusal::Limited(format!("the rate limit is used up{wait}")));
    }
    match status {
        StatusCode::UNAUTHORIZED => Trouble::Final(Refusal::Token),
        StatusCode::FORBIDDEN => Trouble::Final(Refusal::Forbidden(said)),
        StatusCode::NOT_FOUND => Trouble::Final(Refusal::Hidden),
        status if status.is_server_error() => Trouble::Wait(None, Refusal::Failed(format!("{} from the forge", status.as_u16()))),
        status => Trouble::Final(Refusal::Failed(format!("{} {said}", status.as_u16()).trim().to_owned())),
    }
}

/// The next page, as RFC 8288 says: `<https://...>; rel="next"`.
fn next_page(headers: &HeaderMap) -> Option<Url> {
    let link = headers.get("link")?.to_str().ok()?;
    let next =
        link.split(',').find(|part| part.split(';').skip(1).any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next")))?;
    Url::parse(next.split(';').next()?.trim().strip_prefix('<')?.strip_suffix('>')?).ok()
}
