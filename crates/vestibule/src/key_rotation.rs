//! `vestibule keys list` and `vestibule keys rotate`: the deployment's own keys, seen and changed while nodes serve.

use jiff::Timestamp;
use serde::Serialize;
use vestibule_domain::event::Actor;
use vestibule_journeys::Ctx;
use vestibule_journeys::reseal::{self, Closed, Found, Wish};
use vestibule_journeys::token_keys::{self, Edge, ListedKey, Takeover};
use vestibule_oidc::Algorithm;
use vestibule_store::tx::{SealedKind, SealedPlace};

use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::keys::new_token_signing_key;
use crate::output::{Output, written};
use crate::services::{self, Opened};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 the present sealing key opens everything; 1 an older one is still needed, or something stays closed; 2 \
unusable arguments or configuration.")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RotateArgs {
    #[command(subcommand)]
    command: RotateCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RotateCommand {
    /// Make the next key that signs tokens before its time. By itself that happens every 90 days.
    Signing(SigningArgs),
    /// Seal anew with the key of key_file all that keys of older_key_files sealed.
    Sealing(ListArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --at-once the next key is published now and signs in two days, when every application has seen it. With it, as \
after a theft, it signs in two minutes, the others are published no more from then on, and applications refuse what these \
have signed: people sign in anew.")]
struct SigningArgs {
    /// The keys of this algorithm alone. Default: of each.
    #[arg(long, value_enum)]
    algorithm: Option<SignsBy>,
    /// Give up the keys that sign now.
    #[arg(long)]
    at_once: bool,
    #[command(flatten)]
    of: ListArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum SignsBy {
    /// ECDSA on P-256.
    Es256,
    /// RSA of 2048 bits.
    Rs256,
}

impl SignsBy {
    fn is(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Es256 => algorithm == Algorithm::Es256,
            Self::Rs256 => algorithm == Algorithm::Rs256,
        }
    }
}

impl RotateArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.command {
            RotateCommand::Signing(arguments) => arguments.of.format,
            RotateCommand::Sealing(arguments) => arguments.format,
        }
    }
}

pub(crate) fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        let signing = token_keys::list(&ctx.store, ctx.now).await?;
        let sealed = reseal::reseal(&ctx, Wish::Count).await?;
        Ok(told(&ctx, &signing, &sealed, arguments.format, ""))
    })
}

pub(crate) fn rotate(arguments: &RotateArgs) -> Result<Output, Failure> {
    match &arguments.command {
        RotateCommand::Signing(arguments) => rotate_signing(arguments),
        RotateCommand::Sealing(arguments) => rotate_sealing(arguments),
    }
}

fn rotate_signing(arguments: &SigningArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.of.config.as_deref())?;
    services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        let when = if arguments.at_once { Takeover::AtOnce } else { Takeover::Announced };
        let random = || ctx.random();
        let event = |fact| ctx.event(None, Actor::CommandLine, fact);
        let edge = Edge { make: new_token_signing_key, nonce: &random, event: &event };
        let mut made = false;
        for algorithm in Algorithm::ALL {
            if arguments.algorithm.is_none_or(|only| only.is(algorithm)) {
                made |= token_keys::rotate(&ctx.store, algorithm, when, ctx.now, &edge).await?;
            }
        }
        let advice = match (made, when) {
            (false, _) => "The next key is published already; nothing was made. With --at-once it need not wait.",
            (true, Takeover::Announced) => "The next key is published, and signs in two days.",
            (true, Takeover::AtOnce) => {
                "The new key signs in two minutes. What the others signed is refused from then on, as soon as an \
                 application reads the keys again."
            }
        };
        let signing = token_keys::list(&ctx.store, ctx.now).await?;
        Ok(told(&ctx, &signing, &[], arguments.of.format, advice))
    })
}

fn rotate_sealing(arguments: &ListArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        let sealed = reseal::reseal(&ctx, Wish::Reseal).await?;
        let advice = if sealed.iter().all(Found::is_current) {
            "The present key opens everything: take the others out of older_key_files, restart the nodes, and destroy them \
             where no copy of the database needs them."
        } else {
            "An older key is still needed: see above, and run this again."
        };
        Ok(told(&ctx, &[], &sealed, arguments.format, advice))
    })
}

