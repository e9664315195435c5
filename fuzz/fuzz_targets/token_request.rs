#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| vestibule_oidc::fuzzing::token_request(input));
