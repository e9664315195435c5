use super::*;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("{text} is a time"))
}

#[test]
fn times_of_known_identity_providers_are_read() {
    for (text, wanted) in [
        ("2020-06-02T14:59:38.997Z", "2020-06-02T14:59:38.997Z"),
        ("2020-06-02T14:59:38Z", "2020-06-02T14:59:38Z"),
        ("2020-06-02T14:59:38.1234567Z", "2020-06-02T14:59:38.1234567Z"),
        ("2000-02-29T00:00:00.0Z", "2000-02-29T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
    ] {
        assert_eq!(parse(text), Ok(at(wanted)), "{text}");
    }
}

#[test]
fn digits_beyond_nanoseconds_are_cut_off() {
    assert_eq!(parse("2020-06-02T14:59:38.9999999999Z"), Ok(at("2020-06-02T14:59:38.999999999Z")));
}

#[test]
fn hour_24_is_the_first_instant_of_the_next_day() {
    assert_eq!(parse("2020-02-29T24:00:00Z"), Ok(at("2020-03-01T00:00:00Z")));
    for text in ["2020-02-29T24:00:01Z", "2020-02-29T24:01:00Z", "2020-02-29T24:00:00.001Z", "2020-02-29T25:00:00Z"] {
        assert_eq!(parse(text), Err(TimeError::NoSuchTime { got: text.to_owned() }));
    }
}

#[test]
fn a_time_that_means_never_is_the_last_that_we_know() {
    assert_eq!(parse("9999-12-31T23:59:59.9999999Z"), Ok(Timestamp::MAX));
    assert_eq!(parse("9999-12-31T24:00:00Z"), Ok(Timestamp::MAX));
}

#[test]
fn a_day_or_time_that_does_not_exist_is_refused() {
    for text in [
        "2021-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2020-00-01T00:00:00Z",
        "2020-13-01T00:00:00Z",
        "2020-04-31T00:00:00Z",
        "2020-04-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:60:00Z",
    ] {
        assert_eq!(parse(text), Err(TimeError::NoSuchTime { got: text.to_owned() }));
    }
}

#[test]
fn a_time_that_is_not_utc_with_z_is_refused_by_name() {
    let got = |text: &str| text.to_owned();
    assert_eq!(parse("2020-06-02T14:59:38"), Err(TimeError::NoZone { got: got("2020-06-02T14:59:38") }));
    assert_eq!(parse("2020-06-02T14:59:38.9"), Err(TimeError::NoZone { got: got("2020-06-02T14:59:38.9") }));
    for text in ["2020-06-02T14:59:38+00:00", "2020-06-02T14:59:38.1-07:00"] {
        assert_eq!(parse(text), Err(TimeError::Offset { got: got(text) }));
    }
}

#[test]
fn another_shape_is_refused() {
    for text in [
        "",
        "2020",
        "2020-06-02",
        "2020-06-02 14:59:38Z",
        "2020-06-02t14:59:38Z",
        "2020-06-02T14:59:38z",
        " 2020-06-02T14:59:38Z",
        "2020-06-02T14:59:38Z ",
        "2020-06-02T14:59:38ZZ",
        "2020-06-02T14:59:38.Z",
        "2020-06-02T14:59:38,5Z",
        "2020-06-02T14:59Z",
        "12020-06-02T14:59:38Z",
        "-2020-06-02T14:59:38Z",
        "2020-6-2T14:59:38.000Z",
        "٢٠٢٠-06-02T14:59:38Z",
        "2020-06-02T14:59:3:Z",
        "1591109978",
    ] {
        assert_eq!(parse(text), Err(TimeError::Syntax { got: text.to_owned() }), "{text}");
    }
}

#[test]
fn a_fraction_of_endless_digits_is_refused() {
    let text = format!("2020-06-02T14:59:38.{}Z", "1".repeat(33));
    assert_eq!(parse(&text), Err(TimeError::Fraction { got: text[..].to_owned() }));
    assert!(parse(&format!("2020-06-02T14:59:38.{}Z", "1".repeat(32))).is_ok());
}

#[test]
fn a_time_is_written_with_milliseconds_cut_off() {
    assert_eq!(format(at("2020-06-02T14:59:38.9979Z")), "2020-06-02T14:59:38.997Z");
    assert_eq!(format(at("1969-12-31T23:59:59.9999Z")), "1969-12-31T23:59:59.999Z");
    assert_eq!(format(Timestamp::MAX), "9999-12-30T22:00:00.999Z");
    assert_eq!(format(Timestamp::MIN), "0001-01-01T00:00:00.000Z");
}

#[test]
fn durations_of_metadata_are_read() {
    for (text, seconds) in [
        ("PT1H", 3600),
        ("P7D", 604_800),
        ("PT604800S", 604_800),
        ("P1DT2H3M4.5S", 93_784),
        ("P1Y2M", 365 * 86_400 + 56 * 86_400),
        ("PT0S", 0),
    ] {
        assert_eq!(parse_duration(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
    }
}

#[test]
fn what_is_no_duration_is_refused() {
    for text in [
        "",
        "P",
        "PT",
        "P1",
        "1H",
        "-PT1H",
        "P1H",
        "PT1D",
        "PT1M1H",
        "PT1.5H",
        "PT.5S",
        "PT1.S",
        "P1D ",
        "P1DT",
        "PT1234567890S",
    ] {
        assert_eq!(parse_duration(text), Err(DurationError { got: text.to_owned() }), "{text}");
    }
}

#[test]
fn a_skew_above_300_seconds_does_not_exist() {
    assert_eq!(Skew::default().duration(), SignedDuration::from_secs(120));
    assert_eq!(Skew::from_secs(300), Ok(Skew::MAX));
    assert_eq!(Skew::from_secs(301), Err(SkewTooLarge { got: 301, max: 300 }));
    assert_eq!(Skew::from_secs(u64::MAX), Err(SkewTooLarge { got: u64::MAX, max: 300 }));
}

#[test]
fn a_skew_widens_both_ends_and_never_overflows() {
    let (skew, time) = (Skew::default(), at("2020-06-02T15:00:00Z"));
    assert_eq!(skew.opens(time), at("2020-06-02T14:58:00Z"));
    assert_eq!(skew.closes(time), at("2020-06-02T15:02:00Z"));
    assert!(!skew.is_future(at("2020-06-02T15:02:00Z"), time));
    assert!(skew.is_future(at("2020-06-02T15:02:00.001Z"), time));
    assert_eq!(skew.closes(Timestamp::MAX), Timestamp::MAX);
    assert_eq!(skew.opens(Timestamp::MIN), Timestamp::MIN);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(milliseconds in FIRST_SECOND * 1000..253_402_207_200_000_i64) {
        let time = Timestamp::from_millisecond(milliseconds).expect("the range is jiff's");
        let text = format(time);
        prop_assert_eq!(parse(&text), Ok(time));
        prop_assert_eq!(text.parse::<Timestamp>().expect("jiff reads it"), time);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,40}") {
        let _ = parse(&text);
        let _ = parse_duration(&text);
    }

    #[test]
    fn what_is_read_is_what_jiff_reads(text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?Z") {
        if let Ok(time) = parse(&text) && !text.contains("T24") {
            prop_assert_eq!(text.parse::<Timestamp>().expect("jiff reads it"), time);
        }
    }
}
