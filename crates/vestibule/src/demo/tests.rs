use clap::ValueEnum as _;

use super::*;

/// The seed is a file like any other, and nothing about it is wrong.
#[tokio::test]
async fn the_seed_is_applied_and_then_there_is_nothing_to_change() {
    let port = 8499;
    let services = deployment(port, &DatabaseUrl::temporary()).await.unwrap();
    let ctx = Ctx::new(services, clock::now());
    let stand_in =
        mock::entra("test", seed(&Scenario::README, port), format!("http://entra.localhost:{port}")).unwrap();
    fill(&ctx, &Scenario::README, &stand_in, port).await.unwrap();
    let version = || ctx.store.read(|tx| Box::pin(async move { tx.deployment_version().await }));
    let before = version().await.unwrap();
    fill(&ctx, &Scenario::README, &stand_in, port).await.unwrap();
    assert_eq!(version().await.unwrap(), before);
}

/// The files of each scenario are in order, as those of the README are, and whoever is in them is printed.
#[tokio::test]
async fn each_scenario_is_applied_and_told_of() {
    for name in ScenarioName::value_variants() {
        let (port, scenario) = (8499, Scenario::of(Some(*name)));
        let services = deployment(port, &DatabaseUrl::temporary()).await.unwrap();
        let ctx = Ctx::new(services, clock::now());
        let seed = seed(&scenario, port);
        let stand_in = mock::entra("test", seed.clone(), format!("http://entra.localhost:{port}")).unwrap();
        fill(&ctx, &scenario, &stand_in, port).await.unwrap();
        let _: Router = sample::router(&scenario, port, Router::new()).unwrap();
        let text = table::table(&scenario, port, None, set_up_link(&ctx, &scenario).await.unwrap().as_deref());
        for user in seed.tenants.iter().flat_map(|tenant| &tenant.users) {
            assert!(text.contains(&user.user_principal_name), "{}", user.user_principal_name);
            assert_eq!(user.password, table::PASSWORD);
        }
        let readme =
            format!("{}/../../examples/seed-systems/{}/README.md", env!("CARGO_MANIFEST_DIR"), scenario.name.unwrap());
        assert!(Path::new(&readme).is_file(), "{readme}");
        assert!(!text.contains(&format!(":{PORT}")), "every address has the port that was asked for");
    }
}

/// What the README has people write into the file for `apply` is taken.
#[tokio::test]
async fn the_applications_of_the_readme_can_be_registered() {
    let readme = include_str!("../../../../README.md");
    let blocks = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let file: Vec<_> = blocks.collect();
    assert_eq!(file.len(), 2);
    let secret = "5f".repeat(32);
    let variables = BTreeMap::from([("BOARD_SECRET".to_owned(), secret)]);
    let services = deployment(8499, &DatabaseUrl::temporary()).await.unwrap();
    let ctx = Ctx::new(services, clock::now());
    let wanted = apply::read(&file.concat(), &Sources::named(&BTreeMap::new(), &variables, ctx.now)).await.unwrap();
    apply::apply(&ctx, &wanted, Done::Applied).await.unwrap();
}

/// Whoever can sign in is printed.
#[tokio::test]
async fn the_table_tells_places_and_people_that_are_there() {
    let port = 8499;
    let text = table::table(&Scenario::README, port, None, None);
    let seed = seed(&Scenario::README, port);
    let people: Vec<_> = seed.tenants.iter().flat_map(|tenant| &tenant.users).collect();
    assert_eq!(people.len(), 14);
    for person in people {
        let name = person.guest.as_ref().map_or(&person.user_principal_name, |guest| &guest.sign_in_name);
        assert!(text.contains(name.as_str()), "{name}");
        assert_eq!(person.password, table::PASSWORD);
    }
    assert!(!text.contains(&format!(":{PORT}")), "every address has the port that was asked for");
}

/// What is printed can be opened: it is there, or leads on to where people sign in.
#[tokio::test]
async fn every_printed_address_can_be_opened() {
    let port = 8499;
    let stand_in =
        mock::entra("test", seed(&Scenario::README, port), format!("http://entra.localhost:{port}")).unwrap();
    let services = deployment(port, &DatabaseUrl::temporary()).await.unwrap();
    fill(&Ctx::new(Arc::clone(&services), clock::now()), &Scenario::README, &stand_in, port).await.unwrap();
    let vestibule = router(&Scenario::README, services, Outbox::default());
    let sample = sample::router(&Scenario::README, port, vestibule.clone()).unwrap();
    let sites = Sites::of(port, vestibule, stand_in.router(), sample).router(port);
    let text = table::table(&Scenario::README, port, None, None);
    let printed: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("http://")).collect();
    assert_eq!(printed.len(), 20, "{text}");
    for address in printed {
        let address = address.trim_end_matches(',');
        let (host, path) = address["http://".len()..].split_once('/').unwrap_or((&address["http://".len()..], ""));
        // As a browser does.
        let request = Request::get(format!("/{path}"))
            .header(HOST, host)
            .header("accept", "text/html")
            .body(axum::body::Body::empty())
            .unwrap();
        let status = sites.clone().oneshot(request).await.unwrap().status();
        assert!(status.is_success() || status.is_redirection(), "{address}: {status}");
    }
}