/// What programs get: documented in docs/operate/keys.md.
#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    sealing_key: String,
    signing: Vec<SigningShape<'a>>,
    sealed: Vec<SealedShape>,
}

#[derive(Serialize)]
struct SigningShape<'a> {
    algorithm: String,
    kid: &'a str,
    state: &'static str,
    created_at: Timestamp,
    signs_from: Timestamp,
    published_until: Option<Timestamp>,
}

#[derive(Serialize)]
struct SealedShape {
    kind: &'static str,
    current: u64,
    older: u64,
    resealed: u64,
    closed: Vec<String>,
}

fn told(ctx: &Ctx, signing: &[ListedKey], sealed: &[Found], format: Format, advice: &str) -> Output {
    let shape = Shape {
        version: 1,
        sealing_key: ctx.store.sealer().current_key().to_string(),
        signing: signing.iter().map(|key| signing_shape(key, ctx.now)).collect(),
        sealed: sealed.iter().map(sealed_shape).collect(),
    };
    let status = u8::from(!sealed.iter().all(Found::is_current));
    Output { status, ..written(format, &shape, || lines(&shape, advice)) }
}

fn signing_shape(key: &ListedKey, now: Timestamp) -> SigningShape<'_> {
    let is_over = key.times.retired_at.is_some_and(|at| at <= now);
    let state = match (key.signs, is_over, key.times.active_from > now) {
        (true, ..) => "signs",
        (_, true, _) => "retired",
        (.., true) => "next",
        _ => "published",
    };
    SigningShape {
        algorithm: key.algorithm.to_string(),
        kid: &key.kid,
        state,
        created_at: key.created_at,
        signs_from: key.times.active_from,
        published_until: key.times.retired_at,
    }
}

fn sealed_shape(found: &Found) -> SealedShape {
    SealedShape {
        kind: kind(found.kind),
        current: found.current,
        older: found.older,
        resealed: found.resealed,
        closed: found.closed.iter().map(closed).collect(),
    }
}

const fn kind(kind: SealedKind) -> &'static str {
    match kind {
        SealedKind::TokenKey => "token keys",
        SealedKind::ConnectionKey => "connection keys",
        SealedKind::Webhook => "webhook secrets",
        SealedKind::Authenticator => "authenticators",
        SealedKind::Enrolment => "authenticators being set up",
        SealedKind::Message => "kept answers",
    }
}

/// Where it stands and why it stays closed. Nobody is named but by their id.
pub(crate) fn closed(closed: &Closed) -> String {
    let place = match &closed.place {
        SealedPlace::TokenKey(id) => format!("key {id}"),
        SealedPlace::ConnectionKey(connection, id) => format!("key {id} of connection {connection}"),
        SealedPlace::Webhook(name) => format!("webhook {name}"),
        SealedPlace::Authenticator(user) => format!("authenticator of user {user}"),
        SealedPlace::Enrolment(_, user) => format!("authenticator that user {user} sets up"),
        SealedPlace::Message(id) => format!("kept answer {id}"),
    };
    format!("{place}: {}", closed.why)
}

fn lines(shape: &Shape<'_>, advice: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for key in &shape.signing {
        let until = key.published_until.map_or_else(String::new, |at| format!(", published until {}", minute(at)));
        let from = minute(key.signs_from);
        lines.push(format!("{:5}  {}  {:9}  signs from {from}{until}", key.algorithm, key.kid, key.state));
    }
    if !shape.sealed.is_empty() {
        lines.push(format!("sealing key {}", shape.sealing_key));
    }
    for found in &shape.sealed {
        let mut parts = vec![format!("{} with it", found.current)];
        parts.extend((found.resealed > 0).then(|| format!("{} of them sealed anew now", found.resealed)));
        parts.extend((found.older > 0).then(|| format!("{} with an older key", found.older)));
        parts
            .extend((!found.closed.is_empty()).then(|| format!("{} that no configured key opens", found.closed.len())));
        lines.push(format!("  {:28}{}", found.kind, parts.join(", ")));
        lines.extend(found.closed.iter().take(10).map(|closed| format!("    {closed}")));
    }
    lines.extend((!advice.is_empty()).then(|| advice.to_owned()));
    lines
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
