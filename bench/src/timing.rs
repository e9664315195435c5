//! The clock of the benches: cases take turns, so that a noisy machine is noisy for all of them.

use std::fmt;
use std::time::{Duration, Instant};

/// How many turns each case gets.
const ROUNDS: usize = 101;
/// How long one turn takes, about.
const TURN: Duration = Duration::from_millis(2);

/// What is measured: a name and the work.
pub struct Case<'a> {
    name: String,
    work: Box<dyn FnMut(u32) -> Duration + 'a>,
}

impl fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

impl<'a> Case<'a> {
    /// A case that calls `work` again and again.
    pub fn new(name: impl Into<String>, mut work: impl FnMut() + 'a) -> Self {
        Self { name: name.into(), work: Box::new(move |times| clocked(times, &mut work)) }
    }

    /// A case that somebody else clocks: the time of so many calls.
    pub fn clocked_elsewhere(name: impl Into<String>, work: impl FnMut(u32) -> Duration + 'a) -> Self {
        Self { name: name.into(), work: Box::new(work) }
    }
}

/// The times of one case in microseconds, one for each round.
#[derive(Debug)]
pub struct Times {
    /// The case's name.
    pub name: String,
    rounds: Vec<f64>,
}

impl Times {
    /// The median of the rounds.
    pub fn median(&self) -> f64 {
        median(self.rounds.clone())
    }

    /// The fastest round.
    pub fn best(&self) -> f64 {
        self.rounds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The median over the rounds of this case's time by another's in the same round.
    pub fn ratio_to(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(mine, theirs)| mine / theirs).collect())
    }
}

/// Measures all cases in turns.
pub fn measure(mut cases: Vec<Case<'_>>) -> Vec<Times> {
    let times: Vec<u32> = cases.iter_mut().map(calibrate).collect();
    let mut results: Vec<Times> =
        cases.iter().map(|case| Times { name: case.name.clone(), rounds: Vec::with_capacity(ROUNDS) }).collect();
    for _ in 0..ROUNDS {
        for ((case, &times), result) in cases.iter_mut().zip(&times).zip(&mut results) {
            let taken = (case.work)(times);
            result.rounds.push(taken.as_secs_f64() * 1e6 / f64::from(times));
        }
    }
    results
}

/// Shows the times of each case.
pub fn print(times: &[Times]) {
    println!("{:>66}  {:>10}  {:>10}", "", "median", "best");
    for time in times {
        println!("{:>66}  {:7.2} µs  {:7.2} µs", time.name, time.median(), time.best());
    }
}

/// How often the work fits into a turn.
fn calibrate(case: &mut Case<'_>) -> u32 {
    let mut times = 1;
    loop {
        let taken = (case.work)(times);
        if taken * 2 > TURN || times > 1 << 20 {
            return times;
        }
        times *= 2;
    }
}

fn clocked(times: u32, work: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        work();
    }
    start.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
