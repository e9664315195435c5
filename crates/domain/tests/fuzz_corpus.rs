//! The committed fuzz corpora, run through the bodies of the fuzz targets on stable Rust.

#[path = "../../../fuzz/replay.rs"]
mod replay;

use vestibule_domain::fuzzing;

use replay::{fuzz, replay};

#[test]
fn the_corpus_of_site_breaks_no_promise() {
    replay("site", 16, fuzzing::site);
}

#[test]
fn the_corpus_of_webhook_breaks_no_promise() {
    replay("webhook", 9, fuzzing::webhook);
}

#[test]
fn what_other_targets_read_harms_neither() {
    for target in ["redirect_uri", "token_request", "parse"] {
        replay(target, 1, fuzzing::site);
        replay(target, 1, fuzzing::webhook);
    }
    assert!(fuzz().join("fuzz_targets/site.rs").is_file() && fuzz().join("fuzz_targets/webhook.rs").is_file());
}
