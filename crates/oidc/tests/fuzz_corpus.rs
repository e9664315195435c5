//! The committed fuzz corpora, run through the bodies of the fuzz targets on stable Rust.

#[path = "../../../fuzz/replay.rs"]
mod replay;

use vestibule_oidc::fuzzing;

use replay::replay;

#[test]
fn the_corpus_of_authorization_request_breaks_no_promise() {
    replay("authorization_request", 16, fuzzing::authorization_request);
}

#[test]
fn the_corpus_of_callback_breaks_no_promise() {
    replay("callback", 9, fuzzing::callback);
}

#[test]
fn the_corpus_of_end_session_breaks_no_promise() {
    replay("end_session", 9, fuzzing::end_session);
}

#[test]
fn the_corpus_of_redirect_uri_breaks_no_promise() {
    replay("redirect_uri", 14, fuzzing::redirect_uri);
}

#[test]
fn the_corpus_of_token_breaks_no_promise() {
    replay("token", 6, fuzzing::token);
}

#[test]
fn the_corpus_of_token_request_breaks_no_promise() {
    replay("token_request", 11, fuzzing::token_request);
}

#[test]
fn what_one_target_reads_harms_no_other() {
    let bodies: [fn(&[u8]); 6] = [
        fuzzing::authorization_request,
        fuzzing::callback,
        fuzzing::end_session,
        fuzzing::redirect_uri,
        fuzzing::token,
        fuzzing::token_request,
    ];
    let targets =
        ["authorization_request", "end_session", "redirect_uri", "token", "token_request", "redirect_decode", "parse"];
    for target in targets {
        for body in bodies {
            replay(target, 1, body);
        }
    }
}
