//! What a demonstration is filled with: the companies of the README, or one of five set-ups that people really run
//! (docs/seed-systems.md).

use clap::ValueEnum;

/// One of the five set-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScenarioName {
    /// A reseller's cloud for cameras: one identity provider for all, each customer's own, and both.
    MobotixCloud,
    /// A contact centre: variables of an old server, roles, several users behind one identity, single logout.
    Xcally,
    /// A content management system: pasted values, an application id as issuer, fields filled from claims.
    CloudCms,
    /// A data centre of which half is a cloud: metadata both ways, encryption, a second identity provider on premises.
    HybridDataCenter,
    /// Maintenance of buildings: an entity id of another system, the address first, a waiting room for each property.
    Servusconnect,
}

/// A product, its accounts, and the tenants of the stand-in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// What people sign in to.
    pub(super) product: &'static str,
    /// The file for `vestibule apply`.
    pub(super) accounts: &'static str,
    /// The seed of the stand-in.
    pub(super) tenants: &'static str,
    /// Files that the accounts name.
    pub(super) documents: &'static [(&'static str, &'static [u8])],
    /// The account, by its path, and its connection for which a set-up link is made.
    pub(super) link: Option<(&'static str, &'static str)>,
    /// The company that the sample application has a button for: its path and its name.
    pub(super) company: Option<(&'static str, &'static str)>,
    /// Its folder below examples/seed-systems; none: the demonstration of the README.
    pub(super) name: Option<&'static str>,
}

impl Scenario {
    /// The demonstration of the README.
    pub(crate) const README: Self = Self {
        product: "Orchard",
        accounts: include_str!("demo.toml"),
        tenants: include_str!("entra.toml"),
        documents: &[("bakery.svg", include_bytes!("bakery.svg"))],
        link: Some(("north/garage", "entra")),
        company: Some(("acme", "Acme")),
        name: None,
    };

    /// That which was asked for.
    pub(super) const fn of(name: Option<ScenarioName>) -> Self {
        match name {
            None => Self::README,
            Some(ScenarioName::MobotixCloud) => Self {
                product: "Camera Cloud",
                accounts: include_str!("../../../../examples/seed-systems/mobotix-cloud/vestibule.toml"),
                tenants: include_str!("../../../../examples/seed-systems/mobotix-cloud/entra.toml"),
                documents: &[],
                link: None,
                company: None,
                name: Some("mobotix-cloud"),
            },
            Some(ScenarioName::Xcally) => Self {
                product: "Motion",
                accounts: include_str!("../../../../examples/seed-systems/xcally/vestibule.toml"),
                tenants: include_str!("../../../../examples/seed-systems/xcally/entra.toml"),
                documents: &[],
                link: None,
                company: Some(("motion", "Bluebird Calls")),
                name: Some("xcally"),
            },
            Some(ScenarioName::CloudCms) => Self {
                product: "Press",
                accounts: include_str!("../../../../examples/seed-systems/cloud-cms/vestibule.toml"),
                tenants: include_str!("../../../../examples/seed-systems/cloud-cms/entra.toml"),
                documents: &[],
                link: None,
                company: None,
                name: Some("cloud-cms"),
            },
            Some(ScenarioName::HybridDataCenter) => Self {
                product: "Xpenbot",
                accounts: include_str!("../../../../examples/seed-systems/hybrid-data-center/vestibule.toml"),
                tenants: include_str!("../../../../examples/seed-systems/hybrid-data-center/entra.toml"),
                documents: &[],
                link: Some(("quay", "entra")),
                company: None,
                name: Some("hybrid-data-center"),
            },
            Some(ScenarioName::Servusconnect) => Self {
                product: "Upkeep",
                accounts: include_str!("../../../../examples/seed-systems/servusconnect/vestibule.toml"),
                tenants: include_str!("../../../../examples/seed-systems/servusconnect/entra.toml"),
                documents: &[],
                link: Some(("quayside", "entra")),
                company: None,
                name: Some("servusconnect"),
            },
        }
    }
}
