//! The committed fuzz corpora, run through the bodies of the fuzz targets on stable Rust; and the recipe of their
//! seeds: `BLESS=1 cargo test -p vestibule-saml --test fuzz_corpus`.

#[path = "../../../fuzz/replay.rs"]
mod replay;
#[path = "seeds/mod.rs"]
mod seeds;

use std::fs;

use vestibule_fuzz_bodies::saml;
use vestibule_fuzz_bodies::xmlsec;

use replay::{fuzz, replay};

#[test]
fn the_corpus_of_parse_breaks_no_promise() {
    replay("parse", 30, xmlsec::parse);
}

#[test]
fn the_corpus_of_canonicalise_breaks_no_promise() {
    replay("canonicalise", 15, xmlsec::canonicalise);
}

#[test]
fn the_corpus_of_verify_breaks_no_promise() {
    replay("verify", 40, xmlsec::verify);
}

#[test]
fn the_corpus_of_decrypt_breaks_no_promise() {
    replay("decrypt", 20, xmlsec::decrypt);
}

#[test]
fn the_corpus_of_redirect_decode_breaks_no_promise() {
    replay("redirect_decode", 15, saml::redirect_decode);
}

#[test]
fn the_corpus_of_metadata_breaks_no_promise() {
    replay("metadata", 12, saml::metadata);
}

#[test]
fn the_corpus_of_accept_breaks_no_promise() {
    replay("accept", 30, saml::accept);
}

#[test]
fn what_one_target_reads_harms_no_other() {
    // Not `verify` and `decrypt`: they know by heart what their own seeds hold.
    let bodies: [fn(&[u8]); 5] =
        [xmlsec::parse, xmlsec::canonicalise, saml::redirect_decode, saml::metadata, saml::accept];
    for target in ["parse", "verify", "decrypt", "metadata", "accept"] {
        for body in bodies {
            replay(target, 1, body);
        }
    }
}

#[test]
fn the_vectors_break_no_promise_of_the_parser_and_the_canonicaliser() {
    let mut count = 0;
    for verdict in ["accept", "refuse"] {
        let folder = fuzz().join("../vectors/saml").join(verdict);
        for vector in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let message = vector.expect("a folder can be read").path().join("response.xml");
            // Some vectors are about another encoding and have no such file.
            if let Ok(octets) = fs::read(&message) {
                println!("{}", message.display());
                xmlsec::parse(&octets);
                xmlsec::canonicalise(&octets);
                count += 1;
            }
        }
    }
    assert!(count >= 400, "{count} vectors");
}

#[test]
fn every_seed_of_the_recipe_is_in_the_corpus() {
    for (target, name, octets) in seeds::all() {
        let file = fuzz().join(target).join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder can be made");
            fs::write(&file, &octets).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        // Their octets differ from run to run: encryption draws its seeds anew.
        assert!(file.is_file(), "{} is missing: BLESS=1 writes it", file.display());
    }
}
