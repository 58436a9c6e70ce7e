//! Rates from a URL, fetched again and again.

use crate::client::now;
use crate::connector::connector;
use crate::{FeedError, FeedFile, Partitions};
use base::Text;
use bytes::Bytes;
use fx::{FeedReport, RateFeed, SourceName};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use money::Currency;
use network::{Change, Command, LoadRates, Operator, Reply};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Longest file read, in bytes: a day of the ECB has 2 KB, its 90 days 100 KB.
const MAX_FILE_BYTES: usize = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(30);
/// After a failure the next attempt comes after this, or earlier when fetches are closer anyway.
const RETRY: Duration = Duration::from_secs(60);

/// A feed that the operator trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateFeedOptions {
    /// `http` or `https`; redirects are not followed.
    pub url: String,
    pub source: SourceName,
    /// What the prices are for one unit of.
    pub reference: Currency,
    pub every: Duration,
}

/// Fetches a feed once and hands it to every partition.
///
/// Errors: when there is no file, or it is not a rate file, or a partition does not take it. The
/// last good rates stay.
pub async fn fetch_rates(
    partitions: &Partitions,
    options: &RateFeedOptions,
) -> Result<FeedReport, FeedError> {
    let text = tokio::time::timeout(TIMEOUT, get(&options.url)).await;
    let text = text.map_err(|_| FeedError::new(format!("no file within {TIMEOUT:?}")))??;
    let file = FeedFile::parse(&text)?;
    let feed = file.feed(options.source.clone(), options.reference, now())?;
    load(partitions, feed).await
}

async fn load(partitions: &Partitions, feed: RateFeed) -> Result<FeedReport, FeedError> {
    let bad = |error: base::TextError| FeedError::new(error.to_string());
    let by = Operator {
        who: Text::new("rate feed").map_err(bad)?,
        why: Text::new(&format!("rates of {}", feed.source)).map_err(bad)?,
    };
    let change = Change::LoadRates(Box::new(LoadRates { feed }));
    match partitions.submit_to_all(Command::Operate { by, change }).await {
        Ok(Reply::Rates(report)) => Ok(report),
        Ok(reply) => Err(FeedError::new(format!("not taken: {reply:?}"))),
        Err(error) => Err(FeedError::new(format!("not taken: {error}"))),
    }
}

async fn get(url: &str) -> Result<String, FeedError> {
    let bad = |error: &dyn std::fmt::Display| FeedError::new(format!("{url}: {error}"));
    let request = Request::get(url).header("accept", "application/xml, text/csv, text/plain");
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| bad(&error))?;
    let client = Client::builder(TokioExecutor::new()).build(connector(HttpConnector::new()));
    let answer =
        client.request(request).await.map_err(|error| bad(&crate::client::root_of(&error)))?;
    if answer.status() != StatusCode::OK {
        return Err(bad(&format!("the HTTP status is {}, not 200", answer.status())));
    }
    let body = Limited::new(answer.into_body(), MAX_FILE_BYTES).collect().await;
    let body = body.map_err(|error| bad(&error))?.to_bytes();
    String::from_utf8(body.to_vec()).map_err(|_| bad(&"the file is not UTF-8"))
}

/// Fetches the feed at once and then again and again, until the task is ended.
pub fn follow_rates(partitions: Partitions, options: RateFeedOptions) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let fetched = fetch_rates(&partitions, &options).await;
            let outcome = if fetched.is_ok() { "taken" } else { "failed" };
            metrics::counter!("dhow_rate_feed_fetches_total", "outcome" => outcome).increment(1);
            let pause = match fetched {
                Ok(report) => {
                    let rejected: Vec<String> =
                        report.rejected.iter().map(ToString::to_string).collect();
                    let source = options.source.as_str();
                    tracing::info!(source, accepted = report.accepted, ?rejected, "rates fetched");
                    options.every
                }
                Err(error) => {
                    let source = options.source.as_str();
                    tracing::warn!(source, %error, "no rates fetched; the last good ones stay");
                    options.every.min(RETRY)
                }
            };
            tokio::time::sleep(pause).await;
        }
    })
}
