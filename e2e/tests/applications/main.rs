//! Applications that no one here wrote, in front of `vestibule demo`: what its documents and tokens promise is what they
//! count on. No client has a setting that is there for one of them.

mod apache;
mod libraries;
mod openidconnect;

use std::fmt::Write as _;
use std::sync::OnceLock;

use vestibule_e2e::peers::demo::Demo;

const SECRET: &str = "a-secret-of-applications-that-opens-nothing-else";

/// Nobody listens here: what is sent there is looked at on its way.
const CALLBACK: &str = "http://localhost:9/callback";
const BACK: &str = "http://localhost:9/signed-out";

/// Serves all tests: nothing that one does is seen by another.
fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let demo = Demo::start();
        let mut file = String::new();
        // Named after what signs their ID tokens.
        for alg in ["ES256", "RS256"] {
            let _ = write!(
                file,
                "[[application]]\nclient_id = \"{alg}\"\nname = \"By {alg}\"\nid_token_alg = \"{alg}\"\n\
                 redirect_uris = [\"{CALLBACK}\"]\npost_logout_redirect_uris = [\"{BACK}\"]\n\
                 secrets = [{{ env = \"SECRET\" }}]\nrefresh_tokens = \"session\"\nown_scopes = [\"orders:read\"]\n\n"
            );
        }
        demo.apply(&file, &[("SECRET", SECRET)]).unwrap();
        demo
    })
}