/// HY-10: a rollover at the stand-in is found by the demonstration's own job, and the page shows whom it told.
#[tokio::test]
async fn the_outbox_shows_what_the_jobs_mailed() {
    use vestibule_journeys::jobs::{Job, Turn, turn};

    let server = Server::bind("--port", mock::options(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).await.unwrap();
    let port = server.address().unwrap().port();
    let stand_in =
        mock::entra("test", seed(&Scenario::README, port), format!("http://entra.localhost:{port}")).unwrap();
    let services = deployment(port, &DatabaseUrl::temporary()).await.unwrap();
    let ctx = Ctx::new(Arc::clone(&services), clock::now());
    fill(&ctx, &Scenario::README, &stand_in, port).await.unwrap();
    let (outbox, page) = (Outbox::default(), format!("localhost:{port}"));
    let vestibule = router(&Scenario::README, services, outbox.clone());
    let sites = Sites::of(port, vestibule.clone(), stand_in.router(), Router::new()).router(port);
    tokio::spawn(server.run(sites, std::future::pending()));
    let shown = async || {
        let request = Request::get("/outbox").header(HOST, &page).body(axum::body::Body::empty()).unwrap();
        let response = vestibule.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    assert!(shown().await.contains("No mail yet"));
    stand_in.application("5a1c0f3e-6d7b-4c2a-9e48-0b1d2c3f4a51", "Orchard").unwrap().new_certificate().unwrap();
    for job in [Job::RefreshMetadata, Job::SendMails] {
        assert_eq!(turn(&ctx, &means(&Scenario::README, outbox.clone()), job, "test").await.unwrap(), Turn::Done);
    }
    let shown = shown().await;
    // Both the account's contact and the platform's are told.
    let told: Vec<_> =
        shown.split("<article").filter(|mail| mail.contains("New signing certificates for Acme")).collect();
    assert_eq!(told.len(), 2, "{shown}");
    for wanted in ["it@acme.example", "support@orchard.example"] {
        assert!(told.iter().any(|mail| mail.contains(wanted)), "{shown}");
    }
}

/// Several sites at one port, told apart by the host.
#[tokio::test]
async fn the_host_says_which_site_is_asked() {
    let site = |name: &'static str| Router::new().fallback(move || async move { name });
    let sites =
        Sites { stand_in: site("entra"), sample: site("app"), wiki: site("wiki"), vestibule: site("vestibule") };
    let router = sites.router(8400);
    for (host, wanted) in [
        ("localhost:8400", "vestibule"),
        ("acme.localhost:8400", "vestibule"),
        ("Entra.localhost:8400", "entra"),
        ("app.localhost:8400", "app"),
        ("wiki.localhost:8400", "wiki"),
        ("app.localhost", "vestibule"),
    ] {
        let request = Request::get("/").header(HOST, host).body(axum::body::Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(body, wanted.as_bytes(), "{host}");
    }
}

/// A database that somebody wants to keep is kept, one in use is not taken away, any other is removed, and nothing
/// beside it.
#[tokio::test]
async fn only_a_database_of_the_demonstration_that_nobody_uses_is_removed() {
    let directory = std::env::temp_dir().join(format!("vestibule-demo-test-{}", std::process::id()));
    let arguments = |keep| DemoArgs { command: None, scenario: None, port: 1, data: Some(directory.clone()), keep };
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("mine.txt"), "not a database").unwrap();
    let database = directory.join("demo.db");
    let used = deployment(8499, &DatabaseUrl::sqlite(&database)).await.unwrap();
    let refused = Data::prepare(&arguments(false), 8499).await.err().unwrap();
    assert!(matches!(refused, Failure::Database(OpenError::InUse { .. })), "{refused:?}");
    drop(used);
    Data::prepare(&arguments(true), 8499).await.unwrap().end();
    assert!(database.exists());
    Data::prepare(&arguments(false), 8499).await.unwrap();
    assert!(!database.exists());
    assert!(directory.join("mine.txt").exists());
    fs::remove_dir_all(&directory).unwrap();
}

/// In a place where everybody may write, the database lies in a directory of ours alone.
#[test]
fn the_directory_in_a_common_place_is_ours_alone() {
    let common = std::env::temp_dir().join(format!("vestibule-demo-common-{}", std::process::id()));
    fs::create_dir_all(&common).unwrap();
    let ours = common.join("vestibule-demo-1");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    own_directory(&ours).unwrap();
    assert_eq!(mode(&ours), 0o700);
    fs::set_permissions(&ours, fs::Permissions::from_mode(0o755)).unwrap();
    own_directory(&ours).unwrap();
    assert_eq!(mode(&ours), 0o700, "of an earlier version");

    let link = common.join("vestibule-demo-2");
    std::os::unix::fs::symlink(&ours, &link).unwrap();
    let refused = own_directory(&link).unwrap_err().to_string();
    assert_eq!(refused, "it is no directory but a link or a file, which somebody else may have put there");
    // The root belongs to somebody else, unless the test runs as that one.
    if own_id(&common).unwrap() != 0 {
        assert_eq!(
            own_directory(Path::new("/usr")).unwrap_err().to_string(),
            "it belongs to another user of this machine"
        );
    } else {
        let foreign = common.join("vestibule-demo-3");
        fs::create_dir(&foreign).unwrap();
        std::os::unix::fs::chown(&foreign, Some(65_534), None).unwrap();
        assert_eq!(own_directory(&foreign).unwrap_err().to_string(), "it belongs to another user of this machine");
    }
    let left = fs::read_dir(&common)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().to_string_lossy().contains("probe"));
    assert_eq!(left.count(), 0);
    fs::remove_dir_all(&common).unwrap();
}
