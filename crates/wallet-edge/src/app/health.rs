//! Health and numbers. These need no session: they hold nothing about anybody.

use super::App;
use axum::extract::State;
use axum::http::StatusCode;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
}

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = String)))]
async fn healthz() -> &'static str {
    "ok"
}

/// The machine answers questions.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses((status = 200, body = String), (status = 503, body = String))
)]
async fn readyz(State(app): State<App>) -> (StatusCode, String) {
    match app.edge.read(|_, _, stamp| stamp.position).await {
        Ok(_) => (StatusCode::OK, "ready".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

/// Numbers in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String)))]
async fn metrics(State(app): State<App>) -> String {
    let counters = app.edge.engine.counters();
    let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, what: &str, value: u64| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {what}\n# TYPE {name} {kind}\n{name} {value}");
    };
    let records = load(&counters.records);
    family("dhow_log_records_total", "counter", "Records made durable.", records);
    family("dhow_log_batches_total", "counter", "Syncs of the log.", load(&counters.batches));
    let overloaded = load(&counters.overloaded);
    family("dhow_overloaded_total", "counter", "Commands refused by a full queue.", overloaded);
    family("dhow_queue_depth", "gauge", "Commands that wait.", load(&counters.queue_depth));
    let applied = load(&counters.applied_position);
    family("dhow_applied_position", "gauge", "Position of the last applied record.", applied);
    let lag = counters.index_lag();
    family("dhow_index_lag_records", "gauge", "Records that the index is behind.", lag);
    let state = app.edge.read(|wallet, _, _| {
        let waiting = base::Machine::outbox(wallet).len();
        (u64::from(wallet.all_customers().len()), wallet.shops().len(), waiting)
    });
    if let Ok((customers, shops, waiting)) = state.await {
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        family("dhow_wallet_customers", "gauge", "Customers, those who left included.", customers);
        family("dhow_wallet_shops", "gauge", "Shops, closed ones included.", wide(shops));
        family("dhow_wallet_errands_out", "gauge", "Errands under way.", wide(waiting));
    }
    text
}
