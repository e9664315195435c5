//! What a sign-in allocates: the real response in total, hostile messages at their peak.
//!
//! `cargo bench -p vestibule-saml --bench memory`; a bench of its own, since counting costs time.

#![expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]

use std::alloc::System;

use cap::Cap;
use vestibule_bench::fixture::Fixture;
use vestibule_bench::hostile;
use vestibule_saml::sp;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    let real = Fixture::real();
    let expect = real.expectation();
    let before = HEAP.total_allocated();
    let verdict = sp::accept(&real.xml, &expect);
    let total = HEAP.total_allocated() - before;
    assert!(verdict.outcome.is_ok(), "the real response is accepted");
    let times = total as f64 / real.xml.len() as f64;
    println!("\nThe real response: {total} octets allocated in total, {times:.2} times its size (bar: 10)");

    println!("\nHostile messages: peak of memory by size of the message (bar: 16)");
    for shape in hostile::shapes() {
        // The peak is only ever raised, so each shape is measured above the one before.
        let peak = peak_of(|| drop(sp::accept(&shape.xml, &expect)));
        println!("{:>66}  {:6.2} times  ({peak} octets)", shape.name, peak as f64 / shape.xml.len() as f64);
    }
}

/// The smallest limit under which the work allocates no more than its peak: found by raising the
/// high-water mark with a ballast that is known.
fn peak_of(work: impl Fn()) -> usize {
    let start = HEAP.allocated();
    let mark = HEAP.max_allocated();
    // Lift the floor to the old high-water mark, so that what the work adds is seen above it.
    let ballast: Vec<u8> = Vec::with_capacity(mark.saturating_sub(start));
    let floor = HEAP.allocated();
    work();
    let peak = HEAP.max_allocated() - floor.max(mark);
    drop(ballast);
    peak
}
