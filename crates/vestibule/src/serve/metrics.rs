//! What Prometheus reads. The other crates record through the `metrics` facade; here the names get their words.

use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{Unit, describe_counter, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Sign-ins that came to an end, by `outcome` and `reason`.
pub(super) const SIGN_INS: &str = "vestibule_sign_ins_total";
/// The time from the start of a sign-in to its end, by `outcome`.
pub(super) const SIGN_IN_SECONDS: &str = "vestibule_sign_in_seconds";

/// Single logouts, by `kind` and `outcome`.
pub(super) const LOGOUTS: &str = "vestibule_logouts_total";
/// Turns of background jobs, by `job` and `outcome`.
pub(super) const JOB_TURNS: &str = "vestibule_job_turns_total";
/// What they did, by `job` and `result`.
pub(super) const JOB_RESULTS: &str = "vestibule_job_results_total";

/// From a session that is still fresh to a person who looks for a phone.
const SIGN_IN_BUCKETS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];

/// How often what was observed is put into its buckets, so that it does not pile up when nobody reads.
pub(super) const UPKEEP: Duration = Duration::from_secs(5);

/// Starts to record. Once in a process; a second time changes nothing, and nothing is recorded without it.
///
/// # Errors
/// There are no buckets, which cannot be.
pub(super) fn start() -> Result<PrometheusHandle, BuildError> {
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(SIGN_IN_SECONDS.to_owned()), SIGN_IN_BUCKETS)?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // Fails where a test has installed one.
    let _ = metrics::set_global_recorder(recorder);
    describe_counter!(SIGN_INS, Unit::Count, "Sign-ins that came to an end, by outcome and reason");
    describe_counter!(LOGOUTS, Unit::Count, "Single logouts, by kind and outcome");
    describe_counter!(JOB_TURNS, Unit::Count, "Turns of background jobs, by job and outcome");
    describe_counter!(JOB_RESULTS, Unit::Count, "Domains looked for and metadata fetched, by job and result");
    describe_histogram!(SIGN_IN_SECONDS, Unit::Seconds, "Time from the start of a sign-in to its end, by outcome");
    Ok(handle)
}

/// `GET /metrics`.
pub(super) fn router(handle: PrometheusHandle) -> Router {
    let metrics =
        move || async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()) };
    Router::new().route("/metrics", get(metrics))
}
